//! Repositories of the images in use, where they are this account's and Region's own.

use std::collections::BTreeSet;

use serde_json::Value;
use wallwalk_model::image::ecr_image;
use wallwalk_model::{Place, Reading, ecr, ecs};

use super::ask::Miss;
use super::call::Call;
use super::run::{Run, batches, each, left_out, list};
use super::stores::policy;

const GONE: &[&str] = &["RepositoryNotFoundException"];

impl Run<'_> {
    /// Repositories by name.
    pub(super) async fn repositories(&self, names: BTreeSet<String>) {
        let unread = names.into_iter().filter(|name| !self.read_before(&self.known.repositories, &self.repository_arn(name)));
        each(batches(unread, 100).into_iter().map(async |batch: Vec<String>| {
            let one_fails_all = self.repository_batch(&batch).await;
            if one_fails_all && batch.len() > 1 {
                each(batch.iter().map(|name| self.repository_batch(std::slice::from_ref(name)))).await;
            }
            each(batch.iter().map(|name| self.repository_policy(name))).await;
        }))
        .await;
    }

    /// Describes repositories; whether the question was refused because of one of them.
    async fn repository_batch(&self, names: &[String]) -> bool {
        let call = Call::DescribeRepositories;
        let at = (self.clock)();
        let send = |tap| {
            let request = self.clients.ecr.describe_repositories().set_repository_names(Some(names.to_vec()));
            request.customize().interceptor(tap).send()
        };
        let answer = self.ask.json(call, send).await.and_then(|mut answer| list(&mut answer, "repositories", call));
        let found: BTreeSet<String> = match &answer {
            Ok(found) => found.iter().filter_map(|one| self.repository(one, at)).collect(),
            Err(_) => BTreeSet::new(),
        };
        for name in names {
            let arn = self.repository_arn(name);
            let reading = match &answer {
                Ok(_) if found.contains(name) => continue,
                Ok(_) => Reading::gap(at, left_out(call)),
                Err(Miss::Refused(refusal)) if refusal.is(GONE) && names.len() == 1 => Reading::absent(at),
                Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
                Err(Miss::Stopped) => continue,
            };
            self.put(|now| &mut now.repositories, arn, reading);
        }
        matches!(answer, Err(Miss::Refused(refusal)) if refusal.is_about_the_question())
    }

    /// Records a repository; gives its name.
    fn repository(&self, raw: &Value, at: wallwalk_model::Time) -> Option<String> {
        let repository: ecr::Repository = serde_json::from_value(raw.clone()).ok()?;
        let name = repository.repository_name.clone();
        self.put(|now| &mut now.repositories, self.repository_arn(&name), Reading::known(at, repository));
        Some(name)
    }

    async fn repository_policy(&self, name: &str) {
        let arn = self.repository_arn(name);
        if self.now().repositories.get(&arn).is_some_and(|reading| reading.fact == wallwalk_model::Fact::Absent) {
            return self.put(|now| &mut now.repository_policies, arn, Reading::absent((self.clock)()));
        }
        let at = (self.clock)();
        let send = |tap| self.clients.ecr.get_repository_policy().repository_name(name).customize().interceptor(tap).send();
        let reading = match self.ask.json(Call::GetRepositoryPolicy, send).await {
            Ok(answer) => Reading::known(at, policy(answer.get("policyText"))),
            Err(Miss::Refused(refusal)) if refusal.is(&["RepositoryPolicyNotFoundException"]) => Reading::known(at, policy(None)),
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => Reading::absent(at),
            Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
            Err(Miss::Stopped) => return,
        };
        self.put(|now| &mut now.repository_policies, arn, reading);
    }

    /// ARN of a repository of this account and Region.
    pub(super) fn repository_arn(&self, name: &str) -> String {
        let Place { partition, account, region } = self.place;
        format!("arn:{partition}:ecr:{region}:{account}:repository/{name}")
    }

    /// Names of the own repositories that a task definition's images come from.
    pub(super) fn own_repositories(&self, definition: &ecs::TaskDefinition) -> BTreeSet<String> {
        let images = definition.container_definitions.iter().filter_map(|container| ecr_image(container.image.as_deref()?));
        let own = images.filter(|image| image.account == self.place.account && image.region == self.place.region);
        own.map(|image| image.repository.to_owned()).collect()
    }

    /// Whether an own repository that an event names is one whose images are known to be in use.
    pub(super) fn uses_repository(&self, name: &str) -> bool {
        self.known.repositories.contains_key(&self.repository_arn(name))
            || self.known.task_definitions.values().filter_map(Reading::value).any(|one| self.own_repositories(one).contains(name))
    }
}
