//! Administrators by effect: whoever may do everything, or surely gets there.

use std::collections::BTreeSet;

use super::Proof;
use super::web::Web;
use crate::account::{Principal, unlimited};
use crate::arn::Target;
use crate::catalogue::Action;
use crate::eval::{Answer, Bounds, Query, Stack};

/// Longest chain of principals that is followed.
const DEPTH: usize = 5;

/// Paths after which the target may do anything that its limits leave.
const REWRITTEN: &[&str] = &["other-role-policy", "user-policy"];

/// Whether a principal is administrator by effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Administrator {
    /// It may do everything to everything.
    Literally,
    /// It can become so.
    By(Box<Proof>),
    /// It may be, under conditions; with the path where it is one.
    Possibly(Option<Box<Proof>>),
    /// A document that was not read decides.
    Unread,
    /// No.
    No,
}

impl Administrator {
    /// Whether nothing is left open.
    #[must_use]
    pub const fn surely(&self) -> bool {
        matches!(self, Self::Literally | Self::By(_))
    }
}

impl Web<'_> {
    /// Whether a principal is administrator by effect.
    #[must_use]
    pub fn administrator(&self, source: &Principal) -> Administrator {
        if let Some(known) = self.administrators.borrow().get(&*source.arn) {
            return known.clone();
        }
        let found = self.find_administrator(source);
        self.administrators.borrow_mut().insert(source.arn.to_string(), found.clone());
        found
    }

    fn find_administrator(&self, source: &Principal) -> Administrator {
        let itself = self.everything(self.bounds(&source.arn));
        if itself.surely() {
            return Administrator::Literally;
        }
        let paths = self.paths(source);
        let by = |least| self.leading(source, &paths, least).map(|proof| Box::new(proof.clone()));
        if let Some(proof) = by(Answer::Surely) {
            return Administrator::By(proof);
        }
        match (itself, by(Answer::Possibly)) {
            (_, Some(proof)) => Administrator::Possibly(Some(proof)),
            (Answer::Possibly, None) => Administrator::Possibly(None),
            (Answer::Never, None) if by(Answer::Unread).is_none() => Administrator::No,
            _ => Administrator::Unread,
        }
    }

    /// The first of the shortest ways to administrator whose steps are each at least so sure.
    fn leading<'p>(&self, source: &Principal, paths: &'p [Proof], least: Answer) -> Option<&'p Proof> {
        let mut seen = BTreeSet::from([&*source.arn]);
        let mut next: Vec<(&Principal, &'p Proof)> = Vec::new();
        for first in paths {
            match self.step(source, first, least) {
                Some(None) => return Some(first),
                Some(Some(target)) => next.extend(self.account.principals.get(target).map(|target| (target, first))),
                None => {}
            }
        }
        for depth in 1..=DEPTH {
            let mut further = Vec::new();
            for (principal, first) in next {
                if !seen.insert(&principal.arn) {
                    continue;
                }
                if self.everything(self.bounds(&principal.arn)) >= least {
                    return Some(first);
                }
                if depth == DEPTH {
                    continue;
                }
                for proof in self.paths(principal).iter() {
                    match self.step(principal, proof, least) {
                        Some(None) => return Some(first),
                        Some(Some(target)) => further.extend(self.account.principals.get(target).map(|target| (target, first))),
                        None => {}
                    }
                }
            }
            next = further;
        }
        None
    }

    /// Whether whoever walks a path is administrator then, whomever the path reaches.
    #[must_use]
    pub fn makes_administrator(&self, source: &Principal, proof: &Proof) -> bool {
        matches!(self.step(source, proof, Answer::Unread), Some(None))
    }

    /// Whom a path reaches, if it is at least so sure; nobody further if whoever walks it is administrator then.
    fn step<'p>(&self, source: &Principal, proof: &'p Proof, least: Answer) -> Option<Option<&'p str>> {
        let sure = if proof.surely() { Answer::Surely } else { proof.answer.min(Answer::Possibly) };
        if proof.supposed || sure < least {
            return None;
        }
        let Some(target) = proof.target.as_deref() else { return self.grows_to_everything(source, proof).then_some(None) };
        let unbounded = || self.account.principals.get(target).is_some_and(|target| target.stack.boundary.is_none());
        if REWRITTEN.contains(&proof.path) && unbounded() {
            return Some(None);
        }
        Some(Some(target))
    }

    /// Whether `bounds` hold everything on everything.
    pub(super) fn everything(&self, bounds: &Bounds<'_>) -> Answer {
        bounds.covers(&Query::new(Action::Pattern("*"), Target::pattern("*")))
    }

    fn grows_to_everything(&self, source: &Principal, proof: &Proof) -> bool {
        let stack = match proof.path {
            "self-put-policy" | "self-attach-policy" | "self-policy-version" => unlimited(&source.stack),
            "create-role" => Stack { boundary: None, ..unlimited(&source.stack) },
            "self-drop-boundary" => Stack { boundary: None, ..source.stack.clone() },
            _ => return false,
        };
        let keys = self.account.keys(source);
        self.everything(&Bounds::new(&stack, keys)).surely()
    }
}
