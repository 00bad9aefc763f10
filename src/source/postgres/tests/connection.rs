//! How a connection is made, what is set on it, and what it may not do.

use super::*;
use crate::config::{Secret, TlsMode};

fn opening(url: &ServerUrl) -> Result<Box<dyn SourceReader>, String> {
    PostgresSource::new(url).and_then(|source| source.connect()).map_err(|error| error.to_string())
}

#[test]
fn a_connection_is_set_up_for_reading() {
    let database = Database::new("");
    let mut reader = database.reader();
    for (setting, value) in [
        ("application_name", "feedmill"),
        ("client_encoding", "UTF8"),
        ("default_transaction_read_only", "on"),
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO, YMD"),
        ("join_collapse_limit", "1"),
    ] {
        assert_eq!(read(reader.as_mut(), &format!("SHOW {setting}")), [value], "{setting}");
    }
}

#[test]
fn nothing_is_written() {
    let database = Database::new(
        "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING id'",
    );
    let mut reader = database.reader();
    for sql in ["INSERT INTO t VALUES (1) RETURNING id", "SELECT f()", "CREATE TABLE u ()"] {
        for in_batch in [false, true] {
            if in_batch {
                reader.begin().unwrap();
            }
            let error = reader.read(sql, &[], &mut RowSet::default()).unwrap_err();
            assert!(error.to_string().contains("read-only transaction"), "{error}");
            reader.end().unwrap();
        }
    }
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn a_role_that_may_only_select_will_do() {
    let mut database = Database::new(
        "CREATE TABLE open (id int PRIMARY KEY, shown text, hidden text);
         CREATE TABLE closed (id int PRIMARY KEY);
         CREATE SCHEMA vault; CREATE TABLE vault.gold (id int);
         INSERT INTO open VALUES (1, 'a', 'b')",
    );
    let role = own_name();
    database.write(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'p/w'; GRANT SELECT (id, shown) ON open TO {role}; GRANT SELECT ON vault.gold TO {role}"
    ));
    let url = ServerUrl { user: Some(role.clone()), password: Some(Secret::new("p/w")), ..database.url.clone() };
    {
        let mut reader = opening(&url).unwrap();
        let catalog = reader.catalog().unwrap();
        assert_eq!(catalog.tables.keys().collect::<Vec<_>>(), ["open"]);
        let open = &catalog.tables["open"];
        assert_eq!(open.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "shown"]);
        let spec = pass(table("open", "o", vec![on("id", OnTarget::Key(0))]), &["o.shown"]);
        let statement = keyed_pass(&spec, &[&open.columns[0]]);
        reader.check(&statement.sql).unwrap();
        assert_eq!(run(reader.as_mut(), &statement, &tuples(1, ints([1]))), ["0|a"]);
        let error = reader.read("SELECT id FROM closed", &[], &mut RowSet::default()).unwrap_err().to_string();
        assert!(error.contains("permission denied for table closed") && error.contains("needs SELECT"), "{error}");
    }
    database.write(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn what_hinders_a_connection_is_told_without_the_password() {
    let server = server();
    let refused = opening(&ServerUrl { password: Some(Secret::new("wrong-password")), ..server.clone() });
    // A server that trusts everybody lets even this one in.
    if let Err(error) = refused {
        assert!(error.contains("password authentication failed"), "{error}");
        assert!(!error.contains("wrong-password"), "{error}");
    }
    let error = opening(&ServerUrl { database: "feedmill_none".into(), ..server.clone() }).err().unwrap();
    assert!(error.starts_with("cannot open the source database postgres://"), "{error}");
    assert!(error.contains("database \"feedmill_none\" does not exist"), "{error}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = opening(&ServerUrl { host: Host::Name("127.0.0.1".into()), port, ..server }).err().unwrap();
    assert!(error.contains("Connection refused"), "{error}");
}

const CA: &str = include_str!("../../trial/certificates/ca.pem");
const OTHER: &str = include_str!("../../trial/certificates/other.pem");
const SERVER: &str = include_str!("../../trial/certificates/server.pem");
const SELF: &str = include_str!("../../trial/certificates/self.pem");

/// Connects through a proxy that shows this certificate.
fn through_tls(shown: &str, host: &str, tls: TlsMode, roots: Option<&str>) -> Result<(), String> {
    let server = server();
    let Host::Name(name) = &server.host else { panic!("{VARIABLE} names a socket; this test needs a port") };
    let proxy = Proxy::with_tls(name, server.port, shown);
    let folder = tempfile::tempdir().unwrap();
    let ca_file = roots.map(|pem| {
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, pem).unwrap();
        file
    });
    let url = ServerUrl { host: Host::Name(host.into()), port: proxy.port, tls, ca_file, ..server };
    let mut reader = opening(&url)?;
    assert_eq!(read(reader.as_mut(), "SELECT 1"), ["1"]);
    Ok(())
}

#[test]
fn tls_as_far_as_the_mode_wants_it() {
    use TlsMode::*;
    for (shown, host, mode, roots, refusal) in [
        (SERVER, "localhost", VerifyFull, Some(CA), None),
        (SERVER, "127.0.0.1", VerifyFull, Some(CA), Some("not valid for name")),
        (SERVER, "127.0.0.1", VerifyCa, Some(CA), None),
        (SERVER, "localhost", VerifyCa, Some(OTHER), Some("UnknownIssuer")),
        (SERVER, "localhost", VerifyFull, None, Some("UnknownIssuer")),
        (SERVER, "127.0.0.1", Require, None, None),
        (SERVER, "127.0.0.1", Prefer, None, None),
        (SERVER, "127.0.0.1", Disable, None, None),
        (SELF, "localhost", VerifyFull, Some(SELF), None),
        (SELF, "127.0.0.1", VerifyFull, Some(SELF), Some("not valid for name")),
        (SELF, "localhost", VerifyFull, Some(CA), Some("invalid peer certificate")),
    ] {
        match (through_tls(shown, host, mode, roots), refusal) {
            (Ok(()), None) => {}
            (Err(error), Some(refusal)) => assert!(error.contains(refusal), "{host} {mode:?}: {error}"),
            (result, _) => panic!("{host} {mode:?}: {result:?}, {refusal:?}"),
        }
    }
}

#[test]
fn a_server_without_tls_is_no_server_where_it_is_required() {
    let mut database = Database::new("");
    if database.owner.query_one("SHOW ssl", &[]).unwrap().get::<_, String>(0) == "on" {
        return;
    }
    for (tls, fits) in [(TlsMode::Disable, true), (TlsMode::Prefer, true), (TlsMode::Require, false)] {
        let opened = opening(&ServerUrl { tls, ..database.url.clone() }).map(|_| ());
        match opened {
            Ok(()) => assert!(fits, "{tls:?}"),
            Err(error) => assert!(!fits && error.contains("does not support TLS"), "{tls:?}: {error}"),
        }
    }
}
