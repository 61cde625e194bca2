use std::{path::PathBuf, time::Duration};

use cryptoki::error::{Error, RvError};

use crate::{Algorithm, KeyId, RecordError, store::PlatformError};

/// Why an operation of a PKCS#11 token failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The module does not exist, or is not a PKCS#11 module.
    #[error("the PKCS#11 module {} cannot be loaded", module.display())]
    Module {
        /// The shared library.
        module: PathBuf,
        /// The error when it was loaded.
        source: PlatformError,
    },
    /// No present token matches the URI.
    #[error("no such token is present")]
    Absent,
    /// Several present tokens match the URI. The field is their labels.
    #[error("several tokens match: {}", .0.join(", "))]
    Several(Vec<String>),
    /// The token was removed while it was in use.
    #[error("the token was removed")]
    Removed,
    /// The token or its module did not answer in time.
    #[error("the token did not answer within {} s", .0.as_secs())]
    Hung(Duration),
    /// The PIN is wrong, or is the last wrong one, which was not tried again.
    #[error("wrong PIN")]
    WrongPin {
        /// Whether one more wrong PIN locks the token.
        final_try: bool,
    },
    /// The token accepts no more PINs.
    #[error("the PIN is locked after too many wrong ones")]
    PinLocked,
    /// The token has no user PIN yet, or it must be changed first.
    #[error("the token has no usable PIN yet")]
    NoPin,
    /// The token has only the public half.
    #[error("key {key_id} is listed, but its private half is not in the token")]
    NoPrivateHalf {
        /// The requested key.
        key_id: KeyId,
    },
    /// The token demands its PIN for every signature with this key, which is not supported.
    #[error("key {key_id} needs the PIN for each signature, which is not supported")]
    AlwaysAsks {
        /// The requested key.
        key_id: KeyId,
    },
    /// The token cannot generate or import keys with this algorithm.
    #[error("the token does not take keys of kind {0}")]
    Unsupported(Algorithm),
    /// The token would reveal a private key.
    #[error("the token would reveal private keys")]
    Leaky,
    /// The token, or this user's session, is read-only.
    #[error("the token cannot be written to")]
    ReadOnly,
    /// The token is full.
    #[error("the token is full")]
    Full,
    /// The token has too many objects. The field is the limit.
    #[error("the token holds more than {0} objects")]
    TooMany(usize),
    /// The data that the token returned is not a signature of the key.
    #[error("what the token returned is not a signature of key {key_id}")]
    NotASignature {
        /// The key that should have signed.
        key_id: KeyId,
    },
    /// The record of the key is invalid.
    #[error("the key cannot be named")]
    Record(#[from] RecordError),
    /// The system has no random numbers.
    #[error("the system gave no random numbers")]
    Random,
    /// The token refused for another reason.
    #[error("the token failed")]
    Failed(#[source] PlatformError),
}

impl TokenError {
    /// Whether the connection to the token must be closed.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Removed)
    }

    /// Converts what a call to the module returned. It is no `From`, because the crate that makes the call is no part
    /// of this one's interface.
    pub(super) fn of(error: Error) -> Self {
        let Error::Pkcs11(code, _) = &error else { return Self::Failed(reported(error)) };
        match code {
            RvError::TokenNotPresent
            | RvError::DeviceRemoved
            | RvError::SlotIdInvalid
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed => Self::Removed,
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => Self::WrongPin { final_try: false },
            RvError::PinLocked => Self::PinLocked,
            RvError::PinExpired | RvError::UserPinNotInitialized => Self::NoPin,
            RvError::SessionReadOnly | RvError::TokenWriteProtected | RvError::ActionProhibited => Self::ReadOnly,
            RvError::DeviceMemory => Self::Full,
            _ => Self::Failed(reported(error)),
        }
    }
}

/// Converts an error of a module. Its text consists of the standard's name and explanation.
pub(super) fn reported(error: Error) -> PlatformError {
    match error {
        Error::Pkcs11(code, function) => format!("C_{function:?} returned {code:?}").into(),
        Error::LibraryLoading(error) => error.into(),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let class = |code| TokenError::of(Error::Pkcs11(code, Function::Login));
        assert!(matches!(class(RvError::PinIncorrect), TokenError::WrongPin { final_try: false }));
        assert!(matches!(class(RvError::PinLocked), TokenError::PinLocked));
        assert!(matches!(class(RvError::UserPinNotInitialized), TokenError::NoPin));
        assert!(matches!(class(RvError::TokenNotPresent), TokenError::Removed));
        assert!(class(RvError::DeviceRemoved).is_lost());
        assert!(matches!(class(RvError::TokenWriteProtected), TokenError::ReadOnly));
        assert!(matches!(class(RvError::DeviceMemory), TokenError::Full));
        let other = class(RvError::GeneralError);
        assert!(matches!(&other, TokenError::Failed(source) if source.to_string() == "C_Login returned GeneralError"));
        assert!(!other.to_string().contains(&other.source().unwrap().to_string()), "the source is not repeated");
    }
}
