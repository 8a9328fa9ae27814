//! Sessions of ECS Exec, which the task role carries and logs.
//!
//! It does not know which of the containers' log groups take sessions that are logged by the default.
//! Source: Amazon ECS Developer Guide, "Amazon ECS Exec permissions" and "Logging using Amazon ECS Exec".

use wallwalk_iam::generate::{Need, Purpose};
use wallwalk_model::{Gap, ecs};

use super::draft::{By, Draft, Key, literal, need, optional};

const PURPOSE: Purpose = Purpose::Exec;
const CHANNELS: &[&str] =
    &["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"];

/// Everything a session needs, if there can be one. If it is not known whether there can be, it is optional.
pub(super) fn sessions(draft: &mut Draft<'_, '_>, exec: &Result<bool, Gap>, cluster: &Result<&ecs::Cluster, Gap>) {
    let certain = match exec {
        Ok(false) => return,
        Ok(true) => true,
        Err(gap) => {
            draft.gap(gap.clone());
            false
        }
    };
    let mut needs = vec![need(PURPOSE, CHANNELS, "*", "/enableExecuteCommand")];
    match cluster {
        Ok(cluster) if cluster.configuration.is_none() && cluster.settings.is_empty() => {
            draft.gap(Gap::not_asked("ecs:DescribeClusters include CONFIGURATIONS"));
        }
        Ok(cluster) => {
            if let Some(exec) = cluster.configuration.as_ref().and_then(|one| one.execute_command_configuration.as_ref()) {
                needs.extend(logging(draft, exec));
                needs.extend(key(draft, exec));
            }
        }
        Err(gap) => draft.gap(gap.clone()),
    }
    for need in needs {
        draft.add(By::Task, Need { certain: need.certain && certain, ..need });
    }
}

fn logging(draft: &Draft<'_, '_>, exec: &ecs::ExecuteCommandConfiguration) -> Vec<Need> {
    let above = "/configuration/executeCommandConfiguration/logConfiguration";
    let Some(log) = exec.log_configuration.as_ref().filter(|_| exec.logging.as_deref() == Some("OVERRIDE")) else { return Vec::new() };
    let mut needs = Vec::new();
    if let Some(group) = log.cloud_watch_log_group_name.as_deref().filter(|group| literal(group)) {
        let because = &format!("{above}/cloudWatchLogGroupName");
        let streams = draft.home.arn("logs", &format!("log-group:{group}:*"));
        needs.push(need(PURPOSE, &["logs:DescribeLogGroups"], "*", because));
        needs.push(need(PURPOSE, &["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], streams, because));
    }
    if let Some(bucket) = log.s3_bucket_name.as_deref().filter(|bucket| literal(bucket)) {
        let because = &format!("{above}/s3BucketName");
        let bucket = format!("arn:{}:s3:::{bucket}", draft.home.partition);
        let prefix = log.s3_key_prefix.as_deref().map(|prefix| prefix.trim_matches('/')).filter(|prefix| literal(prefix));
        let objects = prefix.map_or_else(|| format!("{bucket}/*"), |prefix| format!("{bucket}/{prefix}/*"));
        needs.push(need(PURPOSE, &["s3:PutObject"], objects, because));
        needs.push(need(PURPOSE, &["s3:GetEncryptionConfiguration"], bucket, because));
    }
    needs
}

/// The key that encrypts sessions.
fn key(draft: &mut Draft<'_, '_>, exec: &ecs::ExecuteCommandConfiguration) -> Option<Need> {
    let because = "/configuration/executeCommandConfiguration/kmsKeyId";
    let with = |keys: String| need(PURPOSE, &["kms:Decrypt"], keys, because);
    match draft.key(exec.kms_key_id.as_deref(), (&draft.home.region, &draft.home.account)) {
        Key::None => None,
        Key::Arn(arn) => Some(with(arn)),
        Key::Unread(gap) => {
            draft.gap(gap);
            Some(optional(with(draft.home.arn("kms", "key/*"))))
        }
    }
}
