//! The report for people: what, where, why, how to fix, what could not be seen.
//!
//! Plain text with optional ANSI colour; it decides nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wallwalk_model::{Gap, Place, Time};

use crate::text::{count, line};
use crate::{Certainty, Changes, CheckInfo, Failure, Outcome, Severity, Subject, Verdict};

/// What a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Account and Region.
    pub place: &'a Place,
    /// When it was judged.
    pub now: Time,
    /// What the checks found.
    pub verdicts: &'a [Verdict],
    /// The checks evaluated.
    pub checks: &'a [&'a CheckInfo],
    /// Distinct gaps with the number of facts each stands for.
    pub gaps: &'a BTreeMap<Gap, usize>,
    /// What changed since the last scan, where a state is kept.
    pub changes: Option<&'a Changes>,
    /// One line about what was looked at.
    pub scope: &'a str,
}

/// Failures by workload or other subject, worst first.
type Sections<'a> = Vec<(String, Severity, Vec<(&'a Verdict, &'a Failure)>)>;

/// Findings told with their proof and fix; the rest are told in a line each.
const MOST_IN_FULL: usize = 60;
/// Findings told at all; the rest are counted.
const MOST_LINES: usize = 400;
/// Gaps told one by one.
const MOST_GAPS: usize = 25;
/// Subjects named for one check in one line.
const MOST_SUBJECTS: usize = 3;

impl Report<'_> {
    /// Number of failed verdicts of each severity.
    #[must_use]
    pub fn failed(&self) -> BTreeMap<Severity, usize> {
        let mut counts = BTreeMap::new();
        for verdict in self.verdicts {
            if let Outcome::Failed(failure) = &verdict.outcome {
                *counts.entry(failure.severity).or_default() += 1;
            }
        }
        counts
    }

    /// Number of verdicts that could not be decided.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Unknown(_))).count()
    }

    /// The report as text of at most about 100 columns.
    #[must_use]
    pub fn text(&self, colour: bool) -> String {
        let paint = Paint(colour);
        let mut out = String::new();
        let place = self.place;
        let _ = writeln!(out, "{}  account {}  {}", paint.bold("wallwalk"), place.account, place.region);
        let _ = writeln!(out, "{}\n", self.scope);
        self.changes_text(&mut out, &paint);
        self.findings_text(&mut out, &paint);
        self.unseen_text(&mut out, &paint);
        self.summary_text(&mut out, &paint);
        out
    }

    fn sections(&self) -> Sections<'_> {
        let mut sections: BTreeMap<String, Vec<(&Verdict, &Failure)>> = BTreeMap::new();
        for verdict in self.verdicts {
            if let Outcome::Failed(failure) = &verdict.outcome {
                sections.entry(heading(&verdict.subject)).or_default().push((verdict, failure));
            }
        }
        let mut sorted: Sections<'_> = sections
            .into_iter()
            .map(|(name, mut failures)| {
                failures.sort_by_key(|(verdict, failure)| {
                    (std::cmp::Reverse(failure.severity), verdict.check.clone(), verdict.subject.clone())
                });
                let worst = failures.first().map_or(Severity::Informational, |(_, failure)| failure.severity);
                (name, worst, failures)
            })
            .collect();
        sorted.sort_by_key(|(name, worst, failures)| (std::cmp::Reverse(*worst), std::cmp::Reverse(failures.len()), name.clone()));
        sorted
    }

    /// The worst in full, the others in a line each, so that the worst is not drowned.
    fn findings_text(&self, out: &mut String, paint: &Paint) {
        let mut told = 0;
        for (name, _, failures) in self.sections() {
            if told >= MOST_LINES {
                break;
            }
            let full = told < MOST_IN_FULL;
            let _ = writeln!(out, "{}", paint.bold(&name));
            for (verdict, failure) in &failures {
                if full { self.failure_text(out, paint, &name, verdict, failure) } else { headline(out, paint, verdict, failure) }
            }
            out.push('\n');
            told += failures.len();
        }
        let total: usize = self.failed().values().sum();
        if total > told {
            let _ = writeln!(out, "and {}, none worse than the last one above\n", count(total - told, "more finding"));
        }
        if total > MOST_IN_FULL {
            let _ = writeln!(
                out,
                "only the first {MOST_IN_FULL} or so are told in full: `wallwalk explain SUBJECT` shows the proof and the fix of any\n"
            );
        }
    }

    fn failure_text(&self, out: &mut String, paint: &Paint, section: &str, verdict: &Verdict, failure: &Failure) {
        headline(out, paint, verdict, failure);
        for hop in failure.evidence.iter().take(8) {
            // The heading has said it.
            let hop =
                ["→ ", ", ", ": "].iter().find_map(|joint| hop.strip_prefix(section)?.trim_start().strip_prefix(joint)).unwrap_or(hop);
            wrapped(out, "           why  ", "                ", &line(hop, 600));
        }
        if failure.evidence.len() > 8 {
            let _ = writeln!(out, "                … and {}", count(failure.evidence.len() - 8, "more line"));
        }
        if !failure.in_flight.is_empty() {
            wrapped(out, "           now  ", "                ", &line(&failure.in_flight.join(", "), 400));
        }
        for impact in &failure.impact {
            wrapped(out, "           so   ", "                ", &line(impact, 400));
        }
        let remedy = self.checks.iter().find(|info| info.name == verdict.check).map(|info| info.remedy());
        if let Some(remedy) = remedy {
            wrapped(out, "           fix  ", "                ", &remedy);
        }
        if let Some(command) = &failure.command {
            let _ = writeln!(out, "                {}", line(command, 400));
        }
    }

    fn changes_text(&self, out: &mut String, paint: &Paint) {
        let Some(changes) = self.changes else { return };
        if changes.is_empty() {
            let _ = writeln!(out, "nothing changed since the last scan: {} as before\n", count(changes.unchanged, "finding"));
            return;
        }
        let parts = [
            (changes.opened.len(), "new"),
            (changes.worse.len(), "worse"),
            (changes.resolved.len(), "resolved"),
            (changes.obscured.len(), "no longer visible"),
        ];
        let words: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let _ = writeln!(out, "{} {}\n", paint.bold("since the last scan:"), words.join(", "));
    }

    /// Every gap with what it leaves undecided.
    fn unseen_text(&self, out: &mut String, paint: &Paint) {
        let mut unseen: BTreeMap<&Gap, (usize, BTreeMap<&str, Vec<&str>>)> = BTreeMap::new();
        for (gap, facts) in self.gaps {
            unseen.entry(gap).or_default().0 = *facts;
        }
        for verdict in self.verdicts {
            if let Outcome::Unknown(gap) = &verdict.outcome {
                unseen.entry(gap).or_default().1.entry(&verdict.check).or_default().push(&verdict.subject.label);
            }
        }
        if unseen.is_empty() {
            return;
        }
        let _ = writeln!(out, "{}", paint.bold("what could not be seen"));
        for (gap, (facts, undecided)) in unseen.iter().take(MOST_GAPS) {
            let times = if *facts > 1 { format!(", {facts} times") } else { String::new() };
            wrapped(out, "  ", "    ", &line(&format!("{gap}{times}"), 300));
            if !undecided.is_empty() {
                let checks: Vec<String> = undecided.iter().map(|(check, subjects)| undecided_text(check, subjects)).collect();
                wrapped(out, "    undecided  ", "               ", &checks.join("; "));
            }
        }
        if unseen.len() > MOST_GAPS {
            let _ = writeln!(out, "  and {}", count(unseen.len() - MOST_GAPS, "more gap"));
        }
        out.push('\n');
    }

    fn summary_text(&self, out: &mut String, paint: &Paint) {
        let failed = self.failed();
        let total: usize = failed.values().sum();
        let words: Vec<String> =
            Severity::ALL.into_iter().filter_map(|severity| failed.get(&severity).map(|n| format!("{n} {severity}"))).collect();
        let passed = self.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Passed).count();
        let detail = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
        let _ = writeln!(
            out,
            "{} {}{detail}, {passed} passed, {} undecided, from {}",
            paint.bold("summary:"),
            count(total, "finding"),
            self.unknown(),
            count(self.checks.len(), "check")
        );
    }
}

