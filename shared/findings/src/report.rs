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
        for (name, _, failures) in self.sections() {
            let _ = writeln!(out, "{}", paint.bold(&name));
            for (verdict, failure) in failures {
                self.failure_text(&mut out, &paint, verdict, failure);
            }
            out.push('\n');
        }
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

    fn failure_text(&self, out: &mut String, paint: &Paint, verdict: &Verdict, failure: &Failure) {
        let possibly = if failure.certainty == Certainty::Possibly { "possibly: " } else { "" };
        let _ = writeln!(
            out,
            "  {} {possibly}{}  {}",
            paint.severity(failure.severity),
            line(&failure.claim, 200),
            paint.dim(&format!("[{}]", verdict.check))
        );
        for hop in failure.evidence.iter().take(8) {
            wrapped(out, "           why  ", "                ", &line(hop, 600));
        }
        if failure.evidence.len() > 8 {
            let _ = writeln!(out, "                … and {}", count(failure.evidence.len() - 8, "more line"));
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

    fn unseen_text(&self, out: &mut String, paint: &Paint) {
        let unknown = self.unknown();
        if self.gaps.is_empty() && unknown == 0 {
            return;
        }
        let _ = writeln!(out, "{}", paint.bold("what could not be seen"));
        for (gap, facts) in self.gaps {
            let times = if *facts > 1 { format!(" ({} times)", facts) } else { String::new() };
            wrapped(out, "  ", "    ", &line(&format!("{gap}{times}"), 300));
        }
        if unknown > 0 {
            let mut by_check: BTreeMap<&str, usize> = BTreeMap::new();
            for verdict in self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Unknown(_))) {
                *by_check.entry(&verdict.check).or_default() += 1;
            }
            let checks: Vec<String> = by_check.iter().map(|(check, n)| format!("{check} {n}")).collect();
            wrapped(out, "  ", "    ", &format!("undecided, neither passed nor failed: {}", checks.join(", ")));
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

/// Findings of a workload stand together, whatever its containers.
fn heading(subject: &Subject) -> String {
    match &subject.workload {
        Some(workload) => match workload.split_once('/') {
            Some((kind, rest)) => format!("{kind} {}", line(rest, 200)),
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
        if !current.is_empty() && current.chars().count() + word.chars().count() + 1 > 84 {
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
