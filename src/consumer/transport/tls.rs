//! TLS to a consumer whose certificates a `ca_file` names. ureq's own TLS is as good but for a server that shows the very
//! certificate that stands in the file, marked as an authority: it refuses that.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

/// Leaves a connection as it is where there is no configuration: TLS is then made by whoever stands behind.
pub(super) struct NamedTls(pub(super) Option<Arc<ClientConfig>>);

impl fmt::Debug for NamedTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedTls").field(&self.0.is_some()).finish()
    }
}

impl<In: Transport> Connector<In> for NamedTls {
    type Out = Either<In, Session>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(connected) = chained else { return Ok(None) };
        let Some(config) = self.0.as_ref().filter(|_| details.needs_tls() && !connected.is_tls()) else {
            return Ok(Some(Either::A(connected)));
        };
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::Tls("the host is no name"))?;
        let mut session = ClientConnection::new(config.clone(), name)?;
        let mut connected = TransportAdapter::new(connected.boxed(), details.current_time.clone());
        connected.set_timeout(left(details));
        session.complete_io(&mut connected)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Session { buffers, stream: StreamOwned::new(session, connected) })))
    }
}

/// The time to connect within has been running since before there was a connection.
fn left(details: &ConnectionDetails) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (Duration::Exact(whole), Instant::Exact(begun)) = (timeout.after, details.now) {
        timeout.after = Duration::Exact(whole.saturating_sub(begun.elapsed()));
    }
    timeout
}

pub(super) struct Session {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(self.stream.sock.get_ref()).finish()
    }
}

impl Transport for Session {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let read = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
