//! `wallwalk role`: what a role may do, what it can become, and the policy that would be enough.

use serde_json::json;
use wallwalk_checks::Estate;
use wallwalk_checks::roles::inspect::{self, Levels, PathTold, Profile, Remedy, Says, ServicePower};
use wallwalk_findings::text::count;
use wallwalk_model::Place;

use crate::args::{Form, RoleArgs};
use crate::look::{self, Page, Stress, first};
use crate::{Outcome, input};

/// So many services are shown; of more, those in which most can be changed.
const SERVICES: usize = 25;
/// So many kinds of paths are proved; the others are named.
const PATHS: usize = 5;
/// So many names are shown in a row.
const NAMED: usize = 6;

pub(crate) async fn run(args: RoleArgs) -> anyhow::Result<Outcome> {
    let settings = input::read_settings(args.look.settings.as_deref())?;
    let (snapshot, now) = look::facts(&args.source, &args.look, args.trim).await?;
    let account = wallwalk_checks::roles::account(&snapshot, now);
    let estate = Estate::new(&snapshot, &account, &settings, now);
    let Some(principal) = look::find(&estate, &args.role, args.look.format, |why| json!({ "unread": why }))? else {
        return Ok(Outcome::Unseen);
    };
    let profile = inspect::profile(&estate, principal);
    match args.look.format {
        Form::Json if args.trim => {
            println!("{}", serde_json::to_string_pretty(&json!({ "principal": profile.principal, "remedies": profile.remedies }))?)
        }
        Form::Json => println!("{}", serde_json::to_string_pretty(&profile)?),
        Form::Text => page(&profile, &snapshot.place, args.look.color.wanted(), args.trim).print(),
    }
    let unseen = profile.unread.is_some() || profile.hidden.is_some();
    Ok(if unseen { Outcome::Unseen } else { Outcome::Clean })
}

fn page(profile: &Profile, place: &Place, colour: bool, only_remedies: bool) -> Page {
    let mut page = Page::new(colour);
    let name = page.paint(Stress::Bold, &profile.name);
    page.line(&format!("{} {name}  {}", profile.kind, profile.principal));
    if !only_remedies {
        about(&mut page, profile);
        power(&mut page, profile, place);
        paths(&mut page, profile);
    }
    for remedy in &profile.remedies {
        show(&mut page, remedy);
    }
    page
}

fn about(page: &mut Page, profile: &Profile) {
    let uses: Vec<String> = profile.used_as.iter().map(|one| format!("{} of {}", one.kind, one.by)).collect();
    page.item("used as", &if uses.is_empty() { "nothing, as far as was read".to_owned() } else { first(&uses, NAMED) });
    let policies: Vec<String> = profile
        .policies
        .iter()
        .map(|one| one.statements.map_or_else(|| format!("{} (not read)", one.name), |_| one.name.clone()))
        .collect();
    page.item("policies", &if policies.is_empty() { "none".to_owned() } else { policies.join(", ") });
    let administrator = &profile.administrator;
    let stress = match administrator.answer {
        Says::Yes => Stress::Bad,
        Says::No => Stress::Good,
        Says::Depends | Says::Unread => Stress::Open,
    };
    let answer = page.paint(stress, administrator.answer.word());
    page.item("administrator", &administrator.how.as_ref().map_or_else(|| answer.clone(), |how| format!("{answer}, {how}")));
    page.items("not read", profile.unread.iter().map(|gap| format!("{gap}; it may allow or deny anything")));
    page.items("assumed", profile.assumptions.iter().map(|one| one.text.to_owned()));
}

fn power(page: &mut Page, profile: &Profile, place: &Place) {
    page.heading("What it may do");
    let services = &profile.power.services;
    if services.is_empty() || profile.administrator.literally {
        let everything = profile.administrator.literally;
        page.line(match (everything, &profile.unread) {
            (true, _) => "  every action of every service, on every resource",
            (false, None) => "  nothing by its own policies",
            (false, Some(_)) => "  nothing by what was read of its policies",
        });
        return;
    }
    page.line("  actions allowed surely, and possibly (+): under a condition, or on a part of what is named");
    let mut shown: Vec<&ServicePower> = services.iter().collect();
    if shown.len() > SERVICES {
        shown.sort_by_key(|one| std::cmp::Reverse((one.surely.changing() + one.possibly.changing(), one.surely.total())));
        shown.truncate(SERVICES);
        shown.sort_by_key(|one| one.service);
    }
    let wide = shown.iter().map(|one| one.service.len()).max().unwrap_or_default();
    page.line(&format!("  {:wide$}{:>8}{:>8}{:>8}{:>8}{:>13}  limited to", "", "list", "read", "write", "tag", "permissions"));
    for one in &shown {
        let cell = |of: fn(&Levels) -> usize| format!("{:>8}", numbers(of(&one.surely), of(&one.possibly)));
        let columns = [
            cell(|levels| levels.list),
            cell(|levels| levels.read),
            cell(|levels| levels.write),
            cell(|levels| levels.tagging),
            format!("{:>13}", numbers(one.surely.permissions, one.possibly.permissions)),
        ];
        let resources: Vec<&str> = one.resources.iter().map(|resource| short(resource, one.service, place)).collect();
        page.line(&format!("  {:wide$}{}  {}", one.service, columns.concat(), first(&resources, 1)));
    }
    if services.len() > shown.len() {
        page.line(&format!("  and {}, in which less can be changed", count(services.len() - shown.len(), "more service")));
    }
    let unknown: Vec<&String> = profile.power.unknown.iter().collect();
    page.items("unknown actions", (!unknown.is_empty()).then(|| first(&unknown, NAMED)));
    if !profile.power.sensitive.is_empty() {
        page.heading("Sensitive among them");
        for one in &profile.power.sensitive {
            let surely = (!one.surely.is_empty()).then(|| first(&one.surely, NAMED));
            let possibly = (!one.possibly.is_empty()).then(|| format!("possibly {}", first(&one.possibly, NAMED)));
            page.items(&one.class.replace('-', " "), surely.into_iter().chain(possibly));
        }
    }
}

