//! A TUF client of general use, under no rules of this project.

use manifesto::{
    limits::Limits,
    trust::{Memory, standard::Answer},
};

use super::repository::{Place, Repository, paths, read};
use crate::trust::simulator::{Published, now};

/// Whether such a client believes the document at `place`.
pub(super) fn accepts(repository: &Repository, place: &Place, published: &Published) -> bool {
    let Ok(mut trusted) = read(&repository.plain_root, Memory::default(), published) else { return false };
    for path in paths() {
        for _ in 0..Limits::DEFAULT.delegations_visited {
            let Ok(fresh) = trusted.fresh(now()) else { break };
            let Ok(Answer::Needs(delegation)) = fresh.find(&path.to_string()) else { break };
            let Some(bytes) = published.roles.get(delegation.to.as_str()).cloned() else { break };
            if trusted.load(&delegation, bytes).is_err() {
                return !matches!(place, Place::Role(name) if name == delegation.to.as_str());
            }
        }
    }
    true
}
