//! Amazon EC2 and VPC.
//!
//! Every reading asks for pages of a stated size: asked without one, these calls draw on a smaller
//! quota. Single objects are asked for by filter, so that one that is gone is an empty answer and
//! not an error.

mod convert;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;
use wallwalk_model::{Fact, Reading, Time, ec2};

use super::ask::Miss;
use super::call::Call;
use super::run::{Pages, Pending, Pick, Run, batches, each};

/// Values that one filter may have.
const MOST_VALUES: usize = 200;

/// Which objects of a kind are read.
#[derive(Clone, Debug)]
pub(super) enum Which {
    /// All there are: a listing.
    All,
    /// Those with these ids.
    Ids(Vec<String>),
    /// Those that a filter finds. Of what is known, `proves` names what it must find if it is there.
    By {
        /// Name of the filter.
        filter: &'static str,
        /// Any of these.
        values: Vec<String>,
        /// Ids that are gone if they are not found.
        proves: BTreeSet<String>,
    },
}

fn filters(which: &Which, own: &'static str) -> Option<Vec<Filter>> {
    let filter = |name: &str, values: &[String]| vec![Filter::builder().name(name).set_values(Some(values.to_vec())).build()];
    match which {
        Which::All => None,
        Which::Ids(ids) => Some(filter(own, ids)),
        Which::By { filter: name, values, .. } => Some(filter(name, values)),
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $call:ident $method:ident($size:literal), $items:expr, $convert:ident, $id:ident by $filter:literal;)*) => {
        impl Run<'_> {
            $($(#[$doc])*
            pub(super) async fn $name(&self, which: Which) {
                let call = Call::$call;
                let Some(wide) = self.widened(&which, call) else { return };
                let page = async |token: Option<String>, at: Time| {
                    let send = |tap| {
                        let request = self.clients.ec2.$method().max_results($size).set_filters(filters(if wide { &Which::All } else { &which }, $filter));
                        request.set_next_token(token.clone()).customize().interceptor(tap).send()
                    };
                    let answer = self.ask.xml(call, send).await?;
                    let token = answer.next_token.clone();
                    let objects = ($items)(answer).into_iter().map(convert::$convert);
                    let ids = self.record(call, |now| &mut now.$name, at, objects, |object| &object.$id)?;
                    Ok((ids, token))
                };
                if wide {
                    self.listing(call.name(), call, page).await;
                    self.missing(call, |now| &mut now.$name, which);
                } else {
                    let pages = self.pages(call, page).await;
                    self.found(call, |now| &mut now.$name, which, &pages);
                }
            })*
        }
    };
}

kinds! {
    /// Security groups.
    security_groups: DescribeSecurityGroups describe_security_groups(1000),
        |answer: aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput| answer.security_groups.unwrap_or_default(),
        security_group, group_id by "group-id";
    /// Rules of security groups.
    security_group_rules: DescribeSecurityGroupRules describe_security_group_rules(1000),
        |answer: aws_sdk_ec2::operation::describe_security_group_rules::DescribeSecurityGroupRulesOutput| answer.security_group_rules.unwrap_or_default(),
        security_group_rule, security_group_rule_id by "security-group-rule-id";
    /// Network interfaces.
    network_interfaces: DescribeNetworkInterfaces describe_network_interfaces(1000),
        |answer: aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput| answer.network_interfaces.unwrap_or_default(),
        network_interface, network_interface_id by "network-interface-id";
    /// Subnets.
    subnets: DescribeSubnets describe_subnets(1000),
        |answer: aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput| answer.subnets.unwrap_or_default(),
        subnet, subnet_id by "subnet-id";
    /// VPCs.
    vpcs: DescribeVpcs describe_vpcs(1000),
        |answer: aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput| answer.vpcs.unwrap_or_default(),
        vpc, vpc_id by "vpc-id";
    /// Route tables.
    route_tables: DescribeRouteTables describe_route_tables(100),
        |answer: aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput| answer.route_tables.unwrap_or_default(),
        route_table, route_table_id by "route-table-id";
    /// Network ACLs.
    network_acls: DescribeNetworkAcls describe_network_acls(1000),
        |answer: aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput| answer.network_acls.unwrap_or_default(),
        network_acl, network_acl_id by "network-acl-id";
    /// Instances.
    instances: DescribeInstances describe_instances(1000),
        |answer: aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput| {
            answer.reservations.unwrap_or_default().into_iter().flat_map(|one| one.instances.unwrap_or_default()).collect::<Vec<_>>()
        },
        instance, instance_id by "instance-id";
    /// VPC endpoints.
    vpc_endpoints: DescribeVpcEndpoints describe_vpc_endpoints(1000),
        |answer: aws_sdk_ec2::operation::describe_vpc_endpoints::DescribeVpcEndpointsOutput| answer.vpc_endpoints.unwrap_or_default(),
        vpc_endpoint, vpc_endpoint_id by "vpc-endpoint-id";
    /// Prefix lists, without their entries.
    prefix_lists: DescribeManagedPrefixLists describe_managed_prefix_lists(100),
        |answer: aws_sdk_ec2::operation::describe_managed_prefix_lists::DescribeManagedPrefixListsOutput| answer.prefix_lists.unwrap_or_default(),
        prefix_list, prefix_list_id by "prefix-list-id";
}

