//! The headers that requests carry: settled once for a consumer, but for what numbers a request.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use ureq::http::HeaderMap;
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderName,
    HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use url::Url;

use super::ItemKind;
use super::compress::content_encoding;
use super::open::ConsumerError;
use crate::config::HttpConfig;

pub(super) const FEEDMILL: &str = concat!("feedmill/", env!("CARGO_PKG_VERSION"));

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const SEQUENCE: HeaderName = HeaderName::from_static("x-feedmill-sequence");
const FEED: HeaderName = HeaderName::from_static("x-feedmill-feed");

/// What the configuration cannot set: ours to say, or the transport's.
const OURS: [HeaderName; 9] = [
    IDEMPOTENCY_KEY,
    SEQUENCE,
    FEED,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    ACCEPT_ENCODING,
    CONNECTION,
    EXPECT,
];

#[derive(Debug)]
pub(super) struct Envelope {
    upserts: HeaderMap,
    deletes: HeaderMap,
}

impl Envelope {
    pub(super) fn new(consumer: &str, config: &HttpConfig) -> Result<Self, ConsumerError> {
        let invalid = |key: &str, reason: &str| ConsumerError::Setting {
            consumer: consumer.to_owned(),
            key: key.to_owned(),
            reason: reason.to_owned(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(FEEDMILL));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if let Some(encoding) = content_encoding(config.compression) {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        for (name, value) in &config.headers {
            let key = || format!("headers.{name}");
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid(&key(), "is no header name"))?;
            if OURS.contains(&header) {
                tracing::warn!(consumer, header = name, "a configured header is left out: feedmill sets it itself");
                continue;
            }
            // The reason must not quote the value.
            let mut value = HeaderValue::from_str(value.expose())
                .map_err(|_| invalid(&key(), "has a value with characters that a header cannot hold"))?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        let named = |key: &str, url: &Url| {
            with_user(url, headers.clone()).ok_or_else(|| invalid(key, "has a user that a header cannot hold"))
        };
        let upserts = named("url", &config.url)?;
        let deletes = match &config.delete_url {
            Some(url) => named("delete_url", url)?,
            None => upserts.clone(),
        };
        Ok(Envelope { upserts, deletes })
    }

    /// The headers of a request, the same for all its tries. `key` is visible ASCII. A configured type of the content
    /// stands over the format's; a request without content has neither type nor encoding.
    pub(super) fn headers(
        &self,
        kind: ItemKind,
        feed: &str,
        key: &str,
        sequence: u64,
        content_type: Option<&'static str>,
    ) -> Option<HeaderMap> {
        let mut headers = self.of_kind(kind).clone();
        match content_type {
            Some(content_type) => {
                headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
            }
            None => without_content(&mut headers),
        }
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(key).ok()?);
        headers.insert(SEQUENCE, HeaderValue::from(sequence));
        headers.insert(FEED, HeaderValue::from_str(feed).ok()?);
        Some(headers)
    }

    /// The headers of a question after a task.
    pub(super) fn question(&self, kind: ItemKind) -> HeaderMap {
        let mut headers = self.of_kind(kind).clone();
        without_content(&mut headers);
        headers
    }

    fn of_kind(&self, kind: ItemKind) -> &HeaderMap {
        match kind {
            ItemKind::Upsert => &self.upserts,
            ItemKind::Delete => &self.deletes,
        }
    }
}

fn without_content(headers: &mut HeaderMap) {
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_ENCODING);
}

/// A user and password in the URL become a header, unless one is configured: they belong to no request line.
fn with_user(url: &Url, mut headers: HeaderMap) -> Option<HeaderMap> {
    let named = !url.username().is_empty() || url.password().is_some();
    if named && !headers.contains_key(AUTHORIZATION) {
        let mut user: Vec<u8> = percent_decode_str(url.username()).collect();
        user.push(b':');
        user.extend(percent_decode_str(url.password().unwrap_or_default()));
        let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(user))).ok()?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Some(headers)
}

