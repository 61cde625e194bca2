//! Parts of lines.

use std::io::{self, Write};

use manifesto::{
    report::{RoleReport, Signer, Text},
    time::{Age, Since, Timestamp, to_day},
};

/// The distance from now in days within which a date needs no year.
const SAME_YEAR: Age = Age::days(180);

/// A date without a time, and with the year only if needed.
pub(super) fn day(time: Timestamp, now: Timestamp) -> String {
    let full = to_day(time);
    let near = SAME_YEAR.before(now) < time && time < SAME_YEAR.after(now);
    match full.rsplit_once(' ') {
        Some((day, _)) if near => day.to_owned(),
        _ => full,
    }
}

/// How long ago a signed date was.
pub(super) fn ago(time: Timestamp, now: Timestamp) -> String {
    Since::new(time, now).to_string()
}

/// How long ago something expired. No difference of clocks is tolerated.
pub(super) fn expired(time: Timestamp, now: Timestamp) -> String {
    format!("expired {} ago", Age::between(time, now))
}

/// The names of signers.
pub(super) fn names(signers: &[Signer]) -> String {
    let names: Vec<String> = signers.iter().map(|signer| signer.name.to_string()).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

/// The required signatures of a role: by all its keys, or by some of them.
pub(super) fn signed_by(role: &RoleReport) -> String {
    let keys = names(&role.keys);
    if role.keys.len() as u64 == role.threshold { keys } else { format!("{} of {keys}", role.threshold) }
}

/// A count and its noun.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The first digits of a key's id, which are enough to name it.
pub(super) fn key_id(id: &Text) -> String {
    id.to_string().chars().take(12).collect()
}

/// The first digits of a digest, which people can read out to each other.
pub(super) fn short(digest: &manifesto::name::Digest) -> String {
    digest.hex().chars().take(6).collect()
}

/// Writes rows in aligned columns, except for the last column.
pub(super) fn columns<const N: usize>(out: &mut dyn Write, indent: &str, rows: &[[String; N]]) -> io::Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{indent}{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_stands_where_it_is_needed() {
        let now = "2026-11-20T17:00:00Z".parse().unwrap();
        for (time, shown) in [
            ("2026-12-15T00:00:00Z", "15 Dec"),
            ("2027-01-03T00:00:00Z", "3 Jan"),
            ("2027-11-20T17:00:00Z", "20 Nov 2027"),
            ("2026-01-01T00:00:00Z", "1 Jan 2026"),
        ] {
            assert_eq!(day(time.parse().unwrap(), now), shown);
        }
    }

    #[test]
    fn columns_line_up() {
        let mut out = Vec::new();
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        columns(&mut out, "  ", &[row(["a", "bbb", "c"]), row(["ää", "b", ""])]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  a   bbb  c\n  ää  b\n");
    }
}
