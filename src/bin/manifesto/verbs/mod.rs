//! The verbs, one file each, with their flags and implementation. The doc comments are the help text.

mod completions;
mod delegation;
mod delete;
mod doctor;
mod get;
mod help;
mod init;
mod inspect;
mod key;
mod list;
mod man;
mod pending;
mod publish;
mod publisher;
mod put;
mod recover;
mod refresh;
mod reject;
mod root;
mod sign;
mod status;
mod trust;

use clap::{Parser, Subcommand};

use crate::{error::CliError, exit::Exit, flags::Global, session::Session};

/// Signed metadata about container images, kept in the image's own registry repository
#[derive(Parser)]
#[command(name = "manifesto", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,

    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    Put(put::Args),
    Get(get::Args),
    List(list::Args),
    Delete(delete::Args),
    Pending(pending::Args),
    Sign(sign::Args),
    Reject(reject::Args),
    Publish(publish::Args),
    Init(init::Args),
    #[command(subcommand)]
    Delegation(delegation::Verb),
    #[command(subcommand)]
    Publisher(publisher::Verb),
    #[command(subcommand)]
    Key(key::Verb),
    #[command(subcommand)]
    Root(root::Verb),
    Status(status::Args),
    Refresh(refresh::Args),
    Inspect(inspect::Args),
    Recover(recover::Args),
    #[command(subcommand)]
    Trust(trust::Verb),
    Doctor(doctor::Args),
    Help(help::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Verb {
    /// Runs the verb named by `words`.
    pub(crate) fn run(self, global: &Global, words: &str) -> Result<Exit, CliError> {
        match self {
            Self::Help(args) => return args.run(),
            Self::Completions(args) => return args.run(),
            Self::Man(args) => return args.run(),
            _ => {}
        }
        let session = Session::open(global, words)?;
        session.run(async {
            match self {
                Self::Put(args) => args.run(&session).await,
                Self::Get(args) => args.run(&session).await,
                Self::List(args) => args.run(&session).await,
                Self::Delete(args) => args.run(&session).await,
                Self::Pending(args) => args.run(&session).await,
                Self::Sign(args) => args.run(&session).await,
                Self::Reject(args) => args.run(&session).await,
                Self::Publish(args) => args.run(&session).await,
                Self::Init(args) => args.run(&session).await,
                Self::Delegation(verb) => verb.run(&session).await,
                Self::Publisher(verb) => verb.run(&session).await,
                Self::Key(verb) => verb.run(&session).await,
                Self::Root(verb) => verb.run(&session).await,
                Self::Status(args) => args.run(&session).await,
                Self::Refresh(args) => args.run(&session).await,
                Self::Inspect(args) => args.run(&session).await,
                Self::Recover(args) => args.run(&session).await,
                Self::Trust(verb) => verb.run(&session).await,
                Self::Doctor(args) => args.run(&session).await,
                Self::Help(_) | Self::Completions(_) | Self::Man(_) => Ok(Exit::Done),
            }
        })
    }
}
