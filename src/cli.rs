//! The command line: clap's types and nothing else. What a flag does is decided in [`command`](crate::command).

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::definition::feed::{MOST_BATCH_ITEMS, MOST_THREADS};

/// Builds feed documents from a database and pushes only what changed.
#[derive(Debug, Parser)]
#[command(name = "feedmill", version, about, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 some items failed or are withheld, 2 usage or definition error, \
    3 database unusable, 75 another run holds the feed, 130 and 143 stopped by a signal.")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes, before or after its name.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Configuration file [default: $FEEDMILL_CONFIG, else feedmill.toml]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// How results are printed on stdout
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: Output,
    /// No progress, no log below errors, and no table of a run that went well
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More log: -v what is decided, -vv each request, -vvv everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// How log lines are written on stderr
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: Output,
    /// No progress bar and no progress lines
    #[arg(long, global = true)]
    pub no_progress: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    #[default]
    Text,
    /// One JSON value a line
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(Demo),
    Init(Init),
    Check(Check),
    Reindex(Reindex),
    Retry(Retry),
    Status(Status),
    Explain(Explain),
    Purge(Purge),
    Completions(Completions),
    Man(Man),
}

impl Command {
    /// Whether there may be something in flight to finish when a signal asks to stop. Others are simply ended.
    pub fn finishes_when_stopped(&self) -> bool {
        matches!(self, Command::Demo(_) | Command::Reindex(_) | Command::Retry(_))
    }
}

/// Make a demo shop and show, step by step, what is sent and what is not
///
/// Makes a shop database, a configuration and two feeds, starts a consumer on the loopback interface, and runs
/// against it. The files stay, to play with. Nothing needs to be installed.
#[derive(Debug, Args)]
pub struct Demo {
    /// Folder for the files, new or empty [default: a new temporary one]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
}

/// Draft a configuration and feeds from a database's tables
///
/// Reads tables, columns and foreign keys, guesses from names what is not declared, and writes feedmill.toml and
/// feeds/*.toml that run as they are: the most important tables, a feed each, with the rows that belong to them. What
/// was guessed and what was left out is said. Nothing that is there is overwritten. The password of the URL is not
/// written: the file refers to an environment variable.
#[derive(Debug, Args)]
pub struct Init {
    /// The source database, as `url` in feedmill.toml: sqlite:PATH (from the working directory), postgres://..., mysql://...
    /// [default: the one of the feedmill.toml that is there, which stays as it is and gets more feeds]
    #[arg(long, value_name = "URL", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub source: Option<String>,
    /// Draft this table, whatever it looks like; may be given several times [default: those that seem to matter most]
    #[arg(long, value_name = "TABLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub table: Vec<String>,
}

/// Check configuration and feed definitions, against the live source too
///
/// Every problem of every file is printed, with its place and what would be right. Exits with 2 when there is one.
#[derive(Debug, Args)]
pub struct Check {
    /// Feeds to check [default: all]
    #[arg(value_name = "FEED")]
    pub feeds: Vec<String>,
    /// Build a sample of the documents twice, in different batches, and compare
    #[arg(long)]
    pub determinism: bool,
}

