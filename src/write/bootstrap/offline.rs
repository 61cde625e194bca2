//! Initialising a repository whose root keys are on other machines.
//!
//! The first documents are a proposal in a file: before the first root exists, nobody who reads the registry could know
//! whose proposals to look for.

use std::num::NonZeroU32;

use bytes::Bytes;
use manifesto_keys::KeyRecord;

use crate::{
    name::{Role, RoleName, Tag, TopLevelRole},
    oci::Reference,
    read::Error,
    report::{self, Report},
    store::publication::Publication,
    trust::{
        Periods, Proposal, Tally, Writers,
        author::{AuthorityError, Issue, NamedKey, Unsigned},
    },
    write::{
        bootstrap::{
            first::{Delivery, FirstDocuments},
            init::{InitOptions, begun, pin},
        },
        error::WriteError,
        keys::named_key,
        proposal::{
            collect::to_file,
            make::{Outcome, ProposalSession},
        },
        publish::draft::sign_index,
        publisher::Publisher,
    },
};

/// The root keys that a repository starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct RootKeys {
    /// The keys. They need not be on this machine.
    pub keys: Vec<NamedKey>,
    /// The threshold of root; one by default.
    pub threshold: Option<NonZeroU32>,
}

/// The result of initialising a repository.
pub enum InitOutcome {
    /// The repository is initialised.
    Begun(Box<Report<report::Init>>),
    /// The holders of the root keys have to sign this file.
    Proposed(Bytes, Box<Report<report::Proposed>>),
}

impl Publisher {
    /// Makes this machine's keys, for the roles `repository` and timestamp, and the first documents. If the root keys
    /// are on this machine, they sign, and the documents are published.
    ///
    /// # Errors
    /// The repository is initialised already, or the threshold cannot be met.
    pub async fn init_offline(&self, options: InitOptions, root_keys: RootKeys) -> Result<InitOutcome, WriteError> {
        let gun = self
            .repository
            .expected_gun()
            .ok_or_else(|| WriteError::NoIdentity { location: self.repository.location.clone() })?;
        self.check_not_initialised().await?;
        self.check_clock()?;
        let threshold = root_keys.threshold.unwrap_or(NonZeroU32::MIN);
        let distinct: std::collections::BTreeSet<_> = root_keys.keys.iter().map(|key| &key.id).collect();
        AuthorityError::check_threshold(TopLevelRole::Root, threshold, distinct.len())?;
        let roles = [RoleName::repository().into(), TopLevelRole::Timestamp.into()];
        let (records, kept) = self.make_keys(&gun, &options, &roles, Vec::new()).await?;
        let begin = async {
            let proposal = first_documents(self, &root_keys, threshold, &records)?;
            let mut signers = self.signers()?;
            let mut session = ProposalSession { publisher: self, base: None, proposal };
            let asked = session.asked_here(&signers).await?;
            session.sign(&mut signers, &asked).await?;
            Ok::<_, WriteError>(session)
        };
        let session = match begin.await {
            Ok(session) => session,
            Err(error) => {
                self.discard(&records, options.backup.as_ref()).await?;
                return Err(error);
            }
        };
        if session.proposal.tallies(None)?.iter().all(Tally::is_met) {
            let publication = publish(self, &session.proposal).await?;
            let keys = records.iter().map(|record| report::Key::of(record, &self.keys.describe())).collect();
            let backup = options.backup.map(|backup| backup.path);
            return Ok(InitOutcome::Begun(Box::new(begun(self, &publication, keys, backup, kept))));
        }
        self.repository.state.lock(self.repository.lock_timeout)?.remember_offline_init(session.proposal.id())?;
        let report = session.report(kept).await?;
        Ok(InitOutcome::Proposed(to_file(&session.proposal).to_bytes()?, Box::new(report)))
    }
}

