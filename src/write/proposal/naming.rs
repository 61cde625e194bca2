//! The names of keys in the description of a proposal.

use crate::{
    report,
    trust::{KeyId, Proposal, Root, Trusted},
};

/// The names of keys in the description of a proposal.
///
/// Root names the keys. [⚔] But the author of a proposed root chose the names in it, and could give their own key the
/// name of another. So a key that the current root names keeps that name, and the name of a new key is shown with its
/// id.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#borrowed-name
pub(super) struct Naming<'a> {
    current: Option<&'a Root>,
    proposed: Option<&'a Root>,
}

impl<'a> Naming<'a> {
    pub(super) fn of(proposal: &'a Proposal, base: Option<&'a Trusted>) -> Self {
        Self::between(base.map(|base| base.root().document()), proposal.root())
    }

    pub(super) fn between(current: Option<&'a Root>, proposed: Option<&'a Root>) -> Self {
        Self { current, proposed }
    }

    /// Returns a key's name. If the proposal chose it, the text says so.
    pub(super) fn name(&self, id: &KeyId) -> String {
        self.named(id).unwrap_or_else(|name| format!("{name} ({}, named by this proposal)", id.short()))
    }

    /// Returns a key for a list of keys. If the proposal chose its name, the id follows it.
    pub(super) fn signer(&self, id: &KeyId) -> report::Signer {
        let name = self.named(id).unwrap_or_else(|name| format!("{name} ({})", id.short()));
        report::Signer { name: report::Text::from(name), keyid: report::Text::new(id) }
    }

    /// Returns the name of a key. If the proposal chose it, it is the error.
    fn named(&self, id: &KeyId) -> Result<String, String> {
        let named = |root: Option<&Root>| root.and_then(|root| root.manifesto.names.get(id)).map(|name| plain(name));
        match (named(self.current), named(self.proposed)) {
            (Some(name), _) => Ok(name),
            (None, Some(name)) if self.current.is_none() => Ok(name),
            (None, Some(name)) => Err(name),
            (None, None) => Ok(id.short().to_owned()),
        }
    }
}

/// Returns a name as it is; quoted, if it could be taken for several names or for words of this program.
fn plain(name: &str) -> String {
    let allowed = |character: char| character.is_alphanumeric() || "_.-@+".contains(character);
    if !name.is_empty() && name.chars().all(allowed) { name.to_owned() } else { format!("{name:?}") }
}
