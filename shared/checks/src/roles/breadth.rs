//! How far permissions reach: whole types of resources, or named ones.
//!
//! A grant is broad if it holds for a resource that nobody has. Two made-up resources are tried whose
//! names share no character, so that a pattern which names both has no letters of its own where the
//! name stands. What a Deny or `NotResource` carves out does not make a grant narrow then; a condition
//! on tags of the resource does, since a made-up resource has none.
//!
//! Not known here: which resources there are, and what their own policies say.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use wallwalk_iam::arn::{ArnPattern, Target};
use wallwalk_iam::catalogue::{self, Action, ActionId, Origin, ResourceType, Tags};
use wallwalk_iam::eval::{Answer, Bounds, Query};
use wallwalk_iam::{KeyState, Keys, Tri, glob};
use wallwalk_model::{Fact, Gap};

use super::proof::because;
use super::{RoleFacts, unread};
use crate::check::{Flaw, Judged, PASSED, listed};
use crate::estate::{Estate, RoleKind};

/// Names without a character in common, which nobody gives.
const NAMES: [&str; 2] = ["qqqqqqqq", "00000000"];

/// So many places are tried; policies name one or two.
const PLACES: usize = 8;

/// So many lines of evidence are given.
const LINES: usize = 12;

/// An action on a resource, with the answer.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) action: &'static str,
    pub(crate) resource: String,
    pub(crate) keys: Keys,
    pub(crate) answer: Answer,
}

/// The reach of one role's permissions.
pub(crate) struct Breadth<'b, 'a> {
    bounds: &'b Bounds<'a>,
    partition: &'b str,
    /// Regions and accounts in which its policies may name resources; the own one is the first.
    places: Vec<(String, String)>,
    /// Tags of the resource that conditions look at: absent.
    untagged: Keys,
    /// Answers by how an action is named and by its types: policies name thousands of actions alike.
    known: RefCell<BTreeMap<Alike, Hit>>,
}

/// What decides about an action besides its name.
type Alike = (Box<[Tri]>, Box<[ResourceType]>);

impl<'b, 'a> Breadth<'b, 'a> {
    pub(crate) fn of(estate: &'b Estate<'a>, bounds: &'b Bounds<'a>) -> Self {
        let place = &estate.snapshot.place;
        let mut places = vec![(place.region.clone(), place.account.clone())];
        for (region, account) in named_places(bounds) {
            let one = (region.unwrap_or(&place.region).to_owned(), account.unwrap_or(&place.account).to_owned());
            if !places.contains(&one) && places.len() < PLACES {
                places.push(one);
            }
        }
        let untagged = untagged(bounds).fold(Keys::new(), |keys, key| keys.with(key, KeyState::Absent));
        Self { bounds, partition: &place.partition, places, untagged, known: RefCell::default() }
    }

    /// An action on a whole type of the resources it is authorised on; on `*` if it has none.
    pub(crate) fn on_a_type(&self, id: ActionId) -> Hit {
        let types: Box<[ResourceType]> = id.info().types().map(|(kind, _)| kind).collect();
        let alike = (self.bounds.naming(id), types);
        if let Some(known) = self.known.borrow().get(&alike) {
            return Hit { action: id.name(), ..known.clone() };
        }
        let templates = alike.1.iter().flat_map(|kind| kind.templates());
        let best = templates.map(|template| self.on(id, &template)).max_by_key(|hit| hit.answer);
        let hit = best.unwrap_or_else(|| self.without_resource(id));
        if !alike.1.is_empty() {
            self.known.borrow_mut().insert(alike, hit.clone());
        }
        hit
    }

    /// The surest any answer can be: without all documents nothing is sure.
    pub(crate) const fn surest(&self) -> Answer {
        if self.bounds.gap().is_some() { Answer::Unread } else { Answer::Surely }
    }

