//! Anybody in the world can open a connection to a task.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_network::{Door, Exposure, Grade};

use crate::check::{Check, Flaw, Judge, Judged, PASSED, not_applicable};
use crate::estate::{Launch, WorkloadView};
use crate::segmentation;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "internet-reachable-task",
        title: "task is reachable from the internet",
        category: Category::Network,
        severity: Severity::High,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[],
        related_control: Some("EC2.18"),
        page: include_str!("internet_reachable_task.md"),
    },
    not_on: &[],
    judge: Judge::Workload(judge),
};

/// Ports of administration, hosts, data stores, brokers, consoles and registries.
const SENSITIVE: &[(u16, u16)] = &[
    (22, 22),
    (139, 139),
    (445, 445),
    (1433, 1433),
    (1521, 1521),
    (2049, 2049),
    (2181, 2181),
    (2375, 2380),
    (3306, 3306),
    (3389, 3389),
    (4369, 4369),
    (5000, 5000),
    (5432, 5432),
    (5601, 5601),
    (5985, 5986),
    (6379, 6379),
    (6443, 6443),
    (8200, 8200),
    (8500, 8500),
    (9000, 9000),
    (9092, 9092),
    (9200, 9200),
    (9300, 9300),
    (10250, 10250),
    (11211, 11211),
    (15672, 15672),
    (27017, 27017),
    (51678, 51680),
];

fn judge(view: &WorkloadView<'_>) -> Judged {
    if view.revision.launch == Ok(Launch::External) || view.definition.network_mode.as_deref() == Some("none") {
        return not_applicable("no VPC attachment");
    }
    let (placements, own) = segmentation::placements(view);
    let (borrowed, hidden) = segmentation::borrowed(view);
    let (mut doors, mut gap) = (Vec::new(), own.or(hidden));
    for placement in placements.into_iter().chain(borrowed) {
        match segmentation::internet(view.estate, view.trace, &placement) {
            Ok(Exposure::Open(open)) => doors.extend(open.into_iter().map(|door| (placement.name.clone(), door))),
            Ok(_) => {}
            Err(one) => gap = gap.or(Some(one)),
        }
    }
    if doors.is_empty() {
        return gap.map_or(PASSED, Err);
    }
    doors.sort_by_key(|(_, door)| (std::cmp::Reverse(severity(view, door)), door.ports));
    let Some((name, worst)) = doors.first() else { return PASSED };
    let severity = severity(view, worst);
    let mut ports: Vec<String> = doors.iter().map(|(_, door)| door.ports.text()).collect();
    ports.dedup();
    Ok(Flaw::new("tasks are reachable from the internet")
        .at(severity)
        .because(view.chain())
        .because_all(worst.witness.iter().cloned())
        .because(match name.starts_with("i-") {
            true => format!("tcp {} of the container instance {name}, whose network the task uses", ports.join(", ")),
            false => format!("interface {name}, tcp {}", ports.join(", ")),
        })
        .so(format!("anybody can connect to tcp {}", ports.join(", ")))
        .into())
}

/// Critical on a sensitive or undeclared port, high else; one lower where only much of the internet comes in.
fn severity(view: &WorkloadView<'_>, door: &Door) -> Severity {
    let declared: Vec<i64> = view
        .definition
        .container_definitions
        .iter()
        .flat_map(|container| &container.port_mappings)
        .filter_map(|mapping| mapping.container_port)
        .collect();
    let within = |port: i64| (i64::from(door.ports.from)..=i64::from(door.ports.to)).contains(&port);
    let single = door.ports.from == door.ports.to;
    let undeclared = !(single && declared.iter().any(|port| within(*port)));
    let sensitive = SENSITIVE.iter().any(|(from, to)| *from <= door.ports.to && door.ports.from <= *to);
    let base = if undeclared || sensitive { Severity::Critical } else { Severity::High };
    base.moved(-i32::from(door.grade == Grade::Wide))
}
