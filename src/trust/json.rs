//! JSON as signed documents may use it: every key once, every string in NFC.
//!
//! Canonical JSON as olpc-cjson writes it normalises strings to NFC, so two documents that differ could share canonical
//! bytes and thus a signature ⚔. A document that repeats a key means two things to two parsers ⚔. Both are refused
//! before anything else is looked at. What is returned is parsed once: the same value is typed and canonicalised.

use std::fmt;

use olpc_cjson::CanonicalFormatter;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use unicode_normalization::is_nfc;

/// With its features `raw_value` and `arbitrary_precision`, which any crate of the build may turn on, serde_json takes an
/// object with such a key for the JSON in its value, and so parses a string of a signed document once more ⚔: past the
/// checks made here, and into a value whose canonical bytes another document has already.
const SERDE_JSON_PRIVATE: &str = "$serde_json::private::";

/// Parses one JSON document strictly. Nesting is bounded by the parser (128 levels), size by the caller.
///
/// # Errors
/// Malformed JSON, anything behind the document, a repeated or reserved key, a string that is not NFC, a fraction.
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The canonical bytes of `value`, over which signatures are made (TUF specification, section 4.2).
///
/// # Errors
/// A number that is no integer.
pub fn canonical(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, CanonicalFormatter::new());
    value.serialize(&mut serializer)?;
    Ok(bytes)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(Number::from(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(Number::from(value)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Err(E::custom(format_args!("the number {value} is not an integer")))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        nfc(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        nfc(&text)?;
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(Key(key)) = entries.next_key()? {
            nfc(&key)?;
            if key.starts_with(SERDE_JSON_PRIVATE) {
                return Err(de::Error::custom(format_args!("the key {key:?} is reserved")));
            }
            let value = entries.next_value_seed(Strict)?;
            if object.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the key {key:?} is repeated")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// An object's key, read without borrowing so that escapes are resolved before it is compared.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key(String);

fn nfc<E: de::Error>(text: &str) -> Result<(), E> {
    if is_nfc(text) {
        Ok(())
    } else {
        Err(E::custom(format_args!("the string {text:?} is not in Unicode normalisation form C")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    /// ⚔ A repeated key means one thing to the parser that checks and another to the one that acts.
    #[test]
    fn a_repeated_key_is_refused_at_every_depth() {
        assert!(refusal(r#"{"a":1,"a":2}"#).contains("repeated"));
        assert!(refusal(r#"{"x":[{"a":1,"\u0061":1}]}"#).contains("repeated"));
    }

    /// ⚔ Two strings that differ before and agree after normalisation would share a signature.
    #[test]
    fn a_string_that_is_not_nfc_is_refused_as_value_and_as_key() {
        assert!(refusal("{\"a\":\"e\u{301}\"}").contains("normalisation"));
        assert!(refusal("{\"e\\u0301\":1}").contains("normalisation"));
    }

    /// ⚔ serde_json would parse the string once more, and nobody would look at what comes out.
    #[test]
    fn a_key_that_means_something_to_serde_json_is_refused() {
        assert!(refusal(r#"{"x":{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}}"#).contains("reserved"));
        assert!(refusal(r#"{"x":{"$serde_json::private::Number":"1"}}"#).contains("reserved"));
    }

    #[test]
    fn refuses_fractions_rubbish_and_what_follows_the_document() {
        assert!(refusal("1.5").contains("integer"));
        assert!(refusal("1e3").contains("integer"));
        for bad in ["", "{", "{}{}", "{} x", "nul", "<html>"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(parse(&[b'['; 100_000]).is_err());
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn canonical_form_sorts_and_does_not_escape() {
        let value = parse(br#" {"b": "x\ny", "a": [true, null, -1]} "#).unwrap();
        assert_eq!(canonical(&value).unwrap(), b"{\"a\":[true,null,-1],\"b\":\"x\ny\"}");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