    /// The surest of several actions on a whole type of their resources, to the first that nothing exceeds.
    pub(crate) fn surest_of(&self, actions: impl Iterator<Item = ActionId>) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        for id in actions {
            let hit = self.on_a_type(id);
            if best.as_ref().is_none_or(|best| hit.answer > best.answer) {
                best = Some(hit);
            }
            if best.as_ref().is_some_and(|best| best.answer >= self.surest()) {
                break;
            }
        }
        best
    }

    fn on_every_type(&self, id: ActionId) -> Answer {
        let templates = id.info().types().flat_map(|(kind, _)| kind.templates());
        templates.map(|template| self.on(id, &template).answer).min().unwrap_or_else(|| self.without_resource(id).answer)
    }

    fn without_resource(&self, id: ActionId) -> Hit {
        let answer = self.bounds.can(&Query::new(Action::Known(id), Target::exact("*")).with(&self.untagged));
        Hit { action: id.name(), resource: "*".to_owned(), keys: self.untagged.clone(), answer }
    }

    fn on(&self, id: ActionId, template: &str) -> Hit {
        let mut best = Hit { action: id.name(), resource: "*".to_owned(), keys: self.untagged.clone(), answer: Answer::Never };
        for form in forms(template) {
            for (region, account) in &self.places {
                let made_up = NAMES.map(|name| filled(&form, self.partition, region, account, name));
                let ask = |arn: &String| self.bounds.can(&Query::new(Action::Known(id), Target::exact(arn)).with(&self.untagged));
                let answer = made_up.iter().map(ask).min().unwrap_or(Answer::Never);
                if answer > best.answer {
                    let keys = self.untagged.clone().with("aws:ResourceAccount", KeyState::one(account.as_str()));
                    let keys = keys.with("aws:RequestedRegion", KeyState::one(region.as_str()));
                    let [resource, _] = made_up;
                    best = Hit { resource, keys, answer, ..best };
                }
                if answer == Answer::Surely {
                    return best;
                }
            }
        }
        best
    }

    /// Services of which every action is allowed on every type of resource.
    pub(crate) fn whole_services(&self) -> Vec<(&'static str, Answer)> {
        let may = self.bounds.may_allow();
        let mut whole = Vec::new();
        let is_dropped = |id: ActionId| id.info().origin == Origin::Dropped;
        let services: BTreeSet<&'static str> = may.iter().map(ActionId::service).collect();
        for service in services {
            let actions = catalogue::actions_of(service);
            if !actions.iter().all(|id| may.contains(id) || is_dropped(id)) {
                continue;
            }
            let present: Vec<ActionId> = actions.iter().filter(|id| !is_dropped(*id)).collect();
            if present.is_empty() {
                continue;
            }
            let answer = self.whole_service(service, &present);
            if answer > Answer::Never {
                whole.push((service, answer));
            }
        }
        whole
    }

    fn whole_service(&self, service: &str, actions: &[ActionId]) -> Answer {
        let all = format!("{service}:*");
        let by_pattern = self.bounds.covers(&Query::new(Action::Pattern(&all), Target::pattern("*")));
        if by_pattern == Answer::Surely {
            return by_pattern;
        }
        let limited = actions.iter().any(|id| catalogue::takes_resource(*id));
        let mut least = Answer::Surely;
        for id in actions {
            let answer = self.on_every_type(*id);
            // An exception for some resources leaves it open whether it concerns actions that take none.
            let moot = limited && answer == Answer::Possibly && !catalogue::takes_resource(*id);
            least = least.min(if moot { Answer::Surely } else { answer });
            // What was not read may still allow the whole.
            if least <= by_pattern {
                return by_pattern;
            }
        }
        least
    }
}

/// Condition keys about tags and aliases of the resource, which an untagged one lacks.
pub(crate) fn untagged<'a>(bounds: &Bounds<'a>) -> impl Iterator<Item = &'a str> {
    let about_tags = |key: &&str| ["resourcetag/", "existingobjecttag/", "resourcealiases"].iter().any(|word| key.contains(word));
    bounds.condition_keys().into_iter().filter(about_tags)
}

/// Literal Regions and accounts in the resources of Allow statements.
fn named_places<'a>(bounds: &Bounds<'a>) -> BTreeSet<(Option<&'a str>, Option<&'a str>)> {
    let resources = bounds.own_allows().filter_map(|(_, statement, _)| statement.resources.as_ref()).filter(|resources| !resources.negated);
    let literal = |text: &'a str| Some(text).filter(|text| !text.is_empty() && !glob::has_wildcards(text) && !text.contains("${"));
    let place = |pattern: &'a ArnPattern| pattern.segments().map(|[_, _, _, region, account, _]| (literal(region), literal(account)));
    resources.flat_map(|resources| &resources.patterns).filter_map(place).collect()
}

/// A template as it is authorised on: log groups with what follows their name, too.
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch Logs".
fn forms(template: &str) -> Vec<String> {
    let mut forms = vec![template.to_owned()];
    if template.contains(":log-group:") && !template.contains(":log-stream:") {
        forms.push(format!("{template}:log-stream:"));
    }
    forms
}

fn filled(template: &str, partition: &str, region: &str, account: &str, name: &str) -> String {
    let mut arn = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((head, tail)) = rest.split_once("${") {
        let (variable, tail) = tail.split_once('}').unwrap_or((tail, ""));
        arn.push_str(head);
        arn.push_str(match variable {
            "Partition" => partition,
            "Region" => region,
            "Account" => account,
            _ => name,
        });
        rest = tail;
    }
    arn.push_str(rest);
    arn
}

/// The actions of the catalogue that are sensitive for something of `tags`, in order.
pub(crate) fn sensitive_for(tags: Tags) -> impl Iterator<Item = ActionId> {
    static TAGGED: OnceLock<Vec<(ActionId, Tags)>> = OnceLock::new();
    let tagged = TAGGED.get_or_init(|| ActionId::all().map(|id| (id, id.info().tags)).filter(|(_, tags)| !tags.is_empty()).collect());
    tagged.iter().filter(move |(_, own)| own.intersects(tags)).map(|(id, _)| *id)
}

