//! The proof of a generated policy, on the text that is shown.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use wallwalk_model::Gap;

use super::compare::{covers, target};
use super::fit::{MANAGED_LIMIT, MOST_ATTACHED};
use super::need::Need;
use super::satisfied::answers;
use super::synthesize::Generated;
use crate::catalogue::Action;
use crate::eval::{Answer, Attached, Bounds, Caller, Query, Stack};
use crate::key::{KeyState, Keys};
use crate::policy::{Document, Kind, Problem, Statement, parse, print};

/// An action on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Action, as IAM writes it.
    pub action: String,
    /// ARN, ARN pattern, or `*`.
    pub resource: String,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.resource)
    }
}

/// Against what a policy was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Against no present role.
    WithNothing,
    /// Against everything the present role may do.
    WithAll,
    /// Against what was read of the present role; a document that was not read may allow everything, so
    /// that nothing counts as new.
    WithoutUnread(Gap),
}

/// What was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// Certain needs that the policies surely meet by themselves: all of them.
    pub needs: usize,
    /// Pairs of action and resource that they allow.
    pub pairs: usize,
    /// Pairs that are wider than any need, because exact ones would not fit AWS's limits.
    pub wider: Vec<Pair>,
    /// Pairs that the present role may not do: exactly the permissions that it lacks.
    pub newly_granted: Vec<Pair>,
    /// Against what the policies were held.
    pub compared: Compared,
}

impl Proved {
    /// What was shown, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let needs = match self.needs {
            1 => "the one certain need is allowed by it alone".to_owned(),
            n => format!("all {n} certain needs are allowed by it alone"),
        };
        let exact = match self.wider.len() {
            0 => "it allows nothing else".to_owned(),
            n => format!("{n} of its {} permissions are wider than needed, because exact ones would not fit", self.pairs),
        };
        let new = match (&self.compared, self.newly_granted.len()) {
            (Compared::WithNothing, _) => String::new(),
            (Compared::WithAll, 0) => ", and nothing that the role may not do today".to_owned(),
            (Compared::WithoutUnread(_), _) => ", and what the role may do today could not be read in full".to_owned(),
            (Compared::WithAll, 1) => ", and it adds the one permission that the role lacks".to_owned(),
            (Compared::WithAll, n) => format!(", and it adds the {n} permissions that the role lacks"),
        };
        format!("{needs}, {exact}{new}")
    }
}

/// Why a policy must not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofFailure {
    /// The text was not understood as it should be.
    Parse(Problem),
    /// The text says something else than the document.
    Text,
    /// A need is not surely met.
    Unmet {
        /// What is needed.
        pair: Pair,
        /// JSON pointer of what causes the need.
        because: String,
        /// The answer.
        answer: Answer,
    },
    /// Something is allowed that nobody needs.
    Beyond(Pair),
    /// A policy is larger than AWS accepts, in characters.
    TooLarge(usize),
    /// There are more policies than a role takes by default.
    TooMany(usize),
}

impl fmt::Display for ProofFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(problem) => write!(f, "the policy that was made has a problem at `{}`: {}", problem.pointer, problem.text),
            Self::Text => f.write_str("the policy that was made reads otherwise than it was meant"),
            Self::Unmet { pair, because, answer } => {
                write!(f, "the policy that was made does not surely allow `{pair}`, needed by `{because}`: the answer is {}", answer.word())
            }
            Self::Beyond(pair) => write!(f, "the policy that was made allows `{pair}`, which nothing needs"),
            Self::TooLarge(size) => write!(f, "the policy that was made has {size} characters, and AWS accepts {MANAGED_LIMIT}"),
            Self::TooMany(count) => write!(f, "the needs take {count} policies, and a role takes {MOST_ATTACHED}; divide the workload"),
        }
    }
}

impl std::error::Error for ProofFailure {}

