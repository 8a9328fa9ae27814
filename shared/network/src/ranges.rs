//! Exact sets of addresses.

use core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

/// Address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Bits of an address.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    const fn last(self) -> u128 {
        match self {
            Self::V4 => u32::MAX as u128,
            Self::V6 => u128::MAX,
        }
    }
}

/// A range in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    /// Family.
    pub family: Family,
    /// First address.
    pub low: u128,
    /// Last address.
    pub high: u128,
}

/// A text that is no CIDR range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotACidr(String);

impl fmt::Display for NotACidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a CIDR range", self.0)
    }
}

impl std::error::Error for NotACidr {}

impl FromStr for Cidr {
    type Err = NotACidr;

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; host bits are ignored, as EC2 does.
    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let refuse = || NotACidr(text.chars().take(60).collect());
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let (family, bits) = match address.trim().parse::<IpAddr>().map_err(|_| refuse())? {
            IpAddr::V4(address) => (Family::V4, u128::from(u32::from(address))),
            IpAddr::V6(address) => (Family::V6, u128::from(address)),
        };
        let length: u32 = length.map_or(Ok(family.bits()), str::parse).map_err(|_| refuse())?;
        if length > family.bits() {
            return Err(refuse());
        }
        let host = if length == 0 { family.last() } else { (1_u128 << (family.bits() - length)) - 1 };
        Ok(Self { family, low: bits & !host, high: bits | host })
    }
}

impl Cidr {
    /// Every address of a family.
    #[must_use]
    pub const fn all(family: Family) -> Self {
        Self { family, low: 0, high: family.last() }
    }

    /// Whether every address of `other` is in this range.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.family == other.family && self.low <= other.low && other.high <= self.high
    }

    /// Length of the prefix, if the range is one block.
    #[must_use]
    pub fn prefix(&self) -> u32 {
        let host = self.high - self.low;
        self.family.bits() - (u128::BITS - host.leading_zeros())
    }
}

/// A set of addresses of one family: sorted ranges that do not touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    family: Family,
    ranges: Vec<(u128, u128)>,
}

impl Ranges {
    /// The union of the ranges of `family` among `cidrs`.
    pub fn of<'a>(family: Family, cidrs: impl IntoIterator<Item = &'a Cidr>) -> Self {
        let ranges = cidrs.into_iter().filter(|cidr| cidr.family == family).map(|cidr| (cidr.low, cidr.high)).collect();
        Self::normal(family, ranges)
    }

    /// The empty set.
    #[must_use]
    pub const fn empty(family: Family) -> Self {
        Self { family, ranges: Vec::new() }
    }

    fn normal(family: Family, mut ranges: Vec<(u128, u128)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::new();
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self { family, ranges: merged }
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Addresses in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::normal(self.family, self.ranges.iter().chain(&other.ranges).copied().collect())
    }

    /// Addresses in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        for (a, b) in &self.ranges {
            both.extend(other.ranges.iter().map(|(c, d)| (*a.max(c), *b.min(d))).filter(|(low, high)| low <= high));
        }
        Self::normal(self.family, both)
    }

    /// Addresses in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = self.ranges.clone();
        for (c, d) in &other.ranges {
            left = left
                .into_iter()
                .flat_map(|(a, b)| {
                    let below = (a < *c).then(|| (a, b.min(c.saturating_sub(1))));
                    let above = (b > *d).then(|| (a.max(d.saturating_add(1)), b));
                    let apart = b < *c || a > *d;
                    if apart { vec![(a, b)] } else { below.into_iter().chain(above).collect() }
                })
                .collect();
        }
        Self::normal(self.family, left)
    }

    /// Whether `address` is in the set.
    #[must_use]
    pub fn contains(&self, address: u128) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&address))
    }

    /// Number of addresses, saturating.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.ranges.iter().fold(0_u128, |sum, (low, high)| sum.saturating_add((high - low).saturating_add(1)))
    }

    /// How much of the internet the set holds. Halves count together.
    #[must_use]
    pub fn grade(&self) -> Grade {
        let size = self.intersection(&internet(self.family)).size();
        let (world, wide) = match self.family {
            Family::V4 => (1 << 24, 1 << 16),
            Family::V6 => (1 << 112, 1 << 96),
        };
        if size >= world {
            Grade::World
        } else if size >= wide {
            Grade::Wide
        } else if size > 0 {
            Grade::Some
        } else {
            Grade::None
        }
    }
}

/// How much of the internet a set of addresses holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nothing public.
    None,
    /// Some public addresses.
    Some,
    /// At least as many as a /16 (IPv6: /32).
    Wide,
    /// At least as many as a /8 (IPv6: /16).
    World,
}

/// Public unicast addresses.
/// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
#[must_use]
pub fn internet(family: Family) -> Ranges {
    let parse = |list: &[&str]| Ranges::of(family, &list.iter().filter_map(|text| text.parse().ok()).collect::<Vec<Cidr>>());
    match family {
        Family::V4 => Ranges::of(family, [&Cidr::all(family)]).difference(&parse(&[
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "224.0.0.0/3",
        ])),
        Family::V6 => parse(&["2000::/3"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grade(list: &[&str]) -> Grade {
        let cidrs: Vec<Cidr> = list.iter().map(|text| text.parse().unwrap()).collect();
        cidrs.first().map_or(Grade::None, |first| Ranges::of(first.family, &cidrs).grade())
    }

    #[test]
    fn halves_and_lists_of_the_internet_are_the_internet() {
        assert_eq!(grade(&["0.0.0.0/0"]), Grade::World);
        assert_eq!(grade(&["0.0.0.0/1"]), Grade::World);
        assert_eq!(grade(&["0.0.0.0/1", "128.0.0.0/1"]), Grade::World);
        assert_eq!(grade(&["::/0"]), Grade::World);
        assert_eq!(grade(&["2000::/3"]), Grade::World);
        assert_eq!(grade(&["52.0.0.0/10"]), Grade::Wide);
        assert_eq!(grade(&["198.51.100.7/32"]), Grade::Some);
        assert_eq!(grade(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]), Grade::None);
        assert_eq!(grade(&["fc00::/7"]), Grade::None);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "sg-1", "10.0.0.0/-1"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
        let single: Cidr = "10.0.0.5".parse().unwrap();
        assert_eq!((single.prefix(), single.low), (32, single.high));
        assert_eq!("10.1.2.3/8".parse::<Cidr>().unwrap(), "10.0.0.0/8".parse().unwrap());
        assert_eq!("0.0.0.0/0".parse::<Cidr>().unwrap().prefix(), 0);
        assert_eq!("::/0".parse::<Cidr>().unwrap().prefix(), 0);
    }

    fn set() -> impl Strategy<Value = Ranges> {
        proptest::collection::vec((0..40_u128, 0..12_u128), 0..4)
            .prop_map(|list| Ranges::normal(Family::V4, list.into_iter().map(|(low, size)| (low, low + size)).collect()))
    }

    proptest! {
        #[test]
        fn set_operations_agree_with_membership(a in set(), b in set(), x in 0..60_u128) {
            let (in_a, in_b) = (a.contains(x), b.contains(x));
            prop_assert_eq!(a.union(&b).contains(x), in_a || in_b);
            prop_assert_eq!(a.intersection(&b).contains(x), in_a && in_b);
            prop_assert_eq!(a.difference(&b).contains(x), in_a && !in_b);
        }
    }
}
