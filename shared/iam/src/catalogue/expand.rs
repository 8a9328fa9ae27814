//! Which actions of the catalogue a pattern names. Case is ignored, as IAM does.

use std::cmp::Ordering;

use super::services::{self, Service};
use super::tables::{self, NAMES, Sought, partition, partition_near};

/// Appends the ids of the actions that a pattern in lower case names, as ranges with both ends included.
///
/// `*` and `*:*` name every action. A wildcard in any other service part names none here: whether IAM
/// accepts one is open, see [`expand_any_service`].
pub fn expand(pattern: &str, into: &mut Vec<(u16, u16)>) {
    if pattern == "*" || pattern == "*:*" {
        return push(into, 0, tables::ACTIONS);
    }
    if !pattern.bytes().any(|byte| matches!(byte, b'*' | b'?')) {
        if let Some(at) = tables::named(pattern) {
            push(into, at, at + 1);
        }
        return;
    }
    if let Some((service, name)) = pattern.split_once(':')
        && let Some(service) = services::find(service)
    {
        expand_in(&service, name, into);
    }
}

/// The same, with a wildcard in the service part read as a plain glob over whole names.
pub fn expand_any_service(pattern: &str, into: &mut Vec<(u16, u16)>) {
    if names_any_service(pattern) {
        scan(pattern, 0, 0, tables::ACTIONS, into);
    } else {
        expand(pattern, into);
    }
}

/// Whether [`expand`] and [`expand_any_service`] may differ: the service part has a wildcard, and the
/// pattern is neither `*` nor `*:*`.
#[must_use]
pub fn names_any_service(pattern: &str) -> bool {
    pattern != "*" && pattern != "*:*" && pattern.split(':').next().is_some_and(|service| service.contains(['*', '?']))
}

fn expand_in(service: &Service, pattern: &str, into: &mut Vec<(u16, u16)>) {
    let Some(wild) = pattern.find(['*', '?']) else { return };
    let (prefix, rest) = pattern.split_at(wild);
    let Some(sought) = Sought::new(prefix) else { return };
    let (mut first, mut end, skipped) = (service.first, service.end, service.name.len() + 1);
    if wild > 0 {
        // Names that start with the prefix are neighbours, so that `Get*` is one range.
        let head = |at: usize| NAMES.compare_head(at, skipped, &sought, wild);
        first = partition(first, end, |at| head(at) == Ordering::Less);
        end = partition_near(first, end, |at| head(at) == Ordering::Equal);
    }
    if rest == "*" {
        push(into, first, end);
    } else {
        scan(rest, skipped + wild, first, end, into);
    }
}

/// Tries names one by one, without their first `skipped` bytes.
fn scan(pattern: &str, skipped: usize, from: usize, to: usize, into: &mut Vec<(u16, u16)>) {
    let mut run = from;
    for at in from..to {
        if !matches(pattern.as_bytes(), NAMES.bytes(at).get(skipped..).unwrap_or_default()) {
            push(into, run, at);
            run = at + 1;
        }
    }
    push(into, run, to);
}

fn push(into: &mut Vec<(u16, u16)>, from: usize, to: usize) {
    if from < to
        && let (Ok(first), Ok(last)) = (u16::try_from(from), u16::try_from(to - 1))
    {
        into.push((first, last));
    }
}

/// A glob in lower case against an ASCII name in any case. Names are ASCII, so that bytes are characters.
fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    // After the last star: what follows it, and the name from where it was tried last.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, name) {
            ([b'*', rest @ ..], _) => {
                if rest.is_empty() {
                    return true;
                }
                pattern = rest;
                retry = Some((rest, name));
            }
            ([], []) => return true,
            ([sign, rest @ ..], [byte, tail @ ..]) if *sign == b'?' || *sign == byte.to_ascii_lowercase() => {
                pattern = rest;
                name = tail;
            }
            _ => match retry {
                Some((after, [_, tail @ ..])) => {
                    pattern = after;
                    name = tail;
                    retry = Some((after, tail));
                }
                _ => return false,
            },
        }
    }
}
