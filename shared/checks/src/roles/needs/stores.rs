//! Secrets and parameters that the agent reads before containers start.
//!
//! Source: Amazon ECS Developer Guide, "Pass sensitive data to an Amazon ECS container"; Systems
//! Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".

use wallwalk_iam::generate::Purpose;
use wallwalk_model::secrets::StoreReference;
use wallwalk_model::{Arn, Gap, ecs};

use super::draft::{By, Draft, Key, decrypt, literal, need, optional};
use crate::estate::{Trace, store_references};

/// What stands before a secret's name where it is read through Parameter Store.
const THROUGH_PARAMETER_STORE: &str = "/aws/reference/secretsmanager/";

/// Everything that a container refers to.
pub(super) fn container(draft: &mut Draft<'_, '_>, container: &ecs::ContainerDefinition, pointer: &str) {
    let options = container.log_configuration.as_ref().map_or(0, |log| log.secret_options.len());
    // In the order in which the references are given.
    let places = (0..container.secrets.len())
        .map(|n| format!("{pointer}/secrets/{n}/valueFrom"))
        .chain((0..options).map(|n| format!("{pointer}/logConfiguration/secretOptions/{n}/valueFrom")))
        .chain([format!("{pointer}/repositoryCredentials/credentialsParameter")]);
    for ((_, reference, written), because) in store_references(container).into_iter().zip(places) {
        refers(draft, &reference, &written, &because);
    }
}

/// Options that a log driver outside a container takes from a store.
pub(super) fn log_options(draft: &mut Draft<'_, '_>, log: &ecs::LogConfiguration, pointer: &str) {
    for (n, option) in log.secret_options.iter().enumerate() {
        let reference = StoreReference::parse(&option.value_from);
        refers(draft, &reference, &option.value_from, &format!("{pointer}/secretOptions/{n}/valueFrom"));
    }
}

fn refers(draft: &mut Draft<'_, '_>, reference: &StoreReference, written: &str, because: &str) {
    match reference {
        StoreReference::Secret { id, .. } if written.starts_with(THROUGH_PARAMETER_STORE) => {
            // A version or label may follow the name.
            let name = id.split(':').next().unwrap_or_default();
            through_parameter_store(draft, name, (None, None), because);
        }
        StoreReference::Secret { .. } => secret(draft, reference, because),
        StoreReference::Parameter { name, account, region } => match name.strip_prefix(THROUGH_PARAMETER_STORE) {
            Some(secret) => through_parameter_store(draft, secret, (region.as_deref(), account.as_deref()), because),
            None => parameter(draft, reference, name, (region.as_deref(), account.as_deref()), because),
        },
        StoreReference::Malformed => {
            draft.problem(because, format!("`{written}` names neither a secret nor a parameter: the task cannot start"));
        }
    }
}

type Elsewhere<'t> = (Option<&'t str>, Option<&'t str>);

fn through_parameter_store(draft: &mut Draft<'_, '_>, name: &str, place: Elsewhere<'_>, because: &str) {
    if read_parameter(draft, &format!("{THROUGH_PARAMETER_STORE}{name}"), place, because) {
        secret(draft, &StoreReference::Secret { id: name.to_owned(), account: None, region: None }, because);
    }
}

/// `ssm:GetParameters`, with the one form that a parameter's ARN has.
fn read_parameter(draft: &mut Draft<'_, '_>, name: &str, (region, account): Elsewhere<'_>, because: &str) -> bool {
    if !literal(name) {
        draft.problem(because, format!("`{name}` can be no parameter's name"));
        return false;
    }
    let (home, resource) = (&draft.home, format!("parameter/{}", name.trim_start_matches('/')));
    let arn = home.arn_at("ssm", region.unwrap_or(&home.region), account.unwrap_or(&home.account), &resource);
    draft.add(By::Execution, need(Purpose::ReadParameters, &["ssm:GetParameters"], arn, because));
    true
}

fn parameter(draft: &mut Draft<'_, '_>, reference: &StoreReference, name: &str, place: Elsewhere<'_>, because: &str) {
    if !read_parameter(draft, name, place, because) {
        return;
    }
    let region = place.0.unwrap_or(&draft.home.region).to_owned();
    let account = place.1.unwrap_or(&draft.home.account).to_owned();
    let key = match draft.estate.parameter_referred(&Trace::default(), reference) {
        Ok(None) => Key::None,
        Ok(Some(parameter)) => match parameter.kind.as_deref() {
            Some("SecureString") => draft.key(parameter.key_id.as_deref(), (&region, &account)),
            Some(_) => Key::None,
            None => Key::Unread(Gap::not_asked("ssm:DescribeParameters")),
        },
        Err(gap) => Key::Unread(gap),
    };
    decrypts(draft, key, ("ssm", &region, &account), because);
}

/// `secretsmanager:GetSecretValue`, and the key.
fn secret(draft: &mut Draft<'_, '_>, reference: &StoreReference, because: &str) {
    let StoreReference::Secret { id, account, region } = reference else { return };
    if !literal(id) {
        draft.problem(because, format!("`{id}` can be no secret's name"));
        return;
    }
    let read = |resource: String| need(Purpose::ReadSecrets, &["secretsmanager:GetSecretValue"], resource, because);
    let found = draft.estate.secret_referred(&Trace::default(), reference);
    let home = draft.home.clone();
    let mut place = (region.clone().unwrap_or(home.region.clone()), account.clone().unwrap_or(home.account.clone()));
    match &found {
        Ok(Some(secret)) if !secret.arn.is_empty() => {
            if let Ok(arn) = secret.arn.parse::<Arn>() {
                place = (arn.region, arn.account);
            }
            draft.add(By::Execution, read(secret.arn.clone()));
        }
        // A whole ARN, or the ARN without its suffix of a secret whose name happens to end like one.
        _ if account.is_some() && ends_like_an_arn(id) => {
            draft.add(By::Execution, optional(read(id.clone())));
            draft.add(By::Execution, optional(read(format!("{id}-??????"))));
        }
        _ if account.is_some() => draft.add(By::Execution, read(format!("{id}-??????"))),
        _ => draft.add(By::Execution, read(home.arn("secretsmanager", &format!("secret:{id}-??????")))),
    }
    let key = match found {
        Ok(Some(secret)) => draft.key(secret.kms_key_id.as_deref(), (&place.0, &place.1)),
        Ok(None) => Key::None,
        Err(gap) => Key::Unread(gap),
    };
    decrypts(draft, key, ("secretsmanager", &place.0, &place.1), because);
}

/// Whether a secret's ARN ends in a hyphen and six characters, as whole ones do.
fn ends_like_an_arn(id: &str) -> bool {
    id.rsplit_once('-').is_some_and(|(_, suffix)| suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn decrypts(draft: &mut Draft<'_, '_>, key: Key, (service, region, account): (&str, &str, &str), because: &str) {
    let with = |keys: String| decrypt(Purpose::DecryptSecrets, keys, (service, region), because);
    match key {
        Key::None => {}
        Key::Arn(arn) => draft.add(By::Execution, with(arn)),
        Key::Unread(gap) => {
            let any = draft.home.arn_at("kms", region, account, "key/*");
            draft.add(By::Execution, optional(with(any)));
            draft.gap(gap);
        }
    }
}
