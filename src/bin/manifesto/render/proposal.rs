use std::io::{self, Write};

use manifesto::{
    report::{
        AboutRepository, FieldDifference, Pending, Proposal, ProposalState, Proposed, Report, Review, RootEdit,
        Signatures, StatementDifference, StatementRevision, Text,
    },
    time::Timestamp,
};

use super::{
    Render, Streams,
    line::{ago, count, names, short},
};
use crate::exit::Exit;

impl Render for Report<Pending> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        if self.proposals.is_empty() {
            return writeln!(streams.person, "Nothing waits for signatures in {}.", self.head.repository);
        }
        for proposal in &self.proposals {
            let state = match proposal.state {
                ProposalState::Open => "waits for signatures",
                ProposalState::Complete => "complete: waits for a publisher",
                ProposalState::ProposalOutdated => "outdated: signing makes it again on top of the current state",
                ProposalState::InForce => "in force",
            };
            writeln!(streams.out, "{}  {}, {state}", short(&proposal.id), ago(proposal.created, streams.now))?;
            difference(streams.out, proposal)?;
            signatures(streams.out, proposal)?;
        }
        Ok(())
    }
}

impl Render for Report<Review> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let proposal = &self.proposal;
        writeln!(streams.person, "Proposal {} for {}", proposal.id, self.repository)?;
        if let Some(former) = &self.remade_from {
            let former = short(former);
            writeln!(streams.person, "  {former} is outdated: this is the same change on top of the current state.")?;
            writeln!(streams.person, "  The signers of {former} have to sign again.")?;
        }
        difference(streams.person, proposal)?;
        signatures(streams.person, proposal)
    }
}

impl Render for Report<Proposed> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let (id, person) = (short(&self.proposal.id), &mut *streams.person);
        match self.proposal.state {
            ProposalState::InForce => {
                writeln!(person, "Complete. Published.")?;
                match &self.first_root {
                    Some(root) => {
                        writeln!(person, "Others trust it with:  manifesto trust pin {} {root}", self.repository)
                    }
                    None => Ok(()),
                }
            }
            ProposalState::Complete => {
                writeln!(person, "Complete. Waiting for a publisher: {}.  Proposal {id}", names(&self.publishers))?;
                match &self.first_root {
                    Some(root) => writeln!(person, "Trusted from now on: {}, pinned {root}.", self.repository),
                    None => Ok(()),
                }
            }
            ProposalState::Open | ProposalState::ProposalOutdated => {
                let signed = self.proposal.signatures.iter().flat_map(|signatures| &signatures.signed);
                let signed = each_once(signed.map(|signer| signer.name.to_string()));
                let signed = if signed.is_empty() { "nobody".to_owned() } else { signed.join(", ") };
                let missing = still_missing(&self.proposal.signatures);
                writeln!(person, "Not in force yet: signed by {signed}; {missing}.  Proposal {id}")
            }
        }
    }

    fn exit(&self) -> Exit {
        match self.proposal.state {
            ProposalState::InForce => Exit::Done,
            ProposalState::Open | ProposalState::Complete | ProposalState::ProposalOutdated => Exit::Proposed,
        }
    }
}

impl Render for Report<RootEdit> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let AboutRepository { repository, trust, .. } = &self.head;
        writeln!(streams.person, "The root of {repository} now has version {}.", trust.root_version)?;
        fields(streams.person, &self.difference.fields)
    }
}

