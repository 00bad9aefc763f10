//! `feedmill purge`: drops what is kept of deletes that were delivered long ago.

use std::time::SystemTime;

use serde::Serialize;

use super::session::Session;
use super::{Exit, Failure};
use crate::cli::{Global, Output, Purge};
use crate::feed::store::{FeedStore, Holder};
use crate::run::hold::{Hold, hold};
use crate::run::stop::Stop;
use crate::run::summary::Summary;
use crate::terminal::{Terminal, count};

const COMMAND: &str = "purge";

/// What `--output json` prints for a feed.
#[derive(Debug, Serialize)]
struct Purged {
    feed: String,
    purged: u64,
    /// Another run holds the feed; nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_by: Option<Holder>,
}

pub fn run(args: &Purge, global: &Global, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    let definitions = session.definitions(&args.feeds)?;
    let before = SystemTime::now().checked_sub(args.retention).unwrap_or(SystemTime::UNIX_EPOCH);
    let store = session.store()?;
    let mut exit = Exit::Done;
    for definition in definitions {
        exit = exit.and(purge(&definition.name, before, args, store.as_ref(), terminal, stop)?);
        if let Some(signal) = stop.signal() {
            return Ok(exit.and(Exit::Signal(signal)));
        }
    }
    Ok(exit)
}

fn purge(
    feed: &str,
    before: SystemTime,
    args: &Purge,
    store: &dyn FeedStore,
    terminal: &Terminal,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let mut result = Purged { feed: feed.to_owned(), purged: 0, locked_by: None };
    let exit = match hold(store, feed, COMMAND, args.wait, stop)? {
        Hold::Held(_held) => {
            result.purged = store.purge(feed, before)?;
            Exit::Done
        }
        Hold::Busy(holder) => {
            terminal.say_notes(&Summary::locked(feed, COMMAND, "", holder.as_ref()));
            result.locked_by = holder;
            Exit::Locked
        }
    };
    match terminal.output {
        Output::Json => terminal.print_json(&result)?,
        Output::Text if exit == Exit::Done => {
            terminal.print(&format!("{feed}: {} rows of delivered deletes dropped\n", count(result.purged)))?;
        }
        Output::Text => {}
    }
    Ok(exit)
}
