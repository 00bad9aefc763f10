//! What an answer means for the request it answers. Pure; what follows from it is [`delivery`](super::delivery)'s.

use ureq::http::Uri;

use super::ItemKind;
use super::format::{Format, ListedItem, Results, TaskState};
use super::transport::{BodyEnd, HttpAnswer};

/// A delete whose consumer says that there is nothing (404, 410) has what it asked for. It is recorded with this.
pub const NOTHING_TO_DELETE: i32 = 200;

/// An item failed without a status of its own in a 2xx answer, or such an answer could not be understood.
pub const FAILED_WITHOUT_STATUS: i32 = 1;

/// A queue refused an item: what its answer would have said, had there been no queue.
pub const REFUSED: i32 = 400;

/// In the headline of a refusal that would be one of the items, did it not say itself that it is none.
pub const NO_FAULT_OF_ITEMS: &str = ", for no fault of the items";

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

    pub fn message(&self) -> String {
        let Failure { headline, answer, .. } = self;
        if answer.is_empty() { headline.clone() } else { format!("{headline}: {answer}") }
    }
}

/// What `answer` means for a request of `items` items (at least one) of one kind.
pub fn judge(answer: &HttpAnswer, format: &dyn Format, kind: ItemKind, items: usize) -> Verdict {
    let status = answer.status;
    match status {
        200..=299 => accepted(answer, format, kind, items),
        400 | 422 => refused(answer, format, kind, items),
        404 | 410 if kind == ItemKind::Delete && items == 1 => Verdict::Delivered(NOTHING_TO_DELETE),
        404 if format.names_items() => {
            Verdict::FailWhole { failure: whole(status.into(), answer), opens_circuit: false }
        }
        409 | 410 | 412 | 414 | 423 | 424 | 428 | 451 if format.names_items() && items == 1 => single(answer),
        413 if items == 1 => single(answer),
        413 => Verdict::Halve,
        408 | 425 | 429 | 500..=599 => Verdict::RetryLater(whole(status.into(), answer)),
        300..=399 | 401 | 403 | 404 | 405 => {
            Verdict::FailWhole { failure: whole(status.into(), answer), opens_circuit: true }
        }
        // What comes after 1xx on this connection is not an answer to this request.
        ..=199 => lost(format!("{status} is no final answer")),
        _ => Verdict::FailWhole { failure: whole(status.into(), answer), opens_circuit: false },
    }
}

fn accepted(answer: &HttpAnswer, format: &dyn Format, kind: ItemKind, items: usize) -> Verdict {
    // The part that is missing may be the list of failed items.
    if let Some(reason) = answer.end.missing() {
        return lost(reason);
    }
    let status = i32::from(answer.status);
    match format.read_results(kind, &answer.body, items) {
        Results::Torn if answer.end == BodyEnd::Closed => lost("the connection closed within the answer".into()),
        // Its length was a lie.
        Results::Torn => lost("it ends in the middle, where it said it would".into()),
        Results::Unable | Results::Failed => {
            senseless(answer, format!("{status}, but the answer says that it has failed"))
        }
        Results::Silent if format.must_tell() => {
            senseless(answer, format!("{status}, but nothing in the answer says that it is done"))
        }
        Results::Silent => Verdict::Delivered(status),
        Results::Nonsense(reason) => {
            senseless(answer, format!("{status}, but its list of failed items makes no sense ({reason})"))
        }
        Results::Barred { status, message } => {
            let status = status.unwrap_or(FAILED_WITHOUT_STATUS);
            let failure = ItemResult { index: 0, status, message, passing: false }.of_each();
            Verdict::FailWhole { failure, opens_circuit: false }
        }
        Results::Pending(task) => Verdict::Follow { accepted: status, task },
        Results::Listed(listed) if listed.is_empty() => Verdict::Delivered(status),
        Results::Listed(listed) => {
            Verdict::Items { accepted: status, results: results(listed, kind, FAILED_WITHOUT_STATUS) }
        }
    }
}

fn refused(answer: &HttpAnswer, format: &dyn Format, kind: ItemKind, items: usize) -> Verdict {
    if let BodyEnd::Cut(reason) = &answer.end {
        return lost(reason.clone());
    }
    match format.read_results(kind, &answer.body, items) {
        Results::Torn if answer.end == BodyEnd::Closed => lost("the connection closed within the answer".into()),
        Results::Listed(listed) if !listed.is_empty() => {
            Verdict::WithoutListed(results(listed, kind, answer.status.into()))
        }
        Results::Unable => {
            // A 400 would be final.
            let status = if answer.status == 400 { 0 } else { answer.status.into() };
            let failure = whole(status, answer);
            let headline = format!("{}{NO_FAULT_OF_ITEMS}", failure.headline);
            Verdict::RetryLater(Failure { headline, ..failure })
        }
        _ if items == 1 => single(answer),
        _ => Verdict::Bisect,
    }
}

