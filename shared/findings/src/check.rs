//! What findings need to know of a check: its name, words and mappings, not how it judges.

use crate::Severity;

/// Where the pages of the checks are published.
pub const PAGES: &str = "https://github.com/wallwalk/wallwalk/blob/main/shared/checks/src/catalog";

/// What a check is and says, without its logic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckInfo {
    /// Kebab-case name of the bad condition, `privileged-container`. Never changes; a renamed check
    /// keeps a redirect.
    pub name: &'static str,
    /// The bad condition in a few words, `container runs privileged`.
    pub title: &'static str,
    /// What kind of danger it is.
    pub category: Category,
    /// Severity before escalation.
    pub severity: Severity,
    /// What the finding's identity names.
    pub subject: SubjectKind,
    /// Whether it runs by default.
    pub tier: Tier,
    /// Published control mappings, sorted, as `NIST.800-53.r5 AC-6`, `PCI DSS v4.0.1/7.2.5`,
    /// `CIS Docker v1.6.0/5.5`. At most 32 of at most 64 characters.
    pub requirements: &'static [&'static str],
    /// Overlapping Security Hub control, `ECS.4`.
    pub related_control: Option<&'static str>,
    /// The page: Markdown with front sections and executable cases.
    pub page: &'static str,
}

impl CheckInfo {
    /// The text under the page's heading `## title`, without surrounding blank lines.
    #[must_use]
    pub fn section(&self, title: &str) -> Option<&'static str> {
        let mut rest = self.page;
        loop {
            let start = rest.find("\n## ")?;
            rest = rest.get(start + 4..)?;
            let (heading, body) = rest.split_once('\n')?;
            if heading.trim() == title {
                let end = body.find("\n## ").unwrap_or(body.len());
                return body.get(..end).map(str::trim);
            }
        }
    }

    /// First sentence of the section `How to fix`: at most 512 characters, never empty.
    #[must_use]
    pub fn remedy(&self) -> String {
        let text = self.section("How to fix").unwrap_or_default().replace('\n', " ");
        let sentence = text.split_once(". ").map_or(text.as_str(), |(first, _)| first).trim_end_matches('.').trim();
        let sentence = if sentence.is_empty() { self.title } else { sentence };
        sentence.chars().take(500).collect::<String>() + "."
    }

    /// Address of the page in the published documentation.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{PAGES}/{}.md", self.name.replace('-', "_"))
    }
}

/// When a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// By default; the first tier.
    T1,
    /// By default; the second tier.
    T2,
    /// Only when the settings switch it on.
    Off,
}

/// What a finding's identity names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A workload and one of its containers.
    Container,
    /// A service, task group, schedule, daemon or latent family.
    Workload,
    /// A cluster.
    Cluster,
    /// The account in this Region.
    Account,
    /// The instances of a capacity provider, Auto Scaling group or cluster.
    HostGroup,
    /// A role.
    Role,
    /// A security group.
    SecurityGroup,
    /// A secret.
    Secret,
    /// A parameter.
    Parameter,
    /// A load balancer.
    LoadBalancer,
    /// A repository.
    Repository,
}

impl SubjectKind {
    /// The kind in a word or two, for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Workload => "workload",
            Self::Cluster => "cluster",
            Self::Account => "account",
            Self::HostGroup => "host group",
            Self::Role => "role",
            Self::SecurityGroup => "security group",
            Self::Secret => "secret",
            Self::Parameter => "parameter",
            Self::LoadBalancer => "load balancer",
            Self::Repository => "repository",
        }
    }
}

macro_rules! categories {
    ($($(#[$meta:meta])* $variant:ident => $word:literal, $types:literal;)*) => {
        /// What kind of danger a check is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Category {
            $($(#[$meta])* $variant,)*
        }

        impl Category {
            /// Every category.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Kebab-case word, `lateral-movement`.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// ASFF finding type.
            /// Source: AWS Security Hub User Guide, "Types taxonomy for ASFF".
            #[must_use]
            pub const fn asff_type(self) -> &'static str {
                match self { $(Self::$variant => $types,)* }
            }
        }
    };
}

categories! {
    /// A setting that ought to be stricter.
    Hardening => "hardening", "Software and Configuration Checks/AWS Security Best Practices";
    /// What is not recorded.
    Logging => "logging", "Software and Configuration Checks/AWS Security Best Practices";
    /// What runs.
    Images => "images", "Software and Configuration Checks/AWS Security Best Practices";
    /// Who reaches whom.
    Network => "network", "Software and Configuration Checks/AWS Security Best Practices/Network Reachability";
    /// How somebody gets from one workload to another.
    LateralMovement => "lateral-movement", "TTPs/Lateral Movement";
    /// How somebody gains rights.
    PrivilegeEscalation => "privilege-escalation", "TTPs/Privilege Escalation";
    /// How somebody gets at credentials.
    CredentialAccess => "credential-access", "TTPs/Credential Access";
    /// Credentials written down.
    HardcodedSecret => "hardcoded-secret", "Sensitive Data Identifications/Passwords";
    /// Who reads what is not theirs.
    DataExposure => "data-exposure", "Effects/Data Exposure";
}