/// Publishes first documents that were made on this machine and that the holders of the root keys have signed.
///
/// [⚔] Only the machine that made the documents knows which root keys were intended. Anybody who transports the file
/// could put other root keys into it, and sign with those.
///
/// # Errors
/// [`WriteError::OtherFirstDocuments`]: this machine has not made these documents. [`WriteError::AlreadyInitialised`].
/// The publisher's keys are not on this machine.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#founding-root-keys
pub(in crate::write) async fn publish_first_documents(
    publisher: &Publisher,
    proposal: Proposal,
) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
    let session = ProposalSession { publisher, base: None, proposal };
    let mut report = session.report(Vec::new()).await?;
    if !session.proposal.tallies(None)?.iter().all(Tally::is_met) {
        return Ok(Outcome::proposed(report));
    }
    let id = session.proposal.id();
    if !publisher.repository.state.offline_inits()?.contains(&id) {
        return Err(WriteError::OtherFirstDocuments { location: publisher.repository.location.clone(), id });
    }
    let begun = publish(publisher, &session.proposal).await?;
    report.first_root = Some(begun.trusted().root().digest());
    report.proposal.state = report::ProposalState::InForce;
    Ok(Outcome::Done(report))
}

async fn publish(publisher: &Publisher, proposal: &Proposal) -> Result<Publication, WriteError> {
    let (state, lock_timeout) = (publisher.repository.state.clone(), publisher.repository.lock_timeout);
    let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
    publisher.check_not_initialised().await?;
    let name = RoleName::repository();
    let role = proposal.roles().find(|(role, _)| **role == name).map(|(_, document)| document.clone());
    let (Some(root), Some(targets), Some(role)) = (proposal.root().cloned(), proposal.targets().cloned(), role) else {
        return Err(WriteError::Read(Error::NotInitialised { location: publisher.repository.location.clone() }));
    };
    let mut signers = publisher.signers()?;
    signers.load_publishing_keys(&root).await?;
    let bytes = |role: Role| proposal.published(&role, None);
    let first = FirstDocuments {
        root: (root, bytes(TopLevelRole::Root.into())?),
        targets: (targets, bytes(TopLevelRole::Targets.into())?),
        role: (role, bytes(name.into())?),
    };
    let published = first.publish(publisher, &signers).await;
    let publication = published.map_err(|(error, Delivery::NeverSent | Delivery::Sent)| error)?;
    pin(publisher, &publication)?;
    Ok(publication)
}

fn first_documents(
    publisher: &Publisher,
    root_keys: &RootKeys,
    threshold: NonZeroU32,
    records: &[KeyRecord],
) -> Result<Proposal, WriteError> {
    let named = |role: Role| {
        let record = records.iter().find(|record| record.role() == Some(&role));
        record.map(named_key).transpose()
    };
    let none = || WriteError::NoIdentity { location: publisher.repository.location.clone() };
    let gun = publisher.repository.expected_gun().ok_or_else(none)?;
    let repository = [named(RoleName::repository().into())?.ok_or_else(none)?];
    let timestamp = [named(TopLevelRole::Timestamp.into())?.ok_or_else(none)?];
    let issue = Issue::new(gun.clone(), publisher.repository.now, Periods::DEFAULT);
    let mut root = issue.first_root(&root_keys.keys, &repository, &timestamp, Writers::Several);
    root.roles.root.threshold = threshold;
    root.roles.targets.threshold = threshold;
    let targets = issue.first_targets(&repository);
    let name = RoleName::repository();
    let mut role = issue.first_role(name.clone().into());
    sign_index(&mut role, &name)?;
    let documents = [Unsigned::root(&root)?, Unsigned::targets(&targets)?, Unsigned::targets(&role)?];
    Ok(Proposal::inspect(documents.map(Unsigned::without_signatures), &gun, &publisher.repository.limits)?)
}

impl Publisher {
    async fn check_not_initialised(&self) -> Result<(), WriteError> {
        let there = self.repository.content.resolve(&Reference::Tag(Tag::manifesto())).await?;
        if there.is_some() || self.repository.state.pin()?.is_some() {
            return Err(WriteError::AlreadyInitialised { location: self.repository.location.clone() });
        }
        Ok(())
    }
}
