//! Files as they are found: missing, foreign, locked, damaged; and the snapshot of a batch.

use super::*;
use std::io::{Seek, SeekFrom, Write};

fn open_error(path: &Path) -> String {
    let error = SqliteSource::open(path).unwrap_err();
    assert!(matches!(error, SourceError::Open { .. }), "{error:?}");
    error.to_string()
}

fn count(reader: &mut dyn SourceReader, sql: &str) -> Result<Vec<String>, SourceError> {
    let mut rows = RowSet::default();
    reader.read(sql, &[], &mut rows)?;
    Ok(shown(&rows))
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.db");
    assert!(open_error(&path).ends_with("missing.db: there is no such file"), "{}", open_error(&path));
    assert!(!path.exists());
    assert!(open_error(folder.path()).ends_with("it is a folder, not a file"));
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, only text that is longer than a page header ".repeat(20)).unwrap();
    assert!(open_error(&text).contains("no SQLite database"), "{}", open_error(&text));
    assert!(open_error(&text.join("below")).contains("sqlite:"));
    assert!(SqliteSource::open(Path::new("")).is_err());
    #[cfg(unix)]
    assert!(open_error(Path::new("/dev/null")).ends_with("it is no regular file"));
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file:empty?mode=rwc");
    std::fs::write(&path, "").unwrap();
    assert!(reader(&path).catalog().unwrap().tables.is_empty());
}

