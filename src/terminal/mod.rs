//! What a person or a program sees: results on stdout; progress, notes, log lines and errors on stderr.
//!
//! The only module that knows indicatif or prints a summary. Everything for stderr goes through one [`Terminal`], so
//! that no line tears a progress bar. A reader that goes away (`feedmill ... | head`) is no error.

mod log;
mod progress;
mod summary;
pub mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use indicatif::{HumanBytes, HumanCount, MultiProgress, ProgressDrawTarget};

use crate::cli::{Global, Output};
use crate::run::progress::{Progress, Silent};
use crate::run::summary::Summary;
use progress::TerminalProgress;

/// Cloned freely; all clones share the one screen.
#[derive(Clone)]
pub struct Terminal {
    pub output: Output,
    quiet: bool,
    progress: Shown,
    bars: MultiProgress,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// A bar that is drawn over and over: stderr is a terminal.
    Bar,
    /// A line now and then: stderr is a file or a pipe.
    Lines,
}

impl Terminal {
    pub fn new(global: &Global) -> Self {
        let progress = match io::stderr().is_terminal() {
            _ if global.quiet || global.no_progress => Shown::Nothing,
            true => Shown::Bar,
            false => Shown::Lines,
        };
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Terminal { output: global.output, quiet: global.quiet, progress, bars }
    }

    /// Sends log lines of this program to stderr from now on.
    pub fn start_log(&self, global: &Global) {
        log::start(global, self.clone());
    }

    /// The progress of one run after the other.
    pub fn progress(&self) -> Box<dyn Progress> {
        match self.progress {
            Shown::Nothing if self.quiet => Box::new(Silent),
            shown => Box::new(TerminalProgress::new(self.clone(), shown)),
        }
    }

    /// Writes results to stdout. A closed pipe is no error: whoever read has had enough.
    pub fn print(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// A line of JSON on stdout.
    pub fn print_json(&self, value: &impl serde::Serialize) -> io::Result<()> {
        let mut line = serde_json::to_string(value)?;
        line.push('\n');
        self.print(&line)
    }

    /// A run's result on stdout, and on stderr what a person should know about it.
    pub fn print_summary(&self, summary: &Summary) -> io::Result<()> {
        match self.output {
            Output::Json => self.print_json(summary)?,
            Output::Text if self.quiet && summary::went_well(summary) => {}
            Output::Text => self.print(&summary::table(summary))?,
        }
        self.say_notes(summary);
        Ok(())
    }

    /// What a person should know about a run: who holds the feed, why it stopped early, what could not be built.
    pub fn say_notes(&self, summary: &Summary) {
        for note in summary::notes(summary) {
            self.say(&note);
        }
    }

    /// Whether results on stdout may have colours.
    pub fn colors(&self) -> bool {
        io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// A line on stderr, above any progress bar. Nothing can be done when stderr is closed.
    pub fn say(&self, line: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    /// Why a command failed, with the chain of causes.
    pub fn error(&self, error: &dyn std::error::Error) {
        let mut before = error.to_string();
        // Problems of definitions are rendered as a compiler does, and speak for themselves.
        let mut text = if before.starts_with("error") { before.clone() } else { format!("feedmill: {before}") };
        let mut next = error.source();
        while let Some(cause) = next {
            let words = cause.to_string();
            // A cause that the error before it has in its own words should not be read twice.
            if !before.contains(&words) {
                let _ = write!(text, "\n  because: {words}");
            }
            before = words;
            next = cause.source();
        }
        self.say(&lines(&text));
    }
}

/// `12,345`
pub fn count(n: u64) -> String {
    HumanCount(n).to_string()
}

/// `47.08 KiB`
pub fn bytes(n: u64) -> String {
    HumanBytes(n).to_string()
}

/// `812 ms`, `3.2 s`, `4 min 10 s`
pub fn milliseconds(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => match (ms / 60_000, ms % 60_000 / 1_000) {
            (minutes @ 0..60, seconds) => format!("{minutes} min {seconds} s"),
            (minutes, _) => format!("{} h {} min", minutes / 60, minutes % 60),
        },
    }
}

/// Text from outside on one line of a terminal: without control characters, which could move the cursor or worse.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// As [`plain`], of more lines than one.
fn lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        for (ms, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (59_999, "59.9 s"),
            (60_000, "1 min 0 s"),
            (250_000, "4 min 10 s"),
            (3_600_000, "1 h 0 min"),
            (90_000_000, "25 h 0 min"),
        ] {
            assert_eq!(milliseconds(ms), text);
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(plain("a\x1b[31mb\nc\u{9b}"), "a [31mb c ");
    }
}
