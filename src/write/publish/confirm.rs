use crate::{
    oci::Pushed,
    store::publication::Publication,
    trust::Writers,
    write::{
        error::WriteError,
        publish::{announcements, base::is_about_what_is_there, protocol::Publisher},
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

impl Publisher<'_> {
    /// Waits until it is certain that what was wanted is current and stays (rule 8). `None`: it is not.
    pub(super) async fn watch(&self, ours: Publication, watched: Watched) -> Result<Option<Publication>, WriteError> {
        if watched == Watched::Alone(Pushed::Uncertain) {
            // Until it has landed or cannot land any more: it must not be put over what this user publishes next.
            tokio::time::sleep(self.session.pace.apart).await;
        }
        if let Watched::Alone(_) = watched
            && self.session.current_digest().await? == Some(ours.digest())
        {
            self.session.remember_publication(&ours)?;
            return Ok(Some(ours));
        }
        if watched == Watched::Unchanged && ours.trusted().trusted_root().writers() == Writers::Single {
            return Ok(Some(ours));
        }
        if self.still_there(&ours).await?.is_none() {
            return Ok(None);
        }
        tokio::time::sleep(self.session.pace.apart).await;
        let Some(current) = self.still_there(&ours).await? else { return Ok(None) };
        if current.trusted().trusted_root().writers() == Writers::Several {
            let announced =
                self.session.announced(current.trusted().trusted_root(), &current, &self.goal.roles()).await?;
            let of_concern = announcements::of_concern(&current, &announced);
            if self.session.settle(&current, &of_concern, &self.signers).await?.needed {
                return Ok(None);
            }
        }
        self.session.remember_publication(&current)?;
        Ok(Some(current))
    }

    /// What is current, if it has what was wanted.
    async fn still_there(&self, ours: &Publication) -> Result<Option<Publication>, WriteError> {
        if self.session.current_digest().await? == Some(ours.digest()) {
            return Ok(Some(ours.clone()));
        }
        let current = match self.session.open_to_write(&self.goal.scope()).await {
            // A thief may put anything there; the next round goes on from what can be believed.
            Err(error) if self.wary && is_about_what_is_there(&error) => return Ok(None),
            opened => opened?.publication,
        };
        Ok(self.goal.is_in(&current)?.then_some(current))
    }
}
