//! Makes foreign text safe for a terminal and an error message.

/// Characters of foreign text that one error shows.
pub const MOST_IN_AN_ERROR: usize = 500;

/// Whether a character could move the cursor, reorder its line, or be invisible in it, so that a user is misled.
///
/// These are control characters; Unicode's separators, spaces and direction marks (UAX #9); characters without a glyph
/// or width (the property Default_Ignorable_Code_Point, fillers, the empty braille pattern); and private use characters
/// and noncharacters, which look different in every font.
pub fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
            | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// At most `most` characters of `text`, with each one escaped that [`deceives`].
pub fn presentable(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(most) {
        if deceives(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// At most `most` characters of a text of any length, with a mark if there are more.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let invisible = [
            0x0, 0x7f, 0x9b, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x2003, 0x200b, 0x200f, 0x2028,
            0x202e, 0x202f, 0x2060, 0x2064, 0x2069, 0x2800, 0x3000, 0x3164, 0xe000, 0xfdd0, 0xfe00, 0xfe0f, 0xfeff,
            0xffa0, 0xfffb, 0xfffe, 0x1d173, 0x1ffff, 0xe0001, 0xe0061, 0xe0100, 0xe01ef, 0xf0000, 0x10fffd,
        ];
        for code in invisible {
            let text = format!("a{}b", char::from_u32(code).unwrap());
            assert!(presentable(&text, 9).starts_with("a\\"), "{code:x}");
        }
        for text in ["approvals", "größe 1/2", "Ελλάδα", "承認", "✔ – “ok”", "e\u{301}"] {
            assert_eq!(presentable(text, 99), text);
        }
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(presentable(&"x".repeat(4), 4), "xxxx");
        assert_eq!(presentable(&"é".repeat(5), 4), "éééé…");
        assert_eq!((cut("éééé", 4), cut("ééééé", 4)), ("éééé".to_owned(), "éééé…".to_owned()));
    }
}
