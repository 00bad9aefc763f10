//! Several feeds in one command: those of different consumers side by side, so that a slow or dead one holds up no other;
//! those of one consumer one after the other, in their order, as they share what it can take.

use std::panic::resume_unwind;
use std::thread;

use indexmap::IndexMap;

use super::session::{Watch, report};
use super::{Exit, Failure};
use crate::run::stop::Stop;
use crate::run::summary::Summary;
use crate::terminal::Terminal;

/// Runs `feeds` and prints how each ended, as soon as it has. `consumer_of` names a feed's consumer. The first feed of a
/// consumer begins even after a signal, and settles what a killed run has left of it; those behind it are `not_begun`.
pub(super) fn run_feeds<T: Send>(
    feeds: Vec<T>,
    consumer_of: impl Fn(&T) -> String,
    terminal: &Terminal,
    stop: &Stop,
    run: impl Fn(T, Watch<'_>) -> Result<Summary, Failure> + Sync,
    not_begun: impl Fn(T, i32) -> Summary + Sync,
) -> Result<Exit, Failure> {
    let mut groups: IndexMap<String, Vec<T>> = IndexMap::new();
    for feed in feeds {
        groups.entry(consumer_of(&feed)).or_default().push(feed);
    }
    let in_turn = |feeds: Vec<T>| -> Result<Exit, Failure> {
        let progress = terminal.progress();
        let mut exit = Exit::Done;
        for (position, feed) in feeds.into_iter().enumerate() {
            let ended = match stop.signal() {
                Some(signal) if position > 0 => Ok(not_begun(feed, signal)),
                _ => run(feed, Watch { progress: progress.as_ref(), stop }),
            };
            exit = exit.and(report(ended, terminal, stop)?);
        }
        Ok(exit)
    };
    let mut groups = groups.into_values();
    // The last of them, mostly the only one, needs no thread of its own.
    let Some(last) = groups.next_back() else { return Ok(Exit::Done) };
    thread::scope(|scope| {
        let in_turn = &in_turn;
        let others: Vec<_> = groups.map(|feeds| scope.spawn(move || in_turn(feeds))).collect();
        let mut ended = vec![in_turn(last)];
        ended.extend(others.into_iter().map(|group| group.join().unwrap_or_else(|panic| resume_unwind(panic))));
        ended.into_iter().try_fold(Exit::Done, |exit, group| Ok(exit.and(group?)))
    })
}
