//! The principals of one account with everything that bears on them.
//!
//! The unit is the principal: all its policies together, its boundary, its trust; never one document.
//! Documents are parsed once, however many principals share them.
//!
//! Not known here: policies of the organisation, unless they are handed in; sessions and their tags.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use wallwalk_model::{Fact, Gap, GapReason, Reading, Table, Time, arn, iam};

use crate::eval::{Attached, Bounds, Caller, Resource, ResourceKind, SessionOf, Situation, Stack};
use crate::key::Keys;
use crate::policy::{Document, Kind, parse};

/// What was read of an account's IAM.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'t> {
    /// Roles by name.
    pub roles: &'t Table<iam::Role>,
    /// Managed policies by ARN.
    pub policies: &'t Table<iam::ManagedPolicy>,
    /// Users by name.
    pub users: &'t Table<iam::User>,
    /// Groups by name.
    pub groups: &'t Table<iam::Group>,
}

/// The principals of one account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The twelve digits.
    pub id: Box<str>,
    /// Roles and users by ARN.
    pub principals: BTreeMap<Box<str>, Principal>,
    /// Identifier of the organisation, where it is known.
    pub organization: Option<Box<str>>,
    /// Groups by ARN, with their policies.
    pub groups: BTreeMap<Box<str>, Vec<Attached>>,
    /// Customer managed policies: which principals they are attached to.
    pub attached: BTreeMap<Box<str>, Vec<Box<str>>>,
    /// The time of judgement.
    pub now: Time,
    /// A caller without any document, who stands for principals that are not listed.
    pub(crate) nobody: Stack,
}

/// A role or a user.
#[derive(Clone, Debug)]
pub struct Principal {
    /// ARN.
    pub arn: Box<str>,
    /// What its sessions are of; whoever may assume it, unless more is said.
    pub of: SessionOf,
    /// Unique id.
    pub id: Option<Box<str>>,
    /// Tags.
    pub tags: Vec<(Box<str>, Box<str>)>,
    /// Its documents.
    pub stack: Stack,
    /// ARNs of the groups that a user is in.
    pub groups: Vec<Box<str>>,
    /// Customer managed policies attached to it, by ARN.
    pub managed: Vec<Box<str>>,
    /// Versions of those policies that are not in force.
    pub other_versions: Vec<Version>,
    /// Its trust policy; none for users.
    pub trust: Option<Resource>,
}

/// A version of a managed policy that is not in force.
#[derive(Clone, Debug)]
pub struct Version {
    /// ARN of the policy.
    pub policy: Box<str>,
    /// Position of its default version in the stack's identity policies.
    pub position: usize,
    /// `v2`.
    pub id: Box<str>,
    /// What it says, or why that is not known.
    pub document: Result<Arc<Document>, Gap>,
}

impl Account {
    /// Reads the tables. Rows that are gaps or absent yield no principal.
    #[must_use]
    pub fn new(id: &str, tables: Tables<'_>, now: Time) -> Self {
        let mut library = Library { policies: tables.policies, parsed: BTreeMap::new() };
        let mut account = Self {
            id: id.into(),
            principals: BTreeMap::new(),
            groups: BTreeMap::new(),
            organization: None,
            attached: BTreeMap::new(),
            now,
            nobody: Stack::new(Caller::role("")),
        };
        for role in tables.roles.values().filter_map(Reading::value) {
            account.add(role_of(role, &mut library));
        }
        for group in tables.groups.values().filter_map(Reading::value) {
            let mut documents = inline(&group.group_policy_list, "iam:GetGroupPolicy");
            documents.extend(library.attached(&group.attached_managed_policies).into_iter().map(|(attached, _)| attached));
            account.groups.insert(group.arn.as_str().into(), documents);
        }
        for user in tables.users.values().filter_map(Reading::value) {
            account.add(user_of(user, tables.groups, &mut library));
        }
        account
    }

    fn add(&mut self, principal: Principal) {
        for policy in &principal.managed {
            self.attached.entry(policy.clone()).or_default().push(principal.arn.clone());
        }
        self.principals.insert(principal.arn.clone(), principal);
    }

