//! Relations: `one` and `many`, nested, of objects and of values.

use super::documents;

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, owner_id INTEGER);
INSERT INTO thing VALUES (1, 5), (2, NULL);
CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT, city_id INTEGER);
INSERT INTO owner VALUES (5, 'Eve', 9);
CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO city VALUES (9, 'Ulm');
CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER, name TEXT);
INSERT INTO part VALUES (1, 1, 'a'), (2, 1, 'b'), (3, NULL, 'lost');
CREATE TABLE screw (id INTEGER PRIMARY KEY, part_id INTEGER, size DECIMAL(5,2));
INSERT INTO screw VALUES (1, 1, 2.50), (2, 1, 3), (3, 2, 4);
";

fn of(fields: &str) -> Vec<String> {
    documents(TABLES, &format!("[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\n{fields}\n"))
}

#[test]
fn one_is_an_object_or_null_and_many_is_an_array() {
    let fields = "owner = { one = \"owner\", on = { id = \"owner_id\" }, fields = { name = \"name\" } }
parts = { many = \"part\", on = { thing_id = \"id\" }, fields = { name = \"name\" } }";
    assert_eq!(
        of(fields),
        [
            r#"{"id":1,"owner":{"name":"Eve"},"parts":[{"name":"a"},{"name":"b"}]}"#,
            r#"{"id":2,"owner":null,"parts":[]}"#
        ]
    );
}

#[test]
fn a_relation_may_be_a_plain_value() {
    let fields = "owner = { one = \"owner\", on = { id = \"owner_id\" }, value = \"name\" }
parts = { many = \"part\", on = { thing_id = \"id\" }, value = { template = \"<{name}>\" } }
sizes = { many = \"part\", on = { thing_id = \"id\" }, join = [{ table = \"screw\", on = { part_id = \"id\" } }], value = { column = \"screw.size\", type = \"string\" } }";
    assert_eq!(
        of(fields),
        [
            r#"{"id":1,"owner":"Eve","parts":["<a>","<b>"],"sizes":["2.5","3","4"]}"#,
            r#"{"id":2,"owner":null,"parts":[],"sizes":[]}"#
        ]
    );
}

#[test]
fn an_empty_array_may_be_null() {
    let fields = "a = { many = \"part\", on = { thing_id = \"id\" }, empty = \"null\", value = \"name\" }";
    assert_eq!(of(fields), [r#"{"id":1,"a":["a","b"]}"#, r#"{"id":2,"a":null}"#]);
}

#[test]
fn the_first_row_in_order_is_the_one() {
    let fields = "first = { one = \"part\", on = { thing_id = \"id\" }, order_by = [\"name\"], value = \"name\" }
last = { one = \"part\", on = { thing_id = \"id\" }, order_by = [\"-name\"], value = \"name\" }";
    assert_eq!(of(fields), [r#"{"id":1,"first":"a","last":"b"}"#, r#"{"id":2,"first":null,"last":null}"#]);
}

#[test]
fn relations_nest_to_any_depth() {
    let fields = "owner = { one = \"owner\", on = { id = \"owner_id\" }, fields = { name = \"name\", city = { one = \"city\", on = { id = \"city_id\" }, value = \"name\" } } }
[fields.parts]
many = \"part\"
on = { thing_id = \"id\" }
fields.name = \"name\"
fields.screws = { many = \"screw\", on = { part_id = \"id\" }, order_by = [\"-size\"], fields = { size = \"size\", of = { template = \"{thing.id}.{part.id}\" } } }";
    assert_eq!(
        of(fields),
        [
            concat!(
                r#"{"id":1,"owner":{"name":"Eve","city":"Ulm"},"parts":[{"name":"a","screws":[{"size":3,"of":"1.1"},"#,
                r#"{"size":2.5,"of":"1.1"}]},{"name":"b","screws":[{"size":4,"of":"1.2"}]}]}"#
            ),
            r#"{"id":2,"owner":null,"parts":[]}"#
        ]
    );
}

#[test]
fn an_object_of_the_same_row() {
    let fields = "inner = { fields = { id = \"id\", deep = { fields = { owner = \"owner_id\" } } } }";
    assert_eq!(
        of(fields),
        [r#"{"id":1,"inner":{"id":1,"deep":{"owner":5}}}"#, r#"{"id":2,"inner":{"id":2,"deep":{"owner":null}}}"#]
    );
}

#[test]
fn keep_looks_at_the_fields_made() {
    let fields = "parts = { many = \"part\", on = { thing_id = \"id\" }, keep = \"name <> 'a!'\", fields = { name = { template = \"{part.name}!\" } } }";
    assert_eq!(of(fields), [r#"{"id":1,"parts":[{"name":"b!"}]}"#, r#"{"id":2,"parts":[]}"#]);
}

#[test]
fn one_table_used_twice_has_two_names() {
    let fields = "a = { many = \"part\", as = \"p\", on = { thing_id = \"id\" }, where_sql = \"p.name = 'a'\", value = \"p.id\" }
b = { many = \"part\", as = \"q\", on = { thing_id = \"id\" }, where_sql = \"q.name = 'b'\", value = \"q.id\" }";
    assert_eq!(of(fields), [r#"{"id":1,"a":[1],"b":[2]}"#, r#"{"id":2,"a":[],"b":[]}"#]);
}

#[test]
fn an_array_may_be_made_of_parts() {
    let fields = "[[fields.all]]
when = \"owner_id is not null\"
fields = { owner = \"owner_id\" }
[[fields.all]]
many = \"part\"
on = { thing_id = \"id\" }
order_by = [\"-name\"]
value = \"name\"
[[fields.all]]
when = \"id = 2\"
list = [{ value = \"none\" }, \"id\"]";
    assert_eq!(of(fields), [r#"{"id":1,"all":[{"owner":5},"b","a"]}"#, r#"{"id":2,"all":["none",2]}"#]);
}

#[test]
fn a_text_is_cut_into_an_array() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, sort_list TEXT);
        INSERT INTO thing VALUES (1, 'name,price'), (2, ''), (3, NULL), (4, 'one');";
    let feed = "empty = \"null\"\n[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nsortBy = { split = \"sort_list\", by = \",\" }\n";
    assert_eq!(
        documents(sql, feed),
        [
            r#"{"id":1,"sortBy":["name","price"]}"#,
            r#"{"id":2,"sortBy":null}"#,
            r#"{"id":3,"sortBy":null}"#,
            r#"{"id":4,"sortBy":["one"]}"#
        ]
    );
}

#[test]
fn an_array_of_another_arrays_field() {
    let fields = "names = { from = \"parts\", value = \"name\" }
parts = { hidden = true, many = \"part\", on = { thing_id = \"id\" }, order_by = [\"-id\"], keep = \"id > 0\", fields = { id = \"id\", name = { template = \"<{part.name}>\" } } }";
    assert_eq!(of(fields), [r#"{"id":1,"names":["<b>","<a>"]}"#, r#"{"id":2,"names":[]}"#]);
}

#[test]
fn a_part_of_a_one_can_be_named_and_whether_it_is_there() {
    let fields = "hello = { expr = \"case when owner is null then 'nobody' else 'hello ' || owner.name end\" }
owner = { hidden = true, one = \"owner\", on = { id = \"owner_id\" }, fields = { name = \"name\" } }";
    assert_eq!(of(fields), [r#"{"id":1,"hello":"hello Eve"}"#, r#"{"id":2,"hello":"nobody"}"#]);
}

#[test]
fn an_object_may_become_the_text_of_its_json() {
    let fields = "text = { encode = \"json\", fields = { owner = \"owner_id\", parts = { many = \"part\", on = { thing_id = \"id\" }, value = \"name\" } } }
list = { list = [{ expr = \"text\" }] }";
    assert_eq!(
        of(fields),
        [
            r#"{"id":1,"text":"{\"owner\":5,\"parts\":[\"a\",\"b\"]}","list":["{\"owner\":5,\"parts\":[\"a\",\"b\"]}"]}"#,
            r#"{"id":2,"text":"{\"owner\":null,\"parts\":[]}","list":["{\"owner\":null,\"parts\":[]}"]}"#
        ]
    );
}

#[test]
fn many_parents_and_large_groups_stay_apart() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY); CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER, n INTEGER);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO thing SELECT i * 7 FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO part SELECT i, (i * i % 3001) * 7, i FROM n;";
    let feed = "batch_size = 1000\n[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nparts = { many = \"part\", on = { thing_id = \"id\" }, order_by = [\"n\"], value = \"n\" }\n";
    let workshop = super::Workshop::new(sql, feed);
    let mut documents = workshop.documents(&[]);
    let mut expected: Vec<String> = (1..=3000_u64)
        .map(|i| {
            let parts: Vec<String> = (1..=20000_u64).filter(|n| n * n % 3001 == i).map(|n| n.to_string()).collect();
            format!("{{\"id\":{},\"parts\":[{}]}}", i * 7, parts.join(","))
        })
        .collect();
    documents.sort();
    expected.sort();
    assert!(documents == expected, "3000 documents differ");
}
