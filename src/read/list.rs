use std::collections::BTreeMap;

use crate::{
    name::{Digest, Image, Platform},
    read::{
        Error,
        freshness::SignedDate,
        reports,
        resolve::{Demands, check_names_tag},
        session::Session,
        wanted::About,
    },
    report,
    store::publication::{Answer, Scope},
};

/// How strict [`list`] is beyond verifying.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// The platform's image to ask about, where the reference is to an index.
    pub platform: Option<Platform>,
    /// Whether the tag has to be signed.
    pub require_signed_tag: bool,
    /// Whether every date that the answer rests on has to be one that has come.
    pub verify: bool,
}

/// Lists the statements about `image`. An empty list is verified like any other.
///
/// # Errors
/// Any role whose statements might belong here that cannot be believed: a list is whole or not given.
pub async fn list(session: &Session, image: &Image, options: &ListOptions) -> Result<report::List, Error> {
    check_names_tag(image, options.require_signed_tag)?;
    let demands = Demands { signed_tag: options.require_signed_tag, ..Demands::default() };
    let about = About::new(session, image, options.platform.as_ref(), None, demands);
    let (opening, resolved) = session.open_about(&about).await?;
    let publication = &opening.publication;
    let signers = session.check_tag(publication, &resolved, options.require_signed_tag)?;
    if options.verify {
        session.check_fresh(publication, None)?;
    }
    let root = publication.trusted().root().document();
    let answers = publication.statements(session.now)?.into_iter().filter(|((image, _), _)| *image == resolved.digest);
    let answers: Vec<Answer> = answers.map(|(_, answer)| answer).collect();
    if options.verify {
        answers.iter().try_for_each(|answer| session.age_of_answer(publication, answer, &resolved.asked).map(drop))?;
    }
    let dates = answers.iter().map(|answer| SignedDate::of_statement(answer, &resolved.asked));
    Ok(report::List {
        checked_at: session.now,
        image: reports::image(session, &resolved, &signers, &opening),
        trust: reports::trust(&opening.basis, publication),
        metadata: reports::metadata(session, publication),
        statements: answers.iter().map(|answer| reports::statement(answer, root, session.now)).collect(),
        warnings: reports::warnings_about(session, publication, dates),
    })
}

/// Lists the statements about every image of the repository. With `verify`, every date that the answer rests on has to
/// be one that has come.
///
/// # Errors
/// As [`list`].
pub async fn list_all_images(session: &Session, verify: bool) -> Result<report::ListAll, Error> {
    let opening = session.open(&Scope::Everything).await?;
    let publication = &opening.publication;
    if verify {
        session.check_fresh(publication, None)?;
    }
    let root = publication.trusted().root().document();
    let (mut images, mut dates) = (BTreeMap::<Digest, Vec<report::Statement>>::new(), Vec::new());
    for ((image, _), answer) in publication.statements(session.now)? {
        let reference = reports::reference(&session.location, image);
        if verify {
            session.age_of_answer(publication, &answer, &reference)?;
        }
        dates.push(SignedDate::of_statement(&answer, &reference));
        images.entry(image).or_default().push(reports::statement(&answer, root, session.now));
    }
    let images = images.into_iter().map(|(image, statements)| report::ImageStatements {
        reference: report::Text::from(reports::reference(&session.location, image)),
        statements,
    });
    Ok(report::ListAll {
        checked_at: session.now,
        repository: report::Text::new(&session.location),
        trust: reports::trust(&opening.basis, publication),
        metadata: reports::metadata(session, publication),
        images: images.collect(),
        warnings: reports::warnings_about(session, publication, dates),
    })
}
