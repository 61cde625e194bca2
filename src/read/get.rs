//! Reading the current statements of given types about an image.

use std::{io::Seek, sync::Arc};

use bytes::Bytes;

use crate::{
    name::{Image, Platform, StatementType},
    oci::Content,
    progress::Step,
    read::{
        Error,
        freshness::SignedDate,
        open::VerifiedRepository,
        reports,
        repository::Repository,
        resolve::{Demands, Resolved, check_names_tag},
        wanted::{About, Wanted},
    },
    report::{self, Report},
    store::publication::Answer,
    time::Age,
    trust::TrustError,
};

/// Larger statements go to a temporary file, smaller ones stay in memory.
const IN_MEMORY: u64 = 1 << 20;

/// What [`get`](Repository::get) requires besides verification.
#[derive(Debug, Clone, Default)]
pub struct GetOptions {
    /// The platform whose image is meant, if the reference is to an index.
    pub platform: Option<Platform>,
    /// The highest age of a statement, by its own signed date.
    pub max_age: Option<Age>,
    /// The highest age of the timestamp metadata, by its signed date.
    pub fresh: Option<Age>,
    /// Whether no date that the answer depends on may be in the future, as if an age was required.
    pub verify: bool,
    /// Whether the tag has to be signed.
    pub require_signed_tag: bool,
    /// Whether to return only the evidence, and not the statements' content.
    pub digest_only: bool,
}

impl GetOptions {
    /// Returns whether an age is required. Then nothing that the answer depends on may be dated in the future.
    fn asks_for_an_age(&self) -> bool {
        self.verify || self.max_age.is_some() || self.fresh.is_some()
    }
}

/// The result of [`get`](Repository::get): the evidence and, in the order of the question, the verified content.
pub struct GetAnswer {
    /// The evidence.
    pub report: Report<report::Get>,
    /// The content of each statement; empty if only the evidence was requested.
    pub bodies: Vec<(StatementType, Body)>,
}

/// Verified content.
pub enum Body {
    /// In memory.
    Memory(Bytes),
    /// In an unnamed temporary file, positioned at its start. It is deleted when the handle is closed.
    File(std::fs::File),
}

impl Repository {
    /// Verifies and fetches the current statements of `statement_types` about `image`.
    ///
    /// # Errors
    /// One of the statements does not exist, does not verify, or is not fresh enough. Then none of them is returned.
    pub async fn get(
        &self,
        image: &Image,
        statement_types: &[StatementType],
        options: &GetOptions,
    ) -> Result<GetAnswer, Error> {
        check_names_tag(image, options.require_signed_tag)?;
        let mut moved = false;
        loop {
            let demands = Demands { signed_tag: options.require_signed_tag, ..Demands::default() };
            let about = About::new(self, image, options.platform.as_ref(), Some(statement_types), demands);
            let (verified, resolved) = self.publication_about(&about).await?;
            let seen = verified.publication.digest();
            match answer(self, verified, resolved, statement_types, options).await {
                // If the tag has moved meanwhile, the missing statement belongs to the publication that was just
                // replaced.
                Err(error) if !moved && error.is_missing_content() && self.tag_moved_from(seen).await? => {
                    moved = true;
                }
                result => return result,
            }
        }
    }
}

async fn answer(
    repository: &Repository,
    verified: VerifiedRepository,
    resolved: Resolved,
    statement_types: &[StatementType],
    options: &GetOptions,
) -> Result<GetAnswer, Error> {
    let signers = repository.check_tag(&verified.publication, &resolved, options.require_signed_tag)?;
    if options.asks_for_an_age() {
        repository.check_fresh(&verified.publication, options.fresh)?;
    }
    let mut answers = Vec::with_capacity(statement_types.len());
    for statement_type in statement_types {
        answers.push(current(repository, &verified, &resolved, statement_type, options)?);
    }
    let mut bodies = Vec::new();
    if !options.digest_only {
        repository.progress.step(Step::Downloading);
        for answer in &answers {
            bodies.push((answer.statement.statement_type.clone(), body(&repository.content, answer).await?));
        }
    }
    let root = verified.publication.trusted().root().document();
    let report = Report {
        head: repository.about_image(&resolved, &signers, &verified),
        body: report::Get {
            statements: answers.iter().map(|answer| reports::statement(answer, root, repository.now)).collect(),
            written: Vec::new(),
        },
        warnings: repository.warnings_about(&verified.publication, dates_of(&answers, &resolved)),
    };
    Ok(GetAnswer { report, bodies })
}

fn dates_of(answers: &[Answer], resolved: &Resolved) -> impl Iterator<Item = SignedDate> {
    answers.iter().map(|answer| SignedDate::of_statement(answer, &resolved.asked))
}

/// Returns the current statement of one type, if the caller accepts its age.
fn current(
    repository: &Repository,
    verified: &VerifiedRepository,
    resolved: &Resolved,
    statement_type: &StatementType,
    options: &GetOptions,
) -> Result<Answer, Error> {
    let image = || resolved.asked.to_string();
    let answer = verified.publication.statement(resolved.digest, statement_type, repository.now)?;
    let answer = answer.ok_or_else(|| Error::NoStatement { image: image(), statement_type: statement_type.clone() })?;
    if let Some(expires) = answer.statement.info.expires
        && repository.now >= expires
    {
        return Err(Error::StatementExpired { image: image(), statement_type: statement_type.clone(), expires });
    }
    if options.asks_for_an_age() {
        let age = repository.age_of_answer(&verified.publication, &answer, &resolved.asked)?;
        if let Some(limit) = options.max_age
            && age > limit
        {
            return Err(Error::StatementTooOld { image: image(), statement_type: statement_type.clone(), age, limit });
        }
    }
    Ok(answer)
}

async fn body(content: &Arc<dyn Content>, answer: &Answer) -> Result<Body, Error> {
    let statement = &answer.statement;
    let missing = || TrustError::Missing { what: format!("the statement '{}'", statement.statement_type) };
    if statement.size <= IN_MEMORY {
        let bytes = content.blob(statement.digest, statement.size).await?.ok_or_else(missing)?;
        if bytes.len() as u64 != statement.size {
            let (expected, found) = (statement.size, bytes.len() as u64);
            return Err(TrustError::Length {
                what: format!("the statement '{}'", statement.statement_type),
                expected,
                found,
            }
            .into());
        }
        return Ok(Body::Memory(bytes));
    }
    let at = std::env::temp_dir;
    let failed = |source| Error::File { operation: "write to", path: at(), source };
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await?.map_err(failed)?;
    let mut sink = tokio::fs::File::from_std(file);
    if !content.blob_to(statement.digest, statement.size, &mut sink).await? {
        return Err(missing().into());
    }
    let mut file = sink.into_std().await;
    file.rewind().map_err(failed)?;
    Ok(Body::File(file))
}

impl Repository {
    /// Opens the parts of the publication that are about an image, and resolves the image at the same time.
    pub(crate) async fn publication_about(&self, about: &About<'_>) -> Result<(VerifiedRepository, Resolved), Error> {
        let verified = self.publication_for(&Wanted::About(about)).await?;
        Ok((verified, about.resolved().await?.clone()))
    }
}
