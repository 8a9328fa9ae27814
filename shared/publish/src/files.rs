//! Deliveries into a folder: findings as ASFF, alerts as people would get them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wallwalk_findings::{Channel, Message, Receipt};

use crate::StoreError;
use crate::folder::Folder;

/// Name of the file that holds every finding delivered, as `BatchImportFindings` takes them.
pub const FINDINGS: &str = "findings.asff.json";

/// Delivers an outbox into `folder`: findings into [`FINDINGS`] (a later one replaces the earlier one
/// of the same id), alerts into `alerts/`.
///
/// # Errors
/// [`StoreError`] if the folder cannot be read or written. Nothing counts as delivered then.
pub fn deliver(folder: &Folder, outbox: &[Message]) -> Result<BTreeSet<Receipt>, StoreError> {
    let mut receipts = BTreeSet::new();
    let (findings, alerts): (Vec<_>, Vec<_>) = outbox.iter().partition(|message| message.channel == Channel::SecurityHub);
    if !findings.is_empty() {
        let mut known = known(folder)?;
        for message in &findings {
            known.retain(|finding| finding.get("Id").and_then(Value::as_str) != Some(&message.key));
            known.push(message.body.clone());
            receipts.insert(message.receipt());
        }
        known.sort_by_key(|finding| finding.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned());
        let text = serde_json::to_vec_pretty(&json!({ "Findings": known })).unwrap_or_default();
        folder.put_blob(FINDINGS, &text)?;
    }
    for message in alerts {
        let name = message.key.replace('/', "-");
        let text = message.body.get("email").and_then(Value::as_str).unwrap_or_default();
        folder.put_blob(&format!("alerts/{name}.txt"), text.as_bytes())?;
        let json = message.body.get("message").cloned().unwrap_or_default();
        folder.put_blob(&format!("alerts/{name}.json"), &serde_json::to_vec_pretty(&json).unwrap_or_default())?;
        receipts.insert(message.receipt());
    }
    Ok(receipts)
}

fn known(folder: &Folder) -> Result<Vec<Value>, StoreError> {
    let Some(bytes) = folder.blob(FINDINGS)? else { return Ok(Vec::new()) };
    let corrupt = |reason: String| StoreError::Corrupt { name: FINDINGS.to_owned(), reason };
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    document.get("Findings").and_then(Value::as_array).cloned().ok_or_else(|| corrupt("no member `Findings`".into()))
}