/// 128 random bits: no two requests ever share one.
pub(super) fn idempotency_key() -> Result<String, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Compression, Secret};
    use crate::consumer::delivery::tests::http_config;

    fn headers(config: &HttpConfig, kind: ItemKind) -> Vec<String> {
        let envelope = Envelope::new("search", config).expect("valid settings");
        let headers = envelope.headers(kind, "products", "k", 7, Some("application/json")).expect("valid headers");
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_request_says_who_it_is() {
        let config = HttpConfig { compression: Compression::Gzip, ..http_config("http://127.0.0.1/a") };
        assert_eq!(
            headers(&config, ItemKind::Upsert),
            [
                "accept-encoding: gzip",
                "content-encoding: gzip",
                "content-type: application/json",
                "idempotency-key: k",
                &format!("user-agent: {FEEDMILL}"),
                "x-feedmill-feed: products",
                "x-feedmill-sequence: 7",
            ]
        );
    }

    #[test]
    fn configured_headers_override_what_is_not_ours() {
        let with = |name: &str, value: &str| HttpConfig {
            headers: vec![(name.into(), Secret::new(value))],
            ..http_config("http://u%40x:p%3Aw@h/a?b=c#d")
        };
        assert!(headers(&with("user-agent", "me"), ItemKind::Upsert).contains(&"user-agent: me".into()));
        let json = "content-type: application/vnd.api+json";
        assert!(headers(&with("Content-Type", &json[14..]), ItemKind::Upsert).contains(&json.into()));
        let basic = headers(&with("X-A", "b"), ItemKind::Upsert);
        assert!(basic.contains(&"authorization: Basic dUB4OnA6dw==".into()) && basic.contains(&"x-a: b".into()));
        let key_as_user = headers(&http_config("http://k3y@h/"), ItemKind::Upsert);
        assert!(key_as_user.contains(&"authorization: Basic azN5Og==".into()), "{key_as_user:?}");
        let bearer = headers(&with("AUTHORIZATION", "Bearer t"), ItemKind::Upsert);
        assert!(bearer.contains(&"authorization: Bearer t".into()));
        let plain = headers(&http_config("http://h/"), ItemKind::Upsert);
        for name in ["idempotency-KEY", "Content-Length", "X-Feedmill-Feed", "Content-Encoding"] {
            let config = HttpConfig { headers: vec![(name.into(), Secret::new("9"))], ..http_config("http://h/") };
            assert_eq!(headers(&config, ItemKind::Upsert), plain, "{name}");
        }
        for (name, value, said) in [
            ("a b", "x", "headers.a b is no header name"),
            ("X-Key", "sec\nret", "headers.X-Key has a value with characters that a header cannot hold"),
        ] {
            let error = Envelope::new("search", &with(name, value)).expect_err(name).to_string();
            assert_eq!(error, format!("consumer search: {said}"));
        }
    }

    #[test]
    fn secrets_are_not_shown_by_who_prints_headers() {
        let headers = vec![("X-Key".into(), Secret::new("s3cret"))];
        let config = HttpConfig { headers, ..http_config("http://u:p@h/") };
        let envelope = Envelope::new("search", &config).expect("valid settings");
        let shown = format!("{envelope:?}");
        assert!(shown.contains("x-key") && !shown.contains("s3cret") && !shown.contains("dTpw"), "{shown}");
    }

    #[test]
    fn users_belong_to_their_url() {
        let delete_url = Some("https://h/deletes".parse().expect("a URL"));
        let config = HttpConfig { delete_url, ..http_config("http://u:p@h/a?b=c#d") };
        let named = |kind| headers(&config, kind).iter().any(|header| header.starts_with("authorization"));
        assert_eq!((named(ItemKind::Upsert), named(ItemKind::Delete)), (true, false));
    }

    #[test]
    fn without_content_there_is_no_type() {
        let config = HttpConfig { compression: Compression::Gzip, ..http_config("http://u:p@h/") };
        let envelope = Envelope::new("search", &config).expect("valid settings");
        let empty = envelope.headers(ItemKind::Delete, "products", "k", 7, None).expect("valid headers");
        assert!(!empty.contains_key(CONTENT_TYPE) && !empty.contains_key(CONTENT_ENCODING));
        let question = envelope.question(ItemKind::Upsert);
        assert!(question.contains_key(AUTHORIZATION) && !question.contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn keys_differ() {
        let (one, other) = (idempotency_key().expect("random"), idempotency_key().expect("random"));
        assert_eq!((one.len(), other.len()), (32, 32));
        assert_ne!(one, other);
    }
}
