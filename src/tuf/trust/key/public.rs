use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Algorithm, Json, KeyId, Scheme, UnsupportedAlgorithm,
    error::PublicKeyError,
    object::KeyObject,
    point::is_on_p256,
    short,
    spki::{self, Info},
};

/// A public key, in the one form in which this tool writes it to TUF documents (TUF specification, section 4.2).
///
/// As in tough, an ECDSA key has the keytype `ecdsa` and a PEM value without a final line break. The same key in
/// another form, or with further fields, has another key id and is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Json", into = "KeyObject")]
pub struct PublicKey {
    algorithm: Algorithm,
    raw: Vec<u8>,
    id: KeyId,
}

impl PublicKey {
    /// Makes a key from the 32 bytes of an Ed25519 key, or the 65 of an uncompressed P-256 point.
    ///
    /// # Errors
    /// The bytes have another length, or are not a point on the curve, or are an Ed25519 point of low order.
    pub fn from_raw(algorithm: Algorithm, raw: &[u8]) -> Result<Self, PublicKeyError> {
        let is_one = match algorithm {
            Algorithm::Ed25519 => raw.len() == 32,
            Algorithm::EcdsaP256 => is_on_p256(raw),
        };
        if !is_one {
            return Err(PublicKeyError::Value(algorithm));
        }
        if Scheme::Signing(algorithm).is_low_order(raw) {
            return Err(PublicKeyError::LowOrder);
        }
        let id = serde_json::to_value(KeyObject::new(algorithm, raw)).and_then(|object| KeyId::of(&object));
        Ok(Self { algorithm, raw: raw.to_vec(), id: id.map_err(malformed)? })
    }

    /// The TUF key id: the sha256 of the key object's canonical form, as 64 lower-case hexadecimal digits.
    pub fn key_id(&self) -> &KeyId {
        &self.id
    }

    /// The algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The 32 bytes of an Ed25519 key, or the 65 of an uncompressed P-256 point.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The key in PEM: `-----BEGIN PUBLIC KEY-----` around a SubjectPublicKeyInfo (RFC 7468, section 13).
    pub fn to_pem(&self) -> String {
        spki::to_pem(self.algorithm, &self.raw)
    }

    /// Parses the PEM that [`PublicKey::to_pem`] and `openssl pkey -pubout` write: one block of at most 4 KiB.
    ///
    /// # Errors
    /// There is not exactly one block, it has another label, or the key's algorithm may not sign in this layout.
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let Info { algorithm, parameters, public } = spki::from_file(text)?;
        Self::from_raw(Algorithm::of_oids(&algorithm, parameters.as_deref())?, &public)
    }

    /// Whether `signature` is a signature of this key over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Scheme::Signing(self.algorithm).verifies(&self.raw, message, signature)
    }
}

impl TryFrom<Json> for PublicKey {
    type Error = PublicKeyError;

    fn try_from(key: Json) -> Result<Self, PublicKeyError> {
        let text = short(&key).ok_or(PublicKeyError::TooBig)?;
        let object: KeyObject = serde_json::from_str(text).map_err(malformed)?;
        let algorithm = match object.scheme() {
            Some(Scheme::Signing(algorithm)) => algorithm,
            Some(Scheme::RsaPss | Scheme::RsaPkcs1) => return Err(UnsupportedAlgorithm("RSA".to_owned()).into()),
            None => return Err(UnsupportedAlgorithm(object.keytype).into()),
        };
        let raw = object.public(Scheme::Signing(algorithm)).ok_or(PublicKeyError::Value(algorithm))?;
        let canonical = Self::from_raw(algorithm, &raw)?;
        // Fields that this function does not read are part of the id too.
        let found = serde_json::from_str::<Value>(text).and_then(|tree| KeyId::of(&tree)).map_err(malformed)?;
        if found == canonical.id {
            Ok(canonical)
        } else {
            Err(PublicKeyError::NotCanonical { found, canonical: canonical.id })
        }
    }
}

impl From<PublicKey> for KeyObject {
    fn from(key: PublicKey) -> Self {
        Self::new(key.algorithm, &key.raw)
    }
}

