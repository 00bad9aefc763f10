//! A file of examples per database.

use super::*;

pub(super) fn chinook() -> [Example; 3] {
    [example!("chinook", "customers"), example!("chinook", "playlists"), example!("chinook", "tracks")]
}

pub(super) fn sakila() -> [Example; 2] {
    [example!("sakila", "films"), example!("sakila", "customers")]
}

pub(super) fn oscommerce() -> [Example; 2] {
    [example!("oscommerce", "products"), example!("oscommerce", "categories")]
}

#[test]
fn chinook_gives_what_queries_say() {
    let Some(project) = project(Kind::Sqlite, "chinook/sqlite.sql.gz", &chinook()) else { return };
    let sent = sent(&project, &chinook());
    assert_oracles_agree(&project.source(), &chinook(), &sent);
}

#[test]
fn sakila_gives_what_queries_say() {
    let Some(project) = project(Kind::Sqlite, "sakila/sakila.sqlite.gz", &sakila()) else { return };
    let sent = sent(&project, &sakila());
    assert_oracles_agree(&project.source(), &sakila(), &sent);
}

#[test]
fn oscommerce_gives_what_queries_say() {
    let Some(project) = project(Kind::Sqlite, "oscommerce/oscommerce.sqlite.gz", &oscommerce()) else { return };
    project.sql(include_str!("oscommerce/more.sql"));
    let sent = sent(&project, &oscommerce());
    assert_eq!(sent[0].len(), 27 + 21, "a product is switched off, and six are not translated");
    assert_oracles_agree(&project.source(), &oscommerce(), &sent);
}
