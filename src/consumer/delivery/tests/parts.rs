//! Parts: what an answer says of single items, what is sent again in halves or without some, what opens the circuit.

use super::*;
use crate::config::Secret;

#[test]
fn an_accepted_request() {
    let scene = Scene::new();
    let delivered = scene.deliver(&["1", "22"], in_turn(vec![answer(202, "{}")]));
    assert_eq!(delivered.outcomes, vec![Some(accepted(202)), Some(accepted(202))]);
    assert_eq!((delivered.requests, delivered.retries, delivered.bytes_sent), (1, 0, 6));
    let tries = scene.tries();
    assert_eq!((tries[0].body.as_str(), tries[0].sequence, tries[0].uri.as_str()), ("[1,22]", 100, "http://h/p"));
    assert!(!scene.circuit.is_open());
}

#[test]
fn an_empty_request_is_not_sent() {
    let scene = Scene::new();
    let delivered = scene.deliver(&[], in_turn(vec![answer(200, "")]));
    assert_eq!((delivered.outcomes.len(), delivered.requests, scene.tries().len()), (0, 0, 0));
}

#[test]
fn deletes_go_to_their_url() {
    let scene = Scene::new();
    let mut config = consumer_config("http://h/p");
    let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
    http.delete_url = Some("http://h/gone".parse().expect("a URL"));
    let consumer = scene.consumer(&config, in_turn(vec![answer(404, "")]));
    let delivered = consumer.deliver(&request(ItemKind::Delete, &[r#"{"sku":1}"#]));
    assert_eq!(delivered.outcomes, vec![Some(accepted(200))]);
    assert_eq!(
        (scene.bodies(), scene.tries()[0].uri.as_str()),
        (vec![r#"[{"sku":1,"deleted":true}]"#.into()], "http://h/gone")
    );
    assert!(!scene.circuit.is_open());
}

#[test]
fn listed_items_of_an_accepted_request_fail() {
    let scene = Scene::new();
    let body = r#"{"errors":[{"itemIndex":2,"status":422,"message":"no\u0007 hunter22"},{"itemIndex":0}]}"#;
    let delivered = scene.deliver(&["1", "2", "3"], in_turn(vec![answer(200, body)]));
    assert_eq!((statuses(&delivered), delivered.requests), (vec![1, 200, 422], 1));
    assert_eq!(message(&delivered, 2), "no ***");
    assert_eq!(message(&delivered, 0), r#"{"itemIndex":0}"#);
}

#[test]
fn the_rest_is_sent_again_without_listed_items() {
    let scene = Scene::new();
    let answers = vec![
        answer(400, r#"{"errors":[{"itemIndex":1,"message":"b"},{"itemIndex":3,"status":503}]}"#),
        answer(422, r#"{"errors":[{"itemIndex":2,"message":"e"}]}"#),
        answer(200, r#"{"errors":[{"itemIndex":1,"status":409}]}"#),
    ];
    let delivered = scene.deliver(&["1", "2", "3", "4", "5"], in_turn(answers));
    assert_eq!(statuses(&delivered), [200, 400, 409, 503, 422]);
    assert_eq!(scene.bodies(), ["[1,2,3,4,5]", "[1,3,5]", "[1,3]"]);
    assert_eq!(scene.sequences(), [100, 101, 102]);
    assert_eq!((delivered.requests, delivered.retries, scene.waits().len()), (3, 0, 0));
    let keys: std::collections::HashSet<String> = scene.tries().into_iter().map(|tried| tried.key).collect();
    assert_eq!(keys.len(), 3);
}

#[test]
fn all_items_listed_leave_nothing_to_send() {
    let scene = Scene::new();
    let body = r#"{"errors":[{"itemIndex":1,"status":422},{"itemIndex":0}]}"#;
    let delivered = scene.deliver(&["1", "2"], in_turn(vec![answer(400, body)]));
    assert_eq!((statuses(&delivered), delivered.requests), (vec![400, 422], 1));
}

#[test]
fn bad_items_are_found_by_bisecting() {
    let scene = Scene::new();
    let bad = |items: &[&str]| items.iter().any(|item| ["3", "6"].contains(item));
    let script = move |items: &[&str]| if bad(items) { answer(400, "no") } else { answer(200, "") };
    let delivered = scene.deliver(&["1", "2", "3", "4", "5", "6", "7"], script);
    assert_eq!(statuses(&delivered), [200, 200, 400, 200, 200, 400, 200]);
    assert_eq!(message(&delivered, 2), "400 Bad Request: no");
    let tree =
        ["[1,2,3,4,5,6,7]", "[1,2,3,4]", "[1,2]", "[3,4]", "[3]", "[4]", "[5,6,7]", "[5,6]", "[5]", "[6]", "[7]"];
    assert_eq!(scene.bodies(), tree);
    assert_eq!(scene.sequences(), (100..111).collect::<Vec<u64>>());
    assert!(!scene.circuit.is_open());
}

#[test]
fn too_large_requests_are_halved() {
    let scene = Scene::new();
    let script = |items: &[&str]| {
        if items.len() > 2 || items.contains(&"9") { answer(413, "") } else { answer(200, "") }
    };
    let delivered = scene.deliver(&["1", "9", "3", "4", "5"], script);
    assert_eq!(statuses(&delivered), [200, 413, 200, 200, 200]);
    assert_eq!(scene.bodies(), ["[1,9,3,4,5]", "[1,9,3]", "[1,9]", "[1]", "[9]", "[3]", "[4,5]"]);
}

#[test]
fn what_is_too_large_by_the_settings_is_never_sent() {
    let scene = Scene::new();
    let config = ConsumerConfig { max_request_bytes: 9, ..consumer_config("http://h/p") };
    let consumer = scene.consumer(&config, in_turn(vec![answer(200, "")]));
    let delivered = consumer.deliver(&request(ItemKind::Upsert, &["1", "12345678", "333", "444", "55"]));
    assert_eq!(statuses(&delivered), [200, 413, 200, 200, 200]);
    assert_eq!(message(&delivered, 1), "not sent: its request would have 10 bytes, max_request_bytes is 9");
    assert_eq!(scene.bodies(), ["[1]", "[333]", "[444,55]"]);
    assert_eq!((delivered.requests, scene.sequences()), (3, vec![100, 101, 102]));
}

#[test]
fn a_broken_payload_spoils_itself_alone() {
    let scene = Scene::new();
    let consumer = scene.consumer(&consumer_config("http://h/p"), in_turn(vec![answer(200, "")]));
    let delivered = consumer.deliver(&request(ItemKind::Delete, &["{}", "broken", "{}"]));
    assert_eq!(statuses(&delivered), [200, 0, 200]);
    assert!(message(&delivered, 1).starts_with("cannot encode a request: "), "{delivered:?}");
}

#[test]
fn whatever_the_consumer_does_requests_stay_within_their_sequences() {
    // Answers as bad as they can be: each request is refused with as little progress as there may be.
    for items in 1..=40 {
        for style in 0..4 {
            let scene = Scene::new();
            let calls = std::sync::atomic::AtomicUsize::new(0);
            let script = move |items: &[&str]| {
                let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                match (style, call % 3) {
                    (0, _) | (2, 0) => answer(400, ""),
                    (1, _) | (2, 1) => answer(400, &format!(r#"{{"errors":[{{"itemIndex":{}}}]}}"#, items.len() - 1)),
                    _ => answer(413, ""),
                }
            };
            let names: Vec<String> = (0..items).map(|item| item.to_string()).collect();
            let delivered = scene.deliver(&names.iter().map(String::as_str).collect::<Vec<_>>(), script);
            assert!(delivered.requests < 2 * items as u64, "{items} {style}: {}", delivered.requests);
            assert!(statuses(&delivered).iter().all(|status| [400, 413].contains(status)));
            let sequences = scene.sequences();
            assert!(sequences.is_sorted() && sequences.len() as u64 == delivered.requests);
            assert!(sequences.last().is_none_or(|last| *last < 100 + sequences_for(items)));
        }
    }
}

#[test]
fn answers_that_speak_of_the_consumer_open_the_circuit() {
    for (status, said) in [
        (302, "302 Found: go"),
        (401, "401 Unauthorized: go"),
        (403, "403 Forbidden: go"),
        (404, "404 Not Found: go"),
        (405, "405 Method Not Allowed: go"),
    ] {
        let scene = Scene::new();
        let delivered = scene.deliver(&["1", "2"], in_turn(vec![answer(status, "go")]));
        assert_eq!((statuses(&delivered), delivered.requests), (vec![i32::from(status); 2], 1));
        assert_eq!(scene.circuit.reason().as_deref(), Some(said));
    }
}

#[test]
fn the_reason_is_short_and_clean() {
    let scene = Scene::new();
    let body = format!("token hunter22\u{1b}[2J {}", "ü".repeat(5000));
    let delivered = scene.deliver(&["1"], in_turn(vec![answer(401, &body)]));
    let reason = scene.circuit.reason().expect("it is open");
    assert_eq!(reason, format!("401 Unauthorized: token ***[2J {}", "ü".repeat(200 - 13)));
    assert_eq!(message(&delivered, 0).chars().count(), 1000);
}

#[test]
fn five_requests_that_fail_whole_open_the_circuit() {
    let scene = Scene::new();
    let nonsense = || answer(200, r#"{"errors":7}"#);
    let with = |answers: Vec<_>| {
        for answer in answers {
            scene.deliver(&["1"], in_turn(vec![answer]));
        }
        scene.circuit.is_open()
    };
    assert!(!with(vec![answer(503, ""), answer(409, ""), nonsense(), answer(429, ""), answer(200, "")]));
    assert!(!with(vec![answer(503, ""), answer(409, ""), nonsense(), Err(TransportError::Timeout)]));
    assert!(with(vec![answer(500, "down")]));
    let reason = scene.circuit.reason().expect("it is open");
    assert_eq!(reason, "5 requests in a row failed, the last with 500 Internal Server Error: down");
}

#[test]
fn an_open_circuit_ends_tries_and_parts() {
    let scene = Scene::new();
    let circuit = scene.circuit.clone();
    let delivered = scene.deliver(&["1"], move |_| {
        circuit.open(|| "401".into());
        answer(503, "")
    });
    assert_eq!((statuses(&delivered), delivered.retries), (vec![503], 0));

    let scene = Scene::new();
    let circuit = scene.circuit.clone();
    let delivered = scene.deliver(&["1", "2"], move |_| {
        circuit.open(|| "401".into());
        answer(413, "")
    });
    assert_eq!((delivered.outcomes, delivered.requests), (vec![None, None], 1));
}

#[test]
fn nothing_leaves_once_the_circuit_is_open_or_the_run_is_to_stop() {
    let scene = Scene::new();
    scene.circuit.open(|| "401".into());
    let delivered = scene.deliver(&["1", "2"], in_turn(vec![answer(200, "")]));
    assert_eq!((delivered.outcomes, delivered.requests, scene.tries().len()), (vec![None, None], 0, 0));
    let scene = Scene::new();
    scene.stop.request(15);
    let delivered = scene.deliver(&["1"], in_turn(vec![answer(200, "")]));
    assert_eq!((delivered.outcomes, delivered.requests, scene.tries().len()), (vec![None], 0, 0));
}

#[test]
fn a_part_that_opens_the_circuit_leaves_the_others_unsent() {
    let scene = Scene::new();
    let delivered = scene.deliver(&["1", "2", "3"], in_turn(vec![answer(413, ""), answer(403, "")]));
    assert_eq!((statuses(&delivered), &delivered.outcomes[2], delivered.requests), (vec![403, 403], &None, 2));
}

#[test]
fn a_secret_in_a_header_stays_there() {
    let scene = Scene::new();
    let mut config = consumer_config("http://h/p");
    let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
    http.headers = vec![("Authorization".into(), Secret::new("Bearer hunter22"))];
    let consumer = scene.consumer(&config, in_turn(vec![answer(500, "you sent Bearer hunter22")]));
    let delivered = consumer.deliver(&request(ItemKind::Upsert, &["1"]));
    assert_eq!(message(&delivered, 0), "500 Internal Server Error: you sent Bearer ***");
}

#[test]
fn bodies_are_compressed_once_and_counted_as_sent() {
    struct Bodies(Arc<Mutex<Vec<Vec<u8>>>>);
    impl Transport for Bodies {
        fn send(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
            assert_eq!(request.headers["content-encoding"], "zstd");
            self.0.lock().expect("no panic").push(request.body.to_vec());
            answer(503, "")
        }
    }
    let scene = Scene::new();
    let mut config = consumer_config("http://h/p");
    let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
    http.compression = Compression::Zstd;
    let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let redact: Redact = Arc::new(|text: &str| text.to_owned());
    let (transport, clock) = (Arc::new(Bodies(bodies.clone())), Box::new(FakeClock(scene.clone())));
    let line = Arc::new(Line::new(&config));
    let consumer = HttpConsumer::with_parts(&config, &outline(), line, scene.circuit, redact, transport, clock)
        .expect("valid settings");
    let delivered = consumer.deliver(&request(ItemKind::Upsert, &["1", "2"]));
    let bodies = bodies.lock().expect("no panic").clone();
    assert_eq!(zstd::bulk::decompress(&bodies[3], 99).expect("zstd"), b"[1,2]");
    assert!(bodies.len() == 4 && bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(delivered.bytes_sent, 4 * bodies[0].len() as u64);
}

/// The answer of `_bulk` with these statuses.
fn bulk(statuses: &[i32]) -> Result<HttpAnswer, TransportError> {
    let items: Vec<String> = statuses.iter().map(|status| format!(r#"{{"index":{{"status":{status}}}}}"#)).collect();
    answer(200, &format!(r#"{{"errors":true,"items":[{}]}}"#, items.join(",")))
}

fn elasticsearch(scene: &Scene, answers: Vec<Result<HttpAnswer, TransportError>>) -> Delivered {
    let config = engine(HttpFormat::Elasticsearch(Default::default()));
    scene.consumer(&config, in_turn(answers)).deliver(&request(ItemKind::Upsert, &THREE))
}

#[test]
fn items_that_are_turned_away_are_sent_again_by_themselves() {
    let scene = Scene::new();
    let delivered = elasticsearch(&scene, vec![bulk(&[429, 201, 503]), bulk(&[201, 429]), bulk(&[200])]);
    assert_eq!((statuses(&delivered), delivered.requests), (vec![200, 200, 200], 3));
    let ids = |body: &String| body.lines().step_by(2).map(|line| line[17..18].to_owned()).collect::<String>();
    assert_eq!(scene.bodies().iter().map(ids).collect::<Vec<_>>(), ["ABC", "AC", "C"]);
    assert_eq!((scene.sequences(), scene.waits()), (vec![100, 101, 102], vec![500, 1000]));
}

#[test]
fn items_that_are_turned_away_for_ever_fail_with_their_status() {
    let scene = Scene::new();
    let delivered = elasticsearch(&scene, vec![bulk(&[201, 429, 400]), bulk(&[429])]);
    assert_eq!((statuses(&delivered), delivered.requests), (vec![200, 429, 400], 4));
    assert!(!scene.circuit.is_open());
    let scene = Scene::new();
    scene.stop.request(15);
    assert_eq!(elasticsearch(&scene, vec![bulk(&[429, 429, 429])]).outcomes, vec![None, None, None]);
}

#[test]
fn requests_whose_items_are_all_turned_away_fail_whole() {
    let scene = Scene::new();
    let full =
        || answer(200, r#"{"errors":true,"items":[{"index":{"status":429,"error":{"type":"t","reason":"full"}}}]}"#);
    let config = engine(HttpFormat::Elasticsearch(Default::default()));
    let with = |answers: Vec<_>| {
        let delivered = scene.consumer(&config, in_turn(answers)).deliver(&request(ItemKind::Upsert, &THREE[..1]));
        (statuses(&delivered), scene.circuit.is_open())
    };
    for _ in 0..4 {
        assert_eq!(with(vec![full()]), (vec![429], false));
    }
    // One that is taken in the end is none, nor is one whose item itself is bad.
    for answers in [vec![full(), bulk(&[200])], vec![bulk(&[400])]] {
        with(answers);
        for _ in 0..4 {
            assert_eq!(with(vec![full()]), (vec![429], false));
        }
    }
    assert_eq!(with(vec![full()]), (vec![429], true));
    let reason = scene.circuit.reason().expect("it is open");
    assert_eq!(reason, "5 requests in a row failed, the last with 429 for each of its items: t: full");
}

#[test]
fn what_is_not_for_its_items_is_not_bisected() {
    let scene = Scene::new();
    let full = r#"{"message":"Rejecting write: running out of resource type: OUT_OF_DISK"}"#;
    let config = engine(HttpFormat::Typesense);
    let delivered =
        scene.consumer(&config, in_turn(vec![answer(422, full)])).deliver(&request(ItemKind::Upsert, &THREE));
    assert_eq!((statuses(&delivered), delivered.requests, delivered.retries), (vec![422; 3], 1, 3));
    assert_eq!(message(&delivered, 2), format!("422 Unprocessable Entity, for no fault of the items: {full}"));
}

#[test]
fn a_success_that_does_not_say_so_is_none() {
    for body in ["OK", r#"{"acknowledged":true}"#, r#"{"errors":false,"items":[]}"#] {
        let scene = Scene::new();
        let delivered = elasticsearch(&scene, vec![answer(200, body)]);
        assert_eq!((statuses(&delivered), delivered.retries), (vec![1, 1, 1], 0), "{body}");
    }
    // Where there is nothing at all, or half of it, something was lost.
    for body in ["", r#"{"errors":false,"#] {
        let scene = Scene::new();
        let delivered = elasticsearch(&scene, vec![answer(200, body)]);
        assert_eq!((statuses(&delivered), delivered.retries), (vec![0, 0, 0], 3), "{body}");
    }
}
