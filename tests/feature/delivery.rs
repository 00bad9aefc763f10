//! Within a run: what is tried again, how often, and how the outcome is written down.

use crate::harness::receiver::Break;
use crate::harness::{Reply, Rule, Shop};

fn shop(options: &str) -> Shop {
    let shop = Shop::with(options, "");
    shop.put(&[(1, "A", "Anvil")]);
    shop
}

fn status(shop: &Shop) -> i64 {
    shop.rows("products")[0].status
}

#[test]
fn passing_failures_are_tried_again_with_the_same_key() {
    for code in [408, 425, 429, 500, 502, 503, 504, 599] {
        let shop = shop("");
        shop.receiver.next(Reply::status(code)).next(Reply::status(code));
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 request_retries=2");
        let requests = shop.receiver.new_requests();
        assert_eq!(requests.len(), 3, "{code}");
        assert!(requests.iter().all(|request| request.key() == requests[0].key()), "{code}");
        assert_eq!(status(&shop), 200);
    }
}

#[test]
fn after_the_last_try_the_item_waits_for_a_later_run() {
    for code in [408, 425, 429, 500, 503] {
        let shop = shop("");
        shop.receiver.always(Reply::status(code));
        shop.run(&["reindex", "products"]).exits(1).outcome("products", "complete").counts("products", "retryable=1");
        assert_eq!((shop.receiver.request_count(), status(&shop)), (3, code.into()), "one try and two more");
    }
}

#[test]
fn a_broken_connection_is_tried_again() {
    for cut in [Break::Unread, Break::HalfRead, Break::Unanswered] {
        let shop = shop("");
        shop.receiver.breaks(2, cut);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
        assert_eq!(shop.delivered_names(), ["A Anvil"], "{cut:?}");
    }
}

#[test]
fn a_consumer_that_always_hangs_up_could_not_be_reached() {
    let shop = shop("request_retries = 1");
    shop.receiver.always(Reply::hangs_up());
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    assert_eq!((shop.receiver.request_count(), status(&shop)), (2, 0));
    shop.receiver.accepts_all();
    shop.run(&["retry", "--now"]).exits(0).counts("products", "exported=1");
}

#[test]
fn a_lost_answer_is_tried_again_with_the_same_key() {
    for reply in [Reply::lost(), Reply::cut_short()] {
        let shop = shop("");
        shop.receiver.next(reply);
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 request_retries=1");
        let requests = shop.receiver.new_requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].key(), requests[1].key());
    }
}

#[test]
fn an_answer_that_is_always_cut_short_delivers_nothing() {
    let shop = shop("request_retries = 0");
    shop.receiver.always(Reply::cut_short());
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    assert!(!(200..300).contains(&status(&shop)), "{}", shop.feed_table("products"));
}

#[test]
fn a_length_that_hides_the_failed_items_delivers_nothing() {
    let shop = shop("request_retries = 0");
    let refused = Reply::item_errors(200, &[(0, Some(422), "refused")]);
    shop.receiver.always(refused.clone().header("Content-Length", "20").closes());
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    assert_eq!(status(&shop), 0, "{}", shop.feed_table("products"));
    shop.receiver.accepts_all().always(refused);
    shop.run(&["retry", "--now"]).exits(1).counts("products", "retryable=1");
    assert_eq!(status(&shop), 422);
}