/// Shows that the policies suffice for the needs, allow nothing else, stay within AWS's limits, and what
/// of it is new to the present role.
///
/// # Errors
/// What could not be shown. Such policies must not be given to anybody.
pub fn prove(generated: &[Generated], needs: &[Need], current: Option<&Bounds<'_>>) -> Result<Proved, ProofFailure> {
    if generated.len() > MOST_ATTACHED {
        return Err(ProofFailure::TooMany(generated.len()));
    }
    let documents = generated.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let certain = || needs.iter().filter(|need| need.certain);
    suffices(&documents, certain())?;
    let widened: BTreeSet<&str> = generated.iter().flat_map(|one| &one.widened).map(String::as_str).collect();
    let (mut pairs, mut wider, mut newly_granted) = (0, Vec::new(), Vec::new());
    for statement in documents.iter().flat_map(|document| &document.statements) {
        let bound = bound(statement);
        for pair in pairs_of(statement) {
            pairs += 1;
            if !needs.iter().any(|need| is_needed(&pair, statement, need)) {
                if !widened.contains(pair.resource.as_str()) {
                    return Err(ProofFailure::Beyond(pair));
                }
                wider.push(pair.clone());
            }
            let folded = pair.action.to_ascii_lowercase();
            let query = Query::new(Action::of(&folded), target(&pair.resource)).with(&bound);
            if current.is_some_and(|bounds| !bounds.may_cover(&query)) {
                newly_granted.push(pair);
            }
        }
    }
    let compared = match current {
        None => Compared::WithNothing,
        Some(bounds) => bounds.gap().cloned().map_or(Compared::WithAll, Compared::WithoutUnread),
    };
    Ok(Proved { needs: certain().count(), pairs, wider, newly_granted, compared })
}

/// The document as whoever is handed the text reads it.
fn read(generated: &Generated) -> Result<Arc<Document>, ProofFailure> {
    let parsed = parse(&generated.text, Kind::Identity);
    if let Some(problem) = parsed.problems.into_iter().next() {
        return Err(ProofFailure::Parse(problem));
    }
    let document = parsed.document.ok_or(ProofFailure::Text)?;
    if document != generated.document || print(&document) != generated.text {
        return Err(ProofFailure::Text);
    }
    let size = crate::policy::size(&document);
    if size > MANAGED_LIMIT { Err(ProofFailure::TooLarge(size)) } else { Ok(Arc::new(document)) }
}

/// Every need is surely met by a role that has these policies and no other.
fn suffices<'n>(documents: &[Arc<Document>], needs: impl Iterator<Item = &'n Need>) -> Result<(), ProofFailure> {
    let mut stack = Stack::new(Caller::role(""));
    stack.identity = documents.iter().map(|one| Attached { name: "generated".into(), document: Ok(Arc::clone(one)) }).collect();
    let bounds = Bounds::new(&stack, Keys::new());
    for need in needs {
        if let Some(unmet) = answers(need, &bounds).into_iter().find(|one| one.answer != Answer::Surely) {
            let pair = Pair { action: unmet.action.to_owned(), resource: unmet.resource.to_owned() };
            return Err(ProofFailure::Unmet { pair, because: need.because.clone(), answer: unmet.answer });
        }
    }
    Ok(())
}

fn pairs_of(statement: &Statement) -> impl Iterator<Item = Pair> {
    let resources = statement.resources.iter().flat_map(|one| &one.patterns);
    statement.actions.patterns.iter().flat_map(move |action| {
        resources.clone().map(move |resource| Pair { action: action.text.to_string(), resource: resource.text().to_owned() })
    })
}

/// Keys as the statement's conditions want them.
fn bound(statement: &Statement) -> Keys {
    statement.conditions.iter().fold(Keys::new(), |keys, atom| match atom.values.as_slice() {
        [value] => keys.with(&atom.key, KeyState::one(value.clone())),
        _ => keys,
    })
}

fn is_needed(pair: &Pair, statement: &Statement, need: &Need) -> bool {
    let conditioned = match &need.given {
        None => true,
        Some(given) => statement.conditions.contains(&given.atom()),
    };
    conditioned && need.actions.contains(pair.action.as_str()) && need.resources.iter().any(|one| covers(one, &pair.resource))
}
