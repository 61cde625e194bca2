use std::collections::BTreeMap;

use super::{OpsError, Session, render};
use crate::{
    name::{Digest, Image, Platform},
    report,
    store::publication::Scope,
};

/// Lists the statements about `image`. An empty list is verified like any other.
///
/// # Errors
/// Any role whose statements might belong here that cannot be believed: a list is whole or not given.
pub async fn list(
    session: &Session,
    image: &Image,
    platform: Option<&Platform>,
    require_signed_tag: bool,
) -> Result<report::List, OpsError> {
    let (opening, resolved) = session.open_about(image, platform, None).await?;
    let signers = session.check_tag(&opening.publication, &resolved, require_signed_tag)?;
    let root = opening.publication.trusted().root().document();
    let answers = opening.publication.statements(session.now)?;
    let about_image = answers.iter().filter(|((image, _), _)| *image == resolved.digest);
    Ok(report::List {
        checked_at: session.now,
        image: render::image(session, &resolved, &signers, &opening),
        trust: render::trust(&opening.basis, &opening.publication),
        metadata: render::metadata(session, &opening.publication),
        statements: about_image.map(|(_, answer)| render::statement(answer, root)).collect(),
        warnings: render::warnings(session, &opening.publication),
    })
}

/// Lists the statements about every image of the repository.
///
/// # Errors
/// As [`list`].
pub async fn list_all_images(session: &Session) -> Result<report::ListAll, OpsError> {
    let opening = session.open(&Scope::Everything).await?;
    let root = opening.publication.trusted().root().document();
    let mut images: BTreeMap<Digest, Vec<report::Statement>> = BTreeMap::new();
    for ((image, _), answer) in opening.publication.statements(session.now)? {
        images.entry(image).or_default().push(render::statement(&answer, root));
    }
    let images = images.into_iter().map(|(image, statements)| report::ImageStatements {
        reference: report::Text::from(render::reference(&session.location, image)),
        statements,
    });
    Ok(report::ListAll {
        checked_at: session.now,
        repository: report::Text::new(&session.location),
        trust: render::trust(&opening.basis, &opening.publication),
        metadata: render::metadata(session, &opening.publication),
        images: images.collect(),
        warnings: render::warnings(session, &opening.publication),
    })
}
