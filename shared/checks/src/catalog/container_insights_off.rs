//! A cluster records no metrics of its tasks.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use wallwalk_model::Gap;

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::ClusterView;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "container-insights-off",
        title: "Container Insights is off",
        category: Category::Logging,
        severity: Severity::Low,
        subject: SubjectKind::Cluster,
        tier: Tier::T1,
        requirements: &["NIST.800-53.r5 AU-6(3)", "NIST.800-53.r5 AU-6(4)", "NIST.800-53.r5 CA-7", "NIST.800-53.r5 SI-2"],
        related_control: Some("ECS.12"),
        page: include_str!("container_insights_off.md"),
    },
    not_on: &[],
    judge: Judge::Cluster(judge),
};

fn judge(view: &ClusterView<'_>) -> Judged {
    match view.cluster.setting("containerInsights") {
        Some("enabled" | "enhanced") => PASSED,
        Some(value) => Ok(Flaw::new("Container Insights is off")
            .because(format!("cluster {}: containerInsights is {value}", view.name))
            .mended_by(format!("aws ecs update-cluster-settings --cluster {} --settings name=containerInsights,value=enhanced", view.name))
            .into()),
        // AWS names the setting whenever settings were asked for.
        None => Err(Gap::not_asked("ecs:DescribeClusters include SETTINGS")),
    }
}
