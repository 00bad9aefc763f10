//! TLS to a database server, as its URL wants it.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::config::{ServerUrl, TlsMode};
use crate::trust::{self, Trust};

/// What a connection is made with. Fails where the root certificates cannot be read.
pub(super) fn client_config(url: &ServerUrl) -> Result<ClientConfig, String> {
    let trust = match url.tls {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => None,
        TlsMode::VerifyCa | TlsMode::VerifyFull => Some(Trust {
            authorities: authorities(url.ca_file.as_deref())?,
            named: url.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default(),
            check_name: url.tls == TlsMode::VerifyFull,
        }),
    };
    trust::client_config(trust).map_err(|error| error.to_string())
}

fn authorities(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let certificates = match ca_file {
        Some(file) => certificates(file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(match ca_file {
            Some(file) => format!("{} holds no certificate that can be used", file.display()),
            None => "this machine has no root certificates; name one with `ca_file`".to_owned(),
        });
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    read.map_err(|error| format!("cannot read the certificates in {}: {error}", file.display()))
}
