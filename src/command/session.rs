//! What every command that works on feeds opens first: configuration, definitions, source, feed store.

use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use crate::cli::{Global, RunFlags};
use crate::config::{Config, ConsumerConfig, DatabaseUrl};
use crate::consumer::circuit::Circuit;
use crate::consumer::{Consumer, open_consumer};
use crate::definition::feed::FeedDefinition;
use crate::definition::{self, check_consumer};
use crate::feed::change::ChangePolicy;
use crate::feed::sqlite::SqliteStore;
use crate::feed::store::{FeedStore, RunBackoff};
use crate::plan::{Plan, PlanOptions};
use crate::run::hold::HeldFeed;
use crate::run::progress::Progress;
use crate::run::selection::Selection;
use crate::run::stop::Stop;
use crate::run::summary::Summary;
use crate::run::{DeleteGuard, FeedRun, Settings, Target};
use crate::source::Source;
use crate::source::sqlite::SqliteSource;

pub struct Session {
    pub config: Config,
    pub redact: Arc<dyn Fn(&str) -> String + Send + Sync>,
}

/// What the flags of one command say of its runs.
#[derive(Debug, Clone)]
pub struct RunChoice {
    pub command: &'static str,
    pub flags: RunFlags,
    pub force: bool,
    pub parked_too: bool,
    pub allow_deletes: Option<u64>,
}
