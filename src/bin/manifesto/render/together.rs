use std::io::{self, Write};

use jiff::Timestamp;
use manifesto::report::{
    FieldDifference, Pending, Proposal, ProposalState, Proposed, Review, RootEdit, Said, Signatures,
    StatementDifference, Text,
};

use super::{
    Render, Streams,
    line::{ago, count, names, short},
};
use crate::exit::Exit;

impl Render for Pending {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        if self.proposals.is_empty() {
            return writeln!(streams.person, "Nothing waits for signatures in {}.", self.repository);
        }
        for proposal in &self.proposals {
            let state = match proposal.state {
                ProposalState::Open => "waits for signatures",
                ProposalState::Complete => "complete: waits for a publisher",
                ProposalState::Outdated => "outdated: signing makes it anew on top of what is current",
                ProposalState::InForce => "in force",
            };
            writeln!(streams.out, "{}  {}, {state}", short(&proposal.id), ago(proposal.created, streams.now))?;
            difference(streams.out, proposal)?;
            signatures(streams.out, proposal)?;
        }
        Ok(())
    }
}

impl Render for Review {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let proposal = &self.proposal;
        writeln!(streams.person, "Proposal {} for {}", proposal.id, self.repository)?;
        if let Some(former) = &self.made_anew_from {
            let former = short(former);
            writeln!(streams.person, "  {former} was overtaken: this is the same on top of what is current.")?;
            writeln!(streams.person, "  Whoever signed {former} has to sign again.")?;
        }
        difference(streams.person, proposal)?;
        signatures(streams.person, proposal)
    }
}

impl Render for Proposed {
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
            ProposalState::Open | ProposalState::Outdated => {
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
            ProposalState::Open | ProposalState::Complete | ProposalState::Outdated => Exit::Proposed,
        }
    }
}

impl Render for RootEdit {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Self { repository, trust, .. } = self;
        writeln!(streams.person, "Root of {repository} is version {} now.", trust.root_version)?;
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

/// Who has to sign yet; the roles are named where they are not all waiting for the same people.
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
    for StatementDifference { reference, kind, before, after, .. } in &proposal.difference.statements {
        writeln!(out, "  {kind} of {reference}")?;
        if let Some(before) = before {
            writeln!(out, "    - {}", said(before))?;
        }
        if let Some(after) = after {
            writeln!(out, "    + {}", said(after))?;
        }
    }
    let nothing_but_dates = proposal.difference.statements.is_empty()
        && proposal.difference.fields.iter().all(|field| field.field.raw().ends_with("renew_by"));
    if nothing_but_dates {
        writeln!(out, "  nothing but new dates: it renews, and ends every other proposal of the same")?;
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

fn said(said: &Said) -> String {
    let Said { digest, size, media_type, text, expires, .. } = said;
    let what = match text {
        Some(text) => format!("\"{text}\""),
        None => format!("{digest}, {}, {media_type}", count(*size, "byte", "bytes")),
    };
    match expires {
        Some(expires) => format!("{what}, until {}", until(*expires)),
        None => what,
    }
}

fn until(time: Timestamp) -> String {
    manifesto::time::to_day(time)
}
