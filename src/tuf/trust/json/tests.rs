use olpc_cjson::CanonicalFormatter;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;

fn normal(text: &str) -> String {
    String::from_utf8(normalise(text.as_bytes(), 1000).unwrap_or_else(|_| panic!("{text}")).text).unwrap()
}

fn signed_over(text: &str) -> Vec<u8> {
    canonical(normal(text).as_bytes()).into_owned()
}

fn refusal(text: &str) -> String {
    match normalise(text.as_bytes(), 1000) {
        Err(Refusal::Malformed(error)) => error.to_string(),
        Err(Refusal::TooMany) => "too many".to_owned(),
        Ok(normal) => panic!("{text} became {}", String::from_utf8_lossy(&normal.text)),
    }
}

/// [⚔] A repeated key means one thing to the parser that checks and another to the one that acts.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn a_repeated_key_is_refused_at_every_depth() {
    assert!(refusal(r#"{"a":1,"a":2}"#).contains("repeated"));
    assert!(refusal(r#"{"a":1,"b":0,"a":1}"#).contains("repeated"));
    assert!(refusal(r#"{"x":[{"a":1,"\u0061":1}]}"#).contains("repeated"));
    assert!(refusal(r#"{"\n":1,"\u000a":1}"#).contains("repeated"));
}

/// [⚔] Two strings that differ before and agree after normalisation would share a signature.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn a_string_that_is_not_nfc_is_refused_as_value_and_as_key() {
    assert!(refusal("{\"a\":\"e\u{301}\"}").contains("normalisation"));
    assert!(refusal("{\"e\\u0301\":1}").contains("normalisation"));
}

/// [⚔] serde_json would parse the string once more, and nobody would look at what comes out.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn a_key_that_means_something_to_serde_json_is_refused() {
    assert!(refusal(r#"{"x":{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}}"#).contains("reserved"));
    assert!(refusal(r#"{"x":{"$serde_json::private::Number":"1"}}"#).contains("reserved"));
}

#[test]
fn refuses_fractions_rubbish_and_what_follows_the_document() {
    for fraction in ["1.5", "1e3", "-0", "18446744073709551616"] {
        assert!(refusal(fraction).contains("integer"), "{fraction}");
    }
    for bad in ["", "{", "{}{}", "{} x", "nul", "<html>", "{\"a\"}", "[1,]", "{1:2}", "\"\n\""] {
        refusal(bad);
    }
    assert!(normalise(&[b'['; 100_000], u64::MAX).is_err());
    assert!(normalise(b"\"\xff\"", u64::MAX).is_err());
}

/// [⚔] Reading ends with the first value too many, and not when the rest was read as well.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
#[test]
fn values_are_counted_at_every_depth() {
    for (text, values) in [("0", 1), ("[]", 1), ("{}", 1), ("[null,true,\"\"]", 4), (r#"{"a":{"b":[1]},"c":""}"#, 5)] {
        assert_eq!(normalise(text.as_bytes(), values).map(|normal| normal.values).ok(), Some(values), "{text}");
        let refused = normalise(text.as_bytes(), values - 1);
        assert!(matches!(refused, Err(Refusal::TooMany)), "{text}");
    }
    assert!(matches!(normalise(b"[0,0,rubbish", 2), Err(Refusal::TooMany)));
    assert!(matches!(normalise(b"[0,rubbish", 2), Err(Refusal::Malformed(_))));
}

#[test]
fn the_normal_form_is_compact_sorted_and_escaped_in_one_way() {
    for (text, expected) in [
        (" [ ] ", "[]"),
        ("{ }", "{}"),
        (" [ 1 , -2 , null , true ] ", "[1,-2,null,true]"),
        ("{\"b\": 1, \"a\": {\"d\": [], \"c\": 2}}", r#"{"a":{"c":2,"d":[]},"b":1}"#),
        (r#""\u00e9\/\u0041\u0022\u005c\u000a\u0001""#, "\"é/A\\\"\\\\\\n\\u0001\""),
    ] {
        assert_eq!(normal(text), expected);
        assert_eq!(normal(expected), expected);
    }
}

#[test]
fn canonical_form_sorts_and_does_not_escape() {
    assert_eq!(signed_over(r#" {"b": "x\ny", "a": [true, null, -1]} "#), b"{\"a\":[true,null,-1],\"b\":\"x\ny\"}");
    let controls: String = (0..0x20).map(|control| format!("\\u{control:04x}")).collect();
    let expected: Vec<u8> = (0..0x20).collect();
    assert_eq!(signed_over(&format!("\"{controls}\"")), [b"\"", &expected[..], b"\""].concat());
    assert_eq!(signed_over(r#""\u007f\"\\n\/""#), b"\"\x7f\\\"\\\\n/\"");
}

/// A key that goes on where another ends comes behind it, whatever it goes on with, and a key is put where it belongs
/// without its escapes: as the specification's own implementation in Python sorts.
#[test]
fn keys_are_sorted_by_what_they_say() {
    for (text, expected) in [
        (r#"{"a b":1,"a":2,"a!":3}"#, &b"{\"a\":2,\"a b\":1,\"a!\":3}"[..]),
        (r#"{"a\"":1,"a":2,"aZ":3}"#, b"{\"a\":2,\"a\\\"\":1,\"aZ\":3}"),
        (r#"{"a\\":1,"aa":2,"aZ":3}"#, b"{\"aZ\":3,\"a\\\\\":1,\"aa\":2}"),
        (r#"{"a0":1,"a\n":2,"a":3}"#, b"{\"a\":3,\"a\n\":2,\"a0\":1}"),
        (r#"{"é":1,"z":2,"":3}"#, "{\"\":3,\"z\":2,\"é\":1}".as_bytes()),
    ] {
        assert_eq!(signed_over(text), expected, "{text}");
    }
}

fn values() -> impl Strategy<Value = Value> {
    // Without what follows a quotation mark in ASCII or precedes it, as olpc-cjson sorts keys with their last one.
    let key = "[#-~é\u{4e00}]{0,3}".prop_filter("NFC, no backslash", |key| is_nfc(key) && !key.contains('\\'));
    let text = any::<String>().prop_filter("NFC", |text| is_nfc(text));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Writes a value in one of the many ways in which it can be written.
fn spelt(value: &Value, backwards: bool) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!(" {} :\t{}", spelt(&json!(key), true), spelt(value, backwards)))
                .collect();
            if backwards {
                members.reverse();
            }
            format!("{{{}\n}}", members.join(" ,"))
        }
        Value::Array(items) => {
            format!("[ {} ]", items.iter().map(|item| spelt(item, backwards)).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) if backwards => {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            format!("\"{}\"", units.collect::<String>())
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = normalise(&bytes, 50);
    }

    /// Another implementation comes to the same canonical bytes, however the document is written.
    #[test]
    fn the_canonical_form_is_that_of_another_implementation(value in values(), backwards in any::<bool>()) {
        let mut expected = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut expected, CanonicalFormatter::new())).unwrap();
        let found = signed_over(&spelt(&value, backwards));
        prop_assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&expected));
    }

    /// The normal form says what the document said, and is the same for every spelling of it.
    #[test]
    fn the_normal_form_says_the_same(value in values()) {
        let text = normal(&spelt(&value, true));
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), &value);
        prop_assert_eq!(&normal(&spelt(&value, false)), &text);
        prop_assert_eq!(&normal(&text), &text);
    }
}
