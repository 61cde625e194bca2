use std::io;

use manifesto::report::{
    Key, KeyBackup, KeyExport, KeyGenerate, KeyImport, KeyList, KeyPasswd, KeyRemove, KeyRestore, KeyShow, Report,
};

use super::{
    Render, Streams,
    line::{columns, count},
};

impl Render for Report<KeyGenerate> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Key { name, key_type, store, .. } = &self.key;
        write_pem(streams, self.public_key.raw())?;
        writeln!(streams.person, "Made {key_type} key \"{name}\" in {store}; its public half is on stdout.")
    }
}

impl Render for Report<KeyList> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        if self.keys.is_empty() {
            return writeln!(
                streams.person,
                "There are no keys yet: `manifesto init` and `manifesto key generate` make them."
            );
        }
        columns(streams.out, "", &self.keys.iter().map(row).collect::<Vec<_>>())
    }
}

impl Render for Report<KeyShow> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        columns(streams.person, "", &[row(&self.key)])?;
        write_pem(streams, self.public_key.raw())
    }
}

impl Render for Report<KeyBackup> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let keys = count(self.keys.len() as u64, "key", "keys");
        writeln!(streams.person, "Wrote {keys}, encrypted, to {}. Keep it elsewhere.", self.file.display())
    }
}

impl Render for Report<KeyRestore> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        columns(streams.person, "restored  ", &self.restored.iter().map(row).collect::<Vec<_>>())?;
        columns(streams.person, "present   ", &self.present.iter().map(row).collect::<Vec<_>>())?;
        if self.restored.is_empty() && self.present.is_empty() {
            writeln!(streams.person, "The backup holds no keys.")?;
        }
        Ok(())
    }
}

impl Render for Report<KeyImport> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        write_pem(streams, self.public_key.raw())?;
        let Key { name, key_type, store, role, repository, .. } = &self.key;
        let already = if self.present { "was already in" } else { "is now in" };
        write!(streams.person, "The {key_type} key \"{name}\" ({}) {already} {store}", self.form)?;
        if let (Some(role), Some(repository)) = (role, repository) {
            write!(streams.person, ", for {role} of {repository}")?;
        }
        writeln!(streams.person, "; its public half is on stdout.")
    }
}

impl Render for Report<KeyExport> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let name = &self.key.name;
        let file = if self.file.as_os_str() == "-" { "standard output".into() } else { self.file.to_string_lossy() };
        if self.encrypted {
            writeln!(
                streams.person,
                "Wrote key \"{name}\", encrypted, to {file}. Anyone with its passphrase can sign as {name}."
            )
        } else {
            writeln!(
                streams.person,
                "Wrote key \"{name}\" in PLAIN TEXT to {file}. Anyone who reads it can sign as {name}."
            )
        }
    }
}

impl Render for Report<KeyPasswd> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let changed = count(self.changed.len() as u64, "key is", "keys are");
        writeln!(streams.person, "{changed} under the new passphrase now.")?;
        match self.unchanged.len() as u64 {
            0 => Ok(()),
            before => writeln!(streams.person, "{} already.", count(before, "key was under it", "keys were under it")),
        }
    }
}

impl Render for Report<KeyRemove> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Key { name, keyid, store, .. } = &self.key;
        let id: String = keyid.to_string().chars().take(12).collect();
        writeln!(streams.person, "Removed key \"{name}\" ({id}) from {store}.")
    }
}

/// Writes a public key in PEM. It needs no escaping: it is base64 between two lines that this program wrote.
fn write_pem(streams: &mut Streams<'_>, pem: &str) -> io::Result<()> {
    streams.out.write_all(pem.as_bytes())
}

