//! The form of a document: JSON as signed documents may use it, sizes, dates, and what stands around the document.

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    name::{Role, TopLevelRole},
    trust::TrustError,
};
use serde_json::{Value, json};

use super::simulator::{Attack, Reader, World, attack, refused};

const TIMESTAMP: Role = Role::TopLevel(TopLevelRole::Timestamp);

/// Reads after a registry has changed the file of timestamp, which nothing above it signs.
fn read_with(world: &World, bend: impl Fn(&str) -> Bytes) -> Result<(), TrustError> {
    let mut published = world.publish();
    published.timestamp = bend(std::str::from_utf8(&published.timestamp).unwrap());
    Reader::new().read(&published).map(drop)
}

/// Writes `value` with the first key of its `nth` object repeated, in another spelling if told. `None`: there are not
/// so many objects.
fn with_repeated_key(value: &Value, nth: usize, escaped: bool) -> Option<String> {
    fn write(value: &Value, left: &mut Option<usize>, escaped: bool, out: &mut String) {
        match value {
            Value::Object(object) if !object.is_empty() => {
                let here = *left == Some(0);
                *left = left.and_then(|left| left.checked_sub(1));
                out.push('{');
                for (n, (key, value)) in object.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    if here && n == 0 {
                        let mut letters = key.chars();
                        let first = letters.next().unwrap();
                        let first = if escaped { format!("\\u{:04x}", first as u32) } else { first.to_string() };
                        out.push_str(&format!("\"{first}{}\":{value},", letters.as_str()));
                    }
                    out.push_str(&format!("{}:", json!(key)));
                    write(value, left, escaped, out);
                }
                out.push('}');
            }
            Value::Array(array) => {
                out.push('[');
                for (n, value) in array.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    write(value, left, escaped, out);
                }
                out.push(']');
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let (mut left, mut out) = (Some(nth), String::new());
    write(value, &mut left, escaped, &mut out);
    left.is_none().then_some(out)
}

/// [⚔]
/// The repeated member has the same value, so that the canonical bytes, and with them the signature, stay right for a
/// parser that lets it pass.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn a_repeated_key_is_refused_in_every_object_of_a_document() {
    let mut world = World::new();
    world.timestamp.set("/deep", json!([[{"a": {"b": {"c": 1}}}]]));
    let document: Value = serde_json::from_slice(&world.publish().timestamp).unwrap();
    for escaped in [false, true] {
        let mut objects = 0;
        while let Some(text) = with_repeated_key(&document, objects, escaped) {
            refused!(read_with(&world, |_| text.clone().into()), TrustError::Malformed { role: TIMESTAMP, .. });
            objects += 1;
        }
        assert!(objects >= 9, "{objects}");
    }
    read_with(&world, |_| document.to_string().into()).unwrap();
}

/// [⚔] Canonical form normalises to NFC, so the decomposed string has the same canonical bytes and the same signature.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn a_string_that_is_not_nfc_is_refused_as_value_and_as_key() {
    let mut world = World::new();
    world.timestamp.set("/note", json!({"caf\u{e9}": ["\u{e9}tage", {"\u{212b}": 1}]}));
    // U+212B is not NFC by itself, so the honest document must not contain it.
    refused!(read_with(&world, |text| text.to_owned().into()), TrustError::Malformed { .. });
    world.timestamp.set("/note", json!({"caf\u{e9}": ["\u{e9}tage", {"\u{c5}": 1}]}));
    read_with(&world, |text| text.to_owned().into()).unwrap();
    for (from, to) in [
        ("caf\u{e9}", "cafe\u{301}"),
        ("caf\u{e9}", "cafe\\u0301"),
        ("\u{e9}tage", "e\u{301}tage"),
        ("\u{e9}tage", "e\\u0301tage"),
        ("\u{c5}", "\u{212b}"),
        ("\u{c5}", "\\u212b"),
        ("\u{c5}", "A\u{30a}"),
    ] {
        refused!(read_with(&world, |text| text.replace(from, to).into()), TrustError::Malformed { .. });
    }
    // Another spelling of the same characters is the same document.
    read_with(&world, |text| text.replace("caf\u{e9}", "caf\\u00e9").into()).unwrap();
}

