use std::io;

use manifesto::report::{AboutRepository, Change, Delete, Get, List, ListAll, Put, Report, Statement, Text};

use super::{
    Render, Streams, evidence,
    line::{ago, columns, day, expired, names},
};

/// The detail that the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Detail {
    /// `--long`: a line about each statement.
    pub(crate) long: bool,
    /// `--verify`: the evidence.
    pub(crate) evidence: bool,
    /// `--digest`: digests as the result.
    pub(crate) digest: bool,
}

impl Render for Report<Put> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let (image, repository) = (&self.head.image.asked, &self.head.trust.repository);
        let person = &mut streams.person;
        if !image.raw().contains('@') {
            writeln!(person, "{image} is {}", self.head.image.digest())?;
        }
        for statement in &self.statements {
            let statement_type = &statement.statement_type;
            writeln!(person, "Storing metadata '{statement_type}' for '{image}'")?;
            writeln!(person, "Metadata '{statement_type}' for '{image}' stored at {}", statement.digest)?;
            match self.change {
                Change::Created => writeln!(person, "Creating new manifesto for {repository}")?,
                Change::Added | Change::Replaced => writeln!(person, "Updating manifesto for {repository}")?,
            }
            match self.change {
                Change::Created | Change::Added => {
                    writeln!(person, "Adding '{statement_type}' metadata to manifesto for '{image}'")?;
                }
                Change::Replaced => {
                    writeln!(person, "Replacing '{statement_type}' metadata in manifesto for '{image}'")?
                }
            }
        }
        Ok(())
    }
}

impl Render for Report<Get> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Get { statements, .. } = &self.body;
        if streams.detail.digest {
            statements.iter().try_for_each(|statement| writeln!(streams.out, "{}", statement.digest))?;
        }
        if streams.detail.evidence {
            evidence::write(streams, &self.head, statements)?;
        }
        Ok(())
    }
}

impl Render for Report<List> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let List { statements } = &self.body;
        if !streams.detail.long {
            tell_expired(streams, statements, None)?;
        }
        let is_shown = |statement: &Statement| streams.detail.long || !statement.expired;
        if statements.iter().any(is_shown) {
            writeln!(streams.person, "Metadata types stored for image '{}':", self.head.image.asked)?;
        } else {
            writeln!(streams.person, "No metadata stored for image '{}'", self.head.image.asked)?;
        }
        types(streams, statements)?;
        if streams.detail.evidence {
            evidence::write(streams, &self.head, statements)?;
        }
        Ok(())
    }
}

impl Render for Report<ListAll> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let (AboutRepository { repository, .. }, ListAll { images, .. }) = (&self.head, &self.body);
        if !streams.detail.long {
            let mut images = images.iter();
            images.try_for_each(|image| tell_expired(streams, &image.statements, Some(&image.reference)))?;
        }
        if images.is_empty() {
            return writeln!(streams.person, "No metadata stored for any image of '{repository}'");
        }
        writeln!(streams.person, "Metadata types stored for the images of '{repository}':")?;
        for image in images {
            writeln!(streams.out, "{}", image.reference)?;
            types(streams, &image.statements)?;
        }
        Ok(())
    }
}

impl Render for Report<Delete> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let image = &self.head.image.asked;
        for statement in &self.statements {
            writeln!(streams.person, "Updating manifesto for {}", self.head.trust.repository)?;
            writeln!(streams.person, "Deleted '{}' metadata from manifesto for '{image}'", statement.statement_type)?;
        }
        Ok(())
    }
}

/// Lists expired statements, with their image if the report has several.
fn tell_expired(streams: &mut Streams<'_>, statements: &[Statement], image: Option<&Text>) -> io::Result<()> {
    let of_image = image.map(|image| format!(" of {image}")).unwrap_or_default();
    for statement in statements.iter().filter(|statement| statement.expired) {
        let when = statement.expires.map_or("expired".to_owned(), |time| expired(time, streams.now));
        writeln!(streams.person, "'{}'{of_image} {when}, and is not in force", statement.statement_type)?;
    }
    Ok(())
}

