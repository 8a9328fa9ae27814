//! Other principals that a source may become or change.

use super::web::{MOST, Web};
use super::{Group, Met, Proof};
use crate::account::Principal;
use crate::eval::{Answer, Bounds, Stack};
use crate::gain::Gain;
use crate::key::Keys;

/// Calls of this group: a source that may make none of them, and that no trust policy names, reaches nobody.
pub(super) const CALLS: &[&str] = &[
    "sts:AssumeRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
];

/// Every other principal of the account that `source` may act as.
pub(super) fn principals(web: &Web<'_>, source: &Principal) -> Vec<Proof> {
    let reach = Reach { web, source };
    let mut proofs = Vec::new();
    let calls = CALLS.iter().any(|action| web.may(source, action));
    let everybody = || web.account.principals.values();
    let mut targets: Vec<&Principal> = if calls { everybody().collect() } else { web.naming(&source.arn) };
    targets.sort_by_key(|target| !web.is_literal_administrator(&target.arn));
    for target in targets.into_iter().filter(|target| target.arn != source.arn) {
        if proofs.len() >= MOST {
            break;
        }
        if target.is_role() {
            reach.role(target, &mut proofs);
        } else {
            reach.user(target, &mut proofs);
        }
    }
    reach.beyond(&mut proofs);
    proofs
}

struct Reach<'w, 'a> {
    web: &'w Web<'a>,
    source: &'w Principal,
}

impl Reach<'_, '_> {
    fn met(&self, action: &'static str, on: &str) -> Met {
        self.web.met(self.source, action, on, Vec::new())
    }

    fn push(&self, proofs: &mut Vec<Proof>, path: &'static str, target: &Principal, needs: Vec<Met>, gain: Option<Gain>) {
        let answer = needs.iter().map(|met| met.answer).min().unwrap_or(Answer::Never);
        if let (true, Some(gain)) = (answer > Answer::Never, gain) {
            let answer = answer.min(gain.most());
            proofs.push(Proof {
                path,
                group: Group::Principals,
                source: self.source.arn.to_string(),
                target: Some(target.arn.to_string()),
                what: target.arn.to_string(),
                needs,
                gain,
                supposed: false,
                answer,
            });
        }
    }

    fn role(&self, target: &Principal, proofs: &mut Vec<Proof>) {
        let assume = self.web.assume(self.source, target);
        let rewrite = self.met("iam:UpdateAssumeRolePolicy", &target.arn);
        let way_in = if assume.answer >= rewrite.answer { &assume } else { &rewrite };
        if way_in.answer == Answer::Never {
            return;
        }
        let gain = self.web.gain(&target.arn, &self.source.arn);
        self.push(proofs, "assume-role", target, vec![assume.clone()], gain.clone());
        self.push(proofs, "rewrite-trust", target, vec![rewrite.clone()], gain);
        self.rewritten(proofs, "other-role-policy", target, way_in, ["iam:PutRolePolicy", "iam:AttachRolePolicy"]);
    }

    fn user(&self, target: &Principal, proofs: &mut Vec<Proof>) {
        let key = self.met("iam:CreateAccessKey", &target.arn);
        let made = self.met("iam:CreateLoginProfile", &target.arn);
        let changed = self.met("iam:UpdateLoginProfile", &target.arn);
        let login = if made.answer >= changed.answer { made } else { changed };
        let way_in = if key.answer >= login.answer { key.clone() } else { login.clone() };
        if way_in.answer > Answer::Never {
            let gain = self.web.gain(&target.arn, &self.source.arn);
            self.push(proofs, "user-key", target, vec![key], gain.clone());
            // Whether a login exists, and whether it asks for a second factor, was not read.
            let login = Met { answer: login.answer.min(Answer::Possibly), ..login };
            self.push(proofs, "user-login", target, vec![login], gain);
            self.rewritten(proofs, "user-policy", target, &way_in, ["iam:PutUserPolicy", "iam:AttachUserPolicy"]);
            self.unbounded(proofs, target, &way_in);
            self.groups(proofs, target, &way_in);
        }
        for action in ["iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"] {
            let met = self.met(action, &target.arn);
            // Such credentials open single services only.
            let met = Met { answer: met.answer.min(Answer::Possibly), ..met };
            if met.answer > Answer::Never {
                let gain = self.web.gain(&target.arn, &self.source.arn);
                self.push(proofs, "service-credential", target, vec![met], gain);
            }
        }
    }

