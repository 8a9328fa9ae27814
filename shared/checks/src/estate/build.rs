//! Builds the list of workloads: what runs, what is configured, and the families that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Gap, Reading, Snapshot, Time, arn, ec2, ecs};
use wallwalk_network::{Cidr, Rule};

use super::index::{Clusters, clusters};
use super::launch::{Basis, Launch, launch, provider};
use super::uses::{Use, revisions};
use super::{Revision, Workload};
use crate::Settings;

type TaskRow<'a> = (&'a str, &'a Reading<ecs::Task>);
type Member<'a> = (&'a str, &'a ecs::Task, Time);

/// What workloads are built from.
struct Sources<'a, 's> {
    snapshot: &'a Snapshot,
    settings: &'s Settings,
    clusters: Clusters<'a>,
    running: Running<'a>,
}

/// Running tasks by cluster and owner, and what hides others.
struct Running<'a> {
    of_services: BTreeMap<(&'a str, &'a str), Vec<TaskRow<'a>>>,
    standalone: BTreeMap<(&'a str, &'a str), Vec<Member<'a>>>,
    unread: BTreeMap<&'a str, (Gap, Time)>,
}

impl<'a> Running<'a> {
    fn read(snapshot: &'a Snapshot) -> Self {
        let mut running = Self { of_services: BTreeMap::new(), standalone: BTreeMap::new(), unread: BTreeMap::new() };
        for (task_arn, reading) in snapshot.tasks() {
            let cluster = arn::cluster_of(task_arn).unwrap_or("default");
            let task = match &reading.fact {
                Fact::Known(task) => task,
                Fact::Gap(gap) => {
                    running.unread.entry(cluster).or_insert_with(|| (gap.clone(), reading.read_at));
                    continue;
                }
                Fact::Absent => continue,
            };
            if task.last_status.as_deref() == Some("STOPPED") {
                continue;
            }
            match task.service_name() {
                Some(service) => running.of_services.entry((cluster, service)).or_default().push((task_arn, reading)),
                None => {
                    let family = arn::family_and_revision(&task.task_definition_arn).0;
                    let group = task.group.as_deref().unwrap_or(family);
                    running.standalone.entry((cluster, group)).or_default().push((task_arn, task, reading.read_at));
                }
            }
        }
        running
    }

    /// The gap that may hide a task of `cluster`, with the time of the attempt.
    fn gap(&self, snapshot: &Snapshot, cluster: &str) -> Option<(Gap, Time)> {
        let name = listing::tasks(cluster);
        let listed = snapshot.listing_gap(&name).map(|gap| (gap, snapshot.listing_read_at(&name).unwrap_or_default()));
        listed.or_else(|| self.unread.get(cluster).cloned())
    }
}

pub(super) fn workloads<'a>(snapshot: &'a Snapshot, settings: &Settings) -> Vec<Workload<'a>> {
    let sources = Sources { snapshot, settings, clusters: clusters(snapshot), running: Running::read(snapshot) };
    let mut workloads: Vec<Workload<'a>> = snapshot
        .services()
        .filter(|(_, reading)| reading.value().is_none_or(|service| service.status.as_deref() != Some("INACTIVE")))
        .map(|(arn, reading)| service(&sources, arn, reading))
        .collect();
    let known: BTreeSet<String> = workloads.iter().map(|workload| workload.id.clone()).collect();
    workloads.extend(orphans(&sources, &known));
    workloads.extend(task_groups(&sources));
    let used: BTreeSet<&str> =
        workloads.iter().flat_map(|workload| &workload.revisions).map(|revision| arn::family_and_revision(revision.arn).0).collect();
    let hidden = hidden_users(snapshot);
    let latent: Vec<Workload<'a>> = snapshot
        .families()
        .filter(|(family, _)| !used.contains(family))
        .filter_map(|(name, reading)| family(snapshot, name, reading, hidden.as_ref()))
        .collect();
    workloads.extend(latent);
    workloads.sort_by(|a, b| a.id.cmp(&b.id));
    workloads
}

