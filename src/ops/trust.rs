//! What this machine trusts: pins are made and read here.

use bytes::Bytes;

use super::{
    Basis, BasisKind, OpsError, Session,
    open::root_key_names,
    render,
    session::{FirstSeen, FirstUse},
};
use crate::{
    name::{Digest, Tag},
    oci::Reference,
    report,
    store::{
        publication::{Fetched, Origin, Remembered, Scope},
        state::{How, Pin},
    },
    trust::TrustedRoot,
};

/// What a pin rests on.
pub enum PinBy {
    /// The fingerprint of a root, which is fetched.
    Fingerprint(Digest),
    /// A root itself. Nothing is fetched.
    Root(Bytes),
    /// The word of a person who is shown the root.
    FirstUse,
}

/// Pins a root for the repository.
///
/// # Errors
/// The root is not the one that was named, or does not lead to what the repository shows; another one is pinned.
pub async fn pin(session: &Session, by: PinBy) -> Result<report::TrustPin, OpsError> {
    let before = session.state.pin()?;
    let (root, how) = match by {
        PinBy::Root(bytes) => (handed_over(session, bytes)?, How::File),
        PinBy::Fingerprint(fingerprint) => (shown(session, Some(fingerprint)).await?, How::Fingerprint),
        PinBy::FirstUse => {
            let root = shown(session, None).await?;
            accept(session, &root)?;
            (root, How::FirstUse)
        }
    };
    let pin = Pin {
        repository: session.state.name().to_owned(),
        gun: root.gun().clone(),
        how,
        fingerprint: root.root().digest(),
        version: root.root().version(),
        pinned_at: session.now,
    };
    let unchanged = before.as_ref().is_some_and(|before| before.fingerprint == pin.fingerprint);
    session.state.lock(session.patience)?.pin(&pin, root.root().bytes())?;
    Ok(report::TrustPin { pin: describe(&pin, None), unchanged, warnings: Vec::new() })
}

fn handed_over(session: &Session, bytes: Bytes) -> Result<TrustedRoot, OpsError> {
    Ok(match session.expected_gun() {
        Some(gun) => TrustedRoot::anchor(bytes, &gun, &session.limits)?,
        None => TrustedRoot::of_any_repository(bytes, &session.limits)?,
    })
}

/// The root that the repository shows, from which its whole publication verifies.
async fn shown(session: &Session, fingerprint: Option<Digest>) -> Result<TrustedRoot, OpsError> {
    let reference = Reference::Tag(Tag::manifesto());
    let fetched = Fetched::get(session.content.as_ref(), &reference, &Remembered::default(), &session.limits).await?;
    let fetched = fetched.ok_or_else(|| OpsError::NotInitialised { location: session.location.clone() })?;
    let root = session.shown_root(&fetched, fingerprint).await?;
    let origin =
        Origin { content: session.content.as_ref(), location: session.location.to_string(), limits: &session.limits };
    fetched.open(&origin, root.clone(), Remembered::default(), &Scope::Paths(Vec::new())).await?;
    Ok(root)
}

fn accept(session: &Session, root: &TrustedRoot) -> Result<(), OpsError> {
    let seen = FirstSeen {
        location: session.location.clone(),
        gun: root.gun().clone(),
        fingerprint: root.root().digest(),
        keys: root_key_names(root),
    };
    let accepted = match &session.trust.first_use {
        FirstUse::Refuse => false,
        FirstUse::Accept => true,
        FirstUse::Ask(person) => person.accept(&seen),
    };
    if accepted {
        return Ok(());
    }
    Err(OpsError::NotPinned { location: session.location.clone(), shown: Some(seen.fingerprint) })
}

/// The newest root that is trusted here for the repository, every byte as it was received.
///
/// # Errors
/// Nothing is pinned.
pub fn export(session: &Session) -> Result<(report::TrustExport, Bytes), OpsError> {
    let pinned = session.state.pinned()?;
    let pinned = pinned.ok_or_else(|| OpsError::NotPinned { location: session.location.clone(), shown: None })?;
    let gun = pinned.pin.gun.clone();
    let root = session.newest_root(&session.state, &gun, pinned.root)?;
    let report = report::TrustExport {
        repository: report::Text::new(&session.location),
        fingerprint: root.root().digest(),
        root_version: root.root().version(),
        file: None,
        warnings: Vec::new(),
    };
    Ok((report, root.root().bytes().clone()))
}

/// A pin as reports show it. `root_version` is that of the newest root that was verified under it.
pub fn describe(pin: &Pin, root_version: Option<u64>) -> report::Pin {
    let basis = Basis { gun: pin.gun.clone(), fingerprint: pin.fingerprint, how: BasisKind::Pinned(pin.how.clone()) };
    report::Pin {
        repository: report::Text::new(&pin.repository),
        identity: Some(report::Text::new(&pin.gun)),
        pinned: Some(pin.fingerprint),
        root_keys: Vec::new(),
        how: render::pinned(&basis.how),
        origin: report::PinOrigin::State,
        root_version: Some(root_version.unwrap_or(pin.version)),
        since: Some(pin.pinned_at),
    }
}
