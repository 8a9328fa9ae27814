//! `wallwalk checks`: the catalogue and its pages.

use anyhow::bail;
use wallwalk_findings::{Category, CheckInfo, Tier};
use wallwalk_scanner::settings::nearest;

use crate::Outcome;
use crate::args::ChecksArgs;

pub(crate) fn run(args: &ChecksArgs) -> anyhow::Result<Outcome> {
    let catalogue = wallwalk_checks::catalogue();
    if let Some(name) = &args.name {
        let Some(info) = catalogue.iter().find(|info| info.name == name) else {
            let names: Vec<&str> = catalogue.iter().map(|info| info.name).collect();
            let near = nearest(name, &names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            bail!("there is no check `{name}`{near} (`wallwalk checks` lists them)");
        };
        show(info);
        return Ok(Outcome::Clean);
    }
    if let Some(category) = &args.category
        && !Category::ALL.iter().any(|known| known.word() == category)
    {
        let known: Vec<&str> = Category::ALL.iter().map(|known| known.word()).collect();
        bail!("there is no category `{category}`; use one of {}", known.join(", "));
    }
    let mut shown = 0;
    for info in catalogue.iter().filter(|info| args.category.as_ref().is_none_or(|category| info.category.word() == category)) {
        println!("{:32} {:13} {:20} {}", info.name, info.severity.to_string(), info.category.word(), info.title);
        shown += 1;
    }
    println!("\n{shown} checks; `wallwalk checks NAME` shows the page of one");
    Ok(Outcome::Clean)
}

fn show(info: &CheckInfo) {
    // The cases are for the test run.
    let page = info.page.split("\n## Cases").next().unwrap_or(info.page);
    println!("{}\n", page.trim_end());
    println!("severity   {}", info.severity);
    println!("category   {}", info.category.word());
    println!("subject    {}", info.subject.word());
    println!("runs       {}", if info.tier == Tier::Off { "only when switched on" } else { "by default" });
    if !info.requirements.is_empty() {
        println!("controls   {}", info.requirements.join(", "));
    }
    if let Some(control) = info.related_control {
        println!("overlaps   Security Hub {control}");
    }
}
