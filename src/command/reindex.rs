//! `feedmill reindex`: a full run, a partial one, or a rehearsal of either.

use std::io::Read;

use super::session::{Databases, Feed, RunChoice, Session, Watch};
use super::side_by_side::run_feeds;
use super::{Exit, Failure};
use crate::cli::{Global, Ids, Reindex};
use crate::definition::feed::FeedDefinition;
use crate::digest::FeedId;
use crate::entity::EntityKey;
use crate::feed::store::{FeedReader, FeedStore};
use crate::plan::Extent;
use crate::run::hold::{Hold, hold};
use crate::run::selection::Selection;
use crate::run::stop::Stop;
use crate::run::summary::Summary;
use crate::source::Source;
use crate::terminal::Terminal;

const COMMAND: &str = "reindex";

pub fn run(args: &Reindex, global: &Global, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    let definitions = session.definitions(&args.feeds)?;
    let ids = listed_ids(&args.ids)?;
    let extent = if ids.is_some() { Extent::Part } else { Extent::Whole };
    let source = session.source()?;
    // Every feed and every id is looked at before anything is sent anywhere.
    let feeds = session.plan(definitions, source.as_ref(), &args.run, Extent::Nothing)?;
    let store = session.store()?;
    let databases = Databases { source: source.as_ref(), store: store.as_ref() };
    let mut selections = Vec::with_capacity(feeds.len());
    for feed in &feeds {
        selections.push(selection(args, ids.as_deref(), feed, &databases)?);
    }
    let choice = RunChoice {
        command: COMMAND,
        flags: args.run.clone(),
        force: args.force,
        parked_too: false,
        allow_deletes: args.allow_deletes,
    };
    let consumer_of = |(feed, _): &(&Feed, Selection)| feed.definition.consumer.value.clone();
    let feeds = feeds.iter().zip(selections).collect();
    let run = |(feed, selection): (&Feed, Selection), watch: Watch<'_>| {
        if args.dry_run {
            let feed = session.plan_one(&feed.definition, databases.source, &args.run, extent)?;
            session.run(&feed, &databases, &choice, selection, None, watch)
        } else {
            run_held(&session, &feed.definition, extent, &databases, &choice, selection, watch)
        }
    };
    let not_begun = |(feed, selection): (&Feed, Selection), signal| {
        Summary::not_begun(&feed.definition.name, COMMAND, selection.word(), signal)
    };
    run_feeds(feeds, consumer_of, terminal, stop, run, not_begun)
}

/// One feed under its lock. It is planned there, since a plan holds what it has read of the source: that must not be older
/// than what an earlier run has sent.
pub(super) fn run_held(
    session: &Session,
    definition: &FeedDefinition,
    extent: Extent,
    databases: &Databases<'_>,
    choice: &RunChoice,
    selection: Selection,
    watch: Watch<'_>,
) -> Result<Summary, Failure> {
    let name = &definition.name;
    match hold(databases.store, name, choice.command, choice.flags.wait, watch.stop)? {
        Hold::Held(mut held) => {
            let feed = session.plan_one(definition, databases.source, &choice.flags, extent)?;
            session.run(&feed, databases, choice, selection, Some(&mut held), watch)
        }
        Hold::Busy(holder) => Ok(Summary::locked(name, choice.command, selection.word(), holder.as_ref())),
    }
}

/// The ids as they were given; `None` for a full run.
fn listed_ids(ids: &Ids) -> Result<Option<Vec<String>>, Failure> {
    let Some(file) = &ids.ids_file else {
        return Ok((!ids.ids.is_empty()).then(|| ids.ids.clone()));
    };
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(|error| Failure::usage(format!("cannot read ids from {}: {error}", file.display())))?;
    Ok(Some(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()))
}

fn selection(
    args: &Reindex,
    ids: Option<&[String]>,
    feed: &Feed,
    databases: &Databases<'_>,
) -> Result<Selection, Failure> {
    let Some(ids) = ids else {
        return Ok(if args.resume { Selection::Resume } else { Selection::All { after: None } });
    };
    let keys = match &args.ids.id_field {
        Some(field) => keys_by_field(feed, field, ids, databases.source, databases.store)?,
        None => ids.iter().map(|id| feed.key(id)).collect::<Result<_, _>>()?,
    };
    Ok(Selection::Ids(keys))
}

/// Entities with these values of a field: those that have them now, and those that were last sent with one that no entity
/// has any more.
fn keys_by_field(
    feed: &Feed,
    field: &str,
    values: &[String],
    source: &dyn Source,
    store: &dyn FeedStore,
) -> Result<Vec<EntityKey>, Failure> {
    let lookup = feed.plan.keys_by_field(field).map_err(|error| Failure::usage(error.to_string()))?;
    let mut source = source.connect()?;
    let found = lookup.find(source.as_mut(), values)?;
    let missing: Vec<String> =
        values.iter().filter(|value| !found.iter().any(|known| known.value == **value)).cloned().collect();
    let mut keys: Vec<EntityKey> = found.into_iter().map(|found| found.key).collect();
    if !missing.is_empty() {
        let mut store = store.reader(&feed.definition.name)?;
        keys.extend(last_sent_with(feed, field, &missing, store.as_mut())?);
    }
    Ok(keys)
}

/// Owners of rows that were sent with one of these values. Where the field alone is the identity, its hash leads to the
/// row; else the stored JSON has to be looked through.
fn last_sent_with(
    feed: &Feed,
    field: &str,
    values: &[String],
    store: &mut dyn FeedReader,
) -> Result<Vec<EntityKey>, Failure> {
    let identity = &feed.definition.identity;
    if let [only] = identity.as_slice()
        && only.value.0 == [field]
    {
        let mut owners = Vec::new();
        for value in values {
            let as_text = serde_json::Value::from(value.as_str()).to_string();
            for json in [as_text.as_str(), value.as_str()] {
                let row = store.row(&FeedId::of_identity(format!("[{json}]").as_bytes()))?;
                owners.extend(row.map(|row| row.owner));
            }
        }
        return Ok(owners);
    }
    Ok(store.owners_by_value(&[field.to_owned()], values)?)
}
