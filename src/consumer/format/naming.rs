//! What a document is called at a consumer: its ID, made of its identity or of the `id` template. Pure.
//!
//! Invariant: two identities whose values have different texts never get one ID. A value keeps its text wherever that is
//! unmistakable; what is not, is written with `_XX` for its bytes behind a `__` that no other ID begins with; what is too
//! long becomes `--` and the `feed_id`.

use std::borrow::Cow;
use std::fmt::Write;

use super::EncodeError;
use super::values::{filled, texts};
use crate::config::DocumentTemplate;
use crate::consumer::Item;
use crate::definition::feed::DocumentPath;

/// Stands between the values of an identity, and before an ID that is not written as it is.
const SEPARATOR: &str = "__";

/// Stands before a `feed_id` in the place of an ID that is too long.
const HASHED: &str = "--";

/// Which IDs a product takes.
#[derive(Debug, Clone, Copy)]
pub struct IdRules {
    /// Bytes.
    pub longest: usize,
    /// Letters, digits, `-` and `_` of ASCII, and nothing else.
    pub plain_only: bool,
}

#[derive(Debug)]
pub struct Naming {
    source: Source,
    rules: IdRules,
}

#[derive(Debug)]
enum Source {
    Identity(Vec<DocumentPath>),
    Template(DocumentTemplate),
}

impl Naming {
    pub fn new(template: Option<&DocumentTemplate>, identity: &[DocumentPath], rules: IdRules) -> Self {
        let source = match template {
            Some(template) => Source::Template(template.clone()),
            None => Source::Identity(identity.to_vec()),
        };
        Naming { source, rules }
    }

    pub fn id<'d>(&self, item: &'d Item) -> Result<Cow<'d, str>, EncodeError> {
        let values = match &self.source {
            Source::Identity(paths) => texts(&item.json, paths)?,
            Source::Template(template) => vec![filled(template, &item.json)?.into()],
        };
        let id = written(values, self.rules);
        if id.len() <= self.rules.longest { Ok(id) } else { Ok(format!("{HASHED}{}", item.feed_id).into()) }
    }
}

fn written(mut values: Vec<Cow<'_, str>>, rules: IdRules) -> Cow<'_, str> {
    let several = values.len() > 1;
    if values.iter().all(|value| is_unmistakable(value, several, rules)) {
        return if several { values.join(SEPARATOR).into() } else { values.swap_remove(0) };
    }
    let mut id = String::new();
    for value in values {
        id.push_str(SEPARATOR);
        for character in value.chars() {
            if character != '_' && is_taken(character, rules) {
                id.push(character);
                continue;
            }
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                write!(id, "_{byte:02X}").expect("a String takes all");
            }
        }
    }
    id.into()
}

/// Among others, a value must neither hold a separator nor make one with its neighbour.
fn is_unmistakable(value: &str, several: bool, rules: IdRules) -> bool {
    let reserved = value.starts_with(SEPARATOR) || value.starts_with(HASHED);
    let joins = several && (value.starts_with('_') || value.ends_with('_') || value.contains(SEPARATOR));
    !value.is_empty() && !reserved && !joins && value.chars().all(|character| is_taken(character, rules))
}

fn is_taken(character: char, rules: IdRules) -> bool {
    !rules.plain_only || character.is_ascii_alphanumeric() || character == '-' || character == '_'
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::consumer::ItemKind;
    use crate::digest::FeedId;

    const ANY: IdRules = IdRules { longest: 512, plain_only: false };
    const PLAIN: IdRules = IdRules { longest: 511, plain_only: true };

    fn id(values: &[&str], rules: IdRules) -> String {
        written(values.iter().map(|value| Cow::Borrowed(*value)).collect(), rules).into_owned()
    }

    #[test]
    fn values_keep_their_text_where_it_is_unmistakable() {
        for (values, any, plain) in [
            (&["24-MB01"][..], "24-MB01", "24-MB01"),
            (&["WS_12"], "WS_12", "WS_12"),
            (&["a__b_"], "a__b_", "a__b_"),
            (&["a b/ä"], "a b/ä", "__a_20b_2F_C3_A4"),
            (&[""], "__", "__"),
            (&["__x"], "___5F_5Fx", "___5F_5Fx"),
            (&["--x"], "__--x", "__--x"),
            (&["24-MB01", "default"], "24-MB01__default", "24-MB01__default"),
            (&["a_", "b"], "__a_5F__b", "__a_5F__b"),
            (&["a", "_b"], "__a___5Fb", "__a___5Fb"),
            (&["a.b", "de"], "a.b__de", "__a_2Eb__de"),
            (&["", ""], "____", "____"),
        ] {
            assert_eq!((id(values, ANY), id(values, PLAIN)), (any.to_owned(), plain.to_owned()), "{values:?}");
        }
    }

    #[test]
    fn no_two_identities_share_an_id() {
        // Every text of up to four of these characters, alone and as pairs.
        let mut texts = vec![String::new()];
        for length in 0..4 {
            let longest: Vec<String> = texts.iter().filter(|text| text.len() == length).cloned().collect();
            texts.extend(
                longest.iter().flat_map(|text| ["_", "-", "5", "F"].map(|character| format!("{text}{character}"))),
            );
        }
        for rules in [ANY, PLAIN] {
            let mut alone = HashMap::new();
            let mut pairs = HashMap::new();
            for one in &texts {
                assert_eq!(alone.insert(id(&[one], rules), one), None, "{one}");
                for other in texts.iter().filter(|other| other.len() < 4) {
                    let before = pairs.insert(id(&[one, other], rules), (one, other));
                    assert_eq!(before, None, "{one} {other}");
                }
            }
        }
    }

    #[test]
    fn what_is_too_long_is_hashed() {
        let long = "x".repeat(512);
        for (sku, rules, hashed) in [(&long[..511], PLAIN, false), (&long, PLAIN, true), (&long, ANY, false)] {
            let json = format!(r#"{{"sku":"{sku}"}}"#);
            let item = Item { feed_id: FeedId([7; 32]), kind: ItemKind::Upsert, json: json.into() };
            let naming = Naming::new(None, &[DocumentPath(vec!["sku".into()])], rules);
            let expected = if hashed { format!("--{}", "07".repeat(32)) } else { sku.to_owned() };
            assert_eq!(naming.id(&item).expect("it has a SKU"), expected);
        }
    }

    #[test]
    fn a_template_is_one_value() {
        let template = DocumentTemplate::parse("{store}:{sku}").expect("a template");
        let json = br#"{"sku":"A","store":"de"}"#;
        let item = Item { feed_id: FeedId([7; 32]), kind: ItemKind::Upsert, json: json.as_slice().into() };
        for (rules, expected) in [(ANY, "de:A"), (PLAIN, "__de_3AA")] {
            assert_eq!(Naming::new(Some(&template), &[], rules).id(&item).expect("all is there"), expected);
        }
    }
}
