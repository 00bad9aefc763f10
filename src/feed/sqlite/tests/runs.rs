use super::*;
use crate::feed::store::{Checkpoint, RunEnd, RunStart};
use roaring::RoaringBitmap;

fn start(selection: &str, resumes: Option<i64>) -> RunStart {
    RunStart {
        command: "reindex".to_owned(),
        selection: selection.to_owned(),
        definition: "definition-1".to_owned(),
        started_at: at(1),
        resumes,
    }
}

fn end(outcome: &str) -> RunEnd {
    RunEnd {
        ended_at: at(2),
        outcome: outcome.to_owned(),
        reason: (outcome != "complete").then(|| "the circuit is open".to_owned()),
        summary: serde_json::json!({"outcome": outcome, "entities": 5, "bytes_sent": 48211}),
        completed_definition: (outcome == "complete").then(|| "definition-1".to_owned()),
        withheld: Some(3),
    }
}

fn checkpoint(run_id: i64, through: i64) -> Checkpoint {
    let seen: RoaringBitmap = (0..100_000).step_by(3).collect();
    Checkpoint { run_id, through: through.into(), seen, first_new_ordinal: 100_000 }
}

impl Fixture {
    fn begin(&mut self, selection: &str, resumes: Option<i64>) -> i64 {
        self.writer.begin_run(&start(selection, resumes)).unwrap()
    }

    fn check(&mut self, run_id: i64, through: i64) {
        let checkpoint = Some(checkpoint(run_id, through));
        self.writer.commit(&Commit { checkpoint, ..Commit::default() }).unwrap();
    }

    /// The run that `--continue` would resume, and the one whose checkpoint it would take up.
    fn resumable(&mut self) -> Option<(i64, i64)> {
        let resume = self.writer.resumable_run("definition-1").unwrap();
        resume.map(|resume| (resume.run_id, resume.checkpoint.run_id))
    }
}

#[test]
fn a_run_s_row_tells_how_it_ended() {
    let mut fixture = Fixture::new();
    let first = fixture.begin("all", None);
    fixture.writer.finish_run(first, &end("complete")).unwrap();
    let second = fixture.begin("failed", None);
    let runs = fixture.reader().runs(5).unwrap();
    assert_eq!((runs[0].run_id, &runs[0].outcome, &runs[0].ended_at), (second, &None, &None));
    assert_eq!(runs[1].outcome.as_deref(), Some("complete"));
    assert_eq!(runs[1].summary.as_ref().unwrap()["bytes_sent"], 48211);
    assert_eq!(fixture.reader().runs(1).unwrap().len(), 1);
    let row = "SELECT feed, command, selection, started_at, ended_at, outcome, reason, entities, bytes_sent, requests FROM run";
    assert_eq!(
        fixture.sql(row).lines().next().unwrap(),
        "products reindex all 1970-01-01T00:00:01.000Z 1970-01-01T00:00:02.000Z complete NULL 5 48211 NULL"
    );
    let state = fixture.reader().state().unwrap();
    assert_eq!((state.definition.as_deref(), state.withheld), (Some("definition-1"), 3));
}

#[test]
fn the_newest_full_run_can_be_resumed_until_it_completes() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.resumable(), None);
    let killed = fixture.begin("all", None);
    assert_eq!(fixture.resumable(), None, "nothing is done yet");
    fixture.check(killed, 10);
    fixture.check(killed, 20);
    let resume = fixture.writer.resumable_run("definition-1").unwrap().unwrap();
    assert_eq!((resume.run_id, resume.checkpoint), (killed, checkpoint(killed, 20)));
    assert_eq!(fixture.writer.resumable_run("definition-2").unwrap(), None);

    let partial = fixture.begin("ids", None);
    fixture.writer.finish_run(partial, &RunEnd { completed_definition: None, ..end("complete") }).unwrap();
    assert_eq!(fixture.resumable(), Some((killed, killed)), "a partial run does not matter");

    let second = fixture.begin("all", Some(killed));
    assert_eq!(fixture.resumable(), Some((second, killed)));
    let third = fixture.begin("all", Some(second));
    fixture.writer.finish_run(third, &RunEnd { completed_definition: None, ..end("interrupted") }).unwrap();
    assert_eq!(fixture.resumable(), Some((third, killed)));
    fixture.check(third, 30);
    assert_eq!(fixture.resumable(), Some((third, third)));

    let last = fixture.begin("all", Some(third));
    fixture.writer.finish_run(last, &end("complete")).unwrap();
    assert_eq!(fixture.resumable(), None);
    assert_eq!(fixture.sql("SELECT count(*) FROM checkpoint"), "0");
}

#[test]
fn a_full_run_from_the_beginning_and_another_consumer_end_what_could_be_resumed() {
    let mut fixture = Fixture::new();
    let killed = fixture.begin("all", None);
    fixture.check(killed, 10);
    let fresh = fixture.begin("all", None);
    assert_eq!(fixture.resumable(), None);
    fixture.check(fresh, 5);
    assert_eq!(fixture.resumable(), Some((fresh, fresh)));
    fixture.writer.set_consumer("other", "elsewhere", true).unwrap();
    assert_eq!(fixture.resumable(), None);
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_none() {
    let mut fixture = Fixture::new();
    let killed = fixture.begin("all", None);
    fixture.check(killed, 10);
    fixture.writer.connection().execute("UPDATE checkpoint SET seen = x'0102'", []).unwrap();
    assert_eq!(fixture.resumable(), None);
}

#[test]
fn the_history_is_bounded_and_keeps_the_newest_full_run() {
    let mut fixture = Fixture::new();
    let older = fixture.begin("all", None);
    let full = fixture.begin("all", None);
    fixture.check(full, 10);
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
               INSERT INTO run (feed, command, selection, definition, started_at)
               SELECT iif(i % 11 = 0, 'prices', 'products'), 'retry', 'failed', 'd', '' FROM n";
    fixture.writer.connection().execute(sql, []).unwrap();
    let last = fixture.begin("failed", None);
    fixture.writer.finish_run(last, &RunEnd { completed_definition: None, ..end("complete") }).unwrap();
    assert_eq!(fixture.sql("SELECT feed, count(*) FROM run GROUP BY feed ORDER BY feed"), "prices 100\nproducts 1001");
    assert_eq!(fixture.sql("SELECT min(id) FROM run"), full.to_string());
    assert!(older < full);
    assert_eq!(fixture.resumable(), Some((full, full)));
}
