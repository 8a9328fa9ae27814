//! Whether a container reaches the metadata of the instance it runs on, and with it the credentials
//! of the instance role.
//!
//! One table decides, and its first matching row. A firewall that was baked into an image of the
//! machine is invisible here: "surely" means that nothing visible blocks the way.
//! Sources: Amazon EC2 User Guide, "Use the Instance Metadata Service"; Amazon ECS Developer Guide,
//! "Amazon ECS container instance IAM role" and "Amazon ECS container agent configuration".

mod placement;

#[cfg(test)]
mod tests;

use wallwalk_model::{Gap, ec2, ecs};

use crate::estate::{Launch, Os, WorkloadView};

pub use placement::{Fleet, Host, Placed};

/// What an instance announces whose agent keeps tasks with an interface of their own from the metadata.
/// The agent announces it only if `ECS_AWSVPC_BLOCK_IMDS` is set.
const BLOCKS: &str = "ecs.capability.task-eni-block-instance-metadata";

/// What decides.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// What the host is.
    pub launch: Result<Launch, Gap>,
    /// Operating system.
    pub os: Os,
    /// `networkMode` of the definition; absent means bridge, or default on Windows.
    pub network_mode: Option<&'a str>,
    /// What the instance announces.
    pub attributes: Result<&'a [ecs::Attribute], Gap>,
    /// Metadata options of the instance, or those that it would start with.
    pub options: Result<&'a ec2::MetadataOptions, Gap>,
    /// Whether user data add a firewall rule that drops the address.
    pub drop_rule: Result<bool, Gap>,
    /// Why a container of the task can leave it for its host, if one can.
    pub escape: Option<&'a str>,
}

/// How surely the metadata are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing visible blocks the way.
    Surely,
    /// Whether something blocks it is not proven.
    Possibly,
    /// It is blocked, or there is nothing to reach.
    Never,
    /// What was not read may block it or not.
    Unknown(Gap),
}

/// The answer, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The answer.
    pub answer: Answer,
    /// Row of the table of [`imds`]; 0 is the way through the host.
    pub row: u8,
    /// The reason in words, without a full stop.
    pub why: String,
}

/// Decides by the first row that matches:
///
/// | Row | Situation | Reached |
/// | --- | --- | --- |
/// | 1 | Fargate, ECS Anywhere | never |
/// | 2 | the metadata endpoint is disabled | never |
/// | 0 | a container can leave the task for its host | surely |
/// | 1 | network mode `none` | never |
/// | 3 | network mode `host` | surely |
/// | 4 | Managed Instances; Windows outside `awsvpc` | possibly |
/// | 5 | `awsvpc`, and the agent blocks the address | never |
/// | 6 | `awsvpc`, and it does not | surely; possibly if tokens are required and the hop limit is 1 |
/// | 7 | bridge, 8 or 9 would match, and user data drop the address | possibly |
/// | 8 | bridge, tokens optional | surely |
/// | 9 | bridge, tokens required, hop limit 2 or more | surely |
/// | 10 | bridge, tokens required, hop limit 1 | never |
/// | 11 | what was not read could decide otherwise | unknown |
///
/// A row that hangs on a gap is left open and the next ones are tried. If every outcome that is left
/// says the same, so does the answer; if none of them is `Never`, the answer is `Possibly`.
#[must_use]
pub fn imds(facts: &Facts<'_>) -> Reach {
    let mut open: Vec<(Answer, Gap)> = Vec::new();
    for (row, holds, answer, why) in rows(facts) {
        match holds {
            Ok(false) => {}
            Ok(true) => return settled(&open, answer, row, why),
            Err(gap) => open.push((answer, gap)),
        }
    }
    // The last row always matches.
    settled(&open, Answer::Unknown(Gap::not_modelled("instance metadata")), 11, "what was read decides nothing")
}

