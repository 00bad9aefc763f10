//! Whether drafts run: each is checked as `feedmill check` does, and a sample of its documents is built.

use super::super::Failure;
use super::super::session::Session;
use crate::cli::RunFlags;
use crate::definition;
use crate::definition::problem::SourceFile;
use crate::document::{Assembler, Built};
use crate::draft::{Doubts, FeedDraft};
use crate::plan::{Extent, Plan, PlanError};
use crate::run::selection::{Batches, Selection};
use crate::source::catalog::Catalog;
use crate::source::{Source, SourceError, SourceReader};

/// Entities of a sample: enough to meet most shapes of rows, few enough for a dozen feeds in a few seconds.
const SAMPLE: usize = 1_000;

#[derive(Default)]
pub struct Tried {
    pub refused: Vec<Refused>,
    /// Columns, by table and name, that hold values which cannot be written as they were drafted.
    pub doubtful: Vec<(String, String)>,
}

/// A table of which no draft runs.
pub struct Refused {
    pub table: String,
    pub reason: String,
}

pub fn run(session: &Session, source: &dyn Source, catalog: &Catalog, drafts: &[FeedDraft]) -> Result<Tried, Failure> {
    let mut reader = source.connect()?;
    let mut tried = Tried::default();
    for draft in drafts {
        match try_out(session, source, reader.as_mut(), catalog, draft) {
            Ok(invalid) => tried.doubtful.extend(invalid.iter().filter_map(|place| column(place, catalog))),
            // What the database refuses here, a run would be refused too: tables that this user may not read, for one.
            Err(PlanError::Source(SourceError::Query { message, .. } | SourceError::Database { message })) => {
                tried.refused.push(Refused { table: draft.table.clone(), reason: message });
            }
            Err(PlanError::Problems(problems)) => {
                let reason = problems.list.first().map(|problem| problem.message.clone()).unwrap_or_default();
                tracing::warn!(table = draft.table, "{problems}");
                tried.refused.push(Refused { table: draft.table.clone(), reason });
            }
            Err(PlanError::Source(error)) => return Err(error.into()),
        }
    }
    Ok(tried)
}

/// The places of what is invalid in a sample, such as `made (film.made)`.
fn try_out(
    session: &Session,
    source: &dyn Source,
    reader: &mut dyn SourceReader,
    catalog: &Catalog,
    draft: &FeedDraft,
) -> Result<Vec<String>, PlanError> {
    let file = SourceFile::new(format!("{}.toml", draft.name), draft.text.as_str());
    let definition = definition::parse(file).map_err(PlanError::Problems)?;
    let options = session.plan_options(&RunFlags::default(), Extent::Part);
    let plan = Plan::new(&definition, catalog, reader, source.dialect(), options)?;
    let mut assembler = Assembler::new(&plan);
    let mut built = Built::default();
    let batches = Batches::new(&Selection::All { after: None });
    let mut places = Vec::new();
    let mut entities = 0;
    while entities < SAMPLE {
        let Some(batch) = batches.next(&plan, reader)? else { break };
        assembler.build(reader, &batch.entities, &mut built)?;
        entities += built.entities.len().max(1);
        places.extend(built.invalid.iter().map(|invalid| invalid.column.clone()));
        batches.learn(batch.root_rows, &built);
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// The table and column of a place.
fn column(place: &str, catalog: &Catalog) -> Option<(String, String)> {
    let label = place.rsplit_once(" (").and_then(|(_, label)| label.strip_suffix(')')).unwrap_or(place);
    catalog.tables.values().find_map(|table| {
        let name = label.strip_prefix(table.name.as_str())?.strip_prefix('.')?;
        let found = table.columns.iter().find(|column| column.name == name)?;
        Some((table.name.clone(), found.name.clone()))
    })
}

/// Adds to the doubts; false where there is nothing new to be doubted.
pub fn doubt(doubts: &mut Doubts, doubtful: &[(String, String)]) -> bool {
    let known = doubts.clone();
    for column in doubtful {
        // What is not even text is left out.
        let list = if known.as_text.contains(column) { &mut doubts.unreadable } else { &mut doubts.as_text };
        list.insert(column.clone());
    }
    *doubts != known
}