impl Run<'_> {
    /// Every listing of EC2.
    pub(super) async fn network(&self) {
        tokio::join!(
            self.security_groups(Which::All),
            self.security_group_rules(Which::All),
            self.network_interfaces(Which::All),
            self.subnets(Which::All),
            self.vpcs(Which::All),
            self.route_tables(Which::All),
            self.network_acls(Which::All),
            self.instances(Which::All),
            self.vpc_endpoints(Which::All),
            self.prefix_lists(Which::All),
        );
    }

    /// Reads the entries of prefix lists that were read themselves.
    pub(super) async fn prefix_list_entries(&self, ids: BTreeSet<String>) {
        each(ids.into_iter().map(async |id: String| {
            if self.now().prefix_lists.get(&id).is_none_or(|list| list.value().is_none_or(|list| list.entries.is_some())) {
                return;
            }
            let call = Call::GetManagedPrefixListEntries;
            let entries = std::sync::Mutex::new(Vec::new());
            let page = async |token: Option<String>, _: Time| {
                let send = |tap| {
                    let request = self.clients.ec2.get_managed_prefix_list_entries().prefix_list_id(&id).max_results(100);
                    request.set_next_token(token.clone()).customize().interceptor(tap).send()
                };
                let answer = self.ask.xml(call, send).await?;
                let read = answer.entries.unwrap_or_default().into_iter().filter_map(|entry| entry.cidr);
                let read = read.map(|cidr| ec2::PrefixListEntry { cidr });
                entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(read);
                Ok((Vec::new(), answer.next_token))
            };
            let pages = self.pages(call, page).await;
            let entries = entries.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut now = self.now();
            let Some(reading) = now.prefix_lists.get_mut(&id) else { return };
            match (pages.miss, &mut reading.fact) {
                (None, Fact::Known(list)) => list.entries = Some(entries),
                // A list without its entries would say less than that it could not be read.
                (Some(Miss::Refused(refusal)), _) => *reading = Reading::gap(pages.at, refusal.gap()),
                _ => {}
            }
        }))
        .await;
    }

    /// Reads objects by id, in as many questions as it takes.
    pub(super) fn by_ids<'f, S>(&self, ids: BTreeSet<String>, read: impl Fn(Which) -> S + Send + 'f) -> Pending<'f, Vec<()>>
    where
        S: Future<Output = ()> + Send + 'f,
    {
        each(batches(ids, MOST_VALUES).into_iter().map(move |batch| read(Which::Ids(batch))))
    }

    /// Whether everything is to be listed: where it was asked for, and where a narrow reading finds that
    /// the listing was never read to its end. `None` if the listing was made in its place before.
    fn widened(&self, which: &Which, call: Call) -> Option<bool> {
        if matches!(which, Which::All) {
            return Some(true);
        }
        if self.full || self.known.listing_gap(call.name()).is_none() {
            return Some(false);
        }
        (!self.now().listings.contains_key(call.name())).then_some(true)
    }

    /// Marks absent what was asked for by id and a complete listing, made in its place, does not show.
    fn missing<T>(&self, call: Call, table: Pick<T>, which: Which) {
        let Which::Ids(ids) = which else { return };
        let complete = self.now().listings.get(call.name()).and_then(|listing| listing.complete.clone());
        if let Some(complete) = complete {
            self.settle(table, ids, &complete.members, complete.read_at, None);
        }
    }

    /// Settles what a question that was no listing proves.
    fn found<T>(&self, call: Call, table: Pick<T>, which: Which, pages: &Pages) {
        let proves: BTreeSet<String> = match which {
            Which::All => return,
            Which::Ids(ids) => ids.into_iter().collect(),
            Which::By { proves, .. } => {
                if let Some(Miss::Refused(refusal)) = &pages.miss {
                    // What was not found is not known by name: any of the kind may be missing.
                    return self.now().listing_failed(call.name(), pages.at, refusal.gap());
                }
                proves
            }
        };
        self.settle(table, proves, &pages.ids, pages.at, pages.miss.as_ref());
    }
}
