//! A run's progress: a bar on a terminal, a plain line every [`LINE_EVERY`] elsewhere.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Shown, Terminal, count, milliseconds};
use crate::run::progress::Progress;

/// Rare enough for a log that cron mails, often enough to see that a long run lives.
const LINE_EVERY: Duration = Duration::from_secs(30);
/// The clock and the rate on the bar go on while a slow consumer lets nothing happen.
const BAR_EVERY: Duration = Duration::from_millis(200);

const BAR: &str = "{prefix} {bar:24} {human_pos}/{human_len} {msg}, ETA {eta}";
const COUNTER: &str = "{prefix} {spinner} {human_pos} {msg}";

/// One run after the other; between them only notes are shown.
pub(super) struct TerminalProgress {
    terminal: Terminal,
    shown: Shown,
    current: Mutex<Option<Current>>,
}

/// The run under way.
struct Current {
    counts: Arc<Counts>,
    bar: Option<ProgressBar>,
    /// The thread that prints lines; ends when its channel closes.
    lines: Option<(Sender<()>, JoinHandle<()>)>,
}

struct Counts {
    feed: String,
    total: Option<u64>,
    started: Instant,
    entities: AtomicU64,
    items: AtomicU64,
    changed: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    deleting: AtomicBool,
}

impl TerminalProgress {
    pub(super) fn new(terminal: Terminal, shown: Shown) -> Self {
        TerminalProgress { terminal, shown, current: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&Current)) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = current.as_ref() {
            act(current);
        }
    }
}

impl Progress for TerminalProgress {
    fn begin(&self, feed: &str, total: Option<u64>) {
        self.end();
        let counts = Arc::new(Counts::new(feed, total));
        let bar = (self.shown == Shown::Bar).then(|| {
            // Hidden until it is complete, so that no half-made bar flashes by.
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
            let style = ProgressStyle::with_template(if total.is_some() { BAR } else { COUNTER });
            bar.set_style(style.expect("the template is a constant").progress_chars("=> "));
            bar.set_prefix(feed.to_string());
            bar.set_message(counts.message());
            let bar = self.terminal.bars.add(bar);
            bar.enable_steady_tick(BAR_EVERY);
            bar
        });
        let lines = (self.shown == Shown::Lines).then(|| start_lines(self.terminal.clone(), counts.clone()));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Current { counts, bar, lines });
    }

    fn built(&self, entities: u64, items: u64, changed: u64) {
        self.with(|current| {
            current.counts.entities.fetch_add(entities, Ordering::Relaxed);
            current.counts.items.fetch_add(items, Ordering::Relaxed);
            current.counts.changed.fetch_add(changed, Ordering::Relaxed);
            if let Some(bar) = &current.bar {
                bar.inc(entities);
                bar.set_message(current.counts.message());
            }
        });
    }

    fn sent(&self, delivered: u64, failed: u64) {
        self.with(|current| {
            current.counts.delivered.fetch_add(delivered, Ordering::Relaxed);
            current.counts.failed.fetch_add(failed, Ordering::Relaxed);
            if let Some(bar) = &current.bar {
                bar.set_message(current.counts.message());
            }
        });
    }

    fn deleting(&self, _rows: u64) {
        self.with(|current| {
            current.counts.deleting.store(true, Ordering::Relaxed);
            if let Some(bar) = &current.bar {
                bar.set_message(current.counts.message());
            }
        });
    }

    fn end(&self) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Current { bar, lines, .. }) = current else { return };
        if let Some(bar) = bar {
            bar.finish_and_clear();
            self.terminal.bars.remove(&bar);
        }
        if let Some((running, thread)) = lines {
            drop(running);
            // It only prints; if it panicked, there is nothing to save.
            let _ = thread.join();
        }
    }

    fn note(&self, text: &str) {
        self.terminal.say(text);
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.end();
    }
}

fn start_lines(terminal: Terminal, counts: Arc<Counts>) -> (Sender<()>, JoinHandle<()>) {
    let (running, ended) = bounded(0);
    let thread = std::thread::spawn(move || {
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(LINE_EVERY) {
            terminal.say(&counts.line(counts.started.elapsed()));
        }
    });
    (running, thread)
}

impl Counts {
    fn new(feed: &str, total: Option<u64>) -> Self {
        Counts {
            feed: feed.to_string(),
            total,
            started: Instant::now(),
            entities: AtomicU64::new(0),
            items: AtomicU64::new(0),
            changed: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            deleting: AtomicBool::new(false),
        }
    }

    /// What stands on the bar.
    fn message(&self) -> String {
        self.state(self.started.elapsed())
    }

    fn state(&self, elapsed: Duration) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut text = format!(
            "entities, {} items ({}/s), {} changed",
            count(read(&self.items)),
            count(rate(read(&self.items), elapsed)),
            count(read(&self.changed)),
        );
        if read(&self.delivered) > 0 {
            text += &format!(", {} sent", count(read(&self.delivered)));
        }
        if read(&self.failed) > 0 {
            text += &format!(", {} failed", count(read(&self.failed)));
        }
        if self.deleting.load(Ordering::Relaxed) {
            text += ", sending deletes";
        }
        text
    }

    fn line(&self, elapsed: Duration) -> String {
        let entities = self.entities.load(Ordering::Relaxed);
        let of = self.total.map(|total| format!(" of {}", count(total))).unwrap_or_default();
        let left = self.total.and_then(|total| time_left(entities, total, elapsed));
        let left = left.map(|left| format!(", about {} left", milliseconds(left))).unwrap_or_default();
        format!("{}: {}{of} {}{left}", self.feed, count(entities), self.state(elapsed))
    }
}

/// A second.
fn rate(n: u64, elapsed: Duration) -> u64 {
    let seconds = elapsed.as_secs_f64();
    if seconds > 0.0 { (n as f64 / seconds) as u64 } else { 0 }
}

/// Milliseconds, if it goes on as it went so far.
fn time_left(done: u64, total: u64, elapsed: Duration) -> Option<u64> {
    let left = total.checked_sub(done).filter(|&left| left > 0)?;
    (done > 0).then(|| (elapsed.as_millis() as f64 * left as f64 / done as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far_it_is() {
        let counts = Counts::new("products", Some(50_000));
        let elapsed = Duration::from_secs(30);
        assert_eq!(counts.line(elapsed), "products: 0 of 50,000 entities, 0 items (0/s), 0 changed");
        counts.entities.store(12_500, Ordering::Relaxed);
        counts.items.store(25_000, Ordering::Relaxed);
        counts.changed.store(120, Ordering::Relaxed);
        counts.delivered.store(100, Ordering::Relaxed);
        counts.failed.store(2, Ordering::Relaxed);
        assert_eq!(
            counts.line(elapsed),
            "products: 12,500 of 50,000 entities, 25,000 items (833/s), 120 changed, 100 sent, 2 failed, about 1 min \
             30 s left"
        );
        counts.entities.store(50_000, Ordering::Relaxed);
        counts.deleting.store(true, Ordering::Relaxed);
        assert!(counts.line(elapsed).ends_with("2 failed, sending deletes"), "{}", counts.line(elapsed));
    }

    #[test]
    fn a_run_of_unknown_length_has_no_end_in_sight() {
        let counts = Counts::new("products", None);
        counts.entities.store(7, Ordering::Relaxed);
        assert_eq!(counts.line(Duration::ZERO), "products: 7 entities, 0 items (0/s), 0 changed");
        assert_eq!(time_left(10, 5, Duration::from_secs(1)), None, "more entities than were counted");
    }
}
