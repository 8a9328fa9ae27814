//! Builds the list of workloads.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::{Fact, Gap, Reading, Snapshot, Time, arn, ec2, ecs};
use wallwalk_network::{Cidr, Rule};

use super::launch::{Launch, launch, os};
use super::{Revision, Workload};
use crate::Settings;

pub(super) fn workloads<'a>(snapshot: &'a Snapshot, settings: &Settings) -> Vec<Workload<'a>> {
    let tasks: Vec<(&str, &Reading<ecs::Task>)> =
        snapshot.tasks().filter(|(_, reading)| reading.value().is_none_or(|task| task.last_status.as_deref() != Some("STOPPED"))).collect();
    let mut workloads: Vec<Workload<'a>> = snapshot
        .services()
        .filter(|(_, reading)| reading.value().is_none_or(|service| service.status.as_deref() != Some("INACTIVE")))
        .map(|(arn, reading)| service(snapshot, settings, arn, reading, &tasks))
        .collect();
    workloads.extend(task_groups(snapshot, settings, &tasks));
    let used: BTreeSet<&str> =
        workloads.iter().flat_map(|workload| &workload.revisions).map(|revision| arn::family_and_revision(revision.arn).0).collect();
    let latent: Vec<Workload<'a>> = snapshot
        .families()
        .filter(|(family, _)| !used.contains(family))
        .filter_map(|(name, reading)| family(snapshot, name, reading))
        .collect();
    workloads.extend(latent);
    workloads.sort_by(|a, b| a.id.cmp(&b.id));
    workloads
}

fn service<'a>(
    snapshot: &'a Snapshot,
    settings: &Settings,
    service_arn: &'a str,
    reading: &'a Reading<ecs::Service>,
    tasks: &[(&'a str, &'a Reading<ecs::Task>)],
) -> Workload<'a> {
    let cluster = arn::cluster_of(service_arn);
    let name = arn::last_segment(service_arn);
    let cluster_name = cluster.unwrap_or("default");
    let own: Vec<(&str, &Reading<ecs::Task>)> = tasks
        .iter()
        .filter(|(task_arn, reading)| {
            arn::cluster_of(task_arn) == cluster && reading.value().is_some_and(|task| task.service_name() == Some(name))
        })
        .copied()
        .collect();
    let mut workload = Workload {
        id: format!("service/{cluster_name}/{name}"),
        label: format!("{cluster_name}/{name}"),
        cluster,
        service: None,
        arn: service_arn,
        tasks: own.iter().filter_map(|(_, reading)| reading.value()).collect(),
        revisions: Vec::new(),
        latent: false,
        environment: None,
        read_at: own.iter().map(|(_, reading)| reading.read_at).max().unwrap_or_default().max(reading.read_at),
        facts: BTreeSet::from([format!("svc:{cluster_name}/{name}")]),
    };
    let service = match &reading.fact {
        Fact::Known(service) => service,
        Fact::Gap(gap) => {
            workload.service = Some(Err(gap.clone()));
            return workload;
        }
        Fact::Absent => return workload,
    };
    workload.service = Some(Ok(service));
    workload.environment = environment(settings, snapshot, cluster, &service.tags);
    let running = os(&[workload.tasks.first().and_then(|task| task.platform_family.as_deref()), service.platform_family.as_deref()]);
    let mut uses: Vec<Use<'a>> = Vec::new();
    let network =
        |network: &'a Option<ecs::NetworkConfiguration>| network.as_ref().and_then(|network| network.awsvpc_configuration.as_ref());
    let configured = network(&service.network_configuration);
    for deployment in service.deployments.iter().filter(|deployment| deployment.status.as_deref() != Some("INACTIVE")) {
        let said = deployment.launch_type.as_deref().or(service.launch_type.as_deref());
        let strategy = if deployment.capacity_provider_strategy.is_empty() {
            &service.capacity_provider_strategy
        } else {
            &deployment.capacity_provider_strategy
        };
        uses.push(Use {
            arn: deployment.task_definition.as_deref(),
            launch: launch(snapshot, said, strategy, cluster),
            network: network(&deployment.network_configuration).or(configured),
        });
    }
    for set in service.task_sets.iter().filter(|set| set.status.as_deref() != Some("DRAINING")) {
        uses.push(Use {
            arn: set.task_definition.as_deref(),
            launch: launch(snapshot, set.launch_type.as_deref(), &set.capacity_provider_strategy, cluster),
            network: network(&set.network_configuration).or(configured),
        });
    }
    uses.push(Use {
        arn: service.task_definition.as_deref(),
        launch: launch(snapshot, service.launch_type.as_deref(), &service.capacity_provider_strategy, cluster),
        network: configured,
    });
    for task in &workload.tasks {
        let said = task.launch_type.as_deref().and_then(Launch::read);
        uses.push(Use {
            arn: Some(&task.task_definition_arn),
            launch: said.map_or_else(|| launch(snapshot, service.launch_type.as_deref(), &service.capacity_provider_strategy, cluster), Ok),
            network: None,
        });
    }
    workload.revisions = revisions(snapshot, uses, running, None, &mut workload.read_at, &mut workload.facts);
    workload
}

