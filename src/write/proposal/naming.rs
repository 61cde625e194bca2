use crate::{
    report,
    trust::{KeyId, Proposal, Root, Trusted},
};

/// What keys are called where a proposal is shown.
///
/// Names are root's to give. ⚔ Those in a proposed root are its maker's until it is in force, who could call a key of
/// their own by somebody else's name: so a key that is known keeps the name that it has, and the name of one that is not
/// stands beside its id.
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

    /// A key's name, and that its maker chose it, where that is so.
    pub(super) fn name(&self, id: &KeyId) -> String {
        self.named(id).unwrap_or_else(|name| format!("{name} ({}, named by this proposal)", id.short()))
    }

    /// A key as one of several. Where its name is the maker's, its id stands beside it.
    pub(super) fn signer(&self, id: &KeyId) -> report::Signer {
        let name = self.named(id).unwrap_or_else(|name| format!("{name} ({})", id.short()));
        report::Signer { name: report::Text::from(name), keyid: report::Text::new(id) }
    }

    /// The name that a key has, or as an error the one that its maker chose.
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

/// A name as it is, unless it could be taken for more than one, or for words of this program.
fn plain(name: &str) -> String {
    let allowed = |character: char| character.is_alphanumeric() || "_.-@+".contains(character);
    if !name.is_empty() && name.chars().all(allowed) { name.to_owned() } else { format!("{name:?}") }
}
