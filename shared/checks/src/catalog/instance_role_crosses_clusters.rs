//! An instance role registers or polls in clusters that its instances do not belong to.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::eval::Answer;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed, not_applicable};
use crate::estate::RoleView;
use crate::roles::instances::{elsewhere, hosts_of, is_instance_role};
use crate::roles::proof::need_line;
use crate::roles::unread;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "instance-role-crosses-clusters",
        title: "instance role works in other clusters",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("instance_role_crosses_clusters.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    if !is_instance_role(view)? {
        return not_applicable("no container instance has it");
    }
    let (estate, facts) = (view.estate, view.facts);
    let bounds = estate.bounds(facts)?;
    let own = hosts_of(estate, &facts.arn);
    let (calls, gap) = elsewhere(estate, facts.principal.as_ref().map_err(Clone::clone)?, &own);
    let most = calls.iter().map(|met| met.answer).max().unwrap_or(Answer::Never);
    if !most.possibly() {
        let undecided = (most == Answer::Unread).then(|| unread(bounds));
        return undecided.or(gap).map_or(PASSED, Err);
    }
    let flaw = Flaw::new("the instance role registers instances or polls for tasks in other clusters")
        .because(format!("role {}, {}; clusters {}", facts.name, facts.used_by(), listed(own)))
        .because_all(calls.iter().filter(|met| met.answer == most).take(2).map(|met| need_line(bounds, met)))
        .so("an instance made up by whoever holds the role receives other clusters' tasks and their credentials");
    Ok(if most.surely() { flaw.into() } else { flaw.possibly().into() })
}
