//! A statement allows what can never be asked for so.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::catalogue::{self, ActionId, Origin};
use wallwalk_iam::glob;
use wallwalk_iam::policy::{Resources, Statement};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::RoleView;
use crate::roles::unread;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-statement-ineffective",
        title: "statement of a role can never work",
        category: Category::Hardening,
        severity: Severity::Low,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("role_statement_ineffective.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let mut lines = Vec::new();
    for (policy, statement, _) in bounds.own_allows() {
        lines.extend(dead(statement).map(|why| format!("policy {policy} → {}: {why}", statement.label())));
    }
    if lines.is_empty() {
        let own = facts.principal.as_ref().map_err(Clone::clone)?;
        let hidden = own.stack.identity.iter().any(|one| one.document.is_err());
        return if hidden { Err(unread(bounds)) } else { PASSED };
    }
    Ok(Flaw::new("the role's policies allow what can never be asked for so")
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(lines)
        .so("what was meant does not work, and is likely to be mended by a star")
        .into())
}

/// Why a part of a statement never applies.
fn dead(statement: &Statement) -> Option<String> {
    let resources = statement.resources.as_ref().filter(|resources| !resources.negated)?;
    if statement.doubtful
        || statement.actions.negated
        || resources.patterns.iter().any(|one| one.is_everything() || one.is_short() || one.is_malformed())
    {
        return None;
    }
    let never = |entry: &&str| {
        let mut ids = named(entry).peekable();
        ids.peek().is_some() && ids.all(|id| !may_meet(id, resources))
    };
    let entries: Vec<&str> = statement.actions.patterns.iter().map(|one| &*one.text).filter(never).collect();
    (!entries.is_empty()).then(|| format!("{} never meets {}", listed(entries), listed(resources.patterns.iter().map(|one| one.text()))))
}

/// Actions that an entry names; none where one of them is not listed by AWS, of which types are not known.
fn named(entry: &str) -> impl Iterator<Item = ActionId> {
    let mut ranges = Vec::new();
    catalogue::expand(&entry.trim().to_ascii_lowercase(), &mut ranges);
    let all: Vec<ActionId> = catalogue::IdRanges::from_ranges(ranges).iter().collect();
    let known = all.iter().all(|id| id.info().origin == Origin::Listed);
    if known { all } else { Vec::new() }.into_iter()
}

/// Whether some resource that the action is authorised on is among those named.
fn may_meet(id: ActionId, resources: &Resources) -> bool {
    let runs = matches!(id.name(), "ecs:RunTask" | "ecs:StartTask");
    let globs = || id.info().types().flat_map(|(kind, _)| kind.globs());
    resources.patterns.iter().any(|pattern| {
        let text = without_variables(pattern.text());
        // Tasks are started by family and revision: a family alone has not matched since October 2024.
        let family_alone = runs
            && text.rsplit_once('/').is_some_and(|(head, family)| head.ends_with(":task-definition") && !family.contains([':', '*', '?']));
        !family_alone && globs().any(|glob| glob::intersects(&glob, &text))
    })
}

/// A pattern with `*` for each variable.
fn without_variables(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((head, tail)) = rest.split_once("${") {
        text.push_str(head);
        text.push('*');
        rest = tail.split_once('}').map_or("", |(_, tail)| tail);
    }
    text + rest
}