/// One result for each item that is listed: of several the first that failed.
fn results(listed: Vec<ListedItem>, kind: ItemKind, without_status: i32) -> Vec<ItemResult> {
    let mut results: std::collections::BTreeMap<usize, ItemResult> = Default::default();
    for ListedItem { index, status, message, passing } in listed {
        let result = match status.unwrap_or(without_status) {
            404 | 410 if kind == ItemKind::Delete => {
                ItemResult { index, status: NOTHING_TO_DELETE, message: None, passing: false }
            }
            status => ItemResult { index, status, message, passing },
        };
        let first = results.entry(index).or_insert_with(|| result.clone());
        if first.is_success() {
            *first = result;
        }
    }
    results.into_values().collect()
}

/// What a task's state means for the request behind it; `None` while it runs.
pub fn judge_task(state: TaskState, accepted: i32, items: usize) -> Option<Verdict> {
    let result = |index, status, message: &str, passing| ItemResult {
        index,
        status,
        message: Some(message.to_owned()),
        passing,
    };
    let fail = |reason: String, opens_circuit| Verdict::FailWhole {
        failure: Failure::ours(FAILED_WITHOUT_STATUS, reason),
        opens_circuit,
    };
    Some(match state {
        TaskState::Running => return None,
        TaskState::Done => Verdict::Delivered(accepted),
        TaskState::Refused(said) if items == 1 => {
            Verdict::Items { accepted, results: vec![result(0, REFUSED, &said, false)] }
        }
        TaskState::Refused(_) => Verdict::Bisect,
        TaskState::Failed(said) => {
            let results = (0..items).map(|index| result(index, FAILED_WITHOUT_STATUS, &said, true)).collect();
            Verdict::Items { accepted, results }
        }
        TaskState::Hopeless(said) => fail(said, true),
        TaskState::Nonsense(reason) => fail(format!("what the task says makes no sense ({reason})"), false),
    })
}

/// The only item of a request takes its answer as its own.
fn single(answer: &HttpAnswer) -> Verdict {
    let failure = whole(answer.status.into(), answer);
    let result = ItemResult { index: 0, status: failure.status, message: Some(failure.message()), passing: false };
    Verdict::Items { accepted: failure.status, results: vec![result] }
}

fn whole(status: i32, answer: &HttpAnswer) -> Failure {
    let body = String::from_utf8_lossy(&answer.body).trim().to_owned();
    Failure { status, headline: answer.headline(), answer: body }
}

/// A success that cannot be believed.
fn senseless(answer: &HttpAnswer, headline: String) -> Verdict {
    let failure = Failure { headline, ..whole(FAILED_WITHOUT_STATUS, answer) };
    Verdict::FailWhole { failure, opens_circuit: false }
}

/// An answer that did not arrive as one.
fn lost(reason: String) -> Verdict {
    Verdict::RetryLater(Failure::ours(0, format!("the answer was lost: {reason}")))
}