fn service<'a>(sources: &Sources<'a, '_>, service_arn: &'a str, reading: &'a Reading<ecs::Service>) -> Workload<'a> {
    let (snapshot, running) = (sources.snapshot, &sources.running);
    let cluster = arn::cluster_of(service_arn);
    let name = arn::last_segment(service_arn);
    let cluster_name = cluster.unwrap_or("default");
    let own = running.of_services.get(&(cluster_name, name)).map(Vec::as_slice).unwrap_or_default();
    let mut basis = Basis::default();
    basis.note(format!("svc:{cluster_name}/{name}"), reading.read_at);
    basis.read_at = own.iter().map(|(_, reading)| reading.read_at).fold(basis.read_at, Time::max);
    let mut workload = Workload {
        id: format!("service/{cluster_name}/{name}"),
        label: format!("{cluster_name}/{name}"),
        cluster,
        service: None,
        arn: service_arn,
        tasks: own.iter().filter_map(|(_, reading)| reading.value()).collect(),
        revisions: Vec::new(),
        latent: false,
        open: None,
        environment: None,
        read_at: basis.read_at,
        facts: BTreeSet::new().into(),
    };
    match &reading.fact {
        Fact::Known(service) => {
            workload.service = Some(Ok(service));
            workload.environment = environment(sources, cluster, &service.tags);
            workload.revisions = revisions(snapshot, service_uses(sources, service, &workload.tasks, cluster, &mut basis), &mut basis);
            workload.open = running.gap(snapshot, cluster_name).map(|(gap, at)| basis.opened(gap, at));
        }
        Fact::Gap(gap) => workload.service = Some(Err(gap.clone())),
        Fact::Absent => {}
    }
    (workload.read_at, workload.facts) = basis.into_parts();
    workload
}

/// Every way in which a service uses a revision: deployments, task sets, the configured one, and tasks.
fn service_uses<'a>(
    sources: &Sources<'a, '_>,
    service: &'a ecs::Service,
    tasks: &[&'a ecs::Task],
    cluster: Option<&str>,
    basis: &mut Basis,
) -> Vec<Use<'a>> {
    let (snapshot, place) = (sources.snapshot, (&sources.clusters, cluster));
    let configured = awsvpc(service.network_configuration.as_ref());
    let mut uses = Vec::new();
    for deployment in service.deployments.iter().filter(|deployment| deployment.status.as_deref() != Some("INACTIVE")) {
        let strategy = if deployment.capacity_provider_strategy.is_empty() {
            &service.capacity_provider_strategy
        } else {
            &deployment.capacity_provider_strategy
        };
        let said = deployment.launch_type.as_deref().or(service.launch_type.as_deref().filter(|_| strategy.is_empty()));
        uses.push(Use {
            arn: deployment.task_definition.as_deref(),
            launch: launch(snapshot, said, strategy, place, basis),
            os: deployment.platform_family.as_deref().or(service.platform_family.as_deref()),
            network: awsvpc(deployment.network_configuration.as_ref()).or(configured),
            overrides: None,
            task: false,
        });
    }
    for set in service.task_sets.iter().filter(|set| set.status.as_deref() != Some("DRAINING")) {
        uses.push(Use {
            arn: set.task_definition.as_deref(),
            launch: launch(snapshot, set.launch_type.as_deref(), &set.capacity_provider_strategy, place, basis),
            os: set.platform_family.as_deref().or(service.platform_family.as_deref()),
            network: awsvpc(set.network_configuration.as_ref()).or(configured),
            overrides: None,
            task: false,
        });
    }
    let main = launch(snapshot, service.launch_type.as_deref(), &service.capacity_provider_strategy, place, basis);
    uses.push(Use {
        arn: service.task_definition.as_deref(),
        launch: main.clone(),
        os: service.platform_family.as_deref(),
        network: configured,
        overrides: None,
        task: false,
    });
    uses.extend(tasks.iter().map(|task| task_use(snapshot, task, main.clone(), basis)));
    uses
}

fn awsvpc(network: Option<&ecs::NetworkConfiguration>) -> Option<&ecs::AwsvpcConfiguration> {
    network.and_then(|network| network.awsvpc_configuration.as_ref())
}

