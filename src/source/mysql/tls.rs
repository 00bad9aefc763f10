//! Which certificates a session trusts, as the driver takes them: a file of certificates and two permissions.

use std::io::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mysql::SslOpts;
use rustls::RootCertStore;
use tempfile::NamedTempFile;

use crate::config::{Host, ServerUrl, TlsMode};

/// The driver knows Mozilla's root certificates and adds those of one file to them. The system's are put into a file for it.
#[derive(Debug)]
pub(super) struct Trust {
    mode: TlsMode,
    roots: Option<Roots>,
}

#[derive(Debug)]
enum Roots {
    /// `ca_file`
    Named(PathBuf),
    /// Lives as long as sessions are opened.
    OfSystem(NamedTempFile),
}

impl Trust {
    /// An error is a message.
    pub fn new(url: &ServerUrl) -> Result<Self, String> {
        // What goes through a socket does not leave the machine.
        let mode = if matches!(url.host, Host::Socket(_)) { TlsMode::Disable } else { url.tls };
        let roots = match (mode, &url.ca_file) {
            (TlsMode::Disable | TlsMode::Prefer | TlsMode::Require, _) => None,
            (_, Some(file)) => {
                let pem = std::fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
                    return Err(format!("{} holds no certificate in PEM form", file.display()));
                }
                Some(Roots::Named(file.clone()))
            }
            (_, None) => Some(Roots::OfSystem(system_roots()?)),
        };
        Ok(Trust { mode, roots })
    }

    /// None for plain text.
    pub fn options(&self) -> Option<SslOpts> {
        let options = SslOpts::default().with_root_cert_path(self.roots.as_ref().map(|roots| match roots {
            Roots::Named(file) => file.clone(),
            Roots::OfSystem(file) => file.path().to_owned(),
        }));
        match self.mode {
            TlsMode::Disable => None,
            TlsMode::Prefer | TlsMode::Require => Some(options.with_danger_accept_invalid_certs(true)),
            TlsMode::VerifyCa => Some(options.with_danger_skip_domain_validation(true)),
            TlsMode::VerifyFull => Some(options),
        }
    }

    /// Whether plain text is right where TLS fails.
    pub fn is_optional(&self) -> bool {
        self.mode == TlsMode::Prefer
    }
}

/// The system's root certificates, without those that could not be read: the driver would stop at the first.
fn system_roots() -> Result<NamedTempFile, String> {
    let unwritten = |error: std::io::Error| format!("the system's root certificates cannot be set down: {error}");
    let mut file = NamedTempFile::new().map_err(unwritten)?;
    for certificate in rustls_native_certs::load_native_certs().certs {
        if RootCertStore::empty().add(certificate.clone()).is_err() {
            continue;
        }
        let text = STANDARD.encode(&certificate);
        let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
        file.write_all(pem.as_bytes()).map_err(unwritten)?;
    }
    Ok(file)
}
