//! Parts that several reports share, taken from verified publications.

use crate::{
    name::{Digest, Location},
    read::{
        anchor::{TrustAnchor, TrustSource},
        repository::Repository,
    },
    report,
    store::{
        publication::{Answer, Publication},
        state::AnchorOrigin,
    },
    time::Timestamp,
    trust::{Dated, KeyId, Root, Verified, Writers},
};

pub(crate) fn trust(basis: &TrustAnchor, publication: &Publication) -> report::Trust {
    report::Trust {
        repository: report::Text::new(&basis.gun),
        pinned: basis.fingerprint,
        how: pinned(&basis.how),
        root_version: publication.trusted().root().version(),
    }
}

pub(crate) fn pinned(how: &TrustSource) -> report::Pinned {
    match how {
        TrustSource::OneCall => report::Pinned::RootFile,
        TrustSource::Pinned(AnchorOrigin::Init) => report::Pinned::Init,
        TrustSource::Pinned(AnchorOrigin::Fingerprint | AnchorOrigin::File) => report::Pinned::Pin,
        TrustSource::Pinned(AnchorOrigin::Key(_)) => report::Pinned::RootKey,
        TrustSource::Pinned(AnchorOrigin::FirstUse) => report::Pinned::FirstUse,
        TrustSource::Pinned(AnchorOrigin::Mirror) => report::Pinned::Mirror,
    }
}

pub(crate) fn metadata(repository: &Repository, publication: &Publication) -> report::Metadata {
    report::Metadata {
        timestamp: dates(publication.trusted().timestamp()),
        snapshot: dates(publication.trusted().snapshot()),
        source: if repository.location.is_layout() { report::Source::Layout } else { report::Source::Registry },
    }
}

pub(crate) fn dates<T: Dated>(document: &Verified<T>) -> report::RoleDates {
    report::RoleDates { version: document.version(), expires: document.expires(), created: Some(document.created()) }
}

pub(crate) fn signer(root: &Root, key: &KeyId) -> report::Signer {
    report::Signer { name: report::Text::from(root.name_of(key)), keyid: report::Text::new(key) }
}

/// Returns `single` or `several`: how many machines publish.
pub(crate) fn writers(root: &Root) -> report::Text {
    report::Text::new(match root.manifesto.writers {
        Writers::Single => "single",
        Writers::Several => "several",
    })
}

pub(crate) fn statement(answer: &Answer, root: &Root, now: Timestamp) -> report::Statement {
    let info = &answer.statement.info;
    report::Statement {
        statement_type: report::Text::new(&answer.statement.statement_type),
        digest: answer.statement.digest,
        size: answer.statement.size,
        media_type: report::Text::from(info.media_type.clone()),
        created: info.created,
        expires: info.expires,
        expired: info.expires.is_some_and(|expires| now >= expires),
        role: report::Text::new(&answer.role),
        threshold: answer.threshold.into(),
        signers: answer.signers.iter().map(|key| signer(root, key)).collect(),
        previous: info.history.first().map(|former| former.sha256),
        title: info.title.clone().map(report::Text::from),
        annotations: info
            .annotations
            .iter()
            .map(|(name, value)| (name.clone(), report::Text::from(value.clone())))
            .collect(),
    }
}

/// Returns `name@sha256:…`.
pub(crate) fn reference(location: &Location, digest: Digest) -> String {
    format!("{location}@{digest}")
}
