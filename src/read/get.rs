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
    report,
    store::publication::Answer,
    time::Age,
    trust::TrustError,
};

/// Statements up to this size are kept in memory on their way, larger ones in a temporary file.
const IN_MEMORY: u64 = 1 << 20;

/// How strict [`Repository::get`] is beyond verifying.
#[derive(Debug, Clone, Default)]
pub struct GetOptions {
    /// The platform's image to ask about, where the reference is to an index.
    pub platform: Option<Platform>,
    /// How old a statement may be by its own signed date.
    pub max_age: Option<Age>,
    /// How old the signed date of the answer may be.
    pub fresh: Option<Age>,
    /// Whether every date that the answer rests on has to be one that has come, as if it were asked how old each is.
    pub verify: bool,
    /// Whether the tag has to be signed.
    pub require_signed_tag: bool,
    /// Whether only the evidence is wanted and not the statements' bytes.
    pub digest_only: bool,
}

impl GetOptions {
    /// Whether it is asked how old the answer is: then nothing that it rests on may be dated in the future.
    fn asks_for_an_age(&self) -> bool {
        self.verify || self.max_age.is_some() || self.fresh.is_some()
    }
}

/// What [`Repository::get`] found: the evidence and, in the order of the question, the verified bytes.
pub struct GetAnswer {
    /// The evidence.
    pub report: report::Get,
    /// The bytes of each statement that was asked for; none where only evidence was.
    pub bodies: Vec<(StatementType, Body)>,
}

/// Verified bytes, every one of them.
pub enum Body {
    /// In memory.
    Memory(Bytes),
    /// In an unnamed temporary file that goes with its handle, positioned at its beginning.
    File(std::fs::File),
}

impl Repository {
    /// Verifies and fetches the current statements of `kinds` about `image`.
    ///
    /// # Errors
    /// Anything that keeps an answer from being given. With an error nothing is returned, not even of other types.
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
                // A statement that is gone while the tag moves belongs to a publication that has just been replaced.
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
    let report = report::Get {
        checked_at: repository.now,
        image: reports::image(repository, &resolved, &signers, &verified),
        trust: reports::trust(&verified.basis, &verified.publication),
        metadata: reports::metadata(repository, &verified.publication),
        statements: answers.iter().map(|answer| reports::statement(answer, root, repository.now)).collect(),
        written: Vec::new(),
        warnings: reports::warnings_about(repository, &verified.publication, dates_of(&answers, &resolved)),
    };
    Ok(GetAnswer { report, bodies })
}

fn dates_of(answers: &[Answer], resolved: &Resolved) -> impl Iterator<Item = SignedDate> {
    answers.iter().map(|answer| SignedDate::of_statement(answer, &resolved.asked))
}

/// The statement of `kind` that is in force, if the caller accepts its age.
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
    /// Opens the publication as far as it speaks of an image and, at the same time, finds the image's digest.
    pub(crate) async fn publication_about(&self, about: &About<'_>) -> Result<(VerifiedRepository, Resolved), Error> {
        let verified = self.publication_for(&Wanted::About(about)).await?;
        Ok((verified, about.resolved().await?.clone()))
    }
}
