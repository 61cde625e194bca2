//! The JSON that signed documents may use: unique keys, and strings in NFC.
//!
//! Two parsers may read a document with a repeated key in two ways. A document with strings that are not in NFC shares
//! its signature with others, under implementations that normalise. Both are refused before anything else is checked.
//! [⚔][ambiguous-json]
//!
//! An accepted text is rewritten in *normal form*: compact, with sorted keys and one way to escape strings. Both the
//! signed bytes and the typed view come from that text, so what is read is what was signed. A tree of values would take
//! a hundred times the memory of the document, but the text takes no more than the document. Parsing stops at the first
//! value above the limit. [⚔][memory-exhaustion]
//!
//! [ambiguous-json]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
//! [memory-exhaustion]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion

mod text;
mod unknown;

pub use text::Json;
pub use unknown::Unknown;
pub(super) use unknown::open;

use std::{borrow::Cow, cmp::Ordering, fmt};

use serde::{
    Deserializer, Serialize,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use unicode_normalization::is_nfc;

use crate::text::cut;

/// The prefix of keys that mean something to serde_json. With its features `raw_value` and `arbitrary_precision`, which
/// any crate of the build may turn on, serde_json replaces an object with such a key by the JSON in its value. It would
/// parse a string of a signed document a second time, without the checks of this module, into a value that has the
/// canonical bytes of another document. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
const SERDE_JSON_PRIVATE: &str = "$serde_json::private::";

/// The longest string in bytes, more than any signed document needs. serde quotes a string of the wrong type in its
/// error, with escapes that take up to six times its bytes [⚔].
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#error-size
const STRING_BYTES: usize = 1 << 20;

/// How many characters of a string are quoted in an error.
const QUOTED: usize = 99;

/// A JSON text in normal form.
pub(super) struct Normal {
    pub(super) text: Vec<u8>,
    /// How many values it has, at any depth: strings, numbers, arrays and so on.
    pub(super) values: u64,
}

/// Why a text is refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not JSON that may be signed.
    Malformed(serde_json::Error),
    /// It has more values than allowed.
    TooMany,
}

impl Refusal {
    /// Converts to an error of serde, for texts without a limit.
    fn into_error(self) -> serde_json::Error {
        match self {
            Self::Malformed(error) => error,
            Self::TooMany => de::Error::custom("too many values"),
        }
    }
}

/// Parses one JSON text strictly and writes it in normal form. It may have up to `limit` values. The parser limits
/// nesting to 128 levels; the caller limits the size.
pub(super) fn normalise(bytes: &[u8], limit: u64) -> Result<Normal, Refusal> {
    // The normal form is never longer: it has no white space, and escapes as little as possible.
    let mut writer = Writer { text: Vec::with_capacity(bytes.len()), members: Vec::new(), left: limit, is_full: false };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    match writer.deserialize(&mut deserializer).and_then(|()| deserializer.end()) {
        Ok(()) => Ok(Normal { text: writer.text, values: limit - writer.left }),
        Err(_) if writer.is_full => Err(Refusal::TooMany),
        Err(error) => Err(Refusal::Malformed(error)),
    }
}

/// The canonical bytes of a text in normal form, which are signed (TUF specification, section 4.2). Canonical JSON
/// escapes only the quotation mark and the backslash.
pub(super) fn canonical(normal: &[u8]) -> Cow<'_, [u8]> {
    if !normal.contains(&b'\\') {
        return Cow::Borrowed(normal);
    }
    let mut bytes = Vec::with_capacity(normal.len());
    for (byte, is_escaped) in Characters(normal) {
        if is_escaped && matches!(byte, b'"' | b'\\') {
            bytes.push(b'\\');
        }
        bytes.push(byte);
    }
    Cow::Owned(bytes)
}

/// Iterates over the bytes of a text in normal form, with escapes resolved. Each item tells whether the byte was
/// escaped.
struct Characters<'a>(&'a [u8]);

impl Iterator for Characters<'_> {
    type Item = (u8, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let (byte, rest) = self.0.split_first()?;
        let (item, rest) = match (byte, rest) {
            (b'\\', [b'u', b'0', b'0', high, low, rest @ ..]) => {
                ((hexadecimal(*high) << 4 | hexadecimal(*low), true), rest)
            }
            (b'\\', [short, rest @ ..]) => ((control(*short), true), rest),
            _ => ((*byte, false), rest),
        };
        self.0 = rest;
        Some(item)
    }
}

fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'0') & 0xf,
    }
}

/// The control character of a short escape, given the letter after the backslash.
fn control(short: u8) -> u8 {
    match short {
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 12,
        b'r' => b'\r',
        itself => itself,
    }
}

/// A visitor that writes the normal form of the values it is given.
struct Writer {
    text: Vec<u8>,
    /// The members of all objects in progress, those of the innermost object last.
    members: Vec<Member>,
    left: u64,
    is_full: bool,
}

/// The positions of an object's member in the text.
#[derive(Clone, Copy)]
struct Member {
    key: usize,
    value: usize,
    end: usize,
}

impl Member {
    /// The key, without its quotation marks.
    fn key<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.key + 1..self.value - 2]
    }

    /// Compares as canonical JSON does: by the keys themselves, not by their escaped form.
    fn order(&self, other: &Self, text: &[u8]) -> Ordering {
        let (own, other) = (self.key(text), other.key(text));
        let as_written = own.cmp(other);
        if own.contains(&b'\\') || other.contains(&b'\\') {
            let bytes = |key| Characters(key).map(|(byte, _)| byte);
            return bytes(own).cmp(bytes(other));
        }
        as_written
    }
}

impl Writer {
    fn count<E: de::Error>(&mut self) -> Result<(), E> {
        let left = self.left.checked_sub(1);
        self.is_full = left.is_none();
        self.left = left.ok_or_else(|| E::custom("too many values"))?;
        Ok(())
    }

    fn plain<E: de::Error>(&mut self, value: impl Serialize) -> Result<(), E> {
        self.count()?;
        serde_json::to_writer(&mut self.text, &value).map_err(E::custom)
    }

    fn string<E: de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.len() > STRING_BYTES {
            return Err(E::custom(format_args!("a string has more than {STRING_BYTES} bytes")));
        }
        if !is_nfc(text) {
            let text = cut(text, QUOTED);
            return Err(E::custom(format_args!("the string {text:?} is not in Unicode normalisation form C")));
        }
        serde_json::to_writer(&mut self.text, text).map_err(E::custom)
    }

    /// Sorts the members of the object that begins at `start`.
    fn sort<E: de::Error>(&mut self, start: usize, first: usize) -> Result<(), E> {
        let (text, members) = (&mut self.text, &mut self.members[first..]);
        if members.is_sorted_by(|one, next| one.order(next, text) == Ordering::Less) {
            return Ok(());
        }
        members.sort_unstable_by(|one, other| one.order(other, text));
        if let Some(pair) = members.windows(2).find(|pair| pair[0].key(text) == pair[1].key(text)) {
            let key = cut(&String::from_utf8_lossy(pair[0].key(text)), QUOTED);
            return Err(E::custom(format_args!("the key \"{key}\" is repeated")));
        }
        let unsorted = text.split_off(start);
        text.push(b'{');
        for (nth, member) in members.iter().enumerate() {
            if nth > 0 {
                text.push(b',');
            }
            text.extend_from_slice(&unsorted[member.key - start..member.end - start]);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Writer {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Writer {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.plain(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.plain(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.plain(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.plain(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        Err(E::custom(format_args!("the number {value} is not an integer")))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.count()?;
        self.string(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.count()?;
        self.text.push(b'[');
        let mut is_empty = true;
        while items.next_element_seed(&mut *self)?.is_some() {
            self.text.push(b',');
            is_empty = false;
        }
        if !is_empty {
            self.text.pop();
        }
        self.text.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.count()?;
        let (start, first) = (self.text.len(), self.members.len());
        self.text.push(b'{');
        loop {
            let key = self.text.len();
            if entries.next_key_seed(Key(self))?.is_none() {
                break;
            }
            self.text.push(b':');
            let value = self.text.len();
            entries.next_value_seed(&mut *self)?;
            self.members.push(Member { key, value, end: self.text.len() });
            self.text.push(b',');
        }
        if self.members.len() > first {
            self.text.pop();
        }
        self.sort(start, first)?;
        self.members.truncate(first);
        self.text.push(b'}');
        Ok(())
    }
}

/// A visitor that writes an object's key, which the parser gives it with escapes resolved.
struct Key<'w>(&'w mut Writer);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<(), E> {
        if key.starts_with(SERDE_JSON_PRIVATE) {
            return Err(E::custom(format_args!("the key {:?} is reserved", cut(key, QUOTED))));
        }
        self.0.string(key)
    }
}

#[cfg(test)]
mod tests;
