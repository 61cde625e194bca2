//! TLS for the HTTP client: whom to trust, and what computes.
//!
//! The library installs nothing for the whole process. It computes with the provider that the process has installed;
//! where there is none, with ring.

use std::sync::Arc;

use rustls::{
    ClientConfig, Error, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;

/// The protocols that are offered: HTTP/2 first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Whose signature on a server's certificate is trusted.
pub(super) enum Roots {
    /// Nobody's: no TLS comes about. Reading the system's roots would be the longest part of a request without TLS.
    None,
    /// That of the system's roots, and of these.
    SystemAnd(Vec<CertificateDer<'static>>),
}

/// The certificates in a PEM file.
///
/// # Errors
/// It is no PEM. One without certificates is none.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

/// TLS 1.2 and 1.3, as rustls has them by default.
///
/// # Errors
/// The system has no roots, or a certificate cannot be one.
pub(super) fn config(roots: Roots) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match roots {
        Roots::None => builder.with_root_certificates(RootCertStore::empty()),
        Roots::SystemAnd(more) => {
            let verifier = Verifier::new_with_extra_roots(more, provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library that chose for its process would take the choice from it.
    #[test]
    fn nothing_is_installed_for_the_process() {
        for roots in [Roots::None, Roots::SystemAnd(Vec::new())] {
            let config = config(roots).unwrap();
            assert_eq!(config.alpn_protocols, PROTOCOLS);
        }
        assert!(CryptoProvider::get_default().is_none());
    }
}