    /// The target after the source has changed its policies, its managed ones included.
    fn rewritten(&self, proofs: &mut Vec<Proof>, path: &'static str, target: &Principal, way_in: &Met, calls: [&'static str; 2]) {
        let by_version = target.managed.iter().map(|policy| self.met("iam:CreatePolicyVersion", policy));
        let changes = calls.into_iter().map(|action| self.met(action, &target.arn)).chain(by_version);
        let Some(change) = changes.max_by_key(|met| met.answer).filter(|met| met.answer > Answer::Never) else { return };
        let gain = self.web.gain_unlimited(target, &self.source.arn);
        self.push(proofs, path, target, vec![change, way_in.clone()], gain);
    }

    fn unbounded(&self, proofs: &mut Vec<Proof>, target: &Principal, way_in: &Met) {
        if target.stack.boundary.is_none() {
            return;
        }
        let drops = ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"].map(|action| self.met(action, &target.arn));
        let Some(drop) = drops.into_iter().max_by_key(|met| met.answer).filter(|met| met.answer > Answer::Never) else { return };
        let stack = Stack { boundary: None, ..target.stack.clone() };
        self.grown(proofs, "user-boundary", target, vec![drop, way_in.clone()], &stack);
    }

    /// The target after the source has changed a group it is in, or put it into another.
    fn groups(&self, proofs: &mut Vec<Proof>, target: &Principal, way_in: &Met) {
        let changes =
            target.groups.iter().flat_map(|group| ["iam:PutGroupPolicy", "iam:AttachGroupPolicy"].map(|action| self.met(action, group)));
        if let Some(change) = changes.max_by_key(|met| met.answer).filter(|met| met.answer > Answer::Never) {
            let gain = self.web.gain_unlimited(target, &self.source.arn);
            self.push(proofs, "group", target, vec![change, way_in.clone()], gain);
        }
        if !self.web.may(self.source, "iam:AddUserToGroup") {
            return;
        }
        for (group, documents) in self.web.account.groups.iter().filter(|(group, _)| !target.groups.contains(group)) {
            let added = self.met("iam:AddUserToGroup", group);
            if added.answer > Answer::Never {
                let mut stack = target.stack.clone();
                stack.identity.extend(documents.iter().cloned());
                self.grown(proofs, "group", target, vec![added, way_in.clone()], &stack);
            }
        }
    }

    /// What the source gains as the target with other documents.
    fn grown(&self, proofs: &mut Vec<Proof>, path: &'static str, target: &Principal, needs: Vec<Met>, stack: &Stack) {
        let grown = Bounds::new(stack, self.web.account.keys(target));
        let gain = self.web.gain_between(&grown, self.web.bounds(&self.source.arn));
        self.push(proofs, path, target, needs, gain);
    }

    /// Principals that are not listed: what is reached is supposed.
    fn beyond(&self, proofs: &mut Vec<Proof>) {
        const BEYOND: &[(&str, &str, &[&str])] = &[
            ("federation", "roles that trust the identity provider", &["iam:UpdateSAMLProvider"]),
            ("federation", "roles that trust the identity provider", &["iam:UpdateOpenIDConnectProviderThumbprint"]),
            ("federation", "roles that trust the identity provider", &["iam:AddClientIDToOpenIDConnectProvider"]),
            ("assume-root", "the root user of a member account", &["sts:AssumeRoot"]),
            ("identity-center", "a permission set", &["sso:AttachManagedPolicyToPermissionSet", "sso:ProvisionPermissionSet"]),
            ("identity-center", "a permission set", &["sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet"]),
            (
                "identity-center",
                "a new permission set",
                &["sso:CreatePermissionSet", "sso:AttachManagedPolicyToPermissionSet", "sso:CreateAccountAssignment"],
            ),
            (
                "identity-center",
                "a new permission set",
                &["sso:CreatePermissionSet", "sso:PutInlinePolicyToPermissionSet", "sso:CreateAccountAssignment"],
            ),
        ];
        for (path, what, actions) in BEYOND {
            if !actions.iter().all(|action| self.web.may(self.source, action)) {
                continue;
            }
            let needs: Vec<Met> = actions.iter().map(|action| self.web.met_best(self.source, action, &Keys::new())).collect();
            let answer = needs.iter().map(|met| met.answer).min().unwrap_or(Answer::Never).min(Answer::Possibly);
            if answer > Answer::Never {
                let gain = Gain { action: "iam:PutRolePolicy", resource: "*".to_owned(), surely: false, unread: false };
                let source = self.source.arn.to_string();
                proofs.push(Proof {
                    path,
                    group: Group::Principals,
                    source,
                    target: None,
                    what: (*what).to_owned(),
                    needs,
                    gain,
                    supposed: true,
                    answer,
                });
            }
        }
    }
}
