//! Every operator, with every prefix and suffix, on every kind of request.

use std::fmt::Write as _;

use wallwalk_iam::policy::Atom;
use wallwalk_iam::{KeyState, Readings, Tri};

use super::{atom, exactly, in_state};

/// Operators, the values of a policy, and requests that match, do not, and carry the wrong type.
type Fixture = (&'static [&'static str], &'static [&'static str], [&'static str; 2], [&'static str; 2], &'static str);

/// For each operator: the condition's values, two request values that match them, two that do not, and
/// one of a wrong type. Whether a negated operator holds is then the other way round.
pub(super) const FIXTURES: &[Fixture] = &[
    (&["StringEquals", "StringNotEquals"], &["a", "b"], ["a", "b"], ["A", "c"], "7"),
    (&["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"], &["a", "b"], ["A", "b"], ["c", "ab"], "7"),
    (&["StringLike", "StringNotLike"], &["a*", "b?"], ["a", "bc"], ["A", "b"], "7"),
    (&["NumericEquals", "NumericNotEquals"], &["5", "7.50"], ["5.0", "7.5"], ["6", "-5"], "x"),
    (&["NumericLessThan"], &["5"], ["4", "-9"], ["5", "6"], "x"),
    (&["NumericLessThanEquals"], &["5"], ["4", "5"], ["5.1", "6"], "x"),
    (&["NumericGreaterThan"], &["5"], ["6", "5.1"], ["5", "4"], "x"),
    (&["NumericGreaterThanEquals"], &["5"], ["6", "5"], ["4.9", "4"], "x"),
    (&["DateEquals", "DateNotEquals"], &["2026-11-23"], ["2026-11-23T00:00:00Z", "1795392000"], ["2026-11-24", "0"], "x"),
    (&["DateLessThan"], &["2026-11-23"], ["2026-11-22", "0"], ["2026-11-23", "2026-11-24"], "x"),
    (&["DateLessThanEquals"], &["2026-11-23"], ["2026-11-23", "0"], ["1795392001", "2026-11-24"], "x"),
    (&["DateGreaterThan"], &["2026-11-23"], ["2026-11-24", "1795392001"], ["2026-11-23", "0"], "x"),
    (&["DateGreaterThanEquals"], &["2026-11-23"], ["2026-11-23", "2026-11-24"], ["2026-11-22", "0"], "x"),
    (&["Bool"], &["true"], ["true", "True"], ["false", "False"], "x"),
    (&["BinaryEquals"], &["Zm9v", "YmFy"], ["foo", "bar"], ["Zm9v", "fo"], "7"),
    (&["IpAddress", "NotIpAddress"], &["10.0.0.0/8", "2001:db8::/32"], ["10.1.2.3", "2001:db8::1"], ["11.0.0.1", "::1"], "x"),
    (
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &["arn:aws:sns:*:111122223333:a*"],
        ["arn:aws:sns:us-east-1:111122223333:a", "arn:aws:sns::111122223333:a:b"],
        ["arn:aws:sns:us-east-1:999999999999:a", "arn:aws:sns:x:111122223333:b"],
        "x",
    ),
    (&["Null"], &["false"], ["a", "b"], ["c", "d"], "7"),
];

const LEGEND: &str = "\
# What each operator says of a request by the values it carries under the key: values that match the condition
# (hit) or do not (miss), one of a wrong type, an empty one. T: it holds, F: it does not, whatever the readings of
# open questions. U: that depends on them; then as AWS is believed to have them, t or f.
";

const FORMS: [(&str, &str); 4] = [("", ""), ("", "IfExists"), ("ForAllValues:", ""), ("ForAnyValue:", "")];

/// `T` and `F` whatever the readings are, else `U` and the answer of the readings AWS is believed to have.
fn cell(atom: &Atom, state: &KeyState) -> String {
    let concrete = |readings| if in_state(atom, state, readings) == Tri::True { "t" } else { "f" };
    match in_state(atom, state, Readings::OPEN) {
        Tri::True => "T".into(),
        Tri::False => "F".into(),
        Tri::Open => format!("U{}", concrete(Readings::believed())),
    }
}

fn table() -> String {
    let columns = ["absent", "[]", "hit", "miss", "hit,hit", "hit,miss", "miss,miss", "wrong", "\"\""];
    let mut text = String::from(LEGEND);
    write!(text, "{:<40}", "# operator").unwrap();
    for column in columns {
        write!(text, " {column:<9}").unwrap();
    }
    for (names, values, hits, misses, wrong) in FIXTURES {
        for name in *names {
            text.push('\n');
            for (prefix, suffix) in FORMS {
                let atom = atom(&format!("{prefix}{name}{suffix}"), "k", values);
                let states = [
                    KeyState::Absent,
                    exactly(&[]),
                    exactly(&hits[..1]),
                    exactly(&misses[..1]),
                    exactly(hits),
                    exactly(&[hits[1], misses[1]]),
                    exactly(misses),
                    exactly(&[wrong]),
                    exactly(&[""]),
                ];
                write!(text, "\n{:<40}", atom.written).unwrap();
                for state in states {
                    write!(text, " {:<9}", cell(&atom, &state)).unwrap();
                }
            }
        }
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[test]
fn every_operator_answers_as_the_reviewed_table_says() {
    let names: usize = FIXTURES.iter().map(|(names, ..)| names.len()).sum();
    assert_eq!(names, 27);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conditions/table.txt");
    let (now, written) = (table(), std::fs::read_to_string(path).unwrap_or_default());
    if std::env::var_os("WALLWALK_REWRITE_EXPECTED").is_some() {
        std::fs::write(path, &now).unwrap();
        return;
    }
    let changed: Vec<(&str, &str)> = written.lines().zip(now.lines()).filter(|(old, new)| old != new).collect();
    assert!(
        written == now,
        "{changed:#?}\nif that is right, run the test once with WALLWALK_REWRITE_EXPECTED=1 and review the difference line by line"
    );
}
