use super::{OpsError, Session};
use crate::{
    name::{Digest, Image, Platform, Tag, TargetPath},
    oci::{Content, Fetched, Manifest, Reference, platform},
    progress::Step,
    store::publication::Publication,
    trust::KeyId,
};

/// An image as it was asked for and the digest that statements about it are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    /// As it was asked for.
    pub(super) asked: Image,
    /// The digest of the image's manifest; of one platform's, where one was asked for.
    pub(super) digest: Digest,
    /// The digest that the tag stands for, where a tag decided.
    pub(super) tagged: Option<(Tag, Digest)>,
    /// The platform that was picked.
    pub(super) platform: Option<Platform>,
}

impl Session {
    /// Finds the digest of an image. One that is given is taken as it is, without a request, unless the image has to be
    /// there.
    ///
    /// # Errors
    /// The registry knows no such image, or none for the platform.
    pub(super) async fn resolve(
        &self,
        image: &Image,
        platform: Option<&Platform>,
        must_exist: bool,
    ) -> Result<Resolved, OpsError> {
        if *image.location() != self.location {
            let (image, location) = (image.to_string(), self.location.clone());
            return Err(OpsError::OtherRepository { image, location });
        }
        self.progress.step(Step::Resolving);
        let content = self.content.as_ref();
        let reference = match (image.digest(), image.tag()) {
            (Some(digest), _) => Reference::Digest(digest),
            (None, tag) => Reference::Tag(tag.cloned().unwrap_or_else(Tag::latest)),
        };
        let whole = match (&reference, platform) {
            (Reference::Digest(digest), None) if !must_exist => *digest,
            (_, None) => {
                let found = content.resolve(&reference).await?;
                found.ok_or_else(|| self.no_image(image))?.digest
            }
            (_, Some(platform)) => {
                let manifest = fetch(content, &reference).await?.ok_or_else(|| self.no_image(image))?;
                let child = platform::choose(&manifest, platform).map_err(|source| OpsError::NoPlatform {
                    image: image.to_string(),
                    platform: platform.clone(),
                    source,
                })?;
                let platform = Some(platform.clone());
                let tagged = tagged(&reference, manifest.digest);
                return Ok(Resolved { asked: image.clone(), digest: child.digest, tagged, platform });
            }
        };
        Ok(Resolved { asked: image.clone(), digest: whole, tagged: tagged(&reference, whole), platform: None })
    }

    fn no_image(&self, image: &Image) -> OpsError {
        OpsError::NoImage { image: image.to_string(), credentials_sent: self.content.credentials_sent() }
    }

    /// Who signs that the tag stands for the image; nobody, where no tag decided or none is signed.
    ///
    /// # Errors
    /// A signature says that the tag stands for another image than the registry serves, or the caller wants one and
    /// there is none.
    pub(super) fn check_tag(
        &self,
        publication: &Publication,
        resolved: &Resolved,
        require: bool,
    ) -> Result<Vec<KeyId>, OpsError> {
        let Some((tag, _)) = &resolved.tagged else { return Ok(Vec::new()) };
        // What has expired above every role is no matter of the tag.
        publication.trusted().fresh(self.now)?;
        let signed = publication.signed_tag(tag, Some(self.now)).map_err(|error| resolved.tag_unknown(error.into()))?;
        if require && signed.is_none() {
            return Err(OpsError::UnsignedTag { location: self.location.clone(), tag: tag.clone() });
        }
        resolved.compare(signed)
    }

    /// The same for those who are about to sign: what has expired by now still says which image was meant.
    ///
    /// # Errors
    /// A signature says that the tag stands for another image than the registry serves.
    pub(super) fn check_tag_to_change(&self, publication: &Publication, resolved: &Resolved) -> Result<(), OpsError> {
        let Some((tag, _)) = &resolved.tagged else { return Ok(()) };
        resolved.compare(publication.signed_tag(tag, None)?).map(drop)
    }
}

impl Resolved {
    /// That nobody can tell whether the tag is signed, and for which image. By its digest the image can be asked about
    /// all the same.
    pub(super) fn tag_unknown(&self, source: OpsError) -> OpsError {
        let reference = format!("{}@{}", self.asked.location(), self.digest);
        OpsError::TagUnknown { image: self.asked.to_string(), reference, source: Box::new(source) }
    }

    fn compare(&self, signed: Option<(Digest, Vec<KeyId>)>) -> Result<Vec<KeyId>, OpsError> {
        match (&self.tagged, signed) {
            (Some((tag, served)), Some((signed, _))) if signed != *served => {
                Err(OpsError::WrongTag { tag: tag.clone(), signed, served: *served })
            }
            (_, signed) => Ok(signed.map(|(_, signers)| signers).unwrap_or_default()),
        }
    }
}

/// The paths of an image's tag that a reader has to look up besides the statement.
pub(super) fn tag_path(image: &Image) -> Option<TargetPath> {
    match (image.digest(), image.tag()) {
        (None, Some(tag)) => Some(TargetPath::Tag(tag.clone())),
        _ => None,
    }
}

fn tagged(reference: &Reference, digest: Digest) -> Option<(Tag, Digest)> {
    match reference {
        Reference::Tag(tag) => Some((tag.clone(), digest)),
        Reference::Digest(_) => None,
    }
}

async fn fetch(content: &dyn Content, reference: &Reference) -> Result<Option<Manifest>, OpsError> {
    Ok(match content.manifest(reference, None).await? {
        Fetched::Manifest(manifest) => Some(manifest),
        // There was nothing that it could be unchanged from.
        Fetched::Absent | Fetched::Unchanged => None,
    })
}
