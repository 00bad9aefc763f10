//! [`Transport`] over ureq: one agent for all senders, its connections kept alive.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{Request, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error};

use super::connection::{Lookup, Unreached, connecting, connector, start_connecting};
use super::{HttpAnswer, HttpRequest, Transport, TransportError};
use crate::config::HttpConfig;

/// More than senders are likely to be; a connection that is not kept costs a handshake a request.
const MAX_IDLE_CONNECTIONS: usize = 256;

pub struct HttpTransport {
    agent: Agent,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("ca_file {path} cannot be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("ca_file {path}: {source}")]
    Pem { path: PathBuf, source: Error },
    #[error("ca_file {path} holds no certificate in PEM form")]
    Empty { path: PathBuf },
}

impl HttpTransport {
    /// Connects to nothing yet.
    pub fn new(config: &HttpConfig, user_agent: &str) -> Result<Self, CertificateError> {
        let tls = TlsConfig::builder().root_certs(root_certificates(config)?).build();
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(config.timeout))
            .timeout_connect(Some(config.connect_timeout))
            .timeout_resolve(Some(config.connect_timeout))
            .max_idle_connections(MAX_IDLE_CONNECTIONS)
            .max_idle_connections_per_host(MAX_IDLE_CONNECTIONS)
            .user_agent(user_agent)
            .tls_config(tls)
            .build();
        Ok(HttpTransport { agent: Agent::with_parts(settings, connector(), Lookup::default()) })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        let mut message = Request::new(request.body);
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = request.uri.clone();
        *message.headers_mut() = request.headers.clone();
        if is_loopback(request.uri) {
            message = self.agent.configure_request(message).proxy(None).build();
        }
        start_connecting();
        let response = self.agent.run(message).map_err(failure)?;
        let (parts, body) = response.into_parts();
        Ok(HttpAnswer::read(parts.status.as_u16(), parts.headers, body.into_reader()))
    }

    fn connecting(&self) -> Duration {
        connecting()
    }
}

/// A proxy cannot reach this machine's own loopback, whatever the environment says.
fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The system's own roots, and those of `ca_file` beside them.
fn root_certificates(config: &HttpConfig) -> Result<RootCerts, CertificateError> {
    let Some(path) = &config.ca_file else { return Ok(RootCerts::PlatformVerifier) };
    let pem = std::fs::read(path).map_err(|source| CertificateError::Read { path: path.clone(), source })?;
    let mut roots: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|source| CertificateError::Pem { path: path.clone(), source })?
        {
            roots.push(certificate);
        }
    }
    if roots.is_empty() {
        return Err(CertificateError::Empty { path: path.clone() });
    }
    // Where the system has none, ca_file may be all that is needed.
    let system = rustls_native_certs::load_native_certs().certs;
    roots.extend(system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()));
    Ok(RootCerts::Specific(Arc::new(roots)))
}

fn failure(error: Error) -> TransportError {
    match error {
        Error::Other(inner) => match inner.downcast::<Unreached>() {
            Ok(unreached) => TransportError::Unreachable(unreached.to_string()),
            Err(other) => TransportError::Lost(other.to_string()),
        },
        Error::Timeout(_) => TransportError::Timeout,
        Error::Io(error) => TransportError::Lost(error.to_string()),
        Error::Http(_) | Error::BadUri(_) | Error::BodyExceedsLimit(_) => TransportError::Other(error.to_string()),
        error => TransportError::Lost(error.to_string()),
    }
}
