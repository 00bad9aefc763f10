//! `[consumers.NAME]` -> [`ConsumerConfig`].

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::format::{FORMATS, FormatName};
use super::load::Setting;
use super::quantity::{duration, rate, size};
use super::raw::{HeaderValue, Method, RawConsumer, RawDuration, RawHeaders, RawItemErrors};
use super::{ConsumerConfig, ConsumerTarget, HttpConfig, ItemErrorPointers, Secret, database};
use crate::definition::problem::{Located, listed, nearest};
use crate::definition::reader::{Given, located, value};

const MAX_REQUEST_BYTES: usize = 5 << 20;
const MAX_ATTEMPTS: u32 = 20;
const REQUEST_RETRIES: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RETRY_BASE: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// A queue that others use too may take minutes.
pub const TASK_TIMEOUT: Duration = Duration::from_secs(300);

/// Keys that mean something to a file.
const OF_FILES: [&str; 5] = ["format", "path", "non_retryable_status", "max_attempts", "max_request_bytes"];
/// Headers that say what feedmill does; another value would make requests false.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "idempotency-key",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-feedmill-feed",
    "x-feedmill-sequence",
];

pub fn check(setting: &mut Setting<'_>, name: &Located<String>, raw: RawConsumer) -> Option<ConsumerConfig> {
    let format = setting.format(&raw);
    let non_retryable_status = setting.non_retryable_status(&raw);
    let max_request_bytes = setting.max_request_bytes(&raw);
    let target = match format? {
        FormatName::File => setting.file_target(name, &raw),
        format => setting.http_target(name, raw.clone(), format),
    };
    Some(ConsumerConfig {
        name: name.value.clone(),
        non_retryable_status,
        max_attempts: value(&raw.max_attempts).and_then(|count| u32::try_from(count.0).ok()).unwrap_or(MAX_ATTEMPTS),
        max_request_bytes,
        target: target?,
    })
}

