//! Small tables that feedmill holds and looks up by itself: the documents are those that the database gives.

use super::{Documents, Shop, build, feed};
use crate::document::EntityBatch;
use crate::entity::EntityKey;
use crate::plan::{Extent, Plan};

const SHOP: &str = "
    CREATE TABLE product (id INTEGER PRIMARY KEY, brand_id INTEGER, tax TEXT);
    CREATE TABLE label (product_id INTEGER, store TEXT, lang_id INTEGER, text TEXT, PRIMARY KEY (product_id, store));
    CREATE TABLE store (code TEXT PRIMARY KEY, name TEXT, active INTEGER, site_id INTEGER);
    CREATE TABLE site (id INTEGER PRIMARY KEY, host TEXT, opened TIMESTAMP);
    CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE tax (code TEXT COLLATE NOCASE PRIMARY KEY, rate REAL);
    INSERT INTO product VALUES (1, 1, 'full'), (2, 9, 'none'), (3, NULL, 'FULL');
    INSERT INTO site VALUES (1, 'a.example', '2024-01-02 03:04:05'), (2, 'b\"example', NULL);
    INSERT INTO store VALUES ('de', 'Laden', 1, 1), ('en', 'Shop', 1, 2), ('fr', 'Boutique', 0, NULL);
    INSERT INTO brand VALUES (1, 'Acme');
    INSERT INTO tax VALUES ('full', 0.19);
    INSERT INTO label VALUES (1, 'de', 1, 'eins'), (1, 'en', 2, 'one'), (1, 'fr', 1, 'un'), (1, 'xx', 1, '?'),
      (2, 'fr', 1, 'deux'), (2, 'EN', 1, 'two');";

fn labels(join: &str, more: &str) -> String {
    feed(&format!(
        "[fields]\nid = \"id\"\n[fields.labels]\nmany = \"label\"\nas = \"l\"\non = {{ product_id = \"id\" }}\n\
         join = [{join}]\n{more}\n"
    ))
}

#[test]
fn documents_are_those_of_the_databases_join() {
    let site = r#", { table = "site", optional = true, on = { id = "store.site_id" } }"#;
    let fields = r#"fields = { text = "l.text", code = "store.code", store = "store.name", site = "site.id", host = "site.host", opened = "site.opened" }"#;
    let store = r#"{ table = "store", on = { code = "l.store" } }"#;
    let inner = "{\"text\":\"eins\",\"code\":\"de\",\"store\":\"Laden\",\"site\":1,\"host\":\"a.example\",\"opened\":\"2024-01-02T03:04:05Z\"}";
    let other =
        "{\"text\":\"one\",\"code\":\"en\",\"store\":\"Shop\",\"site\":2,\"host\":\"b\\\"example\",\"opened\":null}";
    let none = "\"code\":\"fr\",\"store\":\"Boutique\",\"site\":null,\"host\":null,\"opened\":null}";
    let shop = Shop::new(SHOP);
    let by_site = labels(&format!("{store}{site}"), fields);
    assert_eq!(shop.plan(&by_site).held_tables(), 2);
    assert_eq!(
        shop.build(&by_site).text(),
        format!(
            "{{\"id\":1,\"labels\":[{inner},{other},{{\"text\":\"un\",{none}]}}\n\
             {{\"id\":2,\"labels\":[{{\"text\":\"deux\",{none}]}}\n{{\"id\":3,\"labels\":[]}}\n"
        )
    );
}

