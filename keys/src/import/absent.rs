//! A build without the feature `import`: it reads this tool's own format, and names the others in errors.

use super::{Form, ImportError, block::Block};
use crate::Secret;

pub(super) fn form(block: &Block) -> Result<Option<Form>, ImportError> {
    match block.label.as_str() {
        label @ ("EC PRIVATE KEY"
        | "OPENSSH PRIVATE KEY"
        | "ENCRYPTED COSIGN PRIVATE KEY"
        | "ENCRYPTED SIGSTORE PRIVATE KEY") => Err(ImportError::NotBuilt(label.to_owned())),
        _ => Ok(None),
    }
}

pub(super) fn from_pkcs8(bytes: &[u8]) -> Result<Secret, ImportError> {
    Ok(Secret::from_pkcs8(bytes)?)
}

pub(super) fn open_freely(form: Form, _: &Block) -> Result<Option<Secret>, ImportError> {
    Err(ImportError::NotBuilt(form.to_string()))
}

pub(super) fn open(form: Form, _: &Block, _: &[u8]) -> Result<Secret, ImportError> {
    Err(ImportError::NotBuilt(form.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::{Form, ImportError, ImportedKey, KeyRecord, Passphrase, dev, export, export_plaintext};

    #[test]
    fn reads_what_this_tool_writes() {
        for name in dev::names() {
            let secret = dev::secret(name);
            let plain = ImportedKey::parse(export_plaintext(&secret).unwrap().as_bytes()).unwrap();
            assert_eq!(plain.form(), Form::Pkcs8);
            assert_eq!(plain.open_freely().unwrap().unwrap().public_key(), secret.public_key());
        }
        let (secret, passphrase) = (dev::secret("p256-1"), Passphrase::new("passphrase".to_owned()).unwrap());
        let record = KeyRecord::new(secret.public_key().clone(), "alice", None).unwrap();
        let sealed = export(&record, &secret, &passphrase).unwrap();
        let imported = ImportedKey::parse(sealed.as_bytes()).unwrap();
        assert_eq!((imported.form(), imported.record()), (Form::Pkcs8Encrypted, Some(&record)));
        assert!(imported.open_freely().unwrap().is_none());
        assert_eq!(imported.open(&passphrase).unwrap().public_key(), secret.public_key());
    }

    #[test]
    fn names_the_forms_that_it_does_not_read() {
        for label in ["EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY"] {
            let text = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
            let refused = ImportedKey::parse(text.as_bytes()).map(drop).unwrap_err();
            assert!(matches!(&refused, ImportError::NotBuilt(form) if form == label), "{refused}");
            assert!(refused.to_string().contains("which lacks the feature `import`"), "{refused}");
        }
    }
}
