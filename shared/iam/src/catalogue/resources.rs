//! Resource types: the forms of ARNs that actions are authorised on.

use super::tables::{ACTION_TYPES, REQUIRED, TYPE_KEYS, TYPE_LISTS, TYPE_WORDS, TYPES, partition};
use super::{ActionId, services};

/// A resource type of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(u16);

impl ResourceType {
    fn text(self) -> (&'static str, &'static str) {
        TYPES.get(usize::from(self.0)).split_once('\t').unwrap_or_default()
    }

    /// `task-definition`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.text().0
    }

    /// Forms of its ARNs without `arn:${Partition}:`, and with `%R` and `%A` for the Region and the account.
    fn forms(self) -> impl Iterator<Item = &'static str> {
        self.text().1.split(',')
    }

    /// Forms of its ARNs, `arn:${Partition}:ecs:${Region}:${Account}:cluster/${ClusterName}`; most types
    /// have one.
    pub fn templates(self) -> impl Iterator<Item = String> {
        self.forms().map(|form| format!("arn:${{Partition}}:{}", form.replace(":%R:", ":${Region}:").replace(":%A:", ":${Account}:")))
    }

    /// The same as globs, with `*` for each variable: `arn:*:ecs:*:*:cluster/*`.
    pub fn globs(self) -> impl Iterator<Item = String> {
        self.forms().map(|form| {
            let mut parts = form.split("${");
            let head = parts.next().unwrap_or_default();
            let rest = parts.map(|part| part.split_once('}').map_or(part, |(_, literal)| literal));
            let glob = rest.fold(format!("arn:*:{head}"), |glob, literal| glob + "*" + literal);
            glob.replace(":%R:", ":*:").replace(":%A:", ":*:")
        })
    }

    /// Condition keys that are looked at for resources of this type.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        super::keys::of_list(TYPE_KEYS.get(usize::from(self.0)))
    }

    /// Whether an ARN has the form of this type, each variable standing for one or more characters
    /// other than `/` and `:`. Names with a path have not: see [`types_for`].
    #[must_use]
    pub fn matches(self, arn: &str) -> bool {
        Parts::of(arn).is_some_and(|arn| self.fit(&arn, false).is_some())
    }

    /// How many characters the closest form of this type and the ARN share in the resource part, if it
    /// has one of the forms; `loose` lets variables run over `/` and `:`, as paths of names do.
    fn fit(self, arn: &Parts<'_>, loose: bool) -> Option<usize> {
        self.forms().filter_map(|form| fits(form, arn, loose)).max()
    }
}

/// An ARN without its partition, at its colons.
struct Parts<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Parts<'a> {
    fn of(arn: &'a str) -> Option<Self> {
        Self::without_partition(arn.strip_prefix("arn:")?.split_once(':')?.1)
    }

    fn without_partition(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        Some(Self { service: parts.next()?, region: parts.next()?, account: parts.next()?, resource: parts.next()? })
    }
}

fn fits(form: &str, arn: &Parts<'_>, loose: bool) -> Option<usize> {
    let wanted = Parts::without_partition(form)?;
    let same = |wanted: &str, given: &str| wanted == given || wanted == "*" || wanted.starts_with(['$', '%']);
    if !same(wanted.service, arn.service) || !same(wanted.region, arn.region) || !same(wanted.account, arn.account) {
        return None;
    }
    if !resource_fits(wanted.resource.as_bytes(), arn.resource.as_bytes(), loose) {
        return None;
    }
    Some(wanted.resource.split("${").map(|part| part.split_once('}').map_or(part, |(_, literal)| literal).len()).sum())
}

fn resource_fits(wanted: &[u8], given: &[u8], loose: bool) -> bool {
    match (wanted, given) {
        ([b'*', rest @ ..], _) => (0..=given.len()).any(|at| resource_fits(rest, given.get(at..).unwrap_or_default(), loose)),
        ([b'$', b'{', rest @ ..], _) => {
            let end = rest.iter().position(|byte| *byte == b'}').map_or(rest.len(), |at| at + 1);
            let after = rest.get(end..).unwrap_or_default();
            let most = given.iter().position(|byte| !loose && matches!(byte, b'/' | b':')).unwrap_or(given.len());
            (1..=most).any(|at| resource_fits(after, given.get(at..).unwrap_or_default(), loose))
        }
        ([], []) => true,
        ([sign, rest @ ..], [byte, tail @ ..]) if sign == byte => resource_fits(rest, tail, loose),
        _ => false,
    }
}

/// Whether some resource type whose ARNs stand under the service has `word` as the literal first word
/// of its resource part, up to the first `/` or `:`. The word is compared with regard to case.
#[must_use]
pub fn is_type_word(service: &str, word: &str) -> bool {
    let sought = || service.bytes().chain(*b" ").chain(word.bytes());
    let at = partition(0, TYPE_WORDS.len(), |at| TYPE_WORDS.get(at).bytes().lt(sought()));
    !word.is_empty() && TYPE_WORDS.get(at).bytes().eq(sought())
}

/// Resource types that an action is authorised on, and whether a call always names one.
pub(super) fn of_action(action: ActionId) -> impl Iterator<Item = (ResourceType, bool)> + Clone {
    let list = ACTION_TYPES.get(action.index()).map(|list| TYPE_LISTS.get(usize::from(*list))).unwrap_or_default();
    list.iter().map(|one| (ResourceType(one & !REQUIRED), one & REQUIRED != 0))
}

/// Whether the catalogue has a resource type for the action, so that a policy can name resources. Of an
/// action that is not listed any more, see [`super::Origin`], types are not known.
#[must_use]
pub fn takes_resource(action: ActionId) -> bool {
    of_action(action).next().is_some()
}

/// The resource types that a call of the action always names.
pub fn required_types(action: ActionId) -> impl Iterator<Item = ResourceType> {
    of_action(action).filter(|one| one.1).map(|one| one.0)
}

/// The resource types of a service, whose prefix is in lower case, that an ARN has the form of. The ARN's
/// own service may be another: `ssm:StartSession` is authorised on tasks of `ecs`.
///
/// Where no form fits with variables that hold neither `/` nor `:`, the closest are taken of those that fit
/// otherwise: names may have paths.
pub fn types_of_arn(service: &str, arn: &str) -> impl Iterator<Item = ResourceType> {
    let types = services::find(service).map_or(0..0, |service| service.first_type..service.end_type);
    closest(types.filter_map(|at| u16::try_from(at).ok()).map(ResourceType), arn)
}

/// The resource types of an action that an ARN has the form of, chosen as in [`types_of_arn`].
pub fn types_for(action: ActionId, arn: &str) -> impl Iterator<Item = ResourceType> {
    closest(of_action(action).map(|one| one.0), arn)
}

fn closest(types: impl Iterator<Item = ResourceType> + Clone, arn: &str) -> impl Iterator<Item = ResourceType> {
    let arn = Parts::of(arn);
    let fit = move |one: ResourceType, loose: bool| arn.as_ref().and_then(|arn| one.fit(arn, loose));
    let strict = types.clone().any(|one| fit(one, false).is_some());
    let best = if strict { None } else { types.clone().filter_map(|one| fit(one, true)).max() };
    types.filter(move |one| if strict { fit(*one, false).is_some() } else { best.is_some() && fit(*one, true) == best })
}
