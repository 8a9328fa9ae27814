//! The shop's roles: inline, customer-managed and AWS-managed policies, one role that may do
//! everything, and the role that wallwalk reads with; and a user in a group.

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::moto::ACCOUNT;

/// Name of the role that wallwalk assumes.
pub(crate) const MEMBER: &str = "wallwalk-member";

const EXECUTION_POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

pub(super) async fn provision(aws: &Aws) {
    let iam = &aws.iam;
    for name in ["shop-execution", "shop-storefront", "shop-mailer"] {
        create(aws, name, "ecs-tasks.amazonaws.com").await;
    }
    create(aws, "shop-host", "ec2.amazonaws.com").await;
    let hub = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name(MEMBER).path("/wallwalk/").assume_role_policy_document(hub.to_string()).send().await.expect("a role");

    iam.attach_role_policy().role_name("shop-execution").policy_arn(EXECUTION_POLICY).send().await.expect("an attachment");
    let read = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-images/*"});
    iam.put_role_policy().role_name("shop-storefront").policy_name("images").policy_document(policy(read)).send().await.expect("a policy");
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let made = iam.create_policy().policy_name("shop-mailer").policy_document(policy(everything)).send().await.expect("a policy");
    let arn = made.policy().and_then(|policy| policy.arn()).expect("its ARN");
    iam.attach_role_policy().role_name("shop-mailer").policy_arn(arn).send().await.expect("an attachment");

    let nothing = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    iam.create_policy_version().policy_arn(arn).policy_document(policy(nothing)).send().await.expect("a version that is not in force");

    iam.create_group().group_name("operators").send().await.expect("a group");
    let look = json!({"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"});
    iam.put_group_policy().group_name("operators").policy_name("look").policy_document(policy(look)).send().await.expect("a policy");
    iam.create_user().user_name("kim").send().await.expect("a user");
    iam.add_user_to_group().user_name("kim").group_name("operators").send().await.expect("a member");
    iam.attach_user_policy().user_name("kim").policy_arn(arn).send().await.expect("an attachment");

    iam.create_instance_profile().instance_profile_name("shop-host").send().await.expect("a profile");
    iam.add_role_to_instance_profile().instance_profile_name("shop-host").role_name("shop-host").send().await.expect("its role");
}

async fn create(aws: &Aws, name: &str, service: &str) {
    let trust =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    aws.iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.expect("a role");
}

fn policy(statement: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}
