//! A run's result as a person reads it: a short table, and notes on what needs an eye.

use super::{bytes, count, milliseconds, plain};
use crate::run::summary::{Outcome, Summary};

/// Empty for a run that did not begin, and for a `retry` or `sync` that found nothing to do, so that cron has nothing to mail.
pub(super) fn table(summary: &Summary) -> String {
    let totals = &summary.totals;
    let quiet_command = matches!(summary.command.as_str(), "retry" | "sync");
    let not_begun = summary.outcome == Outcome::Interrupted && summary.run_id.is_none() && totals.entities == 0;
    if summary.outcome == Outcome::Locked
        || not_begun
        || (quiet_command && summary.outcome == Outcome::Complete && totals.items == 0)
    {
        return String::new();
    }
    let mut text = format!(
        "{}: {} of {}, {} in {}\n",
        summary.feed,
        summary.command,
        selection(&summary.selection),
        outcome(summary),
        milliseconds(summary.duration_ms)
    );
    let pending = if summary.outcome == Outcome::Complete { "would be sent" } else { "not sent" };
    let rows = [
        ("entities", totals.entities, "", true),
        ("items", totals.items, "", true),
        ("unchanged", totals.unchanged, "", false),
        ("exported", totals.exported, "", false),
        ("deleted", totals.deleted, "", false),
        ("rejected", totals.rejected, "refused for good; not sent again until they change", false),
        ("retryable", totals.retryable, "`feedmill retry` sends them when they are due", false),
        ("invalid", totals.invalid, "could not be built", false),
        ("withheld", totals.withheld, "deletes held back", false),
        ("pending", totals.pending, pending, false),
    ];
    for (name, n, hint, always) in rows {
        if n > 0 || always {
            text += format!("  {name:<10}{:>12}  {hint}", count(n)).trim_end();
            text.push('\n');
        }
    }
    if totals.requests > 0 {
        let again = match totals.request_retries {
            0 => String::new(),
            n => format!(", {} tried again", count(n)),
        };
        text += &format!("  {:<10}{:>12}  {}{again}\n", "requests", count(totals.requests), bytes(totals.bytes_sent));
    }
    text
}

/// Everything is delivered or unchanged: nothing that a quiet run has to tell.
pub(super) fn went_well(summary: &Summary) -> bool {
    summary.outcome == Outcome::Complete && !summary.totals.has_failures()
}

/// What a person should know, each ready for a line of its own or more.
pub(super) fn notes(summary: &Summary) -> Vec<String> {
    let feed = &summary.feed;
    let mut notes = Vec::new();
    let reason = summary.reason.as_deref().map(plain).unwrap_or_default();
    match summary.outcome {
        Outcome::Complete => {}
        Outcome::Locked => {
            notes.push(format!("{feed}: nothing was done: {reason} (--wait DURATION waits for it)"));
        }
        Outcome::Incomplete => notes.push(format!("{feed}: stopped early: {reason}")),
        Outcome::Interrupted => notes.push(format!("{feed}: interrupted: {reason}")),
    }
    if !summary.invalid_examples.is_empty() {
        let mut note = format!("{feed}: {} could not be built, for example", items(summary.totals.invalid));
        for example in &summary.invalid_examples {
            note += &format!(
                "\n  entity {}: {}: {}",
                plain(&example.entity),
                plain(&example.column),
                plain(&example.reason)
            );
        }
        notes.push(note);
    }
    if summary.totals.withheld > 0 {
        let n = summary.totals.withheld;
        notes.push(format!(
            "{feed}: {} withheld: more than both max_deletes and max_delete_percent allow in one run. Nothing was \
             deleted by them.\n  If their rows are meant to be gone: feedmill reindex {feed} --allow-deletes {n}",
            match n {
                1 => "1 delete was".to_string(),
                _ => format!("{} deletes were", count(n)),
            }
        ));
    }
    notes
}

fn items(n: u64) -> String {
    if n == 1 { "1 item".into() } else { format!("{} items", count(n)) }
}

