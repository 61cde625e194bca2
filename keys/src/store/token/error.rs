use std::{path::PathBuf, time::Duration};

use cryptoki::error::{Error, RvError};

use crate::{Algorithm, KeyId, RecordError, store::PlatformError};

/// Why a PKCS#11 token did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The module is not there, or is no PKCS#11 module.
    #[error("the PKCS#11 module {} cannot be loaded", module.display())]
    Module {
        /// The shared library.
        module: PathBuf,
        /// What loading it came to.
        source: PlatformError,
    },
    /// No token is present that the URI means.
    #[error("no such token is present")]
    Absent,
    /// Several tokens are present that the URI means; their labels.
    #[error("several tokens are meant: {}", .0.join(", "))]
    Several(Vec<String>),
    /// The token was taken out while it was used.
    #[error("the token was removed")]
    Removed,
    /// The token, or its module, did not answer in time.
    #[error("the token did not answer within {} s", .0.as_secs())]
    Hung(Duration),
    /// The PIN is wrong, or was wrong a moment ago and was not tried again.
    #[error("wrong PIN")]
    WrongPin {
        /// Whether one more wrong PIN locks the token.
        final_try: bool,
    },
    /// The token takes no PIN any more.
    #[error("the PIN is locked after too many wrong ones")]
    PinLocked,
    /// The token has no user PIN yet, or the present one has to be changed.
    #[error("the token has no usable PIN yet")]
    NoPin,
    /// The token holds the public half only.
    #[error("key {key_id} is listed, but its private half is not in the token")]
    NoPrivateHalf {
        /// The key that was asked for.
        key_id: KeyId,
    },
    /// The token asks for its PIN at every single signature of this key, which this library cannot answer.
    #[error("key {key_id} wants the PIN for each signature, which is not supported")]
    AlwaysAsks {
        /// The key that was asked for.
        key_id: KeyId,
    },
    /// The token makes or takes no keys of this kind.
    #[error("the token does not take keys of kind {0}")]
    Unsupported(Algorithm),
    /// The token would let a private key out.
    #[error("the token does not keep private keys to itself")]
    Leaky,
    /// The token, or this user of it, may not change anything in it.
    #[error("the token cannot be written to")]
    ReadOnly,
    /// The token has no room left.
    #[error("the token is full")]
    Full,
    /// More objects than are looked at.
    #[error("the token holds more than {0} objects")]
    TooMany(usize),
    /// What the token returned as a signature is none of the key.
    #[error("what the token returned is not a signature of key {key_id}")]
    NotASignature {
        /// The key that should have signed.
        key_id: KeyId,
    },
    /// The key cannot be described as was asked.
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
    /// Whether the connection to the token is of no more use.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Removed)
    }
}

/// What a module returned, in the words of its standard. The words of its library are the standard's explanations.
pub(super) fn told(error: Error) -> PlatformError {
    match error {
        Error::Pkcs11(code, function) => format!("C_{function:?} returned {code:?}").into(),
        Error::LibraryLoading(error) => error.into(),
        other => other.into(),
    }
}

impl From<Error> for TokenError {
    fn from(error: Error) -> Self {
        let Error::Pkcs11(code, _) = &error else { return Self::Failed(told(error)) };
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
            _ => Self::Failed(told(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let class = |code| TokenError::from(Error::Pkcs11(code, Function::Login));
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
