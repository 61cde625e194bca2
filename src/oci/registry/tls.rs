//! TLS for the HTTP client: the trusted roots and the cryptographic provider.
//!
//! The library installs nothing for the whole process. It uses the provider that the process has installed, or ring if
//! there is none.

use std::sync::Arc;

use rustls::{
    ClientConfig, Error, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;

/// The offered protocols, HTTP/2 first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The certificates that a server's certificate may be signed with.
pub(super) enum Roots {
    /// None, so TLS always fails. For plain HTTP, reading the system's roots would take longer than the request.
    None,
    /// The system's roots and these.
    SystemAnd(Vec<CertificateDer<'static>>),
}

/// Parses the certificates in a PEM file.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

/// The default configuration of rustls, with TLS 1.2 and 1.3.
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

    /// A library that installed a provider would prevent its process from choosing one.
    #[test]
    fn nothing_is_installed_for_the_process() {
        for roots in [Roots::None, Roots::SystemAnd(Vec::new())] {
            let config = config(roots).unwrap();
            assert_eq!(config.alpn_protocols, PROTOCOLS);
        }
        assert!(CryptoProvider::get_default().is_none());
    }
}
