use manifesto::{
    report::{Key, KeyRemove, Report},
    store::state::StateDir,
};
use manifesto_keys::KeyRecord;
use serde_json::Value;

use super::{blocking, find, start_of_id};
use crate::{connect::key_store::KeyRing, error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session};

/// Remove a private key for good
///
/// A key that a role needs to meet its threshold is not removed, as far as this machine knows the repository.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, or the first digits of its id
    #[arg(value_name = "NAME|ID")]
    key: String,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

    /// Remove the key although a role needs it, because it is also kept elsewhere
    #[arg(long)]
    kept_elsewhere: bool,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let ring = KeyRing::open(session, &self.keys)?;
        let state = session.state()?;
        let asker = session.asker.clone();
        let report = blocking(move || {
            let records = ring.records()?;
            let (record, name) = find(&records, &self.key)?;
            let roles = needed_by(record, &state)?;
            if !roles.is_empty() && !self.kept_elsewhere {
                return Err(needed(record, &roles));
            }
            if !self.yes && !asker.confirm(&question(record, &roles), "Answer with --yes.")? {
                return Err(CliError::new(Exit::Unexpected, "declined", "nothing was removed"));
            }
            ring.named(name).remove(record.key_id())?;
            Ok(Report::from(KeyRemove { key: Key::of(record, name) }))
        });
        session.show(&report.await?)
    }
}

fn question(record: &KeyRecord, roles: &[String]) -> String {
    let id = start_of_id(record);
    let made_for = match (record.role(), record.repository()) {
        (Some(role), Some(repository)) => format!(", the {role} key of {repository}"),
        _ => String::new(),
    };
    let without = if roles.is_empty() { "" } else { " Its roles cannot be signed without it." };
    format!("Remove key \"{}\" ({id}{made_for}) for good?{without}", record.name())
}

fn needed(record: &KeyRecord, roles: &[String]) -> CliError {
    let message = format!(
        "key \"{}\" is not removed: without it no signature is possible for {}",
        record.name(),
        roles.join(", ")
    );
    CliError::new(Exit::Usage, "key_needed", message)
        .about(record.key_id())
        .hint("Write it to a file with `manifesto key export`, then --kept-elsewhere removes it here.")
}

/// The roles that could not meet their threshold without this key, according to the remembered metadata.
fn needed_by(record: &KeyRecord, state: &StateDir) -> Result<Vec<String>, CliError> {
    let mut roles = Vec::new();
    for pin in state.pins()? {
        let pin = pin?;
        let Ok(location) = pin.repository.parse() else { continue };
        for bytes in state.repository(&location)?.documents()?.values() {
            let Ok(document) = serde_json::from_slice::<Value>(bytes) else { continue };
            roles.extend(resting(&document, record.key_id().as_str()).map(|role| format!("{role} of {}", pin.gun)));
        }
    }
    roles.sort();
    roles.dedup();
    Ok(roles)
}

/// The roles in one document that could not meet their threshold without the key.
fn resting<'a>(document: &'a Value, key_id: &'a str) -> impl Iterator<Item = &'a str> {
    let signed = &document["signed"];
    let top = signed["roles"].as_object().into_iter().flatten().map(|(name, role)| (name.as_str(), role));
    let delegated = signed["delegations"]["roles"].as_array().into_iter().flatten();
    let delegated = delegated.filter_map(|role| Some((role["name"].as_str()?, role)));
    let rests = move |role: &Value| {
        let ids = role["keyids"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_named = ids.iter().any(|id| id == key_id);
        is_named && role["threshold"].as_u64().is_some_and(|threshold| threshold >= ids.len() as u64)
    };
    top.chain(delegated).filter(move |(_, role)| rests(role)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_rests_on_a_key_that_its_threshold_needs() {
        let document = json!({"signed": {
            "roles": {
                "root": {"keyids": ["a"], "threshold": 1},
                "targets": {"keyids": ["a", "b"], "threshold": 1},
                "snapshot": {"keyids": ["b"], "threshold": 1},
            },
            "delegations": {"roles": [
                {"name": "qa", "keyids": ["a", "b"], "threshold": 2},
                {"name": "trivy", "keyids": ["a", "b", "c"], "threshold": 2},
            ]},
        }});
        assert_eq!(resting(&document, "a").collect::<Vec<_>>(), ["root", "qa"]);
        assert_eq!(resting(&document, "b").collect::<Vec<_>>(), ["snapshot", "qa"]);
        assert_eq!(resting(&document, "d").count(), 0);
        assert_eq!(resting(&json!({"signed": {"roles": 1}}), "a").count(), 0);
    }
}
