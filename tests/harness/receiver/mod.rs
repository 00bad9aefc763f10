//! The consumer's side: an HTTP/1.1 server on loopback that keeps the state a real consumer would have (identity to
//! last document, deletes remove), answers by script, records every request and holds it against the protocol.
//!
//! Invariant: what a request changes is applied before its answer leaves, never later, so that a run which has ended
//! leaves nothing behind that could still change the state; only a reply that says so ([`Reply::late`]) waits for later
//! requests.

mod connection;
mod gate;
pub(super) mod http;
mod protocol;
mod reply;
mod request;
mod script;
mod trial;

pub use gate::Gate;
pub use reply::{Moment, Reply};
pub use request::{Item, Request};
pub use script::{Break, Rule};

use super::products::{Documents, Product};
use protocol::Protocol;
use script::Script;
use std::collections::{BTreeMap, HashMap};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Past it a request that a test waits for is not coming.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server for as long as it lives; dropped, it checks that no request broke the protocol.
pub struct Receiver {
    shared: Arc<Shared>,
    path: &'static str,
    port: u16,
    accepting: Option<JoinHandle<()>>,
}

/// Tells the receiver where runs begin and end.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    identity: Vec<String>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    documents: BTreeMap<(String, String), String>,
    requests: Vec<Arc<Request>>,
    script: Script,
    protocol: Protocol,
    /// Every connection that is open, to be cut when the server goes down.
    open: HashMap<u64, TcpStream>,
    accepted: u64,
    arrivals: u64,
    running: bool,
    closing: bool,
    /// Answers by Idempotency-Key, where the consumer deduplicates.
    remembered: Option<HashMap<String, Reply>>,
    /// The highest sequence number that was taken over for an item, where the consumer goes by them.
    newest: Option<HashMap<(String, String), u64>>,
    /// What is not taken over yet.
    late: Vec<Late>,
    /// Who takes requests over and answers them, where that is not a consumer of JSON arrays.
    product: Option<Box<dyn Product>>,
}

struct Late {
    /// The arrival at which it is.
    at: u64,
    request: Request,
    reply: Reply,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds the receiver's state")
    }

    /// Blocks until `done` says so.
    #[track_caller]
    fn wait(&self, what: &str, done: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.lock();
        while !done(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            let seen = state.requests.len();
            assert!(!left.is_zero(), "waited in vain for {what}; {seen} requests came");
            state = self.changed.wait_timeout(state, left).expect("no thread panics while it holds the state").0;
        }
    }
}

impl Receiver {
    /// Items are known by their `sku`.
    pub fn start() -> Receiver {
        Receiver::with_identity(&["sku"])
    }

