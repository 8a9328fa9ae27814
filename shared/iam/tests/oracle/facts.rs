//! What the oracle knows of actions and resource types, written down by hand from the Service
//! Authorization Reference. The catalogue is held against it by `facts_agree_with_the_catalogue`.

/// Services under resource control policies, of those the generators use.
pub(crate) const RCP: &[&str] = &["secretsmanager", "kms", "s3", "sqs", "sts", "ecr", "logs", "dynamodb"];

/// Actions without resource types.
pub(crate) const NO_RESOURCE: &[&str] = &["ecs:discoverpollendpoint", "secretsmanager:getrandompassword", "ecr:getauthorizationtoken"];

/// Whether `word` begins the resource part of one of the service's ARN templates.
pub(crate) fn is_type_word(service: &str, word: &str) -> bool {
    match service {
        "ecs" => ["task", "cluster", "service", "container-instance", "task-definition", "capacity-provider", "task-set"].contains(&word),
        "secretsmanager" => word == "secret",
        "iam" => ["role", "user", "policy", "group"].contains(&word),
        "kms" => ["key", "alias"].contains(&word),
        _ => false,
    }
}
