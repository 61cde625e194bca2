//! What the README says about this story.

use super::person::Person;

const README: &str = include_str!("../../../README.md");

fn section() -> &'static str {
    let rest = README.split_once("\n## A team, and an offline root\n").unwrap().1;
    rest.split_once("\n## ").unwrap().0
}

/// Each actor of the table, with the numbers of commands and answers.
pub(super) fn table() -> Vec<(&'static str, usize, usize)> {
    let rows = section().lines().skip_while(|line| !line.starts_with("| who ")).skip(2);
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0], cells[2].parse().unwrap(), cells[3].parse().unwrap())
    };
    rows.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// Asserts that the commands of the section were typed by who types them there, and were answered with the lines that stand
/// below them.
pub(super) fn holds_for(people: &[&Person], repository: &str) {
    let blocks = section().split("```").skip(1).step_by(2).flat_map(str::lines).filter(|line| !line.is_empty());
    let named = |line: &str| alike(&line.replace(repository, "ghcr.io/acme/app"));
    let mut answered: Vec<String> = Vec::new();
    let mut commands = 0;
    for line in blocks {
        if let Some((name, command)) = line.split_once('$').filter(|(name, _)| !name.contains(' ')) {
            let person = people.iter().find(|person| person.name == name).unwrap();
            let command = alike(command.trim());
            // Two may differ in an id alone.
            let typed = person.transcript();
            let same: Vec<_> = typed.iter().filter(|(typed, _)| named(typed) == command).collect();
            assert!(!same.is_empty(), "nobody typed {line:?}");
            answered = same.iter().flat_map(|(_, shown)| shown.lines().map(named)).collect();
            commands += 1;
        } else {
            let said = alike(line);
            assert!(answered.iter().any(|answer| answer.contains(said.trim_end())), "{line:?} is not in {answered:#?}");
        }
    }
    assert!(commands > 15, "{commands}");
}

/// A line with its digests and ids, which are others each time, taken out.
fn alike(line: &str) -> String {
    let id = |word: &str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = line.trim_end().split_inclusive(|c: char| !c.is_ascii_alphanumeric()).map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if id(bare) { word.replace(bare, "ID") } else { word.to_owned() }
    });
    words.collect::<String>().replace('…', "")
}
