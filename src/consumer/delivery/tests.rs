//! Delivery against a scripted transport: no connection, no clock.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Instant, SystemTime};

use crossbeam_channel::Receiver;
use ureq::http::Method;

use super::*;
use crate::config::{HttpFormat, ItemErrorPointers, Secret};
use crate::consumer::transport::{BodyEnd, HttpAnswer};
use crate::digest::FeedId;

pub(in crate::consumer) fn http_config(url: &str) -> HttpConfig {
    HttpConfig {
        url: url.parse().expect("a URL"),
        delete_url: None,
        format: HttpFormat::Json,
        method: "POST".into(),
        headers: Vec::new(),
        compression: Compression::None,
        timeout: Duration::from_secs(30),
        connect_timeout: Duration::from_secs(5),
        request_retries: 3,
        retry_base: Duration::from_millis(500),
        retry_max: Duration::from_secs(30),
        rate_limit: None,
        item_errors: ItemErrorPointers::default(),
        ca_file: None,
        index: None,
        id: None,
    }
}

pub(in crate::consumer) fn outline() -> Outline {
    let identity = vec![crate::definition::feed::DocumentPath(vec!["sku".into()])];
    Outline { feed: "products".into(), identity, members: vec!["sku".into(), "name".into()] }
}

pub(in crate::consumer) fn consumer_config(url: &str) -> ConsumerConfig {
    ConsumerConfig {
        name: "search".into(),
        non_retryable_status: vec![400],
        max_attempts: 20,
        max_request_bytes: 5 << 20,
        target: ConsumerTarget::Http(Box::new(http_config(url))),
    }
}

pub(in crate::consumer) fn request(kind: ItemKind, items: &[&str]) -> Request {
    let item = |json: &&str| Item { feed_id: FeedId([0; 32]), kind, json: json.as_bytes().into() };
    Request { feed: "products".into(), kind, items: items.iter().map(item).collect(), first_sequence: 100 }
}

/// What the consumer does with a request of these items.
type Script = Box<dyn Fn(&[&str]) -> Result<HttpAnswer, TransportError> + Send + Sync>;

/// What one try looked like: body, sequence, key, uri.
#[derive(Debug, Clone, PartialEq)]
struct Try {
    body: String,
    sequence: u64,
    key: String,
    uri: String,
}

/// Everything that a test looks at afterwards.
#[derive(Clone)]
struct Scene {
    tries: Arc<Mutex<Vec<Try>>>,
    waits: Arc<Mutex<Vec<Duration>>>,
    circuit: Arc<Circuit>,
    stop: Stop,
    /// What has been waited for.
    waited: Arc<Mutex<Duration>>,
    start: Instant,
}

struct Scripted {
    scene: Scene,
    script: Script,
}

impl Transport for Scripted {
    fn send(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        let header = |name| request.headers[name].to_str().expect("text").to_owned();
        let body = String::from_utf8(request.body.to_vec()).expect("UTF-8");
        let uri = request.uri.to_string();
        if *request.method == Method::GET {
            // A question after a task.
            return (self.script)(&[&uri]);
        }
        let items = body[1..body.len() - 1].to_owned();
        let sequence = header("x-feedmill-sequence").parse().expect("a number");
        self.scene.tries.lock().expect("no panic").push(Try { body, sequence, key: header("idempotency-key"), uri });
        (self.script)(&items.split(',').collect::<Vec<_>>())
    }
}

struct FakeClock(Scene);

impl Clock for FakeClock {
    fn now(&self) -> SystemTime {
        httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").expect("a date")
    }

    fn instant(&self) -> Instant {
        self.0.start + *self.0.waited.lock().expect("no panic")
    }

    fn wait(&self, duration: Duration) -> bool {
        *self.0.waited.lock().expect("no panic") += duration;
        if !duration.is_zero() {
            self.0.waits.lock().expect("no panic").push(duration);
        }
        !self.0.circuit.is_open() && !self.0.stop.is_requested()
    }

    fn wait_for(&self, token: &Receiver<()>) -> bool {
        token.recv().is_ok()
    }

    fn chance(&self) -> f64 {
        1.0
    }
}

impl Scene {
    fn new() -> Self {
        Scene {
            tries: Arc::default(),
            waits: Arc::default(),
            circuit: Arc::default(),
            stop: Stop::default(),
            waited: Arc::default(),
            start: Instant::now(),
        }
    }

