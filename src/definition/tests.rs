//! Definitions read whole: the language's example, and what the smaller pieces together promise.

use proptest::prelude::*;

use super::feed::*;
use super::problem::{Located, SourceFile};
use super::{Draft, draft, parse};

/// Every construct of the language's core.
pub(super) const EXAMPLE: &str = include_str!("../../feeds/example/products.toml");

fn example() -> FeedDefinition {
    parse(SourceFile::new("feeds/products.toml", EXAMPLE)).unwrap_or_else(|problems| panic!("{problems}"))
}

fn field<'f>(fields: &'f [Field], name: &str) -> &'f Field {
    fields.iter().find(|field| field.name.value == name).unwrap_or_else(|| panic!("no field {name}"))
}

fn scalar(field: &Field) -> &ScalarField {
    match &field.value {
        FieldValue::Scalar(scalar) => scalar,
        other => panic!("{other:?}"),
    }
}

fn relation(field: &Field) -> &Relation {
    match &field.value {
        FieldValue::Relation(relation) => relation,
        other => panic!("{other:?}"),
    }
}

fn names(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.name.value.as_str()).collect()
}

fn paths(paths: &[Located<DocumentPath>]) -> Vec<String> {
    paths.iter().map(|path| path.value.0.join(".")).collect()
}

#[test]
fn the_example_of_the_language_loads_as_written() {
    let feed = example();
    assert_eq!(feed.name, "products");
    assert_eq!(feed.consumer.value, "search");
    assert_eq!(paths(&feed.identity), ["sku", "storeViewCode"]);
    assert_eq!(paths(&feed.minimal_payload), ["sku", "storeViewCode"]);
    assert!(feed.entities_removable && !feed.persist_exported_feed);
    assert_eq!((feed.thread_count, feed.batch_size, feed.max_deletes), (Some(4), Some(200), None));
    let expected = "productId sku storeViewCode taxClass weight status visible gross label url uid contactEmail currency \
                    createdAt extra size brand images categories options rating";
    assert_eq!(names(&feed.fields).join(" "), expected);
    assert_eq!(names(&feed.lets), ["base"]);
    assert!(feed.lets[0].hidden);

    let aliases: Vec<&str> = feed.entity.rows.joins.iter().map(|join| join.table.alias.value.as_str()).collect();
    assert_eq!(aliases, ["product_website", "store", "tax_class"]);
    assert!(feed.entity.rows.joins[2].optional);

    let status = scalar(field(&feed.fields, "status"));
    assert_eq!(status.map.as_ref().map(Vec::len), Some(2));
    assert!(matches!(&status.default, Some(Default::Literal(Scalar::Text(text))) if text == "unknown"));

    let images = relation(field(&feed.fields, "images"));
    assert_eq!(images.cardinality, Cardinality::Many { empty_null: false });
    assert_eq!(images.rows.table.alias.value, "img");
    assert!(images.keep.is_some());
    assert!(images.order_by[1].value.descending);

    assert!(matches!(relation(field(&feed.fields, "categories")).element, Element::Value(_)));
    let Element::Object(options) = &relation(field(&feed.fields, "options")).element else { panic!() };
    assert_eq!(names(options), ["title", "values"]);

    let rating = relation(field(&feed.fields, "rating"));
    assert_eq!(rating.rows.table.alias.value, "rating");
    assert!(matches!(rating.rows.table.source, TableSource::Query(_)));
    assert_eq!(rating.rows.table.watch[0].table.value, "review");
}

