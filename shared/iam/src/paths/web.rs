//! The account as a web of principals: who may act as whom.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Administrator, EXISTING, Group, Met, NEW, Proof, Takeover, own, principals, surest};
use crate::account::{Account, Principal, unlimited};
use crate::arn::Target;
use crate::catalogue::{Action, lookup};
use crate::eval::{Answer, Bounds, Caller, Query, Stack};
use crate::gain::{self, Gain, Inventory};
use crate::key::{KeyState, Keys};
use crate::policy::Effect;

/// So many targets by which something is gained are told for each kind of path; administrators come first.
pub(super) const MOST: usize = 200;

/// ARNs of roles that trust a service, with how sure that is.
pub type Trusting = Rc<[(String, Answer)]>;

/// The account with what its principals may do, worked out when first asked.
pub struct Web<'a> {
    /// The account.
    pub account: &'a Account,
    inventory: Box<dyn Inventory + 'a>,
    bounds: BTreeMap<&'a str, Bounds<'a>>,
    nobody: Bounds<'a>,
    /// Roles by the service that their trust admits.
    by_service: RefCell<BTreeMap<&'static str, Trusting>>,
    gains: RefCell<BTreeMap<(String, String), Option<Gain>>>,
    proofs: RefCell<BTreeMap<String, Rc<Vec<Proof>>>>,
    pub(super) administrators: RefCell<BTreeMap<String, Administrator>>,
    /// What a source gains as somebody with any policy.
    unlimited: RefCell<BTreeMap<String, Option<Gain>>>,
    /// Principals that may do everything.
    literal: OnceCell<BTreeSet<String>>,
    named: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl std::fmt::Debug for Web<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Web").field("account", &self.account.id).finish_non_exhaustive()
    }
}

impl<'a> Web<'a> {
    /// A web over an account, with the real resources that are known.
    #[must_use]
    pub fn new(account: &'a Account, inventory: Box<dyn Inventory + 'a>) -> Self {
        let bounds = account.principals.values().map(|one| (&*one.arn, account.bounds(one))).collect();
        Self {
            account,
            inventory,
            bounds,
            nobody: Bounds::new(&account.nobody, Keys::new()),
            by_service: RefCell::default(),
            gains: RefCell::default(),
            proofs: RefCell::default(),
            administrators: RefCell::default(),
            unlimited: RefCell::default(),
            literal: OnceCell::new(),
            named: named(account),
        }
    }

