//! What a check is made of.

use wallwalk_findings::verdict::{Certainty, Resource};
use wallwalk_findings::{CheckInfo, Severity};
use wallwalk_model::Gap;

use crate::estate::{ClusterView, Container, GroupView, HostGroup, RoleView, SecretView, WorkloadView};

/// A check: its words and its logic.
#[derive(Debug)]
pub struct Check {
    /// Name, severity, mappings, page.
    pub info: CheckInfo,
    /// Where it does not apply.
    pub not_on: &'static [Not],
    /// The logic.
    pub judge: Judge,
}

/// Where a check does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Not {
    /// Tasks on Fargate.
    Fargate,
    /// Tasks on the customer's EC2 instances.
    Ec2,
    /// Tasks on Windows.
    Windows,
    /// Tasks on ECS Managed Instances.
    ManagedInstances,
    /// Tasks on ECS Anywhere.
    External,
}

/// The logic, by what the check's subject is.
#[derive(Debug)]
pub enum Judge {
    /// Each container of each revision.
    Container(fn(&Container<'_>) -> Judged),
    /// Each revision of a workload.
    Workload(fn(&WorkloadView<'_>) -> Judged),
    /// Each cluster.
    Cluster(fn(&ClusterView<'_>) -> Judged),
    /// Each group of container instances.
    HostGroup(fn(&HostGroup<'_>) -> Judged),
    /// Each role that a workload leads to.
    Role(fn(&RoleView<'_>) -> Judged),
    /// Each role by which ECS manages instances, load balancers or certificates for a workload.
    HelperRole(fn(&RoleView<'_>) -> Judged),
    /// Each role of the account that trusts an OIDC provider, whether or not a workload leads to it.
    FederatedRole(fn(&RoleView<'_>) -> Judged),
    /// Each security group that a workload leads to.
    SecurityGroup(fn(&GroupView<'_>) -> Judged),
    /// Each secret that a workload refers to.
    Secret(fn(&SecretView<'_>) -> Judged),
}

/// What a check says of one subject; `?` on a gap makes it unknown.
pub type Judged = Result<Finding, Gap>;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The bad condition does not hold.
    Passed,
    /// The check does not apply.
    NotApplicable(String),
    /// The bad condition holds.
    Failed(Flaw),
}

/// A flaw with its proof, before the common arithmetic of severities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The claim about the subject.
    pub claim: String,
    /// Severity, where it is not the base one.
    pub severity: Option<Severity>,
    /// Whether the proof is complete.
    pub certainty: Certainty,
    /// The chain of evidence.
    pub evidence: Vec<String>,
    /// What it lets somebody do.
    pub impact: Vec<String>,
    /// Resources along the chain.
    pub resources: Vec<Resource>,
    /// A command that mends it.
    pub command: Option<String>,
}

impl Flaw {
    /// A flaw at the base severity.
    #[must_use]
    pub fn new(claim: impl Into<String>) -> Self {
        Self {
            claim: claim.into(),
            severity: None,
            certainty: Certainty::Surely,
            evidence: Vec::new(),
            impact: Vec::new(),
            resources: Vec::new(),
            command: None,
        }
    }

    /// With a line of evidence.
    #[must_use]
    pub fn because(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// With lines of evidence.
    #[must_use]
    pub fn because_all(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }

    /// With another severity.
    #[must_use]
    pub const fn at(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// With a proof that hangs on an open reading.
    #[must_use]
    pub const fn possibly(mut self) -> Self {
        self.certainty = Certainty::Possibly;
        self
    }

    /// With what it lets somebody do.
    #[must_use]
    pub fn so(mut self, impact: impl Into<String>) -> Self {
        self.impact.push(impact.into());
        self
    }

    /// With a resource along the chain.
    #[must_use]
    pub fn along(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// With a command that mends it.
    #[must_use]
    pub fn mended_by(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

impl From<Flaw> for Finding {
    fn from(flaw: Flaw) -> Self {
        Self::Failed(flaw)
    }
}

/// Names for a line of evidence: the first ones, and how many more there are.
#[must_use]
pub fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    const MOST: usize = 12;
    let mut names = names.into_iter();
    let mut text = String::new();
    for name in names.by_ref().take(MOST) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(name.as_ref());
    }
    match names.count() {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The verdict that a bad condition does not hold.
pub const PASSED: Judged = Ok(Finding::Passed);

/// The verdict that the check does not apply.
///
/// # Errors
/// Never.
pub fn not_applicable(reason: impl Into<String>) -> Judged {
    Ok(Finding::NotApplicable(reason.into()))
}

/// Controls of NIST SP 800-53 Rev. 5 that too many rights of a role break, as Security Hub maps its own
/// controls of IAM policies.
pub const LEAST_PRIVILEGE: &[&str] = &[
    "NIST.800-53.r5 AC-2",
    "NIST.800-53.r5 AC-2(1)",
    "NIST.800-53.r5 AC-3",
    "NIST.800-53.r5 AC-3(15)",
    "NIST.800-53.r5 AC-3(7)",
    "NIST.800-53.r5 AC-5",
    "NIST.800-53.r5 AC-6",
    "NIST.800-53.r5 AC-6(10)",
    "NIST.800-53.r5 AC-6(2)",
    "NIST.800-53.r5 AC-6(3)",
];