/// A feed with these fields and nothing special around them.
fn with_fields(fields: &str) -> FeedDefinition {
    let text = format!(
        "name = \"f\"\nconsumer = \"c\"\nidentity = [\"id\"]\n[entity]\ntable = \"shop.t\"\nkey = \"id\"\n\
         [fields]\nid = \"id\"\n{fields}"
    );
    parse(SourceFile::new("f.toml", text)).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn defaults_of_the_feed_reach_its_fields() {
    let text = "name = 'f'\nconsumer = 'c'\nidentity = ['id']\nomit_null = true\nempty = 'null'\n\
                entity = { table = 't', key = 'id' }\n[fields]\nid = 'id'\nkept = { column = 'k', omit_null = false }\n\
                updatedAt = 'u'\n\
                a = { many = 'x', on = { t = 'id' }, value = 'v' }\nb = { many = 'x', on = { t = 'id' }, value = 'v', empty = '[]' }\n";
    let feed = parse(SourceFile::new("f.toml", text)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(paths(&feed.minimal_payload), ["id"]);
    assert_eq!(paths(&feed.exclude_from_hash), ["updatedAt"]);
    assert!(field(&feed.fields, "id").omit_null && !field(&feed.fields, "kept").omit_null);
    assert_eq!(relation(field(&feed.fields, "a")).cardinality, Cardinality::Many { empty_null: true });
    assert_eq!(relation(field(&feed.fields, "b")).cardinality, Cardinality::Many { empty_null: false });
}

#[test]
fn tables_without_as_are_named_without_their_schema() {
    let feed = with_fields("a = 't.x'\nb = { one = 'other.u', on = { t = 't.id' }, value = 'u.v' }");
    assert_eq!(feed.entity.rows.table.alias.value, "t");
    assert_eq!(relation(field(&feed.fields, "b")).rows.table.alias.value, "u");
}

#[test]
fn keys_of_the_document_may_be_any_text() {
    let feed = with_fields("\"a b\" = 'x'\n'ü.1' = 'y'\n\"\" = 'z'\n");
    assert_eq!(names(&feed.fields), ["id", "a b", "ü.1", ""]);
    let text = EXAMPLE
        .replace("minimal_payload   = [", "minimal_payload = [\"a.b\", ")
        .replace("sku           = \"sku\"", "sku = \"sku\"\n'a.b' = 'x'");
    let feed = parse(SourceFile::new("products.toml", text)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(feed.minimal_payload[0].value.0, ["a.b"]);
}

#[test]
fn paths_cross_objects_and_one_and_for_the_hash_arrays_too() {
    let text = EXAMPLE
        .replace("identity = [", "identity = [\"brand.name\", \"size.width\", ")
        .replace("minimal_payload   = [", "minimal_payload = [\"brand\", \"size.width\", ")
        .replace("[\"modifiedAt\", \"updatedAt\"]", "[\"images.label\", \"options.values.price\", \"rating\"]");
    let feed = parse(SourceFile::new("products.toml", text)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(paths(&feed.identity)[..2], ["brand.name", "size.width"]);
    assert_eq!(paths(&feed.exclude_from_hash), ["images.label", "options.values.price", "rating"]);
}

#[test]
fn a_column_and_a_field_may_share_a_name_where_it_is_clear_which_is_meant() {
    // The plain string is always a column; the expression names the other field; an inner level starts anew.
    let feed = with_fields(
        "price = 'price'\nnet = { expr = 't.net + price' }\n\
         inner = { many = 'u', on = { t = 'id' }, fields = { net = 'net', x = { expr = 'net + 1' }, inner = { expr = \"net || ''\" } } }\n\
         size = { when = 'price > 0', fields = { price = 'price' } }",
    );
    assert_eq!(names(&feed.fields), ["id", "price", "net", "inner", "size"]);
}

#[test]
fn the_default_of_a_one_with_a_value_stands_beside_it_or_in_it() {
    for text in [
        "b = { one = 'u', on = { t = 'id' }, value = 'v', default = 'none' }",
        "b = { one = 'u', on = { t = 'id' }, value = { column = 'v', default = 'none' } }",
    ] {
        let feed = with_fields(text);
        let Element::Value(value) = &relation(field(&feed.fields, "b")).element else { panic!() };
        assert!(matches!(&scalar(value).default, Some(Default::Literal(Scalar::Text(text))) if text == "none"));
    }
}

#[test]
fn arrays_of_every_kind() {
    let feed = with_fields(
        "cut = { split = 't.x', by = ',', type = 'int' }\ntaken = { from = 'all', value = 'n', empty = 'null' }\n\
         few = { list = [{ value = 1 }, 'x', { fields = { a = 'a' } }], encode = 'json' }\n\
         [[fields.all]]\nhidden = true\nempty = 'null'\nwhen = 'x = 1'\nmany = { sql = 'SELECT 1 AS t' }\non = { t = 'id' }\nfields = { n = 'all.n' }\n\
         [[fields.all]]\nkeep = 'l > n'\nlet = { l = 'x' }\nfields = { n = { expr = 't.n' } }\n",
    );
    let array = |name: &str| match &field(&feed.fields, name).value {
        FieldValue::Array(array) => array,
        other => panic!("{other:?}"),
    };
    let Elements::Split(split) = &array("cut").elements else { panic!() };
    assert_eq!((split.text.value.0.join("."), split.by.as_str()), ("t.x".to_owned(), ","));
    assert_eq!(split.piece.value_type.as_ref().map(|value_type| value_type.value), Some(ValueType::Int));
    assert!(array("taken").empty_null && !array("cut").empty_null);

    let Elements::List(list) = &array("few").elements else { panic!() };
    assert!(matches!(list[2].value, FieldValue::Object(_)));
    assert!(field(&feed.fields, "few").json && field(&feed.fields, "few").composite().is_none());

    let all = field(&feed.fields, "all");
    assert!(all.hidden && all.when.is_none() && array("all").empty_null);
    let Elements::Parts(parts) = &array("all").elements else { panic!() };
    assert_eq!(relation(&parts[0]).rows.table.alias.value, "all");
    assert!(parts[0].when.is_some());
    let FieldValue::Object(object) = &parts[1].value else { panic!() };
    assert!(object.keep.is_some() && object.lets[0].hidden);
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("products.toml");
    let windows = format!("\u{FEFF}{}", EXAMPLE.replace('\n', "\r\n"));
    std::fs::write(&path, windows).expect("written");
    let feed = super::load(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(feed.fingerprint, example().fingerprint);
}

#[test]
fn a_folder_is_read_by_name_and_one_bad_file_spoils_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("products.toml"), EXAMPLE).expect("written");
    std::fs::write(folder.path().join("bad.toml"), "name = 1").expect("written");
    std::fs::write(folder.path().join(".products.toml.swp.toml"), "?").expect("written");
    std::fs::write(folder.path().join("readme.md"), "?").expect("written");
    let loaded = super::load_dir(folder.path()).expect("a folder");
    let names: Vec<_> = loaded.iter().map(|(path, feed)| (path.file_name(), feed.is_ok())).collect();
    assert_eq!(names, [(Some("bad.toml".as_ref()), false), (Some("products.toml".as_ref()), true)]);
    assert!(super::load_dir(&folder.path().join("none")).is_err());
}

#[test]
fn a_draft_keeps_what_made_sense() {
    let text = EXAMPLE
        .replace("batch_size   = 200", "batch_size = 0")
        .replace("expr = \"round(price * 1.19, 2)\"", "expr = \"1 +\"");
    let Draft { definition, problems, .. } = draft(SourceFile::new("products.toml", text));
    assert_eq!(problems.len(), 2);
    assert_eq!(definition.map(|definition| definition.fields.len()), Some(example().fields.len()));
}

/// A file as an author may leave it: the example with a piece cut out, doubled, or replaced.
fn damaged() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "",
        "\"",
        "'",
        "\"\"\"",
        "{",
        "}",
        "[",
        "]",
        "=",
        ".",
        ",",
        "\n",
        "\r",
        "\t",
        "#",
        "1",
        "é",
        "日",
        "\u{1b}",
        "\u{202e}",
        "\0",
        "fields",
        "one = \"x\"\n",
        "[fields]\n",
        "[[fields.x]]\n",
        "value = ",
        "on = { }",
        ":keys",
        "a.b.c",
    ]);
    prop::collection::vec((0..EXAMPLE.len(), 0usize..30, pieces), 1..4).prop_map(|edits| {
        let mut text = EXAMPLE.to_owned();
        for (start, length, piece) in edits {
            let boundary = |at: usize| (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at));
            if let (Some(start), Some(end)) = (boundary(start), boundary(start + length)) {
                text.replace_range(start..end, piece);
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a file holds: it is read without a panic, its problems lie within it, and they can be shown.
    #[test]
    fn no_file_is_beyond_words(text in damaged()) {
        if let Err(problems) = parse(SourceFile::new("products.toml", text)) {
            prop_assert!(!problems.list.is_empty());
            for problem in &problems.list {
                prop_assert!(problem.span.start <= problem.span.end && problem.span.end <= problems.file.text.len());
                prop_assert!(problems.file.text.is_char_boundary(problem.span.start));
            }
            let shown = problems.to_string();
            let steering = shown.contains(['\u{1b}', '\0']);
            prop_assert!(!steering, "control characters are shown");
            prop_assert!(super::render::render(&problems, true).contains("error"));
        }
    }
}
