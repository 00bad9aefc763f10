//! The receiver itself, held against a client that does what it should not.

use super::{Break, Receiver, Reply, Rule};
use std::io::{Read, Write};
use std::net::TcpStream;

/// A request as the program would send it; `body` is JSON.
fn request(key: &str, sequence: u64, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /v1/items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nUser-Agent: feedmill/0\r\n\
         Idempotency-Key: {key}\r\nX-Feedmill-Sequence: {sequence}\r\nX-Feedmill-Feed: products\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

struct Client {
    stream: TcpStream,
}

impl Client {
    fn new(receiver: &Receiver) -> Client {
        Client { stream: TcpStream::connect(("127.0.0.1", receiver.port())).expect("the receiver listens") }
    }

    /// The answer's bytes as far as they came; an answer here ends in its body `{}` or in a closed connection.
    fn say(&mut self, bytes: &[u8]) -> String {
        self.stream.write_all(bytes).ok();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"}") && matches!(self.stream.read(&mut byte), Ok(1)) {
            answer.push(byte[0]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[test]
fn keeps_the_state_of_a_consumer() {
    let receiver = Receiver::start();
    let mut client = Client::new(&receiver);
    let answer = client.say(&request("k1", 1, r#"[{"sku":"A","name":"a"},{"sku":"B"}]"#));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    client.say(&request("k2", 2, r#"[{"sku":"B","deleted":true},{"sku":"A","name":"b"}]"#));
    assert_eq!(receiver.documents("products"), [r#"{"sku":"A","name":"b"}"#]);
    assert_eq!(receiver.requests()[1].skus(), ["B", "A"]);
}

#[test]
fn reads_chunks_and_gzip() {
    let receiver = Receiver::start();
    let mut body = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    body.write_all(br#"[{"sku":"A"}]"#).expect("a Vec takes all");
    let body = body.finish().expect("a Vec takes all");
    let mut bytes = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nUser-Agent: feedmill/0\r\nIdempotency-Key: k\r\n\
        X-Feedmill-Sequence: 1\r\nX-Feedmill-Feed: products\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        .to_vec();
    for part in body.chunks(7) {
        write!(bytes, "{:x}\r\n", part.len()).expect("a Vec takes all");
        bytes.extend(part);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    assert!(Client::new(&receiver).say(&bytes).starts_with("HTTP/1.1 200 "));
    assert_eq!(receiver.documents("products"), [r#"{"sku":"A"}"#]);
}

#[test]
fn answers_by_script() {
    let receiver = Receiver::start();
    receiver.next(Reply::status(503).header("Retry-After", "0"));
    receiver.rule(Rule::refuse_listed(200, Some(422), |item| item.sku() == "B"));
    let mut client = Client::new(&receiver);
    let answer = client.say(&request("k1", 1, r#"[{"sku":"A"}]"#));
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 0\r\n"), "{answer}");
    assert!(receiver.documents("products").is_empty());
    let answer = client.say(&request("k1", 1, r#"[{"sku":"A"}]"#));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = client.say(&request("k2", 2, r#"[{"sku":"B"},{"sku":"C"}]"#));
    assert!(answer.contains(r#"{"errors":[{"itemIndex":0,"status":422,"#), "{answer}");
    assert_eq!(receiver.documents("products"), [r#"{"sku":"A"}"#, r#"{"sku":"C"}"#]);
}

#[test]
fn takes_over_and_loses_the_answer() {
    let receiver = Receiver::start();
    receiver.next(Reply::lost()).next(Reply::cut_short()).next(Reply::hangs_up());
    receiver.breaks(1, Break::Unread);
    assert_eq!(Client::new(&receiver).say(&request("k1", 1, r#"[{"sku":"A"}]"#)), "");
    assert_eq!(receiver.request_count(), 0);
    assert_eq!(Client::new(&receiver).say(&request("k1", 1, r#"[{"sku":"A"}]"#)), "");
    assert_eq!(receiver.documents("products").len(), 1);
    let answer = Client::new(&receiver).say(&request("k2", 2, r#"[{"sku":"B"}]"#));
    assert!(answer.contains("Content-Length: 13\r\n") && answer.ends_with("{\"erro"), "{answer}");
    assert_eq!(Client::new(&receiver).say(&request("k3", 3, r#"[{"sku":"C"}]"#)), "");
    assert_eq!(receiver.documents("products").len(), 2);
}

#[test]
fn deduplicates_by_key() {
    let receiver = Receiver::start();
    receiver.deduplicates();
    let mut client = Client::new(&receiver);
    client.say(&request("k1", 1, r#"[{"sku":"A","name":"a"}]"#));
    client.say(&request("k2", 2, r#"[{"sku":"A","name":"b"}]"#));
    let answer = client.say(&request("k1", 1, r#"[{"sku":"A","name":"a"}]"#));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(receiver.documents("products"), [r#"{"sku":"A","name":"b"}"#]);
    receiver.violations();
}

#[test]
fn takes_over_late_and_goes_by_sequence() {
    for (guards, expected) in [(false, "old"), (true, "new")] {
        let receiver = Receiver::start();
        if guards {
            receiver.goes_by_sequence();
        }
        receiver.next(Reply::lost().late(2));
        Client::new(&receiver).say(&request("k1", 1, r#"[{"sku":"A","name":"old"}]"#));
        assert!(receiver.documents("products").is_empty());
        Client::new(&receiver).say(&request("k2", 2, r#"[{"sku":"A","name":"new"}]"#));
        assert_eq!(receiver.documents("products"), [r#"{"sku":"A","name":"new"}"#]);
        Client::new(&receiver).say(&request("k3", 3, r#"[{"sku":"B","name":"b"}]"#));
        assert!(receiver.documents("products")[0].contains(expected), "guards: {guards}");
    }
}

#[test]
fn answers_as_no_server_should() {
    let said = |reply: Reply| {
        let receiver = Receiver::start();
        receiver.next(reply);
        Client::new(&receiver).say(&request("k1", 1, r#"[{"sku":"A"}]"#))
    };
    assert!(said(Reply::accept().header("Content-Length", "9").closes()).contains("Content-Length: 9\r\n\r\n{}"));
    assert!(said(Reply::status(500).followed_by(b"HTTP/1.1 200 OK")).starts_with("HTTP/1.1 500 "));
    assert!(said(Reply::accept().trickles(std::time::Duration::ZERO)).ends_with("\r\n{}"));
    assert_eq!(said(Reply::lost().says(b"{}")), "{}");
    assert_eq!(said(Reply::lost().endless("a", "b}")), "ab}");
}

#[test]
fn sees_what_breaks_the_protocol() {
    let seen = |sent: &[(&str, u64, &str)]| {
        let receiver = Receiver::start();
        let mut client = Client::new(&receiver);
        for (key, sequence, body) in sent {
            client.say(&request(key, *sequence, body));
        }
        receiver.violations().join("\n")
    };
    assert_eq!(seen(&[("k1", 1, r#"[{"sku":"A"}]"#), ("k2", 2, r#"[{"sku":"A"}]"#)]), "");
    assert!(seen(&[("k1", 1, r#"[{"sku":"A"}]"#), ("k1", 2, r#"[{"sku":"B"}]"#)]).contains("another body"));
    assert!(seen(&[("k1", 1, r#"[{"sku":"A"}]"#), ("k1", 1, r#"[{"sku":"A"}]"#)]).contains("after a final answer"));
    assert!(seen(&[("k1", 2, r#"[{"sku":"A"}]"#), ("k2", 1, r#"[{"sku":"A"}]"#)]).contains("sequence 1 after 2"));
    assert!(seen(&[("k1", 1, r#"[{"sku":"A"}]"#), ("k2", 1, r#"[{"sku":"B"}]"#)]).contains("two requests"));
    assert!(seen(&[("k1", 1, r#"[{"sku":"A"},{"sku":"A"}]"#)]).contains("stands in it twice"));
    assert!(seen(&[("k1", 1, "[]")]).contains("no items"));
    assert!(seen(&[("k1", 1, "{}")]).contains("no JSON array"));
}

#[test]
fn sees_an_item_in_flight_twice_and_keys_of_earlier_runs() {
    let receiver = Receiver::start();
    let gate = receiver.gate();
    receiver.next(Reply::accept().after(&gate));
    let (mut first, mut second) = (Client::new(&receiver), Client::new(&receiver));
    first.stream.write_all(&request("k1", 1, r#"[{"sku":"A"}]"#)).expect("the receiver reads");
    receiver.wait_for_requests(1);
    second.say(&request("k2", 2, r#"[{"sku":"A"}]"#));
    gate.open();
    assert!(receiver.violations().join("\n").contains("in flight in request"));
    receiver.next(Reply::status(500));
    second.say(&request("k3", 3, r#"[{"sku":"B"}]"#));
    receiver.handle().begin_run();
    second.say(&request("k3", 4, r#"[{"sku":"B"}]"#));
    assert!(receiver.violations().join("\n").contains("in an earlier run"));
}

#[test]
fn goes_down_and_comes_back() {
    let mut receiver = Receiver::start();
    let port = receiver.port();
    receiver.down();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    receiver.up();
    assert_eq!(receiver.port(), port);
    Client::new(&receiver).say(&request("k1", 1, r#"[{"sku":"A"}]"#));
    receiver.settle();
    assert_eq!(receiver.documents("products").len(), 1);
}
