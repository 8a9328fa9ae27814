//! What is a secret, what is weak, what is neither. Values in providers' formats are assembled here.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use wallwalk_secrets::{Class, Context, Examined, Key, Stage, Subject, argv, examine};

fn key() -> Key {
    Key::new([7; 32])
}

fn look(name: &str, value: &str) -> Examined {
    let words = ["payments", "shop"];
    let context = Context { siblings: &[("DB_USER", "backoffice")], words: &words, stage: Stage::Deployed };
    examine(&Subject { name: Some(name), value: value.into() }, &context, &key())
}

fn classes(name: &str, value: &str) -> Vec<Class> {
    look(name, value).sightings.iter().map(|sighting| sighting.class).collect()
}

/// Random-looking text of `n` characters from `alphabet`, the same at every run.
fn made(alphabet: &str, n: usize) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet[usize::try_from(state % alphabet.len() as u64).unwrap()]
        })
        .collect()
}

const MIXED: &str = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[test]
fn credentials_by_name_are_secret_or_weak() {
    let strong = made(MIXED, 20);
    for name in ["DB_PASSWORD", "apiKey", "JWT_SECRET", "SESSION_TOKEN", "PGPASSWORD"] {
        assert_eq!(classes(name, &strong), [Class::Secret], "{name}");
    }
    for value in ["changeme", "password", "postgres", "Payments2024!", "backoffice", "12345678", "secret"] {
        assert_eq!(classes("DB_PASSWORD", value), [Class::WeakCredential], "{value}");
    }
}

#[test]
fn what_is_no_secret_stays_unnoticed() {
    let digest = format!("sha256:{}", made(HEX, 64));
    let cases = [
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
        ("POSTGRES_HOST_AUTH_METHOD", "trust"),
        ("TOKEN_URL", "https://login.example.com/oauth2/token"),
        ("token_type", "bearer"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("MAX_TOKENS", "4096"),
        ("SESSION_TOKEN_TTL", "15m"),
        ("SECRET_NAME", "shop/payments/database"),
        ("DB_PASSWORD_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf"),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("API_KEY", "vault:secret/data/shop#key"),
        ("TRACE_ID", "6f1e2c3a-1111-2222-3333-444455556666"),
        ("IMAGE_DIGEST", digest.as_str()),
        ("LOG_LEVEL", "info"),
        ("DB_USER", "backoffice"),
        ("CONTACT", "https://example.com/?email=a@b.example.com"),
        ("MONKEY", "banana"),
        ("REDIS_HOST", "cache.example.com:6379"),
    ];
    for (name, value) in cases {
        assert_eq!(classes(name, value), Vec::<Class>::new(), "{name}={value}");
    }
}

#[test]
fn placeholders_in_a_deployed_credential_are_told() {
    for value in ["<password>", "${DB_PASSWORD}", "{{resolve:secretsmanager:shop}}", "your-password-here", "REPLACE_ME", "xxxxxxxx"] {
        assert_eq!(classes("DB_PASSWORD", value), [Class::Placeholder], "{value}");
    }
    let template = Context { stage: Stage::Template, ..Context::default() };
    let examined = examine(&Subject { name: Some("DB_PASSWORD"), value: "${DB_PASSWORD}".into() }, &template, &key());
    assert_eq!(examined.sightings, []);
    assert_eq!(classes("DB_PASSWORD", "$ecretP4ss-word"), [Class::Secret]);
}

#[test]
fn provider_formats_are_noticed_under_any_name_and_near_misses_are_not() {
    let cases = [
        ("stripe-secret-key", format!("{}_{}_{}", "sk", "live", made(MIXED, 24))),
        ("github-token", format!("{}_{}", "ghp", made(MIXED, 36))),
        ("gitlab-token", format!("{}-{}", "glpat", made(MIXED, 20))),
        ("slack-token", format!("{}-{}", "xoxb", made("0123456789", 24))),
        ("google-api-key", format!("{}{}", "AIza", made(MIXED, 35))),
        ("npm-token", format!("{}_{}", "npm", made(MIXED, 36))),
        ("digitalocean-token", format!("{}_v1_{}", "dop", made(HEX, 64))),
        ("twilio-api-key", format!("{}{}", "SK", made(HEX, 32))),
        ("hugging-face-token", format!("{}_{}", "hf", made(MIXED, 34))),
        ("shopify-token", format!("{}_{}", "shpat", made(HEX, 32))),
    ];
    for (id, token) in &cases {
        let examined = look("SETTING", token);
        let found: Vec<_> = examined.sightings.iter().map(|sighting| sighting.detector).collect();
        assert!(found.contains(id), "{id}: {found:?}");
        let short = &token[..8];
        assert!(look("SETTING", short).sightings.is_empty(), "{id} cut short");
    }
}

#[test]
fn aws_keys_are_told_by_name_and_by_shape_and_examples_are_nobodys() {
    let id = format!("{}{}", "AKIA", made(UPPER, 16));
    assert_eq!(classes("SETTING", &id), [Class::Identifier]);
    assert_eq!(classes("AWS_ACCESS_KEY_ID", &id), [Class::Identifier]);
    assert_eq!(classes("AWS_SECRET_ACCESS_KEY", "anything at all"), [Class::Secret]);
    assert_eq!(classes("AWS_SECRET_ACCESS_KEY", "arn:aws:secretsmanager:eu-west-1:1:secret:x"), []);
    let example = format!("{}{}", "AKIAIOSFODNN7", "EXAMPLE");
    assert_eq!(classes("SETTING", &example), [Class::Placeholder]);
}

#[test]
fn publishable_names_and_values_are_not_secrets() {
    let shown = format!("{}_{}_{}", "pk", "live", made(MIXED, 24));
    assert_eq!(classes("STRIPE_KEY", &shown), [Class::Publishable]);
    assert_eq!(classes("RECAPTCHA_SITE_KEY", &made(MIXED, 30)), []);
    assert_eq!(classes("SENTRY_DSN", &format!("https://{}@o1.ingest.sentry.io/2", made(HEX, 32))), [Class::Publishable]);
    // A real secret under a publishable name is worse, not better.
    let secret = format!("{}_{}_{}", "sk", "live", made(MIXED, 24));
    assert_eq!(classes("NEXT_PUBLIC_STRIPE_KEY", &secret), [Class::Secret]);
}

#[test]
fn urls_give_the_password_and_the_host_apart() {
    let password = made(MIXED, 18);
    let examined = look("DATABASE_URL", &format!("postgres://app:{password}@orders-db.example.com:5432/orders"));
    assert_eq!(examined.sightings.len(), 1);
    assert_eq!(examined.sightings[0].class, Class::Secret);
    assert_eq!(examined.refs[0].target, "orders-db.example.com");
    assert_eq!((examined.refs[0].port, examined.refs[0].scheme.as_deref()), (Some(5432), Some("postgres")));
    // The same password has one fingerprint wherever it stands.
    assert_eq!(examined.sightings[0].fingerprint, look("DB_PASSWORD", &password).sightings[0].fingerprint);
    assert_eq!(classes("DATABASE_URL", "postgres://app:app@db.example.com/x"), [Class::WeakCredential]);
    assert_eq!(classes("DATABASE_URL", "postgres://db.example.com/x"), []);
    // A password with a slash, and one in the query.
    assert_eq!(classes("BROKER", &format!("amqp://app:a/{password}@mq.example.com:5671")), [Class::Secret]);
    assert_eq!(classes("HOOK", &format!("https://hooks.example.com/in?token={password}")), [Class::Secret]);
}

#[test]
fn inner_structures_are_taken_apart() {
    use base64::Engine as _;
    let password = made(MIXED, 18);
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("backoffice:{password}"));
    for value in [
        format!("Server=db.example.com;User Id=app;Password={password}"),
        format!("{{\"db\":{{\"username\":\"app\",\"password\":\"{password}\"}}}}"),
        format!("Authorization: Basic {encoded}"),
        format!("Bearer {password}"),
        format!("app:{password}@tcp(db.example.com:3306)/orders"),
        format!("HOST=a.example.com\nDB_PASSWORD={password}\n"),
    ] {
        assert_eq!(classes("CONFIG", &value), [Class::Secret], "structure of {} characters", value.len());
    }
    let begin = ["-----BEGIN", "RSA PRIVATE KEY-----"].join(" ");
    assert_eq!(classes("TLS", &format!("{begin}\\nabc")), [Class::Secret]);
    assert_eq!(classes("TLS", "-----BEGIN CERTIFICATE-----\nabc"), [Class::Publishable]);
}

