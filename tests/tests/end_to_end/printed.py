"""Prints an account and Region as the AWS CLI would: a list of [name, document] in JSON.

The AWS CLI is made of botocore, and so is this: a reader of AWS that shares nothing with wallwalk's.
Usage: printed.py ENDPOINT REGION
"""

import datetime
import json
import sys

import botocore.config
import botocore.session

endpoint, region = sys.argv[1:]
session = botocore.session.Session()
documents = []


def client(name):
    return session.create_client(
        name,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )


def call(client, operation, **arguments):
    document = getattr(client, operation)(**arguments)
    document.pop("ResponseMetadata", None)
    return document


def keep(name, document):
    documents.append([name + ".json", document])
    return document


def ecs():
    ecs = client("ecs")
    # moto answers 500 where none is named, and the test's account has none.
    keep("ecs-describe-capacity-providers", {"capacityProviders": []})
    clusters = call(ecs, "list_clusters")["clusterArns"]
    keep("ecs-describe-clusters", call(ecs, "describe_clusters", clusters=clusters, include=["SETTINGS", "CONFIGURATIONS", "TAGS"]))
    for cluster in clusters:
        suffix = "-" + cluster.split("/")[-1]
        for kind, listing, describing, argument in [
            ("services", "list_services", "describe_services", "services"),
            ("tasks", "list_tasks", "describe_tasks", "tasks"),
            ("container-instances", "list_container_instances", "describe_container_instances", "containerInstances"),
        ]:
            found = next(iter(call(ecs, listing, cluster=cluster).values()))
            if found:
                document = call(ecs, describing, **{"cluster": cluster, argument: found, "include": ["TAGS"]})
                keep("ecs-describe-" + kind + suffix, document)
    families = keep("ecs-list-task-definition-families", call(ecs, "list_task_definition_families", status="ACTIVE"))
    for family in families["families"]:
        for arn in call(ecs, "list_task_definitions", familyPrefix=family)["taskDefinitionArns"]:
            name = "ecs-describe-task-definition-" + arn.split("/")[-1].replace(":", "-")
            keep(name, call(ecs, "describe_task_definition", taskDefinition=arn, include=["TAGS"]))


def iam():
    iam = client("iam")
    document = call(iam, "get_account_authorization_details")
    attached = {one["PolicyArn"] for role in document["RoleDetailList"] for one in role["AttachedManagedPolicies"]}
    # moto gives every policy that AWS manages, attached or not: more than a thousand.
    document["Policies"] = [policy for policy in document["Policies"] if policy["Arn"] in attached]
    keep("iam-get-account-authorization-details", document)


def ec2():
    ec2 = client("ec2")
    for operation in [
        "describe_security_groups",
        "describe_security_group_rules",
        "describe_network_interfaces",
        "describe_subnets",
        "describe_vpcs",
        "describe_route_tables",
        "describe_network_acls",
        "describe_instances",
        "describe_vpc_endpoints",
    ]:
        keep("ec2-" + operation.replace("_", "-"), call(ec2, operation))
    for prefix_list in keep("ec2-describe-managed-prefix-lists", call(ec2, "describe_managed_prefix_lists"))["PrefixLists"]:
        name = prefix_list["PrefixListId"]
        entries = call(ec2, "get_managed_prefix_list_entries", PrefixListId=name)
        keep("ec2-get-managed-prefix-list-entries-" + name, {**entries, "PrefixListId": name})


def elb():
    elb = client("elbv2")
    for balancer in keep("elbv2-describe-load-balancers", call(elb, "describe_load_balancers"))["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        keep("elbv2-describe-listeners-" + arn.split("/")[-1], call(elb, "describe_listeners", LoadBalancerArn=arn))
    keep("elbv2-describe-target-groups", call(elb, "describe_target_groups"))


def stores():
    secrets = client("secretsmanager")
    listed = keep("secretsmanager-list-secrets", call(secrets, "list_secrets", IncludePlannedDeletion=True))
    for secret in listed["SecretList"]:
        arn, name = secret["ARN"], secret["Name"].replace("/", "-")
        keep("secretsmanager-describe-secret-" + name, call(secrets, "describe_secret", SecretId=arn))
        # moto gives the name where the ARN belongs.
        versions = {**call(secrets, "list_secret_version_ids", SecretId=arn), "ARN": arn}
        keep("secretsmanager-list-secret-version-ids-" + name, versions)
    keep("ssm-describe-parameters", call(client("ssm"), "describe_parameters"))
    kms = client("kms")
    for key in call(kms, "list_keys")["Keys"]:
        metadata = call(kms, "describe_key", KeyId=key["KeyArn"])
        # moto makes keys of AWS's when something uses them, as AWS does.
        if metadata["KeyMetadata"]["KeyManager"] == "CUSTOMER":
            keep("kms-describe-key-" + key["KeyId"], metadata)
            # The AWS CLI does not say whose policy it prints.
            policy = call(kms, "get_key_policy", KeyId=key["KeyArn"], PolicyName="default")
            keep("kms-get-key-policy-" + key["KeyId"], {**policy, "KeyId": key["KeyArn"]})
    keep("ecr-describe-repositories", call(client("ecr"), "describe_repositories"))


def text(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(type(value))


ecs()
iam()
ec2()
elb()
stores()
json.dump(documents, sys.stdout, default=text)
