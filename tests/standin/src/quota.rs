//! Token buckets of the API quotas, by account, Region and bucket.
//!
//! ECS, EC2 and KMS are as published; the others are not published by AWS and stand at twice what a
//! careful client takes. Sources: Amazon ECS API Reference, "Request throttling"; Amazon EC2 API
//! Reference, "Throttling"; AWS Security Hub User Guide, quotas; AWS KMS Developer Guide, "Request
//! quotas".

use std::collections::BTreeMap;

use crate::call::{Call, Service};

/// Burst and refill a second.
type Rate = (f64, f64);

/// The name of the bucket that a call draws from, and its rate.
fn bucket(call: &Call) -> (String, Rate) {
    let operation = call.operation.as_str();
    let (name, rate) = match (call.service, operation) {
        (Service::Ecs, "ListClusters" | "DescribeClusters" | "DescribeCapacityProviders") => ("ecs cluster read", (50.0, 20.0)),
        (Service::Ecs, "DescribeTaskDefinition" | "ListTaskDefinitions" | "ListTaskDefinitionFamilies") => {
            ("ecs task definition read", (50.0, 20.0))
        }
        (Service::Ecs, "ListServices" | "DescribeServices") => ("ecs service read", (100.0, 20.0)),
        (Service::Ecs, _) => ("ecs cluster resource read", (100.0, 20.0)),
        (Service::Ec2, "DescribeSecurityGroups" | "DescribeNetworkInterfaces" | "DescribeInstances") if unfiltered(call) => {
            return (format!("ec2 unpaginated {operation}"), (50.0, 10.0));
        }
        (Service::Ec2, _) => return (format!("ec2 {operation}"), (100.0, 20.0)),
        (Service::Hub, "BatchImportFindings") => ("hub import", (30.0, 10.0)),
        (Service::Hub, "GetFindings") => ("hub get", (6.0, 3.0)),
        (Service::Hub, _) => ("hub", (30.0, 10.0)),
        (Service::Kms, "DescribeKey") => ("kms describe", (2000.0, 2000.0)),
        (Service::Kms, _) => ("kms policy", (1000.0, 1000.0)),
        (Service::Iam, _) => ("iam", (10.0, 4.0)),
        (Service::S3 | Service::Sqs | Service::Sns | Service::Sts, _) => ("ample", (5000.0, 3000.0)),
        (service, _) => return (service.namespace().to_owned(), (20.0, 10.0)),
    };
    (name.to_owned(), rate)
}

fn unfiltered(call: &Call) -> bool {
    call.text("MaxResults").is_none()
        && call.text("Filter.1.Name").is_none()
        && ["GroupId.1", "NetworkInterfaceId.1", "InstanceId.1"].iter().all(|id| call.text(id).is_none())
}

/// Every bucket that has been drawn from: tokens left, and when.
#[derive(Debug, Default)]
pub(crate) struct Buckets(BTreeMap<(String, String, String), (f64, i64)>);

impl Buckets {
    /// Takes a token for `call`; `false` if there is none.
    pub(crate) fn take(&mut self, call: &Call, now: i64) -> bool {
        let (name, (burst, refill)) = bucket(call);
        // IAM is the account's, whatever the Region.
        let region = if call.service == Service::Iam { String::new() } else { call.region.clone() };
        let (tokens, at) = self.0.entry((call.account.clone(), region, name)).or_insert((burst, now));
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a test run fit a double")]
        let since = (now - *at).max(0) as f64 / 1000.0;
        *tokens = (*tokens + since * refill).min(burst);
        *at = now;
        if *tokens < 1.0 {
            return false;
        }
        *tokens -= 1.0;
        true
    }
}
