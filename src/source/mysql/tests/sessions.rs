//! Snapshots, sessions that are lost and replaced, statements that outlive a change of what they read.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;
use crate::source::KeyTuples;

const PRODUCTS: &str =
    "CREATE TABLE product (id INT PRIMARY KEY, sku VARCHAR(20)); INSERT INTO product VALUES (1, 'A')";

const SKUS: &str = "SELECT sku FROM product ORDER BY id";

/// Ends the session of a reader from outside.
fn kill(database: &Database, reader: &mut dyn SourceReader) {
    let id = read(reader, "SELECT CONNECTION_ID()").remove(0);
    let mut connection = database.connection();
    connection.query_drop(format!("KILL {id}")).unwrap();
    // It is over when the server no longer lists it.
    let listed = format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {id}");
    while connection.query_first::<i64, _>(&listed).unwrap() != Some(0) {
        std::thread::yield_now();
    }
}

fn try_read(reader: &mut dyn SourceReader, sql: &str) -> Result<Vec<String>, SourceError> {
    try_run(reader, &Statement { sql: sql.to_owned(), binds: Vec::new() }, &Values::default())
}

#[test]
fn a_batch_sees_one_state() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    reader.begin().unwrap();
    database.write("INSERT INTO product VALUES (2, 'B')");
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    database.write("UPDATE product SET sku = 'C'");
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    reader.end().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["C", "C"]);
    // A batch that was not ended ends with the next one's beginning.
    reader.begin().unwrap();
    database.write("DELETE FROM product WHERE id = 1");
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["C"]);
    reader.end().unwrap();
}

#[test]
fn a_session_killed_within_a_batch_is_lost_until_the_next() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    kill(&database, reader.as_mut());
    for _ in 0..2 {
        let error = try_read(reader.as_mut(), SKUS).unwrap_err();
        assert!(matches!(&error, SourceError::Lost { .. }), "{error:?}");
        assert!(error.to_string().contains(&database.name) && !error.to_string().contains("root"), "{error}");
    }
    reader.end().unwrap();
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    kill(&database, reader.as_mut());
    // Everything was read before.
    reader.end().unwrap();
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
}

#[test]
fn a_session_killed_between_batches_is_replaced() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    kill(&database, reader.as_mut());
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    reader.end().unwrap();
    kill(&database, reader.as_mut());
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    kill(&database, reader.as_mut());
    assert!(reader.catalog().unwrap().tables.contains_key("product"));
    kill(&database, reader.as_mut());
    assert_eq!(reader.describe(SKUS).unwrap().len(), 1);
    kill(&database, reader.as_mut());
    reader.check(SKUS).unwrap();
}

/// The session itself goes on.
#[test]
fn an_interrupted_statement_is_the_databases_failure() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    reader.begin().unwrap();
    let id = read(reader.as_mut(), "SELECT CONNECTION_ID()").remove(0);
    let error = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            // Longer than any test; MySQL's SLEEP gives 1 when it is interrupted, so it asks for a table as well.
            let sql = "SELECT SLEEP(1000) FROM product WHERE SLEEP(1000) = 0";
            (try_read(reader.as_mut(), sql), reader)
        });
        let mut connection = database.connection();
        while !reading.is_finished() {
            connection.query_drop(format!("KILL QUERY {id}")).unwrap();
            std::thread::yield_now();
        }
        let (result, mut reader) = reading.join().unwrap();
        // One more KILL may be on its way.
        while try_read(reader.as_mut(), SKUS).is_err() {}
        assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
        reader.end().unwrap();
        result
    });
    if let Err(error) = error {
        assert!(matches!(&error, SourceError::Database { .. }), "{error:?}");
    }
}

/// A way to the server that can be cut, as by a restart.
struct Way {
    port: u16,
    server: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn to(server: u16) -> (Way, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (Way { port, server, open: Arc::default() }, listener)
    }

