//! Numbers, instants, addresses, bytes and truth values as conditions write them.
//!
//! Everything is exact: no floating point, no rounding. What cannot be read is none; what that means for
//! a condition is not decided here.
//!
//! Sources: IAM User Guide, "IAM JSON policy elements: Condition operators"; W3C note "Date and Time Formats".

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::cmp::Ordering;

/// A decimal number: an optional sign, digits, an optional fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None if unsigned.is_empty() => return None,
            None => (unsigned, ""),
        };
        if !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: text.starts_with('-') && !zero, whole, fraction })
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        let sizes = |one: Self, other: Self| {
            let whole = one.whole.len().cmp(&other.whole.len()).then_with(|| one.whole.cmp(other.whole));
            whole.then_with(|| one.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => sizes(self, other),
            (true, true) => sizes(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// An instant: seconds since 1970-01-01T00:00:00Z and the digits of a fraction, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant<'a> {
    seconds: i128,
    fraction: &'a str,
}

impl<'a> Instant<'a> {
    /// Reads whole epoch seconds, or a date of the W3C profile. A number of four digits may be either
    /// and is not read.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && are_digits(digits) {
            let year_perhaps = text.len() == 4 && digits.len() == 4;
            return (!year_perhaps).then(|| text.parse().ok()).flatten().map(|seconds| Self { seconds, fraction: "" });
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) if date.len() == 10 => (date, Some(time)),
            Some(_) => return None,
            None => (text, None),
        };
        let midnight = i128::from(days(date)?) * 86_400;
        let Some(time) = time else { return Some(Self { seconds: midnight, fraction: "" }) };
        let (clock, offset) = zone(time)?;
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) if clock.len() == 8 && !fraction.is_empty() && are_digits(fraction) => (clock, fraction),
            Some(_) => return None,
            None => (clock, ""),
        };
        let mut parts = clock.split(':');
        let hour = number(parts.next()?, 2, 23)?;
        let minute = number(parts.next()?, 2, 59)?;
        // A leap second has no place among epoch seconds: it is read as the one before.
        let second = parts.next().map_or(Some(0), |part| number(part, 2, 60))?.min(59);
        if parts.next().is_some() {
            return None;
        }
        let seconds = midnight + i128::from(hour * 3_600 + minute * 60 + second - offset);
        Some(Self { seconds, fraction: fraction.trim_end_matches('0') })
    }
}

/// Days from 1970-01-01 to a date: `2026-11-23`, `2026-11`.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4, 9_999)?;
    let month = number(parts.next()?, 2, 12)?;
    let day = parts.next().map_or(Some(1), |part| number(part, 2, 31))?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if parts.next().is_some() || month < 1 || day < 1 || day > last {
        return None;
    }
    // Years that begin in March: the leap day is then the last, and months follow a formula.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    const FROM_MARCH_OF_YEAR_0_TO_1970: i64 = 719_468;
    Some(year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - FROM_MARCH_OF_YEAR_0_TO_1970)
}

/// Splits `09:30:00+02:00` into the time of day and the seconds it is ahead of UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let (clock, zone) = time.split_at_checked(time.len().checked_sub(6)?)?;
    let sign = if zone.starts_with('+') {
        1
    } else if zone.starts_with('-') {
        -1
    } else {
        return None;
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some((clock, sign * (number(hours, 2, 23)? * 3_600 + number(minutes, 2, 59)? * 60)))
}

fn number(text: &str, digits: usize, most: i64) -> Option<i64> {
    if text.len() != digits || !are_digits(text) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= most)
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A range of addresses. Host bits are ignored; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    V4 { network: u32, shift: u32 },
    V6 { network: u128, shift: u32 },
}

impl Range {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let shift = |bits: u32| match length {
            None => Some(0),
            Some(length) if length.len() > 3 || !are_digits(length) => None,
            Some(length) => bits.checked_sub(length.parse().ok()?),
        };
        match address.parse().ok()? {
            IpAddr::V4(address) => {
                let shift = shift(32)?;
                Some(Self::V4 { network: address.to_bits().checked_shr(shift).unwrap_or(0), shift })
            }
            IpAddr::V6(address) => {
                let shift = shift(128)?;
                Some(Self::V6 { network: address.to_bits().checked_shr(shift).unwrap_or(0), shift })
            }
        }
    }

    /// Every address of a family.
    pub(super) const EVERY_V4: Self = Self::V4 { network: 0, shift: 32 };
    /// Every address of a family.
    pub(super) const EVERY_V6: Self = Self::V6 { network: 0, shift: 128 };

    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { network, shift }, IpAddr::V4(address)) => address.to_bits().checked_shr(shift).unwrap_or(0) == network,
            (Self::V6 { network, shift }, IpAddr::V6(address)) => address.to_bits().checked_shr(shift).unwrap_or(0) == network,
            _ => false,
        }
    }

    /// Whether the range is of IPv4 and holds the address that an IPv6 address embeds, `::ffff:192.0.2.1`.
    pub(super) fn contains_mapped(self, address: IpAddr) -> bool {
        matches!(self, Self::V4 { .. }) && mapped(address).is_some_and(|address| self.contains(address.into()))
    }
}

fn mapped(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V6(address) => Ipv6Addr::to_ipv4_mapped(&address),
        IpAddr::V4(_) => None,
    }
}

