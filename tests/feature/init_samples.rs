//! `init` over databases that others made. Each test passes without `../shared/data`.

use super::init::runs_as_it_is;
use crate::harness::{Kind, Project, Run, samples};

/// What init makes of a sample: every draft runs, without an invalid item. Gives what it printed.
#[track_caller]
fn drafted(kind: Kind, packed: &str) -> Option<(Project, String)> {
    let project = Project::on(kind);
    if !samples::unpack(&project, packed) {
        return None;
    }
    let init = init(&project, &[]);
    let text = init.stdout.clone();
    Some((project, text))
}

/// Drafts, and has the drafts run as they are.
#[track_caller]
fn init(project: &Project, arguments: &[&str]) -> Run {
    std::fs::remove_file(project.path("feedmill.toml")).expect("the harness writes one");
    let url = project.database().url();
    let init = project.run(&[&["init", "--source", &url], arguments].concat());
    init.exits(0);
    if project.database().kind() != Kind::Sqlite {
        let password = project.database().server_url().password().expect("the tests' servers ask for one").to_owned();
        init.keeps_secret(&password);
        assert!(!project.read("feedmill.toml").contains(&password), "the password is not written down");
        // As a person does who is told to set a variable.
        project.source_at(&url);
    }
    runs_as_it_is(project, &init);
    init
}

/// The feeds that were drafted, the most important first.
fn feeds(printed: &str) -> Vec<&str> {
    let lines = printed.lines().map(str::trim_start).filter_map(|line| line.strip_prefix("feeds/"));
    lines.filter_map(|line| Some(line.split_once(".toml")?.0)).collect()
}

#[track_caller]
fn first_document(project: &Project, feed: &str) -> serde_json::Value {
    let lines = project.read(&format!("out/{feed}.ndjson"));
    serde_json::from_str(lines.lines().next().expect("a document")).expect("JSON")
}

#[test]
fn chinook() {
    let Some((project, printed)) = drafted(Kind::Sqlite, "chinook/sqlite.sql.gz") else { return };
    assert_eq!(feeds(&printed), ["track", "invoice", "customer", "album", "artist", "playlist", "employee"]);
    let invoice = first_document(&project, "invoice");
    assert_eq!(invoice["Customer"]["LastName"], "Köhler");
    assert_eq!(invoice["InvoiceLine"][0]["TrackId"], 2);
    // Hundreds of tracks in a playlist are only suggested.
    assert!(project.read("feeds/playlist.toml").contains("# Track = { many = \"PlaylistTrack\""));
}

#[test]
fn sakila() {
    let Some((project, printed)) = drafted(Kind::Sqlite, "sakila/sakila.sqlite.gz") else { return };
    assert_eq!(feeds(&printed)[..3], ["film", "customer", "category"]);
    let film = first_document(&project, "film");
    assert_eq!((&film["language"]["name"], &film["original_language"]), (&"English".into(), &serde_json::Value::Null));
    assert_eq!(film["actor"].as_array().map(Vec::len), Some(10));
    assert_eq!(film["category"][0]["name"], "Documentary");
    let staff = project.read("out/staff.ndjson");
    assert!(!staff.contains("password") && !staff.contains("picture"), "{staff}");
}

#[test]
fn oscommerce() {
    // Nothing is declared in it.
    let Some((project, printed)) = drafted(Kind::Sqlite, "oscommerce/oscommerce.sqlite.gz") else { return };
    assert_eq!(feeds(&printed)[0], "products");
    let product = first_document(&project, "products");
    assert_eq!(product["products_description"][0]["language_id"], 1);
    assert!(product["categories"][0]["categories_id"].is_number(), "{product}");
    assert!(printed.contains("products_to_categories.categories_id is categories.categories_id"), "{printed}");
}

#[test]
fn magento() {
    let Some((_, printed)) = drafted(Kind::Sqlite, "magento/s0/magento.sqlite.gz") else { return };
    assert_eq!(feeds(&printed)[0], "catalog_product_entity");
    assert_eq!(feeds(&printed).len(), 12, "a database of 166 tables");
    for words in
        ["This is a Magento database", "feeds/magento", "values by attribute (EAV)", "catalog_product_entity_varchar"]
    {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

#[test]
fn samples_on_servers() {
    for (kind, packed, first) in [
        (Kind::Postgres, "chinook/postgres.sql.gz", "track"),
        (Kind::Mariadb, "chinook/mariadb.sql.gz", "track"),
        (Kind::Postgres, "sakila/postgres.sql.gz", "film"),
        (Kind::Mariadb, "sakila/mariadb.sql.gz", "film"),
        (Kind::Mariadb, "oscommerce/mariadb.sql.gz", "products"),
    ] {
        let Some((_, printed)) = drafted(kind, packed) else { return };
        assert_eq!(feeds(&printed)[0], first, "{packed}");
    }
}

#[test]
fn magento_on_servers() {
    for (kind, packed) in [
        (Kind::Mariadb, "magento/s0/mariadb.sql.gz"),
        (Kind::Mariadb, "magento/s1/mariadb.sql.gz"),
        (Kind::Postgres, "magento/s1/postgres.sql.gz"),
    ] {
        let Some((_, printed)) = drafted(kind, packed) else { return };
        assert_eq!(feeds(&printed)[0], "catalog_product_entity", "{packed}");
    }
}

#[test]
fn other_databases_of_the_server_are_not_drafted() {
    let (shop, other) = (Project::on(Kind::Mariadb), Project::on(Kind::Mariadb));
    for project in [&shop, &other] {
        project.sql(
            "CREATE TABLE product (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO product VALUES (1, 'Anvil')",
        );
    }
    let printed = init(&shop, &[]).stdout.clone();
    assert_eq!(feeds(&printed), ["product"], "{printed}");
    let name = other.database().server_url().path().trim_start_matches('/').to_owned();
    assert!(!printed.contains(&name), "{printed}");
}