/// Writes the valid types. With `--long` it writes a line about each statement, and marks expired ones.
fn types(streams: &mut Streams<'_>, statements: &[Statement]) -> io::Result<()> {
    if !streams.detail.long {
        let mut in_force = statements.iter().filter(|statement| !statement.expired);
        return in_force.try_for_each(|statement| writeln!(streams.out, "    {}", statement.statement_type));
    }
    let now = streams.now;
    let rows: Vec<[String; 5]> = statements
        .iter()
        .map(|statement| {
            let expires = match statement.expires {
                None => "never expires".to_owned(),
                Some(time) if statement.expired => expired(time, now),
                Some(time) => format!("until {}", day(time, now)),
            };
            [
                statement.statement_type.to_string(),
                format!("{} B", statement.size),
                ago(statement.created, now),
                expires,
                names(&statement.signers),
            ]
        })
        .collect();
    columns(streams.out, "    ", &rows)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::render::examples::{self, text, text_in_detail};

    #[test]
    fn put_says_what_the_original_tool_said() {
        assert_snapshot!(text(&examples::put(Change::Created)), @r"
        2> ghcr.io/acme/app:1.4 is sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d
        2> Storing metadata 'something' for 'ghcr.io/acme/app:1.4'
        2> Metadata 'something' for 'ghcr.io/acme/app:1.4' stored at sha256:3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb
        2> Creating new manifesto for ghcr.io/acme/app
        2> Adding 'something' metadata to manifesto for 'ghcr.io/acme/app:1.4'
        ");
        assert_snapshot!(text(&examples::put(Change::Added)), @r"
        2> ghcr.io/acme/app:1.4 is sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d
        2> Storing metadata 'something' for 'ghcr.io/acme/app:1.4'
        2> Metadata 'something' for 'ghcr.io/acme/app:1.4' stored at sha256:3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb
        2> Updating manifesto for ghcr.io/acme/app
        2> Adding 'something' metadata to manifesto for 'ghcr.io/acme/app:1.4'
        ");
        assert_snapshot!(text(&examples::put(Change::Replaced)), @r"
        2> ghcr.io/acme/app:1.4 is sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d
        2> Storing metadata 'something' for 'ghcr.io/acme/app:1.4'
        2> Metadata 'something' for 'ghcr.io/acme/app:1.4' stored at sha256:3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb
        2> Updating manifesto for ghcr.io/acme/app
        2> Replacing 'something' metadata in manifesto for 'ghcr.io/acme/app:1.4'
        ");
    }

    #[test]
    fn delete_names_what_is_gone() {
        assert_snapshot!(text(&examples::delete()), @r"
        2> Updating manifesto for ghcr.io/acme/app
        2> Deleted 'something' metadata from manifesto for 'ghcr.io/acme/app:1.4'
        ");
    }

    #[test]
    fn get_keeps_stdout_for_bytes_and_shows_evidence_when_asked() {
        let view = |detail| text_in_detail(&examples::get(), detail);
        assert_eq!(view(Detail::default()), "");
        assert_snapshot!(view(Detail { evidence: true, ..Detail::default() }), @r"
        2> Verified for ghcr.io/acme/app@sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d:
        2>   'approvals'  by alice, bob (2 of 2 for qa), 3 h ago; expires 20 Dec
        2>   current      as of 60 min ago; good until 4 Dec
        2>   image        ghcr.io/acme/app:1.4 as the registry reports: its tag is not signed
        2>   trust        ghcr.io/acme/app: pinned sha256:4813494d137e…, now root 3
        ");
        assert_snapshot!(view(Detail { digest: true, ..Detail::default() }), @"1> sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2");
    }

    #[test]
    fn evidence_says_who_chose_the_digest() {
        let mut report = examples::get();
        report.head.image.tag_signed_by = report.statements[0].signers.clone();
        let detail = Detail { evidence: true, ..Detail::default() };
        assert!(text_in_detail(&report, detail).contains("by a tag that alice, bob signed"));
        report.head.image.asked = report.head.image.reference.clone();
        assert!(text_in_detail(&report, detail).contains("named by its digest"));
    }

    #[test]
    fn list_has_its_headline_on_stderr_and_its_types_on_stdout() {
        let view = |detail| text_in_detail(&examples::list(), detail);
        assert_snapshot!(view(Detail::default()), @r"
        2> Metadata types stored for image 'ghcr.io/acme/app:1.4':
        1>     approvals
        1>     seccomp
        ");
        assert_snapshot!(view(Detail { long: true, ..Detail::default() }), @r"
        2> Metadata types stored for image 'ghcr.io/acme/app:1.4':
        1>     approvals  56 B  3 h ago  until 20 Dec   alice, bob
        1>     seccomp    56 B  3 h ago  never expires  alice
        ");
        let mut empty = examples::list();
        empty.statements.clear();
        assert_snapshot!(text(&empty), @"2> No metadata stored for image 'ghcr.io/acme/app:1.4'");
    }

    /// [⚔] A script that looks for a type must not find an expired statement.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#expired-statement
    #[test]
    fn what_has_expired_is_told_and_not_listed() {
        let mut report = examples::list();
        report.statements[0].expires = Some(examples::time("2026-11-17T16:00:00Z"));
        report.statements[0].expired = true;
        let view = |detail| text_in_detail(&report, detail);
        assert_snapshot!(view(Detail::default()), @r"
        2> 'approvals' expired 3 d ago, and is not in force
        2> Metadata types stored for image 'ghcr.io/acme/app:1.4':
        1>     seccomp
        ");
        assert_snapshot!(view(Detail { long: true, ..Detail::default() }), @r"
        2> Metadata types stored for image 'ghcr.io/acme/app:1.4':
        1>     approvals  56 B  3 h ago  expired 3 d ago  alice, bob
        1>     seccomp    56 B  3 h ago  never expires    alice
        ");
        assert_snapshot!(view(Detail { evidence: true, ..Detail::default() }), @r"
        2> 'approvals' expired 3 d ago, and is not in force
        2> Metadata types stored for image 'ghcr.io/acme/app:1.4':
        2> Verified for ghcr.io/acme/app@sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d:
        2>   'approvals'  by alice, bob (2 of 2 for qa), 3 h ago; expired 3 d ago
        2>   'seccomp'    by alice for repository, 3 h ago
        2>   current      as of 60 min ago; good until 4 Dec
        2>   image        ghcr.io/acme/app:1.4 as the registry reports: its tag is not signed
        2>   trust        ghcr.io/acme/app: pinned sha256:4813494d137e…, now root 3
        1>     seccomp
        ");
        let json: serde_json::Value = serde_json::from_str(&examples::json(&report)).unwrap();
        assert_eq!(
            (&json["statements"][0]["expired"], &json["statements"][1]["expired"]),
            (&true.into(), &false.into())
        );
        let mut all = examples::list_all();
        all.images[1].statements[0].expires = Some(examples::time("2026-11-17T16:00:00Z"));
        all.images[1].statements[0].expired = true;
        assert_snapshot!(text(&all), @r"
        2> 'approvals' of ghcr.io/acme/app@sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 expired 3 d ago, and is not in force
        2> Metadata types stored for the images of 'ghcr.io/acme/app':
        1> ghcr.io/acme/app@sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed
        1>     seccomp
        1> ghcr.io/acme/app@sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3
        1>     trivy
        ");
    }

    #[test]
    fn the_future_is_called_so() {
        let mut report = examples::list();
        report.statements[0].created = examples::time("2031-01-01T00:00:00Z");
        report.head.metadata.timestamp.created = Some(examples::time("2026-12-31T00:00:00Z"));
        let detail = Detail { long: true, evidence: true, digest: false };
        let shown = text_in_detail(&report, detail);
        assert!(shown.contains("approvals  56 B  dated in the future (2031-01-01T00:00:00Z)"), "{shown}");
        assert!(shown.contains("'approvals'  by alice, bob (2 of 2 for qa), dated in the future ("), "{shown}");
        assert!(shown.contains("current      dated in the future (2026-12-31T00:00:00Z); good until"), "{shown}");
        assert!(!shown.contains("0 s ago"), "{shown}");
    }

    #[test]
    fn list_shows_every_image() {
        assert_snapshot!(text(&examples::list_all()), @r"
        2> Metadata types stored for the images of 'ghcr.io/acme/app':
        1> ghcr.io/acme/app@sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed
        1>     seccomp
        1> ghcr.io/acme/app@sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3
        1>     approvals
        1>     trivy
        ");
    }

    #[test]
    fn a_type_cannot_paint_on_the_terminal() {
        let mut report = examples::list();
        report.statements[0].statement_type = "a\u{202e}b\u{1b}[2J".into();
        let shown = text_in_detail(&report, Detail { long: true, evidence: true, digest: false });
        assert!(!shown.contains(['\u{202e}', '\u{1b}']), "{shown}");
    }

    #[test]
    fn json_is_the_contract_s() {
        assert_snapshot!(examples::json(&examples::get()), @r#"
        {
          "checked_at": "2026-11-20T17:00:00Z",
          "exit_code": 0,
          "image": {
            "asked": "ghcr.io/acme/app:1.4",
            "platform": null,
            "reference": "ghcr.io/acme/app@sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d",
            "tag_signed_by": []
          },
          "metadata": {
            "snapshot": {
              "created": "2026-11-20T16:00:00Z",
              "expires": "2027-02-18T17:00:00Z",
              "version": 41
            },
            "source": "registry",
            "timestamp": {
              "created": "2026-11-20T16:00:00Z",
              "expires": "2026-12-04T17:00:00Z",
              "version": 41
            }
          },
          "schema": "dev.manifesto.get/v1",
          "statements": [
            {
              "annotations": {
                "ticket": "QA-1"
              },
              "created": "2026-11-20T14:00:00Z",
              "digest": "sha256:4481c86dedce107c35e02434b9b0bbcf75b6e9dd531f770f26ce66ae7d6dcfd2",
              "expired": false,
              "expires": "2026-12-20T14:00:00Z",
              "media_type": "application/json",
              "previous": "sha256:20cd938a2ea64f612b3523bc9219130c6fc66cd09b394ea38437488c0b8898b2",
              "role": "qa",
              "signers": [
                {
                  "keyid": "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90",
                  "name": "alice"
                },
                {
                  "keyid": "81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9",
                  "name": "bob"
                }
              ],
              "size": 56,
              "threshold": 2,
              "title": "ok.json",
              "type": "approvals"
            }
          ],
          "trust": {
            "how": "pin",
            "pinned": "sha256:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2",
            "repository": "ghcr.io/acme/app",
            "root_version": 3
          },
          "warnings": [],
          "written": []
        }
        "#);
    }
}
