//! Opening, users and their rights, and how failures are told.

use super::*;

/// Why a source does not open.
fn refusal(url: &Url) -> String {
    match open(url) {
        Err(SourceError::Open { location, message }) => {
            assert!(!location.contains('@') && !message.contains("se/cret"), "{location}: {message}");
            message
        }
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let database = Database::new("");
    let user = database.user(PASSWORD, &["GRANT SELECT ON {db}.* TO {user}"]);
    assert!(open(&user.url).is_ok());
    let mut url = user.url.clone();
    url.set_password(Some("wrong")).unwrap();
    assert!(refusal(&url).contains("Access denied for user"), "{}", refusal(&url));
    let mut url = user.url.clone();
    url.set_path("nowhere_at_all");
    assert!(refusal(&url).contains("Access denied") && refusal(&url).contains("nowhere_at_all"), "{}", refusal(&url));
    let mut url = database.url.clone();
    url.set_path("nowhere_at_all");
    assert!(refusal(&url).contains("Unknown database 'nowhere_at_all'"), "{}", refusal(&url));

    // A port that nobody listens at.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut url = database.url.clone();
    url.set_port(Some(port)).unwrap();
    assert!(refusal(&url).contains("refused"), "{}", refusal(&url));
    let mut url = database.url.clone();
    url.set_query(Some("socket=/nowhere/at/all.sock"));
    assert!(refusal(&url).contains("No such file"), "{}", refusal(&url));
}

#[test]
fn the_location_shows_no_user() {
    let database = Database::new("");
    let source = database.open();
    assert_eq!(source.location(), format!("mysql://127.0.0.1:{}/{}", database.url.port().unwrap(), database.name));
    assert_eq!(source.dialect().name(), "mysql");
}

/// All that a feed asks for, with no more than the right to read.
#[test]
fn the_right_to_read_is_enough() {
    let database = Database::new(
        "CREATE TABLE brand (id INT PRIMARY KEY);
         CREATE TABLE product (id INT PRIMARY KEY, sku VARCHAR(20) UNIQUE, extra JSON, brand_id INT,
                               FOREIGN KEY (brand_id) REFERENCES brand (id));
         INSERT INTO brand VALUES (1); INSERT INTO product VALUES (1, 'A', '{}', 1)",
    );
    let user = database.user(PASSWORD, &["GRANT SELECT ON {db}.* TO {user}"]);
    let everything = database.reader().catalog().unwrap();
    let mut reader = open(&user.url).unwrap().connect().unwrap();
    let catalog = reader.catalog().unwrap();
    let (seen, there) = (&catalog.tables["product"], &everything.tables["product"]);
    assert_eq!(format!("{seen:?}"), format!("{there:?}"));
    assert_eq!(reader.describe("SELECT sku FROM product WHERE id IN (:keys)").unwrap()[0].name, "sku");
    let spec = pass(table("product", "p", vec![on("id", OnTarget::Key(0))]), &["p.sku"]);
    let statement = MYSQL.keyed_pass(&spec, &of_ints());
    reader.check(&statement.sql).unwrap();
    reader.begin().unwrap();
    assert_eq!(run(reader.as_mut(), &statement, &tuples(1, ints([1]))), ["0|A"]);
    reader.end().unwrap();
}

#[test]
fn rights_on_a_view_or_a_column_alone() {
    let database = Database::new(
        "CREATE TABLE product (id INT PRIMARY KEY, sku VARCHAR(20), secret INT); INSERT INTO product VALUES (1, 'A', 7);
         CREATE VIEW shown AS SELECT id, sku FROM product",
    );
    let user = database
        .user(PASSWORD, &["GRANT SELECT ON {db}.shown TO {user}", "GRANT INSERT (secret) ON {db}.product TO {user}"]);
    let mut reader = open(&user.url).unwrap().connect().unwrap();
    let catalog = reader.catalog().unwrap();
    assert_eq!(catalog.tables.keys().collect::<Vec<_>>(), ["shown"]);
    assert!(catalog.tables["shown"].is_view);
    let spec = pass(table("shown", "s", vec![on("id", OnTarget::Key(0))]), &["s.sku"]);
    for statement in [MYSQL.keyed_pass(&spec, &of_ints()), MYSQL.range_pass(&spec, &range_of("s.id", "shown", "id"))] {
        reader.check(&statement.sql).unwrap();
        let values = Values { tuples: tuples(1, ints([1])).tuples, ..range(1, 1) };
        assert!(run(reader.as_mut(), &statement, &values)[0].ends_with("|A"));
    }
    let error = reader.check("SELECT secret FROM product").unwrap_err();
    assert!(matches!(&error, SourceError::Query { .. }) && error.to_string().contains("denied"), "{error}");

    database.write(&format!("GRANT SELECT (id) ON product TO {}", user.name));
    let mut reader = open(&user.url).unwrap().connect().unwrap();
    let catalog = reader.catalog().unwrap();
    let names: Vec<&str> = catalog.tables["product"].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id"]);
}

/// A user without a password, and the ways that servers know of checking one.
#[test]
fn passwords_by_every_plugin() {
    let database = Database::new("");
    let mut plugins = vec!["BY ''", "BY 'se/cret'"];
    if is_mariadb(&database) {
        plugins.push("VIA mysql_native_password USING PASSWORD('se/cret')");
        // Not `all_plugins`, which reads a folder that need not be there.
        let installed: Option<String> = database
            .connection()
            .query_first("SELECT plugin_status FROM information_schema.plugins WHERE plugin_name = 'ed25519'")
            .unwrap();
        if installed.as_deref() == Some("ACTIVE") {
            plugins.push("VIA ed25519 USING PASSWORD('se/cret')");
        }
    } else {
        plugins.push("WITH caching_sha2_password BY 'se/cret'");
    }
    for plugin in plugins {
        let user = database.user(plugin, &["GRANT SELECT ON {db}.* TO {user}"]);
        let mut url = user.url.clone();
        if plugin.contains("''") {
            url.set_password(None).unwrap();
        }
        for mode in ["disable", "prefer"] {
            url.set_query(Some(&format!("sslmode={mode}")));
            assert!(open(&url).is_ok(), "{plugin}, {mode}: {:?}", open(&url).err());
        }
    }
}

#[test]
fn nothing_can_be_written() {
    let database = Database::new("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    let mut reader = database.reader();
    for in_batch in [false, true] {
        if in_batch {
            reader.begin().unwrap();
        }
        for sql in ["INSERT INTO t VALUES (2)", "DELETE FROM t", "UPDATE t SET id = 5"] {
            let error = reader.read(sql, &[], &mut RowSet::default()).unwrap_err().to_string();
            assert!(error.contains("READ ONLY"), "{sql}: {error}");
        }
    }
    reader.end().unwrap();
    assert_eq!(read(reader.as_mut(), "SELECT id FROM t"), ["1"]);
}

/// The server's certificate and the authority behind it, which the server knows where it lies.
#[test]
fn certificates_are_checked() {
    let database = Database::new("");
    let variable = |name: &str| -> String {
        let sql = format!("SHOW GLOBAL VARIABLES LIKE '{name}'");
        let row: Option<(String, String)> = database.connection().query_first(sql).unwrap();
        row.map(|(_, value)| value).unwrap_or_default()
    };
    let (ca, certificate) = (variable("ssl_ca"), variable("ssl_cert"));
    assert!(
        !ca.is_empty(),
        "the server of FEEDMILL_TEST_MYSQL_URL has no certificate: give it ssl_ca, ssl_cert and ssl_key"
    );
    let with = |options: String, host: &str| {
        let mut url = database.url.clone();
        url.set_host(Some(host)).unwrap();
        url.set_query(Some(&options));
        url
    };
    let cipher = |url: &Url| {
        let mut reader = open(url).unwrap_or_else(|error| panic!("{url}: {error}")).connect().unwrap();
        read(reader.as_mut(), "SHOW STATUS LIKE 'Ssl_cipher'").remove(0)
    };
    assert_eq!(cipher(&with("sslmode=disable".into(), "127.0.0.1")), "Ssl_cipher|");
    for options in [
        "sslmode=prefer".to_owned(),
        "sslmode=require".to_owned(),
        format!("sslrootcert={ca}"),
        format!("sslmode=verify-ca&sslrootcert={ca}"),
        format!("sslmode=verify-full&sslrootcert={ca}"),
    ] {
        assert!(cipher(&with(options.clone(), "127.0.0.1")).len() > "Ssl_cipher|".len(), "{options}");
    }
    // Signed by nobody that this machine trusts; a certificate that signs nothing; a file that is none.
    let message = refusal(&with("sslmode=verify-full".into(), "127.0.0.1"));
    assert!(message.contains("UnknownIssuer") && message.contains("ca_file"), "{message}");
    let message = refusal(&with(format!("sslmode=verify-ca&sslrootcert={certificate}"), "127.0.0.1"));
    assert!(message.contains("certificate"), "{message}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let message = refusal(&with(format!("sslrootcert={}", file.path().display()), "127.0.0.1"));
    assert!(message.contains("holds no certificate"), "{message}");
    // Another name of this machine, which the certificate is not for.
    let other = with(format!("sslmode=verify-full&sslrootcert={ca}"), "127.0.0.2");
    if std::net::TcpStream::connect(("127.0.0.2", database.url.port().unwrap())).is_ok() {
        assert!(refusal(&other).contains("NotValidForName"), "{}", refusal(&other));
        assert!(open(&with(format!("sslmode=verify-ca&sslrootcert={ca}"), "127.0.0.2")).is_ok());
    }
}

/// Names that a URL, a statement or a file system could take for something else.
#[test]
fn a_database_of_any_name() {
    let database =
        Database::named("-Müller's `shop`.1", "CREATE TABLE `t.1` (id INT PRIMARY KEY); INSERT INTO `t.1` VALUES (1)");
    let mut reader = database.reader();
    let catalog = reader.catalog().unwrap();
    assert!(catalog.tables.contains_key("`t.1`"), "{:?}", catalog.tables.keys());
    assert_eq!(run(reader.as_mut(), &MYSQL.count_rows("`t.1`"), &Values::default()), ["1"]);
}