    /// Lets `connections` through, one after the other; then nobody listens any more.
    fn let_through(&self, listener: TcpListener, connections: usize) {
        let (server, open) = (self.server, self.open.clone());
        std::thread::spawn(move || {
            for _ in 0..connections {
                let (client, _) = listener.accept().unwrap();
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                for (mut from, mut to) in [
                    (client.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server.try_clone().unwrap(), client.try_clone().unwrap()),
                ] {
                    std::thread::spawn(move || {
                        let mut bytes = [0; 4096];
                        while let Ok(length @ 1..) = from.read(&mut bytes) {
                            if to.write_all(&bytes[..length]).is_err() {
                                break;
                            }
                        }
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                open.lock().unwrap().extend([client, server]);
            }
        });
    }

    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Listens again; the port may be another's for a moment.
    fn listen(&self) -> TcpListener {
        loop {
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", self.port)) {
                return listener;
            }
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_server_that_was_away_is_found_again() {
    let database = Database::new(PRODUCTS);
    let (way, listener) = Way::to(database.url.port().unwrap());
    way.let_through(listener, 1);
    let mut url = database.url.clone();
    url.set_port(Some(way.port)).unwrap();
    url.set_query(Some("sslmode=disable"));
    let mut reader = open(&url).unwrap().connect().unwrap();
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    way.cut();
    let error = try_read(reader.as_mut(), SKUS).unwrap_err();
    assert!(matches!(&error, SourceError::Lost { .. }), "{error:?}");
    reader.end().unwrap();
    // Nobody listens there.
    let error = reader.begin().unwrap_err();
    assert!(matches!(&error, SourceError::Lost { .. }), "{error:?}");
    assert!(try_read(reader.as_mut(), SKUS).is_err());
    way.let_through(way.listen(), 1);
    reader.begin().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    reader.end().unwrap();
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
}

#[test]
fn a_changed_table_does_not_stop_a_prepared_statement() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    let statement =
        MYSQL.keyed_pass(&pass(table("product", "p", vec![on("id", OnTarget::Key(0))]), &["p.sku"]), &of_ints());
    let mut found = || run(reader.as_mut(), &statement, &tuples(1, ints([1])));
    assert_eq!(found(), ["0|A"]);
    database.write("ALTER TABLE product MODIFY sku VARCHAR(99) CHARACTER SET latin1, ADD x INT FIRST");
    assert_eq!(found(), ["0|A"]);
    database.write("ALTER TABLE product MODIFY sku DECIMAL(9,2); UPDATE product SET sku = 1.5");
    assert_eq!(found(), ["0|1.50"]);
    database.write("DROP TABLE product; CREATE VIEW product AS SELECT 1 AS id, x'ff' AS sku");
    assert_eq!(found(), ["0|x'ff'"]);
}

#[test]
fn a_reader_that_failed_is_used_again() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    reader.begin().unwrap();
    assert!(try_read(reader.as_mut(), "SELECT missing FROM product").is_err());
    // The failure comes with the first row.
    assert!(try_read(reader.as_mut(), "SELECT (SELECT 1 UNION SELECT 2) FROM product").is_err());
    assert_eq!(read(reader.as_mut(), SKUS), ["A"]);
    reader.end().unwrap();
}

/// Ranges of many sizes are as many statements.
#[test]
fn statements_beyond_those_that_are_kept_are_closed() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    for limit in 1..1200 {
        let statement = MYSQL.next_range("product", "id", limit, false);
        assert_eq!(run(reader.as_mut(), &statement, &Values::default()), ["1|1|1"]);
    }
    let opened = read(reader.as_mut(), "SHOW SESSION STATUS LIKE 'Com_stmt_close'").remove(0);
    let closed: usize = opened.split('|').nth(1).unwrap().parse().unwrap();
    assert!(closed >= 1024, "{opened}");
}

#[test]
fn keys_larger_than_a_packet_say_so() {
    let database = Database::new(PRODUCTS);
    let mut reader = database.reader();
    let limit: usize = read(reader.as_mut(), "SELECT @@max_allowed_packet").remove(0).parse().unwrap();
    let columns = reader.catalog().unwrap().tables["product"].columns.clone();
    let spec = pass(table("product", "p", vec![on("sku", OnTarget::Key(0))]), &["p.id"]);
    let statement = MYSQL.keyed_pass(&spec, &[component(ColumnKind::Text, &columns[1])]);
    let large = tuples(1, [text(&"x".repeat(limit)), text("A")]);
    let error = try_run(reader.as_mut(), &statement, &large).unwrap_err();
    assert!(
        error.to_string().contains("max_allowed_packet"),
        "{}",
        error.to_string().chars().take(200).collect::<String>()
    );
    assert_eq!(run(reader.as_mut(), &statement, &tuples(1, [text("A")])), ["0|1"]);
}

/// Rows by the thousand, each with more bytes than a packet begins with.
#[test]
fn many_and_large_rows() {
    let database = Database::new("CREATE TABLE t (id INT PRIMARY KEY, body LONGTEXT)");
    let bodies: Vec<String> = (0..300).map(|i| format!("({i}, REPEAT('é', {}))", i * 50)).collect();
    database.write(&format!("INSERT INTO t VALUES {}", bodies.join(",")));
    let mut rows = RowSet::default();
    let spec = pass(table("t", "t", vec![on("id", OnTarget::Key(0))]), &["t.body"]);
    let statement = MYSQL.keyed_pass(&spec, &of_ints());
    let mut keys = KeyTuples::of_width(1);
    keys.extend(ints((0..9000).map(|i| i % 300)));
    let binds = [crate::source::Bind::Keys(&keys)];
    database.reader().read(&statement.sql, &binds, &mut rows).unwrap();
    assert_eq!(rows.len(), 9000);
    assert_eq!(rows.byte_len(), 30 * (0..300).map(|i| i * 100).sum::<usize>());
}