#[test]
fn an_answer_that_is_no_http_is_a_failure() {
    for bytes in [&b"\0\x01\x02 nonsense \r\n\r\n"[..], b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 twohundred OK\r\n\r\n", b""]
    {
        let shop = shop("request_retries = 1");
        shop.receiver.next(Reply::bytes(bytes));
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
        shop.receiver.always(Reply::bytes(bytes));
        shop.put(&[(1, "A", "Anvil 2")]);
        shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
        assert_eq!(status(&shop), 0);
    }
}

#[test]
fn a_consumer_that_never_answers_is_given_up() {
    let shop = shop("request_retries = 0\ntimeout = \"200ms\"");
    shop.receiver.next(Reply::lost().stalls());
    shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
    assert_eq!(status(&shop), 0);
}

#[test]
fn retry_after_is_waited_for_up_to_a_cap() {
    let shop = shop("");
    shop.receiver.next(Reply::status(429).header("Retry-After", "0"));
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1 request_retries=1");

    // Far beyond retry_max: no more tries in this run.
    for wait in ["3600", "Thu, 31 Dec 2099 23:59:59 GMT"] {
        let shop = self::shop("");
        shop.receiver.always(Reply::status(503).header("Retry-After", wait));
        shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1 request_retries=0");
        assert_eq!((shop.receiver.request_count(), status(&shop)), (1, 503), "{wait}");
        let until: f64 =
            shop.stored("SELECT (julianday(next_attempt_at) - julianday(modified_at)) * 86400 FROM feed_products");
        assert!(until >= 3599.9, "{wait}: due again after {until} s");
        shop.receiver.accepts_all();
        shop.run_text(&["retry"]).exits(0);
        assert_eq!(shop.receiver.request_count(), 1, "{wait}: not due yet");
    }
}

#[test]
fn a_retry_after_that_makes_no_sense_is_no_reason_to_give_up() {
    for wait in ["soon", "-5", "", "1e9", "99999999999999999999999"] {
        let shop = shop("");
        shop.receiver.next(Reply::status(503).header("Retry-After", wait));
        let run = shop.run(&["reindex", "products"]);
        let sum = run.summary("products");
        assert_eq!((&sum["exported"] == 1) as u8 + (&sum["retryable"] == 1) as u8, 1, "{wait}");
        shop.run(&["reindex", "products"]).exits(0);
        assert_eq!(shop.delivered_names(), ["A Anvil"]);
    }
}

#[test]
fn a_request_that_is_too_large_is_halved() {
    let shop = Shop::new();
    shop.put_many(10);
    shop.receiver.rule(Rule::new(|request| (request.items.len() > 3).then(|| Reply::status(413))));
    shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=10");
    assert_eq!(shop.receiver.documents("products").len(), 10);
}

#[test]
fn one_item_that_is_too_large_alone_fails_alone() {
    let shop = Shop::new();
    shop.put_many(9);
    shop.receiver.rule(Rule::refuse_unlisted(413, |item| item.sku() == "S00004"));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "exported=8 retryable=1");
    assert_eq!(shop.rows("products")[3].status, 413);
}

#[test]
fn any_success_is_a_success() {
    for code in [200, 201, 202, 204, 207, 299] {
        let shop = shop("");
        shop.receiver.next(Reply::status(code));
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
        assert_eq!(status(&shop), i64::from(code));
    }
}

#[test]
fn what_a_success_says_besides_errors_does_not_matter() {
    for body in ["", "OK", "<html>fine</html>", "[]", "null", "{\"errors\":[]}", "{\"errors\":null}", "{\"took\":3}"] {
        let shop = shop("");
        shop.receiver.next(Reply::accept().body(body));
        shop.run(&["reindex", "products"]).exits(0).counts("products", "exported=1");
    }
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let shop = shop("request_retries = 0");
    shop.receiver.next(Reply::status(500).body(&"x".repeat(100 << 20)));
    let run = shop.run(&["reindex", "products"]);
    run.exits(1).counts("products", "retryable=1");
    assert!(run.stderr.len() < 20_000, "{} bytes on stderr", run.stderr.len());
    let errors: i64 = shop.stored("SELECT coalesce(length(errors), 0) FROM feed_products");
    assert!(errors < 20_000, "{errors} bytes of errors");
}

#[test]
fn a_status_nobody_expects_is_kept_as_it_came() {
    for code in [402, 409, 418, 451] {
        let shop = shop("");
        shop.receiver.always(Reply::status(code));
        shop.run(&["reindex", "products"]).exits(1).counts("products", "retryable=1");
        assert_eq!(status(&shop), i64::from(code));
    }
}

#[test]
fn which_statuses_are_final_is_configured() {
    let shop = shop("non_retryable_status = [400, 409, 422]");
    shop.receiver.next(Reply::status(409));
    shop.run(&["reindex", "products"]).exits(1).counts("products", "rejected=1");
    shop.run(&["reindex", "products"]).exits(0).counts("products", "unchanged=1");
}