/// What the ARN says beyond the service, where it is of the place that was read.
fn short<'r>(resource: &'r str, service: &str, place: &Place) -> &'r str {
    let head = format!("arn:{}:{service}:{}:{}:", place.partition, place.region, place.account);
    resource.strip_prefix(&head).unwrap_or(resource)
}

/// `3`, `3+1`, `+1`, or a dot for none.
fn numbers(surely: usize, possibly: usize) -> String {
    match (surely, possibly) {
        (0, 0) => "·".to_owned(),
        (surely, 0) => surely.to_string(),
        (0, possibly) => format!("+{possibly}"),
        (surely, possibly) => format!("{surely}+{possibly}"),
    }
}

fn paths(page: &mut Page, profile: &Profile) {
    page.heading("What it can become");
    if profile.paths.is_empty() {
        page.line(match (profile.administrator.answer, &profile.hidden) {
            (Says::Yes, _) => "  it is administrator already",
            (_, None) => "  nothing more, by any path that is known",
            (_, Some(_)) => "  nothing more by what was read",
        });
    }
    let mut proved: Vec<&PathTold> = Vec::new();
    for path in &profile.paths {
        if !proved.iter().any(|known| alike(known, path)) {
            proved.push(path);
        }
    }
    for worst in proved.iter().take(PATHS) {
        let severity = page.paint(Stress::Bold, &format!("{:9}", worst.severity.word().to_uppercase()));
        let end = if worst.administrator { ", and ends as administrator" } else { "" };
        let possibly = if worst.surely { "" } else { "possibly: " };
        page.line(&format!("  {severity}{possibly}{}{end}", name(worst)));
        let heading = format!("path {}: ", worst.path);
        for line in &worst.proof {
            page.wrapped("           ", line.strip_prefix(&heading).unwrap_or(line));
        }
        let others = profile.paths.iter().filter(|path| alike(worst, path) && path.target != worst.target);
        let others: Vec<&str> = others.filter_map(target).collect();
        if !others.is_empty() {
            page.wrapped("           ", &format!("in the same way to {}", first(&others, NAMED)));
        }
    }
    let others: Vec<String> = proved.iter().skip(PATHS).map(|path| name(path)).collect();
    page.items("further paths", (!others.is_empty()).then(|| first(&others, 12)));
    page.items("may hide others", profile.hidden.iter().cloned());
}

/// Whether one proof stands for both.
fn alike(one: &PathTold, other: &PathTold) -> bool {
    (one.path, one.severity, one.surely, one.administrator) == (other.path, other.severity, other.surely, other.administrator)
}

fn target(path: &PathTold) -> Option<&str> {
    path.target.as_deref().map(|target| target.rsplit('/').next().unwrap_or(target))
}

fn name(path: &PathTold) -> String {
    target(path).map_or_else(|| path.path.to_owned(), |target| format!("{} to {target}", path.path))
}

fn show(page: &mut Page, remedy: &Remedy) {
    let of = if remedy.used_as.is_empty() { String::new() } else { format!(" as {}, {}", remedy.used_as, remedy.how) };
    page.heading(&format!("What would be enough{of}"));
    for policy in &remedy.policies {
        page.item("policy", &policy.name);
        policy.text.lines().for_each(|line| page.line(&format!("    {line}")));
    }
    page.items("proved", remedy.proof.iter().cloned());
    page.items("goes", (!remedy.removed.is_empty()).then(|| first(&remedy.removed, 20)));
    page.items("stays", (!remedy.kept.is_empty()).then(|| first(&remedy.kept, 20)));
    page.items(if remedy.policies.is_empty() { "none, because" } else { "mind" }, remedy.missing.iter().cloned());
}
