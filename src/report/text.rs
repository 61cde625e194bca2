use std::fmt;

use serde::Serialize;

use crate::text::{deceives, presentable};

/// Foreign text: a name, a media type, or a message from a registry or a document.
///
/// `Display` escapes everything that could move the cursor, reorder the line or hide in it, so that foreign text cannot
/// overwrite the terminal or make one name look like another. JSON has the text as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Converts a value by its `Display`.
    pub fn new(value: impl fmt::Display) -> Self {
        Self(value.to_string())
    }

    /// Returns the text unescaped, for comparisons and files. Never write it to a terminal.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.contains(deceives) {
            return f.pad(&self.0);
        }
        f.pad(&presentable(&self.0, usize::MAX))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_act_on() {
        for (text, shown) in [
            ("approvals", "approvals"),
            ("größe 1/2", "größe 1/2"),
            ("a\nb\r\t", r"a\nb\r\t"),
            ("\u{1b}[31mred\u{7}", r"\u{1b}[31mred\u{7}"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("evil\u{202e}gnp.exe", r"evil\u{202e}gnp.exe"),
            ("\u{2066}x\u{2069}", r"\u{2066}x\u{2069}"),
            ("zero\u{200b}width\u{feff}", r"zero\u{200b}width\u{feff}"),
            ("line\u{2028}end", r"line\u{2028}end"),
        ] {
            assert_eq!(Text::from(text).to_string(), shown);
            assert_eq!(Text::from(text).raw(), text);
        }
    }

    #[test]
    fn fills_a_column() {
        assert_eq!(format!("{:<6}|", Text::from("abc")), "abc   |");
        assert_eq!(format!("{:<6}|", Text::from("a\nb")), "a\\nb  |");
    }
}
