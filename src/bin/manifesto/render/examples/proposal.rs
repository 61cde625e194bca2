//! Example proposals, for the tests of their rendering.

use manifesto::report::{
    Difference, FieldDifference, Pending, Proposal, ProposalState, Proposed, Report, Review, RootEdit, Signatures,
    StatementDifference, StatementRevision,
};

use super::{about_repository, checked, digest, now, signer, time};

fn said(text: &str) -> StatementRevision {
    StatementRevision {
        digest: digest(text),
        size: text.len() as u64,
        media_type: "text/plain".into(),
        text: Some(text.into()),
        created: time("2026-11-20T16:40:00Z"),
        expires: None,
    }
}

pub(crate) fn field(name: &str, before: Option<&str>, after: Option<&str>) -> FieldDifference {
    FieldDifference { field: name.into(), before: before.map(Into::into), after: after.map(Into::into) }
}

pub(crate) fn proposal(state: ProposalState) -> Proposal {
    let bob = signer("bob");
    let (signed, missing) = match state {
        ProposalState::Open | ProposalState::ProposalOutdated => (vec![signer("anna")], vec![bob, signer("carol")]),
        ProposalState::Complete | ProposalState::InForce => (vec![signer("anna"), bob], vec![signer("carol")]),
    };
    Proposal {
        id: digest("proposal"),
        state,
        created: time("2026-11-20T16:40:00Z"),
        signatures: vec![Signatures { role: "qa".into(), threshold: 2, signed, missing }],
        difference: Difference {
            statements: vec![StatementDifference {
                role: "qa".into(),
                reference: "ghcr.io/acme/app@sha256:41d0".into(),
                statement_type: "approvals".into(),
                before: Some(said("pending")),
                after: Some(said("approved")),
            }],
            fields: vec![field("qa.renew_by", Some("2027-02-01T00:00:00Z"), Some("2027-02-18T00:00:00Z"))],
        },
    }
}

pub(crate) fn of_root() -> Proposal {
    let of = |role: &str, signed: &[&str], missing: &[&str]| Signatures {
        role: role.into(),
        threshold: 2,
        signed: signed.iter().map(|name| signer(name)).collect(),
        missing: missing.iter().map(|name| signer(name)).collect(),
    };
    Proposal {
        id: digest("root"),
        state: ProposalState::Open,
        created: now(),
        signatures: vec![of("root", &["alice"], &["bob"]), of("targets", &[], &["alice", "bob", "carol"])],
        difference: Difference {
            statements: Vec::new(),
            fields: vec![
                field("root.keys.5f91838084013a15", None, Some("carol (5f918380, named by this proposal)")),
                field("root.threshold", Some("1"), Some("2")),
            ],
        },
    }
}

pub(crate) fn renewal() -> Proposal {
    let mut renewal = proposal(ProposalState::Open);
    renewal.difference.statements.clear();
    renewal
}

pub(crate) fn pending(proposals: Vec<Proposal>) -> Report<Pending> {
    Report::new(about_repository(), Pending { proposals })
}

pub(crate) fn review(proposal: Proposal) -> Report<Review> {
    let body =
        Review { repository: "ghcr.io/acme/app".into(), proposal, remade_from: None, signs: vec![signer("bob")] };
    Report::new(checked(), body)
}

pub(crate) fn proposed(proposal: Proposal) -> Report<Proposed> {
    let body = Proposed {
        repository: "ghcr.io/acme/app".into(),
        proposal,
        publishers: vec![signer("cron")],
        first_root: None,
    };
    Report::new(checked(), body)
}

pub(crate) fn root_edit() -> Report<RootEdit> {
    Report::new(about_repository(), RootEdit { difference: of_root().difference })
}
