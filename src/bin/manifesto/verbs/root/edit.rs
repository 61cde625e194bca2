use std::{num::NonZeroU32, str::FromStr};

use manifesto::{
    trust::{Period, author::PeriodOf},
    write::RootChange,
};

use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::{ChangeFlags, PersonName, RepositoryArg},
    session::Session,
};

/// Change root
///
/// Root keys sign root and the delegations. A new root needs signatures of the root keys before it, and of its own,
/// each up to the threshold. If they are on other machines, the change becomes a proposal, which their holders sign
/// with `manifesto sign`. The machine that publishes needs no root key.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// A root key to add: the file of its public half, or the name of a key on this machine; may be given several times
    #[arg(long = "add-key", value_name = "PUB", group = "change")]
    add: Vec<String>,

    /// A root key to remove, by its name or the first digits of its id; may be given several times
    #[arg(long = "remove-key", value_name = "KEY", group = "change")]
    remove: Vec<String>,

    /// How many of the root keys must sign
    #[arg(long, value_name = "N", group = "change")]
    threshold: Option<NonZeroU32>,

    /// How many days documents of ROLE are valid and how many days before expiry they are renewed, such as
    /// timestamp=14/7; ROLE is root, targets, delegated, snapshot or timestamp
    #[arg(long = "period", value_name = "ROLE=DAYS/DAYS", group = "change")]
    periods: Vec<PeriodArg>,

    /// Change the name of a key, such as alice=alice-laptop
    #[arg(long = "rename", value_name = "KEY=NAME", group = "change")]
    names: Vec<Renaming>,

    #[command(flatten)]
    change: ChangeFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let change = RootChange {
            add: public_key::all(session, &self.change.key_store, &self.add).await?,
            remove: self.remove.iter().map(|key| public_key::meant(key)).collect::<Result<_, _>>()?,
            threshold: self.threshold,
            periods: self.periods.into_iter().map(|PeriodArg(of, period)| (of, period)).collect(),
            names: self.names.into_iter().map(|Renaming(key, name)| (key, name)).collect(),
        };
        let Change { publisher, out } = Change::open(session, &self.repository, self.change)?;
        session.hand_over(&publisher, &publisher.edit_root(&change).await?, out.as_deref()).await
    }
}

/// `timestamp=14/7`.
#[derive(Clone)]
struct PeriodArg(PeriodOf, Period);

impl FromStr for PeriodArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected ROLE=DAYS/DAYS, such as timestamp=14/7";
        let (role, days) = text.split_once('=').ok_or(expected)?;
        let of = match role {
            "root" => PeriodOf::Root,
            "targets" => PeriodOf::Targets,
            "delegated" => PeriodOf::Delegated,
            "snapshot" => PeriodOf::Snapshot,
            "timestamp" => PeriodOf::Timestamp,
            _ => return Err("the roles with a period are root, targets, delegated, snapshot and timestamp"),
        };
        let (expiry, signing) = days.split_once('/').ok_or(expected)?;
        let day = |text: &str| text.parse::<u16>().map_err(|_| expected);
        Ok(Self(of, Period { expiry: day(expiry)?, signing: day(signing)? }))
    }
}

/// `alice=alice-laptop`.
#[derive(Clone)]
struct Renaming(String, String);

impl FromStr for Renaming {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, name) = text.split_once('=').ok_or("expected KEY=NAME")?;
        let name: PersonName = name.parse().map_err(|error: <PersonName as FromStr>::Err| error.to_string())?;
        Ok(Self(key.to_owned(), name.as_str().to_owned()))
    }
}
