//! The table of the README.

use std::{fs, path::Path};

/// Each actor of the table, with the numbers of commands and answers.
pub(super) fn of_readme() -> Vec<(&'static str, usize, usize)> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap().leak();
    let rows =
        readme.lines().skip_while(|line| !line.starts_with("| who ")).skip(2).take_while(|line| line.starts_with('|'));
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0], cells[2].parse().unwrap(), cells[3].parse().unwrap())
    };
    rows.map(row).collect()
}
