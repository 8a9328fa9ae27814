//! Where things are found: what checks would otherwise search whole tables for, once for each workload.
//!
//! It derives nothing; everything here can be read off the snapshot.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::secrets::Secret;
use wallwalk_model::{Fact, Gap, Reading, Snapshot, Table, Time, arn, ec2, ecs};

use super::Workload;

/// An identifier with what was read of it.
pub(crate) type Row<'a, T> = (&'a str, &'a Reading<T>);

/// Clusters by name.
pub(crate) type Clusters<'a> = BTreeMap<&'a str, Row<'a, ecs::Cluster>>;

/// Rows by what leads to them.
#[derive(Debug, Default)]
pub(crate) struct Index<'a> {
    pub(crate) clusters: Clusters<'a>,
    /// Latest reading of a rule of each security group.
    pub(crate) rules_read_at: BTreeMap<&'a str, Time>,
    /// Route tables by the subnet that is associated with them.
    pub(crate) tables: BTreeMap<&'a str, Row<'a, ec2::RouteTable>>,
    /// Main route tables by VPC.
    pub(crate) main_tables: BTreeMap<&'a str, Row<'a, ec2::RouteTable>>,
    /// A route table that could not be read, and may be any subnet's.
    pub(crate) unread_table: Option<Gap>,
    /// Network ACLs by subnet.
    pub(crate) acls: BTreeMap<&'a str, Row<'a, ec2::NetworkAcl>>,
    /// Positions of the workloads with a task on a container instance.
    pub(crate) on_host: BTreeMap<&'a str, BTreeSet<usize>>,
    /// A service or task that could not be read, by cluster.
    pub(crate) unread: BTreeMap<&'a str, Gap>,
    /// Keys of secrets by ARN, by ARN without its suffix, and by name.
    secrets: BTreeMap<&'a str, &'a str>,
}

/// Clusters that are present, by name.
pub(crate) fn clusters(snapshot: &Snapshot) -> Clusters<'_> {
    snapshot.clusters().map(|(id, reading)| (arn::last_segment(id), (id, reading))).collect()
}

impl<'a> Index<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, workloads: &[Workload<'a>]) -> Self {
        let mut index = Self { clusters: clusters(snapshot), secrets: secrets(&snapshot.secrets), ..Self::default() };
        for reading in snapshot.security_group_rules.values() {
            if let Some(rule) = reading.value() {
                let latest = index.rules_read_at.entry(&rule.group_id).or_default();
                *latest = reading.read_at.max(*latest);
            }
        }
        for (id, reading) in snapshot.route_tables() {
            let table = match &reading.fact {
                Fact::Known(table) => table,
                Fact::Gap(gap) => {
                    index.unread_table.get_or_insert_with(|| gap.clone());
                    continue;
                }
                Fact::Absent => continue,
            };
            for association in &table.associations {
                if let Some(subnet) = &association.subnet_id {
                    index.tables.entry(subnet).or_insert((id, reading));
                }
                if let (Some(true), Some(vpc)) = (association.main, &table.vpc_id) {
                    index.main_tables.entry(vpc).or_insert((id, reading));
                }
            }
        }
        for (id, reading) in snapshot.network_acls() {
            for association in reading.value().into_iter().flat_map(|acl| &acl.associations) {
                if let Some(subnet) = &association.subnet_id {
                    index.acls.entry(subnet).or_insert((id, reading));
                }
            }
        }
        for (position, workload) in workloads.iter().enumerate() {
            for host in workload.tasks.iter().filter_map(|task| task.container_instance_arn.as_deref()) {
                index.on_host.entry(host).or_default().insert(position);
            }
        }
        index.note_unread(snapshot.services());
        index.note_unread(snapshot.tasks());
        index
    }

    fn note_unread<T: 'a>(&mut self, rows: impl Iterator<Item = Row<'a, T>>) {
        for (id, reading) in rows {
            if let (Fact::Gap(gap), Some(cluster)) = (&reading.fact, arn::cluster_of(id)) {
                self.unread.entry(cluster).or_insert_with(|| gap.clone());
            }
        }
    }

    /// The secret that a reference names, as [`wallwalk_model::secrets::find_secret`] finds it.
    pub(crate) fn secret(&self, table: &'a Table<Secret>, reference: &str) -> Option<Row<'a, Secret>> {
        let key = table.get_key_value(reference).map(|(key, _)| key.as_str()).or_else(|| self.secrets.get(reference).copied())?;
        Some((key, table.get(key)?))
    }
}

fn secrets(table: &Table<Secret>) -> BTreeMap<&str, &str> {
    let mut secrets = BTreeMap::new();
    for (key, reading) in table {
        let (arn, name) = reading.value().map_or((key.as_str(), key.as_str()), |secret| (secret.arn.as_str(), secret.name.as_str()));
        let stem = arn.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map(|(stem, _)| stem);
        for answer in [Some(arn), Some(name), stem].into_iter().flatten() {
            secrets.entry(answer).or_insert(key.as_str());
        }
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallwalk_model::secrets::find_secret;

    #[test]
    fn secrets_are_found_as_the_model_finds_them() {
        const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
        let secret = |name: &str, suffix: &str| Secret { arn: format!("{ARN}{name}-{suffix}"), name: name.into(), ..Default::default() };
        let mut table = Table::new();
        for secret in [secret("shop/db", "AbCdEf"), secret("shop", "dbxAbC"), secret("shop/db-replica", "GhIjKl")] {
            table.insert(secret.arn.clone(), Reading::known(Time::default(), secret));
        }
        table.insert(format!("{ARN}gone"), Reading::absent(Time::default()));
        table.insert(format!("{ARN}lost-AbCdEf"), Reading::gap(Time::default(), Gap::not_asked("secretsmanager:DescribeSecret")));
        let index = Index { secrets: secrets(&table), ..Index::default() };
        let of_arn = |name: &str| format!("{ARN}{name}");
        for reference in ["shop/db", "shop", "lost", "nothing", ""]
            .into_iter()
            .map(str::to_owned)
            .chain(["shop/db", "shop/db-AbCdEf", "shop", "shop/db-replica", "gone", "lost", "lost-AbCdEf", "shop/d"].map(of_arn))
        {
            assert_eq!(index.secret(&table, &reference), find_secret(&table, &reference), "{reference}");
        }
    }
}
