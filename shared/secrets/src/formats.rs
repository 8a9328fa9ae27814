//! Token formats: facts that their providers publish, in a table of our own.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};

use crate::entropy::shannon;
use crate::examine::Class;

/// One provider's token format.
pub(crate) struct Format {
    pub(crate) id: &'static str,
    pub(crate) provider: &'static str,
    /// Lower case; a row is tried only if one of them occurs.
    keywords: &'static [&'static str],
    /// ASCII expression with one group, the credential.
    pattern: &'static str,
    /// Least Shannon entropy of the credential, bits for each byte.
    min_entropy: f64,
    pub(crate) class: Class,
}

const fn secret(id: &'static str, provider: &'static str, keywords: &'static [&'static str], pattern: &'static str) -> Format {
    Format { id, provider, keywords, pattern, min_entropy: 2.5, class: Class::Secret }
}

const fn shown(id: &'static str, provider: &'static str, keywords: &'static [&'static str], pattern: &'static str, class: Class) -> Format {
    Format { id, provider, keywords, pattern, min_entropy: 2.0, class }
}

/// Alphabets: `\b` stands at both ends, so that a longer word is no token.
pub(crate) const FORMATS: &[Format] = &[
    shown("aws-access-key-id", "aws", &["akia", "asia"], r"\b((?:AKIA|ASIA)[A-Z2-7]{16})\b", Class::Identifier),
    secret("anthropic-api-key", "anthropic", &["sk-ant-"], r"\b(sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,})"),
    secret("openai-api-key", "openai", &["sk-"], r"\b(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{40,})"),
    secret("github-token", "github", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\b(gh[pousr]_[A-Za-z0-9]{36,})\b"),
    secret("github-fine-grained-token", "github", &["github_pat_"], r"\b(github_pat_[A-Za-z0-9_]{60,})\b"),
    secret(
        "gitlab-token",
        "gitlab",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-"],
        r"\b(gl(?:pat|dt|rt|ptt|cbt|soat)-[A-Za-z0-9_-]{20,})",
    ),
    secret("slack-token", "slack", &["xoxb-", "xoxp-", "xapp-", "xoxa-", "xoxs-"], r"\b((?:xox[bpas]|xapp)-[A-Za-z0-9-]{20,})"),
    secret("slack-webhook", "slack", &["hooks.slack.com"], r"hooks\.slack\.com/(services/[A-Z0-9]+/[A-Z0-9]+/[A-Za-z0-9]{20,})"),
    secret(
        "discord-webhook",
        "discord",
        &["discord.com/api/webhooks", "discordapp.com/api/webhooks"],
        r"/api/webhooks/([0-9]{16,}/[A-Za-z0-9_-]{50,})",
    ),
    secret(
        "stripe-secret-key",
        "stripe",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
        r"\b((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,})\b",
    ),
    secret("stripe-webhook-secret", "stripe", &["whsec_"], r"\b(whsec_[A-Za-z0-9+/=]{24,})"),
    shown("stripe-publishable-key", "stripe", &["pk_live_", "pk_test_"], r"\b(pk_(?:live|test)_[A-Za-z0-9]{16,})\b", Class::Publishable),
    secret("sendgrid-api-key", "sendgrid", &["sg."], r"\b(SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,})"),
    secret("twilio-api-key", "twilio", &["sk"], r"\b(SK[0-9a-f]{32})\b"),
    secret("npm-token", "npm", &["npm_"], r"\b(npm_[A-Za-z0-9]{36})\b"),
    secret("pypi-token", "pypi", &["pypi-"], r"\b(pypi-[A-Za-z0-9_-]{60,})"),
    secret("rubygems-token", "rubygems", &["rubygems_"], r"\b(rubygems_[0-9a-f]{48})\b"),
    secret("docker-hub-token", "docker", &["dckr_pat_", "dckr_oat_"], r"\b(dckr_[po]at_[A-Za-z0-9_-]{20,})"),
    secret("google-oauth-secret", "google", &["gocspx-"], r"\b(GOCSPX-[A-Za-z0-9_-]{28})"),
    secret("google-api-key", "google", &["aiza"], r"\b(AIza[A-Za-z0-9_-]{35})\b"),
    secret("digitalocean-token", "digitalocean", &["dop_v1_", "doo_v1_", "dor_v1_"], r"\b(do[por]_v1_[0-9a-f]{64})\b"),
    secret("vault-token", "hashicorp", &["hvs.", "hvb.", "hvr."], r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})"),
    secret("terraform-cloud-token", "hashicorp", &[".atlasv1."], r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,})"),
    secret("hugging-face-token", "huggingface", &["hf_"], r"\b(hf_[A-Za-z0-9]{34,})\b"),
    secret("databricks-token", "databricks", &["dapi"], r"\b(dapi[0-9a-f]{32}(?:-[0-9])?)\b"),
    secret("new-relic-key", "newrelic", &["nrak-", "nral"], r"\b(NRAK-[A-Z0-9]{27})\b"),
    secret("grafana-token", "grafana", &["glsa_", "glc_"], r"\b(gl(?:sa|c)_[A-Za-z0-9+/=_]{32,})"),
    secret("mailgun-key", "mailgun", &["key-"], r"\b(key-[0-9a-f]{32})\b"),
    secret("mailchimp-key", "mailchimp", &["-us"], r"\b([0-9a-f]{32}-us[0-9]{1,2})\b"),
    secret("shopify-token", "shopify", &["shpat_", "shpss_", "shpca_", "shppa_"], r"\b(shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32})\b"),
    secret("square-token", "square", &["sq0atp-", "sq0csp-", "eaaa"], r"\b(sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43})"),
    secret("linear-key", "linear", &["lin_api_"], r"\b(lin_api_[A-Za-z0-9]{40})\b"),
    secret("notion-token", "notion", &["ntn_", "secret_"], r"\b(ntn_[A-Za-z0-9]{40,})\b"),
    secret("airtable-token", "airtable", &["pat"], r"\b(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})\b"),
    secret("postman-key", "postman", &["pmak-"], r"\b(PMAK-[0-9a-f]{24}-[0-9a-f]{34})\b"),
    secret("doppler-token", "doppler", &["dp.pt.", "dp.st."], r"\b(dp\.(?:pt|st)\.[A-Za-z0-9._-]{40,})"),
    secret("planetscale-token", "planetscale", &["pscale_tkn_", "pscale_pw_"], r"\b(pscale_(?:tkn|pw)_[A-Za-z0-9_=.-]{32,})"),
    secret("supabase-key", "supabase", &["sb_secret_", "sbp_"], r"\b(sb_secret_[A-Za-z0-9_-]{20,}|sbp_[0-9a-f]{40})"),
    secret("age-secret-key", "age", &["age-secret-key-1"], r"\b(AGE-SECRET-KEY-1[A-Z0-9]{58})\b"),
    secret("azure-storage-key", "azure", &["accountkey="], r"(?i)AccountKey=([A-Za-z0-9+/]{80,}={0,2})"),
    secret("atlassian-token", "atlassian", &["atatt3"], r"\b(ATATT3[A-Za-z0-9_=-]{100,})"),
    secret("telegram-bot-token", "telegram", &[":aa"], r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})"),
];

