//! Names that drafts give: of feeds, of fields, of tables within a feed.

use std::collections::BTreeSet;

use super::guess::is_key_word;
use super::schema::{Schema, TableId};
use super::words::Phrase;

/// A feed's longest name.
const LONGEST: usize = 41;

/// Names of one level, each given once whatever its case.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// False where it is taken already.
    pub fn take(&mut self, name: &str) -> bool {
        self.0.insert(name.to_lowercase())
    }

    /// The first that is free, else the last with a number.
    pub fn take_first(&mut self, candidates: &[String]) -> String {
        let candidates = || candidates.iter().filter(|name| !name.is_empty());
        if let Some(free) = candidates().find(|name| self.take(name)) {
            return free.clone();
        }
        let last = candidates().next_back().map_or("rows", String::as_str);
        let numbered = (2..).map(|number| format!("{last}_{number}")).find(|name| self.take(name));
        numbered.unwrap_or_default()
    }
}

/// A name for the feed of a table: its words, without what all tables of the database begin with.
pub fn feed_name(schema: &Schema<'_>, table: TableId, taken: &mut Names) -> String {
    let own = plain(schema.phrases[table].words());
    let whole = plain(Phrase::of(schema.name(table)).words());
    let mut candidates: Vec<String> = [own, whole].into_iter().flatten().collect();
    if candidates.is_empty() {
        candidates.push("feed".to_owned());
    }
    taken.take_first(&candidates)
}

/// Small letters, digits and `_`, beginning with a letter; none where nothing of that kind is left.
fn plain(words: &[String]) -> Option<String> {
    let ascii = |word: &String| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let words: Vec<String> = words.iter().map(ascii).filter(|word| !word.is_empty()).collect();
    let name = words.join("_");
    let mut name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    // Room for a number behind it.
    name.truncate(LONGEST - 4);
    Some(name.trim_end_matches('_').to_owned()).filter(|name| !name.is_empty())
}

/// A name for an alias: letters, digits and `_`.
pub fn identifier(name: &str) -> String {
    let mut text: String = name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        text.insert(0, 't');
    }
    text
}

pub fn is_identifier(name: &str) -> bool {
    identifier(name) == name
}

/// `language` of `language_id` and `Language` of `LanguageId`, in the column's own spelling; empty where the column's name
/// has no word for "key".
pub fn without_key_word(column: &str) -> String {
    let phrase = Phrase::of(column);
    let words = phrase.words();
    let separator = |c: char| !c.is_alphanumeric();
    let cut = |from_end: bool, letters: usize| -> Option<String> {
        let indexes = column.char_indices();
        let rest = if from_end {
            let at = indexes.rev().filter(|(_, c)| c.is_alphanumeric()).nth(letters - 1)?.0;
            column[..at].trim_end_matches(separator)
        } else {
            let at = indexes.filter(|(_, c)| c.is_alphanumeric()).nth(letters)?.0;
            column[at..].trim_start_matches(separator)
        };
        Some(rest.to_owned()).filter(|rest| !rest.is_empty())
    };
    let letters = |word: &String| word.chars().count();
    let named = match words {
        [_, .., last] if is_key_word(last) => cut(true, letters(last)),
        [first, _, ..] if is_key_word(first) => cut(false, letters(first)),
        _ => None,
    };
    named.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sample::catalog;
    use super::super::schema::Sizes;
    use super::*;

    #[test]
    fn fields_of_references() {
        for (column, name) in [
            ("language_id", "language"),
            ("LanguageId", "Language"),
            ("languageID", "language"),
            ("id_category_default", "category_default"),
            ("fk_product", "product"),
            ("currency_code", "currency"),
            ("Product ID", "Product"),
            ("ReportsTo", ""),
            ("id", ""),
            ("größe_id", "größe"),
        ] {
            assert_eq!(without_key_word(column), name, "{column}");
        }
    }

    #[test]
    fn names_of_feeds() {
        let tables =
            "ps_product: id* int\nps_Order Lines: id* int\nps_2nd: id* int\nps_注文: id* int\nother.product: id* int
            ps_a_very_long_name_of_a_table_that_goes_on_and_on: id* int";
        let (catalog, sizes) = (catalog(tables), Sizes::default());
        let schema = Schema::new(&catalog, &sizes);
        let mut taken = Names::default();
        let names: Vec<String> = (0..schema.tables.len()).map(|table| feed_name(&schema, table, &mut taken)).collect();
        assert_eq!(
            names,
            ["product", "nd", "order_lines", "a_very_long_name_of_a_table_that_goes", "ps_product", "ps"]
        );
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        assert!(names.take("Name"));
        assert_eq!(names.take_first(&["name".into(), "title".into()]), "title");
        assert_eq!(names.take_first(&["name".into(), "title".into()]), "title_2");
        assert_eq!(names.take_first(&["NAME".into(), String::new()]), "NAME_2");
    }
}