    fn consumer(
        &self,
        config: &ConsumerConfig,
        script: impl Fn(&[&str]) -> Result<HttpAnswer, TransportError> + Send + Sync + 'static,
    ) -> HttpConsumer {
        let transport = Arc::new(Scripted { scene: self.clone(), script: Box::new(script) });
        let redact: Redact = Arc::new(|text: &str| text.replace("hunter22", "***"));
        let clock = Box::new(FakeClock(self.clone()));
        let line = Arc::new(Line::new(config));
        HttpConsumer::with_parts(config, &outline(), line, self.circuit.clone(), redact, transport, clock)
            .expect("valid settings")
    }

    fn deliver(
        &self,
        items: &[&str],
        script: impl Fn(&[&str]) -> Result<HttpAnswer, TransportError> + Send + Sync + 'static,
    ) -> Delivered {
        let consumer = self.consumer(&consumer_config("http://h/p"), script);
        consumer.deliver(&request(ItemKind::Upsert, items))
    }

    fn tries(&self) -> Vec<Try> {
        self.tries.lock().expect("no panic").clone()
    }

    fn bodies(&self) -> Vec<String> {
        self.tries().into_iter().map(|tried| tried.body).collect()
    }

    fn sequences(&self) -> Vec<u64> {
        self.tries().into_iter().map(|tried| tried.sequence).collect()
    }

    fn waits(&self) -> Vec<u128> {
        self.waits.lock().expect("no panic").iter().map(Duration::as_millis).collect()
    }
}

fn answer(status: u16, body: &str) -> Result<HttpAnswer, TransportError> {
    Ok(HttpAnswer { status, headers: Default::default(), body: body.into(), end: BodyEnd::Whole })
}

fn answer_with(status: u16, header: &'static str, value: &'static str) -> Result<HttpAnswer, TransportError> {
    let mut answer = answer(status, "")?;
    answer.headers.insert(header, value.parse().expect("a header"));
    Ok(answer)
}

/// One answer after the other; the last one goes on.
fn in_turn(
    answers: Vec<Result<HttpAnswer, TransportError>>,
) -> impl Fn(&[&str]) -> Result<HttpAnswer, TransportError> + Send + Sync {
    let answers = Mutex::new(VecDeque::from(answers));
    move |_| {
        let mut answers = answers.lock().expect("no panic");
        if answers.len() > 1 { answers.pop_front().expect("there are two") } else { answers[0].clone() }
    }
}

fn statuses(delivered: &Delivered) -> Vec<i32> {
    delivered.outcomes.iter().flatten().map(|outcome| outcome.status).collect()
}

fn message(delivered: &Delivered, index: usize) -> &str {
    delivered.outcomes[index].as_ref().and_then(|outcome| outcome.message.as_deref()).unwrap_or_default()
}

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

/// A consumer of a search engine's format.
fn engine(format: HttpFormat) -> ConsumerConfig {
    let mut config = consumer_config("http://h");
    let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
    http.format = format;
    config
}

