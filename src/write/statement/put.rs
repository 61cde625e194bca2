//! Putting a statement.

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
    report::{self, Report},
    store::publication::Publication,
    time::Age,
    trust::author::NewStatement,
    write::{
        error::WriteError,
        proposal::make::Outcome,
        publish::{
            edit::{Change, StatementEdit},
            operation::Operation,
            protocol::Protocol,
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// Larger statements are uploaded before anything is locked or signed.
const UPLOAD_FIRST: u64 = 1 << 20;

/// The content of a new statement, with its digest and size.
#[derive(Debug, Clone)]
pub struct StatementContent {
    /// Its sha256.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where to read it.
    pub source: Source,
}

impl StatementContent {
    /// Computes digest and size.
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

/// What is signed about a statement besides its content.
#[derive(Debug, Clone, Default)]
pub struct PutOptions {
    /// The platform whose image the statement is about, if the reference is to an index.
    pub platform: Option<Platform>,
    /// The media type of the content.
    pub media_type: String,
    /// How long the statement is valid.
    pub ttl: Option<Age>,
    /// A title for display.
    pub title: Option<String>,
    /// Further annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Publisher {
    /// Stores and signs a statement about `image`, and makes it the current one. If it needs more keys than this
    /// machine has, or a publisher's, the result is a proposal.
    ///
    /// # Errors
    /// The statement is not current: a conflict, missing keys, expired metadata that others have to renew, or a failure
    /// of the registry. Only after [`WriteError::NotConfirmed`] it may be.
    pub async fn put(
        &self,
        image: &Image,
        statement_type: &StatementType,
        content: StatementContent,
        options: PutOptions,
    ) -> Result<Outcome<Report<report::Put>>, WriteError> {
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
        let verified = Box::pin(self.with_authority_in_force(verified, edit.delegation(), may_publish)).await?;
        self.keep_values([&content]).await;
        let StatementContent { digest, size, source } = content;
        if size > UPLOAD_FIRST || !may_publish {
            self.repository.progress.step(Step::Uploading);
            self.repository.content.push_blob(digest, size, source.clone()).await?;
        }
        if !may_publish {
            return self.proposals().propose_change(&verified, &edit, &mut signers).await.map(Outcome::proposed);
        }
        let operation = Operation::Change(Box::new(edit));
        let mut protocol = Protocol::new(self, operation, signers, Some((digest, size, source)));
        let (basis, base) = (verified.basis, verified.publication);
        let publication = protocol.publish_despite_loss(base).await?;
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
) -> Result<Report<report::Put>, WriteError> {
    let publication = &verified.publication;
    let root = publication.trusted().root().document();
    let answer = publication.signed_statement(resolved.digest, statement_type)?;
    let statement = |answer| reports::statement(answer, root, publisher.repository.now);
    Ok(Report {
        head: publisher.repository.about_image(resolved, &[], verified),
        body: report::Put { change, statements: answer.iter().map(statement).collect() },
        warnings: publisher.repository.warnings(publication),
    })
}

/// Returns whether the repository has any statement.
fn has_statements(publication: &Publication) -> bool {
    publication.artifact().statements.iter().next().is_some()
}

impl Publisher {
    /// Opens the repository to change a statement about `image`, and resolves the image's digest.
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

    /// Loads the keys that a change needs: the role's, and the publisher's. Returns them, and whether they suffice or
    /// others have to sign or publish, too.
    ///
    /// # Errors
    /// [`WriteError::OtherRolesType`], [`WriteError::NoKey`]: none of the role's keys is on this machine.
    pub(in crate::write) async fn signers_for(
        &self,
        base: &Publication,
        edit: &StatementEdit,
        statement_type: &StatementType,
    ) -> Result<(Signers, bool), WriteError> {
        self.repository.progress.step(Step::WaitingForKeys);
        let root = base.trusted().root().document();
        let role = &edit.delegation().to;
        let entry = edit.entry();
        let mut signers = self.signers()?;
        let authorised = base.trusted().targets().document().authorised_quorum(entry);
        // A role below the first level is delegated in a document that proposals do not cover.
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
                signers.load_here(&authorised.keyids, authorised.threshold).await?;
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
    /// Loads the snapshot and timestamp keys.
    ///
    /// # Errors
    /// [`WriteError::NoKey`], [`WriteError::TooFewKeys`]: this machine has too few of them.
    pub(in crate::write) async fn load_publishing_keys(&mut self, root: &crate::trust::Root) -> Result<(), WriteError> {
        for role in [TopLevelRole::Snapshot, TopLevelRole::Timestamp] {
            self.load(&root.roles.quorum(role), root).await?;
        }
        Ok(())
    }
}
