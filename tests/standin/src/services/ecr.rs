//! ECR: repositories and their policies.
//!
//! Source: Amazon ECR API Reference.

use serde_json::{Value, json};

use super::{Answer, Read, after, listed, output, size, text_of};
use crate::call::Call;
use crate::estate::Estate;
use crate::token;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] = &[("DescribeRepositories", describe), ("GetRepositoryPolicy", get_policy)];

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "InvalidParameterException", message)
}

fn repository<'e>(estate: &'e Estate, call: &Call, name: &str) -> Result<&'e Value, Refusal> {
    let registry = call.text("registryId").unwrap_or(&estate.account);
    estate.repositories.get(name).filter(|_| registry == estate.account).ok_or_else(|| {
        let message = format!("The repository with name '{name}' does not exist in the registry with id '{registry}'");
        Refusal::new(400, "RepositoryNotFoundException", message)
    })
}

fn describe(estate: &Estate, call: &Call) -> Answer {
    let names = call.texts("repositoryNames");
    if !names.is_empty() {
        if names.len() > 100 {
            return Err(invalid("repositoryNames can have at most 100 items".into()));
        }
        if call.number("maxResults").is_some() || call.text("nextToken").is_some() {
            return Err(invalid("maxResults and nextToken cannot be used with repositoryNames".into()));
        }
        // One name that is not there fails the whole call.
        let found = names.iter().map(|name| repository(estate, call, name).cloned()).collect::<Result<Vec<_>, _>>()?;
        return output(json!({"repositories": found}));
    }
    let most = size(call, "maxResults", (1, 1000, 100), invalid)?;
    let after = after(call, "nextToken", invalid)?;
    let (page, last) = token::page(&estate.repositories, "", after.as_deref(), most, |_, _| true);
    let list = page.into_iter().map(|(_, one)| one.clone()).collect();
    output(listed(("repositories", list), ("nextToken", last.map(|last| token::seal(call, &last, call.text("nextToken"))))))
}

fn get_policy(estate: &Estate, call: &Call) -> Answer {
    let name = call.text("repositoryName").ok_or_else(|| invalid("repositoryName is required".into()))?;
    let repository = repository(estate, call, name)?;
    let policy = estate.repository_policies.get(name).ok_or_else(|| {
        let message =
            format!("Repository policy does not exist for the repository with name '{name}' in the registry with id '{}'", estate.account);
        Refusal::new(400, "RepositoryPolicyNotFoundException", message)
    })?;
    output(json!({"registryId": text_of(repository, "registryId"), "repositoryName": name, "policyText": policy}))
}
