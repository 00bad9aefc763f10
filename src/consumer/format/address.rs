//! URLs of requests: made once where they are the same for all, else for each item, its values percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::{Method, Uri};
use url::Url;

use super::SettingFault;
use crate::config::{DocumentTemplate, HttpConfig};
use crate::consumer::ItemKind;
use crate::consumer::outline::Outline;

/// All but RFC 3986's unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where all upserts go, and where all deletes do.
#[derive(Debug)]
pub struct Addresses {
    pub method: Method,
    upserts: Uri,
    deletes: Uri,
}

impl Addresses {
    pub fn new(config: &HttpConfig) -> Result<Self, SettingFault> {
        let upserts = uri("url", bare(&config.url))?;
        let deletes = match &config.delete_url {
            Some(url) => uri("delete_url", bare(url))?,
            None => upserts.clone(),
        };
        Ok(Addresses { method: method("method", &config.method)?, upserts, deletes })
    }

    pub fn uri(&self, kind: ItemKind) -> Uri {
        match kind {
            ItemKind::Upsert => self.upserts.clone(),
            ItemKind::Delete => self.deletes.clone(),
        }
    }
}

pub fn method(key: &'static str, name: &str) -> Result<Method, SettingFault> {
    let method = Method::from_bytes(name.as_bytes()).ok().filter(|method| *method != Method::CONNECT);
    method.ok_or_else(|| SettingFault { key, reason: "is no method that a request can have".into() })
}

/// A URL below a server's: `segments` are whole segments, escaped here.
pub fn below(server: &Url, segments: &[&str], query: Option<&str>) -> Result<Uri, SettingFault> {
    let mut url = bare(server);
    let path = url.path().trim_end_matches('/').to_owned();
    let below: String = segments.iter().map(|segment| format!("/{}", escaped(segment))).collect();
    url.set_path(&format!("{path}{below}"));
    url.set_query(query);
    uri("url", url)
}

/// The one index of a feed: the configured name, else the feed's.
pub fn index<'a>(template: Option<&'a DocumentTemplate>, outline: &'a Outline) -> &'a str {
    template.and_then(DocumentTemplate::fixed).unwrap_or(&outline.feed)
}

pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// A user and password belong into a header, a fragment nowhere.
pub fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    bare.set_fragment(None);
    // Fails for URLs that cannot have a user, which then has none.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

fn uri(key: &'static str, url: Url) -> Result<Uri, SettingFault> {
    let known = matches!(url.scheme(), "http" | "https");
    let uri = known.then(|| url.as_str().parse().ok()).flatten();
    uri.ok_or_else(|| SettingFault { key, reason: "is no http or https URL".into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::http_config;

    #[test]
    fn urls_are_made_below_a_server() {
        for (server, segments, query, expected) in [
            ("http://h:9200", &["_bulk"][..], None, "http://h:9200/_bulk"),
            ("http://u:p@h/es/#x", &["a b", "_bulk"], None, "http://h/es/a%20b/_bulk"),
            (
                "https://h/?x=y",
                &["indexes", "ä/b"],
                Some("primaryKey=id"),
                "https://h/indexes/%C3%A4%2Fb?primaryKey=id",
            ),
        ] {
            let uri = below(&server.parse().expect("a URL"), segments, query).expect("an address");
            assert_eq!(uri.to_string(), expected);
        }
        assert!(below(&"ftp://h/".parse().expect("a URL"), &["x"], None).is_err());
    }

    #[test]
    fn deletes_may_go_elsewhere() {
        let mut config = http_config("http://u:p@h/a?b=c#d");
        let addresses = Addresses::new(&config).expect("valid");
        assert_eq!(addresses.uri(ItemKind::Delete), "http://h/a?b=c");
        config.delete_url = Some("https://h/deletes".parse().expect("a URL"));
        let addresses = Addresses::new(&config).expect("valid");
        assert_eq!(addresses.uri(ItemKind::Upsert), "http://h/a?b=c");
        assert_eq!(addresses.uri(ItemKind::Delete), "https://h/deletes");
        config.delete_url = Some("ftp://h/".parse().expect("a URL"));
        assert_eq!(Addresses::new(&config).expect_err("no http").key, "delete_url");
        config.delete_url = None;
        config.method = "PO ST".into();
        assert_eq!(Addresses::new(&config).expect_err("no method").key, "method");
    }
}
