//! How a consumer of one format speaks: what the schedules need to know of it, apart from what befalls its answers.

use crate::harness::Reply;
use crate::harness::receiver::Request;

/// An item that failed: its place in the request, its own status if it has one, a message.
pub type Failed = (usize, Option<u16>, String);

pub trait Dialect: Send + Sync {
    /// Lines of the consumer's table in feedmill.toml.
    fn options(&self) -> &'static str;

    /// A success but for these items. Everything else is taken over.
    fn success(&self, request: &Request, failed: &[Failed]) -> Reply;

    /// A refusal of the whole request that lists the items it is for. Nothing is taken over.
    fn refusal(&self, request: &Request, status: u16, failed: &[Failed]) -> Reply;

    /// Bodies of a success whose list of failed items makes no sense.
    fn nonsense(&self) -> &'static [&'static str];
}

pub struct Json;

impl Json {
    fn listing(status: u16, failed: &[Failed]) -> Reply {
        let listed: Vec<_> =
            failed.iter().map(|(place, status, message)| (*place, *status, message.as_str())).collect();
        Reply::item_errors(status, &listed)
    }
}

impl Dialect for Json {
    fn options(&self) -> &'static str {
        "format = \"json\""
    }

    fn success(&self, _: &Request, failed: &[Failed]) -> Reply {
        if failed.is_empty() { Reply::accept() } else { Json::listing(200, failed) }
    }

    fn refusal(&self, _: &Request, status: u16, failed: &[Failed]) -> Reply {
        Json::listing(status, failed)
    }

    fn nonsense(&self) -> &'static [&'static str] {
        &[
            r#"{"errors":"nonsense"}"#,
            r#"{"errors":{"itemIndex":0}}"#,
            r#"{"errors":[{"itemIndex":-1}]}"#,
            r#"{"errors":[{"itemIndex":100000}]}"#,
            r#"{"errors":[{"itemIndex":"0"}]}"#,
            r#"{"errors":[null]}"#,
        ]
    }
}
