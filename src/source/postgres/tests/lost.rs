//! Connections that are lost, and what a reader makes of it.

use postgres::Client;

use super::*;

/// A table of many rows.
const MANY: &str = "CREATE TABLE many AS SELECT i AS id, repeat('x', 1000) AS x FROM generate_series(1, 2000) AS i";

fn pid(reader: &mut dyn SourceReader) -> i32 {
    read(reader, "SELECT pg_backend_pid()")[0].parse().unwrap()
}

/// As an administrator does it.
fn terminate(owner: &mut Client, pid: i32) {
    let ended: bool = owner.query_one("SELECT pg_terminate_backend($1, 10000)", &[&pid]).unwrap().get(0);
    assert!(ended);
}

fn assert_lost(result: Result<(), SourceError>) {
    match result {
        Err(SourceError::Lost { location, .. }) => assert!(location.starts_with("postgres://"), "{location}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_backend_that_is_terminated_takes_its_batch_with_it() {
    let mut database = Database::new(MANY);
    let mut reader = database.reader();
    let mut rows = RowSet::default();
    reader.begin().unwrap();
    let killed = pid(reader.as_mut());
    reader.read("SELECT id FROM many", &[], &mut rows).unwrap();
    terminate(&mut database.owner, killed);
    assert_lost(reader.read("SELECT x FROM many", &[], &mut rows));
    assert!(rows.is_empty());
    // The snapshot is gone: nothing more is read in this batch, on no other connection either.
    assert_lost(reader.read("SELECT id FROM many", &[], &mut rows));
    reader.end().unwrap();
    reader.begin().unwrap();
    assert_ne!(pid(reader.as_mut()), killed);
    reader.read("SELECT id FROM many", &[], &mut rows).unwrap();
    assert_eq!(rows.len(), 2000);
    reader.end().unwrap();
}

#[test]
fn between_batches_a_lost_connection_is_made_anew() {
    let mut database = Database::new(MANY);
    let mut reader = database.reader();
    reader.begin().unwrap();
    let killed = pid(reader.as_mut());
    reader.end().unwrap();
    terminate(&mut database.owner, killed);
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), "SELECT count(*) FROM many"), ["2000"]);
    reader.end().unwrap();
}

#[test]
fn a_server_that_is_restarted_is_found_again() {
    let database = Database::new(MANY);
    let Host::Name(name) = &database.url.host else { panic!("{VARIABLE} names a socket; this test needs a port") };
    let proxy = Proxy::new(name, database.url.port);
    let url = ServerUrl { host: Host::Name("127.0.0.1".into()), port: proxy.port, ..database.url.clone() };
    let mut reader = PostgresSource::new(&url).unwrap().connect().unwrap();
    let mut rows = RowSet::default();
    reader.begin().unwrap();
    // In the middle of what it sends.
    proxy.cut_after(100_000);
    assert_lost(reader.read("SELECT * FROM many", &[], &mut rows));
    assert!(rows.is_empty());
    proxy.refuse(true);
    assert_lost(reader.begin());
    assert_lost(reader.begin());
    assert_lost(reader.read("SELECT id FROM many", &[], &mut rows));
    proxy.refuse(false);
    reader.begin().unwrap();
    reader.read("SELECT * FROM many", &[], &mut rows).unwrap();
    assert_eq!((rows.len(), proxy.connections()), (2000, 2));
    reader.end().unwrap();
}

#[test]
fn a_table_that_changes_under_a_statement_is_told() {
    let mut database = Database::new("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    let mut reader = database.reader();
    assert_eq!(read(reader.as_mut(), "SELECT id FROM t"), ["1"]);
    database.write("ALTER TABLE t ALTER COLUMN id TYPE text");
    let error = reader.read("SELECT id FROM t", &[], &mut RowSet::default()).unwrap_err().to_string();
    assert!(error.contains("a table was changed since"), "{error}");
    // It is prepared anew the next time.
    assert_eq!(read(reader.as_mut(), "SELECT id FROM t"), ["1"]);
}

#[test]
fn a_batch_sees_one_state_and_leaves_nothing_open() {
    let mut database = Database::new("CREATE TABLE t (id int)");
    let mut reader = database.reader();
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), "SELECT count(*) FROM t"), ["0"]);
    database.write("INSERT INTO t VALUES (1)");
    assert_eq!(read(reader.as_mut(), "SELECT count(*) FROM t"), ["0"]);
    // A statement that fails ends the transaction; the next batch is not harmed.
    reader.read("SELECT 1 / (SELECT count(*) FROM t)", &[], &mut RowSet::default()).unwrap_err();
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), "SELECT count(*) FROM t"), ["1"]);
    reader.end().unwrap();
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert_eq!(database.owner.query_one(open, &[]).unwrap().get::<_, i64>(0), 0);
}