/// One way in which a revision is used.
struct Use<'a> {
    arn: Option<&'a str>,
    launch: Result<Launch, Gap>,
    network: Option<&'a ecs::AwsvpcConfiguration>,
}

fn revisions<'a>(
    snapshot: &'a Snapshot,
    uses: Vec<Use<'a>>,
    running: super::Os,
    overrides: Option<&'a ecs::TaskOverride>,
    read_at: &mut Time,
    facts: &mut BTreeSet<String>,
) -> Vec<Revision<'a>> {
    let mut revisions: BTreeMap<&'a str, Revision<'a>> = BTreeMap::new();
    for one in uses {
        let Some(definition_arn) = one.arn else { continue };
        let revision = revisions.entry(definition_arn).or_insert_with(|| {
            let (family, number) = arn::family_and_revision(definition_arn);
            facts.insert(format!("td:{family}"));
            let reading = snapshot.task_definitions.get(definition_arn);
            *read_at = (*read_at).max(reading.map(|reading| reading.read_at).unwrap_or_default());
            let definition = match snapshot.need(&snapshot.task_definitions, definition_arn, "ecs:DescribeTaskDefinition") {
                Ok(reading) => reading.value().ok_or_else(|| Gap::not_asked("ecs:DescribeTaskDefinition")),
                Err(gap) => Err(gap),
            };
            let platform =
                definition.as_ref().ok().and_then(|definition| definition.runtime_platform.as_ref()?.operating_system_family.as_deref());
            Revision {
                arn: definition_arn,
                name: number.map_or_else(|| family.to_owned(), |number| format!("{family}:{number}")),
                os: if running == super::Os::Windows { running } else { os(&[platform]) },
                definition,
                overrides,
                launch: one.launch.clone(),
                networks: Vec::new(),
            }
        });
        if revision.launch.is_err() {
            revision.launch = one.launch;
        }
        if let Some(network) = one.network.filter(|network| !revision.networks.contains(network)) {
            revision.networks.push(network);
        }
    }
    revisions.into_values().collect()
}

/// Standalone tasks by cluster and group.
fn task_groups<'a>(snapshot: &'a Snapshot, settings: &Settings, tasks: &[(&'a str, &'a Reading<ecs::Task>)]) -> Vec<Workload<'a>> {
    type Member<'a> = (&'a str, &'a ecs::Task, Time);
    let mut groups: BTreeMap<(&str, &str), Vec<Member<'a>>> = BTreeMap::new();
    for (task_arn, reading) in tasks {
        if let Some(task) = reading.value().filter(|task| task.service_name().is_none()) {
            let cluster = arn::cluster_of(task_arn).unwrap_or("default");
            let family = arn::family_and_revision(&task.task_definition_arn).0;
            let group = task.group.as_deref().unwrap_or(family);
            groups.entry((cluster, group)).or_default().push((task_arn, task, reading.read_at));
        }
    }
    groups
        .into_iter()
        .filter_map(|((cluster, group), members)| {
            let (first_arn, first, _) = *members.first()?;
            let mut read_at = members.iter().map(|(_, _, at)| *at).max().unwrap_or_default();
            let mut facts = BTreeSet::from([format!("cluster:{cluster}")]);
            let uses = members
                .iter()
                .map(|(_, task, _)| Use {
                    arn: Some(task.task_definition_arn.as_str()),
                    launch: launch(snapshot, task.launch_type.as_deref(), &[], Some(cluster)),
                    network: None,
                })
                .collect();
            let overrides = members.iter().find_map(|(_, task, _)| task.overrides.as_ref());
            let revisions = revisions(snapshot, uses, os(&[first.platform_family.as_deref()]), overrides, &mut read_at, &mut facts);
            Some(Workload {
                id: format!("task-group/{cluster}/{group}"),
                label: format!("{cluster}/{group}"),
                cluster: Some(cluster),
                service: None,
                arn: first_arn,
                tasks: members.iter().map(|(_, task, _)| *task).collect(),
                revisions,
                latent: false,
                environment: environment(settings, snapshot, Some(cluster), &first.tags),
                read_at,
                facts,
            })
        })
        .collect()
}