impl ItemResult {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What is said of a request whose items have all failed, this one for example.
    pub fn of_each(self) -> Failure {
        let headline = match self.status {
            FAILED_WITHOUT_STATUS => "a failure of each of its items".into(),
            status => format!("{status} for each of its items"),
        };
        Failure { status: self.status, headline, answer: self.message.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::Item;
    use crate::consumer::delivery::tests::http_config;
    use crate::consumer::format::{EncodeError, Framing, Json, Message};
    use crate::consumer::transport::HttpAnswer;

    fn verdict(status: u16, body: &str, end: BodyEnd, kind: ItemKind, items: usize) -> Verdict {
        let answer = HttpAnswer { status, headers: Default::default(), body: body.into(), end };
        judge(&answer, &Json::new(&http_config("http://h/")).expect("valid settings"), kind, items)
    }

    fn upserts(status: u16, body: &str, items: usize) -> Verdict {
        verdict(status, body, BodyEnd::Whole, ItemKind::Upsert, items)
    }

    fn result(index: usize, status: i32, message: &str) -> ItemResult {
        ItemResult { index, status, message: Some(message.into()), passing: false }
    }

    fn fail(status: i32, headline: &str, opens_circuit: bool) -> Verdict {
        Verdict::FailWhole { failure: Failure::ours(status, headline), opens_circuit }
    }

    fn later(status: i32, headline: &str) -> Verdict {
        Verdict::RetryLater(Failure::ours(status, headline))
    }

    fn saying(answer: &str, verdict: Verdict) -> Verdict {
        let answer = answer.to_owned();
        match verdict {
            Verdict::FailWhole { failure, opens_circuit } => {
                Verdict::FailWhole { failure: Failure { answer, ..failure }, opens_circuit }
            }
            Verdict::RetryLater(failure) => Verdict::RetryLater(Failure { answer, ..failure }),
            other => other,
        }
    }

    fn alone(status: i32, message: &str) -> Verdict {
        Verdict::Items { accepted: status, results: vec![result(0, status, message)] }
    }

    #[test]
    fn the_status_alone() {
        for (status, items, expected) in [
            (100, 3, later(0, "the answer was lost: 100 is no final answer")),
            (101, 3, later(0, "the answer was lost: 101 is no final answer")),
            (200, 3, Verdict::Delivered(200)),
            (204, 3, Verdict::Delivered(204)),
            (299, 1, Verdict::Delivered(299)),
            (301, 3, fail(301, "301 Moved Permanently", true)),
            (304, 3, fail(304, "304 Not Modified", true)),
            (399, 1, fail(399, "399", true)),
            (400, 3, Verdict::Bisect),
            (400, 1, alone(400, "400 Bad Request")),
            (401, 3, fail(401, "401 Unauthorized", true)),
            (402, 3, fail(402, "402 Payment Required", false)),
            (403, 1, fail(403, "403 Forbidden", true)),
            (404, 1, fail(404, "404 Not Found", true)),
            (405, 3, fail(405, "405 Method Not Allowed", true)),
            (406, 3, fail(406, "406 Not Acceptable", false)),
            (408, 3, later(408, "408 Request Timeout")),
            (409, 3, fail(409, "409 Conflict", false)),
            (410, 1, fail(410, "410 Gone", false)),
            (413, 2, Verdict::Halve),
            (413, 1, alone(413, "413 Payload Too Large")),
            (422, 2, Verdict::Bisect),
            (422, 1, alone(422, "422 Unprocessable Entity")),
            (425, 3, later(425, "425 Too Early")),
            (429, 3, later(429, "429 Too Many Requests")),
            (500, 1, later(500, "500 Internal Server Error")),
            (503, 3, later(503, "503 Service Unavailable")),
            (599, 3, later(599, "599")),
            (600, 3, fail(600, "600", false)),
            (999, 3, fail(999, "999", false)),
        ] {
            assert_eq!(upserts(status, "", items), expected, "{status} for {items}");
        }
    }

    #[test]
    fn a_delete_of_nothing_is_done() {
        let deletes = |status, body, items| verdict(status, body, BodyEnd::Whole, ItemKind::Delete, items);
        assert_eq!(deletes(404, "", 1), Verdict::Delivered(200));
        assert_eq!(deletes(410, "gone", 1), Verdict::Delivered(200));
        assert_eq!(deletes(404, "", 2), fail(404, "404 Not Found", true));
        let listed = r#"{"errors":[{"itemIndex":0,"status":404,"message":"m"},{"itemIndex":2,"status":410},
            {"itemIndex":2,"status":409,"message":"held"},{"itemIndex":2,"status":500}]}"#;
        let nothing = ItemResult { index: 0, status: 200, message: None, passing: false };
        let results = vec![nothing.clone(), result(2, 409, "held")];
        assert_eq!(deletes(207, listed, 3), Verdict::Items { accepted: 207, results: results.clone() });
        assert_eq!(deletes(400, listed, 3), Verdict::WithoutListed(results));
        let alone = r#"{"errors":[{"itemIndex":0,"status":404}]}"#;
        assert_eq!(deletes(422, alone, 1), Verdict::WithoutListed(vec![nothing]));
        let upsert = Verdict::Items { accepted: 200, results: vec![result(0, 404, r#"{"itemIndex":0,"status":404}"#)] };
        assert_eq!(upserts(200, alone, 1), upsert);
    }

    #[test]
    fn listed_items() {
        let listed = r#"{"errors":[{"itemIndex":2,"status":422,"message":"a"},{"itemIndex":0,"message":"b"},
            {"itemIndex":2,"status":500,"message":"c"},{"itemIndex":1,"status":200,"message":"d"}]}"#;
        let with =
            |without_status| vec![result(0, without_status, "b"), result(1, without_status, "d"), result(2, 422, "a")];
        for (status, expected) in [
            (200, Verdict::Items { accepted: 200, results: with(1) }),
            (202, Verdict::Items { accepted: 202, results: with(1) }),
            (400, Verdict::WithoutListed(with(400))),
            (422, Verdict::WithoutListed(with(422))),
            (503, saying(listed, later(503, "503 Service Unavailable"))),
        ] {
            assert_eq!(upserts(status, listed, 3), expected, "{status}");
        }
    }

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

    #[test]
    fn bodies_without_a_list_to_trust() {
        let nonsense = |body: &str, reason: &str| {
            saying(body, fail(1, &format!("200, but its list of failed items makes no sense ({reason})"), false))
        };
        let (object, out_of_two) = (r#"{"errors":{}}"#, r#"{"errors":[{"itemIndex":0},{"itemIndex":2}]}"#);
        for (body, of_200, of_400) in [
            ("<html>", Verdict::Delivered(200), Verdict::Bisect),
            (r#"{"ok":true}"#, Verdict::Delivered(200), Verdict::Bisect),
            (r#"{"errors":[]}"#, Verdict::Delivered(200), Verdict::Bisect),
            (r#"{"errors":null}"#, Verdict::Delivered(200), Verdict::Bisect),
            (object, nonsense(object, r#"what stands at "/errors" is no array"#), Verdict::Bisect),
            (
                out_of_two,
                nonsense(out_of_two, "an item index is not within the 2 items of the request"),
                Verdict::Bisect,
            ),
        ] {
            assert_eq!(upserts(200, body, 2), of_200, "{body}");
            assert_eq!(upserts(400, body, 2), of_400, "{body}");
        }
        let out_of_range = r#"{"errors":[{"itemIndex":1}]}"#;
        assert_eq!(upserts(400, out_of_range, 1), alone(400, &format!("400 Bad Request: {out_of_range}")));
    }

    #[test]
    fn answers_that_say_more_than_their_status() {
        struct Saying(Results);
        impl Format for Saying {
            fn framing(&self, _: ItemKind) -> Framing {
                Framing::default()
            }
            fn encode(&self, _: ItemKind, _: &[&Item], _: u64) -> Result<Message, EncodeError> {
                unreachable!("nothing is sent")
            }
            fn read_results(&self, _: ItemKind, _: &[u8], _: usize) -> Results {
                self.0.clone()
            }
        }
        let failed = || fail(1, "200, but the answer says that it has failed", false);
        let unable = |status, words| later(status, &format!("{words}, for no fault of the items"));
        for (results, status, items, expected) in [
            (Results::Failed, 200, 2, failed()),
            (Results::Failed, 400, 2, Verdict::Bisect),
            (Results::Failed, 400, 1, alone(400, "400 Bad Request")),
            (
                Results::Barred { status: Some(403), message: None },
                200,
                2,
                fail(403, "403 for each of its items", false),
            ),
            (Results::Barred { status: None, message: None }, 200, 2, fail(1, "a failure of each of its items", false)),
            (Results::Unable, 200, 2, failed()),
            (Results::Unable, 400, 2, unable(0, "400 Bad Request")),
            (Results::Unable, 422, 1, unable(422, "422 Unprocessable Entity")),
        ] {
            let answer = HttpAnswer { status, headers: Default::default(), body: Vec::new(), end: BodyEnd::Whole };
            let format = Saying(results.clone());
            assert_eq!(judge(&answer, &format, ItemKind::Upsert, items), expected, "{results:?} {status}");
        }
    }

    #[test]
    fn answers_that_did_not_arrive_whole() {
        let cut = || BodyEnd::Cut("it ended early".into());
        let lost = later(0, "the answer was lost: it ended early");
        let too_long = later(0, "the answer was lost: it is longer than 8 MiB");
        let closed = later(0, "the answer was lost: the connection closed within the answer");
        for (status, body, end, expected) in [
            (200, "{}", cut(), lost.clone()),
            (400, "{}", cut(), lost),
            (200, "{}", BodyEnd::TooLong, too_long),
            (400, "{}", BodyEnd::TooLong, Verdict::Bisect),
            (200, r#"{"errors":["#, BodyEnd::Closed, closed.clone()),
            (422, r#"{"errors":["#, BodyEnd::Closed, closed),
            (
                200,
                r#"{"errors":["#,
                BodyEnd::Whole,
                later(0, "the answer was lost: it ends in the middle, where it said it would"),
            ),
            (400, r#"{"errors":["#, BodyEnd::Whole, Verdict::Bisect),
            (200, "ok", BodyEnd::Closed, Verdict::Delivered(200)),
            // The status says it all.
            (413, "", cut(), Verdict::Halve),
            (401, "", cut(), fail(401, "401 Unauthorized", true)),
            (502, "<ht", cut(), saying("<ht", later(502, "502 Bad Gateway"))),
        ] {
            assert_eq!(verdict(status, body, end.clone(), ItemKind::Upsert, 2), expected, "{status} {body} {end:?}");
        }
    }
}
