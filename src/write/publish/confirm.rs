//! Confirming that a publication is current and stays current (rule 8).

use crate::{
    oci::Pushed,
    store::publication::Publication,
    trust::Writers,
    write::{
        error::WriteError,
        publish::{announcements, base::is_about_registry_state, protocol::Protocol},
    },
};

/// The situation in which a publication is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    /// The publication of the only writer.
    Alone(Pushed),
    /// A publication among several writers.
    Among,
    /// The operation was in the base already; nothing was put.
    Unchanged,
}

impl Protocol<'_> {
    /// Confirms that the operation is current and will stay current (rule 8). `None`: it is not.
    pub(super) async fn watch(&self, ours: Publication, watched: Watched) -> Result<Option<Publication>, WriteError> {
        if watched == Watched::Alone(Pushed::Uncertain) {
            // Wait until the `PUT` has landed or can no longer land. It must not overwrite what this user publishes
            // next.
            tokio::time::sleep(self.publisher.timing.confirm_interval).await;
        }
        if let Watched::Alone(_) = watched
            && self.publisher.repository.current_digest().await? == Some(ours.digest())
        {
            self.publisher.remember_publication(&ours)?;
            return Ok(Some(ours));
        }
        if watched == Watched::Unchanged && ours.trusted().trusted_root().writers() == Writers::Single {
            return Ok(Some(ours));
        }
        if self.still_there(&ours).await?.is_none() {
            return Ok(None);
        }
        tokio::time::sleep(self.publisher.timing.confirm_interval).await;
        let Some(current) = self.still_there(&ours).await? else { return Ok(None) };
        if current.trusted().trusted_root().writers() == Writers::Several {
            let announced =
                self.publisher.announced(current.trusted().trusted_root(), &current, &self.operation.roles()).await?;
            let relevant = announcements::relevant(&current, &announced);
            if self.publisher.merge_announced(&current, &relevant, &self.signers).await?.needed {
                return Ok(None);
            }
        }
        self.publisher.remember_publication(&current)?;
        Ok(Some(current))
    }

    /// Returns the current publication if it contains the operation.
    async fn still_there(&self, ours: &Publication) -> Result<Option<Publication>, WriteError> {
        if self.publisher.repository.current_digest().await? == Some(ours.digest()) {
            return Ok(Some(ours.clone()));
        }
        let current = match self.publisher.open_to_write(&self.operation.scope()).await {
            // An attacker may have put anything there. The next round continues from what verifies.
            Err(error) if self.compromised && is_about_registry_state(&error) => return Ok(None),
            opened => opened?.publication,
        };
        Ok(self.operation.is_in(&current)?.then_some(current))
    }
}
