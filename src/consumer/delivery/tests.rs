//! Delivery against a scripted transport: no connection, no clock.

mod follow;
mod parts;
mod tries;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Instant, SystemTime};

use crossbeam_channel::Receiver;
use ureq::http::Method;

use super::*;
use crate::config::{HttpFormat, ItemErrorPointers};
use crate::consumer::format::{EncodeError, Message};
use crate::consumer::transport::{BodyEnd, HttpAnswer, TransportError};
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

/// What a format sends of a whole request.
pub(in crate::consumer) fn encode(format: &dyn Format, request: &Request) -> Result<Message, EncodeError> {
    format.encode(request.kind, &request.items.iter().collect::<Vec<_>>(), request.first_sequence)
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
    let item = |json: &&str| Item { feed_id: FeedId([0; 32]), kind, json: (*json).to_owned().into() };
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

/// A consumer of a search engine's format.
fn engine(format: HttpFormat) -> ConsumerConfig {
    let mut config = consumer_config("http://h");
    let ConsumerTarget::Http(http) = &mut config.target else { panic!("http") };
    http.format = format;
    config
}

const THREE: [&str; 3] = [r#"{"sku":"A"}"#, r#"{"sku":"B"}"#, r#"{"sku":"C"}"#];
