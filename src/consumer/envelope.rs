//! Where requests go and the headers that they carry: settled once for a consumer, but for what numbers a request.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderName,
    HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use ureq::http::{HeaderMap, Method, Uri};
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
    pub(super) method: Method,
    upserts: Address,
    deletes: Address,
}

#[derive(Debug, Clone)]
struct Address {
    uri: Uri,
    headers: HeaderMap,
}

impl Envelope {
    pub(super) fn new(consumer: &str, config: &HttpConfig, content_type: &'static str) -> Result<Self, ConsumerError> {
        let invalid = |key: &str, reason: &str| ConsumerError::Setting {
            consumer: consumer.to_owned(),
            key: key.to_owned(),
            reason: reason.to_owned(),
        };
        let method = Method::from_bytes(config.method.as_bytes())
            .ok()
            .filter(|method| *method != Method::CONNECT)
            .ok_or_else(|| invalid("method", "is no method that a request can have"))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
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
        let address = |key: &str, url: &Url| {
            Address::new(url, headers.clone()).ok_or_else(|| invalid(key, "is no http or https URL"))
        };
        let upserts = address("url", &config.url)?;
        let deletes = match &config.delete_url {
            Some(url) => address("delete_url", url)?,
            None => upserts.clone(),
        };
        Ok(Envelope { method, upserts, deletes })
    }

    pub(super) fn uri(&self, kind: ItemKind) -> &Uri {
        &self.address(kind).uri
    }

    /// The headers of a request, the same for all its tries. `key` is visible ASCII.
    pub(super) fn headers(&self, kind: ItemKind, feed: &str, key: &str, sequence: u64) -> Option<HeaderMap> {
        let mut headers = self.address(kind).headers.clone();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(key).ok()?);
        headers.insert(SEQUENCE, HeaderValue::from(sequence));
        headers.insert(FEED, HeaderValue::from_str(feed).ok()?);
        Some(headers)
    }

    fn address(&self, kind: ItemKind) -> &Address {
        match kind {
            ItemKind::Upsert => &self.upserts,
            ItemKind::Delete => &self.deletes,
        }
    }
}

impl Address {
    /// A user and password in the URL become a header, unless one is configured: they belong to no request line.
    fn new(url: &Url, mut headers: HeaderMap) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let named = !url.username().is_empty() || url.password().is_some();
        if named && !headers.contains_key(AUTHORIZATION) {
            let mut user: Vec<u8> = percent_decode_str(url.username()).collect();
            user.push(b':');
            user.extend(percent_decode_str(url.password().unwrap_or_default()));
            let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(user))).ok()?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut bare = url.clone();
        bare.set_fragment(None);
        bare.set_username("").ok()?;
        bare.set_password(None).ok()?;
        Some(Address { uri: bare.as_str().parse().ok()?, headers })
    }
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
        let envelope = Envelope::new("search", config, "application/json").expect("valid settings");
        let headers = envelope.headers(kind, "products", "k", 7).expect("valid headers");
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
            let error = Envelope::new("search", &with(name, value), "application/json").expect_err(name).to_string();
            assert_eq!(error, format!("consumer search: {said}"));
        }
    }

    #[test]
    fn deletes_may_go_elsewhere() {
        let mut config = http_config("http://u:p@h/a?b=c#d");
        let envelope = Envelope::new("search", &config, "application/json").expect("valid");
        assert_eq!(envelope.uri(ItemKind::Delete), "http://h/a?b=c");
        config.delete_url = Some("https://h/deletes".parse().expect("a URL"));
        let envelope = Envelope::new("search", &config, "application/json").expect("valid");
        assert_eq!(envelope.uri(ItemKind::Upsert), "http://h/a?b=c");
        assert_eq!(envelope.uri(ItemKind::Delete), "https://h/deletes");
        assert!(!headers(&config, ItemKind::Delete).iter().any(|header| header.starts_with("authorization")));
        config.delete_url = Some("ftp://h/".parse().expect("a URL"));
        assert!(Envelope::new("search", &config, "application/json").is_err());
        config.delete_url = None;
        config.method = "PO ST".into();
        assert!(Envelope::new("search", &config, "application/json").is_err());
    }

    #[test]
    fn keys_differ() {
        let (one, other) = (idempotency_key().expect("random"), idempotency_key().expect("random"));
        assert_eq!((one.len(), other.len()), (32, 32));
        assert_ne!(one, other);
    }
}
