//! Roles, users, groups and managed policies.
//!
//! A full reading walks through GetAccountAuthorizationDetails, not through the roles; a narrow one
//! asks about single roles and policies, and not about users and groups. IAM is global: what one Region's reading found can be handed
//! to another's.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_sdk_iam::types as sdk;
use aws_sdk_iam::types::EntityType;
use serde::{Deserialize, Serialize};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Arn, Listing, Reading, Snapshot, Table, Time, arn, ec2, iam};

use super::ask::{Miss, odd};
use super::call::Call;
use super::run::{Run, each};

const WALK: Call = Call::GetAccountAuthorizationDetails;
pub(super) const GONE: &[&str] = &["NoSuchEntity", "NoSuchEntityException"];

/// What a reading found in IAM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IamFacts {
    /// Whether the walk came to its end, and the roles that it showed.
    pub listing: Listing,
    /// The same with the users that it showed.
    pub user_listing: Listing,
    /// The same with the groups that it showed.
    pub group_listing: Listing,
    /// Roles by name.
    pub roles: Table<iam::Role>,
    /// Users by name.
    pub users: Table<iam::User>,
    /// Groups of users by name.
    pub groups: Table<iam::Group>,
    /// Managed policies by ARN.
    pub policies: Table<iam::ManagedPolicy>,
}

impl IamFacts {
    /// What a snapshot holds of IAM.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let listing = |name: &str| snapshot.listings.get(name).cloned().unwrap_or_default();
        Self {
            listing: listing(WALK.name()),
            user_listing: listing(&listing::users()),
            group_listing: listing(&listing::groups()),
            roles: snapshot.roles.clone(),
            users: snapshot.users.clone(),
            groups: snapshot.groups.clone(),
            policies: snapshot.policies.clone(),
        }
    }

    /// When the walk began, if it came to its end and none failed later. Facts of any other walk are
    /// not worth handing on.
    #[must_use]
    pub fn read_at(&self) -> Option<Time> {
        let complete = self.listing.complete.as_ref()?;
        self.listing.gap().is_none().then_some(complete.read_at)
    }
}