/// Build entities, compare them with the feed table, and send what changed
///
/// Without more, every entity of the feed is built (a full run): new and changed items are sent, and items whose rows
/// are gone are deleted at the consumer where the feed says `entities_removable`. With --ids or --ids-file, only these
/// entities are built; an id that the source does not have any more counts as gone. With --id-field, the ids are
/// values of that field of the document, such as `--id-field sku --ids A-1,A-2`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("given_ids").args(["ids", "ids_file"]).multiple(true))]
pub struct Reindex {
    /// Feeds to run, one after the other
    #[arg(value_name = "FEED", required_unless_present = "all")]
    pub feeds: Vec<String>,
    /// Run every feed
    #[arg(long, conflicts_with = "feeds")]
    pub all: bool,
    #[command(flatten)]
    pub ids: Ids,
    /// Build and compare; send nothing, write nothing, take no lock
    #[arg(long, conflicts_with = "wait")]
    pub dry_run: bool,
    /// Send every living item: unchanged, parked and refused ones too
    #[arg(long)]
    pub force: bool,
    /// Go on where the newest full run stopped, if it did and the definition is the same
    #[arg(long = "continue", conflicts_with_all = ["ids", "ids_file", "force", "dry_run"])]
    pub resume: bool,
    /// Let this run delete up to N items, whatever max_deletes and max_delete_percent say
    #[arg(long, value_name = "N")]
    pub allow_deletes: Option<u64>,
    #[command(flatten)]
    pub run: RunFlags,
}

/// A partial run's entities.
#[derive(Debug, Clone, Default, Args)]
pub struct Ids {
    /// Only these entities
    #[arg(
        long,
        value_name = "ID,ID,...",
        value_delimiter = ',',
        allow_negative_numbers = true,
        conflicts_with = "ids_file",
        value_parser = clap::builder::NonEmptyStringValueParser::new(),
    )]
    pub ids: Vec<String>,
    /// Only the entities that this file names, one a line; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ids_file: Option<PathBuf>,
    /// The ids are values of this field of the document, one that comes from a root column
    #[arg(long, value_name = "FIELD", requires = "given_ids")]
    pub id_field: Option<String>,
}

/// Send again what failed and is due; made for cron
///
/// Entities with a failed item whose time has come are built from today's data and sent. Says nothing when there is
/// nothing to do.
#[derive(Debug, Args)]
pub struct Retry {
    /// Feeds to retry [default: all]
    #[arg(value_name = "FEED")]
    pub feeds: Vec<String>,
    /// All retryable items, whenever they are due
    #[arg(long)]
    pub now: bool,
    /// Items parked after too many failures too
    #[arg(long)]
    pub parked: bool,
    #[command(flatten)]
    pub run: RunFlags,
}

/// Flags of everything that builds and sends.
#[derive(Debug, Clone, Default, Args)]
pub struct RunFlags {
    /// The date that :today stands for [default: today, in the source's time zone]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    pub today: Option<jiff::civil::Date>,
    /// Wait this long for another run of the feed to end, such as 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub wait: Option<Duration>,
    /// Requests in flight at once
    #[arg(long, value_name = "N", value_parser = parse_count::<MOST_THREADS>)]
    pub thread_count: Option<usize>,
    /// Items in a request
    #[arg(long, value_name = "N", value_parser = parse_count::<MOST_BATCH_ITEMS>)]
    pub batch_size: Option<usize>,
}

/// Show each feed: its items by status, what failed and why, its last run
#[derive(Debug, Args)]
pub struct Status {
    /// Feeds to show [default: all]
    #[arg(value_name = "FEED")]
    pub feeds: Vec<String>,
}

/// Show one entity: its documents now, what was last sent, and what a run would do
///
/// Exits with 1 when neither the source nor the feed table knows the entity.
#[derive(Debug, Args)]
pub struct Explain {
    #[arg(value_name = "FEED")]
    pub feed: String,
    /// The entity's key in the source
    #[arg(value_name = "ID", allow_negative_numbers = true)]
    pub id: String,
    /// The date that :today stands for [default: today, in the source's time zone]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    pub today: Option<jiff::civil::Date>,
}

/// Drop rows of deletes that were delivered long ago
#[derive(Debug, Args)]
pub struct Purge {
    /// Feeds to purge [default: all]
    #[arg(value_name = "FEED")]
    pub feeds: Vec<String>,
    /// Keep deletes that are younger than this
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration)]
    pub retention: Duration,
    /// Wait this long for another run of the feed to end, such as 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub wait: Option<Duration>,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct Completions {
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Print the manual page, for man(1)
#[derive(Debug, Args)]
pub struct Man {}