    /// What a principal may do; nothing for one that is not listed.
    pub fn bounds(&self, arn: &str) -> &Bounds<'a> {
        self.bounds.get(arn).unwrap_or(&self.nobody)
    }

    /// Whether a call may be allowed at all.
    #[must_use]
    pub fn may(&self, source: &Principal, action: &str) -> bool {
        let bounds = self.bounds(&source.arn);
        lookup(action).is_none_or(|id| bounds.may_name(id))
    }

    /// A call on one resource.
    #[must_use]
    pub fn met(&self, source: &Principal, action: &'static str, on: &str, bind: Vec<(&'static str, String)>) -> Met {
        self.met_with(source, action, on, bind, &Keys::new())
    }

    /// A call on one resource, with more of its keys fixed.
    #[must_use]
    pub fn met_with(&self, source: &Principal, action: &'static str, on: &str, bind: Vec<(&'static str, String)>, more: &Keys) -> Met {
        let keys = bind.iter().fold(more.clone(), |keys, (key, value)| keys.with(key, KeyState::one(value.as_str())));
        let folded = action.to_ascii_lowercase();
        let query = Query::new(Action::of(&folded), Target::exact(on)).with(&keys);
        let answer = self.bounds(&source.arn).can(&query);
        Met { action, resource: on.to_owned(), bind, answer }
    }

    /// A call on the resource that suits best among those the caller's policies name.
    #[must_use]
    pub fn met_best(&self, source: &Principal, action: &'static str, bound: &Keys) -> Met {
        let bounds = self.bounds(&source.arn);
        let best = lookup(action).and_then(|id| gain::best(bounds, id, bound, &*self.inventory));
        let (answer, resource) = best.unwrap_or((if bounds.gap().is_some() { Answer::Unread } else { Answer::Never }, "*".to_owned()));
        Met { action, resource, bind: Vec::new(), answer }
    }

    /// Resources on which the source's own policies may allow a call.
    #[must_use]
    pub fn named_by(&self, source: &Principal, action: &str) -> Vec<String> {
        lookup(action).map(|id| gain::resources(self.bounds(&source.arn), id, &*self.inventory)).unwrap_or_default()
    }

    /// Passing a role to a service.
    #[must_use]
    pub fn pass(&self, source: &Principal, role: &str, service: &'static str) -> Met {
        self.met(source, "iam:PassRole", role, vec![("iam:PassedToService", service.to_owned())])
    }

    /// Assuming a role: the source's own policies and the role's trust together.
    #[must_use]
    pub fn assume(&self, source: &Principal, target: &Principal) -> Met {
        let action = "sts:AssumeRole";
        let keys = Keys::new();
        let answer = target.trust.as_ref().map_or(Answer::Never, |trust| {
            let query = Query::new(Action::of("sts:assumerole"), Target::exact(&target.arn)).with(&keys).facing(trust);
            self.bounds(&source.arn).can(&query)
        });
        Met { action, resource: target.arn.to_string(), bind: Vec::new(), answer }
    }

    /// Roles whose trust names a principal itself.
    pub(super) fn naming(&self, principal: &str) -> Vec<&'a Principal> {
        let roles = self.named.get(principal).into_iter().flatten();
        roles.filter_map(|role| self.account.principals.get(*role)).collect()
    }

    /// Roles whose trust admits a service, on behalf of this account; those that may do everything first.
    #[must_use]
    pub fn trusting(&self, service: &'static str) -> Trusting {
        if let Some(known) = self.by_service.borrow().get(service) {
            return Rc::clone(known);
        }
        let roles = self.account.principals.values().filter_map(|role| Some((role.arn.to_string(), self.admits(role, service)?)));
        let mut roles: Vec<_> = roles.collect();
        roles.sort_by_key(|(role, _)| !self.is_literal_administrator(role));
        let roles = Trusting::from(roles);
        self.by_service.borrow_mut().insert(service, Rc::clone(&roles));
        roles
    }

    /// Whether the trust of a role admits a service on behalf of this account; none if not.
    #[must_use]
    pub fn admits(&self, role: &Principal, service: &str) -> Option<Answer> {
        let trust = role.trust.as_ref()?;
        let stack = Stack::new(Caller::service(service));
        let keys = Keys::new()
            .with("aws:SourceAccount", KeyState::one(&*self.account.id))
            .with("aws:PrincipalIsAWSService", KeyState::one("true"))
            .with("aws:PrincipalServiceName", KeyState::one(service));
        let query = Query::new(Action::of("sts:assumerole"), Target::exact(&role.arn)).facing(trust);
        match Bounds::new(&stack, keys).can(&query) {
            Answer::Never => None,
            answer => Some(answer),
        }
    }

    /// What `source` gains as `target`.
    #[must_use]
    pub fn gain(&self, target: &str, source: &str) -> Option<Gain> {
        let key = (target.to_owned(), source.to_owned());
        if let Some(known) = self.gains.borrow().get(&key) {
            return known.clone();
        }
        let gain = self.gain_between(self.bounds(target), self.bounds(source));
        self.gains.borrow_mut().insert(key, gain.clone());
        gain
    }

    /// What somebody would gain by acting as somebody else, neither of whom need be listed.
    #[must_use]
    pub fn gain_between(&self, target: &Bounds<'_>, source: &Bounds<'_>) -> Option<Gain> {
        gain::gain(target, source, &*self.inventory)
    }

    /// What a source gains as `target` after it has given it any policy.
    #[must_use]
    pub fn gain_unlimited(&self, target: &Principal, source: &str) -> Option<Gain> {
        let all = || unlimited(&target.stack);
        if target.stack.boundary.is_some() {
            return self.gain_between(&Bounds::new(&all(), self.account.keys(target)), self.bounds(source));
        }
        // Without a boundary all of them may do the same.
        if let Some(known) = self.unlimited.borrow().get(source) {
            return known.clone();
        }
        let gain = self.gain_between(&Bounds::new(&all(), self.account.keys(target)), self.bounds(source));
        self.unlimited.borrow_mut().insert(source.to_owned(), gain.clone());
        gain
    }

    /// Whether a principal surely may do everything to everything.
    #[must_use]
    pub fn is_literal_administrator(&self, arn: &str) -> bool {
        let all = || self.bounds.iter().filter(|(_, bounds)| self.everything(bounds).surely()).map(|(arn, _)| (*arn).to_owned()).collect();
        self.literal.get_or_init(all).contains(arn)
    }

    /// Every path of a principal, one for each pair of path and target: the surest. Whoever may do
    /// everything has none, since nothing is gained.
    #[must_use]
    pub fn paths(&self, source: &Principal) -> Rc<Vec<Proof>> {
        let key = source.arn.to_string();
        if let Some(known) = self.proofs.borrow().get(&key) {
            return Rc::clone(known);
        }
        if self.is_literal_administrator(&source.arn) {
            return Rc::default();
        }
        let mut all = own::own(self, source);
        all.extend(principals::principals(self, source));
        for row in NEW {
            self.made(source, row, &mut all);
        }
        for row in EXISTING {
            self.taken(source, row, &mut all);
        }
        let proofs = Rc::new(surest(all));
        self.proofs.borrow_mut().insert(key, Rc::clone(&proofs));
        proofs
    }

    /// Something new that runs under a passed role.
    fn made(&self, source: &Principal, row: &Takeover, proofs: &mut Vec<Proof>) {
        if !self.may(source, "iam:PassRole") {
            return;
        }
        let Some(way) = self.way(source, row) else { return };
        for service in row.services {
            let mut noted = 0;
            for (role, trusts) in self.trusting(service).iter() {
                if noted >= MOST {
                    break;
                }
                let passed = self.passed(source, role, service, row);
                if **role == *source.arn || passed.answer == Answer::Never {
                    continue;
                }
                let Some(gain) = self.gain(role, &source.arn) else { continue };
                noted += 1;
                let mut needs = vec![passed];
                needs.extend(way.iter().cloned());
                let least = needs.iter().map(|met| met.answer).min().unwrap_or(Answer::Never).min(*trusts).min(gain.most());
                let answer = if row.unproven { least.min(Answer::Possibly) } else { least };
                proofs.push(Proof {
                    path: row.name,
                    group: Group::NewResource,
                    source: source.arn.to_string(),
                    target: Some(role.clone()),
                    what: format!("{} under the role {role}", row.what),
                    needs,
                    gain,
                    supposed: false,
                    answer,
                });
            }
        }
    }

    /// Passing a role for something new: sure only if it may be passed as every service that may count.
    fn passed(&self, source: &Principal, role: &str, service: &'static str, row: &Takeover) -> Met {
        let first = self.pass(source, role, service);
        row.passed_as.iter().map(|other| self.pass(source, role, other)).fold(first, |best, other| {
            let answer = if best.answer == other.answer { best.answer } else { best.answer.max(other.answer).min(Answer::Possibly) };
            Met { answer, ..if other.answer > best.answer { other } else { best } }
        })
    }

    /// Something that already runs under a role. Nobody listed such things: roles that trust the service tell what there may be.
    fn taken(&self, source: &Principal, row: &Takeover, proofs: &mut Vec<Proof>) {
        let Some(needs) = self.way(source, row) else { return };
        let roles: Vec<String> = row.services.iter().flat_map(|service| self.trusting(service).to_vec()).map(|(role, _)| role).collect();
        let mut best: Option<(String, Gain)> = None;
        for role in roles.into_iter().filter(|role| **role != *source.arn) {
            let Some(gain) = self.gain(&role, &source.arn) else { continue };
            let (sure, weight) = (gain.surely, |gain: &Gain| (gain.surely, !gain.unread));
            if best.as_ref().is_none_or(|(_, known)| weight(&gain) > weight(known)) {
                best = Some((role, gain));
            }
            if sure {
                break;
            }
        }
        let Some((role, gain)) = best else { return };
        let answer = needs.iter().map(|met| met.answer).min().unwrap_or(Answer::Never).min(Answer::Possibly).min(gain.most());
        proofs.push(Proof {
            path: row.name,
            group: Group::ExistingResource,
            source: source.arn.to_string(),
            what: format!("{}, if one runs as {role}", row.what),
            target: Some(role),
            needs,
            gain,
            supposed: true,
            answer,
        });
    }

    /// The surest way of a row: every call, on the same resource where they take the same kind.
    fn way(&self, source: &Principal, row: &Takeover) -> Option<Vec<Met>> {
        let mut surest: Option<(Answer, Vec<Met>)> = None;
        for way in row.ways {
            if !way.iter().all(|action| self.may(source, action)) {
                continue;
            }
            for first in way.first().map(|action| self.named_by(source, action)).unwrap_or_default() {
                let met = |action: &&'static str| {
                    let same = lookup(action).is_some_and(|id| gain::fits(id, &first));
                    if same { self.met(source, action, &first, Vec::new()) } else { self.met_best(source, action, &Keys::new()) }
                };
                let needs: Vec<Met> = way.iter().map(met).collect();
                let answer = needs.iter().map(|met| met.answer).min().unwrap_or(Answer::Never);
                if answer > surest.as_ref().map_or(Answer::Never, |(answer, _)| *answer) {
                    surest = Some((answer, needs));
                }
            }
        }
        surest.map(|(_, needs)| needs)
    }
}

/// Roles by the principals that their trust names itself.
fn named(account: &Account) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for role in account.principals.values() {
        let documents = role.trust.iter().flat_map(|trust| &trust.policies).filter_map(|one| one.document.as_ref().ok());
        let allows = documents.flat_map(|document| &document.statements).filter(|statement| statement.effect != Effect::Deny);
        for name in allows.filter_map(|statement| statement.principals.as_ref()).flat_map(|who| who.by_kind.values().flatten()) {
            named.entry(name).or_default().insert(&role.arn);
        }
    }
    named
}