fn signatures(out: &mut dyn Write, proposal: &Proposal) -> io::Result<()> {
    for Signatures { role, threshold, signed, missing } in &proposal.signatures {
        write!(out, "  {role}: signed by {} ({} of {threshold})", names(signed), signed.len())?;
        if (signed.len() as u64) < *threshold {
            write!(out, "; not by {}", names(missing))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The missing signers. Roles are named if they wait for different signers.
fn still_missing(signatures: &[Signatures]) -> String {
    let mut needs: Vec<(String, Vec<String>)> = Vec::new();
    for Signatures { role, threshold, signed, missing } in signatures {
        let more = threshold.saturating_sub(signed.len() as u64);
        let need = match more {
            0 => continue,
            _ if more == missing.len() as u64 => format!("missing: {}", names(missing)),
            1 => format!("one more of {}", names(missing)),
            _ => format!("{more} more of {}", names(missing)),
        };
        match needs.iter_mut().find(|(other, _)| *other == need) {
            Some((_, roles)) => roles.push(role.to_string()),
            None => needs.push((need, vec![role.to_string()])),
        }
    }
    match &needs[..] {
        [(need, _)] => need.clone(),
        all => {
            let shown =
                all.iter().map(|(need, roles)| format!("for {}: {need}", each_once(roles.iter().cloned()).join(", ")));
            shown.collect::<Vec<_>>().join("; ")
        }
    }
}

fn each_once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn difference(out: &mut dyn Write, proposal: &Proposal) -> io::Result<()> {
    for StatementDifference { reference, statement_type, before, after, .. } in &proposal.difference.statements {
        writeln!(out, "  {statement_type} of {reference}")?;
        if let Some(before) = before {
            writeln!(out, "    - {}", describe(before))?;
        }
        if let Some(after) = after {
            writeln!(out, "    + {}", describe(after))?;
        }
    }
    let nothing_but_dates = proposal.difference.statements.is_empty()
        && proposal.difference.fields.iter().all(|field| field.field.raw().ends_with("renew_by"));
    if nothing_but_dates {
        writeln!(out, "  only new dates: it renews the document, and makes other proposals for it outdated")?;
    }
    fields(out, &proposal.difference.fields)
}

fn fields(out: &mut dyn Write, fields: &[FieldDifference]) -> io::Result<()> {
    for FieldDifference { field, before, after } in fields {
        let shown = |value: &Option<Text>| value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        writeln!(out, "  {field}: {} -> {}", shown(before), shown(after))?;
    }
    Ok(())
}

fn describe(revision: &StatementRevision) -> String {
    let StatementRevision { digest, size, media_type, text, expires, created } = revision;
    let made = manifesto::time::to_day(*created);
    let what = match text {
        // The quotes show where foreign text ends.
        Some(text) => format!("\"{}\", {media_type} of {made}", text.to_string().replace('"', "\\\"")),
        None => format!("{digest}, {}, {media_type} of {made}", count(*size, "byte", "bytes")),
    };
    match expires {
        Some(expires) => format!("{what}, until {}", until(*expires)),
        None => what,
    }
}

fn until(time: Timestamp) -> String {
    manifesto::time::to_day(time)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use manifesto::report::ProposalState;

    use crate::{
        exit::Exit,
        render::{
            Render,
            examples::proposal::{field, of_root, pending, proposal, proposed, renewal, review, root_edit},
            examples::{digest, json, text},
        },
    };

    #[test]
    fn what_waits() {
        assert_snapshot!(text(&pending(Vec::new())), @r"
        2> Nothing waits for signatures in ghcr.io/acme/app.
        ");
        let states = [ProposalState::Open, ProposalState::Complete, ProposalState::ProposalOutdated];
        assert_snapshot!(text(&pending(states.map(proposal).to_vec())), @r#"
        1> ecd137  20 min ago, waits for signatures
        1>   approvals of ghcr.io/acme/app@sha256:41d0
        1>     - "pending", text/plain of 20 Nov 2026
        1>     + "approved", text/plain of 20 Nov 2026
        1>   qa.renew_by: 2027-02-01T00:00:00Z -> 2027-02-18T00:00:00Z
        1>   qa: signed by anna (1 of 2); not by bob, carol
        1> ecd137  20 min ago, complete: waits for a publisher
        1>   approvals of ghcr.io/acme/app@sha256:41d0
        1>     - "pending", text/plain of 20 Nov 2026
        1>     + "approved", text/plain of 20 Nov 2026
        1>   qa.renew_by: 2027-02-01T00:00:00Z -> 2027-02-18T00:00:00Z
        1>   qa: signed by anna, bob (2 of 2)
        1> ecd137  20 min ago, outdated: signing makes it again on top of the current state
        1>   approvals of ghcr.io/acme/app@sha256:41d0
        1>     - "pending", text/plain of 20 Nov 2026
        1>     + "approved", text/plain of 20 Nov 2026
        1>   qa.renew_by: 2027-02-01T00:00:00Z -> 2027-02-18T00:00:00Z
        1>   qa: signed by anna (1 of 2); not by bob, carol
        "#);
        assert_snapshot!(text(&pending(vec![of_root(), renewal()])), @r"
        1> 481349  0 s ago, waits for signatures
        1>   root.keys.5f91838084013a15: nothing -> carol (5f918380, named by this proposal)
        1>   root.threshold: 1 -> 2
        1>   root: signed by alice (1 of 2); not by bob
        1>   targets: signed by nobody (0 of 2); not by alice, bob, carol
        1> ecd137  20 min ago, waits for signatures
        1>   only new dates: it renews the document, and makes other proposals for it outdated
        1>   qa.renew_by: 2027-02-01T00:00:00Z -> 2027-02-18T00:00:00Z
        1>   qa: signed by anna (1 of 2); not by bob, carol
        ");
    }

    #[test]
    fn what_is_about_to_be_signed() {
        assert_snapshot!(text(&review(proposal(ProposalState::Open))), @r#"
        2> Proposal sha256:ecd1378bc9dc130008f00d58db5d26f60db55934a49b949af7e6f6a8da2a2beb for ghcr.io/acme/app
        2>   approvals of ghcr.io/acme/app@sha256:41d0
        2>     - "pending", text/plain of 20 Nov 2026
        2>     + "approved", text/plain of 20 Nov 2026
        2>   qa.renew_by: 2027-02-01T00:00:00Z -> 2027-02-18T00:00:00Z
        2>   qa: signed by anna (1 of 2); not by bob, carol
        "#);
        let mut anew = review(proposal(ProposalState::Open));
        anew.remade_from = Some(digest("former"));
        assert!(text(&anew).contains("is outdated"));
    }

    /// [⚔] The author of a proposal chooses some of its text, which must not affect a terminal.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#terminal-injection
    #[test]
    fn words_of_others_are_escaped() {
        let mut hostile = proposal(ProposalState::Open);
        let evil = "\u{1b}[2Jok\n  qa: signed by bob\u{202e}";
        hostile.difference.fields.push(field(evil, Some(evil), Some(evil)));
        let statement = &mut hostile.difference.statements[0];
        statement.statement_type = evil.into();
        for said in [&mut statement.before, &mut statement.after].into_iter().flatten() {
            said.text = Some(evil.into());
            said.media_type = evil.into();
        }
        hostile.signatures[0].role = evil.into();
        hostile.signatures[0].signed[0].name = evil.into();
        hostile.signatures[0].missing[0].name = evil.into();
        let shown = [text(&pending(vec![hostile.clone()])), text(&review(hostile.clone())), text(&proposed(hostile))];
        for shown in shown {
            assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
            assert!(!shown.lines().any(|line| line[3..].starts_with("  qa: signed by bob")), "{shown}");
        }
    }

    #[test]
    fn what_became_of_it() {
        for (state, exit) in [
            (ProposalState::Open, Exit::Proposed),
            (ProposalState::ProposalOutdated, Exit::Proposed),
            (ProposalState::Complete, Exit::Proposed),
            (ProposalState::InForce, Exit::Done),
        ] {
            assert_eq!(proposed(proposal(state)).exit(), exit);
        }
        assert_snapshot!(text(&proposed(proposal(ProposalState::Open))), @r"
        2> Not in force yet: signed by anna; one more of bob, carol.  Proposal ecd137
        ");
        assert_snapshot!(text(&proposed(proposal(ProposalState::Complete))), @r"
        2> Complete. Waiting for a publisher: cron.  Proposal ecd137
        ");
        assert_snapshot!(text(&proposed(proposal(ProposalState::InForce))), @r"
        2> Complete. Published.
        ");
        assert_snapshot!(text(&proposed(of_root())), @r"
        2> Not in force yet: signed by alice; for root: missing: bob; for targets: 2 more of alice, bob, carol.  Proposal 481349
        ");
        assert_snapshot!(text(&root_edit()), @r"
        2> The root of ghcr.io/acme/app now has version 3.
        2>   root.keys.5f91838084013a15: nothing -> carol (5f918380, named by this proposal)
        2>   root.threshold: 1 -> 2
        ");
    }

    #[test]
    fn a_proposal_as_json() {
        let json: serde_json::Value = serde_json::from_str(&json(&proposed(proposal(ProposalState::Open)))).unwrap();
        assert_eq!((&json["schema"], &json["exit_code"]), (&"dev.manifesto.proposal/v1".into(), &12.into()));
        let (proposal, difference) = (&json["proposal"], &json["proposal"]["difference"]);
        assert_eq!(proposal["id"], digest("proposal").to_string());
        assert_eq!(proposal["state"], "open");
        assert_eq!(proposal["signatures"][0]["missing"][0]["name"], "bob");
        assert_eq!(difference["statements"][0]["after"]["text"], "approved");
        assert_eq!(difference["fields"][0]["field"], "qa.renew_by");
        assert_eq!(json["publishers"][0]["name"], "cron");
    }
}
