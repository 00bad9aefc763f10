//! The transport against raw sockets on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use ureq::http::{HeaderMap, Method};

use super::*;
use crate::config::HttpConfig;
use crate::consumer::delivery::tests::http_config;

/// What the server read: the head's lines and the body.
struct Seen {
    head: Vec<String>,
    body: Vec<u8>,
}

/// Serves one connection after the other: `answer` gets the connection, how many requests came before and the request.
/// Ends with the test, as nobody connects any more.
fn serve(answer: impl Fn(&mut TcpStream, usize) + Send + 'static) -> (SocketAddr, Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (sender, seen) = channel();
    std::thread::spawn(move || {
        let mut requests = 0;
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Ok(reading) = stream.try_clone() else { return };
            let mut reader = BufReader::new(reading);
            while let Some(request) = read_request(&mut reader) {
                if sender.send(request).is_err() {
                    return;
                }
                answer(&mut stream, requests);
                requests += 1;
            }
        }
    });
    (address, seen)
}

fn read_request(reader: &mut impl BufRead) -> Option<Seen> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).and_then(|n| n.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { head, body })
}

fn transport(change: impl FnOnce(&mut HttpConfig)) -> HttpTransport {
    let mut config = http_config("http://127.0.0.1/");
    change(&mut config);
    HttpTransport::new(&config, "feedmill/test").expect("valid settings")
}

fn send(transport: &HttpTransport, address: SocketAddr, body: &[u8]) -> Result<HttpAnswer, TransportError> {
    let uri = format!("http://{address}/v1/p?x=1").parse().expect("a URI");
    let headers: HeaderMap = [("x-a".parse().expect("a name"), "b".parse().expect("a value"))].into_iter().collect();
    transport.send(&HttpRequest { method: &Method::POST, uri: &uri, headers: &headers, body })
}

/// Sends one request to a server that answers with these bytes and hangs up.
fn answer_to(raw: impl Into<Vec<u8>>) -> Result<HttpAnswer, TransportError> {
    let raw = raw.into();
    let (address, _seen) = serve(move |stream, _| {
        let _ = stream.write_all(&raw);
        let _ = stream.shutdown(std::net::Shutdown::Write);
    });
    send(&transport(|_| ()), address, b"[1]")
}

#[test]
fn requests_arrive_as_they_are() {
    let (address, seen) = serve(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    });
    let answer = send(&transport(|_| ()), address, b"[1,2]").expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice(), answer.end), (200, b"{}".as_slice(), BodyEnd::Whole));
    let request = seen.recv().expect("a request");
    assert_eq!((request.head[0].as_str(), request.body.as_slice()), ("POST /v1/p?x=1 HTTP/1.1", b"[1,2]".as_slice()));
    for line in ["x-a: b", &format!("host: {address}"), "user-agent: feedmill/test"] {
        assert!(request.head.iter().any(|header| header == line), "{line}: {:?}", request.head);
    }
}

#[test]
fn a_head_and_its_body_arrive_together() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (sender, first_read) = channel();
    std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = stream.read(&mut bytes) {
            let answered = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            if sender.send(bytes[..read].to_vec()).is_err() || answered.is_err() {
                return;
            }
        }
    });
    let transport = transport(|_| {});
    for body in [&b"[{\"sku\":\"A\"}]"[..], &[b'x'; 10_000], b""] {
        assert_eq!(send(&transport, address, body).expect("an answer").status, 200);
        let arrived = first_read.recv().expect("a request");
        assert!(arrived.starts_with(b"POST ") && arrived.ends_with(&[b"\r\n\r\n", body].concat()), "{}", body.len());
    }
}

#[test]
fn every_status_is_an_answer() {
    for status in [200, 204, 207, 301, 304, 400, 401, 404, 413, 429, 500, 503, 599, 999] {
        let raw = format!("HTTP/1.1 {status} What\r\nContent-Length: 0\r\nLocation: /else\r\nRetry-After: 7\r\n\r\n");
        let answer = answer_to(raw).expect("an answer");
        assert_eq!((answer.status, answer.header("retry-after")), (status, Some("7")));
        assert_eq!((answer.header("location"), &answer.end), (Some("/else"), &BodyEnd::Whole));
    }
}