#[test]
fn command_lines_are_read_word_by_word() {
    let password = made(MIXED, 18);
    let run = |words: &[&str]| argv(words, &Context::default(), &key());
    let found = |words: &[&str]| run(words).examined.sightings.iter().map(|sighting| sighting.class).collect::<Vec<_>>();
    assert_eq!(found(&["app", "--db-password", &password]), [Class::Secret]);
    assert_eq!(found(&["app", &format!("--db-password={password}")]), [Class::Secret]);
    assert_eq!(found(&["sh", "-c", &format!("PGPASSWORD={password} psql -h db.example.com")]), [Class::Secret]);
    assert_eq!(found(&["mysql", &format!("-p{password}")]), [Class::Secret]);
    assert_eq!(found(&["CMD-SHELL", &format!("curl -u admin:{password} http://localhost/")]), [Class::Secret]);
    assert_eq!(found(&["java", &format!("-Dspring.datasource.password={password}",), "-jar", "app.jar"]), [Class::Secret]);
    assert_eq!(found(&["nginx", "-p", "8080", "-g", "daemon off;"]), []);
    assert_eq!(found(&["app", "--token-ttl=15m", "--verbose"]), []);
    assert_eq!(found(&["sh", "-c", "app --password $DB_PASSWORD"]), []);
    let parsed = run(&["/bin/sh", "-c", "exec /usr/sbin/sshd -D"]);
    assert!(parsed.shell);
    assert_eq!(run(&["/usr/sbin/sshd", "-D"]).program.as_deref(), Some("sshd"));
}

mod never {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_examined_without_a_panic(name in "\\PC{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = wallwalk_secrets::Text::new(&bytes);
            let _ = examine(&Subject { name: Some(&name), value: text }, &Context::default(), &key());
            let line = String::from_utf8_lossy(&bytes).into_owned();
            let _ = argv(&["sh", "-c", &line], &Context::default(), &key());
        }

        #[test]
        fn no_part_of_a_credential_is_shown(seed in "[a-km-zA-HJ-NP-Z2-9]{16,32}", form in 0..6_u8) {
            let value = match form {
                0 => seed.clone(),
                1 => format!("postgres://app:{seed}@db.example.com/x"),
                2 => format!("{{\"password\":\"{seed}\"}}"),
                3 => format!("Password={seed};Server=db.example.com"),
                4 => format!("Bearer {seed}"),
                _ => format!("https://{seed}@example.com/{seed}?token={seed}"),
            };
            let shown = format!("{:?}", look("DB_PASSWORD", &value));
            for window in seed.as_bytes().windows(6) {
                let part = std::str::from_utf8(window).unwrap();
                prop_assert!(!shown.contains(part), "{part} of the credential in {shown}");
            }
        }
    }
}
