//! A Deny on a parameter is passed by through the path above it.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::eval::Answer;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::RoleView;
use crate::roles::readers::{Reader, below_paths};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-readable-by-path",
        title: "denied parameter is readable by its path",
        category: Category::DataExposure,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("secret_readable_by_path.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

/// So many parameters are proved.
const PROVED: usize = 3;

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    let bounds = estate.bounds(facts)?;
    let reader = Reader::new(bounds);
    let stores = estate.stores();
    let (mut surely, mut possibly) = (Vec::new(), Vec::new());
    let mut unread = bounds.gap().cloned();
    for stored in below_paths(bounds, stores).into_iter().filter(|stored| stored.secret) {
        let direct = reader.directly(stored);
        if direct.answer.possibly() {
            continue;
        }
        let Some(way) = reader.by_path(stored) else { continue };
        if way.answer == Answer::Never {
            continue;
        }
        let answer = way.answer.min(reader.decrypts(stored));
        let denied = reader.denials(stored);
        if answer == Answer::Never || denied.is_empty() {
            continue;
        }
        let (fact, read_at) = &stored.fact;
        view.trace.note(fact.clone(), *read_at);
        match (answer, direct.answer) {
            (Answer::Surely, Answer::Never) => surely.push((stored, way, denied)),
            (Answer::Possibly, Answer::Never) => possibly.push((stored, way, denied)),
            _ => unread = unread.or_else(|| Some(reader.gap(stored))),
        }
    }
    let sure = !surely.is_empty();
    let found = if sure { surely } else { possibly };
    if found.is_empty() {
        return unread.or_else(|| reader.hidden_by_path(stores)).map_or(PASSED, Err);
    }
    let mut flaw = Flaw::new("the role reads a parameter through its path that a policy denies it")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(format!("may read {}", listed(found.iter().map(|(stored, ..)| &stored.label))));
    for (stored, way, denied) in found.iter().take(PROVED) {
        flaw = flaw.because_all(denied.iter().map(|line| format!("denied: {line}")));
        flaw = flaw.because(format!("{} on {} returns it all the same", way.action, way.on)).because_all(reader.evidence(stored, way));
    }
    let flaw = flaw.so("the Deny protects nothing: the value is one call away");
    Ok(if sure { flaw.into() } else { flaw.possibly().into() })
}