/// The answer of `_bulk` with these statuses.
fn bulk(statuses: &[i32]) -> Result<HttpAnswer, TransportError> {
    let items: Vec<String> = statuses.iter().map(|status| format!(r#"{{"index":{{"status":{status}}}}}"#)).collect();
    answer(200, &format!(r#"{{"errors":true,"items":[{}]}}"#, items.join(",")))
}

const THREE: [&str; 3] = [r#"{"sku":"A"}"#, r#"{"sku":"B"}"#, r#"{"sku":"C"}"#];

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

/// Answers of Meilisearch: the first to requests, the others to questions.
fn meilisearch(
    scene: &Scene,
    kind: ItemKind,
    task: impl Fn(usize, &str) -> Result<HttpAnswer, TransportError> + Send + Sync + 'static,
) -> Delivered {
    let requests = std::sync::atomic::AtomicUsize::new(0);
    let script = move |items: &[&str]| {
        let order = std::sync::atomic::Ordering::SeqCst;
        if items[0].starts_with("http://h/tasks/") {
            return task(requests.load(order), items[0]);
        }
        let number = requests.fetch_add(1, order) + 1;
        answer(202, &format!(r#"{{"taskUid":{number}}}"#))
    };
    let config = engine(HttpFormat::Meilisearch(Default::default()));
    scene.consumer(&config, script).deliver(&request(kind, &THREE))
}

fn task(status: &str, code: &str, kind: &str) -> Result<HttpAnswer, TransportError> {
    let error = format!(r#"{{"message":"m","code":"{code}","type":"{kind}"}}"#);
    answer(200, &format!(r#"{{"status":"{status}","error":{error}}}"#))
}

#[test]
fn a_task_is_followed_to_its_end() {
    let scene = Scene::new();
    let asked = Mutex::new(0);
    let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, uri| {
        assert_eq!(uri, "http://h/tasks/1");
        let mut asked = asked.lock().expect("no panic");
        *asked += 1;
        match *asked {
            1 => task("enqueued", "", ""),
            2 => answer(503, ""),
            3 => task("processing", "", ""),
            _ => task("succeeded", "", ""),
        }
    });
    assert_eq!((statuses(&delivered), delivered.requests), (vec![202, 202, 202], 1));
    assert_eq!(scene.waits(), [5, 10, 500, 1000]);
}

#[test]
fn a_task_that_fails_is_looked_into_or_made_again() {
    // The second document is bad.
    let scene = Scene::new();
    let seen = scene.clone();
    let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, _| {
        let bad = seen.bodies().last().is_some_and(|body| body.contains(r#""sku":"B""#));
        if bad { task("failed", "invalid_document_id", "invalid_request") } else { task("succeeded", "", "") }
    });
    assert_eq!((statuses(&delivered), delivered.requests), (vec![202, 400, 202], 5));
    assert_eq!(message(&delivered, 1), "the task failed: invalid_document_id: m");

    let scene = Scene::new();
    let delivered = meilisearch(&scene, ItemKind::Upsert, |requests, _| {
        if requests == 1 { task("failed", "internal", "internal") } else { task("succeeded", "", "") }
    });
    assert_eq!((statuses(&delivered), delivered.requests), (vec![202, 202, 202], 2));

    let scene = Scene::new();
    let delivered = meilisearch(&scene, ItemKind::Upsert, |_, _| task("canceled", "", ""));
    assert_eq!((statuses(&delivered), delivered.requests), (vec![1, 1, 1], 4));

    let scene = Scene::new();
    let delivered = meilisearch(&scene, ItemKind::Delete, |_, _| task("failed", "index_not_found", "invalid_request"));
    assert_eq!(statuses(&delivered), [202, 202, 202]);
    let delivered = meilisearch(&scene, ItemKind::Upsert, |_, _| task("failed", "index_not_found", "invalid_request"));
    assert_eq!((statuses(&delivered), scene.circuit.is_open()), (vec![1, 1, 1], true));
}

#[test]
fn a_task_nobody_hears_of_is_no_delivery() {
    for (answered, opens, said) in [
        (answer(401, "no"), true, "what became of a task cannot be asked: 401 Unauthorized: no"),
        (answer(500, ""), false, "what became of a task cannot be asked: 500 Internal Server Error:"),
        (Err(TransportError::Timeout), false, "what became of a task cannot be asked: no answer within 30s"),
    ] {
        let scene = Scene::new();
        let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, _| answered.clone());
        assert_eq!((statuses(&delivered), message(&delivered, 0)), (vec![0, 0, 0], said));
        assert_eq!(scene.circuit.is_open(), opens, "{said}");
    }
    let scene = Scene::new();
    let stop = scene.stop.clone();
    let delivered = meilisearch(&scene, ItemKind::Upsert, move |_, _| {
        stop.request(15);
        task("enqueued", "", "")
    });
    assert_eq!(statuses(&delivered), [0, 0, 0]);
}

#[test]
fn a_task_that_takes_too_long_is_given_up() {
    let scene = Scene::new();
    let settings = crate::config::MeilisearchSettings { task_timeout: Duration::ZERO, ..Default::default() };
    let script = |items: &[&str]| {
        if items[0].starts_with("http://h/tasks/") { task("enqueued", "", "") } else { answer(202, r#"{"taskUid":1}"#) }
    };
    let consumer = scene.consumer(&engine(HttpFormat::Meilisearch(settings)), script);
    let delivered = consumer.deliver(&request(ItemKind::Upsert, &THREE));
    assert_eq!(statuses(&delivered), [0, 0, 0]);
    assert_eq!(message(&delivered, 0), "the consumer has not done within 0ns what it took over");
}
