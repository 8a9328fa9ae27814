//! The proof of trimmed policies: they grant nothing new, deny the same, and meet each need no worse.

use wallwalk_model::Gap;

use super::{Role, TrimmedDocument};
use crate::catalogue::Action;
use crate::eval::{Attached, Bounds, Stack};
use crate::generate::satisfied;
use crate::policy::{Document, Effect, Kind, Statement, parse};
use crate::readings::Readings;

/// `identity` is what the role's policies would be.
pub(super) fn prove(role: &Role<'_>, documents: &[TrimmedDocument], identity: Vec<Attached>) -> Result<(), Gap> {
    let failed = |what: &str| Err(Gap::not_modelled(format!("a trimmed policy of which it can be shown that {what}")));
    for one in documents {
        let mut statements = Vec::new();
        for part in &one.after {
            match parse(&part.text, Kind::Identity).document {
                Some(document) if document == part.document && document.version == one.before.version => {
                    statements.extend(document.statements)
                }
                _ => return failed("it reads as it was meant"),
            }
        }
        if !grants_nothing_new(&statements, &one.before) {
            return failed("it grants nothing new");
        }
        if !denies_the_same(&statements, &one.before) {
            return failed("it denies the same");
        }
    }
    let after = Stack { identity, ..role.stack.clone() };
    let (before, after) = (Bounds::new(role.stack, role.keys.clone()), Bounds::new(&after, role.keys.clone()));
    if role.keep.iter().any(|need| satisfied(need, &after) < satisfied(need, &before)) {
        return failed("the needs are still met");
    }
    Ok(())
}

/// Each Allow is one of before with the same conditions, on no further resources, for no further action.
fn grants_nothing_new(after: &[Statement], before: &Document) -> bool {
    let allows = |one: &&Statement| one.effect == Effect::Allow;
    after.iter().filter(allows).all(|new| before.statements.iter().filter(allows).any(|old| within(new, old)))
}

fn within(new: &Statement, old: &Statement) -> bool {
    let resources = match (&new.resources, &old.resources) {
        (Some(new), Some(old)) => {
            new.negated == old.negated && (new == old || !new.negated && new.patterns.iter().all(|one| old.patterns.contains(one)))
        }
        (new, old) => new.is_none() && old.is_none(),
    };
    let one_action = |folded: &str| old.actions.matches(&Action::of(folded), Readings::OPEN).must();
    let actions = new.actions == old.actions
        || !new.actions.negated
            && new.actions.patterns.iter().all(|one| !old.actions.negated && old.actions.patterns.contains(one) || one_action(&one.folded));
    resources && actions && new.conditions == old.conditions
}

/// Every Deny of before is there as it was, and no other is. One that was taken apart for its size is not.
pub(super) fn denies_the_same(after: &[Statement], before: &Document) -> bool {
    let denies = |one: &&Statement| one.effect != Effect::Allow;
    let unnumbered = |one: &Statement| Statement { position: None, ..one.clone() };
    let new: Vec<Statement> = after.iter().filter(denies).map(unnumbered).collect();
    let old: Vec<Statement> = before.statements.iter().filter(denies).map(unnumbered).collect();
    new == old
}