#[test]
fn informational_answers_are_passed_over() {
    let hints = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let answer = answer_to(format!("{hints}HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n")).expect("an answer");
    assert_eq!(answer.status, 202);
    assert!(matches!(answer_to(hints), Err(TransportError::Lost(_))));
}

#[test]
fn bodies_end_as_they_should_or_not() {
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"{}").expect("memory");
        encoder.finish().expect("memory")
    };
    let zipped = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n");
        [head.as_bytes(), &gzip[..length]].concat()
    };
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (raw, body, end) in [
        (b"HTTP/1.1 200 OK\r\n\r\n{}".to_vec(), "{}", Some(BodyEnd::Closed)),
        (b"HTTP/1.0 200 OK\r\n\r\n{}".to_vec(), "{}", Some(BodyEnd::Closed)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_vec(), "", None),
        ([chunked.as_slice(), b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"].concat(), "{}", Some(BodyEnd::Whole)),
        ([chunked.as_slice(), b"2\r\n{}\r\n"].concat(), "", None),
        ([chunked.as_slice(), b"2\r\n{}\r\nnonsense\r\n"].concat(), "", None),
        (zipped(gzip.len()), "{}", Some(BodyEnd::Whole)),
        (zipped(gzip.len() - 4), "", None),
        (zipped(0), "", Some(BodyEnd::Whole)),
    ] {
        let said = String::from_utf8_lossy(&raw).into_owned();
        let answer = answer_to(raw).expect("an answer");
        match end {
            Some(end) => assert_eq!((answer.body.as_slice(), answer.end), (body.as_bytes(), end), "{said}"),
            None => assert!(matches!(answer.end, BodyEnd::Cut(_)), "{said}: {:?}", answer.end),
        }
    }
}

#[test]
fn what_is_not_http_is_a_lost_answer() {
    for raw in [
        "",
        "HTTP/1.1 200",
        "hello\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        &format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000)),
    ] {
        let start = &raw[..raw.len().min(40)];
        match answer_to(raw) {
            Err(TransportError::Lost(_)) => {}
            other => panic!("{start:?}: {other:?}"),
        }
    }
}

#[test]
fn an_endless_body_is_cut_at_the_bound() {
    let (address, _seen) = serve(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = [b"10000\r\n", [b' '; 0x10000].as_slice(), b"\r\n"].concat();
        while stream.write_all(&chunk).is_ok() {}
    });
    assert_eq!(send(&transport(|_| ()), address, b"[1]").expect("an answer").end, BodyEnd::TooLong);
}

#[test]
fn a_trickle_runs_into_the_timeout() {
    let brief = |config: &mut HttpConfig| config.timeout = Duration::from_millis(200);
    // Always a little more, never all of it: the timeout is of the whole request.
    let trickle = |head: &'static [u8]| {
        serve(move |stream, _| {
            let _ = stream.write_all(head);
            let (_never, wait) = channel::<()>();
            while stream.write_all(b"a").is_ok() {
                let _ = wait.recv_timeout(Duration::from_millis(20));
            }
        })
    };
    let (address, _seen) = trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ");
    assert_eq!(send(&transport(brief), address, b"[1]").expect_err("none in time"), TransportError::Timeout);
    let (address, _seen) = trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    let answer = send(&transport(brief), address, b"[1]").expect("its head");
    assert_eq!((answer.status, answer.end), (200, BodyEnd::Cut("its end did not come in time".into())));
}

