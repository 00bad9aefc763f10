//! When a request is tried again within a run: full jitter, doubling, and the consumer's own wish. Pure: the time and the
//! randomness come in.

use std::time::{Duration, SystemTime};

#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Tries after the first.
    pub retries: u32,
    /// The most that the first wait may be; doubles with each try.
    pub base: Duration,
    /// The most that any wait may be, Retry-After too.
    pub max: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    TryAfter(Duration),
    /// No further try in this run.
    GiveUp {
        /// The consumer asked for a longer wait than a run makes.
        retry_after: Option<Duration>,
    },
}

impl Schedule {
    /// What to do after `failed` failed tries (1 or more). `chance` is in 0..1 and spreads the senders.
    pub fn next(&self, failed: u32, retry_after: Option<Duration>, chance: f64) -> Next {
        if retry_after.is_some_and(|asked| asked > self.max) {
            return Next::GiveUp { retry_after };
        }
        if failed > self.retries {
            return Next::GiveUp { retry_after: None };
        }
        let doubled = 2_u32.checked_pow(failed.saturating_sub(1)).and_then(|factor| self.base.checked_mul(factor));
        let ceiling = doubled.map_or(self.max, |wait| wait.min(self.max));
        Next::TryAfter(ceiling.mul_f64(chance.clamp(0.0, 1.0)).max(retry_after.unwrap_or_default()))
    }
}

/// A `Retry-After` header: seconds or a date. `None` for anything else; a date that has passed is no wait at all.
pub fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are as good as for ever.
        return Some(Duration::from_secs(header.parse().unwrap_or(u32::MAX.into())));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule =
        Schedule { retries: 3, base: Duration::from_millis(500), max: Duration::from_millis(1500) };

    fn secs(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let wait = |millis| Next::TryAfter(Duration::from_millis(millis));
        for (failed, asked, chance, expected) in [
            (1, None, 1.0, wait(500)),
            (1, None, 0.5, wait(250)),
            (1, None, 0.0, wait(0)),
            (2, None, 1.0, wait(1000)),
            (3, None, 1.0, wait(1500)),
            (4, None, 1.0, Next::GiveUp { retry_after: None }),
            (1, secs(1), 1.0, wait(1000)),
            (1, secs(0), 1.0, wait(500)),
            (3, secs(1), 1.0, wait(1500)),
            (1, secs(2), 1.0, Next::GiveUp { retry_after: secs(2) }),
            (4, secs(1), 1.0, Next::GiveUp { retry_after: None }),
            (4, secs(9), 1.0, Next::GiveUp { retry_after: secs(9) }),
        ] {
            assert_eq!(SCHEDULE.next(failed, asked, chance), expected, "{failed} {asked:?} {chance}");
        }
    }

    #[test]
    fn many_tries_do_not_overflow() {
        let schedule = Schedule { retries: u32::MAX, ..SCHEDULE };
        assert_eq!(schedule.next(4_000, None, 1.0), Next::TryAfter(schedule.max));
        let long = Schedule { base: Duration::MAX, max: Duration::MAX, ..schedule };
        assert_eq!(long.next(2, None, 0.0), Next::TryAfter(Duration::ZERO));
    }

    #[test]
    fn retry_after_is_read() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").expect("a date");
        for (header, expected) in [
            ("0", secs(0)),
            (" 120 ", secs(120)),
            ("99999999999999999999999", secs(u32::MAX.into())),
            ("Wed, 21 Oct 2026 07:28:30 GMT", secs(30)),
            ("Wed, 21 Oct 2026 07:27:00 GMT", secs(0)),
            ("Wednesday, 21-Oct-26 07:29:00 GMT", secs(60)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(header, now), expected, "{header}");
        }
    }
}