/// What AWS's own policies for execution roles and for container instances grant on every resource.
/// That breadth is a matter of the checks about those policies.
/// Source: AWS Managed Policy Reference, `AmazonECSTaskExecutionRolePolicy`, `AmazonEC2ContainerServiceforEC2Role`.
pub(crate) fn expected(facts: &RoleFacts<'_>, action: &str) -> bool {
    let starts = facts.is(RoleKind::Execution) || facts.is(RoleKind::Instance);
    starts && START_OF_TASKS.contains(&action) || facts.is(RoleKind::Instance) && AGENT.contains(&action)
}

/// Calls that start a task: pulling its images and writing its logs.
pub(crate) const START_OF_TASKS: &[&str] = &[
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// Calls of the ECS agent in the instance's name.
pub(crate) const AGENT: &[&str] = &[
    "ec2:DescribeTags",
    "ecs:CreateCluster",
    "ecs:DeregisterContainerInstance",
    "ecs:DiscoverPollEndpoint",
    "ecs:ListTagsForResource",
    "ecs:Poll",
    "ecs:RegisterContainerInstance",
    "ecs:StartTelemetrySession",
    "ecs:SubmitAttachmentStateChanges",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
    "ecs:TagResource",
    "ecs:UpdateContainerInstancesState",
];

/// What was found of a class of actions, by how sure it is.
#[derive(Debug, Default)]
pub(crate) struct Found {
    surely: Vec<Hit>,
    possibly: Vec<Hit>,
    unread: bool,
}

impl FromIterator<Hit> for Found {
    fn from_iter<T: IntoIterator<Item = Hit>>(hits: T) -> Self {
        let mut found = Self::default();
        for hit in hits {
            match hit.answer {
                Answer::Surely => found.surely.push(hit),
                Answer::Possibly => found.possibly.push(hit),
                Answer::Unread => found.unread = true,
                Answer::Never => {}
            }
        }
        found
    }
}

impl Found {
    /// The verdict: a flaw with its evidence, possible if nothing is sure, and unknown if what was not
    /// read decides.
    pub(crate) fn judged(&self, facts: &RoleFacts<'_>, bounds: &Bounds<'_>, flaw: impl FnOnce(&[Hit]) -> Flaw) -> Judged {
        let sure = !self.surely.is_empty();
        let hits = if sure { &self.surely } else { &self.possibly };
        if hits.is_empty() {
            return if self.unread { Err(unread(bounds)) } else { PASSED };
        }
        let flaw = flaw(hits).because(format!("role {}, {}", facts.name, facts.used_by())).because_all(evidence(bounds, hits));
        Ok(if sure { flaw.into() } else { flaw.possibly().into() })
    }
}

/// The statements that allow the hits, each once.
fn evidence(bounds: &Bounds<'_>, hits: &[Hit]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for hit in hits {
        let folded = hit.action.to_ascii_lowercase();
        let query = Query::new(Action::of(&folded), Target::pattern(&hit.resource)).with(&hit.keys);
        for line in because(bounds, &query) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        if lines.len() >= LINES {
            break;
        }
    }
    lines
}

/// Actions that everybody knows.
pub(crate) const KNOWN: &[&str] =
    &["secretsmanager:GetSecretValue", "ssm:GetParameters", "kms:Decrypt", "s3:GetObject", "dynamodb:GetItem", "dynamodb:Query"];

/// Names of the actions, those that everybody knows first.
pub(crate) fn actions(hits: &[Hit]) -> String {
    let place = |name: &str| KNOWN.iter().position(|known| *known == name).unwrap_or(KNOWN.len());
    let names: BTreeSet<(usize, &str)> = hits.iter().map(|hit| (place(hit.action), hit.action)).collect();
    listed(names.into_iter().map(|(_, name)| name))
}

/// Whether a role is used as one of `kinds`.
///
/// # Errors
/// The gap, if it is not seen to be and something that was not read may use it so.
pub(crate) fn is_one_of(estate: &Estate<'_>, facts: &RoleFacts<'_>, kinds: &[RoleKind]) -> Result<bool, Gap> {
    if kinds.iter().any(|kind| facts.is(*kind)) {
        return Ok(true);
    }
    let snapshot = estate.snapshot;
    let gap = |fact: Option<&Gap>| fact.cloned();
    let hosts = snapshot.container_instances.values().find_map(|one| if let Fact::Gap(one) = &one.fact { gap(Some(one)) } else { None });
    let instances = || snapshot.instances.values().find_map(|one| if let Fact::Gap(one) = &one.fact { gap(Some(one)) } else { None });
    let hidden = estate.unseen.clone().or_else(|| kinds.contains(&RoleKind::Instance).then(|| hosts.or_else(instances)).flatten());
    hidden.map_or(Ok(false), Err)
}
