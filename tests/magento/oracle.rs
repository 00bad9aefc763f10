//! Two shops of Magento 2.4.7, each in several databases, against the items that Adobe's exporter made of the same rows.
//!
//! The data is none of the project's: it lies in `../shared/data`, and the tests say so and pass where it does not.

use super::agreement::Agreement;
use super::{FEEDS, Feed, items, project};
use crate::harness::Project;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

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

/// What a full run of a feed writes.
#[track_caller]
fn documents(project: &Project, feed: &Feed) -> String {
    project.run(&["reindex", feed.name, "--today", TODAY]).exits(0).outcome(feed.name, "complete");
    project.read(&format!("out/{}.ndjson", feed.name))
}

/// Runs every feed over one database, compares, and runs it again: then nothing has changed.
#[track_caller]
fn agrees(title: &str, project: &Project, folder: &Path) -> Vec<String> {
    let mut agreement = Agreement::default();
    let mut outputs = Vec::new();
    for feed in &FEEDS {
        let output = documents(project, feed);
        let theirs = unpacked_text(&folder.join(format!("{}.jsonl.gz", feed.items)));
        let ours = items::read(feed, &output);
        agreement.add(feed.name, &ours, &items::read(feed, &theirs));
        let unchanged = format!("unchanged={}", ours.len());
        project.run(&["reindex", feed.name, "--today", TODAY]).exits(0).counts(feed.name, &unchanged);
        let mut lines: Vec<&str> = output.lines().collect();
        lines.sort_unstable();
        outputs.push(lines.join("\n"));
    }
    agreement.is_complete(title);
    outputs
}

fn over_sqlite(folder: &Path) -> Vec<String> {
    let project = project("sqlite:shop.db");
    let database = unpacked(&folder.join("magento.sqlite.gz"));
    std::fs::write(project.path("shop.db"), database).expect("a file in the temporary folder can be written");
    agrees("SQLite", &project, folder)
}

#[test]
fn one_store_view() {
    let Some(folder) = shop_folder("s0") else { return };
    over_sqlite(&folder);
}

#[test]
fn two_websites_and_four_store_views() {
    let Some(folder) = shop_folder("s1") else { return };
    over_sqlite(&folder);
}
