//! What the roles of workloads last used, as IAM reports it.
//!
//! A report is a job: asked for, waited for, read page by page, all in one session of credentials,
//! because no other may read it. Half a report is a gap: a service that it does not show would pass
//! for one that is not used. Reports are good for a day, and those read longest ago come first, so
//! that several scans get round to all.
//! Source: IAM API Reference, `GenerateServiceLastAccessedDetails`; IAM User Guide, "Refine permissions
//! using last accessed information".

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_iam::operation::get_service_last_accessed_details::GetServiceLastAccessedDetailsOutput as Page;
use aws_sdk_iam::types as sdk;
use wallwalk_model::{Reading, Time, iam};

use super::ask::{Miss, odd};
use super::call::Call;
use super::iam::{GONE, next};
use super::run::{Run, batches, each};

/// How old a report may be, in milliseconds, before it is made anew.
const FRESH: i64 = 24 * 60 * 60 * 1000;
/// Reports made in one reading.
const MOST: usize = 100;
/// Reports made at one time; more are throttled.
const AT_ONCE: usize = 3;
/// Waits before a report is asked for: 1, 2, 4 … seconds, a minute in all.
const WAITS: u32 = 6;

impl Run<'_> {
    /// Reports about the roles of workloads that have none of today.
    pub(super) async fn last_accessed(&self) {
        let due = self.due();
        let lanes = batches(due.clone(), due.len().div_ceil(AT_ONCE));
        each(lanes.into_iter().map(async |lane: Vec<String>| {
            for name in lane {
                self.report(name).await;
            }
        }))
        .await;
    }

    /// Names of the roles whose reports are the oldest, or not there.
    fn due(&self) -> Vec<String> {
        let now = (self.clock)();
        let known = |name: &String| self.known.last_accessed.get(name).filter(|reading| reading.value().is_some()).map(|one| one.read_at);
        let mut due: Vec<(Option<Time>, String)> = self.roles_of_workloads().into_iter().map(|name| (known(&name), name)).collect();
        due.retain(|(read_at, _)| read_at.is_none_or(|read_at| now.since(read_at) >= FRESH));
        due.sort();
        due.into_iter().map(|(_, name)| name).take(MOST).collect()
    }

    /// Roles that tasks are given, and those that start them.
    fn roles_of_workloads(&self) -> BTreeSet<String> {
        let mut arns = BTreeSet::new();
        for definition in self.definitions_in_use() {
            self.with_definition(&definition, |one| {
                arns.extend([&one.task_role_arn, &one.execution_role_arn].into_iter().flatten().cloned())
            });
        }
        for overrides in self.now().tasks.values().filter_map(|task| task.value()?.overrides.as_ref()) {
            arns.extend([&overrides.task_role_arn, &overrides.execution_role_arn].into_iter().flatten().cloned());
        }
        arns.iter().filter_map(|arn| self.own_role(arn)).collect()
    }

    async fn report(&self, name: String) {
        let role_arn = {
            let now = self.now();
            let role = now.roles.get(&name).or_else(|| self.known.roles.get(&name)).and_then(Reading::value);
            role.map(|role| role.arn.clone())
        };
        // Of a role that is not there, or could not be read, something else is said.
        let Some(role_arn) = role_arn else { return };
        let at = (self.clock)();
        let reading = match self.made_report(&role_arn).await {
            Ok(report) => Reading::known(at, report),
            Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
            Err(Miss::Stopped) => return,
        };
        self.put(|now| &mut now.last_accessed, name, reading);
    }

    async fn made_report(&self, role_arn: &str) -> Result<iam::LastAccessed, Miss> {
        let call = Call::GenerateServiceLastAccessedDetails;
        let send = |tap| {
            let request = self.clients.iam.generate_service_last_accessed_details().arn(role_arn);
            request.granularity(sdk::AccessAdvisorUsageGranularityType::ActionLevel).customize().interceptor(tap).send()
        };
        let job = self.ask.xml(call, send).await?.job_id.ok_or_else(|| odd(call, "the answer names no job"))?;
        let call = Call::GetServiceLastAccessedDetails;
        let first = self.finished_page(&job).await?;
        let mut report = iam::LastAccessed {
            job_completion_date: first.job_completion_date.to_millis().ok().map(Time::from_millis),
            services_last_accessed: first.services_last_accessed.into_iter().map(service).collect(),
        };
        let mut marker = next(call, first.is_truncated, first.marker)?;
        let mut seen = BTreeSet::new();
        while let Some(token) = marker.take() {
            if !seen.insert(token.clone()) {
                return Err(odd(call, "the listing begins again before it ends"));
            }
            let page = self.report_page(&job, Some(token)).await?;
            report.services_last_accessed.extend(page.services_last_accessed.into_iter().map(service));
            marker = next(call, page.is_truncated, page.marker)?;
        }
        Ok(report)
    }

    /// The first page, once the job is done.
    async fn finished_page(&self, job: &str) -> Result<Page, Miss> {
        let call = Call::GetServiceLastAccessedDetails;
        for attempt in 0..=WAITS {
            let page = self.report_page(job, None).await;
            match page {
                Ok(page) if page.job_status == sdk::JobStatusType::Completed => return Ok(page),
                Ok(page) if page.job_status == sdk::JobStatusType::Failed => {
                    let code = page.error.map(|error| error.code).unwrap_or_default();
                    return Err(odd(call, format!("IAM could not make the report ({code})")));
                }
                Ok(_) if attempt < WAITS => self.ask.wait(Duration::from_secs(1 << attempt)).await?,
                Ok(_) => break,
                Err(Miss::Refused(refusal)) if refusal.is(GONE) => {
                    return Err(odd(call, "the report was lost before it was read; the next scan has it made anew"));
                }
                Err(miss) => return Err(miss),
            }
        }
        Err(odd(call, "the report was not ready within a minute"))
    }

    async fn report_page(&self, job: &str, marker: Option<String>) -> Result<Page, Miss> {
        let send = |tap| {
            let request = self.clients.iam.get_service_last_accessed_details().job_id(job).max_items(1000);
            request.set_marker(marker.clone()).customize().interceptor(tap).send()
        };
        self.ask.xml(Call::GetServiceLastAccessedDetails, send).await
    }
}

fn service(service: sdk::ServiceLastAccessed) -> iam::ServiceLastAccessed {
    let tracked = |action: sdk::TrackedActionLastAccessed| iam::TrackedAction {
        action_name: action.action_name.unwrap_or_default(),
        last_accessed_time: action.last_accessed_time.and_then(|at| at.to_millis().ok()).map(Time::from_millis),
    };
    iam::ServiceLastAccessed {
        service_namespace: service.service_namespace,
        last_authenticated: service.last_authenticated.and_then(|at| at.to_millis().ok()).map(Time::from_millis),
        tracked_actions_last_accessed: service.tracked_actions_last_accessed.map(|actions| actions.into_iter().map(tracked).collect()),
    }
}
