//! Parts that several reports share, taken from verified publications.

use crate::{
    name::Location,
    read::{
        freshness::SignedDate,
        open::{TrustAnchor, TrustSource, VerifiedRepository},
        repository::Repository,
        resolve::Resolved,
        roles::{self, Due},
    },
    report,
    store::{
        publication::{Answer, Publication},
        state::AnchorOrigin,
    },
    time::{Timestamp, to_day},
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

pub(crate) fn image(
    repository: &Repository,
    resolved: &Resolved,
    signers: &[KeyId],
    verified: &VerifiedRepository,
) -> report::Image {
    let root = verified.publication.trusted().root().document();
    report::Image {
        asked: report::Text::new(&resolved.asked),
        reference: report::Text::from(reference(&repository.location, resolved.digest)),
        platform: resolved.platform.as_ref().map(report::Text::new),
        tag_signed_by: signers.iter().map(|key| signer(root, key)).collect(),
    }
}

/// Returns `name@sha256:…`.
pub(crate) fn reference(location: &Location, digest: crate::name::Digest) -> String {
    format!("{location}@{digest}")
}

/// Returns the warnings about a good answer: that it expires soon, or that a clock is wrong.
pub(crate) fn warnings(repository: &Repository, publication: &Publication) -> Vec<report::Warning> {
    warnings_about(repository, publication, [])
}

/// Like [`warnings`], for an answer with statements of these dates.
pub(crate) fn warnings_about(
    repository: &Repository,
    publication: &Publication,
    statements: impl IntoIterator<Item = SignedDate>,
) -> Vec<report::Warning> {
    let due = roles::due(publication);
    let near = due.iter().filter(|due| due.warned_from() <= repository.now);
    let when = |due: &Due| match due.expires <= repository.now {
        true => format!("{} expired on {}", due.role, to_day(due.expires)),
        false => format!("{} by {}", due.role, to_day(due.expires)),
    };
    let list: Vec<String> = near.map(when).collect();
    let warning = || report::Warning {
        kind: "renewal_due",
        message: report::Text::from(format!(
            "the signatures of {} have to be renewed: {}",
            repository.location,
            list.join(", ")
        )),
    };
    let clocks = repository.clock_warnings(publication, statements);
    repository.notices.all().into_iter().chain(clocks).chain((!list.is_empty()).then(warning)).collect()
}

/// Returns the warnings of a change, and then those about the resulting publication.
pub(crate) fn and_warnings(
    told: impl IntoIterator<Item = report::Warning>,
    repository: &Repository,
    publication: &Publication,
) -> Vec<report::Warning> {
    told.into_iter().chain(warnings(repository, publication)).collect()
}
