//! `[rows]`: a relation named once, used in several fields.

use super::documents;

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, cover TEXT);
INSERT INTO thing VALUES (1, 'b.jpg'), (2, NULL);
CREATE TABLE media (id INTEGER PRIMARY KEY, thing_id INTEGER, kind TEXT, path TEXT, sort INTEGER);
INSERT INTO media VALUES (1, 1, 'image', 'a.jpg', 2), (2, 1, 'image', 'b.jpg', 1), (3, 1, 'video', 'c.mp4', 3), (4, 1, 'image', '', 4);
";

const GALLERY: &str = "[rows.gallery]
many = \"media\"
as = \"m\"
on = { thing_id = \"thing.id\" }
where_sql = \"m.path <> ''\" # a comment may end it -- as in SQL
order_by = [\"sort\"]
let = { isCover = { expr = \"m.path = thing.cover\" } }
fields = { path = \"m.path\", cover = { expr = \"isCover\" } }

[entity]
table = \"thing\"
key = \"id\"
[fields]
id = \"id\"
";

#[test]
fn rows_are_used_as_they_are_or_with_other_keys() {
    let feed = format!(
        "{GALLERY}all = {{ use = \"gallery\" }}
images = {{ use = \"gallery\", where_sql = \"kind = 'image' -- only these\", value = \"path\" }}
newest = {{ use = \"gallery\", order_by = [\"-id\"], value = \"path\", empty = \"null\" }}
covers = {{ use = \"gallery\", keep = \"isCover\", value = \"path\", separator = \", \" }}
first = {{ use = \"gallery\", one = \"media\" }}
"
    );
    let expected = [
        r#"{"id":1,"all":[{"path":"b.jpg","cover":true},{"path":"a.jpg","cover":false},{"path":"c.mp4","cover":false}],"images":["b.jpg","a.jpg"],"newest":["c.mp4","b.jpg","a.jpg"],"covers":"b.jpg","first":{"path":"b.jpg","cover":true}}"#,
        r#"{"id":2,"all":[],"images":[],"newest":null,"covers":"","first":null}"#,
    ];
    assert_eq!(documents(TABLES, &feed), expected);
}

#[test]
fn lets_of_the_rows_and_of_the_field_are_there_together() {
    let feed = format!(
        "{GALLERY}[fields.marks]
use = \"gallery\"
let = {{ mark = {{ template = \"{{path}} {{isCover}}\" }} }}
value = {{ expr = \"mark\" }}
[fields.none]
use = \"gallery\"
let = {{ isCover = {{ value = false }} }}
keep = \"isCover\"
value = \"path\"
"
    );
    let expected = [
        r#"{"id":1,"marks":["b.jpg true","a.jpg false","c.mp4 false"],"none":[]}"#,
        r#"{"id":2,"marks":[],"none":[]}"#,
    ];
    assert_eq!(documents(TABLES, &feed), expected);
}

#[test]
fn a_part_of_an_array_may_use_rows() {
    let feed = format!(
        "{GALLERY}[[fields.files]]
list = [{{ value = \"none\" }}]
[[fields.files]]
use = \"gallery\"
where_sql = \"kind = 'video'\"
value = \"path\"
"
    );
    assert_eq!(documents(TABLES, &feed), [r#"{"id":1,"files":["none","c.mp4"]}"#, r#"{"id":2,"files":["none"]}"#]);
}
