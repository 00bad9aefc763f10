//! What an answer's headers say of how many requests its consumer still takes. Pure.
//!
//! Read are the fields of the IETF draft in each of its forms (`RateLimit` with `RateLimit-Policy`, and before that
//! `RateLimit-Limit`, `-Remaining` and `-Reset`), and the older `X-RateLimit-` and `X-Rate-Limit-` fields. A reset is a time
//! from now, or a moment: as a date, or since 1970. What makes no sense says nothing.

use std::time::{Duration, SystemTime};

use ureq::http::HeaderMap;

use super::limiter::Statement;

const TRIPLES: [&str; 3] = ["ratelimit", "x-ratelimit", "x-rate-limit"];

/// Where numbers are no time from now any more, but seconds or milliseconds since 1970.
const SINCE_1970: f64 = 1e9;
const SINCE_1970_IN_MILLISECONDS: f64 = 1e12;

/// A sender's clock may be off: what the answer says of the time goes before `now`.
pub(super) fn statement(headers: &HeaderMap, now: SystemTime) -> Option<Statement> {
    let date = headers.get("date").and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let now = date.unwrap_or(now);
    draft(headers, now).or_else(|| TRIPLES.iter().find_map(|prefix| triple(headers, prefix, now)))
}

/// `RateLimit: "a";r=9;t=1, "b";r=50;t=30` beside `RateLimit-Policy: "a";q=10;w=1, "b";q=100;w=60`, or
/// `RateLimit: limit=10, remaining=9, reset=1`. Of several the one of which the least is left.
fn draft(headers: &HeaderMap, now: SystemTime) -> Option<Statement> {
    let said = members(headers, "ratelimit");
    let together: Vec<&str> = said.iter().flatten().copied().collect();
    if let (Some(remaining), Some(reset)) = (value(&together, "remaining"), value(&together, "reset")) {
        return sensible(remaining, reset, value(&together, "limit").and_then(count), None, now);
    }
    let policies = members(headers, "ratelimit-policy");
    let statements = said.iter().filter_map(|member| {
        let policy = policies.iter().find(|policy| policy.first() == member.first());
        let policy = |name| policy.and_then(|policy| value(policy, name)).and_then(count);
        sensible(value(member, "r")?, value(member, "t")?, policy("q"), policy("w"), now)
    });
    statements.min_by_key(|statement| statement.remaining)
}

/// `X-RateLimit-Limit: 10`, `X-RateLimit-Remaining: 9`, `X-RateLimit-Reset: 1`.
fn triple(headers: &HeaderMap, prefix: &str, now: SystemTime) -> Option<Statement> {
    let text = |name| headers.get(format!("{prefix}-{name}"))?.to_str().ok();
    // The limit may have its policies behind it.
    let limit = text("limit").and_then(|limit| count(limit.split([',', ';']).next()?));
    let policies = members(headers, &format!("{prefix}-policy"));
    let policy = policies.iter().find(|policy| policy.first().copied().and_then(count) == limit);
    let window = policy.and_then(|policy| value(policy, "w")).and_then(count);
    sensible(text("remaining")?, text("reset")?, limit, window, now)
}

/// The members of a list, each split into its value and its parameters.
fn members<'a>(headers: &'a HeaderMap, name: &str) -> Vec<Vec<&'a str>> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|member| member.split(';').map(str::trim).collect()).collect()
}

fn value<'a>(parameters: &[&'a str], name: &str) -> Option<&'a str> {
    parameters.iter().find_map(|parameter| parameter.strip_prefix(name)?.trim_start().strip_prefix('='))
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn count(text: &str) -> Option<u64> {
    number(text).map(|number| number as u64)
}

fn sensible(
    remaining: &str,
    reset: &str,
    limit: Option<u64>,
    window: Option<u64>,
    now: SystemTime,
) -> Option<Statement> {
    let remaining = count(remaining)?;
    let (resets_in, is_exact) = resets_in(reset.trim(), now)?;
    // Zero is a usual word for no limit at all.
    let is_sensible = limit.is_none_or(|limit| limit > 0 && remaining <= limit);
    let window = window.filter(|seconds| *seconds > 0).map(Duration::from_secs);
    is_sensible.then_some(Statement { remaining, limit, resets_in, is_exact, window })
}