/// [⚔] With serde_json's `raw_value`, which this build has, an object with its private key is taken for the JSON in its
/// string: two different documents share canonical bytes, and what is in the string is checked by nobody.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn json_inside_a_string_is_not_parsed() {
    let mut world = World::new();
    world.timestamp.set("/note", json!({"a": ["\u{e9}"]}));
    for inner in ["{\"a\":[\"\u{e9}\"]}", "{\"a\":[\"e\u{301}\"]}", "{\"a\":0,\"a\":[\"\u{e9}\"]}"] {
        let raw = json!({"$serde_json::private::RawValue": inner}).to_string();
        refused!(
            read_with(&world, |text| {
                assert!(text.contains("{\"a\":[\"\u{e9}\"]}"));
                text.replace("{\"a\":[\"\u{e9}\"]}", &raw).into()
            }),
            TrustError::Malformed { role: TIMESTAMP, .. }
        );
    }
    refused!(
        read_with(&world, |text| {
            let document: Value = serde_json::from_str(text).unwrap();
            let signed = json!({"$serde_json::private::RawValue": document["signed"].to_string()});
            json!({"signatures": document["signatures"], "signed": signed}).to_string().into()
        }),
        TrustError::Malformed { role: TIMESTAMP, .. }
    );
}

#[test]
fn what_is_not_one_json_document_is_refused() {
    let world = World::new();
    let attacks: Vec<Attack<String>> = vec![
        attack!("nothing", |text: &mut String| text.clear(), TrustError::Malformed { .. }),
        attack!("a second document", |text: &mut String| text.push_str("{}"), TrustError::Malformed { .. }),
        attack!("a byte behind it", |text: &mut String| text.push('x'), TrustError::Malformed { .. }),
        attack!("a NUL behind it", |text: &mut String| text.push('\0'), TrustError::Malformed { .. }),
        attack!("a byte order mark", |text: &mut String| text.insert(0, '\u{feff}'), TrustError::Malformed { .. }),
        attack!(
            "HTML",
            |text: &mut String| *text = "<!doctype html><title>Please log in</title>".to_owned(),
            TrustError::Malformed { .. }
        ),
        attack!("an array around it", |text: &mut String| *text = format!("[{text}]"), TrustError::Malformed { .. }),
        attack!("null", |text: &mut String| *text = "null".to_owned(), TrustError::Malformed { .. }),
        attack!("a string", |text: &mut String| *text = json!(text).to_string(), TrustError::Malformed { .. }),
        attack!(
            "nesting beyond the bound",
            |text: &mut String| text.insert_str(1, &format!("\"x\":{}{},", "[".repeat(128), "]".repeat(128))),
            TrustError::Malformed { .. }
        ),
        attack!(
            "nesting beyond the stack",
            |text: &mut String| *text = "[".repeat(1_000_000),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a byte too many",
            |text: &mut String| {
                let padding = Limits::DEFAULT.timestamp_bytes as usize + 1 - text.len();
                text.push_str(&" ".repeat(padding));
            },
            TrustError::TooLarge { role: TIMESTAMP, size: 1_048_577, limit: 1_048_576 }
        ),
    ];
    for attack in attacks {
        attack.check(read_with(&world, |text| {
            let mut text = text.to_owned();
            (attack.bend)(&mut text);
            text.into()
        }));
    }
    read_with(&world, |text| {
        let padding = Limits::DEFAULT.timestamp_bytes as usize - text.len();
        format!("{text}{}", " ".repeat(padding)).into()
    })
    .unwrap();
    read_with(&world, |text| format!("{{\"x\":{}{},{}", "[".repeat(100), "]".repeat(100), &text[1..]).into()).unwrap();
}

