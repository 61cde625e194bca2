//! The terminal: asking a person, and drawing progress. Results and messages go elsewhere.

mod answering;
mod ask;
mod draw;
mod echo;

use std::io::{self, IsTerminal};

pub(crate) use answering::Answering;
pub(crate) use ask::{Asker, Unanswered};
pub(crate) use draw::Drawn;
pub(crate) use echo::restore;

use crate::environment::{Environment, Variable};

/// Whether standard error takes colour: it is a terminal that can, and nobody minds.
pub(crate) fn stderr_has_colour() -> bool {
    io::stderr().is_terminal()
        && Environment::of_process().os(Variable::NoColor).is_none()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