impl Setting<'_> {
    fn format(&mut self, raw: &RawConsumer) -> Option<FormatName> {
        let Some(given) = &raw.format else { return Some(FormatName::Json) };
        let Located { value: text, span } = given.value.clone()?;
        let found = FORMATS.into_iter().find(|(name, _)| *name == text).map(|(_, format)| format);
        if found.is_none() {
            let names = FORMATS.map(|(name, _)| name);
            let message = format!("`{text}` is not a format");
            let help = nearest(&text, names).map(|meant| format!("did you mean `{meant}`?"));
            let help = Some(help.unwrap_or_else(|| format!("available: {}", listed(&names))));
            self.under("format", |setting| setting.reader.note(&span, message, help));
        }
        found
    }

    fn non_retryable_status(&mut self, raw: &RawConsumer) -> Vec<u16> {
        let Some(given) = value(&raw.non_retryable_status) else { return vec![400] };
        let mut statuses = Vec::new();
        for status in given {
            let number = status.value.0;
            if (200..300).contains(&number) {
                self.under("non_retryable_status", |setting| {
                    let help = "2xx is success; this list is of failures that are final";
                    setting.reader.problem_with_help(&status.span, format!("{number} is no failure"), help);
                });
            } else {
                statuses.extend(u16::try_from(number));
            }
        }
        statuses
    }

    fn max_request_bytes(&mut self, raw: &RawConsumer) -> usize {
        let Some(given) = located(&raw.max_request_bytes) else { return MAX_REQUEST_BYTES };
        match size(&given.value.0) {
            Some(bytes) if bytes > 0 => bytes,
            _ => {
                self.under("max_request_bytes", |setting| {
                    let message = format!("`{}` is not a size", given.value.0);
                    let help = "write a number of bytes, or one with KB, KiB, MB, MiB, GB or GiB, such as \"5MiB\"";
                    setting.reader.problem_with_help(&given.span, message, help);
                });
                MAX_REQUEST_BYTES
            }
        }
    }

    fn file_target(&mut self, name: &Located<String>, raw: &RawConsumer) -> Option<ConsumerTarget> {
        for (key, span) in raw.given().into_iter().filter(|(key, _)| !OF_FILES.contains(key)) {
            self.under(key, |setting| {
                let message = format!("`{key}` means nothing to a file");
                setting.reader.problem_with_help(&span, message, "leave it out, or write another `format`");
            });
        }
        let Some(path) = &raw.path else {
            if !raw.has_unknown {
                let help = "write the folder that the feeds' files go to";
                self.reader.problem_with_help(&name.span, "`path` is missing", help);
            }
            return None;
        };
        let path = path.located()?;
        if path.value.trim().is_empty() {
            self.under("path", |setting| setting.reader.problem(&path.span, "is empty"));
            return None;
        }
        Some(ConsumerTarget::File { path: self.folder.join(path.value) })
    }

    fn http_target(&mut self, name: &Located<String>, raw: RawConsumer, format: FormatName) -> Option<ConsumerTarget> {
        if let Some(path) = &raw.path {
            self.under("path", |setting| {
                let help = "write `format = \"file\"`, or leave `path` out";
                setting.reader.problem_with_help(&path.key, "`path` means nothing to an HTTP consumer", help);
            });
        }
        if raw.url.is_none() && !raw.has_unknown {
            let help = "write `url = \"https://...\"`, or `format = \"file\"` and `path`";
            self.reader.problem_with_help(&name.span, "`url` is missing", help);
        }
        self.refuse_keys_of_other_formats(&raw, format);
        let settings = self.http_format(&raw, format);
        let [url, delete_url] = [("url", &raw.url), ("delete_url", &raw.delete_url)].map(|(key, given)| match format {
            FormatName::Rest => self.templated_url(key, located(given)),
            _ => self.http_url(key, located(given)),
        });
        if let Some(url) = &url {
            self.refuse_function(&raw, url, format);
        }
        let usual = if format == FormatName::Rest { Method::Put } else { Method::Post };
        let config = HttpConfig {
            delete_url,
            index: self.index(&raw.index, format),
            id: self.document_template("id", &raw.id),
            method: value(&raw.method).unwrap_or(usual).name().to_owned(),
            headers: self.headers(value(&raw.headers)),
            compression: self.compression(&raw.compression, format),
            timeout: self.duration("timeout", &raw.timeout, TIMEOUT, true),
            connect_timeout: self.duration("connect_timeout", &raw.connect_timeout, CONNECT_TIMEOUT, true),
            request_retries: value(&raw.request_retries)
                .and_then(|count| u32::try_from(count.0).ok())
                .unwrap_or(REQUEST_RETRIES),
            retry_base: self.duration("retry_base", &raw.retry_base, RETRY_BASE, false),
            retry_max: self.duration("retry_max", &raw.retry_max, RETRY_MAX, false),
            rate_limit: self.rate_limit(&raw.rate_limit),
            item_errors: self.item_errors(value(&raw.item_errors)),
            ca_file: self.ca_file(located(&raw.ca_file)),
            url: url?,
            format: settings?,
        };
        Some(ConsumerTarget::Http(Box::new(config)))
    }

    /// Never quotes the URL: it may hold a password.
    pub fn http_url(&mut self, key: &str, given: Option<Located<String>>) -> Option<Url> {
        let given = given?;
        self.secrets.extend(database::passwords(&given.value));
        let fault = match Url::parse(&given.value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                self.secrets.extend(credentials(&url).into_iter().chain(query_secrets(&url)));
                return Some(url);
            }
            Ok(url) if matches!(url.scheme(), "http" | "https") => "it has no host".to_owned(),
            Ok(url) => format!("`{}` is neither http nor https", url.scheme()),
            Err(error) => error.to_string(),
        };
        self.under(key, |setting| {
            let help = "write a URL such as \"https://ingest.example/v1/products\"";
            setting.reader.problem_with_help(&given.span, format!("cannot be used as a URL: {fault}"), help);
        });
        None
    }

    pub fn duration(
        &mut self,
        key: &str,
        given: &Option<Given<RawDuration>>,
        standard: Duration,
        positive: bool,
    ) -> Duration {
        let Some(given) = located(given) else { return standard };
        let fault = match duration(&given.value.0) {
            Some(duration) if positive && duration.is_zero() => "must be longer than nothing".to_owned(),
            Some(duration) => return duration,
            None => format!("`{}` is not a duration", given.value.0),
        };
        self.under(key, |setting| {
            let help = "write a whole number with ms, s, m, h or d, such as \"30s\"; a year at most";
            setting.reader.problem_with_help(&given.span, fault, help);
        });
        standard
    }

    fn rate_limit(&mut self, given: &Option<Given<String>>) -> Option<f64> {
        let given = located(given)?;
        let found = rate(&given.value);
        if found.is_none() {
            self.under("rate_limit", |setting| {
                let message = format!("`{}` is not a rate", given.value);
                let help = "write requests in a time, such as \"10/s\", \"0.5/s\", \"600/m\" or \"1000/h\"";
                setting.reader.problem_with_help(&given.span, message, help);
            });
        }
        found
    }

    fn headers(&mut self, raw: Option<RawHeaders>) -> Vec<(String, Secret)> {
        let mut headers: Vec<(String, Secret)> = Vec::new();
        for header in raw.map(|raw| raw.0).unwrap_or_default() {
            let name = header.name.value.clone();
            self.under("headers", |setting| {
                setting.under(&name, |setting| {
                    let value = match header.value {
                        HeaderValue::Text(text) => Some(text),
                        HeaderValue::File(file) => {
                            setting.secret_file(&Located::new(file, header.span.clone())).map(|file| file.value)
                        }
                    };
                    if let Some(fault) = header_name_fault(&name) {
                        setting.reader.problem(&header.name.span, fault);
                    } else if headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
                        let message = format!("`{name}` is given twice; names of headers are the same in any case");
                        setting.reader.problem(&header.name.span, message);
                    } else if let Some(value) = value {
                        if name.eq_ignore_ascii_case("authorization") {
                            setting.secrets.extend(authorization_secrets(&value));
                        }
                        if let Some(fault) = header_value_fault(&name, &value) {
                            setting.reader.problem(&header.span, fault);
                        }
                        headers.push((name.clone(), Secret::new(value)));
                    }
                });
            });
        }
        headers
    }

    fn item_errors(&mut self, raw: Option<RawItemErrors>) -> ItemErrorPointers {
        let raw = raw.unwrap_or_default();
        let standard = ItemErrorPointers::default();
        self.under("item_errors", |setting| ItemErrorPointers {
            list: setting.pointer("list", &raw.list, standard.list),
            index: setting.pointer("index", &raw.index, standard.index),
            status: setting.pointer("status", &raw.status, standard.status),
            message: setting.pointer("message", &raw.message, standard.message),
        })
    }

    fn pointer(&mut self, key: &str, given: &Option<Given<String>>, standard: String) -> String {
        let Some(given) = located(given) else { return standard };
        if !is_pointer(&given.value) {
            self.under(key, |setting| {
                let message = format!("`{}` is not a JSON pointer", given.value);
                let help =
                    format!("a pointer is empty or starts with `/`, such as \"{standard}\"; `~0` is `~`, `~1` is `/`");
                setting.reader.problem_with_help(&given.span, message, help);
            });
        }
        given.value
    }

    /// A root certificate's file, relative to the configuration's.
    pub fn ca_file(&mut self, given: Option<Located<String>>) -> Option<std::path::PathBuf> {
        let given = given?;
        let path = self.folder.join(&given.value);
        let Some(fault) = certificate_fault(&path) else { return Some(path) };
        self.under("ca_file", |setting| {
            setting.reader.problem(&given.span, format!("cannot use `{}`: {fault}", given.value));
        });
        None
    }
}

