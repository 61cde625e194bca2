use manifesto::{
    name::Location,
    trust::author::AuthorityError,
    write::{Orphans, Publisher, RevokeOptions, WriteError},
};

use crate::{
    connect::{key_store::KeyRing, public_key, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, ProposalFileFlag, RegistryFlags, RepositoryArg, TrustFlags},
    session::Session,
};

use super::with_memory_hint;

/// Revoke a key everywhere it is listed
///
/// One publication removes the key from root, from the publishers and from every role. The keys on this machine sign
/// again what would lose its signatures. If other signers are needed, they are named, and without --prepare or --now
/// nothing is changed.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The key: its name, the first digits of its id, or a file with its public half
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,

    /// A public key that replaces it: a file as `key generate` prints it, or the name of a key on this machine
    #[arg(long, value_name = "PUB")]
    replace: Option<String>,

    /// The key is lost: remove it once others have signed what depends on it
    #[arg(long, conflicts_with = "now")]
    prepare: bool,

    /// The key is stolen: remove it at once; statements that no key on this machine can sign have to be put again
    #[arg(long)]
    now: bool,

    /// Continue from the state that this machine last verified, if the registry's metadata does not verify
    #[arg(long)]
    from_memory: bool,

    #[command(flatten)]
    out: ProposalFileFlag,

    #[command(flatten)]
    key_store: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if self.replace.is_some() && self.keys.len() > 1 {
            return Err(CliError::usage("--replace replaces one key, but several were named"));
        }
        let replacement = public_key::all(session, &self.key_store, self.replace.as_slice()).await?.pop();
        let options = RevokeOptions {
            keys: self.keys.iter().map(|key| public_key::meant(key)).collect::<Result<_, _>>()?,
            replacement,
            orphans: match (self.now, self.prepare) {
                (true, _) => Orphans::BeginAnew,
                (_, true) => Orphans::Prepare,
                (false, false) => Orphans::Refuse,
            },
            from_memory: self.from_memory,
        };
        let out = self.out.checked()?;
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.key_store)?);
        let revoked = publisher.revoke(options).await;
        session
            .hand_over(&publisher, &revoked.map_err(|error| with_hint(error, &self.repository))?, out.as_deref())
            .await
    }
}

fn with_hint(error: WriteError, repository: &Location) -> CliError {
    let needs_another = matches!(error, WriteError::Authority(AuthorityError::Unmeetable { .. }));
    let error = with_memory_hint(error);
    if !needs_another {
        return error;
    }
    error.hint(format!(
        "Another key has to take its place: --replace PUB; for a key that is here, `manifesto key rotate {repository} ROLE` \
         makes one."
    ))
}
