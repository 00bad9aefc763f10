//! How many items agree with the other exporter's, per field: a table for people, and a verdict.

use super::items::Items;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

/// Differences that are told in full, per field.
const EXAMPLES: usize = 2;

#[derive(Default)]
pub struct Agreement {
    lines: String,
    differences: String,
}

impl Agreement {
    /// Counts, for every field that either side has, the items that agree in it.
    pub fn add(&mut self, feed: &str, ours: &Items, theirs: &Items) {
        let missing: Vec<&String> = theirs.keys().filter(|identity| !ours.contains_key(*identity)).collect();
        let extra: Vec<&String> = ours.keys().filter(|identity| !theirs.contains_key(*identity)).collect();
        self.line(feed, "(items)", theirs.len() - missing.len(), theirs.len());
        for (what, identities) in [("missing", missing), ("extra", extra)] {
            if !identities.is_empty() {
                let examples = &identities[..identities.len().min(EXAMPLES)];
                let _ = writeln!(self.differences, "{feed}: {} {what}, as {examples:?}", identities.len());
            }
        }
        let mut agree: BTreeMap<&str, usize> = BTreeMap::new();
        let mut differ: BTreeMap<&str, usize> = BTreeMap::new();
        for (identity, theirs) in theirs {
            let Some(ours) = ours.get(identity) else { continue };
            let fields: BTreeSet<&str> = ours.keys().chain(theirs.keys()).map(String::as_str).collect();
            for field in fields {
                let (our, their) = (ours.get(field), theirs.get(field));
                if our == their {
                    *agree.entry(field).or_default() += 1;
                    continue;
                }
                let count = differ.entry(field).or_default();
                *count += 1;
                if *count <= EXAMPLES {
                    let (our, their) = (text(our), text(their));
                    let _ = writeln!(self.differences, "{feed} {identity} {field}:\n  ours   {our}\n  theirs {their}");
                }
            }
        }
        for field in agree.keys().chain(differ.keys()).copied().collect::<BTreeSet<_>>() {
            let agreeing = agree.get(field).copied().unwrap_or_default();
            self.line(feed, field, agreeing, agreeing + differ.get(field).copied().unwrap_or_default());
        }
    }

    fn line(&mut self, feed: &str, field: &str, agree: usize, of: usize) {
        let mark = if agree == of { "" } else { "  <-" };
        let _ = writeln!(self.lines, "{feed:<12} {field:<26} {agree:>6} of {of:>6}{mark}");
    }

    /// Prints the table, also where the test passes.
    pub fn print(&self, title: &str) {
        let table = format!("\n{title}: items that agree\n{}", self.lines);
        std::io::stdout().write_all(table.as_bytes()).expect("standard output can be written");
    }

    #[track_caller]
    pub fn assert_complete(&self, title: &str) {
        assert!(self.differences.is_empty(), "{title}: not as the other exporter has it\n{}", self.differences);
    }
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), Value::to_string)
}
