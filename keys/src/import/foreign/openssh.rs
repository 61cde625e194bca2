use pkcs8::{
    AlgorithmIdentifierRef, PrivateKeyInfoRef,
    der::{SecretDocument, asn1::OctetStringRef},
};
use ssh_key::{Algorithm, Cipher, Kdf, PrivateKey, private::KeypairData};
use zeroize::Zeroizing;

use crate::{PublicKey, Secret, UnsupportedAlgorithm, algorithm::ED25519, import::ImportError, limits};

/// DER of an octet string of the 32 bytes that an Ed25519 private key is (RFC 8410, section 7), before these bytes.
const SEED_HEADER: [u8; 2] = [0x04, 0x20];

pub(super) fn is_encrypted(content: &[u8]) -> Result<bool, ImportError> {
    Ok(parse(content)?.is_encrypted())
}

pub(super) fn read(content: &[u8]) -> Result<Secret, ImportError> {
    secret(&parse(content)?)
}

pub(super) fn decrypt(content: &[u8], passphrase: &[u8]) -> Result<Secret, ImportError> {
    let key = parse(content)?;
    if let Kdf::Bcrypt { rounds, .. } = key.kdf()
        && *rounds > limits::BCRYPT_ROUNDS
    {
        return Err(ImportError::Cost(format!("{rounds} rounds of bcrypt")));
    }
    if key.cipher() == Cipher::TDesCbc {
        return Err(ImportError::Scheme(key.cipher().to_string()));
    }
    let key = key.decrypt(passphrase).map_err(|_| ImportError::Passphrase)?;
    secret(&key)
}

fn parse(content: &[u8]) -> Result<PrivateKey, ImportError> {
    let other = || UnsupportedAlgorithm("OpenSSH, other than ssh-ed25519".to_owned());
    let key = PrivateKey::from_bytes(content).map_err(|error| match error {
        ssh_key::Error::AlgorithmUnknown | ssh_key::Error::AlgorithmUnsupported { .. } => other().into(),
        _ => ImportError::Malformed,
    })?;
    match key.algorithm() {
        Algorithm::Ed25519 => Ok(key),
        Algorithm::Rsa { .. } => Err(UnsupportedAlgorithm("RSA".to_owned()).into()),
        _ => Err(other().into()),
    }
}

fn secret(key: &PrivateKey) -> Result<Secret, ImportError> {
    let KeypairData::Ed25519(pair) = key.key_data() else { return Err(ImportError::Malformed) };
    let seed = Zeroizing::new(pair.private.to_bytes());
    let field = Zeroizing::new([&SEED_HEADER[..], &seed[..]].concat());
    let field = OctetStringRef::new(&field).map_err(|_| ImportError::Malformed)?;
    let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
    let document =
        SecretDocument::encode_msg(&PrivateKeyInfoRef::new(algorithm, field)).map_err(|_| ImportError::Malformed)?;
    let secret = Secret::from_pkcs8(document.as_bytes())?;
    // The public half in the file is not used for anything, but if it is another's, something is wrong with the file.
    let beside = PublicKey::from_raw(secret.public_key().algorithm(), &pair.public.0).ok();
    if beside.as_ref() == Some(secret.public_key()) { Ok(secret) } else { Err(ImportError::Malformed) }
}
