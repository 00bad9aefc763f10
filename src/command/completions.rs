//! `feedmill completions SHELL`

use clap::CommandFactory;

use super::exit::{Exit, Failure};
use crate::cli::{Cli, Completions};
use crate::terminal::Terminal;

pub fn run(args: &Completions, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "feedmill", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
