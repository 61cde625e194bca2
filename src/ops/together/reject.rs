use std::sync::Arc;

use bytes::Bytes;
use manifesto_keys::KeyStore;

use super::make::{Maker, Outcome};
use crate::{
    name::Role,
    ops::{OpsError, Session, publish::Signers},
    report,
    store::publication::Scope,
    trust::{
        Proposal, TrustError,
        author::{Issue, Unsigned},
    },
};

/// Withdraws a proposal. Signatures that were made once can be kept by anybody and used later, so what makes an end of
/// them is a higher version of what they were made on top of ⚔: the same documents, under new versions and dates. That
/// takes as many signatures as the proposal did, and is a proposal itself until it has them.
///
/// # Errors
/// There is no such proposal, or no key here is asked for.
pub async fn reject(
    session: &Session,
    keys: Arc<dyn KeyStore>,
    id: &str,
) -> Result<Outcome<report::Proposed>, OpsError> {
    let opening = Box::pin(session.open_to_write(&Scope::Roles(Vec::new()))).await?;
    let collected = session.collect_proposals(&opening.publication).await?;
    let rejected = session.one_of(collected, id)?;
    let base = session.with_roles_of(&rejected, &opening.publication).await?;
    let mut signers = Signers::new(keys);
    let tallies = rejected.tallies(Some(base.trusted()))?;
    let kept_by = signers.stored(&Vec::from_iter(tallies.into_iter().flat_map(|tally| tally.keyids))).await?;
    let counter = session.renewal_of(&rejected, &base)?;
    let mut maker = Maker { session, base: Some(&base), proposal: counter };
    let asked = maker.asked_here(&signers).await?;
    if asked.is_empty() {
        let report = maker.report(Vec::new()).await?;
        let missing = report.proposal.signatures.iter().flat_map(|signatures| &signatures.missing);
        let may_sign = missing.map(|signer| signer.name.raw().to_owned()).collect();
        return Err(OpsError::NotAsked { role: "the roles of this proposal".to_owned(), may_sign });
    }
    maker.sign(&mut signers, &asked).await?;
    for key in &kept_by {
        session.forget_proposal(key, &base, rejected.id()).await?;
    }
    maker.publish_or_keep(signers, &asked, None).await
}

impl Session {
    /// The documents of `proposal` as they are now, under versions that end every other proposal of them.
    fn renewal_of(
        &self,
        proposal: &Proposal,
        base: &crate::store::publication::Publication,
    ) -> Result<Proposal, OpsError> {
        let trusted = base.trusted();
        let root = trusted.root().document();
        let issue = Issue::new(root.manifesto.common.gun.clone(), self.now, root.manifesto.periods);
        let mut documents: Vec<(Role, Bytes)> = Vec::new();
        if proposal.root().is_some() {
            let next = issue.next_root(root);
            documents.push((crate::name::TopLevelRole::Root.into(), Unsigned::root(&next)?.with_signatures([])));
        } else if proposal.targets().is_some() {
            let current = trusted.targets();
            let next = issue.signed_together(current.document(), Some((current.version(), current.digest())))?;
            documents.push((crate::name::TopLevelRole::Targets.into(), Unsigned::targets(&next)?.with_signatures([])));
        } else {
            for (name, _) in proposal.roles() {
                let unknown = || TrustError::Missing { what: format!("{name} metadata") };
                let current = trusted.first_level(name).ok_or_else(unknown)?;
                let next = issue.signed_together(current.document(), Some((current.version(), current.digest())))?;
                documents.push((name.clone().into(), Unsigned::targets(&next)?.with_signatures([])));
            }
        }
        Ok(Proposal::inspect(documents, trusted.trusted_root().gun(), &self.limits)?)
    }
}