/// A task says its launch type, else its capacity provider; `otherwise` if it says neither.
fn task_use<'a>(snapshot: &'a Snapshot, task: &'a ecs::Task, otherwise: Result<Launch, Gap>, basis: &mut Basis) -> Use<'a> {
    let said = match (task.launch_type.as_deref(), task.capacity_provider_name.as_deref()) {
        (Some(said), _) => Launch::read(said).ok_or_else(|| Gap::not_modelled("a launch type of a newer kind")),
        (None, Some(name)) => provider(snapshot, name, basis),
        (None, None) => otherwise,
    };
    Use {
        arn: Some(&task.task_definition_arn),
        launch: said,
        os: task.platform_family.as_deref(),
        network: None,
        overrides: task.overrides.as_ref(),
        task: true,
    }
}

/// Running tasks of services that were not read, or that are being deleted: what runs is judged.
fn orphans<'a>(sources: &Sources<'a, '_>, known: &BTreeSet<String>) -> Vec<Workload<'a>> {
    let snapshot = sources.snapshot;
    let mut workloads = Vec::new();
    for ((cluster, name), rows) in &sources.running.of_services {
        let id = format!("service/{cluster}/{name}");
        let tasks: Vec<&ecs::Task> = rows.iter().filter_map(|(_, reading)| reading.value()).collect();
        let (Some((first_arn, _)), Some(first), false) = (rows.first(), tasks.first(), known.contains(&id)) else { continue };
        let mut basis = Basis::default();
        let listing = listing::services(cluster);
        let newest = rows.iter().map(|(_, reading)| reading.read_at).chain(snapshot.listing_read_at(&listing)).max();
        basis.note(format!("svc:{cluster}/{name}"), newest.unwrap_or_default());
        let uses = tasks
            .iter()
            .map(|task| {
                let otherwise = launch(snapshot, None, &[], (&sources.clusters, Some(cluster)), &mut basis);
                task_use(snapshot, task, otherwise, &mut basis)
            })
            .collect();
        let revisions = revisions(snapshot, uses, &mut basis);
        let environment = environment(sources, Some(cluster), &first.tags);
        let open = sources.running.gap(snapshot, cluster).map(|(gap, at)| basis.opened(gap, at));
        let (read_at, facts) = basis.into_parts();
        workloads.push(Workload {
            id,
            label: format!("{cluster}/{name}"),
            cluster: Some(cluster),
            service: snapshot.listing_gap(&listing).map(Err),
            arn: first_arn,
            tasks,
            revisions,
            latent: false,
            open,
            environment,
            read_at,
            facts,
        });
    }
    workloads
}

/// Standalone tasks by cluster and group.
fn task_groups<'a>(sources: &Sources<'a, '_>) -> Vec<Workload<'a>> {
    let (snapshot, running) = (sources.snapshot, &sources.running);
    running
        .standalone
        .iter()
        .filter_map(|((cluster, group), members)| {
            let (first_arn, first, _) = *members.first()?;
            let mut basis = Basis::default();
            let newest = members.iter().map(|(_, _, at)| *at).max().unwrap_or_default();
            basis.note(format!("cluster:{cluster}"), newest);
            let uses = members
                .iter()
                .map(|(_, task, _)| {
                    let otherwise = launch(snapshot, None, &[], (&sources.clusters, Some(cluster)), &mut basis);
                    task_use(snapshot, task, otherwise, &mut basis)
                })
                .collect();
            let revisions = revisions(snapshot, uses, &mut basis);
            let open = running.gap(snapshot, cluster).map(|(gap, at)| basis.opened(gap, at));
            let (read_at, facts) = basis.into_parts();
            Some(Workload {
                id: format!("task-group/{cluster}/{group}"),
                label: format!("{cluster}/{group}"),
                cluster: Some(cluster),
                service: None,
                arn: first_arn,
                tasks: members.iter().map(|(_, task, _)| *task).collect(),
                revisions,
                latent: false,
                open,
                environment: environment(sources, Some(cluster), &first.tags),
                read_at,
                facts,
            })
        })
        .collect()
}

/// A family that nothing uses: its latest ACTIVE revision. `hidden` is what may use it unseen.
fn family<'a>(
    snapshot: &'a Snapshot,
    name: &'a str,
    reading: &'a Reading<ecs::Family>,
    hidden: Option<&(Gap, Time)>,
) -> Option<Workload<'a>> {
    let mut basis = Basis::default();
    basis.note(format!("td:{name}"), reading.read_at);
    let revisions = match &reading.fact {
        Fact::Known(family) => latent_revisions(snapshot, family.latest_active.as_deref()?, &mut basis),
        Fact::Gap(gap) => vec![Revision::unread(name, gap.clone())],
        Fact::Absent => return None,
    };
    let open = hidden.cloned().map(|(gap, at)| basis.opened(gap, at));
    let (read_at, facts) = basis.into_parts();
    Some(Workload {
        id: format!("family/{name}"),
        label: name.to_owned(),
        cluster: None,
        service: None,
        arn: revisions.first()?.arn,
        tasks: Vec::new(),
        open,
        revisions,
        latent: true,
        environment: None,
        read_at,
        facts,
    })
}

