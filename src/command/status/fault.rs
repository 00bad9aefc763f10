//! Whose fault a failure is, in words for whoever has to do something about it. Pure.

use serde::Serialize;

use crate::consumer::{MISADDRESSED_INDEX, NO_FAULT_OF_ITEMS, UNAVAILABLE_INDEX};
use crate::feed::status::Status;

/// Most urgent first: what stops everything stands above what stops one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The consumer does not accept who we say we are.
    Credentials,
    /// What the consumer's section says of it is not true: URL, method, format.
    Settings,
    /// Its certificate is not believed.
    Certificate,
    /// No connection, or none that lasts.
    Network,
    /// It is down, or has an error of its own.
    Consumer,
    /// It gets more than it takes.
    Pace,
    /// The consumer refuses these items.
    Items,
    /// No request can be made of these items: a URL, an ID, an index, a routing or a version lacks a value.
    Address,
    /// These items are larger than a request may be: by our own limit or the consumer's.
    Size,
    /// Something on this machine.
    Here,
    /// A run died while they were on their way.
    Interrupted,
}

impl Fault {
    pub fn of(status: Status, message: Option<&str>) -> Self {
        let message = message.unwrap_or_default();
        match status {
            Status(-1) => Fault::Interrupted,
            Status(0) => Fault::of_unsubmitted(message),
            Status(1) => Fault::of_accepted(message),
            Status(400 | 422) if message.contains(NO_FAULT_OF_ITEMS) => {
                let of_settings = has_any(message, &MISADDRESSED_INDEX) || message.contains("invalid_index_uid");
                if of_settings { Fault::Settings } else { Fault::Consumer }
            }
            // Elasticsearch has closed an index, mostly because its disk is full.
            Status(403 | 429) if message.contains("cluster_block_exception") => Fault::Consumer,
            Status(401 | 403 | 407 | 511) => Fault::Credentials,
            Status(300..=399 | 402 | 404..=406 | 411 | 415 | 417 | 421 | 426 | 431 | 501 | 505) => Fault::Settings,
            Status(408 | 425 | 429) => Fault::Pace,
            Status(413) => Fault::Size,
            Status(500..=599) => Fault::Consumer,
            _ => Fault::Items,
        }
    }

    /// Accepted, and failed after all: delivery says how, or the consumer what is wrong with the item.
    fn of_accepted(message: &str) -> Self {
        let message = message.strip_prefix("a failure of each of its items: ").unwrap_or(message);
        let ours = |beginning: &str| message.starts_with(beginning);
        // The index of the section, or its primary key; an answer of something else than the product.
        let settings = ["the task failed: index_", "the task failed: invalid_index_uid", "what the task says makes no"];
        let senseless = [", but nothing in the answer says", ", but its list of failed items makes no sense"];
        if settings.into_iter().any(ours)
            || has_any(message, &MISADDRESSED_INDEX)
            || ours("2") && has_any(message, &senseless)
        {
            Fault::Settings
        } else if ["the task failed: ", "the task was canceled"].into_iter().any(ours)
            || has_any(message, &UNAVAILABLE_INDEX)
            || ours("2") && message.contains(", but the answer says that it has failed")
        {
            Fault::Consumer
        } else {
            Fault::Items
        }
    }

