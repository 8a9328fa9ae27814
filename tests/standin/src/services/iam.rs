//! IAM: the walk over the account, and one role or policy at a time.
//!
//! Users and groups are in the walk alone. Instance profiles are those that roles list.
//! Source: IAM API Reference.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Answer, Read, after, only, output, size, text_of, without};
use crate::call::Call;
use crate::estate::{Estate, Table};
use crate::token;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] = &[
    ("GetAccountAuthorizationDetails", details),
    ("GetRole", get_role),
    ("ListRolePolicies", list_role_policies),
    ("GetRolePolicy", get_role_policy),
    ("ListAttachedRolePolicies", |e, c| list_of_role(e, c, "AttachedManagedPolicies", "AttachedPolicies")),
    ("ListInstanceProfilesForRole", |e, c| list_of_role(e, c, "InstanceProfileList", "InstanceProfiles")),
    ("GetInstanceProfile", get_instance_profile),
    ("GetPolicy", get_policy),
    ("GetPolicyVersion", get_policy_version),
    ("ListPolicyVersions", list_policy_versions),
    ("GenerateServiceLastAccessedDetails", generate_last_accessed),
    ("GetServiceLastAccessedDetails", get_last_accessed),
];

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

fn no_such(what: &str) -> Refusal {
    Refusal::new(404, "NoSuchEntity", format!("{what} cannot be found."))
}

fn items<'v>(object: &'v Value, name: &str) -> &'v [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn page_size(call: &Call) -> Result<usize, Refusal> {
    size(call, "MaxItems", (1, 1000, 100), invalid)
}

/// `IsTruncated` and, if there is more, `Marker`.
fn ended(call: &Call, object: &mut Value, last: Option<String>) {
    if let Some(members) = object.as_object_mut() {
        members.insert("IsTruncated".into(), json!(last.is_some()));
        if let Some(last) = last {
            members.insert("Marker".into(), json!(token::seal(call, &last, call.text("Marker"))));
        }
    }
}

/// Users first, then groups, roles and policies; the marker's first letter says which.
fn details(estate: &Estate, call: &Call) -> Answer {
    const KINDS: &[&str] = &["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let filter = call.texts("Filter");
    if let Some(unknown) = filter.iter().find(|one| !KINDS.contains(&one.as_str())) {
        return Err(invalid(format!("'{unknown}' is no entity type")));
    }
    let wanted = |kind: &str| filter.is_empty() || filter.iter().any(|one| one == kind);
    let most = page_size(call)?;
    let marker = after(call, "Marker", invalid)?.unwrap_or_else(|| "u".into());
    let policy = |arn: &str| if arn.contains(":iam::aws:policy/") { "AWSManagedPolicy" } else { "LocalManagedPolicy" };
    let sections: [(char, &str, &Table); 4] = [
        ('u', "UserDetailList", &estate.users),
        ('g', "GroupDetailList", &estate.groups),
        ('r', "RoleDetailList", &estate.roles),
        ('p', "Policies", &estate.policies),
    ];
    let keep = |letter: char, id: &str| match letter {
        'u' => wanted("User"),
        'g' => wanted("Group"),
        'r' => wanted("Role"),
        _ => wanted(policy(id)),
    };
    let (mut answer, mut given, mut last, mut reached) = (Map::new(), 0, None, false);
    for (letter, member, table) in sections {
        reached |= marker.starts_with(letter);
        let page = if !reached || last.is_some() {
            Vec::new()
        } else if given == most {
            // A page that others have filled goes on with the first of these, if there is one.
            last = table.keys().any(|id| keep(letter, id)).then(|| letter.to_string());
            Vec::new()
        } else {
            let after = marker.strip_prefix(letter).filter(|after| !after.is_empty());
            let (page, next) = token::page(table, "", after, most - given, |id, _| keep(letter, id));
            last = next.map(|id| format!("{letter}{id}"));
            page.into_iter().map(|(_, one)| one.clone()).collect()
        };
        given += page.len();
        answer.insert(member.into(), json!(page));
    }
    let mut answer = Value::Object(answer);
    ended(call, &mut answer, last);
    output(answer)
}

/// The job is done as soon as it is asked for; its id is the role's name.
fn generate_last_accessed(estate: &Estate, call: &Call) -> Answer {
    let arn = call.text("Arn").ok_or_else(|| invalid("Arn is required".into()))?;
    let role = estate.roles.values().find(|role| text_of(role, "Arn") == arn).ok_or_else(|| no_such(&format!("ARN {arn}")))?;
    output(json!({"JobId": format!("job-{}", text_of(role, "RoleName"))}))
}

fn get_last_accessed(estate: &Estate, call: &Call) -> Answer {
    let job = call.text("JobId").unwrap_or_default();
    let role = job.strip_prefix("job-").filter(|name| estate.roles.contains_key(*name)).ok_or_else(|| no_such(&format!("Job {job}")))?;
    let none = Value::Null;
    let services = items(estate.last_accessed.get(role).unwrap_or(&none), "ServicesLastAccessed");
    let most = page_size(call)?;
    let start: usize = after(call, "Marker", invalid)?.and_then(|at| at.parse().ok()).unwrap_or_default();
    let end = services.len().min(start.saturating_add(most));
    let mut answer = json!({"JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL", "JobCreationDate": "2026-11-24T00:00:00Z",
        "JobCompletionDate": "2026-11-24T00:00:01Z", "ServicesLastAccessed": services.get(start..end).unwrap_or_default()});
    ended(call, &mut answer, (end < services.len()).then(|| end.to_string()));
    output(answer)
}

fn role<'e>(estate: &'e Estate, call: &Call) -> Result<&'e Value, Refusal> {
    let name = call.text("RoleName").ok_or_else(|| invalid("RoleName is required".into()))?;
    estate.roles.get(name).ok_or_else(|| no_such(&format!("The role with name {name}")))
}

