//! Chooses the image for a platform from an index.

use std::collections::HashSet;

use super::{
    Descriptor, Manifest,
    document::{self, DescriptorFields, ManifestFields},
    error::presentable,
};
use crate::{name::Platform, text};

/// The platforms that an error lists. An index can have thousands.
const LISTED: usize = 32;
/// The characters of that list that an error shows.
const SHOWN: usize = 500;

/// The image for `wanted` in `index`, which is an OCI image index or a Docker manifest list.
///
/// `linux/arm64` and `linux/arm64/v8` are the same. If `wanted` has no variant, an image without a variant is chosen;
/// if all images have one, there must be only one image.
///
/// # Errors
/// There is not exactly one image for the platform.
pub fn choose(index: &Manifest, wanted: &Platform) -> Result<Descriptor, ChoiceError> {
    if !document::is_index(&index.media_type) {
        return Err(ChoiceError::NotAnIndex { wanted: wanted.to_string(), media_type: presentable(&index.media_type) });
    }
    let document = ManifestFields::parse(&index.bytes).map_err(|source| ChoiceError::Malformed { source })?;
    let entries = document.manifests.as_deref().unwrap_or_default();
    let mut candidates: Vec<&DescriptorFields> = entries.iter().filter(|entry| fits(entry, wanted)).collect();
    // An image that is listed twice counts once.
    let mut seen = HashSet::new();
    candidates.retain(|entry| seen.insert((&entry.digest, variant(entry))));
    let exact = |entry: &&&DescriptorFields| variant(entry) == normal(&wanted.architecture, wanted.variant.as_deref());
    let chosen = match candidates[..] {
        [only] => only,
        [] => {
            return Err(ChoiceError::NoSuchPlatform { wanted: wanted.to_string(), available: listed(entries.iter()) });
        }
        _ => match candidates.iter().filter(exact).collect::<Vec<_>>()[..] {
            [only] => only,
            _ => {
                let available = listed(candidates.iter().copied());
                return Err(ChoiceError::Ambiguous { wanted: wanted.to_string(), available });
            }
        },
    };
    let digest = chosen.digest.parse().map_err(|source| ChoiceError::Digest { source })?;
    Ok(Descriptor::new(&chosen.media_type, digest, chosen.size))
}

fn fits(entry: &DescriptorFields, wanted: &Platform) -> bool {
    entry.platform.as_ref().is_some_and(|platform| {
        let asked = normal(&wanted.architecture, wanted.variant.as_deref());
        platform.os == wanted.os
            && platform.architecture == wanted.architecture
            && (wanted.variant.is_none() || variant(entry) == asked)
    })
}

fn variant(entry: &DescriptorFields) -> Option<&str> {
    let platform = entry.platform.as_ref()?;
    normal(&platform.architecture, platform.variant.as_deref())
}

/// The variant, or `None` if it is the default of its architecture.
fn normal<'a>(architecture: &str, variant: Option<&'a str>) -> Option<&'a str> {
    variant.filter(|variant| !variant.is_empty() && (architecture, *variant) != ("arm64", "v8"))
}

fn listed<'a>(entries: impl Iterator<Item = &'a DescriptorFields>) -> Vec<String> {
    let known = entries.filter_map(|entry| entry.platform.as_ref()).filter(|platform| platform.os != "unknown");
    let shown = known.map(|platform| {
        let mut text = format!("{}/{}", platform.os, platform.architecture);
        if let Some(variant) = platform.variant.as_ref().filter(|variant| !variant.is_empty()) {
            text.push('/');
            text.push_str(variant);
        }
        presentable(&text)
    });
    shown.take(LISTED).collect()
}

/// Why no image can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The reference is to a single image, and the manifest does not state its platform.
    #[error("there is no {wanted} to choose: the image is not a multi-platform index, but {media_type}")]
    NotAnIndex {
        /// The requested platform.
        wanted: String,
        /// The media type of the image.
        media_type: String,
    },
    /// The index is malformed.
    #[error("the image's index is malformed")]
    Malformed {
        /// Why.
        source: serde_json::Error,
    },
    /// The chosen entry has no valid sha256 digest.
    #[error("the image's index lists an invalid digest")]
    Digest {
        /// Why.
        source: crate::name::DigestError,
    },
    /// The index has only other platforms.
    #[error("the image has no {wanted}; it has {}", list(.available))]
    NoSuchPlatform {
        /// The requested platform.
        wanted: String,
        /// The available platforms, at most 32 of them.
        available: Vec<String>,
    },
    /// Several images match.
    #[error("several images match {wanted}: {}", list(.available))]
    Ambiguous {
        /// The requested platform.
        wanted: String,
        /// The matching platforms, at most 32 of them.
        available: Vec<String>,
    },
}