#[test]
fn conditions_belong_to_the_join_or_keep_it_in_the_statement() {
    let shop = Shop::new(SHOP);
    let join = |optional: &str, sql: &str| {
        format!(r#"{{ table = "store", on = {{ code = "l.store" }}, optional = {optional}, where_sql = "{sql}" }}"#)
    };
    let value = r#"value = { expr = "coalesce(store.name, '-')" }"#;
    let active = [r#"["Laden","Shop"]"#, "[]", "[]"];
    let optional = [r#"["Laden","Shop","-","-"]"#, r#"["-","-"]"#, "[]"];
    for (feed, tables, expected) in [
        (labels(&join("false", "store.active = 1"), value), 1, active),
        (labels(&join("false", "active = 1"), value), 1, active),
        (labels(&join("true", "active = 1"), value), 1, optional),
        // Of another table too: the database's.
        (labels(&join("false", "active = l.lang_id"), value), 0, [r#"["Laden"]"#, "[]", "[]"]),
        // SQLite would take the name for a text where the table is alone.
        (labels(&join("false", "\\\"active\\\" = 1"), value), 0, active),
        // The condition of the whole level speaks of it.
        (labels(&join("false", "1"), &format!("{value}\nwhere_sql = \"active = 1\"")), 0, active),
    ] {
        assert_eq!(shop.plan(&feed).held_tables(), tables, "{feed}");
        let lines: String =
            (1..).zip(expected).map(|(id, labels)| format!("{{\"id\":{id},\"labels\":{labels}}}\n")).collect();
        assert_eq!(shop.build(&feed).text(), lines, "{feed}");
    }
}

#[test]
fn only_what_is_certainly_equal_is_held() {
    let shop = Shop::new(SHOP);
    let with = |join: &str, value: &str| {
        feed(&format!(
            "[entity]\ntable = \"product\"\nkey = \"id\"\njoin = [{join}]\n[fields]\nid = \"id\"\nvalue = \"{value}\"\n"
        ))
    };
    for (feed, tables, expected) in [
        (
            with(r#"{ table = "brand", optional = true, on = { id = "brand_id" } }"#, "brand.name"),
            1,
            ["\"Acme\"", "null", "null"].as_slice(),
        ),
        // An item must not come and go with what was held before it.
        (with(r#"{ table = "brand", on = { id = "brand_id" } }"#, "brand.name"), 0, &["\"Acme\""]),
        // Equal without regard to case.
        (
            with(r#"{ table = "tax", optional = true, on = { code = "tax" } }"#, "tax.rate"),
            0,
            &["0.19", "null", "0.19"],
        ),
    ] {
        assert_eq!(shop.plan(&feed).held_tables(), tables, "{feed}");
        let lines: String =
            (1..).zip(expected).map(|(id, value)| format!("{{\"id\":{id},\"value\":{value}}}\n")).collect();
        assert_eq!(shop.build(&feed).text(), lines, "{feed}");
    }
    // Two rows of one key are two elements.
    let twice = labels(r#"{ table = "store", as = "same", on = { site_id = "lang_id" } }"#, r#"value = "same.code""#);
    shop.run("INSERT INTO store VALUES ('at', 'Geschäft', 1, 1)");
    assert_eq!(shop.plan(&twice).held_tables(), 0);
    assert!(shop.build(&twice).text().starts_with(r#"{"id":1,"labels":["at","de","en","at","de","at","de"]}"#));
}

/// A table to look up values in is a relation of its own.
#[test]
fn relations_to_what_is_held_are_those_of_the_database() {
    let shop = Shop::new(SHOP);
    let fields = |fields: &str| feed(&format!("[fields]\nid = \"id\"\n{fields}\n"));
    let brand = r#"{ one = "brand", on = { id = "brand_id" }, fields = { id = "id", name = "name" } }"#;
    let store =
        r#"{ one = "store", on = { code = "label.store" }, fields = { name = "name", code = "code" MORE } MORE_ROWS }"#;
    let labels = |more: &str, more_rows: &str| {
        let store = store.replace("MORE_ROWS", more_rows).replace("MORE", more);
        fields(&format!(
            "labels = {{ many = \"label\", on = {{ product_id = \"id\" }}, fields = {{ lang = \"lang_id\", store = {store} }} }}"
        ))
    };
    let site = r#", host = { one = "site", on = { id = "store.site_id" }, value = "host" }"#;
    let own = r#", lang = "label.lang_id""#;
    for (feed, tables, expected) in [
        (
            fields(&format!("brand = {brand}")),
            1,
            [r#""brand":{"id":1,"name":"Acme"}"#, r#""brand":null"#, r#""brand":null"#],
        ),
        (
            labels(site, ""),
            2,
            [
                "\"labels\":[{\"lang\":1,\"store\":{\"name\":\"Laden\",\"code\":\"de\",\"host\":\"a.example\"}},\
                 {\"lang\":2,\"store\":{\"name\":\"Shop\",\"code\":\"en\",\"host\":\"b\\\"example\"}},\
                 {\"lang\":1,\"store\":{\"name\":\"Boutique\",\"code\":\"fr\",\"host\":null}},{\"lang\":1,\"store\":null}]",
                "\"labels\":[{\"lang\":1,\"store\":null},\
                 {\"lang\":1,\"store\":{\"name\":\"Boutique\",\"code\":\"fr\",\"host\":null}}]",
                "\"labels\":[]",
            ],
        ),
        // Values of the row around it are no part of what is held.
        (
            labels(own, ", where_sql = \"active = 1\""),
            1,
            [
                "\"labels\":[{\"lang\":1,\"store\":{\"name\":\"Laden\",\"code\":\"de\",\"lang\":1}},\
                 {\"lang\":2,\"store\":{\"name\":\"Shop\",\"code\":\"en\",\"lang\":2}},{\"lang\":1,\"store\":null},\
                 {\"lang\":1,\"store\":null}]",
                "\"labels\":[{\"lang\":1,\"store\":null},{\"lang\":1,\"store\":null}]",
                "\"labels\":[]",
            ],
        ),
        // A literal is a part of the key.
        (
            fields(
                "other = { many = \"label\", on = { product_id = \"brand_id\", store = { value = \"en\" } }, value = \"text\" }",
            ),
            1,
            [r#""other":["one"]"#, r#""other":[]"#, r#""other":[]"#],
        ),
    ] {
        assert_eq!(shop.plan(&feed).held_tables(), tables, "{feed}");
        let lines: String = (1..).zip(expected).map(|(id, rest)| format!("{{\"id\":{id},{rest}}}\n")).collect();
        assert_eq!(shop.build(&feed).text(), lines, "{feed}");
    }
}

#[test]
fn only_tables_to_look_up_are_held_as_relations() {
    let shop = Shop::new(SHOP);
    shop.run("CREATE VIEW brands AS SELECT * FROM brand");
    for relation in [
        // Several rows of one key: what belongs to a row must be as new as the row.
        r#"many = "label", on = { lang_id = "brand_id" }, value = "text""#,
        // Read in the order of the entities.
        r#"many = "label", on = { product_id = "id" }, value = "text""#,
        // Equal without regard to case.
        r#"one = "tax", on = { code = "tax" }, value = "rate""#,
        r#"one = "brands", on = { id = "brand_id" }, value = "name""#,
        r#"one = "brand", on = { id = "brand_id" }, value = "name", where_sql = 'id <> "x"'"#,
        // A computed value's kind is not known.
        r#"one = "brand", on = { id = "number" }, value = "name""#,
    ] {
        let feed = feed(&format!(
            "[let]\nnumber = {{ expr = \"brand_id + 0\" }}\n[fields]\nid = \"id\"\nvalue = {{ {relation} }}\n"
        ));
        assert_eq!(shop.plan(&feed).held_tables(), 0, "{feed}");
        shop.build(&feed);
    }
}

#[test]
fn a_large_table_is_left_to_the_database() {
    let mut shop = Shop::new(SHOP);
    let by_store = labels(r#"{ table = "store", on = { code = "l.store" } }"#, r#"value = "store.name""#);
    let in_store = labels("", r#"fields.store = { one = "store", on = { code = "l.store" }, value = "name" }"#);
    let add = |stores: usize| {
        shop.run(&format!(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {stores})
             INSERT INTO store SELECT 'code ' || {stores} || '-' || n, 'name', 1, 1 FROM n;"
        ));
    };
    let before = shop.build(&by_store).text();
    add(10_000);
    let held_by = |shop: &Shop| [&by_store, &in_store].map(|feed| shop.plan(feed).held_tables());
    assert_eq!(held_by(&shop), [0, 0]);
    assert_eq!(shop.build(&by_store).text(), before);
    // Where everything is built, it is worth the while.
    shop.extent = Extent::Whole;
    assert_eq!(held_by(&shop), [1, 1]);
    assert_eq!(shop.build(&by_store).text(), before);
}

#[test]
fn a_row_changed_during_the_run_is_seen_by_the_next() {
    let shop = Shop::new(SHOP);
    let by_store = labels(r#"{ table = "store", on = { code = "l.store" } }"#, r#"value = "store.name""#);
    let (plan, mut reader) = (shop.plan(&by_store), shop.reader());
    shop.run("UPDATE store SET name = 'Kiosk' WHERE code = 'de'");
    let mut text = |plan: &Plan| {
        let built = build(plan, reader.as_mut(), &EntityBatch::Listed(vec![EntityKey::Int(1)]));
        Documents { built }.text()
    };
    assert_eq!(text(&plan), "{\"id\":1,\"labels\":[\"Laden\",\"Shop\",\"Boutique\"]}\n");
    assert_eq!(text(&shop.plan(&by_store)), "{\"id\":1,\"labels\":[\"Kiosk\",\"Shop\",\"Boutique\"]}\n");
}
