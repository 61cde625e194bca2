use std::fmt::Write as _;

use clap::Command;

use crate::{
    environment::VARIABLES,
    error::CliError,
    exit::{Exit, MEANINGS},
    fields, groups,
    session::write_result,
};

/// Explain a verb, or one of: exit-codes, environment, json
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A verb such as put or trust pin, or exit-codes, environment, json
    #[arg(value_name = "TOPIC")]
    topic: Vec<String>,
}

impl Args {
    pub(crate) fn run(self) -> Result<Exit, CliError> {
        let words: Vec<&str> = self.topic.iter().map(String::as_str).collect();
        let page = match words[..] {
            ["exit-codes"] => exit_codes(),
            ["environment"] => environment(),
            ["json"] => fields::page(),
            _ => of_verb(&words)?,
        };
        write_result(page.as_bytes())?;
        Ok(Exit::Done)
    }
}

fn of_verb(words: &[&str]) -> Result<String, CliError> {
    let mut command = groups::command();
    // Building the tree adds global flags and full names to the subcommands.
    command.build();
    let mut found: &mut Command = &mut command;
    for word in words {
        found = found.find_subcommand_mut(word).ok_or_else(|| {
            CliError::usage(format!("there is no help about '{}'", words.join(" ")))
                .hint("`manifesto help` lists the verbs; other topics are exit-codes, environment and json.")
        })?;
    }
    Ok(found.render_long_help().to_string())
}

fn exit_codes() -> String {
    let mut page = "How manifesto ends:\n\n".to_owned();
    for line in &MEANINGS {
        let _infallible = writeln!(page, "{:>5}  {}", line.exit.code(), line.meaning);
        if !line.script.is_empty() {
            let _infallible = writeln!(page, "       for a script: {}", line.script);
        }
    }
    page + "\nIf several apply, the gravest decides: 4 6 5 7 3 9 13 10.\n"
}

fn environment() -> String {
    let mut page = "Environment variables that manifesto reads. An empty variable counts as not set.\n\n".to_owned();
    let width = VARIABLES.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
    for (_, name, meaning) in VARIABLES {
        let _infallible = writeln!(page, "  {name:<width$}  {meaning}");
    }
    page + "\nA flag wins over a variable, and a variable over the configuration file. Flags that lower trust\n\
            (--trust-first-use, --plain-http, --root, --yes) have no variable.\n"
}
