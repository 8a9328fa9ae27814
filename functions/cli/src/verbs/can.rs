//! `wallwalk can`: may a role do something, and why.

use std::collections::BTreeMap;

use anyhow::bail;
use serde_json::json;
use wallwalk_checks::Estate;
use wallwalk_checks::roles::inspect::{self, Decision, Ground, Question, Says};

use crate::args::{CanArgs, Form};
use crate::look::{self, Page, Stress, first};
use crate::{Outcome, input};

/// So many names of a pattern are shown.
const NAMED: usize = 6;
/// So many statements are shown.
const STATEMENTS: usize = 5;

pub(crate) async fn run(args: CanArgs) -> anyhow::Result<Outcome> {
    let question = question(&args)?;
    let settings = input::read_settings(args.look.settings.as_deref())?;
    let (snapshot, now) = look::facts(&args.source, &args.look, false).await?;
    let account = wallwalk_checks::roles::account(&snapshot, now);
    let estate = Estate::new(&snapshot, &account, &settings, now);
    let Some(principal) = look::find(&estate, &args.role, args.look.format, |why| json!({ "answer": "unread", "unread": why }))? else {
        return Ok(Outcome::Unseen);
    };
    let mut decision = inspect::can(&estate, principal, &question);
    if decision.unknown_action {
        let near = look::suggestion(&decision.action, inspect::actions());
        decision.notes.iter_mut().take(1).for_each(|note| note.push_str(&near));
    }
    match args.look.format {
        Form::Text => page(&decision, args.look.color.wanted()).print(),
        Form::Json => println!("{}", serde_json::to_string_pretty(&decision)?),
    }
    Ok(match decision.answer {
        Says::Yes => Outcome::Clean,
        Says::No => Outcome::Failed,
        Says::Depends | Says::Unread => Outcome::Unseen,
    })
}

/// The question in the words given.
fn question(args: &CanArgs) -> anyhow::Result<Question> {
    let CanArgs { action, resource, .. } = args;
    let wild = |text: &str| text.contains(['*', '?']);
    if action != "*" && action.split_once(':').is_none_or(|(service, name)| service.is_empty() || name.is_empty()) {
        bail!("`{action}` is not an action: give service and name, as `s3:GetObject`, or a pattern");
    }
    if !wild(resource) && resource.splitn(6, ':').count() < 6 {
        bail!("`{resource}` is not an ARN: give one, a pattern as `arn:aws:s3:::bucket/*`, or `*`");
    }
    let mut context: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in &args.context {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            bail!("`{pair}` is not a key with its value: write `--context aws:SourceVpc=vpc-1`");
        };
        // Keys are the same in any case.
        let known = context.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned();
        context.entry(known.unwrap_or_else(|| key.to_owned())).or_default().push(value.to_owned());
    }
    Ok(Question { action: action.clone(), resource: resource.clone(), context })
}

fn page(decision: &Decision, colour: bool) -> Page {
    let mut page = Page::new(colour);
    let stress = match decision.answer {
        Says::Yes => Stress::Good,
        Says::No => Stress::Bad,
        Says::Depends | Says::Unread => Stress::Open,
    };
    let word = page.paint(stress, &format!("{:7}", decision.answer.word()));
    let who = decision.principal.split_once(":role/").map(|(_, name)| format!("role {name}"));
    let who = who.or_else(|| decision.principal.split_once(":user/").map(|(_, name)| format!("user {name}")));
    page.line(&format!("{word} {}", who.as_deref().unwrap_or(&decision.principal)));
    page.line(&format!("        {} on {}", decision.action, decision.resource));
    page.items("with", decision.bind.iter().map(|(key, values)| format!("{key} = {}", values.join(", "))));
    page.line("");
    // Where the caller chooses, no statement is sure by itself.
    let sure = decision.answer == Says::Yes && decision.choice.is_empty();
    let proving = |grounds: Vec<&Ground>| -> Vec<String> {
        let more = grounds.len().saturating_sub(STATEMENTS);
        let told = grounds.iter().take(STATEMENTS).map(|ground| told(ground));
        told.chain((more > 0).then(|| format!("and {more} more statements"))).collect()
    };
    // A limit allows nothing by itself.
    let (limits, grants): (Vec<&Ground>, Vec<&Ground>) =
        decision.allowed_by.iter().filter(|ground| !sure || ground.surely).partition(|ground| ground.limits);
    page.items("allowed by", proving(grants));
    page.items("within", proving(if decision.missing.is_some() { Vec::new() } else { limits }));
    let no = decision.answer == Says::No;
    let denied = no && decision.denied_by.iter().any(|ground| ground.surely);
    let deny = decision.denied_by.iter().filter(|ground| !denied || ground.surely).collect();
    page.items(if denied { "denied by" } else { "may be denied by" }, proving(deny));
    page.items(
        "because",
        decision.missing.iter().map(|layer| match layer.as_str() {
            "identity policy" => "no policy of its own allows it".to_owned(),
            layer => format!("the {layer} does not allow it"),
        }),
    );
    page.items("allowed only", proving(decision.allowed_otherwise.iter().collect()));
    page.items(
        "if the caller",
        decision.choice.iter().map(|one| match &one.value {
            Some(value) => format!("sets {} to `{value}`", one.key),
            None => format!("leaves {} out", one.key),
        }),
    );
    page.items(
        "takes also",
        decision.also.iter().map(|also| format!("{} on {}: {} ({})", also.action, also.resource, also.answer.word(), also.because)),
    );
    if let Some(parts) = &decision.breakdown {
        page.items(
            "of the actions",
            [("allowed", &parts.surely), ("depending", &parts.possibly), ("unread", &parts.unread)]
                .into_iter()
                .filter(|(_, names)| !names.is_empty())
                .map(|(what, names)| format!("{} {what}: {}", names.len(), first(names, NAMED)))
                .chain((parts.never > 0).then(|| format!("{} not allowed", parts.never))),
        );
    }
    page.items("not read", decision.unread.iter().cloned());
    page.items("assumed", assumed(decision));
    page.items("note", decision.notes.iter().cloned());
    page
}

/// `policy inline/deploy → statement 1 (Read): s3:GetObject on *; only if …`.
fn told(ground: &Ground) -> String {
    let open: Vec<&str> = ground.only_if.iter().map(|open| open.text.as_str()).collect();
    let only_if = if open.is_empty() { String::new() } else { format!("; only if {}", open.join(" and ")) };
    let policy = match ground.policy.as_str() {
        "trust" => "trust policy".to_owned(),
        policy if policy.starts_with("policy of ") => policy.to_owned(),
        policy => format!("policy {policy}"),
    };
    format!("{policy} → {}: {}{only_if}", ground.label, ground.says)
}

/// What was assumed, as it bears on the answer.
fn assumed(decision: &Decision) -> Vec<String> {
    let no = decision.answer == Says::No;
    // A statement that denies stands whatever others allow.
    if no && decision.denied_by.iter().any(|ground| ground.surely) {
        return Vec::new();
    }
    let told = decision.assumptions.iter().filter_map(|one| match (one.code, no) {
        ("scp-unread", false) => Some("no service control policy denies it"),
        ("rcp-unread", false) => Some("no resource control policy denies it"),
        ("resource-policy-not-asked", false) => Some("no policy of the resource denies it"),
        ("resource-policy-not-asked", true) => Some("no policy of the resource allows it"),
        (_, false) => Some(one.text),
        (_, true) => None,
    });
    told.map(str::to_owned).collect()
}