/// Members of a role detail that are no members of a role.
const DETAIL: &[&str] = &["RolePolicyList", "AttachedManagedPolicies", "InstanceProfileList"];

fn get_role(estate: &Estate, call: &Call) -> Answer {
    output(json!({"Role": without(role(estate, call)?, DETAIL)}))
}

/// A page of a list that is short enough to be counted.
fn paged(call: &Call, list: Vec<Value>, member: &str) -> Answer {
    let most = page_size(call)?;
    let start: usize = after(call, "Marker", invalid)?.and_then(|at| at.parse().ok()).unwrap_or_default();
    let end = list.len().min(start.saturating_add(most));
    let last = (end < list.len()).then(|| end.to_string());
    let mut members = Map::new();
    members.insert(member.into(), json!(list.get(start..end).unwrap_or_default()));
    let mut answer = Value::Object(members);
    ended(call, &mut answer, last);
    output(answer)
}

fn list_role_policies(estate: &Estate, call: &Call) -> Answer {
    let names = items(role(estate, call)?, "RolePolicyList").iter().map(|policy| json!(text_of(policy, "PolicyName"))).collect();
    paged(call, names, "PolicyNames")
}

fn list_of_role(estate: &Estate, call: &Call, member: &str, named: &str) -> Answer {
    paged(call, items(role(estate, call)?, member).to_vec(), named)
}

fn get_role_policy(estate: &Estate, call: &Call) -> Answer {
    let role = role(estate, call)?;
    let name = call.text("PolicyName").unwrap_or_default();
    let policy = items(role, "RolePolicyList").iter().find(|policy| text_of(policy, "PolicyName") == name);
    let policy = policy.ok_or_else(|| no_such(&format!("The role policy with name {name}")))?;
    let mut answer = policy.clone();
    if let Some(members) = answer.as_object_mut() {
        members.insert("RoleName".into(), json!(text_of(role, "RoleName")));
    }
    output(answer)
}

fn get_instance_profile(estate: &Estate, call: &Call) -> Answer {
    let name = call.text("InstanceProfileName").unwrap_or_default();
    let profiles: BTreeMap<&str, &Value> = estate
        .roles
        .values()
        .flat_map(|role| items(role, "InstanceProfileList"))
        .map(|profile| (text_of(profile, "InstanceProfileName"), profile))
        .collect();
    let profile = profiles.get(name).ok_or_else(|| no_such(&format!("Instance Profile {name}")))?;
    output(json!({"InstanceProfile": profile}))
}

fn policy<'e>(estate: &'e Estate, call: &Call) -> Result<&'e Value, Refusal> {
    let arn = call.text("PolicyArn").ok_or_else(|| invalid("PolicyArn is required".into()))?;
    estate.policies.get(arn).ok_or_else(|| no_such(&format!("Policy {arn}")))
}

fn get_policy(estate: &Estate, call: &Call) -> Answer {
    output(json!({"Policy": without(policy(estate, call)?, &["PolicyVersionList"])}))
}

fn list_policy_versions(estate: &Estate, call: &Call) -> Answer {
    let versions = items(policy(estate, call)?, "PolicyVersionList");
    paged(call, versions.iter().map(|version| without(version, &["Document"])).collect(), "Versions")
}

fn get_policy_version(estate: &Estate, call: &Call) -> Answer {
    let policy = policy(estate, call)?;
    let version = call.text("VersionId").unwrap_or_default();
    let found = items(policy, "PolicyVersionList").iter().find(|one| text_of(one, "VersionId") == version);
    let found = found.ok_or_else(|| no_such(&format!("Policy {} version {version}", text_of(policy, "Arn"))))?;
    output(json!({"PolicyVersion": only(found, &["VersionId", "Document", "IsDefaultVersion", "CreateDate"])}))
}
