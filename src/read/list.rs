//! Listing the statements about one image, or about all.

use std::collections::BTreeMap;

use crate::{
    name::{Digest, Image, Platform},
    read::{
        Error,
        freshness::SignedDate,
        reports,
        repository::Repository,
        resolve::{Demands, check_names_tag},
        wanted::About,
    },
    report::{self, Report},
    store::publication::{Answer, Scope},
};

/// What [`list`](Repository::list) requires besides verification.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// The platform whose image is meant, if the reference is to an index.
    pub platform: Option<Platform>,
    /// Whether the tag has to be signed.
    pub require_signed_tag: bool,
    /// Whether no date that the answer depends on may be in the future.
    pub verify: bool,
}

impl Repository {
    /// Lists the statements about `image`. An empty list is verified, too.
    ///
    /// # Errors
    /// A role that may have statements about the image does not verify: a list is complete, or it is not given.
    pub async fn list(&self, image: &Image, options: &ListOptions) -> Result<Report<report::List>, Error> {
        check_names_tag(image, options.require_signed_tag)?;
        let demands = Demands { signed_tag: options.require_signed_tag, ..Demands::default() };
        let about = About::new(self, image, options.platform.as_ref(), None, demands);
        let (verified, resolved) = self.publication_about(&about).await?;
        let publication = &verified.publication;
        let signers = self.check_tag(publication, &resolved, options.require_signed_tag)?;
        if options.verify {
            self.check_fresh(publication, None)?;
        }
        let root = publication.trusted().root().document();
        let answers = publication.statements(self.now)?.into_iter().filter(|((image, _), _)| *image == resolved.digest);
        let answers: Vec<Answer> = answers.map(|(_, answer)| answer).collect();
        if options.verify {
            answers.iter().try_for_each(|answer| self.age_of_answer(publication, answer, &resolved.asked).map(drop))?;
        }
        let dates = answers.iter().map(|answer| SignedDate::of_statement(answer, &resolved.asked));
        Ok(Report {
            head: self.about_image(&resolved, &signers, &verified),
            body: report::List {
                statements: answers.iter().map(|answer| reports::statement(answer, root, self.now)).collect(),
            },
            warnings: self.warnings_about(publication, dates),
        })
    }

    /// Lists the statements about every image of the repository. With `verify`, no date that the answer depends on may
    /// be in the future.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn list_all_images(&self, verify: bool) -> Result<Report<report::ListAll>, Error> {
        let verified = self.publication(&Scope::Everything).await?;
        let publication = &verified.publication;
        if verify {
            self.check_fresh(publication, None)?;
        }
        let root = publication.trusted().root().document();
        let (mut images, mut dates) = (BTreeMap::<Digest, Vec<report::Statement>>::new(), Vec::new());
        for ((image, _), answer) in publication.statements(self.now)? {
            let reference = reports::reference(&self.location, image);
            if verify {
                self.age_of_answer(publication, &answer, &reference)?;
            }
            dates.push(SignedDate::of_statement(&answer, &reference));
            images.entry(image).or_default().push(reports::statement(&answer, root, self.now));
        }
        let images = images.into_iter().map(|(image, statements)| report::ImageStatements {
            reference: report::Text::from(reports::reference(&self.location, image)),
            statements,
        });
        Ok(Report {
            head: self.about_repository(&verified),
            body: report::ListAll { metadata: reports::metadata(self, publication), images: images.collect() },
            warnings: self.warnings_about(publication, dates),
        })
    }
}
