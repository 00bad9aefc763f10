//! The state of feeds as a person reads it.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::report::{FailureReport, FeedReport};
use crate::terminal::table::{Align, table};
use crate::terminal::{count, plain};

/// Of a message, at most.
const MESSAGE_CHARS: usize = 160;

/// A table of all feeds, then for each what needs an eye.
pub fn render(reports: &[FeedReport]) -> String {
    if reports.is_empty() {
        return "no feeds\n".into();
    }
    let mut text = overview(reports);
    for report in reports {
        let notes = notes(report);
        if !notes.is_empty() {
            text += &format!("\n{}\n{notes}", report.feed);
        }
    }
    text
}

fn overview(reports: &[FeedReport]) -> String {
    const NAMES: [&str; 9] =
        ["feed", "items", "deleted", "retryable", "rejected", "parked", "invalid", "withheld", "last run"];
    let mut rows = vec![NAMES.map(str::to_string).to_vec()];
    rows.extend(reports.iter().map(|report| {
        vec![
            if report.orphaned { format!("{} (orphaned)", report.feed) } else { report.feed.clone() },
            count(report.items),
            count(report.deleted),
            count(report.retryable),
            count(report.rejected),
            count(report.parked),
            count(report.invalid),
            count(report.withheld),
            last_run(report),
        ]
    }));
    let mut aligned = [Align::Right; NAMES.len()];
    aligned[0] = Align::Left;
    aligned[NAMES.len() - 1] = Align::Left;
    table(0, &aligned, &rows)
}

fn last_run(report: &FeedReport) -> String {
    let Some(run) = &report.last_run else { return "never".into() };
    let outcome = match (&run.outcome, &report.locked_by) {
        (Some(outcome), _) => outcome,
        (None, Some(_)) => "running",
        (None, None) => "killed",
    };
    format!("{} of {}, {outcome}, {}", run.command, run.selection, run.ended_at.as_ref().unwrap_or(&run.started_at))
}

fn notes(report: &FeedReport) -> String {
    let mut text = String::new();
    if report.orphaned {
        // No command sends its failures.
        return "  has a table in the feed store and no definition; it is left alone\n".into();
    }
    if let Some(holder) = &report.locked_by {
        text += &format!("  locked by `feedmill {}`, pid {}\n", plain(&holder.command), holder.pid);
    }
    if report.definition_drift {
        text += "  its definition has changed since the last full run; `feedmill reindex` brings it in line\n";
    }
    if let Some(reason) = report.last_run.as_ref().and_then(|run| run.reason.as_deref()) {
        text += &format!("  last run: {}\n", plain(reason));
    }
    if report.withheld > 0 {
        text += &format!("  {} deletes are withheld; `--allow-deletes` lets them go\n", count(report.withheld));
    }
    text + &failures(&report.failures)
}

/// By whose fault they are, then by status and message.
fn failures(groups: &[FailureReport]) -> String {
    let mut by_fault: BTreeMap<Fault, Vec<&FailureReport>> = BTreeMap::new();
    for group in groups {
        by_fault.entry(group.fault).or_default().push(group);
    }
    let mut text = String::new();
    for (fault, groups) in by_fault {
        let items = groups.iter().map(|group| group.items).sum();
        let parked = groups.iter().map(|group| group.parked).sum();
        text += &format!("  {} ({}): {}\n", fault.headline(), counted(items), fault.advice(items, parked));
        let rows: Vec<Vec<String>> = groups.into_iter().map(failure).collect();
        text += &table(4, &[Align::Right, Align::Right, Align::Left], &rows);
    }
    text
}