fn list(available: &[String]) -> String {
    if available.is_empty() { "none that is named".to_owned() } else { text::presentable(&available.join(", "), SHOWN) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        name::Digest,
        oci::{DOCKER_LIST, OCI_INDEX, OCI_MANIFEST},
    };

    fn index(platforms: &[&str]) -> Manifest {
        let entry = |text: &&str| {
            let parts: Vec<&str> = text.split('/').collect();
            let mut platform = serde_json::json!({ "os": parts[0], "architecture": parts[1] });
            if let Some(variant) = parts.get(2) {
                platform["variant"] = (*variant).into();
            }
            let digest = Digest::of(text.as_bytes()).to_string();
            serde_json::json!({ "mediaType": OCI_MANIFEST, "digest": digest, "size": 7, "platform": platform })
        };
        let entries: Vec<_> = platforms.iter().map(entry).collect();
        let bytes = Bytes::from(serde_json::json!({ "schemaVersion": 2, "manifests": entries }).to_string());
        Manifest { media_type: OCI_INDEX.to_owned(), digest: Digest::of(&bytes), bytes }
    }

    fn chosen(platforms: &[&str], wanted: &str) -> Result<Digest, ChoiceError> {
        choose(&index(platforms), &wanted.parse().unwrap()).map(|found| found.digest)
    }

    #[test]
    fn chooses_as_docker_does() {
        let all = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "unknown/unknown"];
        for (wanted, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/arm64/v8", "linux/arm64/v8"),
        ] {
            assert_eq!(chosen(&all, wanted).unwrap(), Digest::of(expected.as_bytes()), "{wanted}");
        }
        let plain_and_variant = ["linux/amd64/v3", "linux/amd64"];
        assert_eq!(chosen(&plain_and_variant, "linux/amd64").unwrap(), Digest::of(b"linux/amd64"));
    }

    /// An image that is listed twice counts once, but two images for one platform are ambiguous.
    #[test]
    fn a_repeated_child_is_one() {
        let both = ["linux/amd64", "linux/arm64/v8", "linux/amd64"];
        assert_eq!(chosen(&both, "linux/amd64").unwrap(), Digest::of(b"linux/amd64"));
        let mut two = index(&["linux/amd64", "linux/amd64"]);
        let first = Digest::of(b"linux/amd64").to_string();
        let text = String::from_utf8(two.bytes.to_vec()).unwrap();
        two.bytes = text.replacen(&first, &Digest::of(b"another").to_string(), 1).into();
        let chosen = choose(&two, &"linux/amd64".parse().unwrap());
        assert!(matches!(chosen, Err(ChoiceError::Ambiguous { .. })));
    }

    #[test]
    fn says_what_there_is() {
        let all = ["linux/arm/v6", "linux/arm/v7", "unknown/unknown"];
        let missing = chosen(&all, "linux/s390x").unwrap_err().to_string();
        assert_eq!(missing, "the image has no linux/s390x; it has linux/arm/v6, linux/arm/v7");
        assert!(matches!(chosen(&all, "linux/arm"), Err(ChoiceError::Ambiguous { .. })));
        assert!(matches!(chosen(&[], "linux/arm"), Err(ChoiceError::NoSuchPlatform { .. })));
        let many: Vec<String> = (0..1000).map(|n| format!("linux/cpu{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let Err(ChoiceError::NoSuchPlatform { available, .. }) = chosen(&many, "linux/amd64") else { panic!() };
        assert_eq!(available.len(), LISTED);
    }

    #[test]
    fn refuses_what_is_no_index() {
        let wanted = "linux/amd64".parse().unwrap();
        let manifest = |media_type: &str, text: &'static str| Manifest {
            media_type: media_type.to_owned(),
            digest: Digest::of(text.as_bytes()),
            bytes: Bytes::from(text),
        };
        assert!(matches!(choose(&manifest(OCI_MANIFEST, "{}"), &wanted), Err(ChoiceError::NotAnIndex { .. })));
        for bad in ["", "[]", "<html>", r#"{"manifests":{}}"#, r#"{"manifests":[{"digest":7}]}"#] {
            assert!(
                matches!(choose(&manifest(DOCKER_LIST, bad), &wanted), Err(ChoiceError::Malformed { .. })),
                "{bad}"
            );
        }
        let odd = r#"{"manifests":[{"digest":"md5:1","platform":{"os":"linux","architecture":"amd64"}}]}"#;
        assert!(matches!(choose(&manifest(DOCKER_LIST, odd), &wanted), Err(ChoiceError::Digest { .. })));
        let escape = r#"{"manifests":[{"digest":"x","platform":{"os":"\u001b[2J","architecture":"a"}}]}"#;
        assert!(!choose(&manifest(DOCKER_LIST, escape), &wanted).unwrap_err().to_string().contains('\u{1b}'));
    }
}
