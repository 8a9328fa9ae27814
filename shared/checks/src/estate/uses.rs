//! From the ways in which a workload uses revisions to what is judged: each revision once for every
//! launch type and every set of RunTask overrides it is in use with.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::{Gap, Snapshot, arn, ecs};

use super::Revision;
use super::launch::{Basis, Launch, os};

/// One way in which a revision is used.
pub(super) struct Use<'a> {
    /// ARN of the revision.
    pub(super) arn: Option<&'a str>,
    pub(super) launch: Result<Launch, Gap>,
    /// Operating system family, where the user says one.
    pub(super) os: Option<&'a str>,
    pub(super) network: Option<&'a ecs::AwsvpcConfiguration>,
    pub(super) overrides: Option<&'a ecs::TaskOverride>,
    /// Whether it is a running task, which knows best.
    pub(super) task: bool,
}

/// What of an override changes a verdict about the definition; values of variables and command lines
/// have a check of their own.
type Override<'a> = ([Option<&'a str>; 4], Vec<(&'a str, [Option<i64>; 3], Vec<&'a str>)>);

fn significant(overrides: &ecs::TaskOverride) -> Option<Override<'_>> {
    let task = [&overrides.task_role_arn, &overrides.execution_role_arn, &overrides.cpu, &overrides.memory].map(|text| text.as_deref());
    let containers: Vec<_> = overrides
        .container_overrides
        .iter()
        .map(|one| {
            let files = one.environment_files.iter().map(|file| file.value.as_str()).collect::<Vec<_>>();
            (one.name.as_str(), [one.cpu, one.memory, one.memory_reservation], files)
        })
        .filter(|(_, numbers, files)| numbers.iter().any(Option::is_some) || !files.is_empty())
        .collect();
    (task.iter().any(Option::is_some) || !containers.is_empty()).then_some((task, containers))
}

pub(super) fn revisions<'a>(snapshot: &'a Snapshot, uses: Vec<Use<'a>>, basis: &mut Basis) -> Vec<Revision<'a>> {
    let mut by_arn: BTreeMap<&'a str, Vec<Use<'a>>> = BTreeMap::new();
    for one in uses {
        if let Some(definition_arn) = one.arn {
            by_arn.entry(definition_arn).or_default().push(one);
        }
    }
    by_arn.into_iter().flat_map(|(definition_arn, uses)| of_one(snapshot, definition_arn, &uses, basis)).collect()
}

fn of_one<'a>(snapshot: &'a Snapshot, definition_arn: &'a str, uses: &[Use<'a>], basis: &mut Basis) -> Vec<Revision<'a>> {
    let (family, number) = arn::family_and_revision(definition_arn);
    let reading = snapshot.task_definitions.get(definition_arn);
    basis.note(format!("td:{family}"), reading.map(|reading| reading.read_at).unwrap_or_default());
    let definition = snapshot
        .need(&snapshot.task_definitions, definition_arn, "ecs:DescribeTaskDefinition")
        .and_then(|reading| reading.value().ok_or_else(|| Gap::not_asked("ecs:DescribeTaskDefinition")));
    let platform = definition.as_ref().ok().and_then(|one| one.runtime_platform.as_ref()?.operating_system_family.as_deref());
    let said = |task: bool| uses.iter().filter(|one| one.task == task).find_map(|one| one.os);
    let os = os(&[said(true), said(false), platform]);
    let mut networks = Vec::new();
    for network in uses.iter().filter_map(|one| one.network) {
        if !networks.contains(&network) {
            networks.push(network);
        }
    }
    // A launch type that is known from one user stands for those whose own could not be found out.
    let known: BTreeSet<Launch> = uses.iter().filter_map(|one| one.launch.as_ref().ok()).copied().collect();
    let mut found: BTreeMap<(Option<Launch>, Option<Override<'a>>), Revision<'a>> = BTreeMap::new();
    for one in uses {
        let launch = one.launch.clone().or_else(|gap| known.first().copied().ok_or(gap));
        let overrides = one.overrides.filter(|overrides| significant(overrides).is_some());
        found.entry((launch.clone().ok(), overrides.and_then(significant))).or_insert_with(|| Revision {
            arn: definition_arn,
            name: number.map_or_else(|| family.to_owned(), |number| format!("{family}:{number}")),
            definition: definition.clone(),
            overrides,
            launch,
            assumed: false,
            os,
            networks: networks.clone(),
        });
    }
    found.into_values().collect()
}
