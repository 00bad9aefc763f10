//! [`Transport`] over ureq: one agent for all senders, its connections kept alive.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use ureq::http::Request;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error};

use super::connection::{Lookup, Unreached, connecting, connector, start_connecting};
use super::proxy::Proxies;
use super::{HttpAnswer, HttpRequest, Transport, TransportError};
use crate::config::HttpConfig;
use crate::trust::{self, Trust};

/// More than senders are likely to be; a connection that is not kept costs a handshake a request.
const MAX_IDLE_CONNECTIONS: usize = 256;

pub struct HttpTransport {
    agent: Agent,
    proxies: Proxies,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("ca_file {path} cannot be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("ca_file {path} is damaged: {}", pem_fault(.source))]
    Pem { path: PathBuf, source: pem::Error },
    #[error("ca_file {path}: {source}")]
    Tls { path: PathBuf, source: rustls::Error },
    #[error("ca_file {path} holds no certificate in PEM form")]
    Empty { path: PathBuf },
}

impl HttpTransport {
    /// Connects to nothing yet.
    pub fn new(config: &HttpConfig, user_agent: &str) -> Result<Self, CertificateError> {
        let named = config.ca_file.as_deref().map(named_tls).transpose()?;
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
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
            .proxy(None)
            .build();
        let agent = Agent::with_parts(settings, connector(named.map(Arc::new)), Lookup::default());
        Ok(HttpTransport { agent, proxies: Proxies::of_environment() })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        let mut message = Request::new(request.body);
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = request.uri.clone();
        *message.headers_mut() = request.headers.clone();
        if let Some(proxy) = self.proxies.of_url(request.uri) {
            message = self.agent.configure_request(message).proxy(Some(proxy.clone())).build();
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

fn pem_fault(error: &pem::Error) -> String {
    match error {
        // The library shows the marker as a list of numbers.
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("the line `-----END {}-----` is missing", String::from_utf8_lossy(end_marker))
        }
        error => error.to_string(),
    }
}

/// The system's own roots, and those of `ca_file` beside them.
fn named_tls(path: &Path) -> Result<ClientConfig, CertificateError> {
    let read = std::fs::read(path).map_err(|source| CertificateError::Read { path: path.into(), source })?;
    let named = CertificateDer::pem_slice_iter(&read).collect::<Result<Vec<_>, _>>();
    let named = named.map_err(|source| CertificateError::Pem { path: path.into(), source })?;
    if named.is_empty() {
        return Err(CertificateError::Empty { path: path.into() });
    }
    let mut authorities = RootCertStore::empty();
    // Where the system has none, ca_file may be all that is needed.
    let system = rustls_native_certs::load_native_certs().certs;
    authorities.add_parsable_certificates(named.iter().cloned().chain(system));
    let trust = Trust { authorities, named, check_name: true };
    trust::client_config(Some(trust)).map_err(|source| CertificateError::Tls { path: path.into(), source })
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
