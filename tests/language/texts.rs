//! Templates and encodings.

use super::fields_of;

const THING: &str =
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, sku TEXT, price DECIMAL(9,2), active BOOLEAN, empty TEXT);
                     INSERT INTO thing VALUES (1, 'a b', 1.50, 1, NULL)";

#[test]
fn parts_are_written_as_canonical_text() {
    let fields = "text = { template = \"{sku}/{price}/{active}/{id}/{thing.sku}\" }";
    assert_eq!(fields_of(THING, fields), r#"{"text":"a b/1.5/true/1/a b"}"#);
}

#[test]
fn a_null_part_makes_it_null() {
    let fields = "text = { template = \"x{empty}\" }\nother = { template = \"x{empty}\", default = \"none\" }";
    assert_eq!(fields_of(THING, fields), r#"{"text":null,"other":"none"}"#);
}

#[test]
fn a_doubled_brace_is_a_brace() {
    assert_eq!(fields_of(THING, "text = { template = \"{{{sku}\" }"), r#"{"text":"{a b"}"#);
}

#[test]
fn fields_are_meant_before_columns_and_in_any_order() {
    let fields = "text = { template = \"{sku}-{later}\" }\nsku = { value = \"field\" }\nlater = { expr = \"id + 1\" }";
    assert_eq!(fields_of(THING, fields), r#"{"text":"field-2","sku":"field","later":2}"#);
}

#[test]
fn encodings() {
    let fields = "md5 = { value = \"abc\", encode = \"md5\" }\nsha1 = { value = \"abc\", encode = \"sha1\" }
sha256 = { value = \"abc\", encode = \"sha256\" }\nblake3 = { value = \"abc\", encode = \"blake3\" }
base64 = { template = \"{sku}\", encode = \"base64\" }\nnone = { column = \"empty\", encode = \"md5\" }";
    assert_eq!(
        fields_of(THING, fields),
        concat!(
            r#"{"md5":"900150983cd24fb0d6963f7d28e17f72","sha1":"a9993e364706816aba3e25717850c26c9cd0d89d","#,
            r#""sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","#,
            r#""blake3":"6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85","#,
            r#""base64":"YSBi","none":null}"#
        )
    );
}

#[test]
fn lets_are_computed_and_not_written() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, sku TEXT); INSERT INTO thing VALUES (1, 'a')";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[let]\nbase = { value = \"https://x/\" }\nupper = { expr = \"upper(sku)\" }
[fields]\nid = \"id\"\nurl = { template = \"{base}{upper}\" }\n";
    assert_eq!(super::documents(sql, feed), [r#"{"id":1,"url":"https://x/A"}"#]);
}
