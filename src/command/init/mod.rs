//! `feedmill init`: a database's tables -> feedmill.toml and draft feeds that run as they are.

mod address;
mod files;
mod project;
mod report;
mod sizes;
mod trial;

use super::session::Session;
use super::{Exit, Failure};
use crate::cli::{Global, Init};
use crate::config::Config;
use crate::draft::{self, Doubts, Drafts, Wish};
use crate::source::Source;
use crate::source::catalog::Catalog;
use crate::terminal::Terminal;
use project::Project;
use report::Report;

/// Rounds in which columns that hold something else than their types say are drafted otherwise.
const ROUNDS: usize = 8;

pub fn run(args: &Init, global: &Global, terminal: &Terminal) -> Result<Exit, Failure> {
    let file = Config::find(global.config.as_deref());
    let project = Project::begin(&file, args.source.as_deref())?;
    let session = Session::new(project.config.clone());
    let source = session.source()?;
    let mut catalog = source.connect()?.catalog()?;
    if args.table.is_empty() {
        // Who may see all databases of a server named one of them.
        catalog.tables.retain(|table, _| !source.dialect().is_elsewhere(table));
    }
    let drafts = drafts(args, &project, &session, source.as_ref(), &catalog)?;
    if drafts.feeds.is_empty() {
        return Err(Failure::usage(report::nothing_to_draft(source.location(), &drafts)));
    }
    let paths = project.write(&drafts.feeds)?;
    Report::new(&project, &paths, &drafts, source.location(), &catalog, global).print(terminal)?;
    Ok(Exit::Done)
}

/// Drafts that are sound against the source, and of which a sample of documents could be built.
fn drafts(
    args: &Init,
    project: &Project,
    session: &Session,
    source: &dyn Source,
    catalog: &Catalog,
) -> Result<Drafts, Failure> {
    let mut reader = source.connect()?;
    let sizes = sizes::count(reader.as_mut(), source.dialect(), catalog)?;
    let mut wish = Wish { tables: args.table.clone(), consumer: project.consumer.clone(), doubts: Doubts::default() };
    let mut rounds = 0;
    loop {
        let mut drafts = draft::draft(catalog, &sizes, &wish).map_err(|error| Failure::usage(error.to_string()))?;
        let tried = trial::run(session, source, catalog, &drafts.feeds)?;
        rounds += 1;
        if rounds < ROUNDS && trial::doubt(&mut wish.doubts, &tried.doubtful) {
            continue;
        }
        if let (Some(refused), false) = (tried.refused.first(), args.table.is_empty()) {
            return Err(Failure::usage(format!("the table {} cannot have a feed: {}", refused.table, refused.reason)));
        }
        for refused in tried.refused {
            drafts.leave_out(&refused.table, refused.reason);
        }
        return Ok(drafts);
    }
}
