//! A file per subcommand: wiring between the command line, the stages and the terminal; no logic of its own.

mod check;
mod completions;
mod demo;
pub mod exit;
mod explain;
mod init;
mod man;
mod purge;
mod reindex;
mod retry;
pub mod session;
mod shell;
mod side_by_side;
mod status;

use crate::cli::{Cli, Command};
use crate::run::stop::Stop;
use crate::terminal::Terminal;
pub use exit::{Exit, Failure};

/// Runs the command that was asked for.
pub fn run(cli: &Cli, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Demo(args) => demo::run(args, global, terminal, stop),
        Command::Init(args) => init::run(args, global, terminal),
        Command::Check(args) => check::run(args, global, terminal),
        Command::Reindex(args) => reindex::run(args, global, terminal, stop),
        Command::Retry(args) => retry::run(args, global, terminal, stop),
        Command::Status(args) => status::run(args, global, terminal),
        Command::Explain(args) => explain::run(args, global, terminal),
        Command::Purge(args) => purge::run(args, global, terminal, stop),
        Command::Completions(args) => completions::run(args, terminal),
        Command::Man(_) => man::run(terminal),
    }
}