    /// Items are known by the values at these dotted paths.
    pub fn with_identity(paths: &[&str]) -> Receiver {
        let shared = Arc::new(Shared {
            identity: paths.iter().map(ToString::to_string).collect(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let mut receiver = Receiver { shared, path: "/v1/items", port: 0, accepting: None };
        receiver.up();
        receiver
    }

    /// What a reply takes over, `product` takes over, and its answer takes the place of the reply's. Requests are not held
    /// against the protocol of JSON arrays.
    pub fn of_product(product: impl Product, path: &'static str) -> Receiver {
        let mut receiver = Receiver::with_identity(&[]);
        receiver.path = path;
        receiver.shared.lock().product = Some(Box::new(product));
        receiver
    }

    /// Listens, on the same port as before if it was down.
    pub fn up(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).expect("a port on loopback");
        self.port = listener.local_addr().expect("a listener has an address").port();
        self.shared.lock().closing = false;
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(std::thread::spawn(move || connection::accept(&shared, &listener)));
    }

    /// Cuts every connection and frees the port: connections are refused until [`Receiver::up`].
    pub fn down(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        {
            let mut state = self.shared.lock();
            state.closing = true;
            for stream in state.open.values() {
                stream.shutdown(Shutdown::Both).ok();
            }
        }
        self.shared.changed.notify_all();
        TcpStream::connect(("127.0.0.1", self.port)).ok();
        accepting.join().expect("the accepting thread does not panic");
    }

    pub fn handle(&self) -> Handle {
        Handle { shared: Arc::clone(&self.shared) }
    }

    pub fn url(&self) -> String {
        self.url_of(self.path)
    }

    pub fn url_of(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A gate that is open at the latest when the receiver ends.
    pub fn gate(&self) -> Gate {
        Gate::default()
    }

    /// The next request that no other rule takes is answered so.
    pub fn next(&self, reply: Reply) -> &Receiver {
        self.rule(Rule::always(reply).times(1))
    }

    /// Every request that no earlier rule takes is answered so.
    pub fn always(&self, reply: Reply) -> &Receiver {
        self.rule(Rule::always(reply))
    }

    /// The first rule that has an answer for a request gives it; without one it is accepted.
    pub fn rule(&self, rule: Rule) -> &Receiver {
        self.shared.lock().script.add(rule);
        self
    }

    /// As [`Receiver::rule`], before all rules there are.
    pub fn first_rule(&self, rule: Rule) -> &Receiver {
        self.shared.lock().script.add_first(rule);
        self
    }

    /// The next `times` requests are cut off before there is anything to answer.
    pub fn breaks(&self, times: usize, how: Break) -> &Receiver {
        self.shared.lock().script.break_next(times, how);
        self
    }

    /// From now on everything is accepted.
    pub fn accepts_all(&self) -> &Receiver {
        self.shared.lock().script = Script::default();
        self
    }

    /// A request with a key that was accepted before gets the old answer and changes nothing.
    pub fn deduplicates(&self) -> &Receiver {
        self.shared.lock().remembered = Some(HashMap::new());
        self
    }

    /// What is older for its item than what the consumer has changes nothing, by X-Feedmill-Sequence.
    pub fn goes_by_sequence(&self) -> &Receiver {
        self.shared.lock().newest = Some(HashMap::new());
        self
    }

    /// Whatever was to be taken over late is taken over now.
    pub fn catches_up(&self) {
        self.shared.lock().apply_late(u64::MAX);
    }

    /// Every document the consumer has of a feed, by identity.
    pub fn documents(&self, feed: &str) -> Vec<String> {
        let state = self.shared.lock();
        let of_feed = state.documents.iter().filter(|((owner, _), _)| owner == feed);
        of_feed.map(|(_, document)| document.clone()).collect()
    }

    /// Every document the consumer has of a feed, by the canonical JSON array of its identity.
    pub fn state(&self, feed: &str) -> BTreeMap<String, String> {
        let state = self.shared.lock();
        let of_feed = state.documents.iter().filter(|((owner, _), _)| owner == feed);
        of_feed.map(|((_, identity), document)| (identity.clone(), document.clone())).collect()
    }

    /// What the product has.
    pub fn product_documents(&self) -> Documents {
        self.shared.lock().product.as_ref().map(|product| product.documents().clone()).unwrap_or_default()
    }

    pub fn requests(&self) -> Vec<Arc<Request>> {
        self.shared.lock().requests.clone()
    }

    /// Connections that were made, ever.
    pub fn connection_count(&self) -> u64 {
        self.shared.lock().accepted
    }

    pub fn request_count(&self) -> usize {
        self.shared.lock().requests.len()
    }

    /// The requests since the last call of this function or of [`Receiver::forget`].
    pub fn new_requests(&self) -> Vec<Arc<Request>> {
        std::mem::take(&mut self.shared.lock().requests)
    }

    /// What came until now is of no interest.
    pub fn forget(&self) {
        self.new_requests();
    }

    /// One text for each request since the last look: its items in the order of the body.
    pub fn new_bodies(&self) -> Vec<String> {
        self.new_requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect()
    }

    /// The raw items that came since the last look, sorted.
    pub fn new_items(&self) -> Vec<String> {
        let requests = self.new_requests();
        let mut items: Vec<String> =
            requests.iter().flat_map(|request| request.items.iter().map(|item| item.raw.clone())).collect();
        items.sort();
        items
    }

    /// Blocks until so many requests were read whole.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        self.shared.wait(&format!("{count} requests"), |state| state.requests.len() >= count);
    }

    /// Blocks until everything that a dead client had sent is dealt with.
    #[track_caller]
    pub fn settle(&self) {
        let accepted = self.shared.lock().accepted;
        // Connections are accepted in order: once this one was, so were all before it.
        let last = TcpStream::connect(("127.0.0.1", self.port));
        if last.is_ok() {
            self.shared.wait("a connection to be accepted", |state| state.accepted > accepted || state.closing);
        }
        drop(last);
        self.shared.wait("the connections to be closed", |state| state.open.is_empty());
    }

    /// What was wrong with the requests so far, to be looked at once.
    pub fn violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().protocol.violations)
    }
}

impl Handle {
    pub fn begin_run(&self) {
        let mut state = self.shared.lock();
        state.running = true;
        state.protocol.begin_run();
    }

    /// Whoever still waits for an answer is dead: stalled requests end.
    pub fn end_run(&self) {
        self.shared.lock().running = false;
        self.shared.changed.notify_all();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.down();
        let violations = self.violations();
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "requests broke the protocol:\n{}", violations.join("\n"));
        }
    }
}
