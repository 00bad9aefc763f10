//! Documents end to end: a definition as TOML text, an SQLite file, the JSON that comes out.

mod arrays;
mod broken;
mod eav;
mod example;
mod held;
mod isolation;
mod keys;
mod named;
mod named_tables;
mod order;
mod outer;
mod relations;
mod several_keys;
mod spans;
mod summaries;
mod values;

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{Assembler, Built, EntityBatch};
use crate::definition::feed::FeedDefinition;
use crate::definition::problem::SourceFile;
use crate::digest::FeedHash;
use crate::entity::EntityKey;
use crate::plan::{Extent, Plan, PlanError, PlanOptions};
use crate::source::sqlite::SqliteSource;
use crate::source::{Source, SourceReader};

/// A source database in a temporary folder.
pub(super) struct Shop {
    folder: tempfile::TempDir,
    pub timezone: &'static str,
    pub extent: Extent,
}

impl Shop {
    pub fn new(sql: &str) -> Self {
        let shop = Shop { folder: tempfile::tempdir().unwrap(), timezone: "UTC", extent: Extent::Part };
        shop.run(sql);
        shop
    }

    pub fn run(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.folder.path().join("shop.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    pub fn reader(&self) -> Box<dyn SourceReader> {
        self.source().connect().unwrap()
    }

    pub fn source(&self) -> SqliteSource {
        SqliteSource::open(&self.folder.path().join("shop.db")).unwrap()
    }

    pub fn plan(&self, feed: &str) -> Plan {
        match self.try_plan(feed) {
            Ok(plan) => plan,
            Err(error) => panic!("{error}"),
        }
    }

    pub fn try_plan(&self, feed: &str) -> Result<Plan, PlanError> {
        let definition = definition(feed);
        let source = self.source();
        let mut reader = source.connect().unwrap();
        let catalog = reader.catalog().unwrap();
        let options = PlanOptions {
            mask_key: Some(b"secret".to_vec()),
            timezone: TimeZone::get(self.timezone).unwrap(),
            today: "2024-06-01".to_owned(),
            extent: self.extent,
        };
        Plan::new(&definition, &catalog, reader.as_mut(), source.dialect(), options)
    }

    /// All entities as one range.
    pub fn build(&self, feed: &str) -> Documents {
        let plan = self.plan(feed);
        let mut reader = self.reader();
        let range = plan.next_range(reader.as_mut(), None, 1_000_000).unwrap().range;
        let built = match range {
            Some(range) => {
                let batch = EntityBatch::Range { first: range.first, last: range.last };
                let built = build(&plan, reader.as_mut(), &batch);
                // Whether as a range, listed, or one by one: the documents are the same.
                let keys: Vec<EntityKey> = built.entities.iter().map(|entity| entity.key.clone()).collect();
                let listed = build(&plan, reader.as_mut(), &EntityBatch::Listed(keys.clone()));
                assert_eq!(rendered(&listed), rendered(&built));
                let alone: String = keys
                    .into_iter()
                    .map(|key| rendered(&build(&plan, reader.as_mut(), &EntityBatch::Listed(vec![key]))))
                    .collect();
                assert_eq!(alone, rendered(&built));
                built
            }
            None => Built::default(),
        };
        Documents { built }
    }

    /// The problems that a feed has with this source, one a line: `path: text under the span: message (help)`.
    pub fn problems(&self, feed: &str) -> String {
        match self.try_plan(feed) {
            Ok(_) => String::new(),
            Err(PlanError::Problems(problems)) => {
                let mut lines = String::new();
                for problem in &problems.list {
                    let under = &problems.file.text[problem.span.clone()];
                    let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
                    writeln!(lines, "{}: {under}: {}{help}", problem.path, problem.message).unwrap();
                }
                lines
            }
            Err(PlanError::Source(error)) => panic!("{error}"),
        }
    }
}

fn definition(feed: &str) -> FeedDefinition {
    match crate::definition::parse(SourceFile::new("feeds/products.toml", feed)) {
        Ok(definition) => definition,
        Err(problems) => panic!("{problems}"),
    }
}

pub(super) fn build(plan: &Plan, reader: &mut dyn SourceReader, batch: &EntityBatch) -> Built {
    let mut built = Built::default();
    let mut assembler = Assembler::new(plan);
    assembler.build(reader, batch, &mut built).unwrap();
    let first = rendered(&built);
    // Nothing of a batch is left over for the next.
    assembler.build(reader, batch, &mut built).unwrap();
    assert_eq!(rendered(&built), first);
    check(&built);
    built
}

/// What holds of every batch, whatever is in it.
fn check(built: &Built) {
    for item in &built.items {
        let document: serde_json::Value = serde_json::from_slice(built.bytes(&item.document)).unwrap();
        assert!(document.is_object());
        assert!(serde_json::from_slice::<serde_json::Value>(built.bytes(&item.minimal)).unwrap().is_object());
        assert!(serde_json::from_slice::<serde_json::Value>(built.bytes(&item.identity)).unwrap().is_array());
        let holes = &built.holes[item.holes.clone()];
        let mut from = item.document.start;
        let mut hashed = Vec::new();
        for hole in holes {
            assert!(from <= hole.start && hole.start < hole.end && hole.end <= item.document.end, "{holes:?}");
            hashed.extend_from_slice(&built.arena[from..hole.start]);
            from = hole.end;
        }
        hashed.extend_from_slice(&built.arena[from..item.document.end]);
        serde_json::from_slice::<serde_json::Value>(&hashed).expect("what is hashed is JSON");
    }
    let items: usize = built.entities.iter().map(|entity| entity.items.len()).sum();
    let invalid: usize = built.entities.iter().map(|entity| entity.invalid.len()).sum();
    assert_eq!((items, invalid), (built.items.len(), built.invalid.len()));
}

/// Everything of a batch as text.
fn rendered(built: &Built) -> String {
    let mut text = String::new();
    for entity in &built.entities {
        writeln!(text, "{}", entity.key).unwrap();
        for item in &built.items[entity.items.clone()] {
            let part = |range| String::from_utf8(built.bytes(range).to_vec()).unwrap();
            writeln!(text, "  {} {} {}", part(&item.document), part(&item.minimal), part(&item.identity)).unwrap();
        }
        for invalid in &built.invalid[entity.invalid.clone()] {
            writeln!(text, "  invalid {}: {}", invalid.column, invalid.reason).unwrap();
        }
    }
    text
}

/// What was built, for looking at.
pub(super) struct Documents {
    pub built: Built,
}

impl Documents {
    /// The documents, one a line.
    pub fn text(&self) -> String {
        let texts = self.built.items.iter().map(|item| String::from_utf8(self.built.bytes(&item.document).to_vec()));
        texts.map(|text| text.unwrap() + "\n").collect()
    }

