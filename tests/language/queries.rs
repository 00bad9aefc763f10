//! The hatch: a query where a table may stand, `:keys` and `:today`.

use super::{Workshop, documents};

const TABLES: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, from_day TEXT);
INSERT INTO thing VALUES (1, '2024-01-01'), (2, '2024-06-01');
CREATE TABLE vote (id INTEGER PRIMARY KEY, thing_id INTEGER, stars INTEGER);
INSERT INTO vote VALUES (1, 1, 5), (2, 1, 4), (3, 9, 1);
";

#[test]
fn a_query_over_the_keys_of_the_batch() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
[fields.votes]
one = { sql = \"SELECT thing_id, COUNT(*) AS n, SUM(stars) AS stars FROM vote WHERE thing_id IN (:keys) GROUP BY thing_id\" }
on = { thing_id = \"id\" }
fields = { n = \"n\", stars = \"stars\" }
";
    let expected = [r#"{"id":1,"votes":{"n":2,"stars":9}}"#, r#"{"id":2,"votes":null}"#];
    assert_eq!(documents(TABLES, feed), expected);
    let workshop = Workshop::new(TABLES, feed);
    assert_eq!(workshop.documents(&["--ids", "2"]), [expected[1]]);
    assert_eq!(workshop.documents(&["--ids", "1"]), expected);
}

#[test]
fn today_is_given_or_the_runs() {
    let feed =
        "[entity]\ntable = \"thing\"\nkey = \"id\"\nwhere_sql = \"thing.from_day <= :today\"\n[fields]\nid = \"id\"\n";
    let workshop = Workshop::new(TABLES, feed);
    assert_eq!(workshop.documents(&["--today", "2024-03-01"]), [r#"{"id":1}"#]);
    assert_eq!(workshop.documents(&[]), [r#"{"id":1}"#, r#"{"id":2}"#]);
}

#[test]
fn a_query_may_give_many_rows() {
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
[fields.votes]
many = { sql = \"SELECT thing_id, stars * 10 AS points FROM vote WHERE thing_id IN (:keys)\" }
on = { thing_id = \"id\" }
order_by = [\"points\"]
value = \"points\"
";
    assert_eq!(documents(TABLES, feed), [r#"{"id":1,"votes":[40,50]}"#, r#"{"id":2,"votes":[]}"#]);
}