impl Run<'_> {
    /// Every role, user and group, and every managed policy in use.
    pub(super) async fn identities(&self) {
        if let Some(facts) = &self.options.iam {
            let mut now = self.now();
            now.roles = facts.roles.clone();
            now.users = facts.users.clone();
            now.groups = facts.groups.clone();
            now.policies = facts.policies.clone();
            now.listings.insert(WALK.name().to_owned(), facts.listing.clone());
            now.listings.insert(listing::users(), facts.user_listing.clone());
            now.listings.insert(listing::groups(), facts.group_listing.clone());
            return;
        }
        let (users, groups) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
        let filter =
            || vec![EntityType::Role, EntityType::User, EntityType::Group, EntityType::LocalManagedPolicy, EntityType::AwsManagedPolicy];
        let page = async |token: Option<String>, at: Time| {
            let send = |tap| {
                let request = self.clients.iam.get_account_authorization_details().set_filter(Some(filter())).max_items(1000);
                request.set_marker(token.clone()).customize().interceptor(tap).send()
            };
            let answer = self.ask.xml(WALK, send).await?;
            let roles = answer.role_detail_list.unwrap_or_default().into_iter().map(role_detail);
            let names = self.record(WALK, |now| &mut now.roles, at, roles, |role| &role.role_name)?;
            let of_users = answer.user_detail_list.unwrap_or_default().into_iter().map(user_detail);
            let of_users = self.record(WALK, |now| &mut now.users, at, of_users, |user| &user.user_name)?;
            users.lock().unwrap_or_else(PoisonError::into_inner).extend(of_users);
            let of_groups = answer.group_detail_list.unwrap_or_default().into_iter().map(group_detail);
            let of_groups = self.record(WALK, |now| &mut now.groups, at, of_groups, |group| &group.group_name)?;
            groups.lock().unwrap_or_else(PoisonError::into_inner).extend(of_groups);
            let policies = answer.policies.unwrap_or_default().into_iter().map(policy_detail);
            self.record(WALK, |now| &mut now.policies, at, policies, |policy| &policy.arn)?;
            Ok((names, next(WALK, answer.is_truncated, answer.marker)?))
        };
        self.listing(WALK.name(), WALK, page).await;
        self.ends_with_the_walk(listing::users(), users);
        self.ends_with_the_walk(listing::groups(), groups);
    }

    /// Records a listing that was read in one with that of the roles, and is as complete as that is.
    fn ends_with_the_walk(&self, name: String, members: Mutex<BTreeSet<String>>) {
        let members: BTreeSet<String> = members.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut now = self.now();
        // A part of the reading before this one, or the deadline, leaves nothing to be said.
        let Some(Listing { complete, failed }) = now.listings.get(WALK.name()).cloned() else { return };
        match (complete, failed) {
            (Some(complete), _) => now.listing_complete(name, complete.read_at, members),
            (None, Some(failed)) => now.listing_failed(name, failed.read_at, failed.gap),
            (None, None) => {}
        }
    }

    /// Roles by name.
    pub(super) async fn roles(&self, names: BTreeSet<String>) {
        each(names.into_iter().map(async |name: String| {
            let at = (self.clock)();
            let reading = match self.role(&name).await {
                Ok(role) => Reading::known(at, role),
                Err(Miss::Refused(refusal)) if refusal.is(GONE) => Reading::absent(at),
                Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
                Err(Miss::Stopped) => return,
            };
            self.put(|now| &mut now.roles, name, reading);
        }))
        .await;
    }

    async fn role(&self, name: &str) -> Result<iam::Role, Miss> {
        let get = async {
            let send = |tap| self.clients.iam.get_role().role_name(name).customize().interceptor(tap).send();
            self.ask.xml(Call::GetRole, send).await?.role.ok_or_else(|| odd(Call::GetRole, "the answer names no role"))
        };
        let (role, inline, attached, profiles) =
            tokio::try_join!(get, self.inline_policies(name), self.attached_policies(name), self.profiles_of(name))?;
        Ok(iam::Role {
            arn: role.arn,
            role_name: role.role_name,
            role_id: Some(role.role_id),
            path: Some(role.path),
            create_date: role.create_date.to_millis().ok().map(Time::from_millis),
            assume_role_policy_document: role.assume_role_policy_document.and_then(document),
            role_policy_list: inline,
            attached_managed_policies: attached,
            permissions_boundary: role.permissions_boundary.map(boundary),
            instance_profile_list: profiles,
            role_last_used: role.role_last_used.map(last_used),
            tags: tags(role.tags),
        })
    }

    async fn inline_policies(&self, role: &str) -> Result<Vec<iam::InlinePolicy>, Miss> {
        let call = Call::ListRolePolicies;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.iam.list_role_policies().role_name(role).max_items(1000);
                request.set_marker(token.clone()).customize().interceptor(tap).send()
            };
            let answer = self.ask.xml(call, send).await?;
            Ok((answer.policy_names, next(call, answer.is_truncated, answer.marker)?))
        };
        let pages = self.pages(call, page).await;
        if let Some(miss) = pages.miss {
            return Err(miss);
        }
        let read = each(pages.ids.into_iter().map(async |name: String| {
            let call = Call::GetRolePolicy;
            let send = |tap| self.clients.iam.get_role_policy().role_name(role).policy_name(&name).customize().interceptor(tap).send();
            match self.ask.xml(call, send).await {
                Ok(answer) => Ok(Some(iam::InlinePolicy { policy_document: document(answer.policy_document), policy_name: name })),
                // Taken away since it was listed.
                Err(Miss::Refused(refusal)) if refusal.is(GONE) => Ok(None),
                Err(miss) => Err(miss),
            }
        }))
        .await;
        let mut policies: Vec<iam::InlinePolicy> = read.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        policies.sort_by(|one, other| one.policy_name.cmp(&other.policy_name));
        Ok(policies)
    }

    async fn attached_policies(&self, role: &str) -> Result<Vec<iam::AttachedPolicy>, Miss> {
        let call = Call::ListAttachedRolePolicies;
        let read = Mutex::new(Vec::new());
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.iam.list_attached_role_policies().role_name(role).max_items(1000);
                request.set_marker(token.clone()).customize().interceptor(tap).send()
            };
            let answer = self.ask.xml(call, send).await?;
            let policies = answer.attached_policies.unwrap_or_default().into_iter().map(attached);
            read.lock().unwrap_or_else(PoisonError::into_inner).extend(policies);
            Ok((Vec::new(), next(call, answer.is_truncated, answer.marker)?))
        };
        let pages = self.pages(call, page).await;
        pages.miss.map_or_else(|| Ok(read.into_inner().unwrap_or_else(PoisonError::into_inner)), Err)
    }

    async fn profiles_of(&self, role: &str) -> Result<Vec<iam::InstanceProfile>, Miss> {
        let call = Call::ListInstanceProfilesForRole;
        let read = Mutex::new(Vec::new());
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.iam.list_instance_profiles_for_role().role_name(role).max_items(1000);
                request.set_marker(token.clone()).customize().interceptor(tap).send()
            };
            let answer = self.ask.xml(call, send).await?;
            read.lock().unwrap_or_else(PoisonError::into_inner).extend(answer.instance_profiles.into_iter().map(profile));
            Ok((Vec::new(), next(call, answer.is_truncated, answer.marker)?))
        };
        let pages = self.pages(call, page).await;
        pages.miss.map_or_else(|| Ok(read.into_inner().unwrap_or_else(PoisonError::into_inner)), Err)
    }

    /// The names of the roles whose reading an instance profile makes stale: those in it, and those that
    /// were.
    pub(super) async fn roles_in_profile(&self, name: &str) -> BTreeSet<String> {
        let has = |role: &iam::Role| {
            role.instance_profile_list
                .iter()
                .any(|profile| profile.instance_profile_name.as_deref() == Some(name) || arn::last_segment(&profile.arn) == name)
        };
        let before = self.known.roles.iter().filter(|(_, reading)| reading.value().is_some_and(has)).map(|(role, _)| role.clone());
        let mut roles: BTreeSet<String> = before.collect();
        let at = (self.clock)();
        let send = |tap| self.clients.iam.get_instance_profile().instance_profile_name(name).customize().interceptor(tap).send();
        match self.ask.xml(Call::GetInstanceProfile, send).await {
            Ok(answer) => roles.extend(answer.instance_profile.into_iter().flat_map(|profile| profile.roles).map(|role| role.role_name)),
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => {}
            // Which role the hosts carry is told by the roles: any of them may be the one.
            Err(Miss::Refused(refusal)) => self.now().listing_failed(WALK.name(), at, refusal.gap()),
            Err(Miss::Stopped) => {}
        }
        roles
    }

    /// Managed policies by ARN, each with the version in force, the customer's own with the others too.
    pub(super) async fn policies(&self, arns: BTreeSet<String>) {
        each(arns.into_iter().map(async |policy_arn: String| {
            let at = (self.clock)();
            let reading = match self.policy(&policy_arn).await {
                Ok(policy) => Reading::known(at, policy),
                Err(Miss::Refused(refusal)) if refusal.is(GONE) => Reading::absent(at),
                Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
                Err(Miss::Stopped) => return,
            };
            self.put(|now| &mut now.policies, policy_arn, reading);
        }))
        .await;
    }

    async fn policy(&self, policy_arn: &str) -> Result<iam::ManagedPolicy, Miss> {
        let call = Call::GetPolicy;
        let send = |tap| self.clients.iam.get_policy().policy_arn(policy_arn).customize().interceptor(tap).send();
        let policy = self.ask.xml(call, send).await?.policy.ok_or_else(|| odd(call, "the answer names no policy"))?;
        let in_force = policy.default_version_id.clone().ok_or_else(|| odd(call, "the answer names no version"))?;
        let mut versions = if iam::is_of_aws(policy_arn) { BTreeSet::new() } else { self.policy_versions(policy_arn).await? };
        versions.insert(in_force.clone());
        let read = each(versions.iter().map(|version| self.policy_version(policy_arn, version, &in_force))).await;
        let policy = iam::ManagedPolicy {
            arn: policy_arn.to_owned(),
            policy_name: policy.policy_name,
            default_version_id: Some(in_force.clone()),
            is_attachable: Some(policy.is_attachable),
            policy_version_list: read.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?,
        };
        Ok(policy.tidied())
    }

    /// The names of the versions that there are.
    async fn policy_versions(&self, policy_arn: &str) -> Result<BTreeSet<String>, Miss> {
        let call = Call::ListPolicyVersions;
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.iam.list_policy_versions().policy_arn(policy_arn).max_items(1000);
                request.set_marker(token.clone()).customize().interceptor(tap).send()
            };
            let answer = self.ask.xml(call, send).await?;
            let ids = answer.versions.unwrap_or_default().into_iter().filter_map(|version| version.version_id).collect();
            Ok((ids, next(call, answer.is_truncated, answer.marker)?))
        };
        let pages = self.pages(call, page).await;
        pages.miss.map_or(Ok(pages.ids), Err)
    }

    /// A version with its text; none if it was deleted since it was listed, which that in force cannot be.
    async fn policy_version(&self, policy_arn: &str, version: &str, in_force: &str) -> Result<Option<iam::PolicyVersion>, Miss> {
        let call = Call::GetPolicyVersion;
        let send = |tap| {
            let request = self.clients.iam.get_policy_version().policy_arn(policy_arn).version_id(version);
            request.customize().interceptor(tap).send()
        };
        match self.ask.xml(call, send).await {
            Ok(answer) => {
                answer.policy_version.map(|version| Some(policy_version(version))).ok_or_else(|| odd(call, "the answer names no version"))
            }
            Err(Miss::Refused(refusal)) if refusal.is(GONE) && version != in_force => Ok(None),
            Err(miss) => Err(miss),
        }
    }

    /// The name of a role of this account, if the text is its ARN or name.
    pub(super) fn own_role(&self, text: &str) -> Option<String> {
        let foreign = text.parse::<Arn>().is_ok_and(|arn| arn.account != self.place.account);
        let name = arn::role_name(text);
        (!foreign && !name.is_empty()).then(|| name.to_owned())
    }
}

