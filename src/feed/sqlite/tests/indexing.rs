//! The index of identities: gone while a full run fills an empty table, and one row per identity all the same.

use super::*;
use crate::feed::store::{RunEnd, RunStart};

fn start(selection: &str) -> RunStart {
    RunStart {
        command: "reindex".to_owned(),
        selection: selection.to_owned(),
        definition: "definition-1".to_owned(),
        started_at: at(1),
        resumes: None,
    }
}

fn end() -> RunEnd {
    RunEnd {
        ended_at: at(2),
        outcome: "interrupted".to_owned(),
        reason: None,
        summary: serde_json::json!({}),
        completed_definition: None,
        withheld: None,
    }
}

impl Fixture {
    fn has_index(&self) -> bool {
        self.sql("SELECT count(*) FROM sqlite_schema WHERE name = 'identity_products'") == "1"
    }

    /// A first full run has begun, and has recorded so many items, each of an entity of its own.
    fn filling(items: u64) -> (Fixture, i64) {
        let mut fixture = Fixture::new();
        let run = fixture.writer.begin_run(&start("all")).unwrap();
        fixture.record((0..items).map(|item| delivered(item as i64, item)).collect());
        (fixture, run)
    }
}

#[test]
fn a_full_run_fills_an_empty_table_without_its_index() {
    let (mut fixture, run) = Fixture::filling(50);
    assert!(!fixture.has_index());
    assert_eq!(fixture.row(7).unwrap().owner, EntityKey::Int(7));
    assert_eq!(fixture.row(50), None);
    fixture.writer.finish_run(run, &end()).unwrap();
    assert!(fixture.has_index());
    assert_eq!((fixture.row(7).unwrap().owner, fixture.row(50)), (EntityKey::Int(7), None));
    fixture.assert_counts_are_right();
}

#[test]
fn no_other_run_drops_the_index() {
    let mut fixture = Fixture::new();
    for selection in ["ids", "failed"] {
        fixture.writer.begin_run(&start(selection)).unwrap();
        assert!(fixture.has_index(), "{selection}");
    }
    fixture.record(vec![delivered(1, 1)]);
    fixture.writer.begin_run(&start("all")).unwrap();
    assert!(fixture.has_index());
}

#[test]
fn an_identity_has_one_row_without_the_index_too() {
    let (mut fixture, run) = Fixture::filling(50);
    fixture.record(vec![delivered(70, 7), delivered(51, 51), delivered(52, 51)]);
    assert_eq!(fixture.row(7).unwrap().owner, EntityKey::Int(70));
    assert_eq!(fixture.row(51).unwrap().owner, EntityKey::Int(52));
    assert_eq!(fixture.sql("SELECT count(*), count(DISTINCT feed_id), max(ordinal) FROM feed_products"), "51 51 50");
    fixture.assert_counts_are_right();
    fixture.writer.finish_run(run, &end()).unwrap();
    assert!(fixture.has_index());
}

#[test]
fn many_rows_that_are_written_again_after_a_failure_get_the_index_first() {
    let (mut fixture, run) = Fixture::filling(50);
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON feed_products BEGIN SELECT RAISE(ABORT, 'full'); END";
    let writes = || (50..100).map(|item| delivered(item as i64, item)).collect::<Vec<_>>();
    fixture.writer.connection().execute_batch(refuse).unwrap();
    fixture.writer.commit(&Commit { outcomes: writes(), ..Commit::default() }).unwrap_err();
    fixture.writer.connection().execute_batch("DROP TRIGGER refuse").unwrap();
    assert!(!fixture.has_index());
    fixture.record(writes());
    assert!(fixture.has_index());
    fixture.assert_counts_are_right();
    fixture.writer.finish_run(run, &end()).unwrap();
}

#[test]
fn what_a_dead_run_left_without_its_index_gets_it_back() {
    let (mut fixture, _) = Fixture::filling(50);
    // As another process sees it, before anybody has mended it.
    let other = SqliteStore::open(&fixture.path()).unwrap();
    let mut reader = other.reader("products").unwrap();
    assert_eq!(reader.row(&id(7)).unwrap().unwrap().owner, EntityKey::Int(7));
    assert_eq!(reader.row(&id(50)).unwrap(), None);
    assert!(!fixture.has_index());
    fixture.writer = other.sqlite_writer("products").unwrap();
    assert!(fixture.has_index());
    assert_eq!(reader.row(&id(8)).unwrap().unwrap().owner, EntityKey::Int(8));
}

#[test]
fn a_shop_that_gives_many_identities_twice_gets_the_index_early() {
    let (mut fixture, run) = Fixture::filling(50);
    let mut reader = fixture.reader();
    for item in 0..50 {
        assert_eq!(reader.row(&id(item)).unwrap().unwrap().owner, EntityKey::Int(item as i64));
    }
    fixture.record(vec![delivered(50, 50)]);
    assert!(fixture.has_index());
    assert!(reader.row(&id(50)).unwrap().is_some());
    fixture.writer.finish_run(run, &end()).unwrap();
    fixture.assert_counts_are_right();
}