#[test]
fn a_consumer_that_is_not_there_is_unreachable() {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    match send(&transport(|_| ()), address, b"[1]") {
        Err(TransportError::Unreachable(reason)) => assert!(reason.contains("refused"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_nobody_has_is_unreachable() {
    // A label longer than 63 characters, so that no name server is asked.
    let uri = format!("http://{}.invalid/", "x".repeat(64)).parse().expect("a URI");
    let transport = transport(|_| ());
    let request = HttpRequest { method: &Method::POST, uri: &uri, headers: &HeaderMap::new(), body: b"[1]" };
    assert!(matches!(transport.send(&request), Err(TransportError::Unreachable(_))));
}

#[test]
fn a_consumer_that_speaks_no_tls_is_unreachable() {
    let (address, _seen) = serve(|_, _| ());
    let uri = format!("https://{address}/").parse().expect("a URI");
    let transport = transport(|config| config.timeout = Duration::from_millis(300));
    let request = HttpRequest { method: &Method::POST, uri: &uri, headers: &HeaderMap::new(), body: b"[1]" };
    let answer = transport.send(&request);
    assert!(matches!(answer, Err(TransportError::Unreachable(_))), "{answer:?}");
}

#[test]
fn a_consumer_that_is_silent_at_first_is_waited_for_as_long_as_connecting_may_take() {
    // The system takes the connection, and nobody ever answers the handshake.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let uri = format!("https://{}/", listener.local_addr().expect("an address")).parse().expect("a URI");
    let request = HttpRequest { method: &Method::POST, uri: &uri, headers: &HeaderMap::new(), body: b"[1]" };
    for ca_file in [None, Some("src/source/trial/certificates/ca.pem".into())] {
        let transport = transport(|config| {
            config.connect_timeout = Duration::from_millis(200);
            config.ca_file = ca_file;
        });
        let started = std::time::Instant::now();
        let answer = transport.send(&request).expect_err("nobody answers");
        assert_eq!(answer, TransportError::Unreachable("no connection in time".into()));
        // Half of what the whole request may take.
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    }
}

#[test]
fn an_answer_before_the_body_was_read_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // Some of it only, then an answer and, as there is more to read, a reset.
            let _ = stream.read(&mut [0; 100]);
            let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let answer = send(&transport(|_| ()), address, &vec![b' '; 64 << 20]).expect("an answer");
    assert_eq!(answer.status, 413);
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_in_two_writes_does_not_wait_for_a_late_acknowledgement() {
    let (address, _seen) = serve(|stream, _| {
        // The second waits, with Nagle's algorithm, until the first is acknowledged.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
        let _ = stream.write_all(b"{}");
    });
    let transport = transport(|_| ());
    let once = || {
        let started = std::time::Instant::now();
        assert_eq!(send(&transport, address, b"[]").expect("an answer").body, b"{}");
        started.elapsed()
    };
    // A kernel acknowledges the first packets of a connection at once by itself.
    (0..30).for_each(|_| _ = once());
    let quickest = (0..10).map(|_| once()).min();
    assert!(quickest < Some(Duration::from_millis(30)), "{quickest:?}: Linux puts an acknowledgement off by 40 ms");
}

#[test]
fn connections_are_kept_and_a_closed_one_is_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (sender, ports) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let Ok(mut reader) = stream.try_clone().map(BufReader::new) else { return };
            // Two requests a connection, then it is closed without a word.
            for _ in 0..2 {
                if read_request(&mut reader).is_none() {
                    break;
                }
                let _ = sender.send(stream.peer_addr().expect("a peer"));
                let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
            let _ = stream.shutdown(std::net::Shutdown::Both);
            let _ = sender.send(stream.local_addr().expect("its own"));
        }
    });
    let transport = transport(|_| ());
    let mut peers = Vec::new();
    for _ in 0..2 {
        for _ in 0..2 {
            assert_eq!(send(&transport, address, b"[1]").expect("an answer").status, 200);
            peers.push(ports.recv().expect("a request"));
        }
        assert_eq!(ports.recv().expect("it was closed"), address);
    }
    assert!(peers[0] == peers[1] && peers[2] == peers[3] && peers[0] != peers[2], "{peers:?}");
}

#[test]
fn certificates_are_checked_when_the_consumer_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    let error = |file: &std::path::Path| {
        let config = HttpConfig { ca_file: Some(file.into()), ..http_config("https://h/") };
        HttpTransport::new(&config, "feedmill/test").err().expect("no certificate").to_string()
    };
    assert!(error(&file).contains("cannot be read"));
    std::fs::write(&file, "nothing").expect("a file");
    assert!(error(&file).contains("holds no certificate"));
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nMIIB").expect("a file");
    assert!(error(&file).ends_with("is damaged: the line `-----END CERTIFICATE-----` is missing"), "{}", error(&file));
}