/// The token of the next page. That there is one without a name for it is no end.
pub(super) fn next(call: Call, truncated: bool, marker: Option<String>) -> Result<Option<String>, Miss> {
    match (truncated, marker) {
        (false, _) => Ok(None),
        (true, Some(marker)) if !marker.is_empty() => Ok(Some(marker)),
        (true, _) => Err(odd(call, "the answer announces a further page and does not say how to get it")),
    }
}

/// A policy document as the model keeps it, decoded by the model's own rules.
fn document(text: impl Into<String>) -> Option<String> {
    let wrapped = serde_json::json!({ "PolicyDocument": text.into() });
    serde_json::from_value::<iam::InlinePolicy>(wrapped).ok().and_then(|policy| policy.policy_document)
}

fn role_detail(role: sdk::RoleDetail) -> iam::Role {
    iam::Role {
        arn: role.arn.unwrap_or_default(),
        role_name: role.role_name.unwrap_or_default(),
        role_id: role.role_id,
        path: role.path,
        create_date: role.create_date.and_then(|at| at.to_millis().ok()).map(Time::from_millis),
        assume_role_policy_document: role.assume_role_policy_document.and_then(document),
        role_policy_list: inline(role.role_policy_list),
        attached_managed_policies: role.attached_managed_policies.unwrap_or_default().into_iter().map(attached).collect(),
        permissions_boundary: role.permissions_boundary.map(boundary),
        instance_profile_list: role.instance_profile_list.unwrap_or_default().into_iter().map(profile).collect(),
        role_last_used: role.role_last_used.map(last_used),
        tags: tags(role.tags),
    }
}

