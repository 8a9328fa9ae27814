//! Task definition revisions.
//!
//! A revision is immutable: once read, it is read again only when the rules that examine its values
//! or what is kept of it have changed, because values are not kept. Its status is that of the first reading.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::TaskDefinitionField;
use serde_json::Value;
use wallwalk_model::{Fact, Gap, GapReason, Reading, ecs};

use super::ask::Miss;
use super::call::Call;
use super::run::{Run, each};
use crate::redact;

impl Run<'_> {
    /// Reads the revisions that are not known yet.
    pub(super) async fn definitions(&self, arns: impl IntoIterator<Item = String>) {
        let unread: BTreeSet<String> = arns.into_iter().filter(|arn| !self.has_definition(arn)).collect();
        each(unread.into_iter().map(|arn| self.definition(arn))).await;
    }

    /// Whether a revision needs no reading.
    pub(super) fn has_definition(&self, arn: &str) -> bool {
        let known = self.known.task_definitions.get(arn).is_some_and(|reading| match &reading.fact {
            Fact::Known(definition) => definition.rules_version.as_ref() == Some(&redact::examined_by()),
            Fact::Absent => true,
            Fact::Gap(_) => false,
        });
        known || self.now().task_definitions.contains_key(arn)
    }

    async fn definition(&self, arn: String) {
        let call = Call::DescribeTaskDefinition;
        let at = (self.clock)();
        let send = |tap| {
            let request = self.clients.ecs.describe_task_definition().task_definition(&arn).include(TaskDefinitionField::Tags);
            request.customize().interceptor(tap).send()
        };
        let reading = match self.ask.json(call, send).await {
            Ok(mut answer) => {
                let raw = answer.get_mut("taskDefinition").map(Value::take).unwrap_or_default();
                match redact::task_definition(raw, answer.get("tags").unwrap_or(&Value::Null), self.key) {
                    Ok(definition) => Reading::known(at, definition),
                    Err(problem) => Reading::gap(at, Gap::new(call.name(), GapReason::Failed, problem)),
                }
            }
            // The one code stands for many things; that there is no such revision is told in the message.
            Err(Miss::Refused(refusal)) if refusal.is(&["ClientException"]) && refusal.says("Unable to describe task definition") => {
                Reading::absent(at)
            }
            Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
            Err(Miss::Stopped) => return,
        };
        self.put(|now| &mut now.task_definitions, arn, reading);
    }

    /// What was read of a revision, now or earlier.
    pub(super) fn with_definition<T>(&self, arn: &str, see: impl FnOnce(&ecs::TaskDefinition) -> T) -> Option<T> {
        let now = self.now();
        let reading = now.task_definitions.get(arn).or_else(|| self.known.task_definitions.get(arn));
        reading.and_then(Reading::value).map(see)
    }
}
