//! The same rows give the same documents as from SQLite, byte for byte.

use jiff::tz::TimeZone;

use super::*;
use crate::definition::problem::SourceFile;
use crate::document::{Assembler, Built, EntityBatch};
use crate::entity::EntityKey;
use crate::plan::{Extent, KeyKind, Plan, PlanError, PlanOptions};
use crate::run::selection::{Batches, Selection};
use crate::source::sqlite::SqliteSource;

fn plan(source: &dyn Source, feed: &str) -> Result<Plan, PlanError> {
    let definition =
        crate::definition::parse(SourceFile::new("feeds/things.toml", feed)).unwrap_or_else(|p| panic!("{p}"));
    let mut reader = source.connect().unwrap();
    let catalog = reader.catalog().unwrap();
    let timezone = TimeZone::get("Europe/Berlin").unwrap();
    let options = PlanOptions {
        mask_key: Some(b"secret".to_vec()),
        timezone,
        today: "2026-11-20".to_owned(),
        extent: Extent::Part,
    };
    Plan::new(&definition, &catalog, reader.as_mut(), source.dialect(), options)
}

/// Every item, and what is wrong with the others, a line each; whether read in ranges or by listed keys.
fn built(source: &dyn Source, feed: &str) -> Vec<String> {
    let plan = plan(source, feed).unwrap_or_else(|error| panic!("{error}"));
    let mut reader = source.connect().unwrap();
    let mut assembler = Assembler::new(&plan);
    let batches = Batches::new(&Selection::All { after: None });
    let (mut lines, mut listed) = (Vec::new(), Vec::new());
    while let Some(batch) = batches.next(&plan, reader.as_mut()).unwrap() {
        let mut built = Built::default();
        assembler.build(reader.as_mut(), &batch.entities, &mut built).unwrap();
        lines.extend(shown(&built));
        let keys: Vec<EntityKey> = built.entities.iter().map(|entity| entity.key.clone()).collect();
        assembler.build(reader.as_mut(), &EntityBatch::Listed(keys), &mut built).unwrap();
        listed.extend(shown(&built));
    }
    assert_eq!(listed, lines);
    lines
}

fn shown(built: &Built) -> Vec<String> {
    let mut lines = Vec::new();
    for entity in &built.entities {
        let items = built.items[entity.items.clone()].iter();
        lines.extend(
            items.map(|item| format!("{} {}", entity.key, String::from_utf8_lossy(built.bytes(&item.document)))),
        );
        let invalid = built.invalid[entity.invalid.clone()].iter();
        lines.extend(invalid.map(|invalid| format!("{} {}: {}", entity.key, invalid.column, invalid.reason)));
    }
    lines
}

/// `types` are pairs of PostgreSQL's and SQLite's, by a name that stands in `sql` between braces.
fn both(types: &[(&str, &str, &str)], sql: &str, feed: &str) -> Vec<String> {
    let of = |pick: fn(&(&str, &str, &str)) -> String| {
        types.iter().fold(sql.to_owned(), |sql, of| sql.replace(&format!("{{{}}}", of.0), &pick(of)))
    };
    let database = Database::new(&of(|of| of.1.to_owned()));
    let from_postgres = built(&database.source(), feed);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    rusqlite::Connection::open(&file).unwrap().execute_batch(&of(|of| of.2.to_owned())).unwrap();
    let from_sqlite = built(&SqliteSource::open(&file).unwrap(), feed);
    assert_eq!(from_postgres, from_sqlite);
    from_postgres
}

const TYPES: [(&str, &str, &str); 12] = [
    ("int", "bigint", "INTEGER"),
    ("decimal", "numeric(14,4)", "DECIMAL(14,4)"),
    ("float", "double precision", "DOUBLE"),
    ("real", "real", "REAL"),
    ("bool", "boolean", "BOOLEAN"),
    ("text", "varchar(90)", "VARCHAR(90)"),
    ("char", "char(9)", "VARCHAR(9)"),
    ("moment", "timestamp", "TIMESTAMP"),
    ("zoned", "timestamptz", "TIMESTAMP WITH TIME ZONE"),
    ("bytes", "bytea", "BLOB"),
    ("json", "jsonb", "JSON"),
    ("uuid", "uuid", "UUID"),
];

const HEAD: &str = "name = \"things\"\nconsumer = \"search\"\nidentity = [\"id\"]\nminimal_payload = [\"id\"]\n";

