//! `feedmill retry`: what failed and is due, from today's data. Quiet when there is nothing to do.

use std::time::SystemTime;

use super::session::{Databases, RunChoice, Session, Watch};
use super::side_by_side::run_feeds;
use super::{Exit, Failure};
use crate::cli::{Global, Retry};
use crate::definition::feed::FeedDefinition;
use crate::feed::store::{DueFilter, FeedStore};
use crate::plan::Extent;
use crate::run::hold::{Hold, hold};
use crate::run::selection::Selection;
use crate::run::stop::Stop;
use crate::run::summary::{Outcome, Summary};
use crate::terminal::Terminal;

const COMMAND: &str = "retry";

/// The word for what a retry selects.
const SELECTION: &str = "failed";

pub fn run(args: &Retry, global: &Global, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    let (definitions, broken) = session.sound_definitions(&args.feeds)?;
    let mut exit = Exit::Done;
    if let Some(broken) = broken {
        if !args.feeds.is_empty() {
            return Err(broken);
        }
        // One broken file must not stop the retries of all other feeds.
        terminal.error(&broken);
        exit = broken.exit();
    }
    let store = session.store()?;
    let consumer_of = |definition: &FeedDefinition| definition.consumer.value.clone();
    let run = |definition, watch: Watch<'_>| retry(&session, definition, args, store.as_ref(), watch);
    let not_begun =
        |definition: FeedDefinition, signal| Summary::not_begun(&definition.name, COMMAND, SELECTION, signal);
    let ended = run_feeds(definitions, consumer_of, terminal, stop, run, not_begun)?;
    Ok(exit.and(ended))
}

/// The source is opened only when something is due: an idle retry costs a look at the feed store.
pub(super) fn retry(
    session: &Session,
    definition: FeedDefinition,
    args: &Retry,
    store: &dyn FeedStore,
    watch: Watch<'_>,
) -> Result<Summary, Failure> {
    let name = definition.name.clone();
    let mut held = match hold(store, &name, COMMAND, args.run.wait, watch.stop)? {
        Hold::Held(held) => held,
        Hold::Busy(holder) => return Ok(Summary::locked(&name, COMMAND, SELECTION, holder.as_ref())),
    };
    let policy = session.policy(session.consumer(&definition)?, false, args.parked);
    let now = SystemTime::now();
    held.writer.apply_policy(&policy.non_retryable, policy.max_attempts, now)?;
    let due = DueFilter { until: (!args.now).then_some(now), parked_too: args.parked };
    let mut reader = store.reader(&name)?;
    session.check_consumer(&definition, &reader.state()?)?;
    let owners = reader.due_owners(due)?;
    if owners.is_empty() {
        return Ok(Summary::empty(&name, COMMAND, SELECTION, Outcome::Complete));
    }
    let source = session.source()?;
    let feed = session.plan_one(&definition, source.as_ref(), &args.run, Extent::Part)?;
    let choice = RunChoice {
        command: COMMAND,
        flags: args.run.clone(),
        force: false,
        parked_too: args.parked,
        allow_deletes: None,
    };
    let databases = Databases { source: source.as_ref(), store };
    session.run(&feed, &databases, &choice, Selection::Failed(owners), Some(&mut held), watch)
}
