//! One group on several workloads opens them to each other.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_network::{Ports, Protocol, Source};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::GroupView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "self-referencing-security-group",
        title: "group lets its members reach each other",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::SecurityGroup,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("self_referencing_security_group.md"),
    },
    not_on: &[],
    judge: Judge::SecurityGroup(judge),
};

fn judge(view: &GroupView<'_>) -> Judged {
    let own = Source::Group(view.id.to_owned());
    let rules: Vec<_> = view.rules.iter().filter(|rule| !rule.egress && rule.source == own).collect();
    if rules.is_empty() {
        return PASSED;
    }
    if view.carriers.len() < 2 {
        return view.unseen.clone().map_or(PASSED, Err);
    }
    let all = rules.iter().any(|rule| rule.protocol == Protocol::Any || rule.ports == Some(Ports::ALL));
    let default = view.group.group_name.as_deref() == Some("default");
    let labels: Vec<&str> = view.carriers.iter().map(|one| one.label.as_str()).collect();
    Ok(Flaw::new("the group lets the workloads that carry it reach each other")
        .at(if all || default { Severity::High } else { Severity::Medium })
        .because(format!("carried by {}", listed(&labels)))
        .because_all(rules.iter().map(|rule| rule.text()))
        .so("a break-in into one of them reaches all others")
        .into())
}
