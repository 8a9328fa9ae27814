//! Parameters of Systems Manager: which there are, and how they are kept. Never a value.
//!
//! A full reading lists them; a narrow one, and one whose list is too long, asks by name.

use std::collections::BTreeSet;

use aws_sdk_ssm::types::ParameterStringFilter;
use wallwalk_model::secrets::{self, StoreReference, find_parameter};
use wallwalk_model::{Fact, Gap, GapReason, Reading, Snapshot, Time};

use super::ask::Miss;
use super::call::Call;
use super::run::{Run, batches, each, list, next};
use super::stores::{key_of, objects};
use crate::references;

const CALL: Call = Call::DescribeParameters;
/// Pages of fifty parameters. An account may have two thousand such pages.
const MOST_PAGES: usize = 400;
/// Names that one filter may have.
const MOST_NAMES: usize = 50;

impl Run<'_> {
    /// Every parameter of the account and Region.
    pub(super) async fn all_parameters(&self) {
        let page = async |token: Option<String>, at: Time| {
            let send = |tap| {
                let request = self.clients.ssm.describe_parameters().max_results(50).set_next_token(token.clone());
                request.customize().interceptor(tap).send()
            };
            let mut answer = self.ask.json(CALL, send).await?;
            let token = next(&answer, "NextToken");
            let read: Vec<secrets::Parameter> = objects(list(&mut answer, "Parameters", CALL)?, CALL)?;
            Ok((self.record(CALL, |now| &mut now.parameters, at, read, |parameter| &parameter.name)?, token))
        };
        self.listing_up_to(MOST_PAGES, CALL.name(), CALL, page).await;
    }

    /// Parameters by name.
    pub(super) async fn parameters(&self, names: BTreeSet<String>) {
        // AWS's own parameters can be used by everybody and are listed for nobody.
        let (public, own): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name.starts_with("/aws/service/"));
        for name in public {
            let gap = Gap::new(CALL.name(), GapReason::NotAsked, "it is a public parameter of AWS");
            self.put(|now| &mut now.parameters, name, Reading::gap((self.clock)(), gap));
        }
        if let Some(at) = self.listed_at(CALL.name()).filter(|_| self.full) {
            // What is on the list is not asked for.
            own.into_iter().for_each(|name| self.put(|now| &mut now.parameters, name, Reading::absent(at)));
            return;
        }
        // Two spellings of each name may be asked for.
        each(batches(own, MOST_NAMES / 2).into_iter().map(async |batch: Vec<String>| {
            let about_the_question = self.parameter_batch(&batch).await;
            if about_the_question && batch.len() > 1 {
                // One name that the service does not take fails them all.
                each(batch.iter().map(|name| self.parameter_batch(std::slice::from_ref(name)))).await;
            }
        }))
        .await;
    }

    /// Reads parameters; whether the question itself was refused.
    async fn parameter_batch(&self, names: &[String]) -> bool {
        let values: BTreeSet<String> = names.iter().flat_map(|name| spellings(name)).collect();
        let page = async |token: Option<String>, at: Time| {
            let filter = ParameterStringFilter::builder().key("Name").option("Equals").set_values(Some(values.iter().cloned().collect()));
            // Only a builder without a key fails.
            let filter = filter.build().ok();
            let send = |tap| {
                let request = self.clients.ssm.describe_parameters().set_parameter_filters(filter.clone().map(|filter| vec![filter]));
                request.max_results(50).set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let mut answer = self.ask.json(CALL, send).await?;
            let token = next(&answer, "NextToken");
            let read: Vec<secrets::Parameter> = objects(list(&mut answer, "Parameters", CALL)?, CALL)?;
            // A service that ignores the filter would give the whole account.
            let asked = read.into_iter().filter(|parameter| values.contains(&parameter.name));
            Ok((self.record(CALL, |now| &mut now.parameters, at, asked, |parameter| &parameter.name)?, token))
        };
        let pages = self.pages(CALL, page).await;
        let gone = names.iter().filter(|name| spellings(name).iter().all(|spelling| !pages.ids.contains(spelling))).cloned();
        self.settle(|now| &mut now.parameters, gone, &pages.ids, pages.at, pages.miss.as_ref());
        matches!(pages.miss, Some(Miss::Refused(refusal)) if refusal.is_about_the_question())
    }

    /// Whether a parameter that is referred to is not read.
    pub(super) fn lacks_parameter(&self, now: &Snapshot, name: &str) -> bool {
        if find_parameter(&now.parameters, name).is_some() {
            return false;
        }
        let Some((key, reading)) = find_parameter(&self.known.parameters, name) else { return true };
        if self.full { !self.read_before(&self.known.parameters, key) } else { matches!(reading.fact, Fact::Gap(_)) }
    }

    /// What is to be asked about when an event names a parameter, with or without its leading slash.
    pub(super) fn parameters_named(&self, name: &str) -> BTreeSet<String> {
        let same = |one: &str| one.trim_start_matches('/') == name.trim_start_matches('/');
        let read = self.known.parameters.keys().filter(|key| same(key)).cloned();
        let written = references::store_references(self.known).into_iter().filter_map(|one| match one {
            StoreReference::Parameter { ref name, .. } if same(name) => key_of(one.clone(), self.place).map(|_| name.clone()),
            _ => None,
        });
        let mut names: BTreeSet<String> = read.chain(written).collect();
        if names.is_empty() {
            names.insert(name.to_owned());
        }
        names
    }
}

/// The names a parameter may have: an ARN does not tell `/name` from `name`.
fn spellings(name: &str) -> Vec<String> {
    let bare = name.trim_start_matches('/');
    if bare.contains('/') { vec![name.to_owned()] } else { vec![bare.to_owned(), format!("/{bare}")] }
}
