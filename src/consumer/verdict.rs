//! The verdicts that an answer may come to, and what they are made of. Pure data; [`outcome`](super::outcome) comes to them.

use ureq::http::Uri;

/// An item failed without a status of its own in a 2xx answer, or such an answer could not be understood.
pub const FAILED_WITHOUT_STATUS: i32 = 1;

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Every item was accepted, with this status.
    Delivered(i32),
    /// The request was taken as a whole: these items have a result of their own, the others were accepted with this
    /// status.
    Items { accepted: i32, results: Vec<ItemResult> },
    /// These items have their result; the request is sent again at once without them.
    WithoutListed(Vec<ItemResult>),
    /// Too large: sent again in two halves.
    Halve,
    /// Some item is bad and nobody says which: sent again in two halves, until the bad ones stand alone.
    Bisect,
    /// The request was taken over with this status, and is not done before the task behind this URL is.
    Follow { accepted: i32, task: Uri },
    /// It may work later; how much later is in the answer's Retry-After, if the consumer says so.
    RetryLater(Failure),
    /// Every item fails with this.
    FailWhole {
        failure: Failure,
        /// The next request would fare no better.
        opens_circuit: bool,
    },
}

impl Verdict {
    /// Some items are to come again because there is too much to do.
    pub fn turns_items_away(&self) -> bool {
        match self {
            Verdict::Items { results, .. } | Verdict::WithoutListed(results) => {
                results.iter().any(|result| result.passing)
            }
            _ => false,
        }
    }
}

/// What became of one item. A status in 200..300 is a success: of a delete that found nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemResult {
    /// Within the request, from 0. Ascending in a verdict, none twice.
    pub index: usize,
    pub status: i32,
    /// As the consumer wrote it.
    pub message: Option<String>,
    /// Worth another try within the run, if there are any left.
    pub passing: bool,
}

impl ItemResult {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The consumer's code, or 0 when there is none to trust, or 1.
    pub status: i32,
    /// The status in words, or what went wrong in ours.
    pub headline: String,
    /// As the consumer wrote it; may be empty.
    pub answer: String,
}

impl Failure {
    /// One that has no answer.
    pub fn ours(status: i32, headline: impl Into<String>) -> Self {
        Failure { status, headline: headline.into(), answer: String::new() }
    }

    /// Of a request whose items have all failed, one of them with this.
    pub fn of_each(status: i32, message: Option<String>) -> Self {
        let headline = match status {
            FAILED_WITHOUT_STATUS => "a failure of each of its items".into(),
            status => format!("{status} for each of its items"),
        };
        Failure { status, headline, answer: message.unwrap_or_default() }
    }

    pub fn message(&self) -> String {
        let Failure { headline, answer, .. } = self;
        if answer.is_empty() { headline.clone() } else { format!("{headline}: {answer}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_are_turned_away_speak_of_the_pace() {
        let with = |passing| vec![ItemResult { index: 0, status: 429, message: None, passing }];
        for (verdict, expected) in [
            (Verdict::Items { accepted: 200, results: with(true) }, true),
            (Verdict::Items { accepted: 200, results: with(false) }, false),
            (Verdict::WithoutListed(with(true)), true),
            (Verdict::Delivered(200), false),
        ] {
            assert_eq!(verdict.turns_items_away(), expected, "{verdict:?}");
        }
    }
}
