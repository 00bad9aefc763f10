//! Small tables that feedmill holds and joins by itself: the documents are those that the database's join gives.

use super::{Documents, Shop, build, feed};
use crate::document::EntityBatch;
use crate::entity::EntityKey;
use crate::plan::Plan;

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

/// How many tables the entity's level and those below it hold.
fn held(plan: &Plan) -> usize {
    let children = plan.root.children.iter();
    plan.root.held.len() + children.map(|child| child.level.held.len()).sum::<usize>()
}

fn labels(join: &str, more: &str) -> String {
    feed(&format!(
        "[fields]\nid = \"id\"\n[fields.labels]\nmany = \"label\"\nas = \"l\"\non = {{ product_id = \"id\" }}\n\
         join = [{join}]\n{more}\n"
    ))
}

#[test]
fn documents_are_those_of_the_databases_join() {
    let site = r#", { table = "site", optional = true, on = { id = "store.site_id" } }"#;
    let fields = r#"fields = { text = "l.text", store = "store.name", host = "site.host", opened = "site.opened" }"#;
    let store = r#"{ table = "store", on = { code = "l.store" } }"#;
    let inner = "{\"text\":\"eins\",\"store\":\"Laden\",\"host\":\"a.example\",\"opened\":\"2024-01-02T03:04:05Z\"}";
    let other = "{\"text\":\"one\",\"store\":\"Shop\",\"host\":\"b\\\"example\",\"opened\":null}";
    let none = "\"store\":\"Boutique\",\"host\":null,\"opened\":null}";
    let shop = Shop::new(SHOP);
    let by_site = labels(&format!("{store}{site}"), fields);
    assert_eq!(held(&shop.plan(&by_site)), 2);
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
        assert_eq!(held(&shop.plan(&feed)), tables, "{feed}");
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
        assert_eq!(held(&shop.plan(&feed)), tables, "{feed}");
        let lines: String =
            (1..).zip(expected).map(|(id, value)| format!("{{\"id\":{id},\"value\":{value}}}\n")).collect();
        assert_eq!(shop.build(&feed).text(), lines, "{feed}");
    }
    // Two rows of one key are two elements.
    let twice = labels(r#"{ table = "store", as = "same", on = { site_id = "lang_id" } }"#, r#"value = "same.code""#);
    shop.run("INSERT INTO store VALUES ('at', 'Geschäft', 1, 1)");
    assert_eq!(held(&shop.plan(&twice)), 0);
    assert!(shop.build(&twice).text().starts_with(r#"{"id":1,"labels":["at","de","en","at","de","at","de"]}"#));
}

#[test]
fn a_large_table_is_left_to_the_database() {
    let shop = Shop::new(SHOP);
    let by_store = labels(r#"{ table = "store", on = { code = "l.store" } }"#, r#"value = "store.name""#);
    let before = shop.build(&by_store).text();
    shop.run(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
         INSERT INTO store SELECT 'code ' || n, 'name', 1, 1 FROM n;",
    );
    assert_eq!(held(&shop.plan(&by_store)), 0);
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
