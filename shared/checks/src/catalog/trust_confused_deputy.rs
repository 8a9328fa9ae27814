//! ECS may be talked into using a role for somebody else's tasks.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged};
use crate::estate::RoleView;
use crate::roles::trust::{ECS_TASKS, How, Party, Trust};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "trust-confused-deputy",
        title: "role trusts ECS on behalf of any account",
        category: Category::CredentialAccess,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("trust_confused_deputy.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let trust = Trust::of(view)?;
    let parties = trust.parties().into_iter().filter(|party| party.is_service(ECS_TASKS));
    let found = trust.find(parties, How::Surely, |_| trust.foreign_tasks());
    found.judged(view.facts, |parties| {
        let flaw = Flaw::new("the role trusts ECS whoever's task it is for")
            .so("a task of another account may get the role's credentials, if ECS is tricked into asking for them");
        let usable = |party: &Party<'_>| trust.surest(party, trust.own_tasks()).map_or(true, |own| own.how > How::No);
        if parties.iter().any(usable) {
            flaw
        } else {
            flaw.because("tasks of this account cannot use the role: ECS is not admitted on its behalf")
        }
    })
}