/// `30s`, `500ms`, `1h 30m`, `7d`; a day has 24 hours. A plain `0` is no time at all.
fn parse_duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let wanted = "write a duration such as 30s, 5m, 1h or 7d";
    let span: jiff::Span = text.trim().parse().map_err(|_| wanted.to_string())?;
    let duration = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| format!("{wanted}, without months or years"))?;
    Duration::try_from(duration).map_err(|_| "a duration cannot be negative".to_string())
}

fn parse_date(text: &str) -> Result<jiff::civil::Date, String> {
    jiff::civil::Date::strptime("%Y-%m-%d", text).map_err(|_| "write a date such as 2026-01-31".to_string())
}

fn parse_count<const MOST: i64>(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
    count
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| format!("must be a whole number from 1 to {MOST}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("feedmill").chain(line.split_whitespace()))
    }

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in ["--output json -q status", "status --output json -q"] {
            let cli = parse(line).unwrap();
            assert_eq!(cli.global.output, Output::Json);
            assert!(cli.global.quiet);
        }
    }

    #[test]
    fn contradictions_are_usage_errors() {
        for (line, kind) in [
            ("", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("reindex", ErrorKind::MissingRequiredArgument),
            ("reindex products --all", ErrorKind::ArgumentConflict),
            ("reindex products --ids 1 --ids-file f", ErrorKind::ArgumentConflict),
            ("reindex products --continue --ids 1", ErrorKind::ArgumentConflict),
            ("reindex products --continue --ids-file f", ErrorKind::ArgumentConflict),
            ("reindex products --continue --force", ErrorKind::ArgumentConflict),
            ("reindex products --continue --dry-run", ErrorKind::ArgumentConflict),
            ("reindex products --id-field sku", ErrorKind::MissingRequiredArgument),
            ("reindex products --ids 1,,2", ErrorKind::InvalidValue),
            ("reindex products --today 31.1.2026", ErrorKind::ValueValidation),
            ("reindex products --wait=-5s", ErrorKind::ValueValidation),
            ("reindex products --batch-size 0", ErrorKind::ValueValidation),
            ("reindex products --batch-size 100001", ErrorKind::ValueValidation),
            ("reindex products --thread-count many", ErrorKind::ValueValidation),
            ("reindex products --thread-count 257", ErrorKind::ValueValidation),
            ("reindex products --queue", ErrorKind::UnknownArgument),
            ("serve", ErrorKind::InvalidSubcommand),
            ("-q -v status", ErrorKind::ArgumentConflict),
            ("explain products", ErrorKind::MissingRequiredArgument),
        ] {
            let error = parse(line).expect_err(line);
            assert_eq!(error.kind(), kind, "{line}: {error}");
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn ids_are_cut_at_commas_and_may_be_negative() {
        let Command::Reindex(reindex) = parse("reindex p --ids 1,2 --ids -3 --id-field sku").unwrap().command else {
            panic!("not a reindex")
        };
        assert_eq!(reindex.ids.ids, ["1", "2", "-3"]);
        assert!(parse("reindex p --ids=-3,-4").is_ok());
        assert!(parse("reindex p --ids-file - --id-field sku").is_ok());
        assert!(parse("explain p -3").is_ok());
    }

    #[test]
    fn durations() {
        for (text, expected) in [
            ("500ms", Some(Duration::from_millis(500))),
            ("30s", Some(Duration::from_secs(30))),
            ("1h 30m", Some(Duration::from_secs(5400))),
            ("7d", Some(Duration::from_secs(7 * 86_400))),
            ("2w", Some(Duration::from_secs(14 * 86_400))),
            ("0", Some(Duration::ZERO)),
            ("0s", Some(Duration::ZERO)),
            ("7", None),
            ("-1s", None),
            ("1y", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse_duration(text).ok(), expected, "{text:?}");
        }
    }
}
