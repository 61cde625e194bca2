use manifesto_tuf::trust::oid;
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier};

use crate::{Algorithm, UnsupportedAlgorithm};

pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap(oid::ED25519);
pub(crate) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap(oid::P256);

/// Which kind of key the identifier in a PKCS#8 document announces.
pub(crate) fn announced(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Algorithm, UnsupportedAlgorithm> {
    let parameters = identifier.parameters_oid().ok().map(|oid| oid.to_string());
    Algorithm::of_oids(&identifier.oid.to_string(), parameters.as_deref())
}
