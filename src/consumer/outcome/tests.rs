use super::*;
use crate::config::{ElasticsearchSettings, HttpConfig, HttpFormat};
use crate::consumer::Item;
use crate::consumer::delivery::tests::{http_config, outline};
use crate::consumer::format::{EncodeError, Framing, Json, Message, open};
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

/// There is no such address: nothing of the item.
#[test]
fn an_engine_says_in_its_own_words_that_there_is_nothing_to_delete() {
    let answer = HttpAnswer { status: 404, headers: Default::default(), body: "<html>".into(), end: BodyEnd::Whole };
    let engines = [
        HttpFormat::Elasticsearch(ElasticsearchSettings::default()),
        HttpFormat::Algolia,
        HttpFormat::Meilisearch(Default::default()),
    ];
    for format in engines {
        let config = HttpConfig { format: format.clone(), ..http_config("http://h/") };
        let opened = open(&config, &outline()).expect("valid settings");
        let verdict = judge(&answer, &*opened, ItemKind::Delete, 1);
        assert_eq!(verdict, saying("<html>", fail(404, "404 Not Found", true)), "{format:?}");
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
        (out_of_two, nonsense(out_of_two, "an item index is not within the 2 items of the request"), Verdict::Bisect),
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
        (Results::Barred { status: Some(403), message: None }, 200, 2, fail(403, "403 for each of its items", false)),
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