fn failure(group: &FailureReport) -> Vec<String> {
    let parked = if group.parked > 0 { format!(" ({} parked)", count(group.parked)) } else { String::new() };
    let examples: Vec<String> = group.examples.iter().map(|key| plain(key)).collect();
    let message = group.message.as_deref().map(shortened).unwrap_or_else(|| meaning(group.status).into());
    vec![
        group.status.to_string(),
        format!("{}{parked}", count(group.items)),
        // In one cell: behind the longest message of all, keys would stand far off.
        format!("{message}  such as {}", examples.join(", ")),
    ]
}

/// A long message would push the keys off the screen; the whole of it is in the feed table.
fn shortened(message: &str) -> String {
    let message = plain(message);
    match message.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => format!("{}...", message[..end].trim_end()),
        None => message,
    }
}

fn counted(items: u64) -> String {
    if items == 1 { "1 item".into() } else { format!("{} items", count(items)) }
}

/// In place of a message that the consumer did not give.
fn meaning(status: i32) -> &'static str {
    match status {
        -1 => "in flight when a run died",
        0 => "could not be submitted",
        1 => "failed in an answer that otherwise succeeded",
        _ => "no message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::EntityKey;
    use crate::feed::status::Status;
    use crate::feed::store::{FailureGroup, Holder, RunRecord};

    fn report(feed: &str) -> FeedReport {
        FeedReport {
            items: 5_700,
            deleted: 2,
            retryable: 40,
            rejected: 1,
            parked: 3,
            withheld: 150,
            ..FeedReport::empty(feed)
        }
    }

    fn failed(status: i32, message: Option<&str>, items: u64, parked: u64, examples: &[&str]) -> FailureReport {
        FailureReport::from(FailureGroup {
            status: Status(status),
            message: message.map(str::to_owned),
            rows: items,
            parked,
            sample_owners: examples.iter().map(|key| EntityKey::Text((*key).into())).collect(),
        })
    }

    #[test]
    fn a_person_sees_what_failed_and_why() {
        let mut products = report("products");
        products.locked_by = Some(Holder { command: "reindex".into(), pid: 4711 });
        products.definition_drift = true;
        products.last_run = Some(RunRecord {
            run_id: 9,
            command: "reindex".into(),
            selection: "all".into(),
            started_at: "2026-01-31T10:00:00.000Z".into(),
            ended_at: None,
            outcome: None,
            reason: None,
            summary: None,
        });
        products.failures = vec![
            failed(503, Some("try\u{1b} later"), 40, 3, &["1", "2"]),
            failed(422, Some("row 5 has no title"), 2, 0, &["5", "6"]),
            failed(0, None, 1, 0, &["17"]),
            failed(409, Some(&format!("{} end", "ä".repeat(MESSAGE_CHARS))), 1, 0, &["8"]),
        ];
        let mut old = report("old");
        old.withheld = 0;
        old.orphaned = true;
        old.failures = vec![failed(503, None, 40, 0, &["1"])];
        let long = "ä".repeat(MESSAGE_CHARS);
        let expected = format!(
            "feed            items  deleted  retryable  rejected  parked  invalid  withheld  last run
products        5,700        2         40         1       3        0       150  reindex of all, running, 2026-01-31T10:00:00.000Z
old (orphaned)  5,700        2         40         1       3        0         0  never

products
  locked by `feedmill reindex`, pid 4711
  its definition has changed since the last full run; `feedmill reindex` brings it in line
  150 deletes are withheld; `--allow-deletes` lets them go
  the consumer is down or has an error of its own (40 items): whoever runs it has to look; `feedmill retry` sends them when they are due, with `--parked` those given up too
    503  40 (3 parked)  try  later  such as 1, 2
  the consumer refuses these items (3 items): change their data or the feed's fields; `feedmill explain FEED ID` shows what was sent
    422  2  row 5 has no title  such as 5, 6
    409  1  {long}...  such as 8
  they could not be sent from here (1 item): look at this machine's disk and at the message
    0  1  could not be submitted  such as 17

old
  has a table in the feed store and no definition; it is left alone
"
        );
        assert_eq!(render(&[products, old]), expected);
    }
}
