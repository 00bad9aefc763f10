//! What differs between the document that was last sent and the one of today, field by field.

use serde::Serialize;

use super::json::Json;
use crate::definition::feed::DocumentPath;

#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Keys and element numbers, such as `images.0.url`.
    pub path: String,
    /// As JSON; `None` where it is not there.
    pub stored: Option<String>,
    pub now: Option<String>,
    /// `exclude_from_hash` names it: it changes nothing alone.
    pub excluded: bool,
}

/// `None` when one of the two is no JSON.
pub fn differences(stored: &str, now: &str, excluded: &[DocumentPath]) -> Option<Vec<Difference>> {
    let mut search = Search { excluded, path: Vec::new(), found: Vec::new() };
    search.compare(Some(&Json::parse(stored)?), Some(&Json::parse(now)?));
    Some(search.found)
}

struct Search<'a> {
    excluded: &'a [DocumentPath],
    path: Vec<Step>,
    found: Vec<Difference>,
}

enum Step {
    Key(String),
    Element(usize),
}

impl Search<'_> {
    fn compare(&mut self, stored: Option<&Json<'_>>, now: Option<&Json<'_>>) {
        match (stored, now) {
            (Some(Json::Object(stored)), Some(Json::Object(now))) => {
                let added = now.keys().filter(|name| !stored.contains_key(*name));
                for name in stored.keys().chain(added) {
                    self.below(Step::Key(name.clone()), stored.get(name), now.get(name));
                }
            }
            (Some(Json::Array(stored)), Some(Json::Array(now))) => {
                for index in 0..stored.len().max(now.len()) {
                    self.below(Step::Element(index), stored.get(index), now.get(index));
                }
            }
            _ => {
                let (stored, now) = (stored.map(Json::compact), now.map(Json::compact));
                if stored != now {
                    let (path, excluded) = (self.printed_path(), self.is_excluded());
                    self.found.push(Difference { path, stored, now, excluded });
                }
            }
        }
    }

    fn below(&mut self, step: Step, stored: Option<&Json<'_>>, now: Option<&Json<'_>>) {
        self.path.push(step);
        self.compare(stored, now);
        self.path.pop();
    }

    fn printed_path(&self) -> String {
        let steps = self.path.iter().map(|step| match step {
            Step::Key(name) => name.clone(),
            Step::Element(index) => index.to_string(),
        });
        steps.collect::<Vec<_>>().join(".")
    }

    /// Paths of the definition cross arrays without a number.
    fn is_excluded(&self) -> bool {
        let keys: Vec<&String> = self
            .path
            .iter()
            .filter_map(|step| match step {
                Step::Key(name) => Some(name),
                Step::Element(_) => None,
            })
            .collect();
        self.excluded.iter().any(|path| path.0.len() <= keys.len() && path.0.iter().zip(&keys).all(|(a, b)| a == *b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_their_place() {
        let stored = r#"{"sku":"A","at":1,"images":[{"url":"x","at":1}],"old":null,"price":1.10}"#;
        let now = r#"{"sku":"A","at":2,"images":[{"url":"y","at":2},{"url":"z"}],"price":1.1}"#;
        let excluded = [DocumentPath(vec!["at".into()]), DocumentPath(vec!["images".into(), "at".into()])];
        let found = differences(stored, now, &excluded).unwrap();
        let told: Vec<String> = found
            .iter()
            .map(|difference| {
                let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
                let excluded = if difference.excluded { " (excluded)" } else { "" };
                format!("{}: {} > {}{excluded}", difference.path, text(&difference.stored), text(&difference.now))
            })
            .collect();
        assert_eq!(
            told,
            [
                "at: 1 > 2 (excluded)",
                "images.0.url: \"x\" > \"y\"",
                "images.0.at: 1 > 2 (excluded)",
                "images.1: - > {\"url\":\"z\"}",
                "old: null > -",
                "price: 1.10 > 1.1",
            ]
        );
        assert_eq!(differences(stored, stored, &[]).unwrap(), []);
        assert!(differences("nonsense", stored, &[]).is_none());
    }
}