type Row = (u8, Result<bool, Gap>, Answer, &'static str);

fn rows(facts: &Facts<'_>) -> [Row; 16] {
    let is = |kind: Launch| facts.launch.clone().map(|own| own == kind);
    let mode = facts.network_mode.unwrap_or("bridge");
    let own_interface = || Ok(mode == "awsvpc");
    let windows = facts.os == Os::Windows && mode != "awsvpc";
    let blocked = facts.attributes.clone().map(|all| all.iter().any(|one| one.name == BLOCKS));
    // The API's default is an endpoint that is enabled.
    let disabled = facts.options.clone().map(|options| options.http_endpoint.as_deref() == Some("disabled"));
    let (required, near) = (tokens_required(facts), one_hop(facts));
    let optional = not(required.clone());
    let guarded = both(required.clone(), near.clone());
    [
        (1, is(Launch::Fargate), Answer::Never, "on Fargate there is no instance role"),
        (1, is(Launch::External), Answer::Never, "a host of ECS Anywhere has no instance metadata"),
        (2, disabled, Answer::Never, "the metadata endpoint of the instance is disabled"),
        (0, Ok(facts.escape.is_some()), Answer::Surely, "a container of the task can leave it for its host"),
        (1, Ok(mode == "none"), Answer::Never, "network mode none leaves no way out"),
        (3, Ok(mode == "host"), Answer::Surely, "in network mode host nothing keeps a task from what its instance reaches"),
        (4, is(Launch::ManagedInstances), Answer::Possibly, "what Managed Instances keep from tasks is not documented"),
        (4, Ok(windows), Answer::Possibly, "what Windows instances keep from tasks is not documented"),
        (5, both(own_interface(), blocked), Answer::Never, "the agent keeps tasks with an interface of their own from the metadata"),
        (
            6,
            both(own_interface(), guarded.clone()),
            Answer::Possibly,
            "the agent does not block the metadata; tokens are required with a hop limit of 1, which may not hold for an interface of the task's own",
        ),
        (6, own_interface(), Answer::Surely, "the agent does not block the metadata, and nothing else visible does"),
        (
            7,
            both(not(guarded.clone()), facts.drop_rule.clone()),
            Answer::Possibly,
            "user data are meant to drop requests to the metadata, which is not proven to work",
        ),
        (8, optional, Answer::Surely, "tokens are optional, so the hop limit does not count, and nothing visible blocks the metadata"),
        (
            9,
            both(required, not(near)),
            Answer::Surely,
            "the hop limit lets answers into containers, and nothing visible blocks the metadata",
        ),
        (10, guarded, Answer::Never, "tokens are required, and with a hop limit of 1 they do not get into containers"),
        (11, Ok(true), Answer::Unknown(Gap::not_modelled("metadata options of a newer kind")), "what was read decides nothing"),
    ]
}

fn tokens_required(facts: &Facts<'_>) -> Result<bool, Gap> {
    match facts.options.clone()?.http_tokens.as_deref() {
        Some("required") => Ok(true),
        Some("optional") => Ok(false),
        Some(_) => Err(Gap::not_modelled("metadata options of a newer kind")),
        None => Err(Gap::not_asked("ec2:DescribeInstances HttpTokens")),
    }
}

fn one_hop(facts: &Facts<'_>) -> Result<bool, Gap> {
    let limit = facts.options.clone()?.http_put_response_hop_limit;
    limit.map(|hops| hops <= 1).ok_or_else(|| Gap::not_asked("ec2:DescribeInstances HttpPutResponseHopLimit"))
}

fn both(one: Result<bool, Gap>, other: Result<bool, Gap>) -> Result<bool, Gap> {
    if one == Ok(false) || other == Ok(false) { Ok(false) } else { one.and(other) }
}

fn not(one: Result<bool, Gap>) -> Result<bool, Gap> {
    one.map(|holds| !holds)
}

/// The answer of the row that matches, weighed against the rows before it that may have matched.
fn settled(open: &[(Answer, Gap)], answer: Answer, row: u8, why: &str) -> Reach {
    let Some((_, gap)) = open.iter().find(|(other, _)| *other != answer) else {
        return Reach { answer, row, why: why.to_owned() };
    };
    let reached = |answer: &Answer| matches!(answer, Answer::Surely | Answer::Possibly);
    if reached(&answer) && open.iter().all(|(other, _)| reached(other)) {
        return Reach { answer: Answer::Possibly, row, why: format!("{why}; not seen: {gap}") };
    }
    Reach { answer: Answer::Unknown(gap.clone()), row: 11, why: format!("it hangs on what was not seen: {gap}") }
}

/// A host of a workload, and whether the workload reaches its metadata.
#[derive(Clone, Debug)]
pub struct HostReach<'f, 'a> {
    /// The host.
    pub host: &'f Host<'a>,
    /// Whether a task runs there; else one may be placed there.
    pub runs: bool,
    /// The answer.
    pub reach: Reach,
}

/// The answer for every host that the revision runs on or may be placed on, and what hides other hosts.
///
/// What user data say is not read, so the rows that hang on it are open. On a host without an instance
/// role ([`Host::role`]) there is nothing to gain.
#[must_use]
pub fn of_revision<'f, 'a>(view: &WorkloadView<'_>, fleet: &'f Fleet<'a>) -> (Vec<HostReach<'f, 'a>>, Option<Gap>) {
    let placed = fleet.of(view.estate, view.workload, view.revision);
    let escape = view.escape();
    let reaches = placed.hosts.iter().map(|host| {
        let attributes = host.container_instance.attributes.as_slice();
        let options = host
            .instance
            .clone()
            .and_then(|instance| instance.metadata_options.as_ref().ok_or_else(|| Gap::not_asked("ec2:DescribeInstances MetadataOptions")));
        let facts = Facts {
            launch: host.launch.clone(),
            os: view.revision.os,
            network_mode: view.definition.network_mode.as_deref(),
            // An agent always announces something.
            attributes: if attributes.is_empty() {
                Err(Gap::not_asked("ecs:DescribeContainerInstances attributes"))
            } else {
                Ok(attributes)
            },
            options,
            drop_rule: Err(Gap::not_asked("ec2:DescribeInstanceAttribute userData")),
            escape,
        };
        HostReach { host, runs: placed.running.contains(host.arn), reach: imds(&facts) }
    });
    (reaches.collect(), placed.unseen.clone())
}
