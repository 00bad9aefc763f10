//! A file per subcommand: wiring between the command line, the stages and the terminal; no logic of its own.

mod completions;
mod demo;
pub mod exit;
mod man;
mod status;

use crate::cli::{Cli, Command};
use crate::run::stop::Stop;
use crate::terminal::Terminal;
pub use exit::{Exit, Failure};

/// Runs the command that was asked for.
pub fn run(cli: &Cli, terminal: &Terminal, stop: &Stop) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Completions(args) => completions::run(args, terminal),
        Command::Man(_) => man::run(terminal),
        _ => Ok(Exit::Done),
    }
}
