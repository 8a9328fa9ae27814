//! What the readings of secrets, parameters and keys have in common.

use serde::de::DeserializeOwned;
use serde_json::Value;
use wallwalk_model::secrets::{self, StoreReference};
use wallwalk_model::{Arn, Key, Place};

use super::ask::{Miss, odd};
use super::call::Call;

/// The key that stands for a reference of something in `place`. A parameter of another account or
/// Region is known to nobody here: its name would mean another one. A secret's ARN says whose it is.
pub(super) fn key_of(reference: StoreReference, place: &Place) -> Option<Key> {
    match reference {
        StoreReference::Secret { id, .. } => Some(Key::Secret(id)),
        StoreReference::Parameter { name, account, region } => {
            let here = account.is_none_or(|account| account == place.account) && region.is_none_or(|region| region == place.region);
            here.then_some(Key::Parameter(name))
        }
        StoreReference::Malformed => None,
    }
}

/// Why something that an ARN names is not asked about: the scanner's role reaches its own account, and
/// its clients one Region. `what` is a noun.
pub(super) fn elsewhere(what: &str, id: &str, place: &Place) -> Option<String> {
    let arn: Arn = id.parse().ok()?;
    match (arn.account == place.account, arn.region == place.region) {
        (false, _) => Some(format!("the {what} belongs to another account")),
        (true, false) => Some(format!("the {what} is in another Region")),
        (true, true) => None,
    }
}

/// The objects of a list. One that cannot be read would be missing from it, and the list would prove
/// that it is not there.
pub(super) fn objects<T: DeserializeOwned>(items: impl IntoIterator<Item = Value>, call: Call) -> Result<Vec<T>, Miss> {
    let read =
        |item| serde_json::from_value(item).map_err(|_| odd(call, "an object in the answer does not have the form the API documents"));
    items.into_iter().map(read).collect()
}

/// A resource policy, or that there is none.
pub(super) fn policy(text: Option<&Value>) -> secrets::ResourcePolicy {
    serde_json::from_value(serde_json::json!({ "Document": text })).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_with_one_object_that_is_not_understood_is_none() {
        let read = |items: Value| objects::<secrets::Parameter>(items.as_array().cloned().unwrap_or_default(), Call::DescribeParameters);
        assert_eq!(read(json!([{"Name": "/a"}, {"Name": "/b"}])).map(|read| read.len()).ok(), Some(2));
        assert!(read(json!([{"Name": "/a"}, {"Name": ["/b"]}])).is_err());
    }
}