/// The line that says how bad, what, and by which check.
fn headline(out: &mut String, paint: &Paint, verdict: &Verdict, failure: &Failure) {
    let possibly = if failure.certainty == Certainty::Possibly { "possibly: " } else { "" };
    let severity = paint.severity(failure.severity);
    let check = paint.dim(&format!("[{}]", verdict.check));
    let _ = writeln!(out, "  {severity} {possibly}{}  {check}", line(&failure.claim, 200));
}

/// `exec-enabled for shop/api, shop/web and 3 more`.
fn undecided_text(check: &str, subjects: &[&str]) -> String {
    let mut subjects = subjects.to_vec();
    subjects.dedup();
    let named: Vec<String> = subjects.iter().take(MOST_SUBJECTS).map(|subject| line(subject, 100)).collect();
    let more = subjects.len().saturating_sub(MOST_SUBJECTS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{check} for {}{more}", named.join(", "))
}

/// Findings of a workload stand together, whatever its containers.
fn heading(subject: &Subject) -> String {
    match &subject.workload {
        Some(workload) => match workload.split_once('/') {
            Some((kind, rest)) => format!("{} {}", kind.replace('-', " "), line(rest, 200)),
            None => line(workload, 200),
        },
        None => line(&subject.label, 200),
    }
}

/// Writes `text` wrapped at about 100 columns.
fn wrapped(out: &mut String, first: &str, rest: &str, text: &str) {
    let mut indent = first;
    let mut current = String::new();
    for word in text.split_whitespace() {
        if !current.is_empty() && indent.len() + current.chars().count() + word.chars().count() + 1 > 100 {
            let _ = writeln!(out, "{indent}{current}");
            indent = rest;
            current.clear();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    let _ = writeln!(out, "{indent}{current}");
}

struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.with("2", text)
    }

    fn severity(&self, severity: Severity) -> String {
        let code = match severity {
            Severity::Critical => "1;37;41",
            Severity::High => "1;31",
            Severity::Medium => "33",
            Severity::Low => "36",
            Severity::Informational => "2",
        };
        self.with(code, &format!("{:8}", severity.word().to_uppercase()))
    }
}
