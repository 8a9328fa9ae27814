//! The bundled estate: an internet-facing shop, as the AWS CLI would print it.
//!
//! Values in providers' formats are not in the repository: markers stand in their place and are
//! filled in at run time, the same way every time.

macro_rules! files {
    ($($name:literal,)*) => {
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../estates/shop/", $name))),)*];
    };
}

files! {
    "ec2-describe-instances.json",
    "ec2-describe-network-acls.json",
    "ec2-describe-network-interfaces.json",
    "ec2-describe-route-tables.json",
    "ec2-describe-security-group-rules.json",
    "ec2-describe-security-groups.json",
    "ec2-describe-subnets.json",
    "ec2-describe-vpc-endpoints.json",
    "ec2-describe-vpcs.json",
    "ecr-describe-repositories.json",
    "ecs-describe-capacity-providers.json",
    "ecs-describe-clusters.json",
    "ecs-describe-container-instances.json",
    "ecs-describe-services.json",
    "ecs-describe-task-definition-catalog.json",
    "ecs-describe-task-definition-checkout.json",
    "ecs-describe-task-definition-ci-runner.json",
    "ecs-describe-task-definition-dashboards.json",
    "ecs-describe-task-definition-email.json",
    "ecs-describe-task-definition-image-resizer.json",
    "ecs-describe-task-definition-legacy-admin.json",
    "ecs-describe-task-definition-metrics-agent.json",
    "ecs-describe-task-definition-nightly-report.json",
    "ecs-describe-task-definition-old-importer.json",
    "ecs-describe-task-definition-orders-worker.json",
    "ecs-describe-task-definition-payments.json",
    "ecs-describe-task-definition-recommendations.json",
    "ecs-describe-task-definition-returns.json",
    "ecs-describe-task-definition-search.json",
    "ecs-describe-task-definition-storefront.json",
    "ecs-describe-tasks.json",
    "ecs-list-task-definition-families.json",
    "elbv2-describe-listeners.json",
    "elbv2-describe-load-balancers.json",
    "elbv2-describe-target-groups.json",
    "iam-get-account-authorization-details.json",
    "meta.json",
    "secretsmanager-list-secret-version-ids-acquirer.json",
    "secretsmanager-list-secrets.json",
    "ssm-describe-parameters.json",
}

/// The estate's files by name, markers filled in.
pub(crate) fn shop() -> Vec<(&'static str, String)> {
    FILES.iter().map(|(name, text)| (*name, filled(text))).collect()
}

fn filled(text: &str) -> String {
    const MIXED: &str = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    text.replace("{{demo:password}}", &made(MIXED, 20))
        .replace("{{demo:aws-access-key-id}}", &format!("{}{}", "AKIA", made("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)))
        .replace("{{demo:aws-secret-access-key}}", &made(MIXED, 40))
}

/// Varied text of `length` characters, the same at every run (xorshift).
fn made(alphabet: &str, length: u64) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ length;
    (0..length)
        .filter_map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let index = usize::try_from(state % u64::try_from(alphabet.len()).unwrap_or(1)).unwrap_or(0);
            alphabet.get(index).copied()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_marker_is_left_and_every_run_gives_the_same_estate() {
        assert!(shop().iter().all(|(_, text)| !text.contains("{{demo:")));
        assert_eq!(shop(), shop());
    }
}
