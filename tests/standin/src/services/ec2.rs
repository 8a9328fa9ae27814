//! EC2: one table of operations; ids, filters and pages are the same for all.
//!
//! Filters not in the table are refused as AWS refuses a filter it does not know.
//! Source: Amazon EC2 API Reference.

use serde_json::{Map, Value, json};

use super::{Answer, after, output};
use crate::call::{Call, Input};
use crate::estate::{Estate, Table};
use crate::token;
use crate::wire::Refusal;

struct Operation {
    name: &'static str,
    /// The list in its output.
    member: &'static str,
    table: fn(&Estate) -> &Table,
    /// The parameter that names objects by id.
    id: &'static str,
    /// Error code for an id that is not there.
    not_found: &'static str,
    most: i64,
    /// Whether ids and `MaxResults` exclude each other.
    ids_or_pages: bool,
    /// Filters: name, path of members with lists passed through.
    filters: &'static [(&'static str, &'static str)],
}

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "DescribeSecurityGroups",
        member: "SecurityGroups",
        table: |e| &e.security_groups,
        id: "GroupId",
        not_found: "InvalidGroup.NotFound",
        most: 1000,
        ids_or_pages: false,
        filters: &[
            ("group-id", "GroupId"),
            ("group-name", "GroupName"),
            ("vpc-id", "VpcId"),
            ("owner-id", "OwnerId"),
            ("description", "Description"),
            ("ip-permission.group-id", "IpPermissions.UserIdGroupPairs.GroupId"),
            ("egress.ip-permission.group-id", "IpPermissionsEgress.UserIdGroupPairs.GroupId"),
            ("ip-permission.prefix-list-id", "IpPermissions.PrefixListIds.PrefixListId"),
        ],
    },
    Operation {
        name: "DescribeSecurityGroupRules",
        member: "SecurityGroupRules",
        table: |e| &e.security_group_rules,
        id: "SecurityGroupRuleId",
        not_found: "InvalidSecurityGroupRuleId.NotFound",
        most: 1000,
        ids_or_pages: false,
        filters: &[("group-id", "GroupId"), ("security-group-rule-id", "SecurityGroupRuleId")],
    },
    Operation {
        name: "DescribeNetworkInterfaces",
        member: "NetworkInterfaces",
        table: |e| &e.network_interfaces,
        id: "NetworkInterfaceId",
        not_found: "InvalidNetworkInterfaceID.NotFound",
        most: 1000,
        ids_or_pages: true,
        filters: &[
            ("network-interface-id", "NetworkInterfaceId"),
            ("group-id", "Groups.GroupId"),
            ("subnet-id", "SubnetId"),
            ("vpc-id", "VpcId"),
            ("owner-id", "OwnerId"),
            ("status", "Status"),
            ("description", "Description"),
            ("interface-type", "InterfaceType"),
            ("requester-id", "RequesterId"),
            ("private-ip-address", "PrivateIpAddress"),
            ("addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress"),
            ("association.public-ip", "Association.PublicIp"),
            ("association.allocation-id", "Association.AllocationId"),
            ("attachment.instance-id", "Attachment.InstanceId"),
            ("attachment.attachment-id", "Attachment.AttachmentId"),
        ],
    },
    Operation {
        name: "DescribeSubnets",
        member: "Subnets",
        table: |e| &e.subnets,
        id: "SubnetId",
        not_found: "InvalidSubnetID.NotFound",
        most: 1000,
        ids_or_pages: false,
        filters: &[("subnet-id", "SubnetId"), ("vpc-id", "VpcId"), ("availability-zone", "AvailabilityZone"), ("owner-id", "OwnerId")],
    },
    Operation {
        name: "DescribeVpcs",
        member: "Vpcs",
        table: |e| &e.vpcs,
        id: "VpcId",
        not_found: "InvalidVpcID.NotFound",
        most: 1000,
        ids_or_pages: false,
        filters: &[("vpc-id", "VpcId"), ("cidr", "CidrBlock"), ("is-default", "IsDefault"), ("owner-id", "OwnerId"), ("state", "State")],
    },
    Operation {
        name: "DescribeRouteTables",
        member: "RouteTables",
        table: |e| &e.route_tables,
        id: "RouteTableId",
        not_found: "InvalidRouteTableID.NotFound",
        most: 100,
        ids_or_pages: false,
        filters: &[
            ("route-table-id", "RouteTableId"),
            ("vpc-id", "VpcId"),
            ("owner-id", "OwnerId"),
            ("association.subnet-id", "Associations.SubnetId"),
            ("association.main", "Associations.Main"),
            ("association.route-table-association-id", "Associations.RouteTableAssociationId"),
            ("route.destination-prefix-list-id", "Routes.DestinationPrefixListId"),
        ],
    },
    Operation {
        name: "DescribeNetworkAcls",
        member: "NetworkAcls",
        table: |e| &e.network_acls,
        id: "NetworkAclId",
        not_found: "InvalidNetworkAclID.NotFound",
        most: 1000,
        ids_or_pages: false,
        filters: &[
            ("network-acl-id", "NetworkAclId"),
            ("vpc-id", "VpcId"),
            ("default", "IsDefault"),
            ("owner-id", "OwnerId"),
            ("association.subnet-id", "Associations.SubnetId"),
            ("association.association-id", "Associations.NetworkAclAssociationId"),
        ],
    },
    Operation {
        name: "DescribeInstances",
        member: "Reservations",
        table: |e| &e.instances,
        id: "InstanceId",
        not_found: "InvalidInstanceID.NotFound",
        most: 1000,
        ids_or_pages: true,
        filters: &[
            ("instance-id", "InstanceId"),
            ("vpc-id", "VpcId"),
            ("subnet-id", "SubnetId"),
            ("instance-state-name", "State.Name"),
            ("instance.group-id", "SecurityGroups.GroupId"),
            ("network-interface.network-interface-id", "NetworkInterfaces.NetworkInterfaceId"),
            ("network-interface.group-id", "NetworkInterfaces.Groups.GroupId"),
            ("iam-instance-profile.arn", "IamInstanceProfile.Arn"),
        ],
    },
    Operation {
        name: "DescribeVpcEndpoints",
        member: "VpcEndpoints",
        table: |e| &e.vpc_endpoints,
        id: "VpcEndpointId",
        not_found: "InvalidVpcEndpointId.NotFound",
        most: 1000,
        ids_or_pages: false,
        filters: &[
            ("vpc-endpoint-id", "VpcEndpointId"),
            ("vpc-id", "VpcId"),
            ("service-name", "ServiceName"),
            ("vpc-endpoint-state", "State"),
            ("vpc-endpoint-type", "VpcEndpointType"),
        ],
    },
    Operation {
        name: "DescribeManagedPrefixLists",
        member: "PrefixLists",
        table: |e| &e.prefix_lists,
        id: "PrefixListId",
        not_found: "InvalidPrefixListID.NotFound",
        most: 100,
        ids_or_pages: false,
        filters: &[("prefix-list-id", "PrefixListId"), ("prefix-list-name", "PrefixListName"), ("owner-id", "OwnerId")],
    },
];

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidParameterValue", message)
}