#[test]
fn nothing_can_be_written() {
    let file = File::new("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    let mut reader = file.reader();
    for sql in ["DELETE FROM t", "CREATE TABLE u (x)", "PRAGMA journal_mode = WAL", "CREATE TEMP TABLE u (x)"] {
        // What is refused is refused with an error or without effect.
        let _ = count(reader.as_mut(), sql);
    }
    assert!(count(reader.as_mut(), "DELETE FROM t").is_err());
    assert_eq!(count(reader.as_mut(), "SELECT count(*) FROM t").unwrap(), ["1"]);
    assert_eq!(count(reader.as_mut(), "SELECT count(*) FROM temp.sqlite_schema").unwrap(), ["0"]);
    assert_eq!(std::fs::read_dir(file.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_batch_sees_one_state() {
    for mode in ["WAL", "DELETE"] {
        let file = File::new(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (x); INSERT INTO t VALUES (1)"));
        let writer = Connection::open(&file.path).unwrap();
        writer.busy_timeout(std::time::Duration::ZERO).unwrap();
        let mut reader = file.reader();
        reader.begin().unwrap();
        assert_eq!(count(reader.as_mut(), "SELECT count(*) FROM t").unwrap(), ["1"]);
        let written = writer.execute("INSERT INTO t VALUES (2)", []);
        // A rollback journal makes the writer wait, and WAL shows the reader what there was.
        assert_eq!(written.is_ok(), mode == "WAL", "{mode}: {written:?}");
        assert_eq!(count(reader.as_mut(), "SELECT count(*) FROM t").unwrap(), ["1"]);
        reader.end().unwrap();
        if mode == "DELETE" {
            writer.execute("INSERT INTO t VALUES (2)", []).unwrap();
        }
        reader.begin().unwrap();
        assert_eq!(count(reader.as_mut(), "SELECT count(*) FROM t").unwrap(), ["2"], "{mode}");
        reader.end().unwrap();
    }
}

#[test]
fn a_reader_that_failed_is_used_again() {
    let file = File::new("CREATE TABLE t (x); INSERT INTO t VALUES ('{'), ('1')");
    let mut reader = file.reader();
    let mut rows = RowSet::default();
    reader.begin().unwrap();
    // Fails at the second row, after the first was given.
    let sql = "SELECT json(x) FROM (SELECT '1' AS x UNION ALL SELECT '{')";
    let error = reader.read(sql, &[], &mut rows).unwrap_err();
    assert!(matches!(error, SourceError::Query { .. }) && error.to_string().contains("malformed JSON"), "{error}");
    assert!(rows.is_empty());
    reader.begin().unwrap();
    assert_eq!(count(reader.as_mut(), "SELECT count(*) FROM t").unwrap(), ["2"]);
    assert!(reader.read("SELECT nothing", &[], &mut rows).is_err());
    reader.end().unwrap();
    reader.end().unwrap();
    assert!(reader.read("SELECT ?1", &[], &mut rows).is_err());
    assert!(reader.read("SELECT 1", &[Bind::Null], &mut rows).is_err());
    reader.read("SELECT ?1, ?2, ?3", &[Bind::Null, Bind::Int(7), Bind::Text("a")], &mut rows).unwrap();
    assert_eq!(shown(&rows), ["NULL|7|a"]);
    // The writer is not held up by what failed.
    file.write("INSERT INTO t VALUES (3)");
}

#[test]
fn a_locked_file_says_so() {
    let file = File::new("CREATE TABLE t (x)");
    let source = SqliteSource::open(&file.path).unwrap();
    let writer = Connection::open(&file.path).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let connection = Connection::open_with_flags(&file.path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let mut reader = super::super::reader::SqliteReader::new(connection);
    let error = count(&mut reader, "SELECT * FROM t").unwrap_err();
    assert!(matches!(error, SourceError::Database { .. }), "{error:?}");
    assert!(error.to_string().contains("another program has held it locked"), "{error}");
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(count(source.connect().unwrap().as_mut(), "SELECT * FROM t").unwrap(), [""; 0]);
}

#[test]
fn a_damaged_page_is_the_databases_fault() {
    let file = File::new(
        "PRAGMA page_size = 1024; CREATE TABLE t (x);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO t SELECT hex(zeroblob(200)) FROM n",
    );
    let mut bytes = std::fs::OpenOptions::new().write(true).open(&file.path).unwrap();
    let length = bytes.metadata().unwrap().len();
    bytes.seek(SeekFrom::Start(length / 2 / 1024 * 1024)).unwrap();
    bytes.write_all(&[0xa5; 4096]).unwrap();
    drop(bytes);
    let mut reader = file.reader();
    reader.begin().unwrap();
    let error = count(reader.as_mut(), "SELECT x FROM t").unwrap_err();
    assert!(matches!(&error, SourceError::Database { message } if message.contains("integrity_check")), "{error:?}");
    reader.end().unwrap();
    assert_eq!(count(reader.as_mut(), "SELECT 1").unwrap(), ["1"]);
}

#[test]
fn a_file_cut_short_is_damaged() {
    let file = File::new(
        "CREATE TABLE t (x); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO t SELECT hex(zeroblob(200)) FROM n",
    );
    let length = std::fs::metadata(&file.path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&file.path).unwrap().set_len(length / 2).unwrap();
    let error = match SqliteSource::open(&file.path) {
        Ok(source) => count(source.connect().unwrap().as_mut(), "SELECT x FROM t").unwrap_err(),
        Err(error) => error,
    };
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_wal_database_whose_side_files_cannot_be_made() {
    let file = File::new("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
    // A link to nowhere stands for a folder that cannot be written, which would not stop a superuser.
    std::os::unix::fs::symlink("/nowhere/shm", file.folder.path().join("shop.db-shm")).unwrap();
    let message = open_error(&file.path);
    assert!(message.contains("it is in WAL mode, and its -wal and -shm files cannot be used"), "{message}");
}

#[test]
fn a_write_left_unfinished_says_who_must_finish_it() {
    let file = File::new("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    let copy = file.folder.path().join("copy.db");
    let journal = file.folder.path().join("copy.db-journal");
    let writer = Connection::open(&file.path).unwrap();
    writer.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; UPDATE t SET x = 2").unwrap();
    writer
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO t SELECT hex(zeroblob(2000)) FROM n",
        )
        .unwrap();
    // The files as a killed writer leaves them: pages written, the journal still there.
    std::fs::copy(&file.path, &copy).unwrap();
    std::fs::copy(file.folder.path().join("shop.db-journal"), &journal).unwrap();
    let message = open_error(&copy);
    assert!(message.contains("another program did not finish a write"), "{message}");
    Connection::open(&copy).unwrap().execute_batch("SELECT 1; BEGIN IMMEDIATE; COMMIT").unwrap();
    assert_eq!(count(reader(&copy).as_mut(), "SELECT x FROM t").unwrap(), ["1"]);
}

#[test]
fn text_comes_as_its_bytes() {
    let file = File::new(
        "CREATE TABLE t (x TEXT); INSERT INTO t VALUES (CAST(x'41ff42' AS TEXT)), (char(97, 0, 98)), (x'00'), (NULL), ('')",
    );
    let mut rows = RowSet::default();
    file.reader().read("SELECT x FROM t", &[], &mut rows).unwrap();
    let bytes = |row| match rows.cell(row, 0) {
        Cell::Text(text) => rows.bytes(text).to_vec(),
        cell => panic!("{cell:?}"),
    };
    assert_eq!((bytes(0), bytes(1), bytes(4)), (b"A\xffB".to_vec(), b"a\0b".to_vec(), vec![]));
    assert!(matches!(rows.cell(2, 0), Cell::Blob(_)));
    assert_eq!(rows.cell(3, 0), Cell::Null);
}

#[test]
fn a_changed_schema_does_not_stop_a_prepared_statement() {
    let file = File::new("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    let mut reader = file.reader();
    assert_eq!(count(reader.as_mut(), "SELECT x FROM t").unwrap(), ["1"]);
    file.write("CREATE INDEX by_x ON t (x); CREATE TABLE u (y); INSERT INTO t VALUES (2)");
    assert_eq!(count(reader.as_mut(), "SELECT x FROM t").unwrap(), ["1", "2"]);
    file.write("DROP TABLE t");
    let error = count(reader.as_mut(), "SELECT x FROM t").unwrap_err();
    assert!(error.to_string().contains("no such table: t"), "{error}");
}
