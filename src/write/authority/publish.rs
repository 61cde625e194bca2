//! Finishing an authority change: publish it, or propose it to the other signers.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::{
    name::{Role, RoleName, TopLevelRole},
    read::{authority::find, open::VerifiedRepository},
    trust::{Delegation, Proposal, Quorum, Root, Targets},
    write::{
        authority::builder::{AuthorityChangeBuilder, CompromisedBase, Unpublished},
        error::WriteError,
        proposal::make::Outcome,
        publish::{
            authority_change::{AuthorityChange, Resign},
            base::PublishBase,
            change_set::ChangeSet,
            operation::Operation,
            protocol::Protocol,
        },
    },
};

impl AuthorityChangeBuilder<'_> {
    /// Signs current documents again and publishes them: those of `roles`, whose keys are loaded, and root and targets
    /// if they are given.
    pub(in crate::write) async fn renew(
        mut self,
        root: Option<Root>,
        targets: Option<Targets>,
        roles: Vec<RoleName>,
    ) -> Result<Outcome<VerifiedRepository>, WriteError> {
        if root.is_some() || targets.is_some() {
            self.resign.extend(roles.into_iter().map(|name| (name, Resign::Dropping(BTreeSet::new()))));
            return Ok(Box::pin(self.publish_exactly(root, targets)).await?);
        }
        let VerifiedRepository { publication: base, basis } = self.verified;
        self.signers.load_publishing_keys(base.trusted().root().document()).await?;
        let roles = roles.iter().map(Delegation::first_level).collect();
        let operation = Operation::Renew { roles, since: self.publisher.repository.now.whole_seconds() };
        let mut protocol = Protocol::new(self.publisher, operation, self.signers, None);
        let publication = Box::pin(protocol.publish_despite_loss(base)).await?;
        Ok(Outcome::Done(VerifiedRepository { publication, basis }))
    }

    /// Signs and publishes the change, and with it root or targets if they have expired. If too few keys are on this
    /// machine, it makes a proposal instead.
    ///
    /// # Errors
    /// This machine has no key that could keep a proposal, or somebody else has changed the authority.
    pub(in crate::write) async fn publish(
        mut self,
        root: Option<Root>,
        targets: Option<Targets>,
    ) -> Result<Outcome<VerifiedRepository>, Unpublished> {
        let (root, targets) = Box::pin(self.with_stale(root, targets)).await?;
        Box::pin(self.publish_exactly(root, targets)).await
    }

    async fn publish_exactly(
        mut self,
        root: Option<Root>,
        targets: Option<Targets>,
    ) -> Result<Outcome<VerifiedRepository>, Unpublished> {
        let alone = self.can_do_alone(root.as_ref(), targets.as_ref()).await?;
        if !alone || self.joined.is_some() {
            let waiting = self.joined.as_ref();
            let root = root.or_else(|| waiting?.root().cloned());
            let targets = targets.or_else(|| waiting?.targets().cloned());
            let instead_of = waiting.map(Proposal::id);
            let proposal = self.proposal(root.as_ref(), targets.as_ref())?;
            let proposed =
                self.publisher.proposals().propose(&self.verified, proposal, &mut self.signers, instead_of).await?;
            return Ok(Outcome::proposed(proposed));
        }
        let Self {
            publisher,
            verified: VerifiedRepository { publication: base, basis },
            signers,
            compromised,
            resign,
            joined: _,
        } = self;
        let change = AuthorityChange::record(base.trusted(), root, targets, resign, &signers)?;
        let protocol = Protocol::new(publisher, Operation::AuthorityChange(Box::new(change)), signers, None);
        let (protocol, base) = match compromised {
            Some(CompromisedBase { tag, .. }) => (protocol.compromised(), PublishBase { publication: base, tag }),
            None => (protocol, PublishBase::at_tag(base)),
        };
        match Box::pin(protocol.publish_from(base)).await {
            Ok(publication) => Ok(Outcome::Done(VerifiedRepository { publication, basis })),
            Err(error) => Err(Unpublished { error, sent: protocol.has_sent() }),
        }
    }

    /// Loads the keys that the change requires. Returns whether this machine has enough. With a new root, the keys that
    /// publish are those of that root.
    async fn can_do_alone(&mut self, root: Option<&Root>, targets: Option<&Targets>) -> Result<bool, WriteError> {
        let current = self.verified.publication.trusted().root().document().clone();
        let newest = root.unwrap_or(&current);
        let publishing = [TopLevelRole::Snapshot, TopLevelRole::Timestamp];
        for role in publishing {
            self.can_sign(&current.roles.quorum(role)).await?;
        }
        let mut quorums: Vec<Quorum> = publishing.map(|role| newest.roles.quorum(role)).into();
        if let Some(root) = root {
            quorums.extend([&current, root].map(|root| root.roles.quorum(TopLevelRole::Root)));
        }
        if targets.is_some() {
            quorums.push(newest.roles.quorum(TopLevelRole::Targets));
        }
        let mut alone = true;
        for quorum in quorums {
            alone &= self.can_sign(&quorum).await?;
        }
        let targets = targets.unwrap_or(self.verified.publication.trusted().targets().document()).clone();
        let signed: Vec<RoleName> = self
            .resign
            .iter()
            .filter(|(_, resign)| **resign != Resign::Unchanged)
            .map(|(name, _)| name.clone())
            .collect();
        for entry in signed.iter().filter_map(|name| find(&targets, name)) {
            let quorum = entry.quorum();
            alone &= self.signers.can(&quorum) || self.can_sign(&quorum).await?;
        }
        Ok(alone)
    }

    /// Returns the change as a proposal: documents for several signers.
    fn proposal(&self, root: Option<&Root>, targets: Option<&Targets>) -> Result<Proposal, WriteError> {
        let trusted = self.verified.publication.trusted();
        let issue = self.publisher.issue(trusted.root().document());
        let mut changes = ChangeSet { root, targets, ..ChangeSet::default() };
        for (name, resign) in self.resign.iter().filter(|(_, resign)| **resign != Resign::Unchanged) {
            let delegation = Delegation::first_level(name);
            let latest = trusted.role(&delegation).map(|role| role.document());
            changes.resign(resign, &delegation, latest, trusted, &issue)?;
        }
        let limits = &self.publisher.repository.limits;
        let mut documents = changes.unsigned(&issue, trusted, limits)?;
        documents.extend(self.signed_already(targets, &documents));
        Ok(Proposal::inspect(documents, trusted.trusted_root().gun(), limits)?)
    }

    /// Returns the documents of the extended proposal that do not change. They keep their signatures.
    fn signed_already(&self, targets: Option<&Targets>, made: &[(Role, Bytes)]) -> Vec<(Role, Bytes)> {
        let documents = self.joined.iter().flat_map(Proposal::documents);
        let stays = |role: &Role| match role {
            Role::TopLevel(_) => false,
            Role::Delegated(name) => targets.is_none_or(|targets| find(targets, name).is_some()),
        };
        let stay = documents.filter(|(role, _)| stays(role) && !made.iter().any(|(other, _)| other == *role));
        stay.map(|(role, document)| (role.clone(), document)).collect()
    }
}
