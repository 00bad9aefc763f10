//! TLS to a database server, as its URL wants it.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::config::{ServerUrl, TlsMode};

/// What a connection is made with. Fails where the root certificates cannot be read.
pub(super) fn client_config(url: &ServerUrl) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let trust = match url.tls {
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => None,
        TlsMode::VerifyCa | TlsMode::VerifyFull => Some(Trust {
            roots: roots(url.ca_file.as_deref())?,
            given: url.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default(),
            check_name: url.tls == TlsMode::VerifyFull,
        }),
    };
    let verifier = Arc::new(Verifier { provider: provider.clone(), trust });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
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

/// Checks a server's certificate as far as the mode wants it.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// None: any certificate will do.
    trust: Option<Trust>,
}

#[derive(Debug)]
struct Trust {
    roots: RootCertStore,
    /// The certificates of the file as they are: one that a server shows itself vouches for itself.
    given: Vec<CertificateDer<'static>>,
    check_name: bool,
}

impl Trust {
    fn check(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(shown)?;
        let algorithms = provider.signature_verification_algorithms.all;
        let signed =
            verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, algorithms);
        match signed {
            // `openssl req -x509` makes a certificate authority of what a server then shows as its own.
            Err(error) if self.given.contains(shown) && !is_about_time(&error) => {}
            other => other?,
        }
        if self.check_name { verify_server_name(&certificate, name) } else { Ok(()) }
    }
}

fn is_about_time(error: &Error) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let about_time = |error: &CertificateError| {
        matches!(error, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
    };
    matches!(error, Error::InvalidCertificate(error) if about_time(error))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(trust) = &self.trust {
            trust.check(end_entity, intermediates, server_name, now, &self.provider)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