fn user_detail(user: sdk::UserDetail) -> iam::User {
    iam::User {
        arn: user.arn.unwrap_or_default(),
        user_name: user.user_name.unwrap_or_default(),
        user_id: user.user_id,
        path: user.path,
        user_policy_list: inline(user.user_policy_list),
        attached_managed_policies: user.attached_managed_policies.unwrap_or_default().into_iter().map(attached).collect(),
        group_list: user.group_list.unwrap_or_default(),
        permissions_boundary: user.permissions_boundary.map(boundary),
        tags: tags(user.tags),
    }
}

fn group_detail(group: sdk::GroupDetail) -> iam::Group {
    iam::Group {
        arn: group.arn.unwrap_or_default(),
        group_name: group.group_name.unwrap_or_default(),
        group_id: group.group_id,
        path: group.path,
        group_policy_list: inline(group.group_policy_list),
        attached_managed_policies: group.attached_managed_policies.unwrap_or_default().into_iter().map(attached).collect(),
    }
}

fn inline(policies: Option<Vec<sdk::PolicyDetail>>) -> Vec<iam::InlinePolicy> {
    let read = |policy: sdk::PolicyDetail| iam::InlinePolicy {
        policy_name: policy.policy_name.unwrap_or_default(),
        policy_document: policy.policy_document.and_then(document),
    };
    policies.unwrap_or_default().into_iter().map(read).collect()
}