fn row(key: &Key) -> [String; 5] {
    let shown = |text: Option<&manifesto::report::Text>| text.map_or("-".to_owned(), ToString::to_string);
    [
        key.name.to_string(),
        key.keyid.to_string().chars().take(12).collect(),
        shown(key.role.as_ref()),
        shown(key.repository.as_ref()),
        key.store.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::render::examples::{self, text};

    #[test]
    fn a_public_key_is_a_result() {
        let (key, public_key) = (examples::key(None), "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n");
        let report = Report::from(KeyGenerate { key: key.clone(), public_key: public_key.into() });
        assert_snapshot!(text(&report), @r#"
        2> Made ed25519 key "alice" in the OS keyring; its public half is on stdout.
        1> -----BEGIN PUBLIC KEY-----
        1> MCow
        1> -----END PUBLIC KEY-----
        "#);
        assert_snapshot!(text(&Report::from(KeyShow { key, public_key: public_key.into() })), @r"
        2> alice  2bd806c97f0e  -  -  the OS keyring
        1> -----BEGIN PUBLIC KEY-----
        1> MCow
        1> -----END PUBLIC KEY-----
        ");
    }

    #[test]
    fn keys_are_listed_by_their_names() {
        let keys = vec![examples::key(Some("root")), examples::key(None)];
        assert_snapshot!(text(&Report::from(KeyList { keys })), @r"
        1> alice  4813494d137e  root  ghcr.io/acme/app  the OS keyring
        1> alice  2bd806c97f0e  -     -                 the OS keyring
        ");
        assert_snapshot!(text(&Report::from(KeyList { keys: Vec::new() })), @"2> There are no keys yet: `manifesto init` and `manifesto key generate` make them.");
    }

    #[test]
    fn a_key_that_moves_is_named_with_what_it_is_for() {
        let import = Report::from(KeyImport {
            key: examples::key(Some("root")),
            form: "OpenSSH".into(),
            present: false,
            public_key: "-----BEGIN PUBLIC KEY-----\n".into(),
        });
        assert_snapshot!(text(&import), @r#"
        2> The ed25519 key "alice" (OpenSSH) is now in the OS keyring, for root of ghcr.io/acme/app; its public half is on stdout.
        1> -----BEGIN PUBLIC KEY-----
        "#);
        assert_snapshot!(text(&Report::from(KeyImport { key: examples::key(None), present: true, ..import.body })), @r#"
        2> The ed25519 key "alice" (OpenSSH) was already in the OS keyring; its public half is on stdout.
        1> -----BEGIN PUBLIC KEY-----
        "#);
        let export = Report::from(KeyExport { key: examples::key(None), file: "alice.key".into(), encrypted: true });
        assert_snapshot!(text(&export), @r#"2> Wrote key "alice", encrypted, to alice.key. Anyone with its passphrase can sign as alice."#);
        assert_snapshot!(text(&Report::from(KeyExport { encrypted: false, ..export.body })), @r#"2> Wrote key "alice" in PLAIN TEXT to alice.key. Anyone who reads it can sign as alice."#);
        let remove = Report::from(KeyRemove { key: examples::key(None) });
        assert_snapshot!(text(&remove), @r#"2> Removed key "alice" (2bd806c97f0e) from the OS keyring."#);
    }

    #[test]
    fn an_interrupted_change_of_passphrase_says_what_was_left() {
        let passwd = Report::from(KeyPasswd { changed: vec![examples::key(None)], unchanged: Vec::new() });
        assert_snapshot!(text(&passwd), @"2> 1 key is under the new passphrase now.");
        let rest = vec![examples::key(Some("root")), examples::key(Some("timestamp"))];
        assert_snapshot!(text(&Report::from(KeyPasswd { unchanged: rest, ..passwd.body })), @r"
        2> 1 key is under the new passphrase now.
        2> 2 keys were under it already.
        ");
    }

    #[test]
    fn backup_and_restore_name_what_they_moved() {
        let keys = vec![examples::key(Some("root")), examples::key(Some("timestamp"))];
        let backup = Report::from(KeyBackup { file: "app.backup".into(), keys: keys.clone() });
        assert_snapshot!(text(&backup), @"2> Wrote 2 keys, encrypted, to app.backup. Keep it elsewhere.");
        let restore = Report::from(KeyRestore { restored: keys[..1].to_vec(), present: keys[1..].to_vec() });
        assert_snapshot!(text(&restore), @r"
        2> restored  alice  4813494d137e  root  ghcr.io/acme/app  the OS keyring
        2> present   alice  323748f86a76  timestamp  ghcr.io/acme/app  the OS keyring
        ");
    }
}
