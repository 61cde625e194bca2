use std::io;

use manifesto::report::{KeyRotate, Text};

use super::{
    Render, Streams,
    line::{columns, key_id},
};

impl Render for KeyRotate {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let person = &mut *streams.person;
        writeln!(person, "Replaced in one publication of {}. Readers follow by themselves.", self.repository)?;
        let row = |replaced: &manifesto::report::ReplacedKey| {
            let (old, new) = (key_id(&replaced.old.keyid), key_id(&replaced.new.keyid));
            [roles(&replaced.roles), replaced.new.name.to_string(), format!("{old} -> {new}")]
        };
        columns(person, "  ", &self.replaced.iter().map(row).collect::<Vec<_>>())?;
        if let Some(backup) = &self.backup {
            writeln!(person, "The new keys are in {} too, encrypted. Keep it elsewhere.", backup.display())?;
        }
        writeln!(person, "The old keys are of no use there any more. To remove them for good:")?;
        for replaced in &self.replaced {
            writeln!(person, "  manifesto key remove {}", key_id(&replaced.old.keyid))?;
        }
        Ok(())
    }
}

/// The roles of a key in people's words: what goes with a role that is named is left out.
fn roles(roles: &[Text]) -> String {
    let has = |name: &str| roles.iter().any(|role| role.raw() == name);
    let shown = |role: &&Text| match role.raw() {
        "targets" => !has("root"),
        "snapshot" => !(has("repository") || has("timestamp")),
        _ => true,
    };
    roles.iter().filter(shown).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::render::examples::{self, text};

    #[test]
    fn replaced_keys() {
        assert_snapshot!(text(&examples::key_rotate()), @r"
        2> Replaced in one publication of ghcr.io/acme/app. Readers follow by themselves.
        2>   root              alice  82f3e9c695dc -> db77fd01af95
        2>   repository        alice  e8bc163c82ee -> ad328846aa18
        2>   timestamp, trivy  alice  628b49d96dcd -> c44474038d45
        2> The new keys are in app2.backup too, encrypted. Keep it elsewhere.
        2> The old keys are of no use there any more. To remove them for good:
        2>   manifesto key remove 82f3e9c695dc
        2>   manifesto key remove e8bc163c82ee
        2>   manifesto key remove 628b49d96dcd
        ");
    }
}