/// Reads an address.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// Reads `true` and `false`, in any case.
pub(super) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Reads base64 with the standard alphabet and padding.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for digit in digits.bytes() {
        let six = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_le_bytes()[0]);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(one: &str, other: &str) -> Ordering {
        Decimal::parse(one).unwrap().compare(Decimal::parse(other).unwrap())
    }

    #[test]
    fn numbers_compare_exactly() {
        for (one, other) in [("1.0", "1"), ("-0", "0"), ("+5", "5"), (".5", "0.50"), ("007", "7"), ("-.0", "+00.000")] {
            assert_eq!(order(one, other), Ordering::Equal, "{one} {other}");
        }
        let ascending = [
            "-123456789012345678901234567890",
            "-10",
            "-9.5",
            "-9",
            "-0.1",
            "0",
            "0.09",
            "0.1",
            "0.11",
            "9",
            "10",
            "999999999999999",
            "1000000000000000",
            "123456789012345678901234567890",
            "123456789012345678901234567890.1",
            "123456789012345678901234567891",
        ];
        for (at, one) in ascending.iter().enumerate() {
            for (beside, other) in ascending.iter().enumerate() {
                assert_eq!(order(one, other), at.cmp(&beside), "{one} {other}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        for text in ["", "+", "-", ".", "5.", "--1", "1e3", "10abc", " 1", "1 ", "0x10", "1.2.3", "1_000", "١"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_instants() {
        let seconds = |text: &str| Instant::parse(text).unwrap().seconds;
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29", 951_782_400),
            ("2000-03-01", 951_868_800),
            ("2026-11-23T00:00:00Z", 1_795_392_000),
            ("2026-11-23T00:00Z", 1_795_392_000),
            ("2026-11", 1_793_491_200),
            ("2026-11-23T02:30:00+02:30", 1_795_392_000),
            ("2026-11-22T22:00:00-02:00", 1_795_392_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799),
            ("0001-01-01", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("1795392000", 1_795_392_000),
            ("-1", -1),
            ("0", 0),
            ("1795392000000", 1_795_392_000_000),
            ("9999999999", 9_999_999_999),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn fractions_of_a_second_count() {
        let at = |text| Instant::parse(text).unwrap();
        assert_eq!(at("2026-11-23T00:00:00.500Z"), at("2026-11-23T01:00:00.5+01:00"));
        assert!(at("2026-11-23T00:00:00.09Z") < at("2026-11-23T00:00:00.1Z"));
        assert!(at("2026-11-23T00:00:00.9Z") < at("2026-11-23T00:00:01Z"));
        assert!(at("1969-12-31T23:59:59.9Z") < at("0"));
        assert_eq!(at("2026-11-23T00:00:00.000Z"), at("2026-11-23"));
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for text in [
            "",
            "-",
            "tomorrow",
            "2026",
            "2026-1-1",
            "2026-13-01",
            "2026-00-01",
            "2026-02-30",
            "2026-02-00",
            "1900-02-29",
            "2026-11-23T",
            "2026-11-23T00Z",
            "2026-11-23T00:00:00",
            "2026-11T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T00:60:00Z",
            "2026-11-23T00:00:61Z",
            "2026-11-23T00:00.5Z",
            "2026-11-23T00:00:00.Z",
            "2026-11-23T00:00:00+0200",
            "2026-11-23T00:00:00é+02:0",
            "2026-11-23 00:00:00Z",
            "2026-11-23T00:00:00:00Z",
            "1.5",
            "+5",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_contain_addresses_of_their_family() {
        let contains = |range: &str, text: &str| Range::parse(range).unwrap().contains(address(text).unwrap());
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3/8", "10.0.0.0", "::ffff:10.0.0.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.0/31", "192.0.2.1", "192.0.2.2"),
            ("0.0.0.0/0", "255.255.255.255", "::"),
            ("::/0", "ffff::", "0.0.0.0"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::1", "2001:DB8::1", "2001:db8::2"),
            ("::ffff:192.0.2.0/120", "::ffff:192.0.2.9", "192.0.2.9"),
        ] {
            assert!(contains(range, inside), "{range} {inside}");
            assert!(!contains(range, outside), "{range} {outside}");
        }
        assert!(Range::parse("192.0.2.0/24").unwrap().contains_mapped(address("::ffff:192.0.2.7").unwrap()));
        assert!(!Range::parse("192.0.2.0/24").unwrap().contains_mapped(address("::ffff:192.0.3.7").unwrap()));
        assert_eq!(Range::parse("203.0.113.9/0"), Some(Range::EVERY_V4));
        assert_eq!(Range::parse("2001:db8::/0"), Some(Range::EVERY_V6));
    }

    #[test]
    fn what_is_no_range_is_not_read() {
        for text in
            ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/8/8", "010.0.0.1", "a", "fe80::1%1"]
        {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    #[test]
    fn base64_is_read_strictly() {
        for (text, expected) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(bytes(text).as_deref(), Some(expected.as_bytes()), "{text}");
        }
        assert_eq!(bytes("+/+/").as_deref(), Some([0xfb, 0xff, 0xbf].as_slice()));
        for text in ["Z", "Zg", "Zg=", "Zh==", "Z===", "====", "Zm 9", "Zm9-", "=Zm9", "Zm=v"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn truth_is_read_in_any_case() {
        assert_eq!((truth("True"), truth("FALSE"), truth("1"), truth("")), (Some(true), Some(false), None, None));
    }
}
