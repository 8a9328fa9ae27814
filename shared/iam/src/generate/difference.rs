//! What changes between the present policies and the proposed ones, line by line.

use std::fmt::Write;

use crate::policy::{Document, print};

/// Lines that stay the same are shown next to a change only.
const AROUND: usize = 3;

/// Beyond this many pairs of lines everything counts as replaced: the table would be too large.
const MOST_PAIRS: usize = 4_000_000;

/// The difference between two sets of policies, each with its name: lines begin with `-`, `+` or a
/// blank, and `…` stands for lines that stay the same. Empty if nothing changes.
#[must_use]
pub fn difference(present: &[(&str, &Document)], proposed: &[(&str, &Document)]) -> String {
    let (old, new) = (text(present), text(proposed));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    shown(&changes(&old, &new))
}

fn text(policies: &[(&str, &Document)]) -> String {
    policies.iter().map(|(name, document)| format!("# {name}\n{}\n", print(document))).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Same,
    Gone,
    New,
}

/// The lines of both, with what becomes of each.
fn changes<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Change, &'t str)> {
    let head = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let rest = |lines: &[&'t str]| lines.get(head..).map(<[&str]>::to_vec).unwrap_or_default();
    let (mut from, mut to) = (rest(old), rest(new));
    let mut tail = Vec::new();
    while let (Some(one), Some(other)) = (from.last(), to.last())
        && one == other
    {
        tail.push(*one);
        from.pop();
        to.pop();
    }
    let same = |line: &&'t str| (Change::Same, *line);
    let mut all: Vec<(Change, &str)> = old.iter().take(head).map(same).collect();
    all.extend(between(&from, &to));
    all.extend(tail.iter().rev().map(same));
    all
}

/// By the longest common subsequence. `table` holds, for each pair of positions, its length from there on.
fn between<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Change, &'t str)> {
    let width = new.len() + 1;
    let small = old.len().saturating_mul(new.len()) <= MOST_PAIRS;
    let mut table = vec![0_u32; if small { (old.len() + 1) * width } else { 0 }];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or_default();
    if small {
        for (i, one) in old.iter().enumerate().rev() {
            for (j, other) in new.iter().enumerate().rev() {
                let length = if one == other { at(&table, i + 1, j + 1) + 1 } else { at(&table, i + 1, j).max(at(&table, i, j + 1)) };
                if let Some(cell) = table.get_mut(i * width + j) {
                    *cell = length;
                }
            }
        }
    }
    let mut all = Vec::with_capacity(old.len() + new.len());
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (None, None) => return all,
            (Some(one), Some(other)) if small && one == other => {
                all.push((Change::Same, *one));
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || at(&table, i + 1, j) >= at(&table, i, j + 1) => {
                all.push((Change::Gone, *one));
                i += 1;
            }
            (_, Some(other)) => {
                all.push((Change::New, *other));
                j += 1;
            }
            (Some(_), None) => i += 1,
        }
    }
}

fn shown(all: &[(Change, &str)]) -> String {
    let changed: Vec<usize> = all.iter().enumerate().filter(|(_, (change, _))| *change != Change::Same).map(|(n, _)| n).collect();
    let near = |n: usize| {
        let next = changed.partition_point(|at| *at < n);
        let after = changed.get(next).is_some_and(|at| at - n <= AROUND);
        let before = next.checked_sub(1).and_then(|at| changed.get(at)).is_some_and(|at| n - at <= AROUND);
        after || before
    };
    let mut text = String::new();
    let mut skipping = false;
    for (n, (change, line)) in all.iter().enumerate() {
        if !near(n) {
            if !skipping && !changed.is_empty() {
                text.push_str("…\n");
            }
            skipping = true;
            continue;
        }
        skipping = false;
        let sign = match change {
            Change::Same => ' ',
            Change::Gone => '-',
            Change::New => '+',
        };
        // Writing to a text does not fail.
        let _ = writeln!(text, "{sign} {line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> String {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.split(' ').collect(), new.split(' ').collect());
        changes(&old, &new)
            .iter()
            .map(|(change, line)| {
                format!(
                    "{}{line}",
                    match change {
                        Change::Same => "",
                        Change::Gone => "-",
                        Change::New => "+",
                    }
                )
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn what_both_have_in_order_stays() {
        for (old, new, expected) in [
            ("a b c", "a b c", "a b c"),
            ("a b c", "a x c", "a -b +x c"),
            ("a b", "x y", "-a -b +x +y"),
            ("a b c d", "b d e", "-a b -c d +e"),
            ("a", "a a", "a +a"),
            ("a b a", "a", "a -b -a"),
        ] {
            assert_eq!(of(old, new), expected, "{old} → {new}");
        }
    }

    #[test]
    fn either_side_can_be_made_from_the_changes() {
        let lists = ["", "a", "b", "a b", "b a", "a b a", "a a b b", "b b a a b"];
        for old in lists {
            for new in lists {
                let (old, new): (Vec<&str>, Vec<&str>) = (old.split(' ').collect(), new.split(' ').collect());
                let all = changes(&old, &new);
                let side =
                    |left_out: Change| all.iter().filter(|(change, _)| *change != left_out).map(|(_, line)| *line).collect::<Vec<_>>();
                assert_eq!((side(Change::New), side(Change::Gone)), (old, new));
            }
        }
    }

    #[test]
    fn long_stretches_without_change_are_left_out() {
        let old: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[10] = "ten".to_owned();
        let lines = |list: &[String]| list.to_vec();
        let (old, new) = (lines(&old), lines(&new));
        let (old, new): (Vec<&str>, Vec<&str>) = (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        assert_eq!(shown(&changes(&old, &new)), "…\n  7\n  8\n  9\n- 10\n+ ten\n  11\n  12\n  13\n…\n");
        assert_eq!(shown(&changes(&old, &old)), "");
    }
}
