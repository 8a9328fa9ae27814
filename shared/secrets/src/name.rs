//! What a variable's name says about its value.
//!
//! Names are matched by token, never by substring: `MONKEY`, `COMPASS` and `MAX_TOKENS` name no
//! credential.

/// What a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameClass {
    /// The value is a credential: `DB_PASSWORD`, `apiKey`.
    Credential,
    /// The value may be one: `KEY`, `REDIS_AUTH`.
    KeyLike,
    /// Something about a credential: `TOKEN_URL`, `PASSWORD_MIN_LENGTH`.
    AboutCredential,
    /// Made to be shown: `STRIPE_PUBLISHABLE_KEY`.
    Publishable,
    /// Belongs to a credential: `DB_USER`.
    Identifier,
    /// Nothing of the kind.
    Neutral,
}

const NOISE: &[&str] = &[
    "b64",
    "base64",
    "json",
    "txt",
    "value",
    "string",
    "prod",
    "dev",
    "staging",
    "test",
    "primary",
    "secondary",
    "main",
    "default",
    "old",
    "new",
    "current",
    "legacy",
];
const NOUNS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "pw",
    "psw",
    "passphrase",
    "passcode",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
    "creds",
    "bearer",
    "pepper",
    "jaas",
    "pasword",
    "passwort",
    "secert",
    "tokken",
];
const NOUN_ENDINGS: &[&str] =
    &["password", "passwd", "passphrase", "secret", "apikey", "authtoken", "accesskey", "secretkey", "privatekey"];
const KEY_QUALIFIERS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "signing",
    "master",
    "app",
    "application",
    "licence",
    "license",
    "hmac",
    "fernet",
    "sdk",
    "admin",
    "storage",
    "server",
    "service",
    "aes",
    "shared",
    "account",
    "crypto",
    "cookie",
    "jwt",
    "deploy",
    "ssh",
    "tls",
    "personal",
    "registration",
    "preshared",
    "psk",
    "ingest",
    "integration",
];
const KEY_COUNTER: &[&str] =
    &["primary", "foreign", "partition", "sort", "cache", "routing", "object", "idempotency", "public", "publishable", "map", "config"];
const BENIGN_TAILS: &[&str] = &[
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "lifetime",
    "seconds",
    "minutes",
    "days",
    "timeout",
    "length",
    "size",
    "min",
    "max",
    "limit",
    "count",
    "policy",
    "path",
    "file",
    "dir",
    "directory",
    "header",
    "type",
    "algorithm",
    "algo",
    "id",
    "ids",
    "arn",
    "enabled",
    "disabled",
    "required",
    "mode",
    "provider",
    "source",
    "issuer",
    "audience",
    "prefix",
    "suffix",
    "rotation",
    "region",
    "host",
    "port",
    "scope",
    "scopes",
    "name",
    "names",
    "param",
    "method",
    "rounds",
    "version",
    "backend",
    "model",
    "template",
    "bucket",
    "strategy",
    "realm",
    "claims",
    "location",
    "namespace",
    "endpoint",
    "uri",
    "url",
    "domain",
    "user",
    "username",
    "email",
    "format",
    "alias",
    "ref",
    "login",
    "callback",
    "digest",
    "sid",
    "fingerprint",
    "hash",
];
const PUBLISHABLE: &[&str] = &["public", "publishable", "pub", "recipient", "authorized"];
const PUBLISHABLE_PAIRS: &[(&str, &str)] =
    &[("site", "key"), ("anon", "key"), ("browser", "key"), ("client", "side"), ("client", "token"), ("search", "key"), ("sentry", "dsn")];
const KEY_LIKE: &[&str] = &["auth", "authorization", "salt", "seed", "signature", "otp", "pin", "webhook", "dsn", "conn"];
const IDENTIFIERS: &[&str] = &["user", "username", "login", "id", "tenant", "account"];

/// The tokens of a name: split at everything that is no letter or digit, between lower and upper
/// case, and before a trailing number.
pub(crate) fn tokens(name: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut previous: Option<char> = None;
    for c in name.chars().take(256) {
        let splits = previous.is_some_and(|p| p.is_lowercase() && c.is_uppercase());
        if (!c.is_alphanumeric() || splits) && !current.is_empty() {
            tokens.push(std::mem::take(&mut current));
        }
        if c.is_alphanumeric() {
            current.extend(c.to_lowercase());
        }
        previous = Some(c);
    }
    if !current.is_empty() {
        tokens.push(current);
    }
    tokens
        .into_iter()
        .flat_map(|token| {
            let word = token.trim_end_matches(|c: char| c.is_ascii_digit());
            match token.get(word.len()..) {
                Some(digits) if !digits.is_empty() && !word.is_empty() && !NOISE.contains(&token.as_str()) => {
                    vec![word.to_owned(), digits.to_owned()]
                }
                _ => vec![token],
            }
        })
        .collect()
}

