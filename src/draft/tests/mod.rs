//! Whole drafts: what a person would read, that each is a sound definition, and what other people's schemas give.

mod shops;
mod texts;

use super::sample::catalog;
use super::*;
use crate::definition::problem::SourceFile;

/// Drafts, each checked as a file.
fn drafts(lines: &str, wish: &Wish) -> Drafts {
    drafts_sized(lines, &Sizes::default(), wish)
}

fn drafts_sized(lines: &str, sizes: &Sizes, wish: &Wish) -> Drafts {
    let drafts = draft(&catalog(lines), sizes, wish).unwrap_or_else(|error| panic!("{error}"));
    for feed in &drafts.feeds {
        let file = SourceFile::new(format!("{}.toml", feed.name), feed.text.as_str());
        if let Err(problems) = crate::definition::parse(file) {
            panic!("{problems}\n{}", feed.text);
        }
    }
    drafts
}

fn wish() -> Wish {
    Wish { consumer: "archive".into(), ..Wish::default() }
}

fn named(tables: &[&str]) -> Wish {
    Wish { tables: tables.iter().map(ToString::to_string).collect(), ..wish() }
}

fn sizes(rows: &[(&str, u64)]) -> Sizes {
    Sizes { rows: rows.iter().map(|(table, rows)| ((*table).to_owned(), *rows)).collect(), limit: 20_000 }
}

/// Relations that are only suggested become real ones when their `#` is taken out.
fn with_suggestions(text: &str) -> String {
    let uncommented = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.contains(" = {") => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(uncommented).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_suggested_can_be_taken_in() {
    let drafts = drafts_sized(
        "store: id* int, name\nfilm: id* int, title, email, dob time\ncopy: id* int, film_id int -> film, shelf
        customer: id* int, name\nwatched: film_id* int -> film, customer_id* int -> customer",
        &sizes(&[("film", 2), ("copy", 1_000), ("watched", 1)]),
        &wish(),
    );
    let film = drafts.feeds.iter().find(|feed| feed.name == "film").unwrap();
    assert!(film.relations.is_empty(), "{}", film.text);
    let text = with_suggestions(&film.text);
    for field in ["\ncopy = {", "\ncustomer = {", "\nemail = {"] {
        assert!(text.contains(field), "{field}: {text}");
    }
    let definition = crate::definition::parse(SourceFile::new("film.toml", text.as_str()));
    assert_eq!(definition.unwrap_or_else(|problems| panic!("{problems}\n{text}")).fields.len(), 6);
}

#[test]
fn columns_in_doubt_are_read_as_text_or_not_at_all() {
    let place = |column: &str| ("film".to_owned(), column.to_owned());
    let doubts = Doubts { as_text: [place("made"), place("raw")].into(), unreadable: [place("raw")].into() };
    let drafts = drafts("film: id* int, title, made time, raw", &Wish { doubts, ..wish() });
    let text = &drafts.feeds[0].text;
    assert!(text.contains("made  = { column = \"made\", type = \"string\" }"), "{text}");
    assert!(text.contains("Left out: raw (holds values that no document can)."), "{text}");
}

#[test]
fn every_table_is_a_feed_or_left_out_once() {
    let lines = "a: id* int, x, y, z\nb: a* int, b* int\nview v: id int\nlog: id* int, text\nc: id* int, a_id int -> a";
    let drafts = drafts(lines, &wish());
    let mut tables: Vec<&str> = drafts.feeds.iter().map(|feed| feed.table.as_str()).collect();
    tables.extend(drafts.left_out.iter().flat_map(|left| &left.tables).map(|table| table.name.as_str()));
    tables.sort_unstable();
    assert_eq!(tables, ["a", "b", "c", "log", "v"]);
}

#[test]
fn a_magento_database_is_known() {
    let magento = "m2_eav_attribute: attribute_id* int, code\nm2_catalog_product_entity: entity_id* int, sku";
    assert!(drafts(magento, &wish()).is_magento);
    assert!(!drafts("eav_attribute: attribute_id* int, code", &wish()).is_magento);
}
