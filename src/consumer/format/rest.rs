//! `rest`: a request an item, at a URL made of its values: `PUT url/{id}` with the document, `DELETE url/{id}`.

use ureq::http::uri::InvalidUri;
use ureq::http::{Method, Uri};
use url::Url;

use super::address::{bare, escaped, method};
use super::json::{deleted_bytes, write_item};
use super::values::texts;
use super::{EncodeError, Format, Framing, Message, Results, SettingFault, listed_errors};
use crate::config::{DocumentTemplate, HttpConfig, ItemErrorPointers, RestSettings};
use crate::consumer::outline::Outline;
use crate::consumer::{Item, ItemKind};

pub struct Rest {
    upserts: Place,
    deletes: Place,
    pointers: ItemErrorPointers,
}

struct Place {
    method: Method,
    url: DocumentTemplate,
}

impl Rest {
    /// A URL without values gets those of the identity, each a segment of its path.
    pub fn new(config: &HttpConfig, settings: &RestSettings, outline: &Outline) -> Result<Self, SettingFault> {
        let upserts = with_identity(&settings.url, outline);
        let deletes = settings.delete_url.as_ref().map_or_else(|| upserts.clone(), |url| with_identity(url, outline));
        Ok(Rest {
            upserts: Place { method: method("method", &config.method)?, url: upserts },
            deletes: Place { method: method("delete_method", &settings.delete_method)?, url: deletes },
            pointers: config.item_errors.clone(),
        })
    }

    fn place(&self, kind: ItemKind) -> &Place {
        match kind {
            ItemKind::Upsert => &self.upserts,
            ItemKind::Delete => &self.deletes,
        }
    }
}

fn with_identity(url: &DocumentTemplate, outline: &Outline) -> DocumentTemplate {
    let Some(fixed) = url.fixed() else { return url.clone() };
    let (path, query) = fixed.split_at(fixed.find(['?', '#']).unwrap_or(fixed.len()));
    let mut around = vec!["/".to_owned(); outline.identity.len()];
    around[0] = format!("{}/", path.trim_end_matches('/'));
    around.push(query.to_owned());
    DocumentTemplate { around, paths: outline.identity.clone() }
}

impl Place {
    fn uri(&self, item: &Item) -> Result<Uri, EncodeError> {
        let values = texts(&item.json, &self.url.paths)?;
        if values.iter().any(|value| value.is_empty()) {
            return Err(EncodeError::Url("one of its values is empty".into()));
        }
        let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
        let url = self.url.filled(values.iter().map(String::as_str));
        // Servers take these for the folder itself and the one above, escaped or not.
        let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(EncodeError::Url("a part of its path is `.` or `..`".into()));
        }
        let parsed = Url::parse(&url).map_err(|fault| EncodeError::Url(fault.to_string()))?;
        bare(&parsed).as_str().parse().map_err(|fault: InvalidUri| EncodeError::Url(fault.to_string()))
    }
}

impl Format for Rest {
    fn framing(&self, kind: ItemKind) -> Framing {
        Framing { body: 0, item: deleted_bytes(kind), alone: true }
    }

    fn encode(&self, kind: ItemKind, items: &[&Item], _: u64) -> Result<Message, EncodeError> {
        let Place { method, .. } = self.place(kind);
        let mut message =
            Message { method: method.clone(), uri: Uri::default(), content_type: "application/json", body: Vec::new() };
        for item in items {
            message.uri = self.place(kind).uri(item)?;
            // The URL of a DELETE says it all.
            if *method != Method::DELETE {
                write_item(&mut message.body, item)?;
            }
        }
        Ok(message)
    }

    fn names_items(&self) -> bool {
        true
    }

    fn read_results(&self, _: ItemKind, body: &[u8], items: usize) -> Results {
        listed_errors::read(&self.pointers, body, items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::{encode, http_config, outline, request};

    fn format(url: &str, delete: Option<&str>, delete_method: &str) -> Rest {
        let template = |text: &str| DocumentTemplate::parse(text).expect("a template");
        let settings =
            RestSettings { url: template(url), delete_url: delete.map(template), delete_method: delete_method.into() };
        let config = HttpConfig { method: "PUT".into(), ..http_config("http://h/") };
        Rest::new(&config, &settings, &outline()).expect("valid settings")
    }

    fn sent(format: &Rest, kind: ItemKind, document: &str) -> Result<String, String> {
        let request = request(kind, &[document]);
        let message = encode(format, &request).map_err(|error| error.to_string())?;
        Ok(format!("{} {} {}", message.method, message.uri, String::from_utf8_lossy(&message.body)))
    }

    #[test]
    fn urls_are_made_of_values() {
        let plain = format("http://u:p@h/v1/products/?key=x", None, "DELETE");
        let other = format("http://h/{lang}/p?sku={sku}", Some("http://h/gone"), "POST");
        for (format, kind, document, expected) in [
            (
                &plain,
                ItemKind::Upsert,
                r#"{"sku":"A/ä b"}"#,
                r#"PUT http://h/v1/products/A%2F%C3%A4%20b?key=x {"sku":"A/ä b"}"#,
            ),
            (&plain, ItemKind::Delete, r#"{"sku":"A"}"#, "DELETE http://h/v1/products/A?key=x "),
            (
                &other,
                ItemKind::Upsert,
                r#"{"sku":"a&b","lang":"de"}"#,
                r#"PUT http://h/de/p?sku=a%26b {"sku":"a&b","lang":"de"}"#,
            ),
            (&other, ItemKind::Delete, r#"{"sku":"A"}"#, r#"POST http://h/gone/A {"sku":"A","deleted":true}"#),
        ] {
            assert_eq!(sent(format, kind, document), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn no_value_leads_elsewhere() {
        let plain = format("http://h/v1/products", None, "DELETE");
        for (document, said) in [
            (r#"{"sku":""}"#, "cannot make its URL: one of its values is empty"),
            (r#"{"sku":"."}"#, "cannot make its URL: a part of its path is `.` or `..`"),
            (r#"{"sku":".."}"#, "cannot make its URL: a part of its path is `.` or `..`"),
            (r#"{"sku":null}"#, "its `sku` is null"),
        ] {
            assert_eq!(sent(&plain, ItemKind::Delete, document), Err(said.to_owned()));
        }
        assert_eq!(
            sent(&plain, ItemKind::Delete, r#"{"sku":"../x"}"#),
            Ok("DELETE http://h/v1/products/..%2Fx ".into())
        );
    }

    #[test]
    fn several_values_are_several_segments() {
        let identity = ["sku", "lang"].map(|name| crate::definition::feed::DocumentPath(vec![name.into()]));
        let outline = Outline { identity: identity.into(), ..outline() };
        let settings = RestSettings {
            url: DocumentTemplate::parse("http://h/p").expect("a template"),
            delete_url: None,
            delete_method: "DELETE".into(),
        };
        let rest = Rest::new(&http_config("http://h/p"), &settings, &outline).expect("valid settings");
        assert_eq!(
            sent(&rest, ItemKind::Delete, r#"{"sku":"A/1","lang":"de"}"#),
            Ok("DELETE http://h/p/A%2F1/de ".into())
        );
    }
}
