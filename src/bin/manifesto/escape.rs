//! The last check before text reaches a terminal. Foreign text is escaped where a message is composed, and again by
//! this module in case that was forgotten.

use std::io::{self, Write};

use manifesto::text::{deceives, presentable};
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// The lines of a text, with every misleading character escaped.
pub(crate) fn lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut escaped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => escaped.extend([&presentable(line, usize::MAX), "\n"]),
            None => escaped.push_str(&presentable(line, usize::MAX)),
        }
    }
    escaped
}

/// A writer that escapes lines.
pub(crate) struct Lines<W>(pub(crate) W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write_all(lines(text).as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes `value` as JSON on one line. Misleading characters are written as `\uXXXX`, which programs read as the same
/// text.
pub(crate) fn json(value: &impl Serialize, mut out: impl Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut out, Json(CompactFormatter)))?;
    out.write_all(b"\n")
}

struct Json(CompactFormatter);

impl Formatter for Json {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((begin, character)) = rest.char_indices().find(|(_, character)| deceives(*character)) {
            self.0.write_string_fragment(out, &rest[..begin])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[begin + character.len_utf8()..];
        }
        self.0.write_string_fragment(out, rest)
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        self.0.write_char_escape(out, escape)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Text with a character of each kind that affects a terminal, reorders a line or is invisible.
    pub(crate) const HOSTILE: &str = "a\u{1b}[2J\u{9b}1A\r\u{7f}\u{34f}\u{ad}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180f}\u{200b}\
                                      \u{202e}\u{2028}\u{2063}\u{2066}\u{2800}\u{3164}\u{e000}\u{fdd0}\u{fe00}\u{fe0f}\u{feff}\
                                      \u{ffa0}\u{ffff}\u{e0001}\u{e0041}\u{e0100}\u{e01ef}\u{10fffd}z";

    /// Checks that `text` contains [`HOSTILE`] in escaped form only.
    #[track_caller]
    pub(crate) fn assert_harmless(text: &str) {
        let left: Vec<char> = text.chars().filter(|character| *character != '\n' && deceives(*character)).collect();
        assert!(left.is_empty(), "{left:?} in {text}");
        assert!(text.contains("2J") && text.contains('z'), "{text}");
    }

    #[test]
    fn lines_stay_lines_and_nothing_else_does() {
        let shown = lines(format!("one\n{HOSTILE}\nü\n").as_bytes());
        assert_harmless(&shown);
        assert_eq!(shown.lines().count(), 3);
        assert!(shown.starts_with("one\na\\u{1b}[2J") && shown.ends_with("z\nü\n"), "{shown}");
        assert_eq!(lines(b"\xff\n"), "\u{fffd}\n");
        let mut out = Lines(Vec::new());
        write!(out, "{HOSTILE}").unwrap();
        assert_harmless(&String::from_utf8(out.0).unwrap());
    }

    #[test]
    fn json_is_the_same_to_a_program_and_harmless_to_a_person() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE, "\"\\\n\tü"] });
        let mut out = Vec::new();
        json(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_harmless(&text);
        assert_eq!(text.lines().count(), 1);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(text.contains(r"\u001b[2J\u009b1A") && text.contains(r"\udb40\udc01") && text.contains('ü'), "{text}");
    }
}