fn selection(name: &str) -> &str {
    match name {
        "all" => "everything",
        "failed" => "failed items",
        other => other,
    }
}

fn outcome(summary: &Summary) -> &'static str {
    match summary.outcome {
        // Without a run in the history, nothing was sent or written.
        Outcome::Complete if summary.run_id.is_none() => "dry run complete",
        Outcome::Complete => "complete",
        Outcome::Incomplete => "incomplete",
        Outcome::Interrupted => "interrupted",
        Outcome::Locked => "locked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::InvalidExample;
    use crate::run::totals::Totals;

    fn summary(command: &str, outcome: Outcome, totals: Totals) -> Summary {
        Summary {
            feed: "products".into(),
            command: command.into(),
            selection: "all".into(),
            outcome,
            reason: None,
            totals,
            duration_ms: 812,
            run_id: Some(17),
            database_lost: false,
            invalid_examples: Vec::new(),
        }
    }

    #[test]
    fn a_table_shows_what_is_not_zero() {
        let totals = Totals {
            entities: 50_000,
            items: 100_000,
            unchanged: 99_897,
            exported: 100,
            rejected: 1,
            retryable: 2,
            requests: 3,
            request_retries: 1,
            bytes_sent: 48_211,
            ..Totals::default()
        };
        assert_eq!(
            table(&summary("reindex", Outcome::Complete, totals)),
            "products: reindex of everything, complete in 812 ms
  entities        50,000
  items          100,000
  unchanged       99,897
  exported           100
  rejected             1  refused for good; not sent again until they change
  retryable            2  `feedmill retry` sends them when they are due
  requests             3  47.08 KiB, 1 tried again
"
        );
    }

    #[test]
    fn a_retry_with_nothing_to_do_is_silent() {
        assert_eq!(table(&summary("retry", Outcome::Complete, Totals::default())), "");
        assert_ne!(table(&summary("reindex", Outcome::Complete, Totals::default())), "");
        assert_ne!(table(&summary("retry", Outcome::Incomplete, Totals::default())), "");
    }

    #[test]
    fn a_quiet_run_tells_what_went_wrong() {
        let invalid = Totals { items: 1, invalid: 1, ..Totals::default() };
        for (outcome, totals, well) in [
            (Outcome::Complete, Totals { items: 1, exported: 1, ..Totals::default() }, true),
            (Outcome::Complete, invalid, false),
            (Outcome::Incomplete, Totals::default(), false),
            (Outcome::Interrupted, Totals::default(), false),
        ] {
            assert_eq!(went_well(&summary("reindex", outcome, totals)), well, "{outcome:?}");
        }
    }

    #[test]
    fn notes_name_what_needs_an_eye() {
        let mut held = summary("retry", Outcome::Locked, Totals::default());
        held.reason = Some("reindex holds the feed (pid 4711)".into());
        assert_eq!(
            notes(&held),
            ["products: nothing was done: reindex holds the feed (pid 4711) (--wait DURATION waits for it)"]
        );

        let totals = Totals { items: 503, invalid: 3, withheld: 500, ..Totals::default() };
        let mut hurt = summary("reindex", Outcome::Incomplete, totals);
        hurt.reason = Some("401: go\x1b away".into());
        hurt.invalid_examples = vec![InvalidExample {
            entity: "17".into(),
            column: "weight (product.weight)".into(),
            reason: "\"heavy\" is no decimal".into(),
        }];
        assert_eq!(
            notes(&hurt),
            [
                "products: stopped early: 401: go  away",
                "products: 3 items could not be built, for example\n  entity 17: weight (product.weight): \"heavy\" is \
                 no decimal",
                "products: 500 deletes were withheld: more than both max_deletes and max_delete_percent allow in one \
                 run. Nothing was deleted by them.\n  If their rows are meant to be gone: feedmill reindex products \
                 --allow-deletes 500",
            ]
        );
    }
}
