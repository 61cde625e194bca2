mod connection;
mod error;
mod make;
mod module;
mod object;
mod sign;
mod uri;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub use error::TokenError;
pub use uri::{TokenUri, TokenUriError};

use self::{
    connection::{Access, Token},
    sign::TokenSigner,
};
use super::{Inserted, KeyStore, Made, StoreError, check_pair};
use crate::{AskPassphrase, KeyId, KeyRecord, NewKey, Secret, Signer};

/// A PKCS#11 token: a hardware security module, a smart card, or SoftHSM. Its private keys sign inside it and never
/// leave it.
///
/// There is no separate index: the list is what the token shows without a login, including keys of other programs. If
/// it cannot store data objects, a key has no record, and its label is used as its name.
pub struct TokenStore {
    token: Arc<Token>,
}

impl TokenStore {
    /// The token that `uri` names. `ask` provides its PIN, once per store. Every call to it ends after `deadline`.
    pub fn new(uri: &TokenUri, ask: Arc<dyn AskPassphrase>, deadline: Duration) -> Self {
        Self { token: Arc::new(Token::new(uri.clone(), ask, deadline)) }
    }

    /// Checks that the token shows this key, before the user is asked for a PIN.
    fn find(&self, key_id: &KeyId) -> Result<(), StoreError> {
        let wanted = key_id.clone();
        let found = self.token.call(Access::Public, move |session| object::of_key(session, &wanted))?;
        if found.is_empty() { Err(StoreError::not_found(key_id)) } else { Ok(()) }
    }
}

impl KeyStore for TokenStore {
    fn describe(&self) -> String {
        self.token.uri().to_string()
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.token.reconnect()
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let records = self.token.call(Access::Public, |session| {
            let written = object::records(session)?;
            let mut records = BTreeMap::new();
            for public in object::public_keys(session)? {
                let key_id = public.key.key_id().clone();
                let record = written.iter().map(|(_, record)| record).find(|record| *record.key_id() == key_id);
                let record = record.map_or_else(|| public.record(), |record| Ok(record.clone()))?;
                records.insert(key_id, record);
            }
            Ok(records)
        })?;
        Ok(records.into_values().map(|record| record.listed_by(self.describe())).collect())
    }

    fn load(&self, key_id: &KeyId) -> Result<Box<dyn Signer>, StoreError> {
        Ok(Box::new(TokenSigner::load(Arc::clone(&self.token), key_id)?))
    }

    fn generate(&self, new: &NewKey) -> Result<Made, StoreError> {
        let new = new.clone();
        let record = self.token.call(Access::Private, move |session| make::generate(session, &new))?;
        Ok(Made { record: record.listed_by(self.describe()), secret: None })
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError> {
        check_pair(record, secret)?;
        let raw = secret.raw().map_err(|source| StoreError::of(record.key_id(), source))?;
        let record = record.clone();
        self.token.call(Access::Private, move |session| make::insert(session, &record, &raw))
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError> {
        self.find(key_id)?;
        let key_id = key_id.clone();
        self.token.call(Access::Private, move |session| {
            let publics = object::of_key(session, &key_id)?;
            // Remove the private half first: after an interruption the rest is still listed, and can be removed again.
            while let Some(private) = object::private_half(session, &publics)? {
                session.destroy_object(private).map_err(TokenError::of)?;
            }
            object::destroy_records(session, object::records(session)?, &key_id)?;
            publics.iter().try_for_each(|public| session.destroy_object(public.handle).map_err(TokenError::of))
        })
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        self.find(key_id)?;
        Err(StoreError::NeverLeaves { key_id: key_id.clone(), store: self.describe() })
    }
}
