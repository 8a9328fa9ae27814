//! More principals than agreed may read a secret that is injected into a workload.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::eval::Answer;
use wallwalk_model::arn;

use crate::check::{Check, Flaw, Judge, Judged, PASSED, listed};
use crate::estate::SecretView;
use crate::roles::readers::{Reader, calls};
use crate::roles::stored::Store;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-readable-by-many",
        title: "secret is readable by many",
        category: Category::DataExposure,
        severity: Severity::Low,
        subject: SubjectKind::Secret,
        tier: Tier::T2,
        requirements: &[],
        related_control: None,
        page: include_str!("secret_readable_by_many.md"),
    },
    not_on: &[],
    judge: Judge::Secret(judge),
};

fn judge(view: &SecretView<'_>) -> Judged {
    let estate = view.estate;
    let Some(stored) = estate.stores().objects.get(&view.secret.arn) else { return PASSED };
    let most = estate.settings.secrets.max_readers;
    let web = &estate.web;
    let (mut surely, mut possibly, mut unread) = (Vec::new(), Vec::new(), None);
    for principal in estate.possible_readers(stored) {
        let reader = Reader::new(web.bounds(&principal.arn));
        match reader.way(stored).answer {
            Answer::Surely => surely.push(principal),
            Answer::Possibly => possibly.push(principal),
            Answer::Unread => unread = unread.or_else(|| Some(reader.gap(stored))),
            Answer::Never => {}
        }
    }
    let sure = surely.len() > most;
    if !sure && surely.len() + possibly.len() <= most {
        let policy = || stored.unread_policy();
        return unread.or_else(|| policy().or_else(|| estate.unseen_principal()).cloned()).map_or(PASSED, Err);
    }
    // Administrators first.
    surely.sort_by_cached_key(|principal| (!web.administrator(principal).surely(), principal.arn.clone()));
    let all = surely.iter().chain(possibly.iter().filter(|_| !sure));
    let flaw = Flaw::new("more principals than agreed may read the secret")
        .because(format!("secret {}, given to {}", view.secret.name, listed(&view.users)))
        .because(format!("{} may call {}; the settings allow {most}", surely.len(), listed(calls(Store::Secrets))))
        .because(format!("readers: {}", listed(all.map(|principal| arn::last_segment(&principal.arn)))))
        .so("whoever gets hold of one of them has the secret, and nobody can tell which it was");
    Ok(if sure { flaw.into() } else { flaw.possibly().into() })
}
