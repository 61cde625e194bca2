//! The terminal: asks the user and draws progress. Other modules print results and messages.

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

/// Whether to use colour on standard error: it is a terminal with colours, and the user has not disabled them.
pub(crate) fn stderr_has_colour() -> bool {
    io::stderr().is_terminal()
        && Environment::of_process().os(Variable::NoColor).is_none()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
