use crate::{
    oci::Pushed,
    store::publication::Publication,
    trust::Writers,
    write::{
        error::WriteError,
        publish::{announcements, base::is_about_what_is_there, protocol::Protocol},
    },
};

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    /// The only writer's publication.
    Alone(Pushed),
    /// One publication among several writers.
    Among,
    /// What was wanted is there already, put by someone else.
    Unchanged,
}

impl Protocol<'_> {
    /// Waits until it is certain that what was wanted is current and stays (rule 8). `None`: it is not.
    pub(super) async fn watch(&self, ours: Publication, watched: Watched) -> Result<Option<Publication>, WriteError> {
        if watched == Watched::Alone(Pushed::Uncertain) {
            // Until it has landed or cannot land any more: it must not be put over what this user publishes next.
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
                self.publisher.announced(current.trusted().trusted_root(), &current, &self.goal.roles()).await?;
            let of_concern = announcements::of_concern(&current, &announced);
            if self.publisher.settle(&current, &of_concern, &self.signers).await?.needed {
                return Ok(None);
            }
        }
        self.publisher.remember_publication(&current)?;
        Ok(Some(current))
    }

    /// What is current, if it has what was wanted.
    async fn still_there(&self, ours: &Publication) -> Result<Option<Publication>, WriteError> {
        if self.publisher.repository.current_digest().await? == Some(ours.digest()) {
            return Ok(Some(ours.clone()));
        }
        let current = match self.publisher.open_to_write(&self.goal.scope()).await {
            // A thief may put anything there; the next round goes on from what can be believed.
            Err(error) if self.wary && is_about_what_is_there(&error) => return Ok(None),
            opened => opened?.publication,
        };
        Ok(self.goal.is_in(&current)?.then_some(current))
    }
}
