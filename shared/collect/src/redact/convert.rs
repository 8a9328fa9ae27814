//! From the detector's types to the model's, which know nothing of each other.

use wallwalk_model::redacted::{Redacted, RedactedCommand, RedactedPair, Reference, Sighting, SightingClass};
use wallwalk_secrets::{Argv, Class, Confidence, Context, Examined, Key, Subject, examine};

/// Where a value stands.
pub(super) struct Spot<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) pointer: &'a str,
    pub(super) surface: &'a str,
}

/// Examines a name/value pair.
pub(super) fn pair(name: &str, value: &str, pointer: &str, surface: &str, context: &Context<'_>, key: &Key) -> RedactedPair {
    let examined = examine(&Subject { name: Some(name), value: value.into() }, context, key);
    RedactedPair { name: name.to_owned(), clear: None, value: redacted(&examined, &Spot { name: Some(name), pointer, surface }) }
}

pub(super) fn command(argv: Argv, spot: &Spot<'_>) -> RedactedCommand {
    let value = redacted(&argv.examined, spot);
    RedactedCommand { program: argv.program, shell: argv.shell, flags: argv.flags, value }
}

fn redacted(examined: &Examined, spot: &Spot<'_>) -> Redacted {
    let sightings: Vec<Sighting> = examined.sightings.iter().map(|one| sighting(one, spot)).collect();
    Redacted {
        kind: examined.kind.to_owned(),
        fingerprint: sightings.iter().find_map(|one| one.fingerprint.clone()),
        sightings,
        refs: examined
            .refs
            .iter()
            .map(|one| Reference { kind: one.kind.to_owned(), target: one.target.clone(), port: one.port, scheme: one.scheme.clone() })
            .collect(),
        problems: examined.problems.iter().map(|problem| (*problem).to_owned()).collect(),
    }
}

fn sighting(one: &wallwalk_secrets::Sighting, spot: &Spot<'_>) -> Sighting {
    Sighting {
        class: match one.class {
            Class::Secret => SightingClass::Secret,
            Class::WeakCredential => SightingClass::WeakCredential,
            Class::Placeholder => SightingClass::Placeholder,
            Class::Publishable => SightingClass::Publishable,
            Class::Identifier => SightingClass::Identifier,
        },
        detector: one.detector.to_owned(),
        provider: one.provider.map(str::to_owned),
        confidence: if one.confidence == Confidence::High { "high" } else { "medium" }.to_owned(),
        length: one.length.map(str::to_owned),
        pointer: spot.pointer.to_owned(),
        surface: spot.surface.to_owned(),
        name: match (spot.name, &one.inside) {
            (Some(name), Some(inside)) if inside != name => Some(format!("{name} ({inside})")),
            (Some(name), _) => Some(name.to_owned()),
            (None, inside) => inside.clone(),
        },
        fingerprint: one.fingerprint.clone(),
        facts: one.facts.clone(),
    }
}

/// Whether something was noticed that must not be shown.
pub(super) fn has_credential(examined: &Examined) -> bool {
    examined.sightings.iter().any(|one| matches!(one.class, Class::Secret | Class::WeakCredential | Class::Identifier))
}

/// The same, of the model's form.
pub(super) fn is_credential(value: &Redacted) -> bool {
    value.sightings.iter().any(|one| matches!(one.class, SightingClass::Secret | SightingClass::WeakCredential | SightingClass::Identifier))
}