/// What the name promises.
#[must_use]
pub fn classify(name: &str) -> NameClass {
    let mut tokens = tokens(name);
    while tokens.len() > 1 && tokens.last().is_some_and(|last| is_noise(last)) {
        tokens.pop();
    }
    let Some(head) = tokens.last().map(String::as_str) else { return NameClass::Neutral };
    let before = tokens.len().checked_sub(2).and_then(|n| tokens.get(n)).map_or("", String::as_str);
    let has = |set: &[&str]| tokens.iter().any(|token| set.contains(&token.as_str()));
    let pair = |a: &str, b: &str| tokens.windows(2).any(|window| matches!(window, [x, y] if x == a && y == b));
    if has(PUBLISHABLE) || PUBLISHABLE_PAIRS.iter().any(|(a, b)| pair(a, b)) {
        return NameClass::Publishable;
    }
    if is_noun(head) {
        return NameClass::Credential;
    }
    if head == "key" || head == "keys" {
        let rest = tokens.get(..tokens.len() - 1).unwrap_or_default();
        let any = |set: &[&str]| rest.iter().any(|token| set.contains(&token.as_str()));
        return match (any(KEY_COUNTER), any(KEY_QUALIFIERS)) {
            (true, _) => NameClass::Neutral,
            (false, true) => NameClass::Credential,
            (false, false) => NameClass::KeyLike,
        };
    }
    if tokens.iter().any(|token| is_noun(token)) || pair("access", "key") || pair("api", "key") {
        if head == "id" && (before == "key" || before == "client") {
            return NameClass::Identifier;
        }
        return if BENIGN_TAILS.contains(&head) { NameClass::AboutCredential } else { NameClass::Neutral };
    }
    if KEY_LIKE.contains(&head) || (before == "connection" && head == "string") || name_is_connection_string(&tokens) {
        return NameClass::KeyLike;
    }
    if IDENTIFIERS.contains(&head) { NameClass::Identifier } else { NameClass::Neutral }
}

fn name_is_connection_string(tokens: &[String]) -> bool {
    tokens.last().is_some_and(|token| token == "connection" || token == "connectionstring")
}

fn is_noise(token: &str) -> bool {
    NOISE.contains(&token) || token.bytes().all(|byte| byte.is_ascii_digit()) || token == "v"
}

fn is_noun(token: &str) -> bool {
    NOUNS.contains(&token) || NOUN_ENDINGS.iter().any(|ending| token.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_token() {
        use NameClass::{AboutCredential, Credential, Identifier, KeyLike, Neutral, Publishable};
        let cases = [
            ("DB_PASSWORD", Credential),
            ("apiKey", Credential),
            ("JWT_SECRET_2", Credential),
            ("JWT_SECRET2", Credential),
            ("rootPassword", Credential),
            ("PGPASSWORD", Credential),
            ("AWS_SECRET_ACCESS_KEY", Credential),
            ("SECRET_VALUE", Credential),
            ("KEY", KeyLike),
            ("REDIS_AUTH", KeyLike),
            ("AUTH_SALT", KeyLike),
            ("SENTRY_DSN", Publishable),
            ("PASSWORD_MIN_LENGTH", AboutCredential),
            ("SECRET_NAME", AboutCredential),
            ("TOKEN_URL", AboutCredential),
            ("token_type", AboutCredential),
            ("DB_PASSWORD_SECRET_ARN", AboutCredential),
            ("STRIPE_PUBLISHABLE_KEY", Publishable),
            ("DB_USER", Identifier),
            ("AWS_ACCESS_KEY_ID", Identifier),
            ("LOG_LEVEL", Neutral),
            ("MONKEY", Neutral),
            ("COMPASS", Neutral),
            ("AUTHOR", Neutral),
            ("BYPASS_CACHE", Neutral),
            ("PASSENGER_APP_ENV", Neutral),
            ("TOKENIZERS_PARALLELISM", Neutral),
            ("MAX_TOKENS", Neutral),
            ("KEYCLOAK_URL", Neutral),
            ("CACHE_KEY", Neutral),
            ("", Neutral),
        ];
        for (name, class) in cases {
            assert_eq!(classify(name), class, "{name}");
        }
    }
}