    /// What never left, or has no answer. Items of a run that was stopped have the consumer's answer to another request as
    /// their message, those of a task that could not be asked after the answer to the question.
    fn of_unsubmitted(message: &str) -> Self {
        if message.contains("cannot be asked: 404 ") {
            return Fault::Consumer;
        }
        let answered = ["the last with ", "cannot be asked: "]
            .iter()
            .find_map(|before| message.rsplit_once(before))
            .map_or(message, |(_, answered)| answered);
        let code =
            answered.split(' ').next().and_then(|code| code.parse().ok()).filter(|code| (300..600).contains(code));
        if let Some(code) = code {
            return Fault::of(Status(code), Some(answered));
        }
        if answered.starts_with("a failure of each of its items: ") {
            return Fault::of_accepted(answered);
        }
        let words = [
            ("invalid peer certificate", Fault::Certificate),
            ("cannot be reached", Fault::Network),
            ("no answer", Fault::Network),
            ("answer was lost", Fault::Network),
            ("the consumer has not done", Fault::Consumer),
            ("the run ended before", Fault::Interrupted),
            ("gone from where it stood before", Fault::Interrupted),
            ("cannot make its URL: ", Fault::Address),
        ];
        // What its ID, index or routing is made of.
        if message.starts_with("its `") {
            return Fault::Address;
        }
        words.into_iter().find(|(words, _)| message.contains(words)).map_or(Fault::Here, |(_, fault)| fault)
    }

    pub fn headline(self) -> &'static str {
        match self {
            Fault::Credentials => "the consumer does not accept the credentials",
            Fault::Settings => "the consumer's section in feedmill.toml does not fit the consumer",
            Fault::Certificate => "the consumer does not prove who it is",
            Fault::Network => "the consumer cannot be reached, or its answers get lost",
            Fault::Consumer => "the consumer is down or has an error of its own",
            Fault::Pace => "the consumer gets more requests than it takes",
            Fault::Items => "the consumer refuses these items",
            Fault::Address => "no request can be made of these items",
            Fault::Size => "these items are larger than a request may be",
            Fault::Here => "they could not be sent from here",
            Fault::Interrupted => "a run died while these were on their way",
        }
    }

    /// What to do about `items` items, `parked` of which no run sends by itself any more.
    pub fn advice(self, items: u64, parked: u64) -> String {
        let (look, is_retried) = match self {
            Fault::Credentials => (
                "put the right ones into its headers or URL, unless the message names a block or a quota; \
                 nothing is wrong with the items",
                false,
            ),
            Fault::Settings => ("look at its url, method, format and index; nothing is wrong with the items", false),
            Fault::Certificate => ("look at its certificate, and at url and ca_file of its section", true),
            Fault::Network => ("look whether it runs and its URL is right", true),
            Fault::Consumer => ("whoever runs it has to look", true),
            Fault::Pace => ("a lower rate_limit or thread_count helps", true),
            Fault::Items => {
                ("change their data or the feed's fields; `feedmill explain FEED ID` shows what was sent", false)
            }
            Fault::Address => (
                "change their data, or the template in the consumer's section: a value that it names is missing",
                false,
            ),
            Fault::Size => (
                "make their documents smaller, or raise what is taken: `max_request_bytes` here, or the consumer's own limit",
                false,
            ),
            Fault::Here => ("look at this machine's disk and at the message", false),
            Fault::Interrupted => ("whether they arrived is unknown; the next run sends them again", false),
        };
        let again = match (is_retried, parked) {
            (true, 0) => "; `feedmill retry` sends them when they are due",
            (false, 0) => "",
            (_, parked) if parked == items => "; `feedmill retry --parked` sends them",
            (true, _) => "; `feedmill retry` sends them when they are due, with `--parked` those given up too",
            (false, _) => "; `feedmill retry --parked` sends those given up too",
        };
        format!("{look}{again}")
    }
}

