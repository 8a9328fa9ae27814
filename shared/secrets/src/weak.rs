//! Is a credential easy to guess?

use crate::entropy::classes;
use crate::name::tokens;

/// Documented defaults of public images and products, and the commonest passwords. Our own list.
const COMMON: &[&str] = &[
    "000000",
    "111111",
    "123",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "654321",
    "666666",
    "abc",
    "abc123",
    "access",
    "admin",
    "admin123",
    "adminadmin",
    "administrator",
    "airflow",
    "alpine",
    "amazon",
    "apache",
    "api",
    "app",
    "backup",
    "bitnami",
    "cassandra",
    "changeit",
    "changeme",
    "changethis",
    "clickhouse",
    "cluster",
    "consul",
    "couchbase",
    "couchdb",
    "database",
    "db",
    "dbadmin",
    "dbpass",
    "dbpassword",
    "default",
    "demo",
    "dev",
    "develop",
    "developer",
    "django",
    "docker",
    "dragon",
    "elastic",
    "elasticsearch",
    "example",
    "flower",
    "foobar",
    "football",
    "ghost",
    "gitea",
    "gitlab",
    "grafana",
    "graylog",
    "guest",
    "harbor",
    "hello",
    "hunter2",
    "iloveyou",
    "influx",
    "influxdb",
    "insecure",
    "jenkins",
    "joomla",
    "kafka",
    "keycloak",
    "kibana",
    "laravel",
    "letmein",
    "local",
    "localhost",
    "login",
    "magento",
    "mariadb",
    "master",
    "memcached",
    "metabase",
    "minio",
    "minioadmin",
    "mongo",
    "mongodb",
    "monkey",
    "mssql",
    "mysecretpassword",
    "mysql",
    "n8n",
    "nagios",
    "neo4j",
    "nextcloud",
    "nexus",
    "nginx",
    "nothing",
    "odoo",
    "openldap",
    "opensearch",
    "operator",
    "oracle",
    "p@ss",
    "p@ssw0rd",
    "p@ssword",
    "pass",
    "pass123",
    "passw0rd",
    "passwd",
    "password",
    "password1",
    "password123",
    "pgadmin",
    "postgres",
    "postgresql",
    "private",
    "prod",
    "production",
    "prometheus",
    "public",
    "qwerty",
    "qwerty123",
    "rabbit",
    "rabbitmq",
    "rails",
    "redis",
    "redmine",
    "registry",
    "replication",
    "root",
    "root123",
    "rootpassword",
    "rootroot",
    "s3cr3t",
    "s3cret",
    "sa",
    "sample",
    "secret",
    "secret123",
    "secretkey",
    "secretpassword",
    "security",
    "server",
    "service",
    "shop",
    "solr",
    "sonar",
    "spring",
    "staging",
    "strapi",
    "sunshine",
    "super",
    "supersecret",
    "superset",
    "superuser",
    "swarm",
    "sysadmin",
    "system",
    "temp",
    "temporary",
    "test",
    "test123",
    "testing",
    "testpassword",
    "testtest",
    "tomcat",
    "toor",
    "traefik",
    "user",
    "user123",
    "username",
    "userpass",
    "vault",
    "wallet",
    "web",
    "webmaster",
    "welcome",
    "welcome1",
    "wordpress",
    "yourpassword",
    "zabbix",
    "zookeeper",
];

/// Whether somebody would guess `value`, knowing the variable's name, the identity words around it
/// and the user name beside it.
pub(crate) fn is_guessable(value: &str, name: &str, words: &[&str], user: Option<&str>) -> bool {
    let lower = value.to_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit() || !c.is_alphanumeric());
    let common = |word: &str| COMMON.binary_search(&word).is_ok();
    let suffix = lower.len() - stem.len();
    if value.len() < 8 || common(&lower) || (common(stem) && suffix <= 4) || is_run(&lower) {
        return true;
    }
    let known = |word: &str| !word.is_empty() && (lower == word.to_lowercase() || stem == word.to_lowercase());
    if tokens(name).iter().any(|token| known(token)) || words.iter().any(|word| known(word)) || user.is_some_and(known) {
        return true;
    }
    value.len() < 12 && classes(value) <= 1
}

/// One character repeated, or a run along the keyboard or the digits.
fn is_run(lower: &str) -> bool {
    const ROWS: &[&str] = &[
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "01234567890123456789",
        "98765432109876543210",
        "1qaz2wsx3edc4rfv5tgb6yhn",
    ];
    let mut chars = lower.chars();
    let one = chars.next().is_some_and(|first| chars.all(|c| c == first));
    one || ROWS.iter().any(|row| row.contains(lower))
}

/// Forms that were never filled in. `changeme` is no placeholder: deployed, it is the password.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let begins = ["your-", "your_", "replace-me", "replace_me", "replace-with-", "replace_with_", "replaceme", "todo"];
    let bracketed = [("<", ">"), ("${", "}"), ("{{", "}}"), ("[", "]"), ("__", "__"), ("%", "%")];
    begins.iter().any(|begin| lower.starts_with(begin))
        || (lower.starts_with("insert-") && lower.ends_with("-here"))
        || lower.ends_with("-here")
        || lower.ends_with("_here")
        || value.ends_with("EXAMPLE")
        || value.ends_with("EXAMPLEKEY")
        || lower == "[redacted]"
        || (value.len() >= 3 && value.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'*')))
        || bracketed.iter().any(|(open, close)| {
            value.len() > open.len() + close.len()
                && value.starts_with(open)
                && value.ends_with(close)
                && is_word(value.get(open.len()..value.len() - close.len()))
        })
}

fn is_word(inner: Option<&str>) -> bool {
    inner.is_some_and(|inner| {
        !inner.is_empty()
            && inner.len() <= 80
            && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':' | '/' | '|'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        assert!(COMMON.is_sorted());
        assert!(COMMON.iter().all(|word| *word == word.to_lowercase()));
    }

    #[test]
    fn defaults_names_users_and_runs_are_guessable() {
        for value in
            ["changeme", "Password123!", "postgres", "short", "aaaaaaaaaaaa", "qwertyuiop", "payments2024", "backoffice", "simplewords"]
        {
            assert!(is_guessable(value, "DB_PASSWORD", &["payments"], Some("backoffice")), "{value}");
        }
        assert!(!is_guessable("tR7#mQ2vLx9w", "DB_PASSWORD", &["payments"], None));
    }

    #[test]
    fn placeholders_are_bracketed_or_spelt_out() {
        for value in [
            "<password>",
            "${DB_PASSWORD}",
            "{{resolve:secretsmanager:x}}",
            "your-api-key",
            "REPLACE_ME",
            "insert-token-here",
            "xxxxxx",
            "***",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["changeme", "password", "$ecretP4ss", "example"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