/// What an Authorization header's value proves who we are with, in the forms it may be given back in.
fn authorization_secrets(value: &str) -> Vec<String> {
    let (scheme, proof) = value.trim().split_once(' ').unwrap_or(("", value.trim()));
    let mut secrets = vec![proof.trim().to_owned()];
    if scheme.eq_ignore_ascii_case("basic")
        && let Ok(user) = BASE64_STANDARD.decode(proof.trim())
        && let Ok(user) = String::from_utf8(user)
    {
        secrets.extend(user.split_once(':').map(|(_, password)| password.to_owned()));
        secrets.push(user);
    }
    secrets
}

/// User and password as they stand in a header, before they are base64.
fn credentials(url: &Url) -> Option<String> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    url.password().map(|password| format!("{}:{}", decoded(url.username()), decoded(password)))
}

/// How the names of a query's secrets end, written without `-` and `_`.
const SECRET_NAMES: [&str; 7] = ["apikey", "accesskey", "subscriptionkey", "token", "secret", "password", "signature"];

/// A query is never printed; a consumer may say it back.
fn query_secrets(url: &Url) -> Vec<String> {
    let is_secret = |name: &str| {
        let name = name.replace(['-', '_'], "").to_ascii_lowercase();
        matches!(name.as_str(), "key" | "sig" | "code" | "auth") || SECRET_NAMES.iter().any(|end| name.ends_with(end))
    };
    url.query_pairs().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.into_owned()).collect()
}

