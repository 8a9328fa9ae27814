//! Needs in the making, and the names that they are made of.

use std::collections::BTreeSet;

use wallwalk_iam::generate::{Given, Need, Purpose};
use wallwalk_model::{Arn, Fact, Gap, Snapshot, ecs, kms};

use super::{Needs, Problem, Setting};
use crate::estate::{Estate, Launch};

/// What an instance announces whose agent pulls images with the execution role.
const PULLS_WITH_EXECUTION_ROLE: &str = "ecs.capability.execution-role-ecr-pull";
/// The same for the `awslogs` driver.
const LOGS_WITH_EXECUTION_ROLE: &str = "ecs.capability.execution-role-awslogs";

/// Whose credentials serve a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The execution role, or else the instance role: pulling from Amazon ECR, and `awslogs`.
    Agent,
    /// The execution role, and no other.
    Execution,
    /// The task role.
    Task,
}

/// What encrypts something.
#[derive(Debug)]
pub(crate) enum Key {
    /// Nothing, or a key that AWS manages and lets everybody use who may read what it encrypts.
    None,
    /// A key of the customer's.
    Arn(String),
    /// An alias of a key that was not read.
    Unread(Gap),
}

/// Needs in the making.
#[derive(Debug)]
pub(super) struct Draft<'e, 'a> {
    pub(super) estate: &'e Estate<'a>,
    /// Where the task runs.
    pub(super) home: Home,
    agent: BTreeSet<Need>,
    execution: BTreeSet<Need>,
    task: BTreeSet<Need>,
    problems: BTreeSet<Problem>,
    gaps: BTreeSet<Gap>,
}

/// Partition, Region and account that a task runs in.
#[derive(Clone, Debug)]
pub(super) struct Home {
    pub(super) partition: String,
    pub(super) region: String,
    pub(super) account: String,
}

impl Home {
    /// An ARN of this place.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        self.arn_at(service, &self.region, &self.account, resource)
    }

    /// An ARN of this partition.
    pub(super) fn arn_at(&self, service: &str, region: &str, account: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition)
    }
}