#[test]
fn values_of_every_kind() {
    let sql = "CREATE TABLE thing (id {int} PRIMARY KEY, i {int}, d {decimal}, f {float}, r {real}, b {bool}, t {text}, c {char},
                   day DATE, m {moment}, z {zoned}, at TIME, raw {bytes}, j {json}, u {uuid});
        INSERT INTO thing VALUES
            (1, 42, 12.5000, 0.1, 0.1, true, 'it''s é', 'abc', '2024-01-02', '2024-07-15 12:00:00.5', '2024-07-15 12:00:00+00', '03:04:05',
             NULL, '{\"b\": [1.50, 1e2, -0.0, \"x\\u0041\"], \"a\": {}}', '0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42'),
            (2, -9223372036854775807, -0.0001, -1e300, 1e10, false, '', 'a b', '9999-12-31', '9999-12-31 23:59:59', NULL, '23:59:59.25',
             NULL, '[]', NULL),
            (3, NULL, 1000000000, 3, 16777216, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";
    let fields = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\ni = \"i\"\nd = \"d\"\nf = \"f\"\nr = \"r\"\nb = \"b\"\nt = \"t\"\n\
        c = \"c\"\nday = \"day\"\nm = \"m\"\nz = \"z\"\nat = \"at\"\nraw = \"raw\"\nj = \"j\"\nu = \"u\"\n\
        asText = { column = \"d\", type = \"string\" }\nasInt = { column = \"b\", type = \"integer\" }\n\
        asDay = { column = \"z\", type = \"date\" }\nunix = { column = \"m\", format = \"unix\" }\n\
        rounded = { column = \"d\", round = 1 }\nmapped = { column = \"b\", map = { true = \"yes\", false = \"no\" }, default = \"?\" }\n\
        gross = { expr = \"round(d * 1.19, 2)\", type = \"decimal\" }\nlarge = { expr = \"d > 9 and b\" }\n\
        joined = { template = \"{i}/{d}/{f}/{b}/{day}/{u}\" }\nhidden = { column = \"t\", mask = \"hmac\" }\n";
    let lines = both(&TYPES, sql, &format!("{HEAD}{fields}"));
    assert_eq!(lines.len(), 3);
    assert!(lines[0].contains(r#""j":{"a":{},"b":[1.5,100,0,"xA"]}"#), "{}", lines[0]);
    assert!(lines[0].contains(r#""m":"2024-07-15T10:00:00.5Z""#), "{}", lines[0]);
}

#[test]
fn orders_and_keys_of_every_kind() {
    let sql = "CREATE TABLE thing (id {uuid} PRIMARY KEY, n {int}, code {text});
        CREATE TABLE part (id {int} PRIMARY KEY, thing {uuid}, n {int}, code {char}, d {decimal}, f {float}, b {bool}, day DATE, m {moment}, u {uuid});
        INSERT INTO thing VALUES ('a0000000-0000-4000-8000-000000000000', 7, 'x'), ('00000000-0000-4000-8000-000000000001', 8, 'y'),
            ('b0000000-0000-4000-8000-000000000000', NULL, NULL);
        INSERT INTO part VALUES
            (1, 'a0000000-0000-4000-8000-000000000000', 7, 'x', 9, 0.5, true, '2024-01-02', '2024-01-02 00:00:00', 'c0000000-0000-4000-8000-000000000000'),
            (2, 'a0000000-0000-4000-8000-000000000000', 7, 'x', 10, 2, false, '2024-01-01', '2024-01-01 23:00:00', 'b0000000-0000-4000-8000-000000000000'),
            (3, 'a0000000-0000-4000-8000-000000000000', 8, 'y', NULL, NULL, NULL, NULL, NULL, NULL),
            (4, '00000000-0000-4000-8000-000000000001', 8, 'y', -1.5, 1e3, true, '1999-12-31', '1999-12-31 23:59:59.5', 'a0000000-0000-4000-8000-000000000000');";
    let mut feed = format!("{HEAD}[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\n");
    for by in ["d", "-d", "f", "b", "day", "-m", "u", "code", "id"] {
        let name = by.replace('-', "down_");
        feed.push_str(&format!(
            "[fields.by_{name}]\nmany = \"part\"\non = {{ thing = \"id\" }}\norder_by = [\"{by}\"]\nvalue = \"part.id\"\n"
        ));
    }
    feed.push_str(
        "[fields.by_pair]\nmany = \"part\"\non = { n = \"thing.n\", code = \"thing.code\" }\nvalue = \"part.id\"\n\
         [fields.count]\none = { sql = \"SELECT thing AS owner, count(*) AS parts, sum(d) AS sum FROM part WHERE thing IN (:keys) GROUP BY thing\" }\n\
         on = { owner = \"id\" }\nfields = { parts = { column = \"parts\", type = \"integer\" }, sum = { column = \"sum\", type = \"decimal\" } }\n",
    );
    let lines = both(&TYPES, sql, &feed);
    let first = lines.iter().find(|line| line.starts_with("a0")).unwrap();
    assert!(first.contains(r#""by_d":[3,1,2],"by_down_d":[2,1,3],"by_f":[3,1,2],"by_b":[3,2,1]"#), "{first}");
    assert!(first.contains(r#""by_pair":[1,2],"count":{"parts":3,"sum":19}"#), "{first}");
}

#[test]
fn what_cannot_be_written_spoils_its_own_item_alone() {
    let database = Database::new(
        "CREATE TABLE thing (id int PRIMARY KEY, d numeric, f float8, day date, m timestamptz);
         INSERT INTO thing VALUES (1, 1.50, 1, '2024-01-02', '2024-01-02'), (2, 'NaN', 1, NULL, NULL), (3, 1, 'Infinity', NULL, NULL),
             (4, 1, 1, 'infinity', NULL), (5, 1, 1, '0044-03-15 BC', NULL), (6, 1, 1, '10000-01-01', NULL), (7, 1, 1, NULL, '-infinity')",
    );
    let feed = format!(
        "{HEAD}[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nd = \"d\"\nf = \"f\"\nday = \"day\"\nm = \"m\"\n"
    );
    assert_eq!(
        built(&database.source(), &feed),
        [
            r#"1 {"id":1,"d":1.5,"f":1,"day":"2024-01-02","m":"2024-01-02T00:00:00Z"}"#,
            "2 d (thing.d): `NaN` is not a decimal number",
            "3 f (thing.f): NaN and infinity cannot be written as JSON",
            "4 day (thing.day): `infinity` is not a date",
            "5 day (thing.day): `0044-03-15 BC` is not a date",
            "6 day (thing.day): `10000-01-01` is not a date",
            "7 m (thing.m): `-infinity` is not a date-time",
        ]
    );
}

#[test]
fn what_postgres_alone_has() {
    let database = Database::new(
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN price AS numeric(9,2);
         CREATE TABLE thing (code text PRIMARY KEY, tags text[], grid numeric[], m mood, p price, flags bit(4), wide bit(64), ip inet, d interval);
         INSERT INTO thing VALUES ('b', ARRAY['x', NULL, 'é\"'], ARRAY[1.50, 2], 'happy', 5, B'1010', repeat('1', 64)::bit(64), '10.0.0.1', '90 min'),
             ('a', NULL, '{}', NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    let names = ["code", "tags", "grid", "m", "p", "flags", "wide", "ip", "d"];
    let fields: String = names.iter().map(|name| format!("{name} = \"{name}\"\n")).collect();
    let head = HEAD.replace("\"id\"", "\"code\"");
    let feed = format!("{head}[entity]\ntable = \"public.thing\"\nkey = \"code\"\n[fields]\n{fields}");
    assert_eq!(
        built(&database.source(), &feed),
        [
            r#"a {"code":"a","tags":null,"grid":[],"m":null,"p":null,"flags":null,"wide":null,"ip":null,"d":null}"#,
            r#"b {"code":"b","tags":["x",null,"é\""],"grid":[1.5,2],"m":"happy","p":5,"flags":10,"wide":18446744073709551615,"ip":"10.0.0.1","d":"01:30:00"}"#,
        ]
    );
}

#[test]
fn a_uuid_is_one_key_however_it_is_written() {
    let database = Database::new(
        "CREATE TABLE thing (id uuid PRIMARY KEY); INSERT INTO thing VALUES ('0b0e3d6a-5d4c-4a53-8d37-8cb1b8fa9b42')",
    );
    let feed = format!("{HEAD}[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\n");
    let plan = plan(&database.source(), &feed).unwrap();
    assert_eq!(plan.key_kind(), KeyKind::Uuid);
    assert!(plan.key_is_exact());
    let key = plan.key_kind().parse("{0B0E3D6A-5D4C-4A53-8D37-8CB1B8FA9B42}").unwrap();
    let mut built = Built::default();
    let mut reader = database.reader();
    Assembler::new(&plan).build(reader.as_mut(), &EntityBatch::Listed(vec![key.clone()]), &mut built).unwrap();
    assert_eq!(built.entities[0].key, key);
}

#[test]
fn what_the_database_refuses_is_told_at_its_place() {
    let database = Database::new(
        "CREATE TABLE thing (id int PRIMARY KEY, name text); CREATE TABLE part (id int PRIMARY KEY, thing_id int)",
    );
    let refused = |rest: &str| {
        let feed = format!("{HEAD}[entity]\ntable = \"thing\"\nkey = \"id\"\n{rest}");
        match plan(&database.source(), &feed) {
            Err(PlanError::Problems(problems)) => problems
                .list
                .iter()
                .map(|problem| {
                    format!("{}: {} | {}", problem.path, &problems.file.text[problem.span.clone()], problem.message)
                })
                .collect::<Vec<_>>()
                .join("\n"),
            other => panic!("{rest}: {other:?}"),
        }
    };
    let told = refused("where_sql = \"name = $1\"\n[fields]\nid = \"id\"\n");
    assert!(
        told.starts_with("entity.where_sql: \"name = $1\" | the database refuses this condition: `$1` has no value"),
        "{told}"
    );
    let told = refused("where_sql = \"thing.name = 7\"\n[fields]\nid = \"id\"\n");
    assert!(told.contains("operator does not exist: text = integer"), "{told}");
    let told = refused(
        "[fields]\nid = \"id\"\n[fields.x]\none = { sql = \"SELECT gone FROM part\" }\non = { gone = \"id\" }\nvalue = \"gone\"\n",
    );
    assert!(told.contains("the database refuses this query: column \"gone\" does not exist"), "{told}");
}
