//! Stand-ins for search engines and services, each as far as feedmill uses it and as its public documentation says: they
//! hold documents, so that a test compares what they end up with with the source. Served over HTTP/1.1 on loopback.

mod algolia;
mod elasticsearch;
mod lines;
mod meilisearch;
mod rest;
mod typesense;

pub use algolia::Algolia;
pub use elasticsearch::Elasticsearch;
pub use lines::Lines;
pub use meilisearch::Meilisearch;
pub use rest::Rest;
pub use typesense::Typesense;

use super::receiver::http::{self, Head};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufReader, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Documents by their ID.
pub type Documents = BTreeMap<String, Value>;

/// A request as a product sees it.
pub struct Call {
    pub method: String,
    /// Segments of the path, decoded.
    pub path: Vec<String>,
    pub query: BTreeMap<String, String>,
    head: Head,
    pub body: Vec<u8>,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.head.header(name).unwrap_or_default()
    }

    /// Method and path, to be matched.
    pub fn route(&self) -> (&str, Vec<&str>) {
        (&self.method, self.path.iter().map(String::as_str).collect())
    }

    pub fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.body).expect("bodies are UTF-8");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// One product. It panics on what its documentation does not allow a client.
pub trait Product: Default + Send + 'static {
    /// Status and body.
    fn answer(&mut self, call: &Call) -> (u16, String);

    fn documents(&self) -> &Documents;
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mishap {
    /// It is taken over, and the answer is lost.
    Lost,
    /// The connection is cut before anything is taken over.
    Cut,
    /// Nothing is taken over, and this is the answer.
    Status(u16),
}

pub struct Served<P> {
    shared: Arc<Mutex<State<P>>>,
    port: u16,
    accepting: Option<JoinHandle<()>>,
}

struct State<P> {
    product: P,
    mishaps: VecDeque<Mishap>,
    /// Method and path of each request that was answered.
    calls: Vec<String>,
    open: Vec<TcpStream>,
    closing: bool,
}

impl<P: Product> Served<P> {
    pub fn start() -> Served<P> {
        let state = State {
            product: P::default(),
            mishaps: VecDeque::new(),
            calls: Vec::new(),
            open: Vec::new(),
            closing: false,
        };
        let shared = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on loopback");
        let port = listener.local_addr().expect("a listener has an address").port();
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&shared, &listener))
        };
        Served { shared, port, accepting: Some(accepting) }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The product itself, to be looked at or told something.
    pub fn with<T>(&self, work: impl FnOnce(&mut P) -> T) -> T {
        work(&mut self.lock().product)
    }

    pub fn documents(&self) -> Documents {
        self.lock().product.documents().clone()
    }

    /// What happens to the next requests that change something, one after the other.
    pub fn mishaps(&self, mishaps: &[Mishap]) -> &Served<P> {
        self.lock().mishaps.extend(mishaps);
        self
    }

    /// The requests since the last look.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls)
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.shared.lock().expect("no request was one that the product's documentation forbids")
    }
}

fn accept<P: Product>(shared: &Arc<Mutex<State<P>>>, listener: &TcpListener) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        {
            let Ok(mut state) = shared.lock() else { break };
            if state.closing {
                break;
            }
            state.open.extend(stream.try_clone());
        }
        let shared = Arc::clone(shared);
        threads.push(std::thread::spawn(move || {
            // A client that hangs up at any moment is what some of the tests are about.
            serve(&shared, &stream).ok();
            stream.shutdown(Shutdown::Both).ok();
        }));
    }
    for thread in threads {
        thread.join().expect("a request was one that the product's documentation allows");
    }
}

fn serve<P: Product>(shared: &Mutex<State<P>>, stream: &TcpStream) -> Result<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    while let Some(head) = http::read_head(&mut reader)? {
        let Some(body) = http::read_body(&mut reader, &head, &mut writer)? else { return Ok(()) };
        let body = http::decode(&head, body).expect("the body is encoded as it says");
        let call = call(head, body);
        let (status, answer) = {
            let mut state = shared.lock().expect("no other request broke the product");
            let mishap = if call.method == "GET" { None } else { state.mishaps.pop_front() };
            if mishap == Some(Mishap::Cut) {
                return Ok(());
            }
            if let Some(Mishap::Status(status)) = mishap {
                (status, "{}".to_owned())
            } else {
                let answer = state.product.answer(&call);
                state.calls.push(format!("{} /{}", call.method, call.path.join("/")));
                if mishap == Some(Mishap::Lost) {
                    return Ok(());
                }
                answer
            }
        };
        let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
        writer.write_all(&http::answer(status, &headers, answer.as_bytes()))?;
    }
    Ok(())
}

fn call(head: Head, body: Vec<u8>) -> Call {
    let url = url::Url::parse(&format!("http://product{}", head.path)).expect("a request has a path");
    let path = url.path_segments().expect("it is no opaque URL");
    let decoded = |segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let query = url.query_pairs().into_owned().collect();
    Call { method: head.method.clone(), path: path.map(decoded).collect(), query, head, body }
}

impl<P> Drop for Served<P> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.lock() {
            state.closing = true;
            for stream in &state.open {
                stream.shutdown(Shutdown::Both).ok();
            }
        }
        TcpStream::connect(("127.0.0.1", self.port)).ok();
        let ended = self.accepting.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.transpose().expect("every request was one that the product's documentation allows");
        }
    }
}
