//! Services: each is one range of ids.

use std::cmp::Ordering;

use super::IdRanges;
use super::tables::{SERVICE_ACTIONS, SERVICE_HEADS, SERVICE_RCP, SERVICE_TYPES, SERVICES, Sought};

/// A service and where its actions and resource types stand.
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) first_type: usize,
    pub(super) end_type: usize,
    rcp: bool,
}

fn at(position: usize) -> Option<Service> {
    Some(Service {
        name: SERVICES.get(position),
        first: usize::from(*SERVICE_ACTIONS.get(position)?),
        end: usize::from(*SERVICE_ACTIONS.get(position + 1)?),
        first_type: usize::from(*SERVICE_TYPES.get(position)?),
        end_type: usize::from(*SERVICE_TYPES.get(position + 1)?),
        rcp: *SERVICE_RCP.get(position)? == 1,
    })
}

/// The service of that prefix, in any case.
pub(super) fn find(prefix: &str) -> Option<Service> {
    let sought = Sought::new(prefix)?;
    let first = SERVICE_HEADS.partition_point(|head| *head < sought.head());
    let alike = SERVICE_HEADS.iter().skip(first).take_while(|head| **head == sought.head()).count();
    (first..first + alike).find(|at| SERVICES.compare(*at, 0, &sought) == Ordering::Equal).and_then(at)
}

/// Every service prefix, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    (0..SERVICES.len()).map(|position| SERVICES.get(position))
}

/// Whether the catalogue has actions of the service, whose prefix is in lower case.
#[must_use]
pub fn service_exists(service: &str) -> bool {
    find(service).is_some()
}

/// The actions of a service, whose prefix is in lower case; none if it is not known.
#[must_use]
pub fn actions_of(service: &str) -> IdRanges {
    find(service).map_or_else(IdRanges::default, |service| IdRanges::span(service.first, service.end))
}

/// Whether resource control policies apply to the service, whose prefix is in lower case.
///
/// Source: AWS Organizations User Guide, "Resource control policies", list of services that support RCPs.
#[must_use]
pub fn rcp_applies(service: &str) -> bool {
    find(service).is_some_and(|service| service.rcp)
}
