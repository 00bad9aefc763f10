//! A way to a server that a test may cut: what is sent goes on to the server until the test says otherwise.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use url::Url;

/// Past it what a test waits for is not coming.
const DEADLINE: Duration = Duration::from_secs(60);

/// What happens to the way.
pub enum Fault {
    /// Every connection ends; new ones are welcome.
    Cut,
    /// Every connection ends, and none is accepted any more.
    Down,
    /// Somebody does something to the server, while what it sends waits.
    Do(Box<dyn FnOnce() + Send>),
}

pub struct Relay {
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    server: SocketAddr,
    /// Where the relay listens.
    port: u16,
    state: Mutex<State>,
    happened: Condvar,
}

#[derive(Default)]
struct State {
    /// Both ends of every connection.
    open: Vec<TcpStream>,
    accepted: usize,
    /// What happens once so many more bytes have come from the server.
    planned: Option<(usize, Fault)>,
    is_down: bool,
    is_silent: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds a relay's state")
    }

    /// Wakes who listens, so that it sees that the relay is down.
    fn knock(&self) {
        TcpStream::connect(("127.0.0.1", self.port)).ok();
    }

    fn cut(&self) {
        for stream in self.lock().open.drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

impl Relay {
    fn to(server: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let port = listener.local_addr().expect("a listener has an address").port();
        let shared = Arc::new(Shared { server, port, state: Mutex::default(), happened: Condvar::new() });
        let mut relay = Relay { shared, accepting: None };
        relay.accept(listener);
        relay
    }

    /// One on the way to the host of a URL, and the URL that goes that way.
    pub fn before(mut url: Url, usual_port: u16) -> (Relay, Url) {
        let host = url.host_str().expect("a server's URL has a host").to_owned();
        let port = url.port().unwrap_or(usual_port);
        let mut addresses = (host.as_str(), port).to_socket_addrs().unwrap_or_else(|error| panic!("{host}: {error}"));
        let relay = Relay::to(addresses.next().expect("a host has an address"));
        url.set_host(Some("127.0.0.1")).expect("the URL has a host");
        url.set_port(Some(relay.port())).expect("a URL with a host may have a port");
        (relay, url)
    }

    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.shared.lock().accepted
    }

    /// Has something happen as soon as so many more bytes have come from the server.
    pub fn after(&self, bytes: usize, fault: Fault) {
        self.shared.lock().planned = Some((bytes, fault));
    }

    /// Whether what was planned has happened.
    pub fn is_through(&self) -> bool {
        self.shared.lock().planned.is_none()
    }

    /// Blocks until what was planned has happened.
    #[track_caller]
    pub fn wait(&self) {
        let state = self.shared.lock();
        let waited = self.shared.happened.wait_timeout_while(state, DEADLINE, |state| state.planned.is_some());
        let (state, _) = waited.expect("no thread panics while it holds a relay's state");
        assert!(state.planned.is_none(), "waited in vain for what was planned at the relay");
    }

    pub fn down(&mut self) {
        self.shared.lock().is_down = true;
        self.shared.cut();
        self.leave();
    }

    /// Listens again, on the same port.
    pub fn up(&mut self) {
        self.leave();
        let listener = TcpListener::bind(("127.0.0.1", self.port())).expect("the port that was the relay's before");
        self.shared.lock().is_down = false;
        self.accept(listener);
    }

    /// From now on connections are accepted and nothing is ever said on them.
    pub fn falls_silent(&self) {
        self.shared.lock().is_silent = true;
    }

    fn accept(&mut self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.lock().is_down {
                    break;
                }
                connect(&shared, client);
            }
        }));
    }

    /// Waits until nobody listens any more.
    fn leave(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.shared.knock();
        accepting.join().expect("the accepting thread does not panic");
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.down();
    }
}

fn connect(shared: &Arc<Shared>, client: TcpStream) {
    let mut state = shared.lock();
    state.accepted += 1;
    let copy = |stream: &TcpStream| stream.try_clone().expect("a stream can be had twice");
    if state.is_silent {
        state.open.push(client);
        return;
    }
    // A server that is gone is one that hangs up.
    let Ok(server) = TcpStream::connect(shared.server) else { return };
    state.open.extend([copy(&client), copy(&server)]);
    drop(state);
    let (from_client, to_server) = (copy(&client), copy(&server));
    std::thread::spawn(move || pump(from_client, to_server, |_| {}));
    let shared = Arc::clone(shared);
    std::thread::spawn(move || pump(server, client, |bytes| pass(&shared, bytes)));
}

/// Carries bytes from one end to the other until either is closed.
fn pump(mut from: TcpStream, mut to: TcpStream, before: impl Fn(usize)) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        before(read);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}

/// Counts what comes from the server, and has happen what is planned.
fn pass(shared: &Shared, bytes: usize) {
    let mut state = shared.lock();
    match state.planned.take() {
        Some((left, fault)) if left > bytes => state.planned = Some((left - bytes, fault)),
        Some((_, fault)) => {
            state.is_down |= matches!(fault, Fault::Down);
            drop(state);
            match fault {
                Fault::Cut => shared.cut(),
                Fault::Down => {
                    shared.cut();
                    shared.knock();
                }
                Fault::Do(work) => work(),
            }
            shared.happened.notify_all();
        }
        None => {}
    }
}