/// And whether that was said in parts of a second. A moment that has passed is now.
fn resets_in(text: &str, now: SystemTime) -> Option<(Duration, bool)> {
    let until = |moment: SystemTime| moment.duration_since(now).unwrap_or_default();
    let Some(number) = number(text) else {
        let date = httpdate::parse_http_date(text).ok();
        let moment = date.or_else(|| Some(text.parse::<jiff::Timestamp>().ok()?.into()))?;
        return Some((until(moment), false));
    };
    let seconds = if number < SINCE_1970_IN_MILLISECONDS { number } else { number / 1e3 };
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    let is_exact = text.contains('.');
    if number < SINCE_1970 {
        return Some((time, is_exact));
    }
    // Between this and the answer's own time lie parts of a second that nobody said.
    Some((until(SystemTime::UNIX_EPOCH.checked_add(time)?), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&'static str, &str)]) -> Option<Statement> {
        let fields = fields.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("text")));
        let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").expect("a date");
        statement(&fields.collect(), now)
    }

    fn left(remaining: u64, limit: u64, resets_in: u64, window: Option<u64>) -> Statement {
        let seconds = Duration::from_secs;
        Statement {
            remaining,
            limit: Some(limit),
            resets_in: seconds(resets_in),
            is_exact: false,
            window: window.map(seconds),
        }
    }

    #[test]
    fn each_form_is_read() {
        const REMAINING: (&str, &str) = ("x-ratelimit-remaining", "4");
        const LIMIT: (&str, &str) = ("x-ratelimit-limit", "5");
        for (fields, expected) in [
            (
                &[("ratelimit", "\"default\";r=50;t=30"), ("ratelimit-policy", "\"default\";q=100;w=60")][..],
                left(50, 100, 30, Some(60)),
            ),
            (
                &[
                    ("ratelimit-policy", "\"hour\";q=1000;w=3600, \"minute\" ; q=10 ; w=60"),
                    ("ratelimit", "\"hour\";r=7;t=1800"),
                    ("ratelimit", "\"minute\";r=3;t=20"),
                ],
                left(3, 10, 20, Some(60)),
            ),
            (&[("ratelimit", "limit=100, remaining=50, reset=5")], left(50, 100, 5, None)),
            (
                &[
                    ("ratelimit-limit", "10, 10;w=1, 1000;w=3600"),
                    ("ratelimit-policy", "10;w=1, 1000;w=3600"),
                    ("ratelimit-remaining", "9"),
                    ("ratelimit-reset", "1"),
                ],
                left(9, 10, 1, Some(1)),
            ),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", " 60 ")], left(4, 5, 60, None)),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "1792567740")], left(4, 5, 60, None)),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "1792567740000")], left(4, 5, 60, None)),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "Wed, 21 Oct 2026 07:29:00 GMT")], left(4, 5, 60, None)),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "2026-10-21T07:29:00Z")], left(4, 5, 60, None)),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "1")], left(4, 5, 1, None)),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "1")], left(4, 5, 1, None)),
            // Its clock is a minute ahead; or it speaks of what is over.
            (
                &[LIMIT, REMAINING, ("x-ratelimit-reset", "1792567740"), ("date", "Wed, 21 Oct 2026 07:28:50 GMT")],
                left(4, 5, 10, None),
            ),
            (&[LIMIT, REMAINING, ("x-ratelimit-reset", "1000000000")], left(4, 5, 0, None)),
            (
                &[LIMIT, REMAINING, ("x-ratelimit-reset", "0.25")],
                Statement { resets_in: Duration::from_millis(250), is_exact: true, ..left(4, 5, 0, None) },
            ),
            (&[REMAINING, ("x-ratelimit-reset", "1")], Statement { limit: None, ..left(4, 0, 1, None) }),
            (
                &[("x-rate-limit-remaining", "0"), ("x-rate-limit-limit", "15"), ("x-rate-limit-reset", "9")],
                left(0, 15, 9, None),
            ),
        ] {
            assert_eq!(read(fields).as_ref(), Some(&expected), "{fields:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_says_nothing() {
        for [limit, remaining, reset] in [
            ["5", "4", "soon"],
            ["5", "4", ""],
            ["5", "4", "-1"],
            ["5", "4", "NaN"],
            ["5", "4", "inf"],
            ["5", "4", "1e300"],
            ["5", "many", "1"],
            ["5", "-1", "1"],
            ["5", "6", "1"],
            ["0", "0", "0"],
        ] {
            let fields =
                [("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
            assert_eq!(read(&fields), None, "{fields:?}");
        }
        for fields in [
            &[][..],
            &[("x-ratelimit-limit", "5"), ("x-ratelimit-remaining", "4")],
            &[("x-ratelimit-limit", "5"), ("x-ratelimit-reset", "4")],
            &[("ratelimit", "\"default\"")],
            &[("ratelimit", ";;=,,r=;t=")],
            &[("ratelimit", "\"default\";r=5")],
            &[("ratelimit", "remaining=5")],
        ] {
            assert_eq!(read(fields), None, "{fields:?}");
        }
    }
}
