//! Continuation tokens, and walking a table page by page.
//!
//! A token names the operation and the last item given, so that a page costs what it holds whatever
//! was given before it, and a token of another operation is refused.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::call::Call;
use crate::fault::Bend;

/// The token that continues `call` after `last`.
pub(crate) fn seal(call: &Call, last: &str, came: Option<&str>) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("{}\n{last}", call.operation));
    match call.bend {
        Bend::Straight => token,
        Bend::Garbled => format!("%{}", token.chars().rev().collect::<String>()),
        Bend::Repeated => came.map_or(token, str::to_owned),
    }
}

/// The last item that was given before; `None` if the token is not one of ours.
pub(crate) fn open(call: &Call, token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (operation, last) = text.split_once('\n')?;
    (operation == call.operation).then(|| last.to_owned())
}

/// At most `most` items that `keep` likes, of those below `prefix` and after `after`; and the key of
/// the last one if there are more.
pub(crate) fn page<'t>(
    table: &'t BTreeMap<String, Value>,
    prefix: &str,
    after: Option<&str>,
    most: usize,
    mut keep: impl FnMut(&str, &Value) -> bool,
) -> (Vec<(&'t str, &'t Value)>, Option<String>) {
    let start = after.map_or(Bound::Included(prefix), Bound::Excluded);
    let mut given: Vec<(&str, &Value)> = Vec::new();
    for (key, value) in table.range::<str, _>((start, Bound::Unbounded)) {
        if !key.starts_with(prefix) {
            break;
        }
        if !keep(key, value) {
            continue;
        }
        if given.len() == most {
            let last = given.last().map(|(key, _)| (*key).to_owned());
            return (given, last);
        }
        given.push((key, value));
    }
    (given, None)
}
