//! Every kind of broken definition, with the message a person gets: file, place, the text, what would be right.

use crate::harness::Project;
use std::fmt::Write;

const TABLES: &str = "
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT, name TEXT, price DECIMAL(10,2), brand_id INTEGER, created_at DATETIME);
CREATE TABLE brand (id INTEGER PRIMARY KEY, name TEXT, country TEXT);
CREATE TABLE image (id INTEGER PRIMARY KEY, product_id INTEGER, path TEXT, position INTEGER);
CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (a, b));
";

const HEAD: &str = "name = \"products\"\nconsumer = \"search\"\nidentity = [\"sku\"]\nminimal_payload = [\"sku\"]\n";
const ENTITY: &str = "[entity]\ntable = \"product\"\nkey = \"id\"\n";
const FIELDS: &str = "[fields]\nsku = \"sku\"\n";

/// The messages for each of these feed files, one after the other.
#[track_caller]
fn messages(cases: &[(&str, String)]) -> String {
    let project = Project::new();
    project.config("[consumers.search]\nurl = \"http://127.0.0.1:9/items\"\n");
    project.sql(TABLES);
    let (mut all, mut accepted) = (String::new(), Vec::new());
    for (what, feed) in cases {
        project.feed("products", feed);
        let run = project.run_text(&["check"]);
        if run.code != Some(2) {
            accepted.push(*what);
        }
        writeln!(all, "### {what}\n{}{}", run.stdout, run.stderr).expect("a String takes all");
    }
    assert!(accepted.is_empty(), "not refused: {accepted:?}");
    all.replace(&format!("{}/", project.folder().display()), "")
}

/// A good feed with more fields.
fn with_fields(lines: &str) -> String {
    format!("{HEAD}\n{ENTITY}\n{FIELDS}{lines}\n")
}

fn fields(cases: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    cases.iter().map(|(what, lines)| (*what, with_fields(lines))).collect()
}