/// A token found in a value.
pub(crate) struct Hit {
    pub(crate) format: &'static Format,
    pub(crate) credential: Vec<u8>,
}

struct Engine {
    automaton: Option<AhoCorasick>,
    /// Format of each keyword of the automaton.
    owners: Vec<usize>,
    compiled: Vec<OnceLock<Option<Regex>>>,
}

static ENGINE: OnceLock<Engine> = OnceLock::new();

fn engine() -> &'static Engine {
    ENGINE.get_or_init(|| {
        let mut keywords = Vec::new();
        let mut owners = Vec::new();
        for (n, format) in FORMATS.iter().enumerate() {
            for keyword in format.keywords {
                keywords.push(*keyword);
                owners.push(n);
            }
        }
        Engine {
            automaton: AhoCorasick::builder().ascii_case_insensitive(true).build(keywords).ok(),
            owners,
            compiled: FORMATS.iter().map(|_| OnceLock::new()).collect(),
        }
    })
}

/// Every token of a known format in `value`.
pub(crate) fn find(value: &[u8]) -> Vec<Hit> {
    let engine = engine();
    let Some(automaton) = &engine.automaton else { return Vec::new() };
    let mut candidates: Vec<usize> =
        automaton.find_overlapping_iter(value).filter_map(|found| engine.owners.get(found.pattern().as_usize()).copied()).collect();
    candidates.sort_unstable();
    candidates.dedup();
    let mut hits: Vec<Hit> = Vec::new();
    for n in candidates {
        let (Some(format), Some(cell)) = (FORMATS.get(n), engine.compiled.get(n)) else { continue };
        // With Unicode on, a few hundred patterns would need seconds and hundreds of MiB.
        let Some(regex) = cell.get_or_init(|| RegexBuilder::new(format.pattern).unicode(false).build().ok()) else { continue };
        for captures in regex.captures_iter(value).take(16) {
            let Some(credential) = captures.get(1).map(|group| group.as_bytes()) else { continue };
            let known = hits.iter().any(|hit| contains(&hit.credential, credential));
            if !known && shannon(credential) >= format.min_entropy {
                hits.push(Hit { format, credential: credential.to_vec() });
            }
        }
    }
    hits
}

fn contains(outer: &[u8], inner: &[u8]) -> bool {
    !inner.is_empty() && outer.windows(inner.len()).any(|window| window == inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_every_keyword_is_in_lower_case() {
        for format in FORMATS {
            let regex = RegexBuilder::new(format.pattern).unicode(false).build().unwrap();
            assert_eq!(regex.captures_len(), 2, "{} has one group", format.id);
            assert!(format.keywords.iter().all(|keyword| *keyword == keyword.to_lowercase()), "{}", format.id);
        }
    }
}
