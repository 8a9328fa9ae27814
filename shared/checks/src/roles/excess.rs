//! What an execution role may do beyond what is started with it needs.
//!
//! Needs are those of every definition in use, whatever family it is of. Where a definition was not read,
//! everything that any definition can need of an execution role counts as needed.
//!
//! The pull of GuardDuty's agent is an optional need, so it is no excess; nor is the breadth of
//! `AmazonECSTaskExecutionRolePolicy`, which has a check of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Attached, Bounds, Query, Stack};
use wallwalk_iam::generate::{Excess, Need, Purpose, Surplus, excess};
use wallwalk_iam::policy::{Effect, Statement};
use wallwalk_model::Gap;

use super::RoleFacts;
use crate::estate::Estate;

/// What AWS publishes for execution roles.
/// Source: AWS Managed Policy Reference.
const MANAGED: &str = ":iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

/// How its document is called.
const DOCUMENT: &str = "managed/AmazonECSTaskExecutionRolePolicy";

/// Everything that a definition can need of an execution role.
/// Source: Amazon ECS Developer Guide, "Amazon ECS task execution IAM role".
const EVER: &[&str] = &[
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:CreateRepository",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "fsx:DescribeFileSystems",
    "kms:Decrypt",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameters",
];

/// What a role may do beyond the needs.
pub(crate) struct Beyond {
    /// The permissions; the first ones of them.
    pub(crate) listed: Vec<Surplus>,
    /// How many there are.
    pub(crate) total: usize,
    /// Whether none of them hangs on a condition.
    pub(crate) surely: bool,
    /// What hides permissions or needs.
    pub(crate) hidden: Option<Gap>,
}

/// What an execution role may do beyond the needs: surely, or else possibly.
///
/// # Errors
/// The gap, if the role was not read.
pub(crate) fn of_execution(estate: &Estate<'_>, facts: &RoleFacts<'_>) -> Result<Beyond, Gap> {
    let bounds = estate.bounds(facts)?;
    let mut needs: Vec<Need> = estate.needs_of(facts).into_iter().cloned().collect();
    if estate.unseen.is_some() {
        needs.push(any());
    }
    let broad = known_broad(facts);
    let hidden = bounds.gap().cloned().or_else(|| estate.unseen.clone());
    let Excess { listed, total, .. } = excess(bounds, &needs, &broad);
    if total > 0 || bounds.gap().is_some() {
        return Ok(Beyond { listed, total, surely: true, hidden });
    }
    let principal = facts.principal.as_ref().map_err(Clone::clone)?;
    let loosened = loosened(&principal.stack);
    let possible = loosened.as_ref().map(|stack| excess(&Bounds::new(stack, estate.web.account.keys(principal)), &needs, &broad));
    let mut listed = possible.map(|one| one.listed).unwrap_or_default();
    listed.retain(|one| may(bounds, one));
    Ok(Beyond { total: listed.len(), listed, surely: false, hidden })
}

fn any() -> Need {
    Need {
        purpose: Purpose::PullImages,
        actions: EVER.iter().copied().collect(),
        resources: ["*".to_owned()].into(),
        given: None,
        because: String::new(),
        certain: false,
    }
}

/// The documents as if every condition of an Allow held and none of a Deny; none if nothing is conditioned.
fn loosened(stack: &Stack) -> Option<Stack> {
    let conditioned =
        |one: &Attached| one.document.as_ref().is_ok_and(|document| document.statements.iter().any(|one| !one.conditions.is_empty()));
    let all = || stack.identity.iter().chain(&stack.boundary);
    if !all().any(conditioned) {
        return None;
    }
    let loosen = |one: &Attached| {
        let mut loosened = one.clone();
        if let Ok(document) = &mut loosened.document {
            let document = Arc::make_mut(document);
            document.statements.retain(|one| one.effect == Effect::Allow || one.conditions.is_empty());
            document.statements.iter_mut().for_each(|one| one.conditions.clear());
        }
        loosened
    };
    Some(Stack { identity: stack.identity.iter().map(loosen).collect(), boundary: stack.boundary.as_ref().map(loosen), ..stack.clone() })
}

/// Whether a permission is possible with the conditions as they are.
fn may(bounds: &Bounds<'_>, one: &Surplus) -> bool {
    let holds = |(document, statement): (&str, &Statement)| document == one.document && statement.pointer() == one.pointer;
    let stands = bounds.own_allows().any(|(document, statement, conditions)| conditions.may() && holds((document, statement)));
    let folded = one.action.to_ascii_lowercase();
    let action = if folded.contains(' ') { Action::Pattern("*") } else { Action::of(&folded) };
    let on = if one.resource.contains(' ') { "*" } else { &one.resource };
    stands && bounds.can(&Query::new(action, Target::pattern(on))).possibly()
}

/// Names of the role's documents whose breadth does not count. A policy of the customer's under the same
/// name counts.
fn known_broad(facts: &RoleFacts<'_>) -> BTreeSet<&'static str> {
    let role = facts.reading.as_ref().ok().and_then(|reading| reading.value());
    let attached = role.map(|role| role.attached_managed_policies.as_slice()).unwrap_or_default();
    let mut of_that_name =
        attached.iter().map(|one| one.policy_arn.as_str()).filter(|arn| DOCUMENT.ends_with(wallwalk_model::arn::last_segment(arn)));
    if of_that_name.all(|arn| arn.ends_with(MANAGED)) { BTreeSet::from([DOCUMENT]) } else { BTreeSet::new() }
}
