//! The decision for one concrete request: everything about it is known.

use super::ground::{Asking, Ground, Layer, Lean, Listener, Ready, Says, Unread, kind_of};
use super::grounds::Grounds;
use super::stack::{Resource, Stack};
use super::statement::About;
use crate::arn::Target;
use crate::catalogue::Action;
use crate::key::{Context, Keys};
use crate::policy::Effect;
use crate::readings::Readings;
use crate::tri::Tri;

/// A concrete request: everything about it is known.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Action, in any case.
    pub action: &'a str,
    /// ARN of the resource, or `*` for an action without one.
    pub resource: &'a str,
    /// Every condition key of the request; the others are absent.
    pub keys: &'a Keys,
    /// What is known of the resource; none to ask the caller's own side alone.
    pub facts: Option<&'a Resource>,
}

/// The outcome of a concrete request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed.
    Allow,
    /// No layer that has to allow did: the first one that is missing.
    ImplicitDeny(Layer),
    /// A Deny applies: where, and which statement of which document.
    ExplicitDeny {
        /// Layer.
        layer: Layer,
        /// Position of the document in its layer.
        source: usize,
        /// JSON pointer of the statement.
        pointer: String,
    },
}

/// Decides a concrete request under fixed readings.
///
/// Documents that were not read count as absent; a state of a key that is not exact, or a reading
/// that is not fixed, counts against the caller.
#[must_use]
pub fn decide(stack: &Stack, request: &Request<'_>, readings: Readings) -> Decision {
    #[derive(Default)]
    struct Heard {
        deny: Option<(Layer, usize, String)>,
        missing: Option<Layer>,
    }
    impl Listener for Heard {
        fn statement(&mut self, layer: Layer, ready: &Ready<'_>, effect: Effect, applies: Tri) {
            if effect == Effect::Deny && applies.may() && self.deny.is_none() {
                self.deny = Some((layer, ready.source, ready.statement.pointer()));
            }
        }

        fn layer(&mut self, layer: Layer, says: Says) {
            if !says.allow.must() && self.missing.is_none() {
                self.missing = Some(layer);
            }
        }
    }
    let folded = request.action.to_ascii_lowercase();
    let context = Context::closed(request.keys);
    let about = About { action: Action::of(&folded), resource: Target::exact(request.resource), context, readings };
    let asking = Asking { about, rebound: request.keys, unread: Unread::Absent, lean: Lean::Neither };
    let grounds = Grounds::new(stack, |_, _| None);
    let resource = request.facts.map(|facts| (facts, Ground::new(&facts.policies, kind_of(facts.kind), |_, _| None)));
    let mut heard = Heard::default();
    if grounds.answer(&asking, resource.as_ref().map(|(facts, ground)| (*facts, ground)), &mut heard).must() {
        return Decision::Allow;
    }
    match heard.deny {
        Some((layer, source, pointer)) => Decision::ExplicitDeny { layer, source, pointer },
        None => Decision::ImplicitDeny(heard.missing.unwrap_or(Layer::Identity)),
    }
}
