//! Values of every type, and what is computed of them.

use super::Agreement;
use crate::harness::Kind;

/// One row of values, one at the other end of what the types hold, one of NULLs.
const THINGS: &str = "
CREATE TABLE thing (id INTEGER PRIMARY KEY, small SMALLINT, normal INTEGER, big BIGINT, price DECIMAL(20,6), whole NUMERIC(5,0),
    size DOUBLE PRECISION, single <float4>, yes BOOLEAN, words TEXT, name VARCHAR(100), code CHAR(5), day DATE, clock <time>,
    at <datetime>, moment <zoned>, bin <blob>, extra JSON, token UUID);
INSERT INTO thing VALUES (1, -32768, 2147483647, 9223372036854775807, 12.340000, 7, 0.1, 0.1, TRUE, 'Zeile 1
Zeile \"2\"\\ \u{1}', 'Größe 😀 ', 'ab', '2024-02-29', '23:59:59.5', '2024-07-02 12:00:00.120000', '2024-07-02 12:00:00', <bytes 00ff10>,
    '{\"b\": 1.50, \"a\": [1, 2.0, 1e3, -0], \"\u{e9}\": \"\\u00fc/\\/\", \"nested\": {\"z\": null, \"y\": true}, \"big\": 123456789012345678901234567890}',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11');
INSERT INTO thing VALUES (2, 32767, -2147483648, -9223372036854775808, -99999999.999999, 0, -1.5e300, 16777216, FALSE, '', '', '', '0001-01-01', '00:00:00',
    '9999-12-31 23:59:59', '1999-12-31 23:59:59.999', <bytes >, '[]', '00000000-0000-0000-0000-000000000000');
INSERT INTO thing (id) VALUES (3);
";

#[test]
fn of_every_type() {
    Agreement::over(THINGS)
        .fields(
            "numbers",
            "small = \"small\"\nnormal = \"normal\"\nbig = \"big\"\nprice = \"price\"\nwhole = \"whole\"\nsize = \"size\"\nsingle = \"single\"\nyes = { column = \"yes\", type = \"boolean\" }",
            &[
                r#"{"id":1,"small":-32768,"normal":2147483647,"big":9223372036854775807,"price":12.34,"whole":7,"size":0.1,"single":0.1,"yes":true}"#,
                r#"{"id":2,"small":32767,"normal":-2147483648,"big":-9223372036854775808,"price":-99999999.999999,"whole":0,"size":-1.5e300,"single":16777216,"yes":false}"#,
                r#"{"id":3,"small":null,"normal":null,"big":null,"price":null,"whole":null,"size":null,"single":null,"yes":null}"#,
            ],
        )
        .fields(
            "texts",
            "words = \"words\"\nname = \"name\"\ncode = \"code\"\nbin = \"bin\"\ntoken = \"token\"\nextra = \"extra\"",
            &[
                r#"{"id":1,"words":"Zeile 1\nZeile \"2\"\\ \u0001","name":"Größe 😀 ","code":"ab","bin":"AP8Q","token":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","extra":{"a":[1,2,1000,0],"b":1.5,"big":123456789012345678901234567890,"nested":{"y":true,"z":null},"é":"ü//"}}"#,
                r#"{"id":2,"words":"","name":"","code":"","bin":"","token":"00000000-0000-0000-0000-000000000000","extra":[]}"#,
                r#"{"id":3,"words":null,"name":null,"code":null,"bin":null,"token":null,"extra":null}"#,
            ],
        )
        .fields(
            "times",
            "day = \"day\"\nclock = \"clock\"\nat = \"at\"\nmoment = \"moment\"\nunix = { column = \"moment\", type = \"datetime\", format = \"unix\" }\ngerman = { column = \"at\", type = \"datetime\", format = \"%d.%m.%Y %H:%M\" }",
            &[
                r#"{"id":1,"day":"2024-02-29","clock":"23:59:59.5","at":"2024-07-02T12:00:00.12Z","moment":"2024-07-02T12:00:00Z","unix":1719921600,"german":"02.07.2024 12:00"}"#,
                r#"{"id":2,"day":"0001-01-01","clock":"00:00:00","at":"9999-12-31T23:59:59Z","moment":"1999-12-31T23:59:59.999Z","unix":946684799,"german":"31.12.9999 23:59"}"#,
                r#"{"id":3,"day":null,"clock":null,"at":null,"moment":null,"unix":null,"german":null}"#,
            ],
        )
        .fields(
            "texts_of_them",
            "big = { column = \"big\", type = \"string\" }\nprice = { column = \"price\", type = \"string\" }\nsize = { column = \"size\", type = \"string\" }\nday = { column = \"day\", type = \"string\" }\nat = { column = \"at\", type = \"string\" }\nclock = { column = \"clock\", type = \"string\" }\nmoment = { column = \"moment\", type = \"string\" }\nwords = { template = \"{normal}|{price}|{day}|{thing.at}|{yes}|{code}|{token}\" }\nyes = { column = \"yes\", type = \"boolean\", hidden = true }",
            &[
                r#"{"id":1,"big":"9223372036854775807","price":"12.34","size":"0.1","day":"2024-02-29","at":"2024-07-02 12:00:00.12","clock":"23:59:59.5","moment":"2024-07-02T12:00:00Z","words":"2147483647|12.34|2024-02-29|2024-07-02T12:00:00.12Z|true|ab|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}"#,
                r#"{"id":2,"big":"-9223372036854775808","price":"-99999999.999999","size":"-1.5e300","day":"0001-01-01","at":"9999-12-31 23:59:59","clock":"00:00:00","moment":"1999-12-31T23:59:59.999Z","words":"-2147483648|-99999999.999999|0001-01-01|9999-12-31T23:59:59Z|false||00000000-0000-0000-0000-000000000000"}"#,
                r#"{"id":3,"big":null,"price":null,"size":null,"day":null,"at":null,"clock":null,"moment":null,"words":null}"#,
            ],
        )
        .fields(
            "expressions",
            "sum = { expr = \"small + normal\" }\ngross = { expr = \"round(price * 1.19, 2)\", type = \"decimal\" }\nhalf = { expr = \"whole / 2\" }\nlong = { expr = \"length(name) > 3 and size < 1\" }\nage = { expr = \"case when day < '2000-01-01' then 'old' else coalesce(code, 'none') || '!' end\" }\nupper = { expr = \"upper(name)\" }\nsame = { expr = \"token = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'\" }\nempty = { expr = \"words = ''\" }",
            &[
                r#"{"id":1,"sum":2147450879,"gross":14.68,"half":3.5,"long":true,"age":"ab!","upper":"GRößE 😀 ","same":true,"empty":false}"#,
                r#"{"id":2,"sum":-2147450881,"gross":-119000000,"half":0,"long":false,"age":"old","upper":"","same":false,"empty":true}"#,
                r#"{"id":3,"sum":null,"gross":null,"half":null,"long":null,"age":"none!","upper":null,"same":null,"empty":null}"#,
            ],
        )
        .fields(
            "maps_and_encodings",
            "price = { column = \"price\", map = { \"12.34\" = \"cheap\" }, default = 0 }\nyes = { column = \"yes\", type = \"boolean\", map = { \"true\" = 1, \"false\" = \"no\" } }\nday = { column = \"day\", map = { \"2024-02-29\" = true } }\nuid = { template = \"thing/{name}\", encode = \"base64\" }\nmd5 = { column = \"name\", encode = \"md5\" }\nsha = { column = \"price\", type = \"string\", encode = \"sha256\" }\nmail = { column = \"name\", mask = \"redact\" }",
            &[
                r#"{"id":1,"price":"cheap","yes":1,"day":true,"uid":"dGhpbmcvR3LDtsOfZSDwn5iAIA==","md5":"3cbd317acb990b468bb4597fc87333b4","sha":"2687b468804c18ac1dfd4379cac3545d4cfba8ba0fb4feae92ba8bb156586c71","mail":"***"}"#,
                r#"{"id":2,"price":0,"yes":"no","day":"0001-01-01","uid":"dGhpbmcv","md5":"d41d8cd98f00b204e9800998ecf8427e","sha":"0088b2044b1abbe5513d6d6d4aeb245605c890f33c650fc659a70f535ecea221","mail":"***"}"#,
                r#"{"id":3,"price":0,"yes":null,"day":null,"uid":null,"md5":null,"sha":null,"mail":null}"#,
            ],
        )
        .holds();
}

#[test]
fn naive_times_are_of_the_sources_zone() {
    let tables = "
        CREATE TABLE thing (id INTEGER PRIMARY KEY, at <datetime>, moment <zoned>, day DATE);
        INSERT INTO thing VALUES (1, '2024-01-02 12:00:00', '2024-01-02 12:00:00', '2024-01-02'), (2, '2024-07-02 00:30:00', '2024-07-02 00:30:00', '2024-07-02'),
            (3, '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31'), (4, '2024-10-27 02:30:00', '2024-10-27 02:30:00', '2024-10-27');
    ";
    Agreement::over(tables)
        .timezone("Europe/Berlin")
        // Elsewhere the column itself says that it is UTC.
        .on(Kind::Sqlite, "UPDATE thing SET moment = moment || '+00:00'")
        .fields(
            "berlin",
            "at = \"at\"\nmoment = \"moment\"\nday = \"day\"\ntext = { column = \"at\", type = \"string\" }\nlate = { expr = \"at > '2024-07-01T22:00:00Z'\" }",
            &[
                r#"{"id":1,"at":"2024-01-02T11:00:00Z","moment":"2024-01-02T12:00:00Z","day":"2024-01-02","text":"2024-01-02 12:00:00","late":false}"#,
                r#"{"id":2,"at":"2024-07-01T22:30:00Z","moment":"2024-07-02T00:30:00Z","day":"2024-07-02","text":"2024-07-02 00:30:00","late":true}"#,
                r#"{"id":3,"at":"2024-03-31T01:30:00Z","moment":"2024-03-31T02:30:00Z","day":"2024-03-31","text":"2024-03-31 02:30:00","late":false}"#,
                r#"{"id":4,"at":"2024-10-27T00:30:00Z","moment":"2024-10-27T02:30:00Z","day":"2024-10-27","text":"2024-10-27 02:30:00","late":true}"#,
            ],
        )
        .holds();
}

#[test]
fn what_only_some_databases_have() {
    Agreement::over("")
        .on(
            Kind::Sqlite,
            "CREATE TABLE thing (id INTEGER PRIMARY KEY, big VARCHAR(30), tags JSON, numbers JSON, colour VARCHAR(20), latin TEXT, cyrillic TEXT, never DATETIME, noday DATE);
             INSERT INTO thing VALUES (1, '18446744073709551615', '[\"a\", null, \"b, \\\"c\\\"\"]', '[[1, 2], [3, 4]]', 'red', 'Größe é', 'Привет', '0000-00-00 00:00:00', '0000-00-00'),
                (2, '0', '[]', NULL, NULL, '', NULL, NULL, NULL)",
        )
        .on(
            Kind::Postgres,
            "CREATE TYPE colour AS ENUM ('blue', 'red'); CREATE DOMAIN latin AS varchar(50) CHECK (VALUE <> 'x');
             CREATE TABLE thing (id INTEGER PRIMARY KEY, big NUMERIC(20,0), tags text[], numbers bigint[], colour colour, latin latin, cyrillic text, never timestamp, noday date);
             INSERT INTO thing VALUES (1, 18446744073709551615, ARRAY['a', NULL, 'b, \"c\"'], ARRAY[[1, 2], [3, 4]], 'red', 'Größe é', 'Привет', NULL, NULL),
                (2, 0, '{}', NULL, NULL, '', NULL, NULL, NULL)",
        )
        .on(
            Kind::Mariadb,
            "CREATE TABLE thing (id INTEGER UNSIGNED PRIMARY KEY, big BIGINT UNSIGNED, tags JSON, numbers JSON, colour ENUM('blue', 'red'), latin VARCHAR(50) CHARACTER SET latin1,
                cyrillic VARCHAR(50) CHARACTER SET koi8r, never DATETIME, noday DATE);
             INSERT INTO thing VALUES (1, 18446744073709551615, '[\"a\", null, \"b, \\\"c\\\"\"]', '[[1, 2], [3, 4]]', 'red', 'Größe é', 'Привет', '0000-00-00 00:00:00', '0000-00-00'),
                (2, 0, '[]', NULL, NULL, '', NULL, NULL, NULL)",
        )
        .fields(
            "own_types",
            "big = { column = \"big\", type = \"decimal\" }\ntags = \"tags\"\nnumbers = \"numbers\"\ncolour = \"colour\"\nlatin = \"latin\"\ncyrillic = \"cyrillic\"\nnever = \"never\"\nnoday = \"noday\"",
            &[
                r#"{"id":1,"big":18446744073709551615,"tags":["a",null,"b, \"c\""],"numbers":[[1,2],[3,4]],"colour":"red","latin":"Größe é","cyrillic":"Привет","never":null,"noday":null}"#,
                r#"{"id":2,"big":0,"tags":[],"numbers":null,"colour":null,"latin":"","cyrillic":null,"never":null,"noday":null}"#,
            ],
        )
        .holds();
}
