use manifesto::{
    name::Location,
    trust::author::AuthorityError,
    write::{Orphans, Publisher, RevokeOptions, WriteError},
};

use crate::{
    connect::{key_store::KeyRing, public_key, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, ProposalFileFlag, RegistryFlags, TrustFlags},
    session::Session,
};

use super::unbelieved;

/// Take a key out wherever it stands
///
/// In one publication it is no root, publishing or role key any more, and what would lose its signatures is signed anew by
/// the keys that are here. Where that takes others, it is said who, and nothing is changed without --prepare or --now.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// The key: its name, the first digits of its id, or a file with its public half
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,

    /// Someone's public key to take its place: a file as `key generate` prints it, or the name of a key that is here
    #[arg(long, value_name = "PUB")]
    replace: Option<String>,

    /// The key is lost: it goes once others have signed what rests on it
    #[arg(long, conflicts_with = "now")]
    prepare: bool,

    /// The key is stolen: it goes at once, and what nobody here can sign has to be said again
    #[arg(long)]
    now: bool,

    /// Go on from what this machine saw last, where what stands there is not to be believed
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
            return Err(CliError::usage("one key takes the place of one, and several were named"));
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
    let error = unbelieved(error);
    if !needs_another {
        return error;
    }
    error.hint(format!(
        "Another key has to take its place: --replace PUB; for a key that is here, `manifesto key rotate {repository} ROLE` \
         makes one."
    ))
}
