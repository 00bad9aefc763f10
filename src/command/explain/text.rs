//! A finding as a person reads it.

use std::fmt::Write;

use super::finding::{Finding, GoneFinding, ItemFinding, RowFinding};
use super::json::Json;
use crate::terminal::plain;

pub fn render(finding: &Finding) -> String {
    let mut text = String::new();
    // Writing to a string does not fail, here and below.
    let _ = writeln!(text, "{} {}: {}", finding.feed, plain(&finding.id), summary(finding));
    for invalid in &finding.invalid {
        let _ = writeln!(text, "\ninvalid {}: {}", plain(&invalid.column), plain(&invalid.reason));
    }
    for item in &finding.items {
        write_item(&mut text, item);
    }
    for gone in &finding.gone {
        write_gone(&mut text, gone);
    }
    text
}

fn summary(finding: &Finding) -> String {
    if finding.is_unknown() {
        return "no such entity in the source, and no row of it in the feed table".into();
    }
    let source = match (finding.in_source, finding.items.len(), finding.invalid.len()) {
        (false, ..) => "not in the source".to_owned(),
        (true, items, 0) => format!("{items} {}", if items == 1 { "item" } else { "items" }),
        (true, items, invalid) => format!("{items} and {invalid} invalid items"),
    };
    match finding.gone.len() {
        0 => source,
        1 => format!("{source}, 1 row without an item"),
        rows => format!("{source}, {rows} rows without an item"),
    }
}

fn write_item(text: &mut String, item: &ItemFinding) {
    let _ = writeln!(text, "\nitem {}", plain(item.identity.get()));
    let _ = writeln!(text, "  a run would {}: {}", verb(item.would), plain(&item.why));
    let _ = writeln!(text, "  feed_id    {}\n  feed_hash  {}", item.feed_id, item.feed_hash);
    match &item.row {
        Some(row) => write_row(text, row),
        None => text.push_str("  row        none\n"),
    }
    if let Some(differences) = &item.differences
        && !differences.is_empty()
    {
        text.push_str("  differences from the stored document\n");
        for difference in differences {
            let side = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".into(), plain);
            let excluded = if difference.excluded { "  (not in the hash)" } else { "" };
            let (stored, now) = (side(&difference.stored), side(&difference.now));
            let _ = writeln!(text, "    {}: {stored} -> {now}{excluded}", plain(&difference.path));
        }
    }
    let document = item.document.get();
    let document = Json::parse(document).map_or_else(|| plain(document), |json| json.pretty(2));
    let _ = writeln!(text, "  document\n  {document}");
}

fn write_gone(text: &mut String, gone: &GoneFinding) {
    let _ = writeln!(text, "\nrow without an item");
    let _ = writeln!(text, "  a run would {}: {}", verb(gone.would), gone.why);
    let _ = writeln!(text, "  feed_id    {}", gone.row.feed_id);
    write_row(text, &gone.row);
    if let Some(data) = &gone.row.feed_data {
        let _ = writeln!(text, "  feed_data  {}", plain(data.get()));
    }
}

fn verb(would: &str) -> &str {
    match would {
        "send" => "send it",
        "delete" => "delete it at the consumer",
        "skip" => "skip it",
        _ => "call it invalid",
    }
}

fn write_row(text: &mut String, row: &RowFinding) {
    let kind = if row.is_deleted { "delete, " } else { "" };
    let parked = if row.parked { ", parked" } else { "" };
    let attempts = match row.attempts {
        0 => String::new(),
        1 => ", 1 failed run".into(),
        n => format!(", {n} failed runs"),
    };
    let modified = row.modified_at.as_deref().unwrap_or("?");
    let _ = writeln!(text, "  row        {kind}status {}{attempts}{parked}, {modified}", row.status);
    let _ = writeln!(text, "             feed_hash {}", row.feed_hash);
    if let Some(next) = &row.next_attempt_at {
        let _ = writeln!(text, "             next attempt {next}");
    }
    if let Some(errors) = &row.errors {
        let _ = writeln!(text, "             errors {}", plain(errors.get()));
    }
}
