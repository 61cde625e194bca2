//! Resolving an image to its digest, and checking its signed tag.

use crate::{
    name::{Digest, Image, Platform, Tag, TargetPath},
    oci::{Content, Fetched, Manifest, Reference, platform},
    progress::Step,
    read::{Error, repository::Repository},
    store::publication::Publication,
    trust::KeyId,
};

/// An image as given by the user, and the digest that its statements are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The image, as given by the user.
    pub(crate) asked: Image,
    /// The digest of its manifest, or of the chosen platform's.
    pub(crate) digest: Digest,
    /// The tag to check for a signature, and the digest that it should stand for.
    pub(crate) tagged: Option<(Tag, Digest)>,
    /// The chosen platform.
    pub(crate) platform: Option<Platform>,
}

/// What an image has to satisfy.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Demands {
    /// It has to exist in the repository [⚔], even if it is given by digest. A statement about a digest that does not
    /// exist is a mistake, or follows from a registry's false answer.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#absent-image
    pub(crate) exists: bool,
    /// Its tag has to be signed, even if a digest is given as well.
    pub(crate) signed_tag: bool,
}

impl Repository {
    /// Resolves an image to its digest. A given digest is taken without a request, unless the image has to exist.
    ///
    /// # Errors
    /// The registry has no such image, or none for the platform.
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
                // ⚔ SECURITY.md#absent-image
                // An index may list the digest of an image that does not exist.
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

    /// Checks the signed tag of the image. Returns the keys that signed it; none, if no tag was used or it is not
    /// signed.
    ///
    /// # Errors
    /// The signed tag stands for another image than the registry serves, or than the given digest. Or a signed tag is
    /// required, and there is none.
    pub(crate) fn check_tag(
        &self,
        publication: &Publication,
        resolved: &Resolved,
        signed_tag: bool,
    ) -> Result<Vec<KeyId>, Error> {
        let Some((tag, _)) = &resolved.tagged else {
            return if signed_tag { Err(no_tag(&resolved.asked)) } else { Ok(Vec::new()) };
        };
        // Expired top-level metadata is an error of its own, not of the tag.
        publication.trusted().fresh(self.now)?;
        let signed = publication.signed_tag(tag, Some(self.now)).map_err(|error| resolved.tag_unknown(error.into()))?;
        if signed_tag && signed.is_none() {
            return Err(Error::UnsignedTag { location: self.location.clone(), tag: tag.clone() });
        }
        resolved.compare(signed)
    }
}

impl Resolved {
    /// Returns the error for a tag whose signature cannot be checked. The image can still be read by digest.
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

/// Returns the tag to check for a signature: the one that the image is resolved by and, with `signed_tag`, also one
/// beside a digest.
fn tag_to_check(image: &Image, signed_tag: bool) -> Option<&Tag> {
    image.tag().filter(|_| signed_tag || image.digest().is_none())
}

/// Returns the target path of that tag, which is loaded besides the statement's.
pub(crate) fn tag_path(image: &Image, signed_tag: bool) -> Option<TargetPath> {
    tag_to_check(image, signed_tag).map(|tag| TargetPath::Tag(tag.clone()))
}

/// Checks, before any request, that the image has a tag if a signed tag is required.
pub(crate) fn check_names_tag(image: &Image, signed_tag: bool) -> Result<(), Error> {
    if signed_tag && image.tag().is_none() { Err(no_tag(image)) } else { Ok(()) }
}

fn no_tag(image: &Image) -> Error {
    Error::NoTag { image: image.to_string() }
}

async fn fetch(content: &dyn Content, reference: &Reference) -> Result<Option<Manifest>, Error> {
    Ok(match content.manifest(reference, None).await? {
        Fetched::Manifest(manifest) => Some(manifest),
        // The request names no known manifest, so the answer cannot be `Unchanged`.
        Fetched::Absent | Fetched::Unchanged => None,
    })
}