/// Serves TLS with this certificate and key, one connection after the other: every request gets 200.
fn serve_tls(pem: &'static str) -> SocketAddr {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("a certificate with its key");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let connection = ServerConnection::new(config.clone()).expect("a sound configuration");
            let mut stream = BufReader::new(StreamOwned::new(connection, stream));
            while read_request(&mut stream).is_some() {
                let _ = stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    address
}

#[test]
fn a_consumer_has_to_prove_who_it_is() {
    const CA: &str = include_str!("../../source/trial/certificates/ca.pem");
    const OTHER: &str = include_str!("../../source/trial/certificates/other.pem");
    const SERVER: &str = include_str!("../../source/trial/certificates/server.pem");
    const SELF: &str = include_str!("../../source/trial/certificates/self.pem");
    let (vouched_for, on_its_own) = (serve_tls(SERVER).port(), serve_tls(SELF).port());
    let folder = tempfile::tempdir().expect("a folder");
    for (port, host, roots, trusted) in [
        (vouched_for, "localhost", Some(CA), true),
        // Its certificate is for another name.
        (vouched_for, "127.0.0.1", Some(CA), false),
        (vouched_for, "localhost", Some(OTHER), false),
        // The system does not know this authority.
        (vouched_for, "localhost", None, false),
        // It shows the very certificate of the file, marked as an authority.
        (on_its_own, "localhost", Some(SELF), true),
        (on_its_own, "127.0.0.1", Some(SELF), false),
        (on_its_own, "localhost", Some(CA), false),
        (on_its_own, "localhost", None, false),
    ] {
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, roots.unwrap_or_default()).expect("a file");
        let transport = transport(|config| config.ca_file = roots.map(|_| file));
        let uri = format!("https://{host}:{port}/").parse().expect("a URI");
        let headers = HeaderMap::new();
        let request = HttpRequest { method: &Method::POST, uri: &uri, headers: &headers, body: b"[1]" };
        match transport.send(&request) {
            Ok(answer) => assert!(trusted && answer.status == 200, "{host}"),
            Err(TransportError::Unreachable(reason)) => {
                assert!(!trusted && reason.contains("certificate"), "{host}: {reason}");
                assert_eq!(reason.contains("`ca_file`"), host == "localhost", "{host}: {reason}");
            }
            other => panic!("{host}: {other:?}"),
        }
    }
}

#[test]
fn endless_informational_answers_run_into_the_timeout() {
    let (address, _seen) = serve(|stream, _| while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").is_ok() {});
    let transport = transport(|config| config.timeout = Duration::from_millis(300));
    let answer = send(&transport, address, b"[1]");
    assert!(matches!(answer, Err(TransportError::Timeout | TransportError::Lost(_))), "{answer:?}");
}

#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, seen) = serve(|_, _| ());
    let raw = format!("HTTP/1.1 307 Go\r\nContent-Length: 0\r\nLocation: http://{elsewhere}/\r\n\r\n");
    assert_eq!(answer_to(raw).expect("an answer").status, 307);
    assert!(seen.try_recv().is_err());
}

#[test]
fn connecting_is_told_from_answering() {
    let (address, _seen) = serve(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let transport = transport(|_| ());
    send(&transport, address, b"[1]").expect("an answer");
    assert!(transport.connecting() > Duration::ZERO);
    send(&transport, address, b"[1]").expect("an answer on the same connection");
    assert_eq!(transport.connecting(), Duration::ZERO);
}