/// One value in `requiresCompatibilities` decides where it would run; otherwise the most exposed kind
/// that is allowed is assumed.
fn latent_revisions<'a>(snapshot: &'a Snapshot, latest: &'a str, basis: &mut Basis) -> Vec<Revision<'a>> {
    let only = Use { arn: Some(latest), launch: Ok(Launch::Ec2), os: None, network: None, overrides: None, task: false };
    let mut revisions = revisions(snapshot, vec![only], basis);
    for revision in &mut revisions {
        let Ok(definition) = &revision.definition else { continue };
        let mut allowed: Vec<Launch> = definition.requires_compatibilities.iter().filter_map(|text| Launch::read(text)).collect();
        allowed.sort();
        allowed.dedup();
        let exposed = [Launch::Ec2, Launch::ManagedInstances, Launch::External, Launch::Fargate];
        revision.assumed = allowed.len() != 1;
        revision.launch = Ok(exposed.into_iter().find(|one| allowed.contains(one)).unwrap_or(Launch::Ec2));
    }
    revisions
}

/// The first gap that may hide a user of a family: a cluster, service or task that could not be read.
/// Listings that nobody asked for do not count: files often hold definitions alone.
pub(super) fn hidden_users(snapshot: &Snapshot) -> Option<(Gap, Time)> {
    fn unread<'a, T: 'a>(mut rows: impl Iterator<Item = (&'a str, &'a Reading<T>)>) -> Option<(Gap, Time)> {
        rows.find_map(|(_, reading)| Some((reading.unread()?.clone(), reading.read_at)))
    }
    let lists = ["ecs:ListClusters", "ecs:ListServices ", "ecs:ListTasks "];
    snapshot
        .listings
        .iter()
        .filter(|(name, _)| lists.iter().any(|list| name.starts_with(list)))
        .find_map(|(name, listing)| Some((listing.gap()?.clone(), snapshot.listing_read_at(name).unwrap_or_default())))
        .or_else(|| unread(snapshot.services()))
        .or_else(|| unread(snapshot.tasks()))
}

/// Environment from the tag on the service or task, else on the cluster, else from the settings.
fn environment(sources: &Sources<'_, '_>, cluster: Option<&str>, tags: &[ecs::Tag]) -> Option<String> {
    let settings = sources.settings;
    let tagged = |tags: &[ecs::Tag]| {
        tags.iter()
            .find(|tag| tag.key.eq_ignore_ascii_case(&settings.environment_tag))
            .and_then(|tag| tag.value.clone())
            .map(|value| value.to_lowercase())
    };
    tagged(tags)
        .or_else(|| {
            let (_, reading) = sources.clusters.get(cluster?)?;
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
pub(super) fn rules(snapshot: &Snapshot) -> (BTreeMap<&str, Vec<Rule>>, Option<Gap>) {
    let mut rules: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
    let mut unread = None;
    let list = |id: &str| -> Result<Vec<Cidr>, Gap> {
        let reading: &Reading<ec2::PrefixList> = snapshot.need(&snapshot.prefix_lists, id, "ec2:GetManagedPrefixListEntries")?;
        let entries =
            reading.value().and_then(|list| list.entries.as_ref()).ok_or_else(|| Gap::not_asked("ec2:GetManagedPrefixListEntries"))?;
        entries.iter().map(|entry| entry.cidr.parse().map_err(|_| Gap::not_modelled("a range of a prefix list"))).collect()
    };
    for (_, reading) in snapshot.security_group_rules() {
        match &reading.fact {
            Fact::Known(rule) => rules.entry(rule.group_id.as_str()).or_default().push(Rule::read(rule, list)),
            Fact::Gap(gap) => unread = unread.or_else(|| Some(gap.clone())),
            Fact::Absent => {}
        }
    }
    (rules, unread)
}
