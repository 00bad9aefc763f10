//! Durations, sizes and rates as people write them: `30s`, `5MiB`, `10/s`.

use std::time::Duration;

/// Longer waits are a slip of the hand.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const DURATIONS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

const SIZES: [(&str, u64); 7] = [
    ("b", 1),
    ("kb", 1000),
    ("kib", 1 << 10),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
];

/// `500ms`, `30s`, `5m`, `1h`, `7d`. None for anything else, and beyond a year.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let (_, factor) = DURATIONS.into_iter().find(|(name, _)| *name == unit)?;
    let duration = Duration::from_millis(number.checked_mul(factor)?);
    (duration <= LONGEST).then_some(duration)
}

/// Bytes: `1000`, `100KB`, `5MiB`.
pub fn size(text: &str) -> Option<usize> {
    let (number, unit) = split(text)?;
    let unit = unit.to_ascii_lowercase();
    let factor = if unit.is_empty() { 1 } else { SIZES.into_iter().find(|(name, _)| *name == unit)?.1 };
    usize::try_from(number.checked_mul(factor)?).ok()
}

/// Requests a second: `10/s`, `0.5/s`, `600/m`, `1000/h`. None for anything else, and below one in a year.
pub fn rate(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let rate = decimal(number.trim()).filter(|number| *number <= f64::from(u32::MAX))? / seconds;
    (rate * LONGEST.as_secs_f64() >= 1.0).then_some(rate)
}

/// Digits, and perhaps a point with digits behind it.
fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = [whole, fraction].iter().all(|part| is_digits(part));
    if plain { text.parse().ok() } else { None }
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((digits(&text[..end])?, text[end..].trim_start()))
}

fn digits(text: &str) -> Option<u64> {
    if is_digits(text) { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0)] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "30", "s", "-1s", "1.5s", "1w", "400d", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("1000", 1000), ("100KB", 100_000), ("5MiB", 5 << 20), ("1 kb", 1000), ("7B", 7)] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "MiB", "1TB", "-1", "1e3", "18446744073709551615GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn rates() {
        for (text, second) in
            [("10/s", 10.0), ("600/m", 10.0), ("36/h", 0.01), ("0.1/s", 0.1), ("1.5 / s", 1.5), ("0.75/m", 0.0125)]
        {
            assert_eq!(rate(text), Some(second), "{text}");
        }
        let refused = ["", "10", "0/s", "0.0/s", "/s", "10/d", "-1/s", ".5/s", "1./s", "1.2.3/s", "1e3/s", "inf/s"];
        for text in refused.into_iter().chain(["0.0001/h", "4294967296/s"]) {
            assert_eq!(rate(text), None, "{text}");
        }
    }
}
