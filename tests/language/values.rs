//! How values of each type are written.

use super::{Workshop, documents, fields_of};

#[test]
fn declared_types_decide() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, i BIGINT, d DECIMAL(12,4), r REAL, b BOOLEAN, t VARCHAR(20), x BLOB,
                   dt DATETIME, ts TIMESTAMP, j JSON, tiny TINYINT(1), n NUMERIC(10,2));
               INSERT INTO thing VALUES (1, 9007199254740993, 1.5000, 0.1, 1, 'text', X'00FF10', '2024-01-02 03:04:05',
                   '2024-12-31 23:59:59', '{\"b\":1, \"a\":null}', 1, 12.30)";
    let fields = "i = \"i\"\nd = \"d\"\nr = \"r\"\nb = \"b\"\nt = \"t\"\nx = \"x\"\ndt = \"dt\"\nts = \"ts\"\nj = \"j\"\ntiny = \"tiny\"\nn = \"n\"";
    assert_eq!(
        fields_of(sql, fields),
        concat!(
            r#"{"i":9007199254740993,"d":1.5,"r":0.1,"b":true,"t":"text","x":"AP8Q","dt":"2024-01-02T03:04:05Z","#,
            r#""ts":"2024-12-31T23:59:59Z","j":{"a":null,"b":1},"tiny":1,"n":12.3}"#
        )
    );
}

#[test]
fn null_is_null_of_every_type() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, i INT, d DECIMAL(9,2), r REAL, b BOOLEAN, t TEXT, x BLOB, dt DATETIME, j JSON);
               INSERT INTO thing (id) VALUES (1)";
    let fields = "i = \"i\"\nd = \"d\"\nr = \"r\"\nb = \"b\"\nt = \"t\"\nx = \"x\"\ndt = \"dt\"\nj = \"j\"";
    let nulls = r#"{"i":null,"d":null,"r":null,"b":null,"t":null,"x":null,"dt":null,"j":null}"#;
    assert_eq!(fields_of(sql, fields), nulls);
}

#[test]
fn decimals_are_exact_and_have_no_zeros_at_the_end() {
    let values = [
        ("'12.3400'", "12.34"),
        ("'-0.00'", "0"),
        ("'00012'", "12"),
        ("'.5'", "0.5"),
        ("'100'", "100"),
        ("'123456789012345678901234567890.10'", "123456789012345678901234567890.1"),
        ("'0.000000000000000001'", "0.000000000000000001"),
        ("9007199254740993", "9007199254740993"),
    ];
    for (value, written) in values {
        let sql = format!(
            "CREATE TABLE thing (id INTEGER PRIMARY KEY, d TEXT, i INTEGER); INSERT INTO thing VALUES (1, {value}, 0)"
        );
        assert_eq!(
            fields_of(&sql, "d = { column = \"d\", type = \"decimal\" }"),
            format!("{{\"d\":{written}}}"),
            "{value}"
        );
    }
    for (value, written) in [("0.1", "0.1"), ("2.50", "2.5"), ("19.99", "19.99"), ("1e3", "1000"), ("-0.0", "0")] {
        let sql = format!("CREATE TABLE thing (id INTEGER PRIMARY KEY, d REAL); INSERT INTO thing VALUES (1, {value})");
        assert_eq!(
            fields_of(&sql, "d = { column = \"d\", type = \"decimal\" }"),
            format!("{{\"d\":{written}}}"),
            "{value}"
        );
    }
}

#[test]
fn a_string_keeps_the_text() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, i INTEGER, r REAL, dt DATETIME);
               INSERT INTO thing VALUES (1, 7, 1.5, '2024-01-02 03:04:05')";
    let fields = "i = { column = \"i\", type = \"string\" }\nr = { column = \"r\", type = \"string\" }\ndt = { column = \"dt\", type = \"string\" }";
    assert_eq!(fields_of(sql, fields), r#"{"i":"7","r":"1.5","dt":"2024-01-02 03:04:05"}"#);
}

#[test]
fn a_type_may_be_asked_for() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, i TEXT, b INTEGER, f TEXT, j TEXT);
               INSERT INTO thing VALUES (1, '42', 0, '0.25', '[3, {\"z\": \"é\", \"a\": 1.50}, true]')";
    let fields = "i = { column = \"i\", type = \"integer\" }\nb = { column = \"b\", type = \"boolean\" }\nf = { column = \"f\", type = \"float\" }\nj = { column = \"j\", type = \"json\" }";
    assert_eq!(fields_of(sql, fields), r#"{"i":42,"b":false,"f":0.25,"j":[3,{"a":1.5,"z":"é"},true]}"#);
}

