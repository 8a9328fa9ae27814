//! What makes two findings the same finding.

use sha2::{Digest, Sha256};
use wallwalk_model::Place;

use crate::Subject;

/// The finding's id: `wallwalk/<account>/<region>/<check>/<32 hex digits>`.
///
/// The digits are the first half of SHA-256 over partition, account, Region, check, subject and
/// container, joined with U+001F. Neither a revision nor a status nor the text of a rule is part of
/// it, so an unchanged flaw keeps its id across deployments.
#[must_use]
pub fn finding_id(place: &Place, check: &str, subject: &Subject) -> String {
    let container = subject.container.as_deref().unwrap_or_default();
    let parts = [&place.partition, &place.account, &place.region, check, &subject.id, container];
    let digest = hex(&Sha256::digest(parts.join("\u{1f}")));
    let short = digest.get(..32).unwrap_or(&digest);
    format!("wallwalk/{}/{}/{check}/{short}", place.account, place.region)
}

/// Lower-case hexadecimal digits of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// First byte of SHA-256 over `text`, for spreading things over time.
#[must_use]
pub fn slot(text: &str) -> u8 {
    Sha256::digest(text).first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(check: &str, subject: &str, container: Option<&str>) -> String {
        let subject = Subject { id: subject.into(), container: container.map(str::to_owned), ..Default::default() };
        finding_id(&Place::new("aws", "111122223333", "eu-west-1"), check, &subject)
    }

    #[test]
    fn the_id_is_stable_and_tells_subjects_and_containers_apart() {
        let one = id("privileged-container", "service/shop/api", Some("web"));
        assert!(one.starts_with("wallwalk/111122223333/eu-west-1/privileged-container/"));
        assert_eq!(one, id("privileged-container", "service/shop/api", Some("web")));
        assert_ne!(one, id("privileged-container", "service/shop/api", Some("proxy")));
        assert_ne!(one, id("privileged-container", "service/shop/ap", Some("iweb")));
    }

    #[test]
    fn the_longest_names_fit_into_512_characters() {
        let subject = format!("service/{}/{}", "c".repeat(255), "s".repeat(255));
        assert!(id("execution-role-reads-unreferenced-secrets", &subject, Some(&"n".repeat(255))).len() <= 512);
    }
}