    /// The only document, without `"id":N` at its beginning.
    pub fn only(&self) -> String {
        assert_eq!((self.built.items.len(), self.invalid().as_str()), (1, ""));
        self.text().trim_end().to_owned()
    }

    pub fn minimal(&self) -> String {
        let item = &self.built.items[0];
        String::from_utf8(self.built.bytes(&item.minimal).to_vec()).unwrap()
    }

    pub fn identities(&self) -> Vec<String> {
        let items = self.built.items.iter();
        items.map(|item| String::from_utf8(self.built.bytes(&item.identity).to_vec()).unwrap()).collect()
    }

    pub fn hashes(&self) -> Vec<FeedHash> {
        self.built.hashes()
    }

    /// `key: column: reason`, one a line.
    pub fn invalid(&self) -> String {
        let mut text = String::new();
        for entity in &self.built.entities {
            for invalid in &self.built.invalid[entity.invalid.clone()] {
                writeln!(text, "{}: {}: {}", entity.key, invalid.column, invalid.reason).unwrap();
            }
        }
        text
    }
}

/// A feed over the table `product` with its key `id`, and these further lines of the file.
pub(super) fn feed(rest: &str) -> String {
    format!(
        "name = \"products\"\nconsumer = \"search\"\nidentity = [\"id\"]\n{}",
        if rest.contains("[entity]") {
            rest.to_owned()
        } else {
            format!("[entity]\ntable = \"product\"\nkey = \"id\"\n{rest}")
        }
    )
}
