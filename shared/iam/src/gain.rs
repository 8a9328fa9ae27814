//! What somebody would gain by acting as somebody else.
//!
//! A gain is shown by a witness: one sensitive action on one resource that the target may do and the
//! source may not. Only sensitive actions count: those that give credentials or data, raise
//! permissions, open resources or blind monitoring. Without a witness there is no gain.

use std::sync::OnceLock;

use crate::arn::{ArnPattern, Target};
use crate::catalogue::{Action, ActionBits, ActionId, IdRanges, Level, lookup, required_types, takes_resource, types_for};
use crate::eval::{Answer, Bounds, Query};
use crate::glob;
use crate::key::Keys;
use crate::policy::Statement;

/// Something the target may do and the source may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    /// Action.
    pub action: &'static str,
    /// Resource.
    pub resource: String,
    /// Whether the target surely may and the source surely may not.
    pub surely: bool,
    /// Whether it hangs on a document of the target's that was not read: there may be nothing to gain.
    pub unread: bool,
}

impl Gain {
    /// The most that a path to it can be.
    #[must_use]
    pub const fn most(&self) -> Answer {
        if self.unread { Answer::Unread } else { Answer::Surely }
    }
}

/// Real resources, from which witnesses are taken before names are made up.
pub trait Inventory {
    /// A resource of the service whose ARN the pattern matches.
    fn matching(&self, service: &str, pattern: &ArnPattern) -> Option<String>;

    /// Partition and Region of resources whose names are made up.
    fn place(&self) -> (&str, &str) {
        ("aws", "us-east-1")
    }
}

/// No resource is known.
impl Inventory for () {
    fn matching(&self, _service: &str, _pattern: &ArnPattern) -> Option<String> {
        None
    }
}

/// Witnesses that people understand at once come first.
const TELLING: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:CreateAccessKey",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameters",
    "kms:Decrypt",
    "s3:GetObject",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "s3:PutObject",
    "lambda:UpdateFunctionCode",
    "ecr:PutImage",
];

/// Sensitive actions, telling ones first.
fn sensitive() -> &'static [ActionId] {
    static ALL: OnceLock<Vec<ActionId>> = OnceLock::new();
    ALL.get_or_init(|| {
        let telling: Vec<ActionId> = TELLING.iter().filter_map(|name| lookup(name)).collect();
        let others = ActionId::all().filter(|id| {
            let info = id.info();
            (!info.tags.is_empty() || info.level == Level::Permissions) && !telling.contains(id)
        });
        telling.iter().copied().chain(others).collect()
    })
}

/// The sensitive actions as a set.
#[must_use]
pub fn sensitive_actions() -> ActionBits {
    let mut bits = ActionBits::new();
    bits.add_ranges(&IdRanges::from_ranges(
        sensitive().iter().filter_map(|id| u16::try_from(id.index()).ok()).map(|at| (at, at)).collect(),
    ));
    bits
}

/// What `source` would gain by acting as `target`; the surest witness.
#[must_use]
pub fn gain(target: &Bounds<'_>, source: &Bounds<'_>, inventory: &dyn Inventory) -> Option<Gain> {
    let may = target.may_allow();
    let mut open = None;
    for id in sensitive().iter().filter(|id| may.contains(**id)) {
        for resource in resources(target, *id, inventory) {
            let query = Query::new(Action::Known(*id), Target::exact(&resource));
            let theirs = target.can(&query);
            if !theirs.possibly() {
                continue;
            }
            let ours = source.can(&query);
            if theirs == Answer::Surely && ours == Answer::Never {
                return Some(Gain { action: id.name(), resource, surely: true, unread: false });
            }
            if !ours.surely() && ours != Answer::Unread && open.is_none() && theirs > ours {
                open = Some(Gain { action: id.name(), resource, surely: false, unread: false });
            }
        }
    }
    // What was not read may grant anything.
    let hidden = || target.gap().is_some() && !source.covers(&Query::new(Action::Pattern("*"), Target::pattern("*"))).surely();
    open.or_else(|| hidden().then(|| Gain { action: "*", resource: "*".to_owned(), surely: false, unread: true }))
}

/// Resources on which the caller's own policies may allow an action, one for each pattern.
pub(crate) fn resources(bounds: &Bounds<'_>, id: ActionId, inventory: &dyn Inventory) -> Vec<String> {
    let mut all = Vec::new();
    let allows = bounds.own_allows().filter(|(_, statement, conditions)| {
        conditions.may() && (statement.doubtful || statement.actions.matches(&Action::Known(id), crate::Readings::OPEN).may())
    });
    for (_, statement, _) in allows {
        for resource in of_statement(statement, id, inventory, bounds.account()) {
            if !all.contains(&resource) {
                all.push(resource);
            }
        }
    }
    all
}

