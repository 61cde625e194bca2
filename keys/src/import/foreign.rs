//! The forms of other tools, behind the feature `import`: they need many crates that nothing else here does.

mod cosign;
mod ec;
mod openssh;
mod traditional;

pub(super) use ec::from_pkcs8;

use super::{Form, ImportError, block::Block};
use crate::Secret;

/// Which of these forms a block has, if it is one.
pub(super) fn form(block: &Block) -> Result<Option<Form>, ImportError> {
    Ok(Some(match block.label.as_str() {
        "EC PRIVATE KEY" if block.header("DEK-Info").is_some() => Form::Sec1Encrypted,
        "EC PRIVATE KEY" => Form::Sec1,
        "OPENSSH PRIVATE KEY" if openssh::is_encrypted(&block.content)? => Form::OpenSshEncrypted,
        "OPENSSH PRIVATE KEY" => Form::OpenSsh,
        "ENCRYPTED COSIGN PRIVATE KEY" | "ENCRYPTED SIGSTORE PRIVATE KEY" => Form::Cosign,
        _ => return Ok(None),
    }))
}

/// The key, if it needs no passphrase.
pub(super) fn open_freely(form: Form, block: &Block) -> Result<Option<Secret>, ImportError> {
    let content = &block.content;
    match form {
        Form::Sec1 => ec::from_sec1(content).map(Some),
        Form::OpenSsh => openssh::read(content).map(Some),
        Form::Cosign => match cosign::decrypt(content, b"") {
            Err(ImportError::Passphrase) => Ok(None),
            key => from_pkcs8(&key?).map(Some),
        },
        Form::Pkcs8 | Form::Pkcs8Encrypted | Form::Sec1Encrypted | Form::OpenSshEncrypted => Ok(None),
    }
}

/// The key under a passphrase.
pub(super) fn open(form: Form, block: &Block, passphrase: &[u8]) -> Result<Secret, ImportError> {
    let content = &block.content;
    match form {
        Form::Sec1Encrypted => {
            let parameters = block.header("DEK-Info").ok_or(ImportError::Malformed)?;
            ec::from_sec1(&traditional::decrypt(parameters, content, passphrase)?)
        }
        Form::OpenSshEncrypted => openssh::decrypt(content, passphrase),
        Form::Cosign => from_pkcs8(&cosign::decrypt(content, passphrase)?),
        Form::Pkcs8 | Form::Pkcs8Encrypted | Form::Sec1 | Form::OpenSsh => Err(ImportError::Malformed),
    }
}
