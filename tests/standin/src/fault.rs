//! The fault plan: what goes wrong, for which call, how often.

use std::time::Duration;

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Access denied, in the service's own code and form.
    Deny,
    /// Throttled, in the service's own code and form.
    Throttle,
    /// The session token has expired.
    Expired,
    /// HTTP 500 in the service's own form.
    Internal,
    /// Any other refusal, in the service's own form; for S3's 409 `ConditionalRequestConflict`.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// Error message.
        message: String,
    },
    /// An HTML page, as proxies and gateways answer.
    Html(
        /// HTTP status.
        u16,
    ),
    /// The connection is reset before the call is worked on.
    Reset,
    /// The call is worked on, then the connection is reset: the answer is lost.
    LoseAnswer,
    /// The answer stops in its middle.
    HalfAnswer,
    /// The page's continuation token is one that the service will refuse.
    GarbledToken,
    /// From the second page on the continuation token is the one that was sent: a loop.
    RepeatedToken,
    /// The answer takes this much longer.
    Latency(
        /// How much.
        Duration,
    ),
    /// Security Hub refuses every second finding of the batch with `InternalError`.
    RefuseHalf,
    /// Security Hub's counts do not add up.
    WrongCounts,
}

/// How often it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The next so many calls.
    Next(
        /// How many.
        u64,
    ),
    /// Every call.
    Always,
    /// Each k-th call: for 3, the third, the sixth …
    Every(
        /// k, at least 1.
        u64,
    ),
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `ecs:ListClusters`, `ecs:*` or `*`.
    pub call: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often.
    pub when: When,
    /// Only calls whose path, query or body holds this text.
    pub holding: Option<String>,
}

impl Fault {
    /// `kind` for `call` (`ecs:ListClusters`, `ecs:*` or `*`), as often as `when` says.
    pub fn new(call: impl Into<String>, kind: FaultKind, when: When) -> Self {
        Self { call: call.into(), kind, when, holding: None }
    }

    /// Only for calls whose path, query or body holds `text`. Bodies of the query protocol are
    /// percent-encoded.
    #[must_use]
    pub fn holding(mut self, text: impl Into<String>) -> Self {
        self.holding = Some(text.into());
        self
    }
}

/// How the continuation token of a page is bent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bend {
    #[default]
    Straight,
    Garbled,
    Repeated,
}

/// Lines of the plan, each with the calls it was asked about.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<(Fault, u64)>);

impl Plan {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    /// What goes wrong with this call, in the order of the plan.
    pub(crate) fn strike(&mut self, call: &str, holds: impl Fn(&str) -> bool) -> Vec<FaultKind> {
        let mut struck = Vec::new();
        for (fault, asked) in &mut self.0 {
            let named = match fault.call.strip_suffix('*') {
                Some(start) => call.starts_with(start),
                None => call == fault.call,
            };
            if !named || fault.holding.as_deref().is_some_and(|text| !holds(text)) {
                continue;
            }
            *asked += 1;
            let now = match fault.when {
                When::Next(times) => *asked <= times,
                When::Always => true,
                When::Every(k) => asked.is_multiple_of(k.max(1)),
            };
            if now {
                struck.push(fault.kind.clone());
            }
        }
        struck
    }
}
