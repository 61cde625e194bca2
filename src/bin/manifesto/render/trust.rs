use std::io;

use manifesto::report::{Init, Pin, Pinned, Report, TrustExport, TrustForget, TrustList, TrustPin};

use super::{
    Render, Streams, evidence,
    line::{columns, day},
};

impl Render for Report<Init> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let (now, person) = (streams.now, &mut streams.person);
        for keys in self.keys.chunk_by(|a, b| a.store == b.store) {
            let roles: Vec<String> = keys.iter().filter_map(|key| Some(key.role.as_ref()?.to_string())).collect();
            let plural = if keys.len() == 1 { "key" } else { "keys" };
            writeln!(person, "Made {} {plural} \"{}\" in {}.", listed(&roles), keys[0].name, keys[0].store)?;
        }
        match &self.backup {
            Some(file) => {
                writeln!(person, "Keep {} elsewhere: without it, a lost laptop is a lost repository.", file.display())?
            }
            // No key could be backed up. The warnings about each key are enough.
            None if self.warnings.len() >= self.keys.len() => {}
            None => writeln!(
                person,
                "There is no backup: a lost laptop is a lost repository. Make one with:  manifesto key backup -o FILE {}",
                self.location
            )?,
        }
        let named = if self.location == self.repository { String::new() } else { format!(" --as {}", self.repository) };
        writeln!(person, "Others trust it with:  manifesto trust pin {} {}{named}", self.location, self.fingerprint)?;
        writeln!(person, "Renew by {}: any put does; for cron see `manifesto help refresh`.", day(self.renew_by, now))
    }
}

impl Render for Report<TrustPin> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let verb = if self.unchanged { "Already trusted" } else { "Trusted from now on" };
        writeln!(streams.person, "{verb}: {}, {}.", self.pin.repository, rests_on(&self.pin))
    }
}

impl Render for Report<TrustList> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        if self.pins.is_empty() {
            return writeln!(
                streams.person,
                "This machine trusts no repository yet. `manifesto trust pin` changes that."
            );
        }
        let now = streams.now;
        let rows: Vec<[String; 3]> = self
            .pins
            .iter()
            .map(|pin| {
                let since = pin.since.map(|time| format!("since {}", day(time, now))).unwrap_or_default();
                [pin.repository.to_string(), rests_on(pin), since]
            })
            .collect();
        columns(streams.out, "", &rows)
    }
}

impl Render for Report<TrustForget> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        if self.forgotten {
            writeln!(streams.person, "Forgot {}: it is no longer trusted.", self.repository)
        } else {
            writeln!(streams.person, "There was no pin for {}.", self.repository)
        }
    }
}

impl Render for Report<TrustExport> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let (version, repository, fingerprint) = (self.root_version, &self.repository, &self.fingerprint);
        writeln!(streams.person, "Wrote root {version} of {repository}, {fingerprint}, to {}.", file.display())
    }
}

/// The reason why a pin is trusted.
fn rests_on(pin: &Pin) -> String {
    let mut text = match (&pin.pinned, pin.how) {
        (Some(digest), how) => format!("{} sha256:{}…", evidence::how(how), digest.short()),
        (None, Pinned::RootKey) => {
            let keys: Vec<String> = pin.root_keys.iter().map(|id| id.to_string().chars().take(12).collect()).collect();
            format!("root key {}", keys.join(", "))
        }
        (None, how) => evidence::how(how).to_owned(),
    };
    if let Some(identity) = pin.identity.as_ref().filter(|identity| **identity != pin.repository) {
        text.push_str(&format!(", as {identity}"));
    }
    text
}

fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::render::examples::{self, text};

    #[test]
    fn init_ends_with_what_to_do_next() {
        let mut report = examples::init();
        assert_snapshot!(text(&report), @r#"
        2> Made root, repository and timestamp keys "alice" in the OS keyring.
        2> Keep app.backup elsewhere: without it, a lost laptop is a lost repository.
        2> Others trust it with:  manifesto trust pin ghcr.io/acme/app sha256:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2
        2> Renew by 4 Dec: any put does; for cron see `manifesto help refresh`.
        "#);
        report.backup = None;
        report.location = "oci:app".into();
        let shown = text(&report);
        assert!(shown.contains("There is no backup"), "{shown}");
        assert!(shown.contains("trust pin oci:app sha256:") && shown.contains(" --as ghcr.io/acme/app"), "{shown}");
    }

    #[test]
    fn pins_say_what_they_rest_on() {
        assert_snapshot!(text(&examples::trust_list()), @r"
        1> ghcr.io/acme/app  pinned sha256:4813494d137e…                                     since 1 Nov
        1> mirror.lan/app    trusted on first use sha256:4813494d137e…, as ghcr.io/acme/app  since 1 Nov 2025
        1> quay.io/acme/*    root key 2c70e12b7a06
        ");
        let pin = examples::trust_list().body.pins.remove(0);
        let mut pinned = Report::from(TrustPin { pin, unchanged: false });
        assert_snapshot!(text(&pinned), @"2> Trusted from now on: ghcr.io/acme/app, pinned sha256:4813494d137e….");
        pinned.unchanged = true;
        assert!(text(&pinned).contains("Already trusted"));
        assert_snapshot!(text(&Report::from(TrustList { pins: Vec::new() })), @"2> This machine trusts no repository yet. `manifesto trust pin` changes that.");
    }

    #[test]
    fn forgetting_nothing_is_said() {
        let forget = |forgotten| Report::from(TrustForget { repository: "ghcr.io/acme/app".into(), forgotten });
        assert_snapshot!(text(&forget(true)), @"2> Forgot ghcr.io/acme/app: it is no longer trusted.");
        assert_snapshot!(text(&forget(false)), @"2> There was no pin for ghcr.io/acme/app.");
    }

    #[test]
    fn an_export_to_stdout_says_nothing_beside_it() {
        let mut report = examples::trust_export();
        assert_snapshot!(text(&report), @"2> Wrote root 3 of ghcr.io/acme/app, sha256:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2, to app.json.");
        report.file = None;
        assert_eq!(text(&report), "");
    }
}
