//! XML of the query protocols, made of what the AWS CLI prints.
//!
//! The names differ: EC2 lowers the first letter and calls most lists `…Set` with an `item` for each
//! element, the others keep the names with a `member` for each, and IAM percent-encodes policy
//! documents. Source: the shapes that the AWS SDK parses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::clock::{parse_rfc3339, rfc3339};

/// Members that EC2 calls otherwise than by lowering their first letter.
const EC2_NAMES: &[(&str, &str)] = &[
    ("AssociatedSubnets", "associatedSubnetSet"),
    ("Associations", "associationSet"),
    ("BlockDeviceMappings", "blockDeviceMapping"),
    ("DnsEntries", "dnsEntrySet"),
    ("Entries", "entrySet"),
    ("Groups", "groupSet"),
    ("Instances", "instancesSet"),
    ("Ipv4Prefixes", "ipv4PrefixSet"),
    ("Ipv6Addresses", "ipv6AddressesSet"),
    ("Ipv6Prefixes", "ipv6PrefixSet"),
    ("Licenses", "licenseSet"),
    ("NetworkAcls", "networkAclSet"),
    ("NetworkInterfaceIds", "networkInterfaceIdSet"),
    ("NetworkInterfaces", "networkInterfaceSet"),
    ("PrefixLists", "prefixListSet"),
    ("PrivateDnsSpecifiedDomains", "privateDnsSpecifiedDomainSet"),
    ("PrivateIpAddresses", "privateIpAddressesSet"),
    ("ProductCodeId", "productCode"),
    ("ProductCodeType", "type"),
    ("PropagatingVgws", "propagatingVgwSet"),
    ("PublicIpAddress", "ipAddress"),
    ("Reservations", "reservationSet"),
    ("RouteTableIds", "routeTableIdSet"),
    ("RouteTables", "routeTableSet"),
    ("Routes", "routeSet"),
    ("SecurityGroupRules", "securityGroupRuleSet"),
    ("StateTransitionReason", "reason"),
    ("SubnetIds", "subnetIdSet"),
    ("Subnets", "subnetSet"),
    ("Tags", "tagSet"),
    ("UserIdGroupPairs", "groups"),
    ("VpcEndpoints", "vpcEndpointSet"),
    ("Vpcs", "vpcSet"),
];

/// Members that are called otherwise in one kind of object: the member that holds the object, the
/// member, its name.
const EC2_NAMES_WITHIN: &[(&str, &str, &str)] = &[
    ("", "SecurityGroups", "securityGroupInfo"),
    ("SecurityGroups", "Description", "groupDescription"),
    ("NetworkAcls", "IsDefault", "default"),
    ("Instances", "SecurityGroups", "groupSet"),
    ("Instances", "State", "instanceState"),
    ("Instances", "PublicDnsName", "dnsName"),
];

/// IAM members that hold a policy document.
const DOCUMENTS: &[&str] = &["AssumeRolePolicyDocument", "PolicyDocument", "Document"];

/// RFC 3986, as IAM encodes documents.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The inside of an EC2 response.
pub(crate) fn ec2(output: &Value) -> String {
    let mut text = String::new();
    members(&mut text, output, "", &Style { name: ec2_name, item: "item", documents: &[] });
    text
}

/// The inside of a query response's result.
pub(crate) fn query(output: &Value) -> String {
    let mut text = String::new();
    members(&mut text, output, "", &Style { name: |_, member| member.to_owned(), item: "member", documents: DOCUMENTS });
    text
}

struct Style {
    name: fn(&str, &str) -> String,
    item: &'static str,
    documents: &'static [&'static str],
}

fn members(text: &mut String, object: &Value, within: &str, style: &Style) {
    for (member, value) in object.as_object().into_iter().flatten() {
        if value.is_null() {
            continue;
        }
        let name = (style.name)(within, member);
        text.push_str(&format!("<{name}>"));
        if style.documents.contains(&member.as_str()) {
            let document = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.extend(utf8_percent_encode(&document, UNRESERVED));
        } else {
            content(text, value, member, style);
        }
        text.push_str(&format!("</{name}>"));
    }
}

fn content(text: &mut String, value: &Value, member: &str, style: &Style) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::String(string) => text.push_str(&escape(&time(member, string))),
        Value::Array(items) => {
            for item in items {
                text.push_str(&format!("<{}>", style.item));
                content(text, item, member, style);
                text.push_str(&format!("</{}>", style.item));
            }
        }
        Value::Object(_) => members(text, value, member, style),
    }
}

/// Times end in `Z` on the wire, where the AWS CLI prints an offset.
fn time(member: &str, string: &str) -> String {
    let named = ["Time", "Date", "Timestamp"].iter().any(|end| member.ends_with(end));
    match parse_rfc3339(string).filter(|_| named) {
        Some(millis) => rfc3339(millis),
        None => string.to_owned(),
    }
}

fn ec2_name(within: &str, member: &str) -> String {
    if let Some((_, _, name)) = EC2_NAMES_WITHIN.iter().find(|(holder, known, _)| *holder == within && *known == member) {
        return (*name).to_owned();
    }
    if let Some((_, name)) = EC2_NAMES.iter().find(|(known, _)| *known == member) {
        return (*name).to_owned();
    }
    let mut letters = member.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Escapes text. Control characters that XML 1.0 cannot carry are dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#xD;"),
            '\t' | '\n' => escaped.push(letter),
            control if control < ' ' => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
