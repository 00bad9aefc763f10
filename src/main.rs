//! Parse, run, print what went wrong, exit.

use std::process::ExitCode;
use std::thread;

use clap::Parser;
use feedmill::cli::Cli;
use feedmill::command;
use feedmill::run::stop::Stop;
use feedmill::terminal::Terminal;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(&cli.global);
    terminal.start_log(&cli.global);
    survive_file_size_limit();
    let stop = Stop::default();
    if let Err(error) = watch_signals(cli.command.finishes_when_stopped(), stop.clone(), terminal.clone()) {
        terminal.say(&format!("feedmill: signals will end this at once, since they cannot be watched: {error}"));
    }
    match command::run(&cli, &terminal, &stop) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            terminal.error(&failure);
            failure.exit().into()
        }
    }
}

/// A file that may grow no more (`ulimit -f`) is a failed write, as a full disk is: the run ends in order and says so,
/// where the signal's own way is to kill the process. Where it cannot be caught, that stays its way.
fn survive_file_size_limit() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

/// The first signal asks for an orderly end where there is something to finish; the next one ends at once.
fn watch_signals(orderly: bool, stop: Stop, terminal: Terminal) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if !orderly || stop.is_requested() {
                signal_hook::low_level::exit(128 + signal);
            }
            stop.request(signal);
            terminal.say("feedmill: finishing what is in flight; a second signal stops at once");
        }
    })?;
    Ok(())
}
