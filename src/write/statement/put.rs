use std::{collections::BTreeMap, path::PathBuf};

use tokio::io::AsyncReadExt;

use crate::{
    name::{Digest, Hasher, Image, Platform, Role, StatementType, TopLevelRole},
    oci::Source,
    progress::Step,
    read::{
        Error,
        open::VerifiedRepository,
        reports,
        resolve::{Demands, Resolved},
        wanted::{About, Wanted},
    },
    report,
    store::publication::Publication,
    time::Age,
    trust::{author::NewStatement, role_keys},
    write::{
        error::WriteError,
        proposal::make::Outcome,
        publish::{
            draft::quorum,
            edit::{Change, StatementEdit},
            operation::Operation,
            protocol::Protocol,
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// Statements larger than this are uploaded before anything is locked or signed.
const UPLOAD_FIRST: u64 = 1 << 20;

/// The bytes of a statement to be put, measured.
#[derive(Debug, Clone)]
pub struct StatementContent {
    /// Their sha256.
    pub digest: Digest,
    /// How many there are.
    pub size: u64,
    /// Where they come from.
    pub source: Source,
}

impl StatementContent {
    /// Measures bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn measure(source: Source) -> Result<Self, WriteError> {
        let path = match &source {
            Source::Bytes(bytes) => {
                return Ok(Self { digest: Digest::of(bytes), size: bytes.len() as u64, source });
            }
            Source::File(path) => path.clone(),
        };
        let failed = |source| WriteError::Read(Error::File { operation: "read", path: path.clone(), source });
        let mut file = tokio::fs::File::open(&path).await.map_err(failed)?;
        let (mut hasher, mut size) = (Hasher::new(), 0);
        let mut buffer = vec![0; 256 << 10];
        loop {
            match file.read(&mut buffer).await.map_err(failed)? {
                0 => break,
                count => {
                    hasher.update(&buffer[..count]);
                    size += count as u64;
                }
            }
        }
        Ok(Self { digest: hasher.finish(), size, source: Source::File(PathBuf::clone(&path)) })
    }
}

/// What is signed about a statement besides its bytes.
#[derive(Debug, Clone, Default)]
pub struct PutOptions {
    /// The platform's image to speak about, where the reference is to an index.
    pub platform: Option<Platform>,
    /// What kind of bytes these are.
    pub media_type: String,
    /// For how long the statement is valid.
    pub ttl: Option<Age>,
    /// A title for people.
    pub title: Option<String>,
    /// Whatever else is to be signed.
    pub annotations: BTreeMap<String, String>,
}

impl Publisher {
    /// Stores and signs a statement of `kind` about `image`, and makes it the current one; a proposal of it, where more
    /// signatures are needed than the keys on this machine give, or they do not publish.
    ///
    /// # Errors
    /// Anything that keeps the statement from being confirmed; then it is not current, but for
    /// [`WriteError::NotConfirmed`].
    pub async fn put(
        &self,
        image: &Image,
        statement_type: &StatementType,
        content: StatementContent,
        options: PutOptions,
    ) -> Result<Outcome<report::Put>, WriteError> {
        let (verified, resolved) = self.open_to_change(image, options.platform.as_ref(), statement_type, true).await?;
        self.check_tag_to_change(&verified.publication, &resolved)?;
        let created = self.repository.now.whole_seconds();
        let statement = NewStatement {
            digest: content.digest,
            size: content.size,
            media_type: options.media_type,
            created,
            expires: options.ttl.map(|ttl| ttl.after(created)),
            title: options.title,
            annotations: options.annotations,
        };
        let trusted = verified.publication.trusted();
        let edit = StatementEdit::record(trusted, resolved.digest, statement_type.clone(), Change::Put(statement))?;
        let change = match (edit.replaces_something(), has_statements(&verified.publication)) {
            (true, _) => report::Change::Replaced,
            (false, true) => report::Change::Added,
            (false, false) => report::Change::Created,
        };
        let (mut signers, may_publish) = self.signers_for(&verified.publication, &edit, statement_type).await?;
        let StatementContent { digest, size, source } = content;
        if size > UPLOAD_FIRST || !may_publish {
            self.repository.progress.step(Step::Uploading);
            self.repository.content.push_blob(digest, size, source.clone()).await?;
        }
        if !may_publish {
            return self.proposals().propose_change(&verified, &edit, &mut signers).await.map(Outcome::proposed);
        }
        let operation = Operation::Change(Box::new(edit));
        let protocol = Protocol::new(self, operation, signers, Some((digest, size, source)));
        let (basis, base) = (verified.basis, verified.publication);
        let publication = protocol.publish(base).await?;
        let verified = VerifiedRepository { publication, basis };
        report_put(self, &verified, &resolved, statement_type, change).map(Outcome::Done)
    }
}

fn report_put(
    publisher: &Publisher,
    verified: &VerifiedRepository,
    resolved: &Resolved,
    statement_type: &StatementType,
    change: report::Change,
) -> Result<report::Put, WriteError> {
    let publication = &verified.publication;
    let root = publication.trusted().root().document();
    let answer = publication.signed_statement(resolved.digest, statement_type)?;
    Ok(report::Put {
        checked_at: publisher.repository.now,
        image: reports::image(&publisher.repository, resolved, &[], verified),
        trust: reports::trust(&verified.basis, publication),
        metadata: reports::metadata(&publisher.repository, publication),
        change,
        statements: answer.iter().map(|answer| reports::statement(answer, root, publisher.repository.now)).collect(),
        warnings: reports::warnings(&publisher.repository, publication),
    })
}

/// Whether the repository's roles that were loaded say anything about any image.
fn has_statements(publication: &Publication) -> bool {
    publication.artifact().statements.iter().next().is_some()
}

impl Publisher {
    /// Opens the publication to change what it says about `image`, and finds the image's digest.
    pub(in crate::write) async fn open_to_change(
        &self,
        image: &Image,
        platform: Option<&Platform>,
        statement_type: &StatementType,
        must_exist: bool,
    ) -> Result<(VerifiedRepository, Resolved), WriteError> {
        let demands = Demands { exists: must_exist, signed_tag: false };
        let about = About::new(&self.repository, image, platform, Some(std::slice::from_ref(statement_type)), demands);
        let verified = self.open_for_writing(&Wanted::About(&about)).await?;
        Ok((verified, about.resolved().await?.clone()))
    }

    /// Loads the keys that a change takes: those of the role whose type it is, and those that publish. Returns with them
    /// whether that is all that it takes, or others have to sign or publish too.
    ///
    /// # Errors
    /// None of the role's keys is here.
    pub(in crate::write) async fn signers_for(
        &self,
        base: &Publication,
        edit: &StatementEdit,
        statement_type: &StatementType,
    ) -> Result<(Signers, bool), WriteError> {
        self.repository.progress.step(Step::WaitingForKeys);
        let root = base.trusted().root().document();
        let role = &edit.delegation().to;
        let terms = edit.terms();
        let mut signers = self.signers();
        let authorised = crate::write::publish::signers::Quorum {
            role: role.as_str(),
            keyids: &base.trusted().targets().document().authorised_keys(terms),
            threshold: terms.keys.threshold.get() as usize,
        };
        // A role below another one is delegated to in a document that proposals know nothing of.
        let together = matches!(edit.delegation().from, Role::TopLevel(_));
        let enough = match signers.load(&authorised, root).await {
            Ok(()) => true,
            Err(WriteError::NoKey { may_sign, .. }) if !role.is_repository() => {
                return Err(WriteError::OtherRolesType {
                    statement_type: statement_type.clone(),
                    role: role.clone(),
                    may_sign,
                });
            }
            Err(WriteError::TooFewKeys { .. }) if together => {
                signers.load_here(authorised.keyids, authorised.threshold).await?;
                false
            }
            Err(error) => return Err(error),
        };
        match signers.load_publishing_keys(root).await {
            Ok(()) => Ok((signers, enough)),
            Err(WriteError::NoKey { .. } | WriteError::TooFewKeys { .. }) if together => Ok((signers, false)),
            Err(error) => Err(error),
        }
    }
}

impl Signers {
    /// Loads the keys of snapshot and timestamp.
    ///
    /// # Errors
    /// This machine has none.
    pub(in crate::write) async fn load_publishing_keys(&mut self, root: &crate::trust::Root) -> Result<(), WriteError> {
        for role in [TopLevelRole::Snapshot, TopLevelRole::Timestamp] {
            self.load(&quorum(role.as_str(), role_keys(root, role)), root).await?;
        }
        Ok(())
    }
}
