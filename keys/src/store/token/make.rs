//! Generates keys in a token, or imports them. Either way they cannot be exported again.

use cryptoki::{
    error::{Error, RvError},
    mechanism::Mechanism,
    object::{Attribute, ObjectHandle},
    session::Session,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroize as _;

use super::{TokenError, object};
use crate::{Algorithm, KeyRecord, NewKey, store::Inserted};

/// Generates a key pair in the token. If this fails, nothing of it remains.
pub(super) fn generate(session: &Session, new: &NewKey) -> Result<KeyRecord, TokenError> {
    let algorithm = new.algorithm();
    let mechanism = match algorithm {
        Algorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        Algorithm::EcdsaP256 => Mechanism::EccKeyPairGen,
    };
    let id = new_id()?;
    let public_template = object::public_template(algorithm, &id, new.name());
    let private_template = object::private_template(algorithm, &id, new.name());
    let made = session.generate_key_pair(&mechanism, &public_template, &private_template);
    let (public, private) = made.map_err(|error| refused(error, algorithm))?;
    let checked = || -> Result<KeyRecord, TokenError> {
        check_kept(session, private)?;
        let made = object::PublicObject::read(session, public)?.ok_or(TokenError::Unsupported(algorithm))?;
        let record = new.record(made.key)?;
        describe(session, &record)?;
        Ok(record)
    };
    checked().inspect_err(|_| discard(session, &[private, public]))
}

/// Imports a key, or replaces the record of an existing one. `raw` is the private half.
pub(super) fn insert(session: &Session, record: &KeyRecord, raw: &[u8]) -> Result<Inserted, TokenError> {
    let algorithm = record.public_key().algorithm();
    let there = object::of_key(session, record.key_id())?;
    if object::private_half(session, &there)?.is_some() {
        describe(session, record)?;
        return Ok(Inserted::Known);
    }
    // Remove a public half without a private one, which an interruption or another program left.
    there.iter().try_for_each(|public| session.destroy_object(public.handle)).map_err(TokenError::of)?;
    let id = new_id()?;
    let mut template = object::public_template(algorithm, &id, record.name());
    template.push(Attribute::EcPoint(object::ec_point(record.public_key())?));
    let public = session.create_object(&template).map_err(|error| refused(error, algorithm))?;
    let private = create_private(session, record, &id, raw).inspect_err(|_| discard(session, &[public]))?;
    let described = check_kept(session, private).and_then(|()| describe(session, record));
    described.inspect_err(|_| discard(session, &[private, public]))?;
    Ok(Inserted::New)
}

fn create_private(session: &Session, record: &KeyRecord, id: &[u8], raw: &[u8]) -> Result<ObjectHandle, TokenError> {
    let algorithm = record.public_key().algorithm();
    let mut template = object::private_template(algorithm, id, record.name());
    template.push(Attribute::EcParams(object::curve(algorithm)));
    template.push(Attribute::Value(raw.to_vec()));
    let created = session.create_object(&template);
    if let Some(Attribute::Value(copy)) = template.last_mut() {
        copy.zeroize();
    }
    created.map_err(|error| refused(error, algorithm))
}

/// Writes the record of a key. A token that cannot store such objects still has the key.
fn describe(session: &Session, record: &KeyRecord) -> Result<(), TokenError> {
    match object::write_record(session, record) {
        Err(TokenError::Failed(error)) => {
            tracing::warn!(error, "the token does not take the record of a key: it goes by its label there");
            Ok(())
        }
        written => written,
    }
}

fn check_kept(session: &Session, private: ObjectHandle) -> Result<(), TokenError> {
    if object::is_kept(session, private)? { Ok(()) } else { Err(TokenError::Leaky) }
}

/// Removes the objects of a failed operation.
fn discard(session: &Session, objects: &[ObjectHandle]) {
    for object in objects {
        if let Err(error) = session.destroy_object(*object) {
            tracing::debug!(%error, "an object stays behind in the token");
        }
    }
}

/// A new `CKA_ID`, which a public and a private key share.
fn new_id() -> Result<[u8; 16], TokenError> {
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| TokenError::Random)?;
    Ok(id)
}

fn refused(error: Error, algorithm: Algorithm) -> TokenError {
    match error {
        Error::Pkcs11(
            RvError::MechanismInvalid
            | RvError::CurveNotSupported
            | RvError::DomainParamsInvalid
            | RvError::KeyTypeInconsistent
            | RvError::FunctionNotSupported,
            _,
        ) => TokenError::Unsupported(algorithm),
        other => TokenError::of(other),
    }
}
