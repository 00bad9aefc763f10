//! Log lines on stderr: of this program alone.
//!
//! The HTTP client logs whole requests with their headers; nothing of what libraries log is let through, since
//! secrets could be in it.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::Terminal;
use crate::cli::{Global, Output};

pub(super) fn start(global: &Global, terminal: Terminal) {
    let given = !global.quiet && global.verbose == 0;
    let from_environment = given.then(|| EnvFilter::try_from_default_env().ok()).flatten();
    let filter =
        from_environment.unwrap_or_else(|| EnvFilter::new(format!("feedmill={}", level(global.quiet, global.verbose))));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Lines(terminal))
        .with_ansi(false)
        .log_internal_errors(false);
    // Not `init`, which would also pass on what libraries write to the `log` crate.
    let set = match global.log_format {
        Output::Text => tracing::subscriber::set_global_default(log.finish()),
        Output::Json => tracing::subscriber::set_global_default(log.json().finish()),
    };
    debug_assert!(set.is_ok(), "the log is started once");
}

fn level(quiet: bool, verbose: u8) -> &'static str {
    match verbose {
        _ if quiet => "error",
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    }
}

/// Writes each event above the progress bar.
struct Lines(Terminal);

struct Line<'a>(&'a Terminal);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

impl io::Write for Line<'_> {
    /// Called once for each event, with its whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.say(String::from_utf8_lossy(line).trim_end_matches('\n'));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn each_v_says_more() {
        assert_eq!(level(true, 0), "error");
        let levels: Vec<_> = (0..=4).map(|verbose| level(false, verbose)).collect();
        assert_eq!(levels, ["warn", "info", "debug", "trace", "trace"]);
    }
}