fn policy_detail(policy: sdk::ManagedPolicyDetail) -> iam::ManagedPolicy {
    let policy = iam::ManagedPolicy {
        arn: policy.arn.unwrap_or_default(),
        policy_name: policy.policy_name,
        default_version_id: policy.default_version_id,
        is_attachable: Some(policy.is_attachable),
        policy_version_list: policy.policy_version_list.unwrap_or_default().into_iter().map(policy_version).collect(),
    };
    policy.tidied()
}

fn policy_version(version: sdk::PolicyVersion) -> iam::PolicyVersion {
    iam::PolicyVersion {
        version_id: version.version_id,
        is_default_version: Some(version.is_default_version),
        document: version.document.and_then(document),
    }
}

fn attached(policy: sdk::AttachedPolicy) -> iam::AttachedPolicy {
    iam::AttachedPolicy { policy_name: policy.policy_name, policy_arn: policy.policy_arn.unwrap_or_default() }
}

fn boundary(boundary: sdk::AttachedPermissionsBoundary) -> iam::Boundary {
    iam::Boundary { permissions_boundary_arn: boundary.permissions_boundary_arn }
}

fn profile(profile: sdk::InstanceProfile) -> iam::InstanceProfile {
    iam::InstanceProfile { arn: profile.arn, instance_profile_name: Some(profile.instance_profile_name) }
}

fn last_used(used: sdk::RoleLastUsed) -> iam::LastUsed {
    let at = used.last_used_date.and_then(|at| at.to_millis().ok()).map(Time::from_millis);
    iam::LastUsed { last_used_date: at, region: used.region }
}

fn tags(tags: Option<Vec<sdk::Tag>>) -> Vec<ec2::Tag> {
    tags.unwrap_or_default().into_iter().map(|tag| ec2::Tag { key: tag.key, value: Some(tag.value) }).collect()
}