#[test]
fn a_document_that_ends_early_is_refused_wherever_it_ends() {
    let world = World::new();
    let whole = world.publish().timestamp;
    for end in 0..whole.len() {
        refused!(read_with(&world, |_| whole.slice(..end)), TrustError::Malformed { .. });
    }
}

/// Every role's document has the same envelope and date, so every role is tried.
#[test]
fn a_date_has_one_form() {
    for date in [
        json!("2027-01-01T00:00:00"),
        json!("2027-01-01T00:00:00.5Z"),
        json!("2027-01-01T00:00:00.000Z"),
        json!("2027-01-01T00:00:00+00:00"),
        json!("2027-01-01T00:00:00z"),
        json!("2027-01-01t00:00:00Z"),
        json!("2027-01-01 00:00:00Z"),
        json!("2027-01-01T00:00Z"),
        json!("2027-01-01"),
        json!("2027-02-30T00:00:00Z"),
        json!("2027-01-01T24:00:00Z"),
        json!("2027-01-01T23:59:60Z"),
        json!("+002027-01-01T00:00:00Z"),
        json!("2027-01-01T00:00:00Z[UTC]"),
        json!("tomorrow"),
        json!(""),
        json!(1_798_761_600),
        json!(null),
    ] {
        for role in 0..5 {
            let mut world = World::new();
            let draft = match role {
                0 => world.root(),
                1 => &mut world.timestamp,
                2 => &mut world.snapshot,
                3 => &mut world.targets,
                _ => world.role("repository"),
            };
            draft.set("/expires", date.clone());
            let result = Reader::new().get(&world.publish(), &super::simulator::path("trivy"));
            assert!(matches!(result, Err(TrustError::Malformed { .. })), "{date} {role}: {result:?}");
        }
    }
}

#[test]
fn lineage_is_bounded() {
    let accounted = |count: u64| (0..count).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>();
    let reader = Reader { limits: Limits { keys: 5, ..Limits::DEFAULT }, ..Reader::new() };
    let mut world = World::new();
    world.timestamp.set("/x-manifesto/accounted", accounted(5).into());
    reader.read(&world.publish()).unwrap();
    world.timestamp.set("/x-manifesto/accounted", accounted(6).into());
    refused!(
        reader.read(&world.publish()),
        TrustError::TooMany { role: TIMESTAMP, what: "writers", count: 6, limit: 5 }
    );
    world.timestamp.set("/x-manifesto/accounted", json!({"a key": -1}));
    refused!(reader.read(&world.publish()), TrustError::Malformed { .. });
    for odd in [json!("ab".repeat(32)), json!("sha512:00"), json!("../../x"), json!(1)] {
        let mut world = World::new();
        world.timestamp.set("/x-manifesto/parent", odd);
        refused!(reader.read(&world.publish()), TrustError::Malformed { .. });
    }
}