fn heads(cases: &[(&'static str, &str, &str)]) -> Vec<(&'static str, String)> {
    let good = with_fields("");
    let case = |(what, from, to): &(&'static str, &str, &str)| {
        assert!(good.contains(from), "{from:?} is not in the feed");
        (*what, good.replacen(from, to, 1))
    };
    cases.iter().map(case).collect()
}

#[test]
fn of_the_head() {
    let cases = heads(&[
        ("unknown key", "minimal_payload", "minimal_paylaod"),
        ("name is not the file's", "\"products\"", "\"product\""),
        ("name is no name", "\"products\"", "\"Products!\""),
        ("unknown consumer", "\"search\"", "\"serach\""),
        ("no consumer", "consumer = \"search\"\n", ""),
        ("no identity", "identity = [\"sku\"]\n", ""),
        ("empty identity", "identity = [\"sku\"]", "identity = []"),
        ("identity is no field", "identity = [\"sku\"]", "identity = [\"skuu\"]"),
        ("identity is no list", "identity = [\"sku\"]", "identity = \"sku\""),
        ("identity outside the minimal payload", "minimal_payload = [\"sku\"]", "minimal_payload = []"),
        ("minimal payload is no field", "minimal_payload = [\"sku\"]", "minimal_payload = [\"sku\", \"nmae\"]"),
        ("threads out of range", "[entity]", "thread_count = 0\n[entity]"),
        ("batch size out of range", "[entity]", "batch_size = -1\n[entity]"),
        ("percent out of range", "[entity]", "max_delete_percent = 101\n[entity]"),
        ("a text for a flag", "[entity]", "entities_removable = \"yes\"\n[entity]"),
        ("hash exclusion names no field", "[entity]", "exclude_from_hash = [\"modfiedAt\"]\n[entity]"),
        ("unknown table of the file", "[entity]", "[entty]\nx = 1\n[entity]"),
    ]);
    insta::assert_snapshot!("head", messages(&cases));
}

#[test]
fn of_the_entity() {
    let cases = heads(&[
        ("no entity", "[entity]\ntable = \"product\"\nkey = \"id\"\n", ""),
        ("unknown table", "\"product\"\nkey", "\"produkt\"\nkey"),
        ("unknown key column", "key = \"id\"", "key = \"idd\""),
        ("no key", "key = \"id\"\n", ""),
        ("unknown key", "key = \"id\"", "key = \"id\"\nwhere = \"id > 1\""),
        ("where that is no SQL", "key = \"id\"", "key = \"id\"\nwhere_sql = \"product.id >\""),
        ("where of an unknown column", "key = \"id\"", "key = \"id\"\nwhere_sql = \"product.idd > 1\""),
        (
            "join of an unknown table",
            "key = \"id\"",
            "key = \"id\"\njoin = [{ table = \"brandd\", on = { id = \"brand_id\" } }]",
        ),
        (
            "join on an unknown left column",
            "key = \"id\"",
            "key = \"id\"\njoin = [{ table = \"brand\", on = { idd = \"brand_id\" } }]",
        ),
        (
            "join on an unknown right column",
            "key = \"id\"",
            "key = \"id\"\njoin = [{ table = \"brand\", on = { id = \"brnd_id\" } }]",
        ),
        (
            "table twice without a name",
            "key = \"id\"",
            "key = \"id\"\njoin = [{ table = \"brand\", on = { id = \"brand_id\" } }, { table = \"brand\", on = { id = \"brand_id\" } }]",
        ),
        ("no table", "table = \"product\"\n", ""),
        ("no fields", "[fields]\nsku = \"sku\"\n", "[fields]\n"),
    ]);
    insta::assert_snapshot!("entity", messages(&cases));
}

#[test]
fn of_fields() {
    let cases = fields(&[
        ("unknown column", "name = \"nmae\""),
        ("unknown alias", "name = \"brnd.name\""),
        ("unknown key of a field", "name = { colum = \"name\" }"),
        ("a field without a value", "name = {}"),
        ("a field that is a number", "name = 3"),
        ("column and value", "name = { column = \"name\", value = \"x\" }"),
        ("one and many", "name = { one = \"brand\", many = \"image\", on = { id = \"brand_id\" }, value = \"name\" }"),
        ("unknown type", "price = { column = \"price\", type = \"money\" }"),
        ("unknown encoding", "name = { column = \"name\", encode = \"rot13\" }"),
        ("unknown mask", "name = { column = \"name\", mask = \"blur\" }"),
        ("hmac without a key", "name = { column = \"name\", mask = \"hmac\" }"),
        ("round on a text", "name = { column = \"name\", type = \"string\", round = 2 }"),
        ("format without a date", "name = { column = \"name\", type = \"integer\", format = \"%Y\" }"),
        ("format that is none", "at = { column = \"created_at\", type = \"datetime\", format = \"%\" }"),
        ("map to a list", "name = { column = \"name\", map = { a = [1] } }"),
        ("the same name twice", "name = \"name\"\nname = \"sku\""),
        ("a let of the same name", "name = \"name\"\n[let]\nname = { value = 1 }"),
    ]);
    insta::assert_snapshot!("fields", messages(&cases));
}

#[test]
fn of_expressions_and_templates() {
    let cases = fields(&[
        ("expression that is no SQL", "x = { expr = \"price * \" }"),
        ("unknown name", "x = { expr = \"prise * 2\" }"),
        ("unknown function", "x = { expr = \"sqrt(price)\" }"),
        ("wrong number of arguments", "x = { expr = \"replace(name, 'a')\" }"),
        ("a subquery", "x = { expr = \"(select 1)\" }"),
        ("an aggregate", "x = { expr = \"sum(price)\" }"),
        ("two statements", "x = { expr = \"1; drop table product\" }"),
        ("expressions in a circle", "x = { expr = \"y + 1\" }\ny = { expr = \"x + 1\" }"),
        ("templates in a circle", "x = { template = \"{y}\" }\ny = { template = \"{x}\" }"),
        ("an open brace", "x = { template = \"{name\" }"),
        ("an unknown part", "x = { template = \"{nmae}\" }"),
        ("an empty part", "x = { template = \"{}\" }"),
        (
            "a part that is an array",
            "x = { template = \"{images}\" }\nimages = { many = \"image\", on = { product_id = \"id\" }, value = \"path\" }",
        ),
        ("when that is no expression", "x = { when = \"name is\", value = 1 }"),
    ]);
    insta::assert_snapshot!("expressions", messages(&cases));
}

#[test]
fn of_relations() {
    let cases = fields(&[
        ("unknown table", "x = { many = \"imgae\", on = { product_id = \"id\" }, value = \"path\" }"),
        ("no on", "x = { one = \"brand\", value = \"name\" }"),
        ("unknown left column", "x = { many = \"image\", on = { produkt_id = \"id\" }, value = \"path\" }"),
        ("unknown right column", "x = { many = \"image\", on = { product_id = \"idd\" }, value = \"path\" }"),
        ("unknown column of a value", "x = { many = \"image\", on = { product_id = \"id\" }, value = \"file\" }"),
        (
            "unknown column of a field",
            "x = { many = \"image\", on = { product_id = \"id\" }, fields = { p = \"file\" } }",
        ),
        (
            "fields and value",
            "x = { many = \"image\", on = { product_id = \"id\" }, value = \"path\", fields = { p = \"path\" } }",
        ),
        ("neither fields nor value", "x = { many = \"image\", on = { product_id = \"id\" } }"),
        (
            "unknown order",
            "x = { many = \"image\", on = { product_id = \"id\" }, order_by = [\"positon\"], value = \"path\" }",
        ),
        (
            "keep that is no expression",
            "x = { many = \"image\", on = { product_id = \"id\" }, keep = \"path <\", value = \"path\" }",
        ),
        (
            "unknown empty",
            "x = { many = \"image\", on = { product_id = \"id\" }, empty = \"nothing\", value = \"path\" }",
        ),
        ("empty of a one", "x = { one = \"brand\", on = { id = \"brand_id\" }, empty = \"null\", value = \"name\" }"),
        (
            "keys outside IN",
            "x = { one = { sql = \"SELECT id, name FROM brand WHERE id = :keys\" }, on = { id = \"brand_id\" }, value = \"name\" }",
        ),
        (
            "query that is no SQL",
            "x = { one = { sql = \"SELEC id FROM brand WHERE id IN (:keys)\" }, on = { id = \"brand_id\" }, value = \"id\" }",
        ),
        ("identity inside an array", "x = { many = \"image\", on = { product_id = \"id\" }, vlaue = \"path\" }"),
    ]);
    insta::assert_snapshot!("relations", messages(&cases));
}

#[test]
fn of_toml() {
    let good = with_fields("");
    let cases = [
        ("no TOML", "name = \n".to_owned()),
        ("a quote that stays open", good.replace("key = \"id\"", "key = \"id")),
        ("the same table twice", format!("{good}[entity]\ntable = \"product\"\n")),
        ("empty", String::new()),
    ];
    insta::assert_snapshot!("toml", messages(&cases));
}

#[test]
fn all_at_once() {
    let feed = with_fields(
        "name = \"nmae\"\nprice = { column = \"price\", type = \"money\" }\nbrand = { one = \"brnd\", on = { id = \"brand_id\" }, value = \"name\" }\nx = { expr = \"prise\" }",
    );
    insta::assert_snapshot!("all_at_once", messages(&[("four problems", feed)]));
}