    /// What is known of a principal's keys.
    #[must_use]
    pub fn keys(&self, principal: &Principal) -> Keys {
        let tags: Vec<_> = principal.tags.iter().map(|(name, value)| (&**name, &**value)).collect();
        let situation = Situation {
            arn: &principal.arn,
            id: principal.id.as_deref(),
            tags: Some(&tags),
            of: principal.of,
            organization: self.organization.as_deref(),
            now: self.now,
        };
        situation.keys()
    }

    /// What a principal may do.
    #[must_use]
    pub fn bounds<'a>(&self, principal: &'a Principal) -> Bounds<'a> {
        Bounds::new(&principal.stack, self.keys(principal))
    }

    /// Says what the sessions of a role are of.
    pub fn sessions(&mut self, arn: &str, of: SessionOf) {
        if let Some(principal) = self.principals.get_mut(arn) {
            principal.of = of;
        }
    }
}

/// Documents of managed policies, parsed once.
struct Library<'t> {
    policies: &'t Table<iam::ManagedPolicy>,
    parsed: BTreeMap<(&'t str, Kind), Result<Arc<Document>, Gap>>,
}

impl<'t> Library<'t> {
    fn managed(&mut self, policy_arn: &str, kind: Kind) -> Result<Arc<Document>, Gap> {
        let call = "iam:GetPolicyVersion";
        let Some((key, reading)) = self.policies.get_key_value(policy_arn) else { return Err(Gap::not_asked(call)) };
        if let Some(known) = self.parsed.get(&(key.as_str(), kind)) {
            return known.clone();
        }
        let text = match &reading.fact {
            Fact::Known(policy) => policy.default_document().ok_or_else(|| Gap::not_asked(call)),
            Fact::Gap(gap) => Err(gap.clone()),
            Fact::Absent => Err(Gap::not_modelled("a policy that no longer exists")),
        };
        let document = text.and_then(|text| read(text, kind));
        self.parsed.insert((key, kind), document.clone());
        document
    }

    fn attached(&mut self, list: &[iam::AttachedPolicy]) -> Vec<(Attached, Box<str>)> {
        let mut all = Vec::new();
        for one in list {
            let name = one.policy_name.as_deref().unwrap_or_else(|| arn::last_segment(&one.policy_arn));
            let document = self.managed(&one.policy_arn, Kind::Identity);
            all.push((Attached { name: format!("managed/{name}").into(), document }, one.policy_arn.as_str().into()));
        }
        all
    }

    fn boundary(&mut self, boundary: Option<&iam::Boundary>) -> Option<Attached> {
        let policy_arn = boundary?.permissions_boundary_arn.as_deref()?;
        let name = format!("boundary/{}", arn::last_segment(policy_arn)).into();
        Some(Attached { name, document: self.managed(policy_arn, Kind::Boundary) })
    }
}

/// A document that cannot be understood counts as unread.
///
/// # Errors
/// The gap.
pub fn read(text: &str, kind: Kind) -> Result<Arc<Document>, Gap> {
    let unread = || Gap::new("a policy document", GapReason::NotModelled, "it is not valid JSON, or too large");
    parse(text, kind).document.map(Arc::new).ok_or_else(unread)
}

fn inline(list: &[iam::InlinePolicy], call: &str) -> Vec<Attached> {
    let one = |policy: &iam::InlinePolicy| {
        let text = policy.policy_document.as_deref().ok_or_else(|| Gap::not_asked(call));
        Attached { name: format!("inline/{}", policy.policy_name).into(), document: text.and_then(|text| read(text, Kind::Identity)) }
    };
    list.iter().map(one).collect()
}