/// Names of the operations.
pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|operation| operation.name).chain(["GetManagedPrefixListEntries"])
}

/// Answers `call`; `None` if the operation is not known.
pub(crate) fn answer(estate: &Estate, call: &Call) -> Option<Answer> {
    if call.operation == "GetManagedPrefixListEntries" {
        return Some(entries(estate, call));
    }
    OPERATIONS.iter().find(|operation| operation.name == call.operation).map(|operation| describe(operation, estate, call))
}

fn describe(operation: &Operation, estate: &Estate, call: &Call) -> Answer {
    let table = (operation.table)(estate);
    let most = page_size(call, operation.most)?;
    let ids = call.texts(operation.id);
    if !ids.is_empty() && most.is_some() && operation.ids_or_pages {
        let message = format!("The parameter {} cannot be used with the parameter maxResults", operation.id);
        return Err(Refusal::new(400, "InvalidParameterCombination", message));
    }
    if let Some(absent) = ids.iter().find(|id| !table.contains_key(*id)) {
        return Err(Refusal::new(400, operation.not_found, format!("The ID '{absent}' does not exist")));
    }
    let filters = filters(operation, call)?;
    let names = call.texts("GroupName");
    let keep = |key: &str, object: &Value| {
        (ids.is_empty() || ids.iter().any(|id| id == key))
            && (names.is_empty() || names.iter().any(|name| object.get("GroupName").and_then(Value::as_str) == Some(name)))
            && filters.iter().all(|filter| filter.fits(object))
    };
    let after = after(call, "NextToken", invalid)?;
    // Without a page size everything is returned at once.
    let (page, last) = token::page(table, "", after.as_deref(), most.unwrap_or(usize::MAX), keep);
    let list =
        page.into_iter().map(|(_, object)| if operation.member == "Reservations" { reservation(estate, object) } else { object.clone() });
    output(with_token(call, operation.member, list.collect(), last))
}

