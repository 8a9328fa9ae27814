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
    "ec2-describe-managed-prefix-lists.json",
    "ec2-describe-network-acls.json",
    "ec2-describe-network-interfaces.json",
    "ec2-describe-route-tables.json",
    "ec2-describe-security-group-rules.json",
    "ec2-describe-security-groups.json",
    "ec2-describe-subnets.json",
    "ec2-describe-vpc-endpoints.json",
    "ec2-describe-vpcs.json",
    "ec2-get-managed-prefix-list-entries-office.json",
    "ec2-get-managed-prefix-list-entries-s3.json",
    "ecr-describe-repositories.json",
    "ecr-get-repository-policy-shop-catalog.json",
    "ecr-get-repository-policy-shop-checkout.json",
    "ecr-get-repository-policy-shop-coupon-import.json",
    "ecr-get-repository-policy-shop-email.json",
    "ecr-get-repository-policy-shop-image-resizer.json",
    "ecr-get-repository-policy-shop-legacy-admin.json",
    "ecr-get-repository-policy-shop-metrics-agent.json",
    "ecr-get-repository-policy-shop-orders-worker.json",
    "ecr-get-repository-policy-shop-otel-collector.json",
    "ecr-get-repository-policy-shop-payments.json",
    "ecr-get-repository-policy-shop-recommendations.json",
    "ecr-get-repository-policy-shop-returns.json",
    "ecr-get-repository-policy-shop-sales-report.json",
    "ecr-get-repository-policy-shop-search.json",
    "ecr-get-repository-policy-shop-storefront.json",
    "ecr-get-repository-policy-tools-uptime-probe.json",
    "ecs-describe-capacity-providers.json",
    "ecs-describe-clusters.json",
    "ecs-describe-container-instances.json",
    "ecs-describe-services.json",
    "ecs-describe-task-definition-shop-catalog.json",
    "ecs-describe-task-definition-shop-checkout.json",
    "ecs-describe-task-definition-shop-coupon-import.json",
    "ecs-describe-task-definition-shop-email.json",
    "ecs-describe-task-definition-shop-image-resizer.json",
    "ecs-describe-task-definition-shop-legacy-admin.json",
    "ecs-describe-task-definition-shop-metrics-agent.json",
    "ecs-describe-task-definition-shop-orders-worker-61.json",
    "ecs-describe-task-definition-shop-orders-worker.json",
    "ecs-describe-task-definition-shop-payments.json",
    "ecs-describe-task-definition-shop-recommendations.json",
    "ecs-describe-task-definition-shop-returns.json",
    "ecs-describe-task-definition-shop-sales-report.json",
    "ecs-describe-task-definition-shop-search.json",
    "ecs-describe-task-definition-shop-storefront.json",
    "ecs-describe-task-definition-tools-ci-runner.json",
    "ecs-describe-task-definition-tools-uptime-probe.json",
    "ecs-describe-tasks.json",
    "ecs-list-task-definition-families.json",
    "elbv2-describe-listeners-shop-internal.json",
    "elbv2-describe-listeners-shop-partner-api.json",
    "elbv2-describe-listeners-shop-public.json",
    "elbv2-describe-load-balancers.json",
    "elbv2-describe-target-groups.json",
    "iam-get-account-authorization-details.json",
    "meta.json",
    "secretsmanager-get-resource-policy-shop-checkout-database.json",
    "secretsmanager-get-resource-policy-shop-checkout-jwt-signing-key.json",
    "secretsmanager-get-resource-policy-shop-email-dkim-key.json",
    "secretsmanager-get-resource-policy-shop-loyalty-partner-api.json",
    "secretsmanager-get-resource-policy-shop-orders-database.json",
    "secretsmanager-get-resource-policy-shop-payments-database.json",
    "secretsmanager-get-resource-policy-shop-payments-psp-api-key.json",
    "secretsmanager-get-resource-policy-shop-reporting-warehouse.json",
    "secretsmanager-get-resource-policy-shop-search-opensearch.json",
    "secretsmanager-get-resource-policy-shop-storefront-session-key.json",
    "secretsmanager-get-resource-policy-tools-ci-runner-registration.json",
    "secretsmanager-get-resource-policy-tools-uptime-probe-pager-token.json",
    "secretsmanager-list-secrets.json",
    "secretsmanager-secret-version-ids-shop-checkout-database.json",
    "secretsmanager-secret-version-ids-shop-checkout-jwt-signing-key.json",
    "secretsmanager-secret-version-ids-shop-email-dkim-key.json",
    "secretsmanager-secret-version-ids-shop-loyalty-partner-api.json",
    "secretsmanager-secret-version-ids-shop-orders-database.json",
    "secretsmanager-secret-version-ids-shop-payments-database.json",
    "secretsmanager-secret-version-ids-shop-payments-psp-api-key.json",
    "secretsmanager-secret-version-ids-shop-reporting-warehouse.json",
    "secretsmanager-secret-version-ids-shop-search-opensearch.json",
    "secretsmanager-secret-version-ids-shop-storefront-session-key.json",
    "secretsmanager-secret-version-ids-tools-ci-runner-registration.json",
    "secretsmanager-secret-version-ids-tools-uptime-probe-pager-token.json",
    "ssm-describe-parameters.json",
}

/// The estate's files by name, markers filled in. The README beside the estate says what each marker stands for.
pub(crate) fn shop() -> Vec<(&'static str, String)> {
    FILES.iter().map(|(name, text)| (*name, filled(text))).collect()
}

fn filled(text: &str) -> String {
    const MIXED: &str = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    // Prefixes are joined at run time: what has a provider's form is not written down.
    let with_prefix = |prefix: &[&str], alphabet: &str, length: u64| prefix.concat() + &made(alphabet, length);
    text.replace("{{demo:password}}", &made(MIXED, 20))
        .replace("{{demo:aws-access-key-id}}", &with_prefix(&["AK", "IA"], "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))
        .replace("{{demo:aws-secret-access-key}}", &made(MIXED, 40))
        .replace("{{demo:stripe-live-key}}", &with_prefix(&["sk", "_live_"], MIXED, 32))
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
    use std::fmt::Write as _;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_list_names_every_file_of_the_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<String> = fs::read_dir(root.join("estates/shop"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".json"))
            .collect();
        names.sort();
        let path = root.join("src/estate.rs");
        let source = fs::read_to_string(&path).unwrap();
        let start = source.find("\nfiles! {\n").unwrap();
        let end = start + source[start..].find("\n}\n").unwrap();
        let list = names.iter().fold(String::from("\nfiles! {"), |mut list, name| {
            let _ = write!(list, "\n    \"{name}\",");
            list
        });
        if source[start..end] != list {
            fs::write(&path, format!("{}{list}{}", &source[..start], &source[end..])).unwrap();
            panic!("the list of files was out of date and has been rewritten: run the tests again");
        }
    }

    #[test]
    fn no_marker_is_left_and_every_run_gives_the_same_estate() {
        assert!(shop().iter().all(|(_, text)| !text.contains("{{demo:")));
        assert_eq!(shop(), shop());
    }
}