fn malformed(error: serde_json::Error) -> PublicKeyError {
    PublicKeyError::Malformed(error.into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use ::spki::Document;
    use tough::schema::key::Key;

    use super::{super::scheme::LOW_ORDER, *};

    /// The public halves of some of the fixed test keys of `manifesto-keys`, as OpenSSL writes them.
    const FIXTURES: [(&str, &str); 4] = [
        ("ed25519-1", include_str!("testdata/ed25519-1.pub")),
        ("ed25519-2", include_str!("testdata/ed25519-2.pub")),
        ("p256-1", include_str!("testdata/p256-1.pub")),
        ("p256-2", include_str!("testdata/p256-2.pub")),
    ];

    fn fixture(name: &str) -> PublicKey {
        PublicKey::from_pem(HashMap::from(FIXTURES)[name]).unwrap()
    }

    fn json(text: &str) -> Result<PublicKey, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn reads_back_what_it_writes() {
        for (name, pem) in FIXTURES {
            let key = fixture(name);
            assert_eq!(key.to_pem(), pem);
            let text = serde_json::to_string(&key).unwrap();
            assert_eq!(json(&text).unwrap(), key);
            let theirs: Key = serde_json::from_str(&text).unwrap();
            assert_eq!(key.key_id().as_str(), hex::encode(theirs.key_id().unwrap()));
            assert_eq!(text, serde_json::to_string(&theirs).unwrap());
        }
    }

    #[test]
    fn is_the_key_object_of_the_tuf_specification() {
        let text = serde_json::to_value(fixture("ed25519-1")).unwrap();
        assert_eq!((text["keytype"].as_str(), text["scheme"].as_str()), (Some("ed25519"), Some("ed25519")));
        assert_eq!(text["keyval"]["public"].as_str().unwrap().len(), 64);
        let text = serde_json::to_value(fixture("p256-1")).unwrap();
        assert_eq!((text["keytype"].as_str(), text["scheme"].as_str()), (Some("ecdsa"), Some("ecdsa-sha2-nistp256")));
        assert_eq!(text["keyval"]["public"].as_str(), Some(fixture("p256-1").to_pem().trim_end()));
    }

    #[test]
    fn another_spelling_of_a_key_is_refused() {
        let good = serde_json::to_string(&fixture("ed25519-1")).unwrap();
        assert!(json(&good).is_ok());
        let extra = good.replacen('{', "{\"x\":1,", 1);
        assert!(json(&extra).unwrap_err().to_string().contains("canonical"));
        let public = hex::encode(fixture("ed25519-1").raw());
        assert!(json(&good.replace(&public, &public.to_uppercase())).unwrap_err().to_string().contains("canonical"));
        assert!(json(&good.replace(&public, &public[2..])).is_err());

        let good = serde_json::to_string(&fixture("p256-1")).unwrap();
        assert!(json(&good.replace("\"ecdsa\"", "\"ecdsa-sha2-nistp256\"")).is_err());
        assert!(json(&good.replace("\\n-----END", "-----END")).is_err());
    }

    #[test]
    fn refuses_pem_that_is_not_one_public_key() {
        let pem = fixture("ed25519-1").to_pem();
        assert!(matches!(PublicKey::from_pem(""), Err(PublicKeyError::Armors(0))));
        assert!(matches!(PublicKey::from_pem(&pem.repeat(2)), Err(PublicKeyError::Armors(2))));
        assert!(matches!(PublicKey::from_pem(&pem.repeat(100)), Err(PublicKeyError::TooBig)));
        assert!(matches!(PublicKey::from_pem(&pem[..pem.len() - 10]), Err(PublicKeyError::Malformed(_))));
        let labelled = pem.replace("PUBLIC KEY", "CERTIFICATE");
        assert!(matches!(PublicKey::from_pem(&labelled), Err(PublicKeyError::Label(label)) if label == "CERTIFICATE"));
        let (rsa, p384) = (include_str!("testdata/rsa.pub"), include_str!("testdata/p384.pub"));
        for foreign in [rsa, p384] {
            assert!(matches!(PublicKey::from_pem(foreign), Err(PublicKeyError::Unsupported(_))));
        }
        assert!(matches!(PublicKey::from_raw(Algorithm::Ed25519, &[0; 31]), Err(PublicKeyError::Value(_))));
        assert!(matches!(PublicKey::from_raw(Algorithm::EcdsaP256, &[2; 65]), Err(PublicKeyError::Value(_))));
    }

    /// [⚔] Anybody can sign under such a key: with R as one of these points and S as zero.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key
    #[test]
    fn a_point_of_low_order_is_no_key() {
        for y in LOW_ORDER {
            for sign in [0, 0x80] {
                let mut bytes = hex::decode(y).unwrap();
                bytes[31] |= sign;
                let public = hex::encode(&bytes);
                assert!(matches!(PublicKey::from_raw(Algorithm::Ed25519, &bytes), Err(PublicKeyError::LowOrder)));
                let good = serde_json::to_value(fixture("ed25519-1")).unwrap();
                let own = good["keyval"]["public"].as_str().unwrap().to_owned();
                assert!(json(&good.to_string().replace(&own, &public)).unwrap_err().to_string().contains("low order"));
                let good = fixture("ed25519-1");
                let der = Document::from_pem(&good.to_pem()).unwrap().1.as_bytes().to_vec();
                let der = [&der[..der.len() - 32], &bytes].concat();
                let pem = Document::try_from(der).unwrap().to_pem("PUBLIC KEY", Default::default()).unwrap();
                assert!(matches!(PublicKey::from_pem(&pem), Err(PublicKeyError::LowOrder)));
            }
        }
    }

    #[test]
    fn a_point_beside_the_curve_is_no_key() {
        let mut bytes = fixture("p256-1").raw().to_vec();
        assert!(PublicKey::from_raw(Algorithm::EcdsaP256, &bytes).is_ok());
        bytes[64] ^= 1;
        for point in [&bytes[..], &[&[4][..], &[0; 64]].concat(), &[&[4][..], &[0xff; 64]].concat(), &[0]] {
            let refused = PublicKey::from_raw(Algorithm::EcdsaP256, point);
            assert!(matches!(refused, Err(PublicKeyError::Value(Algorithm::EcdsaP256))), "{point:?}");
        }
    }
}
