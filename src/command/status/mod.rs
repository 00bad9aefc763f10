//! `feedmill status`: where each feed stands.

mod fault;
mod report;
mod text;

use super::session::Session;
use super::{Exit, Failure};
use crate::cli::{Global, Output, Status};
use crate::terminal::Terminal;
use report::{Declared, FeedReport};

pub fn run(args: &Status, global: &Global, terminal: &Terminal) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    let store = session.store()?;
    let with_table = store.feeds()?;
    let files = session.feed_names()?;
    // A feed that is shown has a file, or a table that is left of one.
    let with_file: Vec<String> =
        args.feeds.iter().filter(|feed| files.contains(feed) || !with_table.contains(feed)).cloned().collect();
    let (definitions, broken) = match with_file.as_slice() {
        [] if !args.feeds.is_empty() => (Vec::new(), None),
        names => session.sound_definitions(names)?,
    };
    let asked = |feed: &str| args.feeds.is_empty() || args.feeds.iter().any(|name| name == feed);
    let mut reports = Vec::new();
    for definition in definitions.iter().filter(|definition| asked(&definition.name)) {
        let declared = Declared {
            fingerprint: &definition.fingerprint,
            non_retryable: &session.consumer(definition)?.non_retryable_status,
        };
        let had_table = with_table.contains(&definition.name);
        reports.push(FeedReport::read(store.as_ref(), &definition.name, had_table, Some(&declared))?);
    }
    for feed in with_table.iter().filter(|feed| asked(feed)) {
        if definitions.iter().all(|definition| definition.name != **feed) {
            let mut report = FeedReport::read(store.as_ref(), feed, true, None)?;
            report.orphaned = !files.contains(feed);
            reports.push(report);
        }
    }
    match terminal.output {
        Output::Json => reports.iter().try_for_each(|report| terminal.print_json(report))?,
        // "no feeds" is no answer where the feed that was asked for is wrong.
        Output::Text if reports.is_empty() && broken.is_some() => {}
        Output::Text => terminal.print(&text::render(&reports))?,
    }
    if let Some(broken) = broken {
        terminal.error(&broken);
        return Ok(broken.exit());
    }
    Ok(Exit::Done)
}