fn has_any(message: &str, words: &[&str]) -> bool {
    words.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_somebodys() {
        for (status, message, fault) in [
            (-1, "", Fault::Interrupted),
            (0, "the consumer cannot be reached: Connection refused", Fault::Network),
            (0, "the consumer cannot be reached: invalid peer certificate: certificate expired", Fault::Certificate),
            (0, "no answer within 30s", Fault::Network),
            (0, "the answer was lost: it ended early", Fault::Network),
            (0, "401 Unauthorized: who are you", Fault::Credentials),
            (0, "5 requests in a row failed, the last with 503 Service Unavailable: later", Fault::Consumer),
            (0, "cannot append to out/products.ndjson: No space left on device", Fault::Here),
            (0, "", Fault::Here),
            (0, "cannot make its URL: one of its values is empty", Fault::Address),
            (0, "its `brand.id` is null", Fault::Address),
            (0, "gone from where it stood before, and not yet sent to where it belongs", Fault::Interrupted),
            (0, "what became of a task cannot be asked: 403 Forbidden: {}", Fault::Credentials),
            (0, "what became of a task cannot be asked: no answer within 30s", Fault::Network),
            (0, "the consumer has not done within 300s what it took over", Fault::Consumer),
            (0, "the run ended before the consumer had done what it took over", Fault::Interrupted),
            (0, "5 requests in a row failed, the last with 429 for each of its items: full", Fault::Pace),
            (
                0,
                "5 requests in a row failed, the last with a failure of each of its items: the task failed: internal: m",
                Fault::Consumer,
            ),
            (1, "", Fault::Items),
            (1, "no such category: this makes no sense", Fault::Items),
            (1, "200, but nothing in the answer says that it is done: <html>", Fault::Settings),
            (1, "200, but the answer says that it has failed: Code: 241.", Fault::Consumer),
            (1, "a failure of each of its items: index_closed_exception: closed", Fault::Consumer),
            (0, "400 Bad Request, for no fault of the items: closed", Fault::Consumer),
            (0, "400 Bad Request, for no fault of the items: pipeline with id [x] does not exist", Fault::Settings),
            (0, r#"400 Bad Request, for no fault of the items: {"code":"invalid_index_uid"}"#, Fault::Settings),
            (1, "illegal_argument_exception: no write index is defined for alias [p]. The", Fault::Settings),
            (
                0,
                "5 requests in a row failed, the last with a failure of each of its items: routing_missing_exception: m",
                Fault::Settings,
            ),
            (0, "what became of a task cannot be asked: 404 Not Found: {}", Fault::Consumer),
            (1, "the task failed: internal: m", Fault::Consumer),
            (1, "the task failed: index_primary_key_already_exists: m", Fault::Settings),
            (1, "the task was canceled", Fault::Consumer),
            (301, "", Fault::Settings),
            (400, "", Fault::Items),
            (401, "", Fault::Credentials),
            (404, "", Fault::Settings),
            (409, "", Fault::Items),
            (413, "", Fault::Size),
            (431, "", Fault::Settings),
            (403, "cluster_block_exception: index [p] blocked by: [FORBIDDEN/8/index write (api)];", Fault::Consumer),
            (422, "", Fault::Items),
            (422, "422 Unprocessable Entity, for no fault of the items: {}", Fault::Consumer),
            (0, "5 requests in a row failed, the last with 422 X, for no fault of the items: {}", Fault::Consumer),
            (429, "", Fault::Pace),
            (429, "cluster_block_exception: index [p] blocked by: [TOO_MANY_REQUESTS/12/x];", Fault::Consumer),
            (500, "", Fault::Consumer),
            (503, "", Fault::Consumer),
            (599, "", Fault::Consumer),
        ] {
            assert_eq!(Fault::of(Status(status), Some(message)), fault, "{status} {message}");
        }
    }

    #[test]
    fn what_is_parked_is_not_sent_by_itself() {
        let look = "whoever runs it has to look";
        for (fault, parked, expected) in [
            (Fault::Consumer, 0, format!("{look}; `feedmill retry` sends them when they are due")),
            (Fault::Consumer, 3, format!("{look}; `feedmill retry --parked` sends them")),
            (
                Fault::Consumer,
                2,
                format!("{look}; `feedmill retry` sends them when they are due, with `--parked` those given up too"),
            ),
        ] {
            assert_eq!(fault.advice(3, parked), expected);
        }
        assert!(!Fault::Items.advice(3, 0).contains("retry") && Fault::Items.advice(3, 1).contains("--parked"));
    }
}
