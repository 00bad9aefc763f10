//! Each example over every database that its shop comes for: the documents of SQLite, byte by byte.

use super::shops::{chinook, oscommerce, sakila};
use super::*;
use std::fmt::Write;

/// A shop's dump for one database.
struct Edition {
    kind: Kind,
    packed: &'static str,
    /// Evens out what its authors have written otherwise than the others.
    mend: &'static str,
    /// How a feed's text becomes one over its tables.
    spelled: fn(&str) -> String,
}

fn edition(kind: Kind, packed: &'static str, mend: &'static str) -> Edition {
    Edition { kind, packed, mend, spelled: str::to_owned }
}

/// What each edition makes of the examples is what the first makes of them.
#[track_caller]
fn agree(examples: &[Example], editions: &[Edition]) {
    let mut first: Option<Vec<Vec<String>>> = None;
    for edition in editions {
        let Some(project) = project(edition.kind, edition.packed, examples) else { return };
        for example in examples {
            project.feed(example.feed, &(edition.spelled)(example.text));
        }
        if !edition.mend.is_empty() {
            project.sql(edition.mend);
        }
        let sent = sent(&project, examples);
        let expected = first.get_or_insert_with(|| sent.clone());
        let mut different = String::new();
        for (example, (ours, theirs)) in examples.iter().zip(sent.iter().zip(expected.iter())) {
            assert!(!theirs.is_empty(), "{}: no documents", example.feed);
            if ours.len() != theirs.len() {
                writeln!(different, "{}: {} documents instead of {}", example.feed, ours.len(), theirs.len()).unwrap();
            }
            for (ours, theirs) in ours.iter().zip(theirs).filter(|(ours, theirs)| ours != theirs).take(3) {
                writeln!(different, "{}:\n{ours}\ninstead of\n{theirs}", example.feed).unwrap();
            }
        }
        assert!(different.is_empty(), "{} on {:?}\n{different}", edition.packed, edition.kind);
    }
}

/// Names as Chinook has them on PostgreSQL, `InvoiceLine` as `invoice_line`. What a map compares is no name.
fn in_snake_case(feed: &str) -> String {
    let mut parts = feed.split("map = {");
    let mut out = snake_case(parts.next().unwrap_or_default());
    for part in parts {
        let (map, rest) = part.split_once('}').expect("a map ends");
        write!(out, "map = {{{map}}}{}", snake_case(rest)).unwrap();
    }
    out
}

/// The words that begin with a capital, but for the letters of a date's format.
fn snake_case(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let is_name = word.starts_with(|c: char| c.is_ascii_uppercase()) && !out.ends_with('%');
        for (at, c) in word.char_indices() {
            if is_name && at > 0 && c.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(if is_name { c.to_ascii_lowercase() } else { c });
        }
    }
    out
}

#[test]
fn chinook_in_every_database() {
    let mut postgres = edition(
        Kind::Postgres,
        "chinook/postgres.sql.gz",
        r"UPDATE customer SET city = 'Edinburgh ' WHERE city = 'Edinburgh'; UPDATE track SET name = replace(name, '\', '')",
    );
    postgres.spelled = in_snake_case;
    agree(
        &chinook(),
        &[
            // In a text of MySQL's a backslash is the beginning of an escape.
            edition(Kind::Sqlite, "chinook/sqlite.sql.gz", r"UPDATE Track SET Name = replace(Name, '\', '')"),
            edition(Kind::Mariadb, "chinook/mariadb.sql.gz", ""),
            postgres,
        ],
    );
}

#[test]
fn sakila_in_every_database() {
    // As in the edition for PostgreSQL, which knows no districts.
    let addresses = "UPDATE address SET district = ' ', last_update = '2006-02-15 04:45:30'";
    agree(
        &sakila(),
        &[
            edition(Kind::Sqlite, "sakila/sakila.sqlite.gz", addresses),
            edition(Kind::Mariadb, "sakila/mariadb.sql.gz", addresses),
            // Payments of no rental, which there stand for others' rentals.
            edition(
                Kind::Postgres,
                "sakila/postgres.sql.gz",
                "DELETE FROM payment WHERE payment_id IN (424, 7011, 10840, 14675, 15458)",
            ),
        ],
    );
}

#[test]
fn oscommerce_in_every_database() {
    agree(
        &oscommerce(),
        &[
            edition(Kind::Sqlite, "oscommerce/oscommerce.sqlite.gz", ""),
            edition(Kind::Mariadb, "oscommerce/mariadb.sql.gz", ""),
        ],
    );
}
