use std::io;

use manifesto::report::{BegunRole, KeyRevoke, KeyRotate, ReplacedKey, Report, RevokedKey, Text};

use super::{
    Render, Streams,
    line::{columns, key_id, names},
};

impl Render for Report<KeyRotate> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let person = &mut *streams.person;
        writeln!(person, "Replaced in one publication of {}. Clients follow automatically.", self.head.repository)?;
        let row = |replaced: &ReplacedKey| {
            let (old, new) = (key_id(&replaced.old.keyid), key_id(&replaced.new.keyid));
            [roles(&replaced.roles), replaced.new.name.to_string(), format!("{old} -> {new}")]
        };
        columns(person, "  ", &self.replaced.iter().map(row).collect::<Vec<_>>())?;
        if let Some(backup) = &self.backup {
            writeln!(person, "The new keys are in {} too, encrypted. Keep it elsewhere.", backup.display())?;
        }
        writeln!(person, "The repository no longer lists the old keys. To remove them permanently:")?;
        for replaced in &self.replaced {
            writeln!(person, "  manifesto key remove {}", key_id(&replaced.old.keyid))?;
        }
        Ok(())
    }
}

impl Render for Report<KeyRevoke> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let person = &mut *streams.person;
        writeln!(person, "Revoked in one publication of {}. Clients follow automatically.", self.head.repository)?;
        let row = |revoked: &RevokedKey| {
            let place = revoked.replacement.as_ref().map(|new| format!("replaced by {}", new.name));
            let (name, id) = (revoked.key.name.to_string(), key_id(&revoked.key.keyid));
            [name, id, roles(&revoked.roles), place.unwrap_or_default()]
        };
        columns(person, "  ", &self.revoked.iter().map(row).collect::<Vec<_>>())?;
        if !self.signed_anew.is_empty() {
            let roles: Vec<String> = self.signed_anew.iter().map(ToString::to_string).collect();
            writeln!(person, "Signed again, unchanged: the statements of {}.", roles.join(", "))?;
        }
        self.begun.iter().try_for_each(|role| show_lost(person, role))
    }
}

fn show_lost(person: &mut dyn io::Write, begun: &BegunRole) -> io::Result<()> {
    let BegunRole { role, threshold, may_sign, to_say_again } = begun;
    writeln!(person, "{role} has no statements until {threshold} of {} put them again:", names(may_sign))?;
    for image in to_say_again {
        let types: Vec<String> = image.types.iter().map(ToString::to_string).collect();
        writeln!(person, "  {}  {}", image.reference, types.join(", "))?;
    }
    Ok(())
}

/// The roles of a key for people. A role that a named one implies is left out.
fn roles(roles: &[Text]) -> String {
    let has = |name: &str| roles.iter().any(|role| role.raw() == name);
    let shown = |role: &Text| match role.raw() {
        "targets" if has("root") => None,
        "snapshot" if has("repository") || has("timestamp") => None,
        "timestamp" if has("snapshot") => Some("publisher".to_owned()),
        _ => Some(role.to_string()),
    };
    roles.iter().filter_map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::render::examples::{self, text};

    #[test]
    fn replaced_keys() {
        assert_snapshot!(text(&examples::key_rotate()), @r"
        2> Replaced in one publication of ghcr.io/acme/app. Clients follow automatically.
        2>   root              alice  82f3e9c695dc -> db77fd01af95
        2>   repository        alice  e8bc163c82ee -> ad328846aa18
        2>   publisher, trivy  alice  628b49d96dcd -> c44474038d45
        2> The new keys are in app2.backup too, encrypted. Keep it elsewhere.
        2> The repository no longer lists the old keys. To remove them permanently:
        2>   manifesto key remove 82f3e9c695dc
        2>   manifesto key remove e8bc163c82ee
        2>   manifesto key remove 628b49d96dcd
        ");
    }

    #[test]
    fn revoked_keys() {
        assert_snapshot!(text(&examples::key_revoke()), @r"
        2> Revoked in one publication of ghcr.io/acme/app. Clients follow automatically.
        2>   ci     1b158839f8aa  publisher  replaced by ci-2
        2>   carol  4c26d9074c27  qa
        2> Signed again, unchanged: the statements of repository.
        2> qa has no statements until 2 of alice, bob put them again:
        2>   ghcr.io/acme/app@sha256:41d0  approvals, waiver
        ");
    }
}
