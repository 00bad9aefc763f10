//! Three things that ureq's own connections do not tell: whether a failure came before there was a connection, how long
//! connecting took, and what a server had answered before it hung up on a body that it did not want.

use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector, SocksConnector,
    Transport,
};

use super::tcp::Tcp;
use super::tls::NamedTls;

/// rustls' words for a certificate of an unknown authority, and for one of its own that is marked as an authority.
const UNVOUCHED: [&str; 2] = ["UnknownIssuer", "CaUsedAsEndEntity"];

/// Marks a failure that came before there was a connection.
#[derive(Debug)]
pub(super) struct Unreached {
    error: Error,
    /// Which the environment names, and which may be what cannot be reached: its host and port.
    proxy: Option<String>,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(proxy) = &self.proxy {
            write!(f, "through the proxy {proxy}, which the environment names: ")?;
        }
        let said = match &self.error {
            Error::Io(error) => error.to_string(),
            Error::Timeout(_) => "no connection in time".to_owned(),
            error => error.to_string(),
        };
        f.write_str(&said)?;
        if UNVOUCHED.iter().any(|words| said.contains(words)) {
            f.write_str(
                ": no authority known here vouches for it; name its root certificate, or its own, as `ca_file`",
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Unreached {}

fn unreached(error: Error, proxy: Option<String>) -> Error {
    let error = match error {
        // Through a proxy, connecting runs this chain within itself.
        Error::Other(inner) => match inner.downcast::<Unreached>() {
            Ok(within) => within.error,
            Err(inner) => Error::Other(inner),
        },
        error => error,
    };
    Error::Other(Box::new(Unreached { error, proxy }))
}

fn proxy_of(details: &ConnectionDetails) -> Option<String> {
    let proxy = details.config.proxy().filter(|proxy| !proxy.is_no_proxy(details.uri))?;
    Some(format!("{}:{}", proxy.host(), proxy.port()))
}

/// TCP, through a proxy where one is set, and TLS where the URL asks for it: with what is `named`, or as the system has it.
pub(super) fn connector(named: Option<Arc<ClientConfig>>) -> impl Connector {
    let proxy = ().chain(SocksConnector::default()).chain(ConnectProxyConnector::default());
    let tcp = proxy.chain(Tcp);
    // Below TLS, so that TLS too goes on reading after a write failed.
    Reaching(tcp.chain(HearsOut).chain(NamedTls(named)).chain(RustlsConnector::default()))
}

thread_local! {
    /// A request is made by one thread, its connection too.
    static CONNECTING: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A request of this thread begins.
pub(super) fn start_connecting() {
    CONNECTING.set(Duration::ZERO);
}

/// What this thread has spent on connecting since.
pub(super) fn connecting() -> Duration {
    CONNECTING.get()
}

#[derive(Debug)]
struct Reaching<C>(C);

impl<C: Connector> Connector for Reaching<C> {
    type Out = C::Out;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        let started = Instant::now();
        let connected = self.0.connect(details, chained).map_err(|error| unreached(error, proxy_of(details)));
        CONNECTING.set(CONNECTING.get() + started.elapsed());
        connected
    }
}

/// Looks names up like ureq's own, but starts no thread for what is an address already.
#[derive(Debug, Default)]
pub(super) struct Lookup(DefaultResolver);

impl Resolver for Lookup {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        if let Some(address) = address(uri) {
            let mut addresses = self.empty();
            addresses.push(address);
            return Ok(addresses);
        }
        self.0.resolve(uri, config, timeout).map_err(|error| unreached(error, None))
    }
}

fn address(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().or(match uri.scheme_str()? {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    })?;
    Some(SocketAddr::new(host.parse().ok()?, port))
}

/// A server may answer (413, 401) and hang up before it has read the whole body. Writing then fails, but the answer has
/// arrived: it is read, and only if there is none the failed write counts.
#[derive(Debug)]
struct HearsOut;

impl<In: Transport> Connector<In> for HearsOut {
    type Out = HearingOut<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| HearingOut { inner, broken: None }))
    }
}

#[derive(Debug)]
struct HearingOut<T> {
    inner: T,
    /// How writing failed; nothing is written any more.
    broken: Option<io::Error>,
}

impl<T: Transport> Transport for HearingOut<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.broken.is_some() {
            return Ok(());
        }
        match self.inner.transmit_output(amount, timeout) {
            Err(Error::Io(error))
                if matches!(
                    error.kind(),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
                ) =>
            {
                self.broken = Some(error);
                Ok(())
            }
            sent => sent,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let result = self.inner.await_input(timeout);
        match (&result, &self.broken) {
            (Ok(false) | Err(Error::Io(_)), Some(broken)) => {
                Err(Error::Io(io::Error::new(broken.kind(), broken.to_string())))
            }
            _ => result,
        }
    }

    fn is_open(&mut self) -> bool {
        self.broken.is_none() && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_no_lookup() {
        for (uri, expected) in [
            ("http://127.0.0.1:8080/x", Some("127.0.0.1:8080")),
            ("http://10.1.2.3", Some("10.1.2.3:80")),
            ("https://[::1]/x", Some("[::1]:443")),
            ("https://shop.example", None),
            ("/x", None),
        ] {
            let found = address(&uri.parse().expect("a URI")).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{uri}");
        }
    }
}