fn role_of(role: &iam::Role, library: &mut Library<'_>) -> Principal {
    let caller = Caller::role(&role.arn);
    let trust = role.assume_role_policy_document.as_deref().ok_or_else(|| Gap::not_asked("iam:GetRole"));
    let trust = Resource {
        account: caller.account.clone(),
        kind: ResourceKind::Trust,
        policies: vec![Attached { name: "trust".into(), document: trust.and_then(|text| read(text, Kind::Trust)) }],
        complete: true,
    };
    let mut stack = Stack::new(caller);
    stack.identity = inline(&role.role_policy_list, "iam:GetRolePolicy");
    stack.boundary = library.boundary(role.permissions_boundary.as_ref());
    let tags = role.tags.iter().map(|tag| (tag.key.as_str().into(), tag.value.as_deref().unwrap_or_default().into())).collect();
    let principal = Principal {
        arn: role.arn.as_str().into(),
        of: SessionOf::Role,
        id: role.role_id.as_deref().map(Into::into),
        tags,
        stack,
        groups: Vec::new(),
        managed: Vec::new(),
        other_versions: Vec::new(),
        trust: Some(trust),
    };
    with_managed(principal, &role.attached_managed_policies, library)
}

fn user_of(user: &iam::User, groups: &Table<iam::Group>, library: &mut Library<'_>) -> Principal {
    let mut stack = Stack::new(Caller::user(&user.arn));
    stack.identity = inline(&user.user_policy_list, "iam:GetUserPolicy");
    stack.boundary = library.boundary(user.permissions_boundary.as_ref());
    let mut managed = user.attached_managed_policies.clone();
    let mut member_of = Vec::new();
    for name in &user.group_list {
        match groups.get(name).map(|reading| &reading.fact) {
            Some(Fact::Known(group)) => {
                member_of.push(group.arn.as_str().into());
                stack.identity.extend(inline(&group.group_policy_list, "iam:GetGroupPolicy"));
                managed.extend(group.attached_managed_policies.iter().cloned());
            }
            Some(Fact::Gap(gap)) => stack.identity.push(Attached { name: format!("group/{name}").into(), document: Err(gap.clone()) }),
            Some(Fact::Absent) => {}
            None => {
                let gap = Gap::not_asked("iam:GetAccountAuthorizationDetails");
                stack.identity.push(Attached { name: format!("group/{name}").into(), document: Err(gap) });
            }
        }
    }
    let tags = user.tags.iter().map(|tag| (tag.key.as_str().into(), tag.value.as_deref().unwrap_or_default().into())).collect();
    let principal = Principal {
        arn: user.arn.as_str().into(),
        of: SessionOf::User,
        id: user.user_id.as_deref().map(Into::into),
        tags,
        stack,
        groups: member_of,
        managed: Vec::new(),
        other_versions: Vec::new(),
        trust: None,
    };
    with_managed(principal, &managed, library)
}

fn with_managed(mut principal: Principal, list: &[iam::AttachedPolicy], library: &mut Library<'_>) -> Principal {
    for (attached, policy) in library.attached(list) {
        let position = principal.stack.identity.len();
        principal.stack.identity.push(attached);
        // Policies of AWS cannot be changed, so their other versions are of no use to anybody.
        if policy.split(':').nth(4) == Some("aws") {
            continue;
        }
        if let Some(known) = library.policies.get(&*policy).and_then(Reading::value) {
            let current = known.default_version_id.as_deref();
            let others = known.policy_version_list.iter().filter(|version| {
                version.is_default_version != Some(true) && (version.version_id.is_none() || version.version_id.as_deref() != current)
            });
            principal.other_versions.extend(others.map(|version| {
                Version {
                    policy: policy.clone(),
                    position,
                    id: version.version_id.as_deref().unwrap_or_default().into(),
                    document: version
                        .document
                        .as_deref()
                        .ok_or_else(|| Gap::not_asked("iam:GetPolicyVersion"))
                        .and_then(|text| read(text, Kind::Identity)),
                }
            }));
        }
        principal.managed.push(policy);
    }
    principal
}

/// A stack whose own policies allow everything, under the same limits: what whoever may rewrite the
/// policies of `principal` becomes.
#[must_use]
pub fn unlimited(stack: &Stack) -> Stack {
    static ANY: OnceLock<Result<Arc<Document>, Gap>> = OnceLock::new();
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let all = Attached { name: "any policy".into(), document: ANY.get_or_init(|| read(text, Kind::Identity)).clone() };
    Stack { identity: vec![all], ..stack.clone() }
}

impl Principal {
    /// Whether it is a role.
    #[must_use]
    pub fn is_role(&self) -> bool {
        self.of != SessionOf::User
    }
}
