//! The demo's consumer: a small HTTP service on the loopback interface that holds documents by their identity.
//!
//! It refuses documents with a negative price, and can go down and come back at the same address.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::{Map, Value, json};

/// More than a feed's `max_request_bytes` is no request of ours.
const LARGEST_BODY: usize = 16 << 20;
const LARGEST_HEAD: u64 = 64 << 10;

/// What names an item here, as the definition of `products` has it: SKU and store view.
pub type Identity = (String, String);

pub struct DemoConsumer {
    address: SocketAddr,
    shelf: Arc<Shelf>,
    /// `None` while it is down.
    server: Option<Server>,
}

/// What the consumer has and has seen.
#[derive(Default)]
struct Shelf {
    documents: Mutex<BTreeMap<Identity, Value>>,
    requests: AtomicU64,
}

struct Server {
    closing: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    accepting: JoinHandle<()>,
}

struct Answer {
    status: u16,
    body: Value,
}

impl DemoConsumer {
    /// Listens on a free port of the loopback interface.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shelf = Arc::new(Shelf::default());
        let server = Server::start(listener, shelf.clone())?;
        Ok(DemoConsumer { address, shelf, server: Some(server) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nobody listens: connections are refused.
    pub fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(self.address);
        }
    }

    pub fn come_back(&mut self) -> io::Result<()> {
        self.go_down();
        let listener = TcpListener::bind(self.address)?;
        self.server = Some(Server::start(listener, self.shelf.clone())?);
        Ok(())
    }

    /// Requests answered since the start.
    pub fn requests(&self) -> u64 {
        self.shelf.requests.load(Ordering::SeqCst)
    }

    pub fn documents(&self) -> MutexGuard<'_, BTreeMap<Identity, Value>> {
        self.shelf.documents()
    }
}

impl Drop for DemoConsumer {
    fn drop(&mut self) {
        self.go_down();
    }
}

impl Server {
    fn start(listener: TcpListener, shelf: Arc<Shelf>) -> io::Result<Self> {
        let closing = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let accepting = thread::Builder::new().name("demo consumer".into()).spawn({
            let (closing, connections) = (closing.clone(), connections.clone());
            move || accept(&listener, &closing, &connections, &shelf)
        })?;
        Ok(Server { closing, connections, accepting })
    }

    fn stop(self, address: SocketAddr) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes the listener, which looks at `closing` and leaves.
        let _ = TcpStream::connect(address);
        for connection in self.connections.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // A panic of the consumer shows as missing documents at the end of the story.
        let _ = self.accepting.join();
    }
}

fn accept(listener: &TcpListener, closing: &AtomicBool, connections: &Mutex<Vec<TcpStream>>, shelf: &Shelf) {
    thread::scope(|scope| {
        for stream in listener.incoming() {
            if closing.load(Ordering::SeqCst) {
                break;
            }
            let Ok(stream) = stream else { continue };
            let Ok(copy) = stream.try_clone() else { continue };
            connections.lock().unwrap_or_else(PoisonError::into_inner).push(copy);
            // Accepted while it was going down: `stop` may not have seen it.
            if closing.load(Ordering::SeqCst) {
                let _ = stream.shutdown(Shutdown::Both);
            }
            // A connection that breaks is the sender's to notice.
            scope.spawn(move || shelf.serve(stream));
        }
    });
}

impl Shelf {
    fn documents(&self) -> MutexGuard<'_, BTreeMap<Identity, Value>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers request after request until the other side closes.
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        while let Some(body) = read_request(&mut reader)? {
            self.requests.fetch_add(1, Ordering::SeqCst);
            let Answer { status, body } = self.take(&body);
            let body = body.to_string();
            let reason = if status == 200 { "OK" } else { "Bad Request" };
            let length = body.len();
            write!(
                writer,
                "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )?;
            writer.flush()?;
        }
        Ok(())
    }

    /// All of a request or, when an item is bad, nothing of it and which items these are.
    fn take(&self, body: &[u8]) -> Answer {
        let items: Vec<Map<String, Value>> = match serde_json::from_slice(body) {
            Ok(items) => items,
            Err(error) => return Answer { status: 400, body: json!({ "message": error.to_string() }) },
        };
        let errors: Vec<Value> = (0..)
            .zip(&items)
            .filter_map(|(index, item): (u64, _)| {
                let message = fault(item)?;
                Some(json!({ "itemIndex": index, "status": 400, "message": message }))
            })
            .collect();
        if !errors.is_empty() {
            return Answer { status: 400, body: json!({ "errors": errors }) };
        }
        let accepted = items.len();
        let mut documents = self.documents();
        for item in items {
            let Some(identity) = identity(&item) else { continue };
            if item.get("deleted") == Some(&Value::Bool(true)) {
                documents.remove(&identity);
            } else {
                documents.insert(identity, Value::Object(item));
            }
        }
        Answer { status: 200, body: json!({ "accepted": accepted }) }
    }
}

pub fn identity(item: &Map<String, Value>) -> Option<Identity> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_string);
    Some((text("sku")?, text("storeViewCode")?))
}

fn fault(item: &Map<String, Value>) -> Option<&'static str> {
    if identity(item).is_none() {
        return Some("sku and storeViewCode are needed");
    }
    let price = item.get("price").and_then(Value::as_f64);
    price.is_some_and(|price| price < 0.0).then_some("a price cannot be negative")
}

/// The body of the next request; `None` when there is none.
fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut length = 0;
    let mut line = String::new();
    let mut head = reader.by_ref().take(LARGEST_HEAD);
    let mut any = false;
    loop {
        line.clear();
        if head.read_line(&mut line)? == 0 {
            return if any { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) };
        }
        any = true;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
    }
    if length > LARGEST_BODY {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(address: SocketAddr, body: &str) -> io::Result<(u16, String)> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.post(format!("http://{address}/products")).send(body).map_err(ureq::Error::into_io)?;
        let status = response.status().as_u16();
        Ok((status, response.body_mut().read_to_string().map_err(ureq::Error::into_io)?))
    }

    #[test]
    fn it_holds_refuses_goes_down_and_comes_back() {
        let mut consumer = DemoConsumer::start().unwrap();
        let address = consumer.address();
        let good = r#"[{"sku":"A","storeViewCode":"en","price":1},{"sku":"B","storeViewCode":"en","price":2}]"#;
        assert_eq!(post(address, good).unwrap().0, 200);
        assert_eq!(consumer.documents().len(), 2);

        let bad = r#"[{"sku":"C","storeViewCode":"en","price":1},{"sku":"D","storeViewCode":"en","price":-1}]"#;
        let (status, answer) = post(address, bad).unwrap();
        assert_eq!(status, 400);
        assert_eq!(answer, r#"{"errors":[{"itemIndex":1,"status":400,"message":"a price cannot be negative"}]}"#);
        assert_eq!(consumer.documents().len(), 2, "nothing of a refused request is kept");

        consumer.go_down();
        assert!(post(address, good).is_err());
        consumer.come_back().unwrap();
        assert_eq!(post(address, r#"[{"sku":"A","storeViewCode":"en","deleted":true}]"#).unwrap().0, 200);
        assert_eq!(consumer.documents().keys().collect::<Vec<_>>(), [&("B".to_string(), "en".to_string())]);
        assert_eq!(consumer.requests(), 3);
    }
}