fn of_statement(statement: &Statement, id: ActionId, inventory: &dyn Inventory, account: &str) -> Vec<String> {
    let (partition, region) = inventory.place();
    let at = (partition, region, account);
    let Some(resources) = statement.resources.as_ref().filter(|resources| !resources.negated) else { return vec![made_up(id, at)] };
    let one = |pattern: &ArnPattern| {
        let real = inventory.matching(id.service(), pattern).filter(|arn| fits(id, arn));
        real.unwrap_or_else(|| if pattern.is_everything() { made_up(id, at) } else { filled(pattern.text(), id, at) })
    };
    let sensible = |arn: &String| !takes_resource(id) || fits(id, arn) || fits(id, &format!("{arn}:1"));
    // A statement may name kinds of resources that the action is never asked about. A family without
    // revision stands for its revisions.
    resources.patterns.iter().map(one).filter(sensible).collect()
}

/// Whether an ARN is of a kind that the action is authorised on.
pub(crate) fn fits(id: ActionId, arn: &str) -> bool {
    types_for(id, arn).next().is_some()
}

/// Partition, Region and account of a resource whose name is made up.
pub(crate) type At<'t> = (&'t str, &'t str, &'t str);

/// A resource nobody has, of the kind that an action is authorised on.
pub(crate) fn made_up(id: ActionId, at: At<'_>) -> String {
    template_of(id).map_or_else(|| "*".to_owned(), |template| from_template(&template, at))
}

fn template_of(id: ActionId) -> Option<String> {
    required_types(id).next().or_else(|| id.info().types().next().map(|(kind, _)| kind))?.templates().next()
}

fn from_template(template: &str, at: At<'_>) -> String {
    let mut arn = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((head, tail)) = rest.split_once("${") {
        arn.push_str(head);
        let (name, tail) = tail.split_once('}').unwrap_or((tail, ""));
        arn.push_str(match name {
            "Partition" => at.0,
            "Region" => at.1,
            "Account" => at.2,
            _ => "any",
        });
        rest = tail;
    }
    arn.push_str(rest);
    arn
}

/// A resource that a pattern names: its wildcards filled with what the kind of resource has there.
pub(crate) fn filled(pattern: &str, id: ActionId, at: At<'_>) -> String {
    let kinds = id.info().types().flat_map(|(kind, _)| kind.templates().zip(kind.globs()).collect::<Vec<_>>());
    let template = kinds.into_iter().find(|(_, form)| glob::intersects(form, pattern)).map(|(template, _)| template);
    let form =
        template.as_deref().map(|template| from_template(template, at)).or_else(|| template_of(id).map(|one| from_template(&one, at)));
    let form: Vec<&str> = form.as_deref().map(|form| form.splitn(6, ':').collect()).unwrap_or_default();
    let given: Vec<&str> = pattern.splitn(6, ':').collect();
    if given.len() < 6 {
        return made_up(id, at);
    }
    let parts = given.iter().enumerate().map(|(position, part)| match form.get(position) {
        Some(own) if *part == "*" => (*own).to_owned(),
        _ => part.replace('*', "any").replace('?', "x"),
    });
    parts.collect::<Vec<_>>().join(":")
}

/// The best answer over every resource that the caller's own policies may name, with the resource.
#[must_use]
pub fn best(bounds: &Bounds<'_>, id: ActionId, bound: &Keys, inventory: &dyn Inventory) -> Option<(Answer, String)> {
    let mut best: Option<(Answer, String)> = None;
    for resource in resources(bounds, id, inventory) {
        let answer = bounds.can(&Query::new(Action::Known(id), Target::exact(&resource)).with(bound));
        if answer > best.as_ref().map_or(Answer::Never, |(answer, _)| *answer) {
            best = Some((answer, resource));
        }
        if answer == Answer::Surely {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::eval::{Attached, Caller, Stack};
    use crate::policy::{Kind, parse};

    fn stack(action: &str, resource: &str) -> Stack {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#);
        let mut stack = Stack::new(Caller::role("arn:aws:iam::111122223333:role/app"));
        stack.identity = vec![Attached { name: "inline".into(), document: Ok(Arc::new(parse(&text, Kind::Identity).document.unwrap())) }];
        stack
    }

    #[test]
    fn an_action_is_no_gain_on_a_kind_of_resource_that_it_is_never_asked_about() {
        let (all, reader) = (stack("*", "arn:aws:s3:::assets/*"), stack("s3:*", "arn:aws:s3:::assets/*"));
        let (all, reader) = (Bounds::new(&all, Keys::new()), Bounds::new(&reader, Keys::new()));
        assert!(gain(&all, &reader, &()).is_none_or(|gain| !gain.action.starts_with("iam:")));
        let read = |bounds: &Bounds<'_>, action| best(bounds, lookup(action).unwrap(), &Keys::new(), &()).map(|(answer, _)| answer);
        assert_eq!(read(&all, "s3:GetObject"), Some(Answer::Surely));
        assert_eq!(read(&all, "secretsmanager:GetSecretValue"), None);
        assert_eq!(read(&all, "iam:PutRolePolicy"), None);
    }

    #[test]
    fn a_family_without_revision_stands_for_its_revisions() {
        let stack = stack("ecs:*", "arn:aws:ecs:eu-west-1:111122223333:task-definition/app");
        let bounds = Bounds::new(&stack, Keys::new());
        assert!(!resources(&bounds, lookup("ecs:RunTask").unwrap(), &()).is_empty());
    }
}
