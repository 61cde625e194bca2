use serde::{Deserialize, Serialize};

use super::{
    Algorithm, Scheme,
    algorithm::oid,
    spki::{self, Info},
};

/// A key as metadata has it (TUF specification, section 4.2).
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyObject {
    pub(super) keytype: String,
    keyval: KeyValue,
    scheme: String,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct KeyValue {
    public: String,
}

impl KeyObject {
    /// The one spelling that this tool writes: `ecdsa` as the type of an ECDSA key, as tough has it, and its value in PEM
    /// without a final line break.
    pub(super) fn new(algorithm: Algorithm, public: &[u8]) -> Self {
        let (keytype, scheme, public) = match algorithm {
            Algorithm::Ed25519 => ("ed25519", "ed25519", hex::encode(public)),
            Algorithm::EcdsaP256 => {
                ("ecdsa", "ecdsa-sha2-nistp256", spki::to_pem(algorithm, public).trim_end().to_owned())
            }
        };
        Self { keytype: keytype.to_owned(), keyval: KeyValue { public }, scheme: scheme.to_owned() }
    }

    /// How the key signs, if such signatures can be checked here.
    pub(super) fn scheme(&self) -> Option<Scheme> {
        Scheme::named(&self.keytype, &self.scheme)
    }

    /// The key itself, as its scheme takes it. The specification has points in PEM; go-tuf writes them in hexadecimal.
    pub(super) fn public(&self, scheme: Scheme) -> Option<Vec<u8>> {
        let text = self.keyval.public.as_str();
        match scheme {
            Scheme::Signing(Algorithm::EcdsaP256) if text.starts_with("-----BEGIN ") => {
                let is_p256 =
                    |info: &Info| info.algorithm == oid::EC_PUBLIC_KEY && info.parameters.as_deref() == Some(oid::P256);
                spki::from_metadata(text).filter(is_p256).map(|info| info.public)
            }
            Scheme::Signing(_) => hex::decode(text).ok(),
            Scheme::RsaPss | Scheme::RsaPkcs1 => {
                let is_rsa = |info: &Info| info.algorithm == oid::RSA_ENCRYPTION;
                spki::from_metadata(text).filter(is_rsa).map(|info| info.public)
            }
        }
    }
}