/// Each instance in a reservation of its own.
fn reservation(estate: &Estate, instance: &Value) -> Value {
    let id = instance.get("InstanceId").and_then(Value::as_str).unwrap_or_default().replacen("i-", "r-", 1);
    json!({"ReservationId": id, "OwnerId": estate.account, "Groups": [], "Instances": [instance]})
}

fn with_token(call: &Call, member: &str, list: Vec<Value>, last: Option<String>) -> Value {
    let mut object = Map::new();
    object.insert(member.into(), Value::Array(list));
    if let Some(last) = last {
        object.insert("NextToken".into(), json!(token::seal(call, &last, call.text("NextToken"))));
    }
    Value::Object(object)
}

/// `MaxResults`, from 5 to `most`; prefix lists take 1 too, and nobody needs that.
fn page_size(call: &Call, most: i64) -> Result<Option<usize>, Refusal> {
    let asked = match call.number("MaxResults") {
        None => return Ok(None),
        Some(asked) => asked,
    };
    match asked.filter(|asked| (5..=most).contains(asked)).and_then(|asked| usize::try_from(asked).ok()) {
        Some(size) => Ok(Some(size)),
        None => {
            let asked = call.text("MaxResults").unwrap_or_default();
            Err(invalid(format!("Value ( {asked} ) for parameter maxResults is invalid. Expecting a value between 5 and {most}.")))
        }
    }
}

struct Filter {
    path: &'static str,
    tag: Option<String>,
    values: Vec<String>,
}

fn filters(operation: &Operation, call: &Call) -> Result<Vec<Filter>, Refusal> {
    let Input::Query(parameters) = &call.input else { return Ok(Vec::new()) };
    let mut filters = Vec::new();
    for n in 1.. {
        let Some(name) = parameters.get(&format!("Filter.{n}.Name")) else { break };
        let values = call.texts(&format!("Filter.{n}.Value"));
        if values.len() > 200 {
            return Err(Refusal::new(400, "FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200"));
        }
        let known = operation.filters.iter().find(|(known, _)| known == name).map(|(_, path)| *path);
        let (path, tag) = match (known, name.strip_prefix("tag:")) {
            (Some(path), _) => (path, None),
            (None, Some(tag)) => ("Tags", Some(tag.to_owned())),
            (None, None) if name == "tag-key" => ("Tags.Key", None),
            _ => return Err(invalid(format!("The filter '{name}' is invalid"))),
        };
        filters.push(Filter { path, tag, values });
    }
    Ok(filters)
}

impl Filter {
    fn fits(&self, object: &Value) -> bool {
        if let Some(tag) = &self.tag {
            let tags = object.get("Tags").and_then(Value::as_array);
            let of_key = |one: &&Value| one.get("Key").and_then(Value::as_str) == Some(tag);
            return tags.into_iter().flatten().filter(of_key).any(|one| self.admits(one.get("Value").unwrap_or(&Value::Null)));
        }
        let mut reached = vec![object];
        for step in self.path.split('.') {
            reached = reached.into_iter().filter_map(|value| value.get(step)).flat_map(through).collect();
        }
        reached.into_iter().any(|value| self.admits(value))
    }

    fn admits(&self, value: &Value) -> bool {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.values.iter().any(|pattern| glob(pattern, &text))
    }
}

/// The elements of a list, or the value itself.
fn through(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// `*` is any text; `?` any character.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern.get(1..).unwrap_or_default();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, text.get(at..).unwrap_or_default()))
        }
        Some(first) => {
            let Some(letter) = text.chars().next() else { return false };
            (first == '?' || first == letter)
                && glob(pattern.get(first.len_utf8()..).unwrap_or_default(), text.get(letter.len_utf8()..).unwrap_or_default())
        }
    }
}

fn entries(estate: &Estate, call: &Call) -> Answer {
    let id = call
        .text("PrefixListId")
        .ok_or_else(|| Refusal::new(400, "MissingParameter", "The request must contain the parameter PrefixListId"))?;
    if !estate.prefix_lists.contains_key(id) {
        return Err(Refusal::new(400, "InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist")));
    }
    let most = page_size(call, 100)?.unwrap_or(100);
    let all = estate.prefix_list_entries.get(id).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let start: usize = after(call, "NextToken", invalid)?.and_then(|at| at.parse().ok()).unwrap_or_default();
    let end = all.len().min(start.saturating_add(most));
    let last = (end < all.len()).then(|| end.to_string());
    output(with_token(call, "Entries", all.get(start..end).unwrap_or_default().to_vec(), last))
}