/// A certain need.
pub(super) fn need(purpose: Purpose, actions: &[&'static str], resource: impl Into<String>, because: &str) -> Need {
    Need {
        purpose,
        actions: actions.iter().copied().collect(),
        resources: [resource.into()].into(),
        given: None,
        because: because.to_owned(),
        certain: true,
    }
}

/// The need if what was not read is so.
pub(super) fn optional(need: Need) -> Need {
    Need { certain: false, ..need }
}

/// `kms:Decrypt` through a service; `keys` is the key, or a pattern of what it may be.
///
/// Source: AWS KMS Developer Guide, `kms:ViaService`.
pub(super) fn decrypt(purpose: Purpose, keys: String, (service, region): (&str, &str), because: &str) -> Need {
    let via = Given { operator: "StringEquals", key: "kms:ViaService".into(), value: format!("{service}.{region}.amazonaws.com") };
    Need { given: Some(via), ..need(purpose, &["kms:Decrypt"], keys, because) }
}

/// Whether a text stands for itself in a policy, where `*`, `?` and `$` mean something.
pub(super) fn literal(text: &str) -> bool {
    !text.is_empty() && !text.contains(['*', '?', '$'])
}

/// The key that the metadata of something name, which lies in a partition, Region and account.
pub(crate) fn key_of(snapshot: &Snapshot, id: Option<&str>, (partition, region, account): (&str, &str, &str)) -> Key {
    let Some(id) = id.filter(|id| !id.is_empty() && !kms::is_of_aws(id)) else { return Key::None };
    match kms::find_key(&snapshot.keys, id).map(|(_, reading)| &reading.fact) {
        Some(Fact::Known(key)) if key.key_manager.as_deref() == Some("AWS") => return Key::None,
        Some(Fact::Known(key)) if !key.arn.is_empty() => return Key::Arn(key.arn.clone()),
        Some(Fact::Gap(gap)) if id.contains("alias/") => return Key::Unread(gap.clone()),
        _ => {}
    }
    if id.contains("alias/") || !literal(id) {
        Key::Unread(Gap::not_asked("kms:DescribeKey"))
    } else if id.starts_with("arn:") {
        Key::Arn(id.to_owned())
    } else {
        Key::Arn(format!("arn:{partition}:kms:{region}:{account}:key/{id}"))
    }
}

impl<'e, 'a> Draft<'e, 'a> {
    pub(super) fn new(definition: &ecs::TaskDefinition, estate: &'e Estate<'a>) -> Self {
        let place = &estate.snapshot.place;
        // The definition's own ARN says best where it is; a file may not say where it was taken.
        let home = match definition.task_definition_arn.parse::<Arn>() {
            Ok(Arn { partition, region, account, .. }) => Home { partition, region, account },
            Err(_) => Home { partition: place.partition.clone(), region: place.region.clone(), account: place.account.clone() },
        };
        Self {
            estate,
            home,
            agent: BTreeSet::new(),
            execution: BTreeSet::new(),
            task: BTreeSet::new(),
            problems: BTreeSet::new(),
            gaps: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, by: By, need: Need) {
        let needs = match by {
            By::Agent => &mut self.agent,
            By::Execution => &mut self.execution,
            By::Task => &mut self.task,
        };
        needs.insert(need);
    }

    pub(super) fn problem(&mut self, because: &str, text: impl Into<String>) {
        self.problems.insert(Problem { because: because.to_owned(), text: text.into() });
    }

    pub(super) fn gap(&mut self, gap: Gap) {
        self.gaps.insert(gap);
    }

    /// The key that the metadata of something name, which lies in `region` and `account`.
    pub(super) fn key(&self, id: Option<&str>, (region, account): (&str, &str)) -> Key {
        key_of(self.estate.snapshot, id, (&self.home.partition, region, account))
    }

    /// Deals the needs out to the roles that serve them.
    pub(super) fn into_needs(mut self, setting: &Setting<'_>) -> Needs {
        let mut instance = BTreeSet::new();
        for need in std::mem::take(&mut self.agent) {
            let (of_execution, of_instance) = served(need.purpose, setting);
            // Where neither is known to serve it, either may.
            let certain = need.certain && of_execution != Served::Perhaps;
            if of_execution != Served::No {
                self.execution.insert(Need { certain, ..need.clone() });
            }
            if of_instance != Served::No {
                instance.insert(Need { certain, ..need });
            }
        }
        Needs {
            execution: self.execution.into_iter().collect(),
            task: self.task.into_iter().collect(),
            instance: instance.into_iter().collect(),
            problems: self.problems.into_iter().collect(),
            gaps: self.gaps,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    Yes,
    Perhaps,
    No,
}

/// Whether the execution role, and whether the instance role, serves what the agent does.
///
/// On EC2 without an execution role, and where the agent does not announce that it uses one, images
/// are pulled and logs written with the instance role.
/// Source: the ECS agent's capabilities, by which tasks are placed.
fn served(purpose: Purpose, setting: &Setting<'_>) -> (Served, Served) {
    let announces = match purpose {
        Purpose::WriteLogs | Purpose::CreateLogGroup => LOGS_WITH_EXECUTION_ROLE,
        _ => PULLS_WITH_EXECUTION_ROLE,
    };
    match (&setting.launch, setting.execution_role) {
        (Ok(Launch::Ec2), false) => (Served::No, Served::Yes),
        (Err(_), false) => (Served::Perhaps, Served::Perhaps),
        (Ok(Launch::Ec2), true) => {
            // An instance always announces something: no attributes are attributes that were not read.
            let known = || setting.hosts.iter().filter(|host| !host.attributes.is_empty());
            let some = |any: bool| if any { Served::Yes } else { Served::No };
            let without = known().any(|host| !host.has_attribute(announces));
            let with = !without || known().any(|host| host.has_attribute(announces));
            (some(with), some(without))
        }
        _ => (Served::Yes, Served::No),
    }
}
