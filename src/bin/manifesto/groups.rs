//! The headings that group verbs in `--help`. clap cannot group subcommands, so this table does.

use std::fmt::Write as _;

use clap::{Command, CommandFactory, builder::Styles};

use crate::verbs::Cli;

/// Every heading and its verbs, in the order of display.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Statements about an image", &["put", "get", "list", "delete"]),
    ("Signing together", &["pending", "sign", "reject", "publish"]),
    ("Roles and keys", &["init", "delegation", "publisher", "key", "root"]),
    ("Upkeep", &["status", "refresh", "inspect", "recover"]),
    ("Trust on this machine", &["trust", "doctor"]),
    ("Help", &["help", "completions", "man"]),
];

/// The complete command line, for parsing and documentation.
pub(crate) fn command() -> Command {
    let command = Cli::command();
    let template = template(&command);
    command.help_template(template)
}

fn template(command: &Command) -> String {
    let (heading, literal) = (Styles::styled().get_header().to_owned(), Styles::styled().get_literal().to_owned());
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (title, verbs) in GROUPS {
        let _infallible = write!(text, "\n{heading}{title}:{heading:#}\n");
        for name in verbs {
            let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
            let about = about.unwrap_or_default();
            let _infallible = writeln!(text, "  {literal}{name:<13}{literal:#}{about}");
        }
    }
    text + &format!("\n{heading}Options:{heading:#}\n{{options}}{{after-help}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_stands_in_exactly_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        let command = Cli::command();
        let mut verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        grouped.sort_unstable();
        verbs.sort_unstable();
        assert_eq!(grouped, verbs);
    }

    #[test]
    fn every_verb_and_flag_says_what_it_is_for() {
        fn check(command: &Command) {
            let name = command.get_name();
            let about = command.get_about().unwrap_or_else(|| panic!("{name} has no help")).to_string();
            assert!(!about.contains(['{', '}']) && !about.ends_with('.'), "{name}: {about}");
            for argument in command.get_arguments() {
                let help = argument.get_help().unwrap_or_else(|| panic!("{name} {argument} has no help")).to_string();
                assert!(!help.ends_with('.'), "{name}: {help}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn clap_finds_no_fault() {
        command().debug_assert();
    }
}
