//! A way to a server that can be cut: what a lost connection, or a server that is restarted, looks like from here.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

/// Listens on a port of its own until it is dropped.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    target: (String, u16),
    /// What the proxy shows in TLS. Without it, what comes is passed on as it is.
    tls: Option<Arc<ServerConfig>>,
    /// Both ends of all connections.
    ends: Mutex<Vec<TcpStream>>,
    refusing: AtomicBool,
    /// Bytes from the server that may still pass.
    allowance: AtomicU64,
    /// Connections that were let through.
    connections: AtomicU64,
    over: AtomicBool,
}

/// What PostgreSQL's clients send first when they want TLS.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

impl Proxy {
    pub fn new(host: &str, port: u16) -> Self {
        Self::start(host, port, None)
    }

    /// Offers PostgreSQL's TLS with this certificate and key (PEM); the server behind is spoken to without.
    pub fn with_tls(host: &str, port: u16, pem: &str) -> Self {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        Self::start(host, port, Some(Arc::new(config)))
    }

    fn start(host: &str, port: u16, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own_port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            target: (host.to_owned(), port),
            tls,
            ends: Mutex::default(),
            refusing: AtomicBool::new(false),
            allowance: AtomicU64::new(u64::MAX),
            connections: AtomicU64::new(0),
            over: AtomicBool::new(false),
        });
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                if !shared.refusing.load(Ordering::SeqCst) {
                    let state = shared.clone();
                    thread::spawn(move || state.serve(client));
                }
            }
        });
        Proxy { port: own_port, state }
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.state.cut();
    }

    /// Ends every connection once this many more bytes have come from the server.
    pub fn cut_after(&self, bytes: u64) {
        self.state.allowance.store(bytes, Ordering::SeqCst);
    }

    /// While true, no connection is let through.
    pub fn refuse(&self, refusing: bool) {
        self.state.refusing.store(refusing, Ordering::SeqCst);
    }

    /// How many connections were let through so far.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the listener.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl State {
    fn cut(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    fn serve(self: Arc<Self>, mut client: TcpStream) {
        let Ok(mut server) = TcpStream::connect((self.target.0.as_str(), self.target.1)) else { return };
        self.connections.fetch_add(1, Ordering::SeqCst);
        self.ends.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        if let Some(config) = self.tls.clone() {
            let mut first = [0; TLS_REQUEST.len()];
            if client.read_exact(&mut first).is_err() {
                return;
            }
            if first == TLS_REQUEST {
                let _ = client.write_all(b"S");
                return self.serve_tls(config, client, server);
            }
            let _ = server.write_all(&first);
        }
        let (back, out) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let state = self.clone();
        thread::spawn(move || state.pump(back, |bytes| (&out).write_all(bytes), true));
        self.pump(client, |bytes| server.write_all(bytes), false);
    }

    /// Passes on what comes until either end is closed.
    fn pump(&self, mut from: TcpStream, mut pass: impl FnMut(&[u8]) -> std::io::Result<()>, from_server: bool) {
        let mut buffer = [0; 4096];
        loop {
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            if from_server && !self.allows(read as u64) {
                self.cut();
                return;
            }
            if pass(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
    }

    fn allows(&self, bytes: u64) -> bool {
        let left = self.allowance.load(Ordering::SeqCst);
        let rest = left.checked_sub(bytes);
        // Once passed, the next connection is not limited any more.
        self.allowance
            .store(rest.map_or(u64::MAX, |rest| if left == u64::MAX { left } else { rest }), Ordering::SeqCst);
        rest.is_some()
    }

    fn serve_tls(self: Arc<Self>, config: Arc<ServerConfig>, client: TcpStream, server: TcpStream) {
        let session = Arc::new(Mutex::new(ServerConnection::new(config).unwrap()));
        let flush = |session: &mut ServerConnection, mut client: &TcpStream| -> std::io::Result<()> {
            while session.wants_write() {
                session.write_tls(&mut client)?;
            }
            Ok(())
        };
        let (state, back) = (self.clone(), server.try_clone().unwrap());
        let (their_session, out) = (session.clone(), client.try_clone().unwrap());
        thread::spawn(move || {
            let encrypt = |bytes: &[u8]| {
                let mut session = their_session.lock().unwrap();
                session.writer().write_all(bytes)?;
                flush(&mut session, &out)
            };
            state.pump(back, encrypt, true);
        });
        let decrypt = |mut bytes: &[u8]| {
            let mut session = session.lock().unwrap();
            while !bytes.is_empty() {
                session.read_tls(&mut bytes)?;
                let arrived = session.process_new_packets();
                flush(&mut session, &client)?;
                let arrived = arrived.map_err(std::io::Error::other)?.plaintext_bytes_to_read();
                let mut plain = vec![0; arrived];
                session.reader().read_exact(&mut plain)?;
                (&server).write_all(&plain)?;
            }
            Ok(())
        };
        self.pump(client.try_clone().unwrap(), decrypt, false);
        let _ = server.shutdown(Shutdown::Both);
    }
}