pub fn certificate_fault(path: &std::path::Path) -> Option<String> {
    match std::fs::read(path) {
        Ok(bytes) if contains(&bytes, b"-----BEGIN CERTIFICATE-----") => None,
        Ok(_) => Some("it holds no certificate in PEM form".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// RFC 9110: a token.
fn header_name_fault(name: &str) -> Option<String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Some(format!("`{name}` cannot be a header's name"));
    }
    let own = OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name));
    own.then(|| format!("`{name}` is set by feedmill itself"))
}

/// Never quotes the value: it may be a secret.
fn header_value_fault(name: &str, value: &str) -> Option<&'static str> {
    if value.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7F) {
        return Some("a header's value has no line ends and no control characters");
    }
    // RFC 9110, 11.4: credentials are tokens of ASCII.
    let foreign = name.eq_ignore_ascii_case("authorization") && !value.is_ascii();
    foreign.then_some("credentials are written in ASCII: a user and password in Base64, a token as it was issued")
}

/// RFC 6901.
fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|after| after.starts_with('0') || after.starts_with('1'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers() {
        for good in ["", "/", "/errors", "/a/0", "/a~1b~0"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["errors", "/a~", "/a~2", "#/a"] {
            assert!(!is_pointer(bad), "{bad}");
        }
    }

    #[test]
    fn secrets_of_a_query() {
        for (query, expected) in [
            ("api_key=a%2Fb&page=2", vec!["a/b"]),
            ("X-Api-Key=one&accessToken=two&sig=three", vec!["one", "two", "three"]),
            ("query=INSERT%20INTO%20keys&primary_key=sku", vec![]),
        ] {
            let url = format!("https://h/?{query}").parse().expect("a URL");
            assert_eq!(query_secrets(&url), expected, "{query}");
        }
    }

    #[test]
    fn secrets_of_an_authorization() {
        assert_eq!(authorization_secrets("Bearer abc"), ["abc"]);
        assert_eq!(authorization_secrets("abc"), ["abc"]);
        assert_eq!(authorization_secrets("Basic bWU6cHc6eA=="), ["bWU6cHc6eA==", "pw:x", "me:pw:x"]);
        assert_eq!(authorization_secrets("basic ?"), ["?"]);
    }

    #[test]
    fn headers() {
        assert_eq!(header_name_fault("X-Api_Key"), None);
        for bad in ["", "a b", "a:", "é", "content-LENGTH"] {
            assert!(header_name_fault(bad).is_some(), "{bad}");
        }
        assert_eq!(header_value_fault("X-Key", "x\ty é"), None);
        assert_eq!(header_value_fault("authorization", "Bearer x"), None);
        assert!(header_value_fault("X-Key", "a\r\nb: c").is_some());
        assert!(header_value_fault("authorization", "Bearer é").is_some());
    }
}
