//! Outputs that are about one thing. Some do not say which, and are read with a member more.

use serde_json::{Map, Value};
use wallwalk_model::{Fact, Gap, GapReason, Reading, ec2, secrets};

use super::{Reader, continues};

impl Reader<'_> {
    pub(super) fn prefix_list_entries(&mut self, value: Value, top: &Map<String, Value>) {
        let Some(id) = top.get("PrefixListId").and_then(Value::as_str) else {
            self.problems.push("ec2:GetManagedPrefixListEntries: add a member `PrefixListId` to say whose entries they are".into());
            return;
        };
        let entries: Vec<ec2::PrefixListEntry> = serde_json::from_value(value).unwrap_or_default();
        let list = self
            .snapshot
            .prefix_lists
            .entry(id.to_owned())
            .or_insert_with(|| Reading::known(self.read_at, ec2::PrefixList { prefix_list_id: id.to_owned(), ..Default::default() }));
        if let Fact::Known(list) = &mut list.fact {
            list.entries = Some(entries);
        }
    }

    /// `describe-secret`, `get-resource-policy` or `list-secret-version-ids`, told apart by their members.
    pub(super) fn secret(&mut self, top: &Map<String, Value>) {
        let Some(id) = top.get("ARN").and_then(Value::as_str).map(str::to_owned) else { return };
        let at = self.read_at;
        if let Some(versions) = top.get("Versions") {
            match serde_json::from_value(versions.clone()) {
                Ok(versions) => {
                    self.versions.insert(id, versions);
                }
                Err(_) => {
                    self.problems.push("secretsmanager:ListSecretVersionIds: an answer does not have the form the API documents".into())
                }
            }
        } else if top.contains_key("VersionIdsToStages") || top.contains_key("CreatedDate") || top.contains_key("LastChangedDate") {
            let value = Value::Array(vec![Value::Object(top.clone())]);
            self.known(value, "secretsmanager:DescribeSecret", |one: &secrets::Secret| one.arn.clone(), |s| &mut s.secrets);
        } else {
            let policy = serde_json::json!({ "Document": top.get("ResourcePolicy") });
            let policy: secrets::ResourcePolicy = serde_json::from_value(policy).unwrap_or_default();
            self.snapshot.secret_policies.insert(id, Reading::known(at, policy));
        }
    }

    /// The AWS CLI does not print whose policy it is. Other commands print a `Policy` that is no text.
    pub(super) fn key_policy(&mut self, text: &Value, top: &Map<String, Value>) {
        let id = top.get("KeyId").and_then(Value::as_str);
        match (text, id) {
            (Value::String(_), Some(id)) if id.contains(":key/") => {
                let policy = serde_json::from_value(serde_json::json!({ "Document": text })).unwrap_or_default();
                self.snapshot.key_policies.insert(id.to_owned(), Reading::known(self.read_at, policy));
            }
            (Value::String(_), _) => {
                self.problems.push("kms:GetKeyPolicy: add a member `KeyId` with the key's ARN to say whose policy it is".into());
            }
            _ => self
                .problems
                .push("a `Policy` that is no text: print roles and policies with `aws iam get-account-authorization-details`".into()),
        }
    }

    /// The AWS CLI does not print whose report it is.
    pub(super) fn last_accessed(&mut self, services: Value, top: &Map<String, Value>) {
        let Some(role) = top.get("RoleName").and_then(Value::as_str) else {
            let problem = "iam:GetServiceLastAccessedDetails: add a member `RoleName` to say whose report it is";
            return self.problems.push(problem.into());
        };
        let whole = top.get("JobStatus").and_then(Value::as_str).is_none_or(|status| status == "COMPLETED") && !continues(top);
        let report = serde_json::json!({ "JobCompletionDate": top.get("JobCompletionDate"), "ServicesLastAccessed": services });
        let reading = match serde_json::from_value(report) {
            Ok(report) if whole => Reading::known(self.read_at, report),
            Ok(_) => {
                Reading::gap(self.read_at, Gap::new("iam:GetServiceLastAccessedDetails", GapReason::NotAsked, "the report is not whole"))
            }
            Err(_) => {
                let detail = "the report does not have the form the API documents";
                Reading::gap(self.read_at, Gap::new("iam:GetServiceLastAccessedDetails", GapReason::Failed, detail))
            }
        };
        self.snapshot.last_accessed.insert(role.to_owned(), reading);
    }

    pub(super) fn repository_policy(&mut self, text: &Value, top: &Map<String, Value>) {
        let Some(name) = top.get("repositoryName").and_then(Value::as_str) else { return };
        let place = self.places.first().cloned().unwrap_or_default();
        let account = top.get("registryId").and_then(Value::as_str).unwrap_or(&place.account);
        let id = format!("arn:{}:ecr:{}:{account}:repository/{name}", place.partition, place.region);
        let policy = serde_json::from_value(serde_json::json!({ "Document": text })).unwrap_or_default();
        self.snapshot.repository_policies.insert(id, Reading::known(self.read_at, policy));
    }
}
