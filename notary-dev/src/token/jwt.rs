//! Tokens as distribution's registry checks them: JWT, ES256, the certificate in the header.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rcgen::{CertificateParams, DnType, KeyPair};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};

use crate::LaunchError;

/// A key that signs tokens, and the certificate that names it.
pub(super) struct Signer {
    key: EcdsaKeyPair,
    random: SystemRandom,
    certificate: Vec<u8>,
    pem: String,
}

impl Signer {
    /// Makes a key and its self-signed certificate.
    pub(super) fn generate() -> Result<Self, LaunchError> {
        let random = SystemRandom::new();
        let pair = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name.push(DnType::CommonName, "notary-dev token server");
        let certificate = params.self_signed(&pair)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pair.serialize_der(), &random)
            .map_err(|_| LaunchError::SigningKey)?;
        Ok(Self { key, random, certificate: certificate.der().to_vec(), pem: certificate.pem() })
    }

    /// The certificate that the registry has to trust.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// Signs `claims`. `None` if the system has no randomness.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [STANDARD.encode(&self.certificate)]});
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