#[test]
fn date_times_are_utc() {
    let times = [
        ("'2024-01-02 03:04:05'", "\"2024-01-02T03:04:05Z\""),
        ("'2024-01-02T03:04:05Z'", "\"2024-01-02T03:04:05Z\""),
        ("'2024-01-02 03:04:05+02:00'", "\"2024-01-02T01:04:05Z\""),
        ("'0000-00-00 00:00:00'", "null"),
        ("NULL", "null"),
    ];
    for (stored, written) in times {
        let sql =
            format!("CREATE TABLE thing (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO thing VALUES (1, {stored})");
        assert_eq!(
            fields_of(&sql, "at = { column = \"at\", type = \"datetime\" }"),
            format!("{{\"at\":{written}}}"),
            "{stored}"
        );
    }
    let sql =
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO thing VALUES (1, '2024-01-02 03:04:05')";
    let fields = "day = { column = \"at\", type = \"datetime\", format = \"%d.%m.%Y %H:%M\" }\nunix = { column = \"at\", type = \"datetime\", format = \"unix\" }";
    assert_eq!(fields_of(sql, fields), r#"{"day":"02.01.2024 03:04","unix":1704164645}"#);
}

#[test]
fn naive_times_are_of_the_sources_zone() {
    let workshop = Workshop::new(
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, at DATETIME);
         INSERT INTO thing VALUES (1, '2024-01-02 12:00:00'), (2, '2024-07-02 12:00:00'), (3, '2024-07-02 12:00:00Z')",
        "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\nat = \"at\"\n",
    );
    let config = workshop.project.read("feedmill.toml").replace("[source]", "[source]\ntimezone = \"Europe/Berlin\"");
    workshop.project.write("feedmill.toml", &config);
    assert_eq!(
        workshop.documents(&[]),
        [
            r#"{"id":1,"at":"2024-01-02T11:00:00Z"}"#,
            r#"{"id":2,"at":"2024-07-02T10:00:00Z"}"#,
            r#"{"id":3,"at":"2024-07-02T12:00:00Z"}"#,
        ]
    );
}

#[test]
fn a_map_compares_text_and_gives_any_scalar() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, n INTEGER, d DECIMAL(9,2));
               INSERT INTO thing VALUES (1, 1, 1.50), (2, 2, 2), (3, 3, NULL), (4, NULL, 9)";
    let feed = "[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"
n = { column = \"n\", map = { \"1\" = true, \"2\" = 2.5 } }
s = { column = \"n\", map = { \"1\" = \"one\" }, default = \"many\" }
d = { column = \"d\", map = { \"1.5\" = \"one and a half\" } }
";
    assert_eq!(
        documents(sql, feed),
        [
            r#"{"id":1,"n":true,"s":"one","d":"one and a half"}"#,
            r#"{"id":2,"n":2.5,"s":"many","d":2}"#,
            r#"{"id":3,"n":3,"s":"many","d":null}"#,
            r#"{"id":4,"n":null,"s":"many","d":9}"#,
        ]
    );
}

#[test]
fn literals_defaults_and_fields_that_are_not_written() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, a TEXT, b TEXT); INSERT INTO thing VALUES (1, NULL, 'b')";
    let fields = "text = { value = \"x\" }\nnumber = { value = 3 }\nyes = { value = true }\nfraction = { value = 1.5 }
a = { column = \"a\", default = 0 }
gone = { column = \"a\", omit_null = true }
here = { column = \"b\", omit_null = true }
secret = { column = \"b\", hidden = true }
shown = { template = \"{secret}!\" }";
    let expected = r#"{"text":"x","number":3,"yes":true,"fraction":1.5,"a":0,"here":"b","shown":"b!"}"#;
    assert_eq!(fields_of(sql, fields), expected);
}

#[test]
fn nulls_may_be_left_out_of_a_whole_feed() {
    let sql = "CREATE TABLE thing (id INTEGER PRIMARY KEY, a TEXT, b TEXT); INSERT INTO thing VALUES (1, NULL, 'b'), (2, 'a', NULL);
               CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER, c TEXT); INSERT INTO part VALUES (1, 1, NULL), (2, 1, 'c')";
    let feed =
        "omit_null = true\n[entity]\ntable = \"thing\"\nkey = \"id\"\n[fields]\nid = \"id\"\na = \"a\"\nb = \"b\"
parts = { many = \"part\", on = { thing_id = \"id\" }, fields = { c = \"c\" } }
plain = { many = \"part\", on = { thing_id = \"id\" }, value = \"c\" }
";
    let expected =
        [r#"{"id":1,"b":"b","parts":[{},{"c":"c"}],"plain":[null,"c"]}"#, r#"{"id":2,"a":"a","parts":[],"plain":[]}"#];
    assert_eq!(documents(sql, feed), expected);
}
