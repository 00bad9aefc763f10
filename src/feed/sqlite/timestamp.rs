//! Times as the store writes them: RFC 3339 in UTC with milliseconds, which sort as text.

use std::time::SystemTime;

use jiff::Timestamp;

/// Cut to milliseconds, never rounded up, so that what is due now is due. A time past the year 9999 is that year's end.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let bound = if time < SystemTime::UNIX_EPOCH { Timestamp::UNIX_EPOCH } else { Timestamp::MAX };
    let timestamp = Timestamp::try_from(time).unwrap_or(bound);
    format!("{timestamp:.3}")
}

/// The form of one time after the other, most of them the same as the one before.
#[derive(Debug, Default)]
pub(super) struct Written {
    last: Option<SystemTime>,
    text: String,
}

impl Written {
    pub(super) fn at(&mut self, time: SystemTime) -> &str {
        if self.last != Some(time) {
            self.last = Some(time);
            self.text = rfc3339(time);
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_have_one_form_that_sorts() {
        let at = |millis| rfc3339(SystemTime::UNIX_EPOCH + Duration::from_micros(millis));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(1_700_000_000_123_999), "2023-11-14T22:13:20.123Z");
        assert_eq!(at(u64::MAX / 2), "9999-12-30T22:00:00.999Z");
    }
}
