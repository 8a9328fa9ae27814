//! What a principal may make of itself.

use super::web::Web;
use super::{Group, Met, Proof};
use crate::account::{Principal, unlimited};
use crate::eval::{Answer, Bounds, Stack};
use crate::key::{KeyState, Keys};
use crate::policy::{Atom, Document, Effect};

/// Every way in which `source` can raise itself.
pub(super) fn own(web: &Web<'_>, source: &Principal) -> Vec<Proof> {
    let own = Own { web, source };
    let mut proofs = Vec::new();
    own.rewrite(&mut proofs);
    own.versions(&mut proofs);
    own.without(&mut proofs);
    own.boundary(&mut proofs);
    own.retag(&mut proofs);
    own.new_role(&mut proofs);
    proofs
}

struct Own<'w, 'a> {
    web: &'w Web<'a>,
    source: &'w Principal,
}

impl Own<'_, '_> {
    /// The role's or user's name for a call that changes it.
    fn call(&self, of_role: &'static str, of_user: &'static str) -> &'static str {
        if self.source.is_role() { of_role } else { of_user }
    }

    fn on_itself(&self, action: &'static str) -> Met {
        self.web.met(self.source, action, &self.source.arn, Vec::new())
    }

    fn push(&self, proofs: &mut Vec<Proof>, path: &'static str, what: String, needs: Vec<Met>, stack: &Stack, keys: Option<Keys>) {
        let Some(answer) = needs.iter().map(|met| met.answer).min().filter(|answer| *answer > Answer::Never) else { return };
        let keys = keys.unwrap_or_else(|| self.web.account.keys(self.source));
        let grown = Bounds::new(stack, keys);
        if let Some(gain) = self.web.gain_between(&grown, self.web.bounds(&self.source.arn)) {
            let source = self.source.arn.to_string();
            let answer = answer.min(gain.most());
            proofs.push(Proof { path, group: Group::Own, source, target: None, what, needs, gain, supposed: false, answer });
        }
    }

    fn rewrite(&self, proofs: &mut Vec<Proof>) {
        let all = unlimited(&self.source.stack);
        for (path, action) in [
            ("self-put-policy", self.call("iam:PutRolePolicy", "iam:PutUserPolicy")),
            ("self-attach-policy", self.call("iam:AttachRolePolicy", "iam:AttachUserPolicy")),
        ] {
            self.push(proofs, path, "any policy of its own choosing".to_owned(), vec![self.on_itself(action)], &all, None);
        }
        for policy in &self.source.managed {
            let met = self.web.met(self.source, "iam:CreatePolicyVersion", policy, Vec::new());
            self.push(proofs, "self-policy-version", format!("a new version of {policy}"), vec![met], &all, None);
        }
    }

    /// Older versions of attached policies that grant more.
    fn versions(&self, proofs: &mut Vec<Proof>) {
        for version in &self.source.other_versions {
            let mut stack = self.source.stack.clone();
            let Some(attached) = stack.identity.get_mut(version.position) else { continue };
            attached.document = version.document.clone();
            let met = self.web.met(self.source, "iam:SetDefaultPolicyVersion", &version.policy, Vec::new());
            self.push(proofs, "self-default-version", format!("version {} of {}", version.id, version.policy), vec![met], &stack, None);
        }
    }

    /// Documents whose Deny it may remove.
    fn without(&self, proofs: &mut Vec<Proof>) {
        for (position, attached) in self.source.stack.identity.iter().enumerate() {
            let denies = |document: &Document| document.statements.iter().any(|statement| statement.effect == Effect::Deny);
            if !attached.document.as_ref().is_ok_and(|document| denies(document)) {
                continue;
            }
            let mut stack = self.source.stack.clone();
            stack.identity.remove(position);
            let action = if attached.name.starts_with("inline/") {
                self.call("iam:DeleteRolePolicy", "iam:DeleteUserPolicy")
            } else {
                self.call("iam:DetachRolePolicy", "iam:DetachUserPolicy")
            };
            self.push(proofs, "self-drop-deny", format!("itself without {}", attached.name), vec![self.on_itself(action)], &stack, None);
        }
    }

    fn boundary(&self, proofs: &mut Vec<Proof>) {
        if self.source.stack.boundary.is_none() {
            return;
        }
        let stack = Stack { boundary: None, ..self.source.stack.clone() };
        for action in [
            self.call("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"),
            self.call("iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"),
        ] {
            let what = "itself without its permissions boundary".to_owned();
            self.push(proofs, "self-drop-boundary", what, vec![self.on_itself(action)], &stack, None);
        }
    }

    /// Tags of its own choosing, where its policies look at them.
    fn retag(&self, proofs: &mut Vec<Proof>) {
        let looks = |atom: &Atom| {
            atom.folded_key.starts_with("aws:principaltag/")
                || atom.values.iter().any(|value| value.to_ascii_lowercase().contains("aws:principaltag/"))
        };
        let documents = self.source.stack.identity.iter().filter_map(|attached| attached.document.as_ref().ok());
        let statements = || documents.clone().flat_map(|document| &document.statements);
        let in_resources = statements().filter_map(|statement| statement.resources.as_ref()).flat_map(|resources| &resources.patterns);
        let looked_at = statements().flat_map(|statement| &statement.conditions).any(looks)
            || in_resources.into_iter().any(|pattern| pattern.text().to_ascii_lowercase().contains("aws:principaltag/"));
        if !looked_at {
            return;
        }
        let mut keys = self.web.account.keys(self.source);
        for (name, _) in &self.source.tags {
            keys.set(&format!("aws:PrincipalTag/{name}"), KeyState::Chosen);
        }
        keys.set("aws:PrincipalTag/", KeyState::Chosen);
        for action in [self.call("iam:TagRole", "iam:TagUser"), self.call("iam:UntagRole", "iam:UntagUser")] {
            let what = "itself with tags of its own choosing".to_owned();
            self.push(proofs, "self-retag", what, vec![self.on_itself(action)], &self.source.stack, Some(keys.clone()));
        }
    }

    /// A new role whose trust names the source, with any policy.
    fn new_role(&self, proofs: &mut Vec<Proof>) {
        let partition = self.source.arn.split(':').nth(1).unwrap_or("aws");
        let made_up = format!("arn:{partition}:iam::{}:role/a-new-role", self.web.account.id);
        let named = self.web.named_by(self.source, "iam:CreateRole").into_iter().next().unwrap_or(made_up);
        // A boundary asked for limits the new role: then it is not known what it could do.
        let unbounded = Keys::new().with("iam:PermissionsBoundary", KeyState::Absent);
        let met = |action| self.web.met_with(self.source, action, &named, Vec::new(), &unbounded);
        let created = met("iam:CreateRole");
        let all = Stack { boundary: None, ..unlimited(&self.source.stack) };
        for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy"] {
            let needs = vec![created.clone(), met(action)];
            self.push(proofs, "create-role", "a new role with any policy".to_owned(), needs, &all, None);
        }
        let mut acquired = self.on_anything("iam:AcquireRole");
        // Known from the service's model only.
        acquired.answer = acquired.answer.min(Answer::Possibly);
        self.push(proofs, "acquire-role", "a role from a template of AWS".to_owned(), vec![acquired], &all, None);
    }

    fn on_anything(&self, action: &'static str) -> Met {
        self.web.met_best(self.source, action, &Keys::new())
    }
}
