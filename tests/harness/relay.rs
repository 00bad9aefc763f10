//! A way to a database server that a test may cut: what is sent goes on to the server until the test says otherwise.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

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
    pub fn to(server: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let port = listener.local_addr().expect("a listener has an address").port();
        let shared = Arc::new(Shared { server, port, state: Mutex::default() });
        let mut relay = Relay { shared, accepting: None };
        relay.accept(listener);
        relay
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
        }
        None => {}
    }
}
