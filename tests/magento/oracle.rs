//! Two shops of Magento 2.4.7, each in several databases, against the items that Adobe's exporter made of the same rows.
//!
//! The data is none of the project's: it lies in `../shared/data`, and the tests say so and pass where it does not.

use super::agreement::Agreement;
use super::{FEEDS, Feed, items, project};
use crate::harness::{Kind, Project};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

/// The day of which the items are.
const TODAY: &str = "2026-11-20";

fn shop_folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/magento").join(name);
    if !folder.is_dir() {
        println!("nothing is compared: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes
}

fn unpacked_text(path: &Path) -> String {
    String::from_utf8(unpacked(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a full run of a feed writes.
#[track_caller]
fn documents(project: &Project, feed: &Feed) -> String {
    project.run(&["reindex", feed.name, "--today", TODAY]).exits(0).outcome(feed.name, "complete");
    project.read(&format!("out/{}.ndjson", feed.name))
}

/// The source as it is published, with the view that a dump cannot have.
fn load(project: &Project, folder: &Path) {
    let dump = match project.database().kind() {
        Kind::Sqlite => {
            let database = unpacked(&folder.join("magento.sqlite.gz"));
            return std::fs::write(project.path("shop.db"), database)
                .expect("a file in the temporary folder is written");
        }
        Kind::Mariadb => "mariadb.sql.gz",
        Kind::Postgres => "postgres.sql.gz",
    };
    project.database().load(&unpacked_text(&folder.join(dump)));
    project.sql(&text_of(&folder.join("../view_inventory_stock_1.sql")));
}

/// What the feeds make of one database: their documents in the order of their bytes.
struct Outcome {
    agreement: Agreement,
    outputs: Vec<String>,
}

/// Runs every feed over one database, compares, and runs it again: then nothing has changed.
#[track_caller]
fn run_feeds(kind: Kind, folder: &Path) -> Outcome {
    let project = project(kind);
    load(&project, folder);
    let mut outcome = Outcome { agreement: Agreement::default(), outputs: Vec::new() };
    for feed in &FEEDS {
        let output = documents(&project, feed);
        let theirs = unpacked_text(&folder.join(format!("{}.jsonl.gz", feed.items)));
        let ours = items::read(feed, &output);
        outcome.agreement.add(feed.name, &ours, &items::read(feed, &theirs));
        let unchanged = format!("unchanged={}", ours.len());
        project.run(&["reindex", feed.name, "--today", TODAY]).exits(0).counts(feed.name, &unchanged);
        let mut lines: Vec<&str> = output.lines().collect();
        lines.sort_unstable();
        outcome.outputs.push(lines.join("\n"));
    }
    outcome
}

/// Every item and field is the other exporter's, from each database; and from each the bytes are the same.
#[track_caller]
fn agrees_in_all(shop: &str, kinds: &[Kind]) {
    let Some(folder) = shop_folder(shop) else { return };
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let runs: Vec<_> = kinds.iter().map(|kind| scope.spawn(|| run_feeds(*kind, &folder))).collect();
        runs.into_iter().map(|run| run.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    for (kind, outcome) in kinds.iter().zip(&outcomes) {
        outcome.agreement.print(&format!("{shop}, {kind:?}"));
    }
    for (kind, outcome) in kinds.iter().zip(&outcomes) {
        outcome.agreement.assert_complete(&format!("{shop}, {kind:?}"));
        for ((feed, ours), first) in FEEDS.iter().zip(&outcome.outputs).zip(&outcomes[0].outputs) {
            let different = ours.lines().zip(first.lines()).find(|(our, first)| our != first);
            assert!(ours == first, "{shop}, {}: {kind:?} is not {:?}: {different:#?}", feed.name, kinds[0]);
        }
    }
}

#[test]
fn one_store_view() {
    agrees_in_all("s0", &[Kind::Sqlite, Kind::Mariadb]);
}

#[test]
fn two_websites_and_four_store_views() {
    agrees_in_all("s1", &[Kind::Sqlite, Kind::Mariadb, Kind::Postgres]);
}
