use manifesto::{
    name::NamePattern,
    report::{Pin, PinOrigin, Pinned, Report, Text, TrustList, Warning},
    store::state::{self, AnchorOrigin},
};

use crate::{error::CliError, exit::Exit, session::Session};

/// List what this machine trusts, and why
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let state = session.state()?;
        let mut report = Report::from(TrustList { pins: Vec::new() });
        for pin in state.pins()? {
            match pin {
                Ok(pin) => report.pins.push(pinned(pin)),
                // A damaged pin does not hide the others.
                Err(error) => report.warnings.push(Warning { kind: "pin_unreadable", message: Text::new(error) }),
            }
        }
        for (pattern, keys) in state.trusted_keys()?.iter() {
            let ids = keys.iter().map(|key| Text::new(key.keyid())).collect();
            report.pins.push(by_key(pattern, ids, PinOrigin::State));
        }
        for (pattern, config) in session.config.repository.iter().filter(|(_, config)| !config.root_keys.is_empty()) {
            let ids = config.root_keys.iter().map(|key| Text::from(key.hex())).collect();
            report.pins.push(by_key(pattern, ids, PinOrigin::Config));
        }
        report.pins.sort_by(|a, b| a.repository.cmp(&b.repository));
        session.show(&report)
    }
}

fn pinned(pin: state::Pin) -> Pin {
    Pin {
        repository: pin.repository.into(),
        identity: Some(Text::new(&pin.gun)),
        pinned: Some(pin.fingerprint),
        root_keys: Vec::new(),
        how: match pin.how {
            AnchorOrigin::Init => Pinned::Init,
            AnchorOrigin::Fingerprint | AnchorOrigin::File => Pinned::Pin,
            AnchorOrigin::Key(_) => Pinned::RootKey,
            AnchorOrigin::FirstUse => Pinned::FirstUse,
            AnchorOrigin::Mirror => Pinned::Mirror,
        },
        origin: PinOrigin::State,
        root_version: Some(pin.version),
        since: Some(pin.pinned_at),
    }
}

/// An entry for a key that is trusted for every repository of a pattern.
fn by_key(pattern: &NamePattern, root_keys: Vec<Text>, origin: PinOrigin) -> Pin {
    Pin {
        repository: Text::new(pattern),
        identity: None,
        pinned: None,
        root_keys,
        how: Pinned::RootKey,
        origin,
        root_version: None,
        since: None,
    }
}