/// What the whole chain of an error says.
fn told(error: &TrustError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// [⚔] Whoever signs a document, or serves one, decides what stands in it, and an error quotes that.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#error-size
#[test]
fn an_error_takes_over_little_from_a_document() {
    type Bend = fn(&mut World, &str);
    let places: Vec<(&str, Bend)> = vec![
        ("a type", |w, long| w.timestamp.set("/_type", json!(long))),
        ("a version of the specification", |w, long| w.timestamp.set("/spec_version", json!(long))),
        ("a version", |w, long| w.timestamp.set("/version", json!(long))),
        ("a date", |w, long| w.timestamp.set("/expires", json!(long))),
        ("a hash", |w, long| w.timestamp.lie("/meta/snapshot.json/hashes/sha256", json!(long))),
        ("a repository", |w, long| w.timestamp.set("/x-manifesto/gun", json!(long))),
        ("a role", |w, long| w.timestamp.set("/x-manifesto/role", json!(long))),
        ("a parent", |w, long| w.timestamp.set("/x-manifesto/parent", json!(long))),
        ("a kind of writers", |w, long| w.root().set("/x-manifesto/writers", json!(long))),
        ("the file of a role", |w, long| w.snapshot.lie(&format!("/meta/{long}"), json!(long))),
        ("a file that is no role's", |w, long| {
            let meta = json!({"version": 1, "length": 1, "hashes": {"sha256": "00".repeat(32)}});
            w.snapshot.lie(&format!("/meta/{long}"), meta);
        }),
        ("a target of top-level targets", |w, long| {
            let target = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
            w.targets.set(&format!("/targets/{long}"), target);
        }),
        ("a path", |w, long| {
            let target = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
            w.role("repository").set(&format!("/targets/{long}"), target);
        }),
        ("a delegated role", |w, long| w.targets.set("/delegations/roles/0/name", json!(long))),
        ("a pattern", |w, long| w.targets.set("/delegations/roles/0/paths", json!([format!("?{long}")]))),
        ("a string that is not NFC", |w, long| w.timestamp.set("/note", json!(format!("{long}e\u{301}")))),
        ("a key that is not NFC", |w, long| w.timestamp.set("/note", json!({format!("{long}e\u{301}"): 1}))),
        ("a reserved key", |w, long| {
            w.timestamp.set("/note", json!({format!("$serde_json::private::{long}"): 1}));
        }),
        ("a repeated key", |w, long| {
            let (text, long) = ("\"note\":{}".to_owned(), long.to_owned());
            w.timestamp.set("/note", json!({}));
            w.timestamp.bend(move |bytes| {
                let repeated = format!("\"note\":{{\"{long}\":1,\"{long}\":2}}");
                String::from_utf8(bytes.to_vec()).unwrap().replace(&text, &repeated).into()
            });
        }),
        ("the id of a key that signs twice", |w, long| {
            let signature = json!({"keyid": long, "sig": "00"});
            w.timestamp.bend_json(move |document| {
                document["signatures"].as_array_mut().unwrap().extend([signature.clone(), signature.clone()]);
            });
        }),
        ("a key under an id that is not its own", |w, long| {
            let value = w.timestamp_key.value.clone();
            w.root().set(&format!("/keys/{long}"), value);
        }),
    ];
    for (place, bend) in places {
        for length in [100_000, 600_000] {
            let mut world = World::new();
            bend(&mut world, &format!("\u{7f}{}", "x\u{7f}".repeat(length / 2)));
            let limits = Limits { root_bytes: 8 << 20, timestamp_bytes: 8 << 20, ..Limits::DEFAULT };
            let reader = Reader { limits, ..Reader::new() };
            let error = reader.get(&world.publish(), &super::simulator::path("trivy")).unwrap_err();
            let (told, shown) = (told(&error).chars().count(), format!("{error:?}").len());
            assert!((20..700).contains(&told) && shown < 5000, "{place}: {told} {shown} {error}");
        }
    }
}

/// [⚔]
/// serde quotes a string that stands in the wrong place in up to six times its bytes, and it is in memory twice then.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#error-size
#[test]
fn a_string_is_bounded() {
    let limits = Limits { timestamp_bytes: 8 << 20, ..Limits::DEFAULT };
    let mut world = World::new();
    for (bytes, is_read) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        world.timestamp.set("/note", json!("x".repeat(bytes)));
        let result = Reader { limits: limits.clone(), ..Reader::new() }.read(&world.publish());
        assert_eq!(result.is_ok(), is_read, "{bytes}");
    }
    world.timestamp.set("/note", json!({"x".repeat((1 << 20) + 1): 1}));
    refused!(Reader { limits, ..Reader::new() }.read(&world.publish()), TrustError::Malformed { .. });
}

/// The shape of what nobody signed is not worth a word.
#[test]
fn an_unsigned_document_is_refused_before_its_contents_matter() {
    let mut world = World::new();
    world.timestamp.signers.clear();
    world.timestamp.set("/meta", json!({"anything": true}));
    refused!(Reader::new().read(&world.publish()), TrustError::Threshold { good: 0, .. });
}
