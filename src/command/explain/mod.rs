//! `feedmill explain`: one entity, from the source to the feed table.

mod difference;
mod finding;
mod json;
mod text;

use super::session::Session;
use super::{Exit, Failure};
use crate::cli::{Explain, Global, Output, RunFlags};
use crate::plan::Extent;
use crate::terminal::Terminal;
use finding::Investigation;

pub fn run(args: &Explain, global: &Global, terminal: &Terminal) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    let definitions = session.definitions(std::slice::from_ref(&args.feed))?;
    let source = session.source()?;
    let flags = RunFlags { today: args.today, ..RunFlags::default() };
    let store = session.store()?;
    let mut exit = Exit::Done;
    // One feed was named, and so there is one.
    for feed in session.plan(definitions, source.as_ref(), &flags, Extent::Part)? {
        let key = feed.key(&args.id)?;
        let policy = session.policy(session.consumer(&feed.definition)?, false, false);
        let mut source = source.connect()?;
        let mut store = store.reader(&feed.definition.name)?;
        let mut investigation = Investigation {
            definition: &feed.definition,
            plan: &feed.plan,
            policy: &policy,
            source: source.as_mut(),
            store: store.as_mut(),
        };
        let finding = investigation.look_at(&key)?;
        match terminal.output {
            Output::Json => terminal.print_json(&finding)?,
            Output::Text => terminal.print(&text::render(&finding))?,
        }
        if finding.is_unknown() {
            exit = Exit::Failures;
        }
    }
    Ok(exit)
}
