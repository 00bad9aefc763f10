//! TCP connections whose answers are acknowledged at once.
//!
//! Many servers write the head and the body of an answer apart, with Nagle's algorithm on: the body waits until the head is
//! acknowledged, and a client puts that off, by some 40 ms on Linux. Each request would take so much longer, and a consumer
//! would look slower than it is. ureq's own TCP connections are as good otherwise, but do not give their socket away.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, ShutdownHandle, Transport,
};

/// What is held back at most, for more to go with it: a request's head is no packet of its own, and its consumer is woken once.
const HELD_BYTES: usize = 4096;

/// Connects, unless a proxy has.
#[derive(Debug)]
pub(super) struct Tcp;

#[derive(Debug)]
pub(super) struct TcpConnection {
    stream: Arc<TcpStream>,
    buffers: Held,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl<In: Transport> Connector<In> for Tcp {
    type Out = Either<In, TcpConnection>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(proxied) = chained {
            return Ok(Some(Either::A(proxied)));
        }
        let stream = Arc::new(connect(&details.addrs, details.timeout)?);
        stream.set_nodelay(details.config.no_delay())?;
        let handle: Weak<TcpStream> = Arc::downgrade(&stream);
        (details.register_shutdown)(handle as Weak<dyn ShutdownHandle>)?;
        let lazy = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        let buffers = Held { lazy, bytes: 0 };
        Ok(Some(Either::B(TcpConnection { stream, buffers, read_timeout: None, write_timeout: None })))
    }
}

/// To the first of the addresses that takes it, each of which has an equal share of the time that is left.
fn connect(addresses: &[SocketAddr], timeout: NextTimeout) -> Result<TcpStream, Error> {
    let until = timeout.not_zero().map(|left| Instant::now() + *left);
    let mut failed = Error::Io(io::Error::new(ErrorKind::AddrNotAvailable, "the name has no address"));
    for (tried, address) in addresses.iter().enumerate() {
        let connected = match until {
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Error::Timeout(timeout.reason));
                }
                TcpStream::connect_timeout(address, left / (addresses.len() - tried) as u32)
            }
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = failure(error, timeout),
        }
    }
    Err(failed)
}

fn failure(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        // Which of the two a timeout is depends on the system.
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// What is left of a timeout; an error when nothing is.
fn left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    if timeout.after.is_zero() {
        return Err(Error::Timeout(timeout.reason));
    }
    Ok(timeout.not_zero().map(|left| *left))
}

impl Transport for TcpConnection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.buffers.bytes += amount;
        if self.buffers.bytes > HELD_BYTES { self.send(timeout) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        match self.send(timeout) {
            // Who hung up may have said why before.
            Err(Error::Io(error)) => match self.receive(timeout) {
                Ok(true) => Ok(true),
                _ => Err(Error::Io(error)),
            },
            sent => sent.and_then(|()| self.receive(timeout)),
        }
    }

    /// Nothing may have arrived on a connection that nothing was asked on, not even its end.
    fn is_open(&mut self) -> bool {
        let peeked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let is_quiet = matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock);
        is_quiet && self.buffers.bytes == 0 && self.stream.set_nonblocking(false).is_ok()
    }
}

impl TcpConnection {
    /// Sends what is held.
    fn send(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let held = std::mem::take(&mut self.buffers.bytes);
        if held == 0 {
            return Ok(());
        }
        let timeout = timeout.for_write();
        let left = left(timeout)?;
        if left != self.write_timeout {
            self.stream.set_write_timeout(left)?;
            self.write_timeout = left;
        }
        let mut stream = &*self.stream;
        stream.write_all(&self.buffers.lazy.output()[..held]).map_err(|error| failure(error, timeout))
    }

    fn receive(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let left = left(timeout)?;
        if left != self.read_timeout {
            self.stream.set_read_timeout(left)?;
            self.read_timeout = left;
        }
        acknowledge_at_once(&self.stream);
        let mut stream = &*self.stream;
        let read = loop {
            match stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(|error| failure(error, timeout))?,
            }
        };
        self.buffers.input_appended(read);
        Ok(read > 0)
    }
}

/// Buffers whose output may be held back: what is written next stands behind it.
#[derive(Debug)]
struct Held {
    lazy: LazyBuffers,
    /// Of the output, from its beginning.
    bytes: usize,
}

impl Buffers for Held {
    fn output(&mut self) -> &mut [u8] {
        &mut self.lazy.output()[self.bytes..]
    }

    fn input(&self) -> &[u8] {
        self.lazy.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.lazy.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.lazy.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.lazy.input_consume(amount);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (tmp, output) = self.lazy.tmp_and_output();
        (tmp, &mut output[self.bytes..])
    }

    fn can_use_input(&self) -> bool {
        self.lazy.can_use_input()
    }
}

/// The kernel forgets it in time, so it is said before each read. Where it cannot be said, the answer only comes later.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) {
    let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) {}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn the_next_address_is_tried_where_one_refuses() {
        let bound = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let listener = bound();
        let open = listener.local_addr().expect("an address");
        let closed = bound().local_addr().expect("an address");
        let hour = NextTimeout { after: Duration::from_secs(3600).into(), ..NextTimeout::default() };
        for timeout in [NextTimeout::default(), hour] {
            let connected = connect(&[closed, open], timeout).expect("the second is open");
            assert_eq!(connected.peer_addr().ok(), Some(open));
            assert!(matches!(connect(&[closed], timeout), Err(Error::Io(_))));
            assert!(matches!(connect(&[], timeout), Err(Error::Io(_))));
        }
        let none = NextTimeout { after: Duration::ZERO.into(), ..NextTimeout::default() };
        assert!(connect(&[closed, closed], none).is_err());
    }
}
