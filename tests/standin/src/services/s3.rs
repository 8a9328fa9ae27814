//! S3: versioned objects and conditional writes, with the bucket in the path.
//!
//! It knows no ranges, no multipart uploads and no access control.
//! Source: Amazon S3 API Reference; Amazon S3 User Guide, "Conditional writes".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Answer, after, size};
use crate::call::Call;
use crate::clock::rfc3339;
use crate::http::Response;
use crate::token;
use crate::wire::{Refusal, Reply};
use crate::xml::escape;

/// One version of an object.
#[derive(Clone, Debug)]
struct Version {
    id: String,
    etag: String,
    bytes: Vec<u8>,
    /// Headers that are given back as they came: content type and user metadata.
    headers: Vec<(String, String)>,
    written: i64,
}

/// Buckets by name, objects by key, versions in the order they were written.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    buckets: BTreeMap<String, BTreeMap<String, Vec<Version>>>,
    /// Keys below this prefix may be written conditionally only.
    pub(crate) conditional: Option<String>,
    written: u64,
}

impl Buckets {
    pub(crate) fn create(&mut self, name: &str) {
        self.buckets.entry(name.to_owned()).or_default();
    }

    /// The bytes of the newest version.
    pub(crate) fn bytes(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        Some(self.buckets.get(bucket)?.get(key)?.last()?.bytes.clone())
    }

    pub(crate) fn delete(&mut self, bucket: &str, key: &str) -> bool {
        self.buckets.get_mut(bucket).is_some_and(|objects| objects.remove(key).is_some())
    }

    /// Answers `call`; `None` if the operation is not known.
    pub(crate) fn answer(&mut self, call: &Call, now: i64) -> Option<Answer> {
        let path = call.request.path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
        let known = ["GetObject", "HeadObject", "PutObject", "ListObjectsV2"].contains(&call.operation.as_str());
        if known && !self.buckets.contains_key(bucket) {
            return Some(Err(Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist")));
        }
        match call.operation.as_str() {
            "GetObject" => Some(self.get(call, bucket, &key, true)),
            "HeadObject" => Some(self.get(call, bucket, &key, false)),
            "PutObject" => Some(self.put(call, bucket, &key, now)),
            "ListObjectsV2" => Some(self.list(call, bucket)),
            _ => None,
        }
    }

    fn get(&self, call: &Call, bucket: &str, key: &str, with_body: bool) -> Answer {
        let versions = self.buckets.get(bucket).and_then(|objects| objects.get(key)).map(Vec::as_slice).unwrap_or_default();
        let (version, absent) = match call.text("versionId") {
            Some(id) => (versions.iter().find(|version| version.id == id), "NoSuchVersion"),
            None => (versions.last(), "NoSuchKey"),
        };
        let Some(version) = version else {
            return Err(Refusal::new(404, absent, "The specified key does not exist."));
        };
        let body = if with_body { version.bytes.clone() } else { Vec::new() };
        let mut response = Response { status: 200, headers: version.headers.clone(), body, length: Some(version.bytes.len()) };
        response.headers.push(("etag".into(), version.etag.clone()));
        response.headers.push(("x-amz-version-id".into(), version.id.clone()));
        response.headers.push(("last-modified".into(), http_date(version.written)));
        Ok(Reply::Own(response))
    }

    fn put(&mut self, call: &Call, bucket: &str, key: &str, now: i64) -> Answer {
        let (matches, none_matches) = (call.request.header("if-match"), call.request.header("if-none-match"));
        if matches.is_empty() && none_matches.is_empty() && self.conditional.as_deref().is_some_and(|prefix| key.starts_with(prefix)) {
            return Err(Refusal::new(403, "AccessDenied", "a bucket policy denies writes without a condition here"));
        }
        if !none_matches.is_empty() && none_matches != "*" {
            return Err(Refusal::new(501, "NotImplemented", "If-None-Match takes * only"));
        }
        let objects = self.buckets.entry(bucket.to_owned()).or_default();
        let current = objects.get(key).and_then(|versions| versions.last());
        let failed = || Refusal::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
        match current {
            Some(_) if none_matches == "*" => return Err(failed()),
            Some(current) if !matches.is_empty() && current.etag.trim_matches('"') != matches.trim_matches('"') => return Err(failed()),
            None if !matches.is_empty() => return Err(Refusal::new(404, "NoSuchKey", "The specified key does not exist.")),
            _ => {}
        }
        self.written += 1;
        let bytes = call.request.body.clone();
        // Opaque, and different for the same bytes under another key, so that nobody computes it.
        let digest: String =
            Sha256::new().chain_update(key).chain_update(&bytes).finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let etag = format!("\"{}\"", digest.get(..32).unwrap_or_default());
        let id = format!("v{:08}", self.written);
        let kept = |name: &str| name == "content-type" || name.starts_with("x-amz-meta-");
        let headers =
            call.request.headers.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        objects.entry(key.to_owned()).or_default().push(Version { id: id.clone(), etag: etag.clone(), bytes, headers, written: now });
        let response = Response { status: 200, ..Response::default() }.with("etag", etag).with("x-amz-version-id", id);
        Ok(Reply::Own(response))
    }

    fn list(&self, call: &Call, bucket: &str) -> Answer {
        let invalid = |message| Refusal::new(400, "InvalidArgument", message);
        let most = size(call, "max-keys", (0, 1000, 1000), invalid)?;
        let prefix = call.text("prefix").unwrap_or_default();
        let delimiter = call.text("delimiter");
        let after = after(call, "continuation-token", invalid)?.or_else(|| call.text("start-after").map(str::to_owned));
        let (mut contents, mut common, mut last, mut more) = (String::new(), BTreeSet::new(), None, false);
        let mut count = 0;
        for (key, versions) in self.buckets.get(bucket).into_iter().flatten() {
            let (Some(rest), Some(version)) = (key.strip_prefix(prefix), versions.last()) else { continue };
            if after.as_deref().is_some_and(|after| key.as_str() <= after) {
                continue;
            }
            let folder = delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| at + delimiter.len()));
            let folder = folder.map(|end| format!("{prefix}{}", rest.get(..end).unwrap_or_default()));
            if folder
                .as_ref()
                .is_some_and(|folder| common.contains(folder) || after.as_deref().is_some_and(|after| after.starts_with(folder)))
            {
                last = Some(key.clone());
                continue;
            }
            if count == most {
                more = true;
                break;
            }
            count += 1;
            last = Some(key.clone());
            match folder {
                Some(folder) => {
                    common.insert(folder);
                }
                None => {
                    let (key, etag, size) = (escape(key), escape(&version.etag), version.bytes.len());
                    let at = rfc3339(version.written);
                    let _ = write!(
                        contents,
                        "<Contents><Key>{key}</Key><LastModified>{at}</LastModified><ETag>{etag}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                    );
                }
            }
        }
        let prefixes: String =
            common.iter().map(|one| format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", escape(one))).collect();
        let next = last.filter(|_| more).map(|last| token::seal(call, &last, call.text("continuation-token")));
        let next = next.map(|token| format!("<NextContinuationToken>{token}</NextContinuationToken>")).unwrap_or_default();
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys><IsTruncated>{more}</IsTruncated>{next}{contents}{prefixes}</ListBucketResult>",
            escape(prefix)
        );
        Ok(Reply::Own(Response::new(200, "application/xml", text)))
    }
}

fn http_date(millis: i64) -> String {
    let form = format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    OffsetDateTime::from_unix_timestamp(millis / 1000).ok().and_then(|at| at.format(form).ok()).unwrap_or_default()
}
