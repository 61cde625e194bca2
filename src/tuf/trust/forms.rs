//! How TUF writes dates and hashes (specification, sections 4.2 and 4.5): `#[serde(with = "forms")]`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

use crate::{
    name::Digest,
    time::{self, Timestamp},
};

/// A value that TUF writes in a form of its own.
pub(super) trait Form: Sized {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

pub(super) fn serialize<T: Form, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

pub(super) fn deserialize<'de, T: Form, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// `YYYY-MM-DDTHH:MM:SSZ`, the only form that the specification allows.
impl Form for Timestamp {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time::to_tuf(*self))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: Timestamp = text.parse().map_err(D::Error::custom)?;
        if time::to_tuf(time) == text {
            Ok(time)
        } else {
            Err(D::Error::custom(format_args!("'{text}' is not of the form YYYY-MM-DDTHH:MM:SSZ")))
        }
    }
}

/// Hexadecimal, without the name of the algorithm.
impl Form for Digest {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Digest::from_hex(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<T: Form> Form for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(serializer),
            None => serializer.serialize_none(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Present<T>(T);

        impl<'de, T: Form> Deserialize<'de> for Present<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::read(deserializer).map(Self)
            }
        }

        Ok(Option::<Present<T>>::deserialize(deserializer)?.map(|present| present.0))
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::trust::forms;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct Fields {
        #[serde(skip_serializing_if = "Option::is_none", with = "forms")]
        at: Option<Timestamp>,
        #[serde(with = "forms")]
        sha256: Option<Digest>,
    }

    #[test]
    fn dates_and_digests_have_one_form() {
        let text = format!(r#"{{"at":"2026-01-02T03:04:05Z","sha256":"{}"}}"#, Digest::of(b"ok").hex());
        let fields: Fields = serde_json::from_str(&text).unwrap();
        assert_eq!(fields.sha256, Some(Digest::of(b"ok")));
        assert_eq!(serde_json::to_string(&fields).unwrap(), text);
        assert_eq!(serde_json::from_str::<Fields>(r#"{"at":null}"#).unwrap(), Fields::default());
        assert_eq!(serde_json::to_string(&Fields::default()).unwrap(), r#"{"sha256":null}"#);
        let digest = Digest::of(b"ok").to_string();
        for (field, bad) in [("at", "2026-01-02T03:04:05+00:00"), ("at", "2026-01-02"), ("sha256", digest.as_str())] {
            let text = format!(r#"{{"{field}":"{bad}"}}"#);
            assert!(serde_json::from_str::<Fields>(&text).is_err(), "{text}");
        }
    }
}
