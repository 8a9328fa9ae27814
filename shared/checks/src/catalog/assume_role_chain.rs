//! Roles assumed one after the other lead a workload to more than its own role may do.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::account::Principal;
use wallwalk_model::arn;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::RoleView;
use crate::roles::chains::{Chain, chains};
use crate::roles::escalation::unseen;
use crate::roles::proof::need_line;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "assume-role-chain",
        title: "assumed roles lead to more rights",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("assume_role_chain.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let (estate, facts) = (view.estate, view.facts);
    let source = facts.principal.as_ref().map_err(Clone::clone)?;
    let (found, gap) = chains(estate, source);
    let Some(worst) = found.first() else {
        let own = estate.web.bounds(&source.arn).gap().cloned();
        return own.or(gap).or_else(|| unseen(estate, source)).map_or(PASSED, Err);
    };
    let told = |chain: &Chain| chain.hops.iter().map(|hop| arn::role_name(hop)).collect::<Vec<_>>().join(" → ");
    let end = worst.hops.last().map(|last| arn::role_name(last)).unwrap_or_default();
    let flaw = Flaw::new(format!("roles assumed one after the other lead to {end}"))
        .at(if worst.administrator { Severity::Critical } else { Severity::High })
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because(format!("{} → {}", facts.name, told(worst)))
        .because_all(hops(view, worst))
        .because(format!("gained: {}", worst.gain))
        .because_all(worst.administrator.then(|| "whoever gets there is administrator of the account".to_owned()))
        .because_all((found.len() > 1).then(|| format!("further chains: {}", listed(found.iter().skip(1).map(told)))))
        .so("what the role's own policy says is not all that a break-in into the workload gives");
    Ok(if worst.surely { flaw.into() } else { flaw.possibly().into() })
}

/// Each hop with the statement of the role before it that allows it.
fn hops(view: &RoleView<'_>, chain: &Chain) -> Vec<String> {
    let web = &view.estate.web;
    let sources = std::iter::once(view.facts.principal.as_ref().map_or("", |own| &*own.arn)).chain(chain.hops.iter().map(String::as_str));
    let pairs = sources.zip(&chain.hops).filter_map(|(from, to)| Some((web.account.principals.get(from)?, to)));
    let line = |(from, to): (&Principal, &String)| {
        let own = web.account.principals.get(to.as_str()).map(|target| web.assume(from, target));
        need_line(web.bounds(&from.arn), &own.unwrap_or_else(|| web.met(from, "sts:AssumeRole", to, Vec::new())))
    };
    pairs.map(line).collect()
}
