//! Whether one statement concerns one question.

use crate::arn::{ArnPattern, Target};
use crate::catalogue::{self, Action, ActionId, Origin};
use crate::condition;
use crate::key::Context;
use crate::policy::{Kind, Resources, Statement, Version};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

/// What a question is about, apart from who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) action: Action<'a>,
    pub(super) resource: Target<'a>,
    pub(super) context: Context<'a>,
    pub(super) readings: Readings,
}

/// Whether a statement concerns the action and the resource, conditions apart. A statement whose form
/// was not understood may concern anything.
pub(super) fn concerns(statement: &Statement, kind: Kind, version: Version, about: &About<'_>) -> Tri {
    if statement.doubtful {
        return malformed(about.readings);
    }
    match statement.actions.matches(&about.action, about.readings) {
        Tri::False => Tri::False,
        action => action.and(on(statement.resources.as_ref(), kind, version, about)),
    }
}

/// The same where open readings are taken for or against it. What it says of actions and what it says of
/// resources grow or shrink with the readings, each as a whole, so the two ends tell.
pub(super) fn concerns_leaning(statement: &Statement, kind: Kind, version: Version, about: &About<'_>, most: bool) -> Tri {
    let end = |part: &dyn Fn(Readings) -> Tri| {
        let [narrow, wide] = about.readings.ends().map(part);
        if most { narrow.max(wide) } else { narrow.min(wide) }
    };
    if statement.doubtful {
        return end(&malformed);
    }
    let actions = match statement.actions.patterns.is_empty() {
        true => most.into(),
        false => end(&|readings| statement.actions.matches(&about.action, readings)),
    };
    actions.and(end(&|readings| on(statement.resources.as_ref(), kind, version, &About { readings, ..*about })))
}

/// Whether its conditions hold.
pub(super) fn conditions(statement: &Statement, version: Version, context: Context<'_>, readings: Readings) -> Tri {
    if statement.doubtful { Tri::True } else { condition::all_hold(&statement.conditions, version, context, readings) }
}

/// Neither surely applies nor surely does not.
fn malformed(readings: Readings) -> Tri {
    readings.split(Reading::Malformed, Tri::from)
}

fn on(resources: Option<&Resources>, kind: Kind, version: Version, about: &About<'_>) -> Tri {
    let Some(resources) = resources else {
        // Only policies that hang on their resource may leave it out.
        return if matches!(kind, Kind::Trust | Kind::Resource) { Tri::True } else { malformed(about.readings) };
    };
    if resources.patterns.is_empty() {
        return malformed(about.readings);
    }
    let named = |target| {
        let one = |pattern: &ArnPattern| pattern.matches(target, kind, version, about.context, about.readings);
        let named = resources.patterns.iter().map(one).max().unwrap_or(Tri::False);
        if resources.negated { !named } else { named }
    };
    if !matches!(about.action, Action::Known(id) if takes_no_resource(id)) {
        return named(about.resource);
    }
    // Such an action is asked about on `*`. Whether a statement with a specific ARN grants it is an open question.
    let plainly = named(Target::exact("*"));
    about.readings.split(Reading::NoResourceActionOnArn, |wide| if wide { (!resources.negated).into() } else { plainly })
}

/// Whether the action is known to be authorised without a resource. Of names that are only remembered it is not known.
fn takes_no_resource(id: ActionId) -> bool {
    !catalogue::takes_resource(id) && id.info().origin == Origin::Listed
}
