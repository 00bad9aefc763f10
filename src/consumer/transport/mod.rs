//! One HTTP exchange: a request out, an answer in. Knows no items and no meaning of a status.

mod agent;
mod answer;
mod connection;
mod proxy;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;

pub use agent::{CertificateError, HttpTransport};
pub use answer::{BodyEnd, HttpAnswer};

use std::time::Duration;

use ureq::http::{HeaderMap, Method, Uri};

/// One try of a request, its body as it goes over the wire.
#[derive(Debug)]
pub struct HttpRequest<'a> {
    pub method: &'a Method,
    /// Without userinfo and fragment.
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// No answer. The messages have no secrets but those that an operating system or a proxy might quote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection: nothing was sent.
    #[error("the consumer cannot be reached: {0}")]
    Unreachable(String),
    /// Connected, but no whole answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke, or what came is not HTTP.
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// Not sent: the request cannot be made.
    #[error("the request cannot be made: {0}")]
    Other(String),
}

pub trait Transport: Send + Sync {
    /// Sends and waits for the whole answer. Never follows a redirect, never takes a status for an error.
    fn send(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError>;

    /// What of the last request of this thread went into making its connection.
    fn connecting(&self) -> Duration {
        Duration::ZERO
    }
}