/// A family that nothing uses: its latest ACTIVE revision, judged as the most exposed kind allowed.
fn family<'a>(snapshot: &'a Snapshot, name: &'a str, reading: &'a Reading<ecs::Family>) -> Option<Workload<'a>> {
    let mut facts = BTreeSet::from([format!("td:{name}")]);
    let mut read_at = reading.read_at;
    let latest = match &reading.fact {
        Fact::Known(family) => family.latest_active.as_deref()?,
        Fact::Gap(_) | Fact::Absent => return None,
    };
    let mut revisions = revisions(
        snapshot,
        vec![Use { arn: Some(latest), launch: Ok(Launch::Ec2), network: None }],
        super::Os::Linux,
        None,
        &mut read_at,
        &mut facts,
    );
    for revision in &mut revisions {
        if let Ok(definition) = &revision.definition
            && let [only] = definition.requires_compatibilities.as_slice()
            && let Some(launch) = Launch::read(only)
        {
            revision.launch = Ok(launch);
        }
    }
    Some(Workload {
        id: format!("family/{name}"),
        label: name.to_owned(),
        cluster: None,
        service: None,
        arn: latest,
        tasks: Vec::new(),
        revisions,
        latent: true,
        environment: None,
        read_at,
        facts,
    })
}

/// Environment from the tag on the service or task, else on the cluster, else from the settings.
fn environment(settings: &Settings, snapshot: &Snapshot, cluster: Option<&str>, tags: &[ecs::Tag]) -> Option<String> {
    let tagged = |tags: &[ecs::Tag]| {
        tags.iter()
            .find(|tag| tag.key.eq_ignore_ascii_case(&settings.environment_tag))
            .and_then(|tag| tag.value.clone())
            .map(|value| value.to_lowercase())
    };
    tagged(tags)
        .or_else(|| {
            let (_, reading) = snapshot.clusters().find(|(arn, _)| Some(arn::last_segment(arn)) == cluster)?;
            tagged(&reading.value()?.tags)
        })
        .or_else(|| {
            let cluster = cluster?;
            settings
                .environments
                .iter()
                .find(|(pattern, _)| wallwalk_iam::glob::matches(pattern, cluster))
                .map(|(_, name)| name.to_lowercase())
        })
}

/// Rules of every security group, with prefix lists resolved.
pub(super) fn rules(snapshot: &Snapshot) -> BTreeMap<&str, Vec<Rule>> {
    let mut rules: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
    let list = |id: &str| -> Result<Vec<Cidr>, Gap> {
        let reading: &Reading<ec2::PrefixList> = snapshot.need(&snapshot.prefix_lists, id, "ec2:GetManagedPrefixListEntries")?;
        let entries =
            reading.value().and_then(|list| list.entries.as_ref()).ok_or_else(|| Gap::not_asked("ec2:GetManagedPrefixListEntries"))?;
        entries.iter().map(|entry| entry.cidr.parse().map_err(|_| Gap::not_modelled("a range of a prefix list"))).collect()
    };
    for (_, reading) in snapshot.security_group_rules() {
        if let Some(rule) = reading.value() {
            rules.entry(rule.group_id.as_str()).or_default().push(Rule::read(rule, list));
        }
    }
    rules
}
