//! How TUF writes dates and hashes, for serde (specification, sections 4.2 and 4.5).

use crate::{name::Digest, time::Timestamp};

/// A point in time as `YYYY-MM-DDTHH:MM:SSZ`, the only form that the specification allows.
pub(super) mod tuf_time {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::time::to_tuf(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: Timestamp = text.parse().map_err(D::Error::custom)?;
        if crate::time::to_tuf(time) == text {
            Ok(time)
        } else {
            Err(D::Error::custom(format_args!("'{text}' is not of the form YYYY-MM-DDTHH:MM:SSZ")))
        }
    }
}

/// A digest without the name of its algorithm, as TUF writes it.
pub(super) mod hex_digest {
    use super::Digest;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&digest.hex())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        Digest::from_hex(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
