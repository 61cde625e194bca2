use crate::{
    name::{Digest, Image, Platform, Tag, TargetPath},
    oci::{Content, Fetched, Manifest, Reference, platform},
    progress::Step,
    read::{Error, repository::Repository},
    store::publication::Publication,
    trust::KeyId,
};

/// An image as it was asked for and the digest that statements about it are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// As it was asked for.
    pub(crate) asked: Image,
    /// The digest of the image's manifest; of one platform's, where one was asked for.
    pub(crate) digest: Digest,
    /// The tag whose signature is looked for, and the digest that the tag is to stand for.
    pub(crate) tagged: Option<(Tag, Digest)>,
    /// The platform that was picked.
    pub(crate) platform: Option<Platform>,
}

/// What is demanded of an image beside its name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Demands {
    /// That the repository has it ⚔, also where it is named by its digest: a word about a digest that nobody has is a
    /// mistake, or a lie of the registry.
    pub(crate) exists: bool,
    /// That its tag is signed, also where a digest stands beside it.
    pub(crate) signed_tag: bool,
}

impl Repository {
    /// Finds the digest of an image, as far as `demands` ask. One that is given is taken as it is, without a request, unless
    /// the image has to be there.
    ///
    /// # Errors
    /// The registry knows no such image, or none for the platform.
    pub(crate) async fn resolve(
        &self,
        image: &Image,
        platform: Option<&Platform>,
        demands: Demands,
    ) -> Result<Resolved, Error> {
        if *image.location() != self.location {
            let (image, location) = (image.to_string(), self.location.clone());
            return Err(Error::OtherRepository { image, location });
        }
        self.progress.step(Step::Resolving);
        let content = self.content.as_ref();
        let reference = match (image.digest(), image.tag()) {
            (Some(digest), _) => Reference::Digest(digest),
            (None, tag) => Reference::Tag(tag.cloned().unwrap_or_else(Tag::latest)),
        };
        let tagged = |digest| tag_to_check(image, demands.signed_tag).map(|tag| (tag.clone(), digest));
        let whole = match (&reference, platform) {
            (Reference::Digest(digest), None) if !demands.exists => *digest,
            (_, None) => {
                let found = content.resolve(&reference).await?;
                found.ok_or_else(|| self.no_image(image))?.digest
            }
            (_, Some(platform)) => {
                let manifest = fetch(content, &reference).await?.ok_or_else(|| self.no_image(image))?;
                let child = platform::choose(&manifest, platform).map_err(|source| Error::NoPlatform {
                    image: image.to_string(),
                    platform: platform.clone(),
                    source,
                })?;
                // An index may name a digest that belongs to nothing ⚔.
                if demands.exists && content.resolve(&Reference::Digest(child.digest)).await?.is_none() {
                    let image = format!("{}@{}", self.location, child.digest);
                    return Err(Error::NoImage { image, credentials_sent: content.credentials_sent() });
                }
                let (platform, tagged) = (Some(platform.clone()), tagged(manifest.digest));
                return Ok(Resolved { asked: image.clone(), digest: child.digest, tagged, platform });
            }
        };
        Ok(Resolved { asked: image.clone(), digest: whole, tagged: tagged(whole), platform: None })
    }

    fn no_image(&self, image: &Image) -> Error {
        Error::NoImage { image: image.to_string(), credentials_sent: self.content.credentials_sent() }
    }

    /// Who signs that the tag stands for the image; nobody, where no tag decided or none is signed.
    ///
    /// # Errors
    /// A signature says that the tag stands for another image than the registry serves, or than the digest beside the tag
    /// names; the caller wants one and there is none, or there is no tag.
    pub(crate) fn check_tag(
        &self,
        publication: &Publication,
        resolved: &Resolved,
        signed_tag: bool,
    ) -> Result<Vec<KeyId>, Error> {
        let Some((tag, _)) = &resolved.tagged else {
            return if signed_tag { Err(no_tag(&resolved.asked)) } else { Ok(Vec::new()) };
        };
        // What has expired above every role is no matter of the tag.
        publication.trusted().fresh(self.now)?;
        let signed = publication.signed_tag(tag, Some(self.now)).map_err(|error| resolved.tag_unknown(error.into()))?;
        if signed_tag && signed.is_none() {
            return Err(Error::UnsignedTag { location: self.location.clone(), tag: tag.clone() });
        }
        resolved.compare(signed)
    }
}

impl Resolved {
    /// That nobody can tell whether the tag is signed, and for which image. By its digest the image can be asked about
    /// all the same.
    pub(crate) fn tag_unknown(&self, source: Error) -> Error {
        let reference = format!("{}@{}", self.asked.location(), self.digest);
        Error::TagUnknown { image: self.asked.to_string(), reference, source: Box::new(source) }
    }

    pub(crate) fn compare(&self, signed: Option<(Digest, Vec<KeyId>)>) -> Result<Vec<KeyId>, Error> {
        match (&self.tagged, signed) {
            (Some((tag, found)), Some((signed, _))) if signed != *found => {
                Err(Error::WrongTag { tag: tag.clone(), signed, found: *found })
            }
            (_, signed) => Ok(signed.map(|(_, signers)| signers).unwrap_or_default()),
        }
    }
}

/// The tag of an image whose signature is looked for: one that decides, and with `signed_tag` one beside a digest too.
fn tag_to_check(image: &Image, signed_tag: bool) -> Option<&Tag> {
    image.tag().filter(|_| signed_tag || image.digest().is_none())
}

/// The path of that tag, which a reader has to look up besides the statement.
pub(crate) fn tag_path(image: &Image, signed_tag: bool) -> Option<TargetPath> {
    tag_to_check(image, signed_tag).map(|tag| TargetPath::Tag(tag.clone()))
}

/// Checks that there is a tag where the caller wants it signed: before anything is asked.
///
/// # Errors
/// The image is named by its digest alone.
pub(crate) fn check_names_tag(image: &Image, signed_tag: bool) -> Result<(), Error> {
    if signed_tag && image.tag().is_none() { Err(no_tag(image)) } else { Ok(()) }
}

fn no_tag(image: &Image) -> Error {
    Error::NoTag { image: image.to_string() }
}

async fn fetch(content: &dyn Content, reference: &Reference) -> Result<Option<Manifest>, Error> {
    Ok(match content.manifest(reference, None).await? {
        Fetched::Manifest(manifest) => Some(manifest),
        // There was nothing that it could be unchanged from.
        Fetched::Absent | Fetched::Unchanged => None,
    })
}
