//! Tries: what is sent again as it was, when, how often, and what ends it.

use super::*;

#[test]
fn tries_share_key_and_sequence() {
    let scene = Scene::new();
    let lost = || Err(TransportError::Lost("reset".into()));
    let answers = vec![answer(503, "busy"), lost(), Err(TransportError::Timeout), answer(200, "")];
    let delivered = scene.deliver(&["1"], in_turn(answers));
    assert_eq!(delivered.outcomes, vec![Some(accepted(200))]);
    assert_eq!((delivered.requests, delivered.retries, delivered.bytes_sent), (1, 3, 12));
    assert_eq!(scene.waits(), [500, 1000, 2000]);
    let tries = scene.tries();
    assert!(tries.iter().all(|tried| *tried == tries[0]));
}

#[test]
fn tries_end() {
    for (last, status, said) in [
        (answer(429, "slow down"), 429, "429 Too Many Requests: slow down"),
        (answer(500, ""), 500, "500 Internal Server Error"),
        (Err(TransportError::Timeout), 0, "no answer within 30s"),
        (Err(TransportError::Lost("reset".into())), 0, "the answer was lost: reset"),
    ] {
        let scene = Scene::new();
        let delivered = scene.deliver(&["1", "2"], in_turn(vec![last]));
        assert_eq!((statuses(&delivered), message(&delivered, 1)), (vec![status; 2], said));
        assert_eq!((delivered.requests, delivered.retries, scene.tries().len()), (1, 3, 4));
        assert!(!scene.circuit.is_open());
    }
}

#[test]
fn a_request_that_cannot_be_made_is_not_tried_again() {
    let scene = Scene::new();
    let delivered = scene.deliver(&["1"], in_turn(vec![Err(TransportError::Other("bad uri".into()))]));
    assert_eq!((statuses(&delivered), scene.tries().len()), (vec![0], 1));
    assert_eq!(message(&delivered, 0), "the request cannot be made: bad uri");
    for _ in 0..4 {
        assert!(!scene.circuit.is_open());
        scene.deliver(&["1"], in_turn(vec![Err(TransportError::Other("bad uri".into()))]));
    }
    assert!(scene.circuit.is_open(), "five in a row");
}

#[test]
fn retry_after_is_honoured_or_left_to_a_later_run() {
    for (wish, waits, later) in [
        ("2", vec![2000], None),
        ("Wed, 21 Oct 2026 07:28:07 GMT", vec![7000], None),
        ("31", vec![], Some(31)),
        ("nonsense", vec![500], None),
    ] {
        let scene = Scene::new();
        let answers = vec![answer_with(503, "retry-after", wish), answer(200, "")];
        let delivered = scene.deliver(&["1"], in_turn(answers));
        assert_eq!(scene.waits(), waits, "{wish}");
        assert_eq!(
            delivered.outcomes[0].as_ref().and_then(|outcome| outcome.retry_after),
            later.map(Duration::from_secs),
            "{wish}"
        );
        assert_eq!(statuses(&delivered)[0], if later.is_some() { 503 } else { 200 }, "{wish}");
    }
}

#[test]
fn what_an_answer_leaves_is_kept_to() {
    let scene = Scene::new();
    let fields = [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "20")];
    let script = move |_: &[&str]| {
        let mut answer = answer(200, "")?;
        answer.headers.extend(fields.map(|(name, value)| (name.parse().ok(), value.parse().expect("a header"))));
        Ok(answer)
    };
    let consumer = scene.consumer(&consumer_config("http://h/p"), script);
    for _ in 0..2 {
        assert_eq!(statuses(&consumer.deliver(&request(ItemKind::Upsert, &["1"]))), [200]);
    }
    // Whole seconds may have been rounded down.
    assert_eq!(scene.waits(), [21_000]);
}

/// What one sender was told holds for all of them.
#[test]
fn a_pause_that_the_consumer_asks_for_is_everybodys() {
    for wish in ["20", "Wed, 21 Oct 2026 07:28:20 GMT"] {
        let scene = Scene::new();
        let mut config = consumer_config("http://h/p");
        let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
        http.request_retries = 0;
        let consumer = scene.consumer(&config, in_turn(vec![answer_with(429, "retry-after", wish), answer(200, "")]));
        assert_eq!(statuses(&consumer.deliver(&request(ItemKind::Upsert, &["1"]))), [429]);
        assert_eq!(statuses(&consumer.deliver(&request(ItemKind::Upsert, &["2"]))), [200]);
        assert!(scene.waits().iter().sum::<u128>() >= 20_000, "{wish}: {:?}", scene.waits());
    }
}

#[test]
fn an_unreachable_consumer_opens_the_circuit_after_its_tries() {
    let scene = Scene::new();
    let refused = || Err(TransportError::Unreachable("refused".into()));
    let delivered = scene.deliver(&["1"], in_turn(vec![refused(), refused(), refused(), answer(200, "")]));
    assert_eq!((statuses(&delivered), scene.circuit.is_open(), delivered.bytes_sent), (vec![200], false, 3));
    let delivered = scene.deliver(&["1"], in_turn(vec![refused()]));
    assert_eq!((statuses(&delivered), delivered.retries, delivered.bytes_sent), (vec![0], 3, 0));
    assert_eq!(scene.circuit.reason().as_deref(), Some("the consumer cannot be reached: refused"));
}

#[test]
fn a_stop_ends_tries() {
    let scene = Scene::new();
    let stop = scene.stop.clone();
    let delivered = scene.deliver(&["1"], move |_| {
        stop.request(15);
        answer(503, "busy")
    });
    assert_eq!((statuses(&delivered), delivered.requests, delivered.retries), (vec![503], 1, 0));
    assert!(!scene.circuit.is_open());
}

/// The first answer was lost: both may have been taken. The second answer says how to send them again, but nothing more leaves.
#[test]
fn what_may_have_been_taken_has_an_outcome_however_it_was_to_be_sent_again() {
    for refusal in [answer(413, ""), answer(400, r#"{"errors":[{"itemIndex":0,"message":"no"}]}"#)] {
        let scene = Scene::new();
        let (stop, answers) = (scene.stop.clone(), Mutex::new(vec![refusal, Err(TransportError::Timeout)]));
        let delivered = scene.deliver(&["1", "2"], move |_| {
            let mut answers = answers.lock().expect("no panic");
            if answers.len() == 1 {
                stop.request(15);
            }
            answers.pop().expect("nothing more leaves")
        });
        let statuses: Vec<_> = delivered.outcomes.iter().flatten().map(|outcome| outcome.status).collect();
        assert_eq!((statuses.len(), statuses.last(), delivered.retries), (2, Some(&0), 1), "{delivered:?}");
    }
}

#[test]
fn the_rate_limit_holds_for_every_try() {
    let scene = Scene::new();
    let mut config = consumer_config("http://h/p");
    let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
    (http.rate_limit, http.retry_base) = (Some(0.001), Duration::ZERO);
    let consumer = scene.consumer(&config, in_turn(vec![answer(503, ""), answer(200, "")]));
    assert_eq!(statuses(&consumer.deliver(&request(ItemKind::Upsert, &["1"]))), [200]);
    let waits = scene.waits();
    assert_eq!(waits, [1_000_000]);
    scene.stop.request(15);
    let delivered = consumer.deliver(&request(ItemKind::Upsert, &["1"]));
    assert_eq!((delivered.outcomes, delivered.requests), (vec![None], 0));
}
