//! Anybody's pipeline may deploy: the trust policy does not tell pipelines apart.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::Keys;
use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Met;

use crate::check::{Check, Finding, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;
use crate::roles::trust::{How, Trust};
use crate::roles::{unread, why};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "deploy-role-trust-too-wide",
        title: "deployment role trusts every pipeline of a provider",
        category: Category::PrivilegeEscalation,
        severity: Severity::High,
        subject: SubjectKind::Role,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("deploy_role_trust_too_wide.md"),
    },
    not_on: &[],
    judge: Judge::FederatedRole(judge),
};

/// Calls that change what runs.
const DEPLOYS: &[&str] = &[
    "ecr:PutImage",
    "ecs:UpdateService",
    "ecs:CreateService",
    "ecs:CreateTaskSet",
    "ecs:RunTask",
    "ecs:StartTask",
    "ecs:RegisterTaskDefinition",
    "ecs:UpdateExpressGatewayService",
    "ecs:CreateExpressGatewayService",
    "codedeploy:CreateDeployment",
];

fn judge(view: &RoleView<'_>) -> Judged {
    let trust = Trust::of(view)?;
    let parties = trust.parties().into_iter().filter(|party| party.oidc().is_some());
    let found = trust.find(parties, How::Surely, |party| trust.strange_tokens(party));
    if found.is_empty() {
        return PASSED;
    }
    let bounds = view.estate.bounds(view.facts)?;
    let deploys = deploys(view)?;
    let may = match deploys.answer {
        Answer::Never => return PASSED,
        Answer::Unread => return Err(unread(bounds)),
        Answer::Possibly | Answer::Surely => deploys.answer,
    };
    let judged = found.judged(view.facts, |parties| {
        let providers: Vec<&str> = parties.iter().filter_map(|party| party.oidc()).collect();
        Flaw::new(format!("whoever gets a token of {} may deploy", crate::check::listed(providers)))
            .because(format!("it may call {} on {}", deploys.action, deploys.resource))
            .because_all(why(bounds, deploys.action, &deploys.resource))
            .so("a pipeline of strangers can replace the images and services of this account")
    })?;
    Ok(match judged {
        Finding::Failed(flaw) if !may.surely() => flaw.possibly().into(),
        judged => judged,
    })
}

/// The surest of the calls that deploy.
fn deploys(view: &RoleView<'_>) -> Result<Met, wallwalk_model::Gap> {
    let principal = view.facts.principal.as_ref().map_err(Clone::clone)?;
    let mut best = Met { action: "ecs:UpdateService", resource: "*".to_owned(), bind: Vec::new(), answer: Answer::Never };
    for action in DEPLOYS {
        let met = view.estate.web.met_best(principal, action, &Keys::new());
        if met.answer > best.answer {
            best = met;
        }
    }
    Ok(best)
}
