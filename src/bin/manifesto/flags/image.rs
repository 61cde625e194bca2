use std::ops::Deref;

use clap::Args;
use manifesto::name::{Image, Platform};

/// The image that a command is about.
#[derive(Args)]
pub(crate) struct ImageArg {
    /// The image: name[:tag][@digest], or oci:DIR[:TAG|@DIGEST] for a layout on disk
    #[arg(value_name = "IMAGE")]
    image: Image,
}

impl Deref for ImageArg {
    type Target = Image;

    fn deref(&self) -> &Image {
        &self.image
    }
}

/// The platform of an image.
#[derive(Args)]
pub(crate) struct PlatformFlag {
    /// Choose this platform's image from a multi-platform image
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
}

impl Deref for PlatformFlag {
    type Target = Option<Platform>;

    fn deref(&self) -> &Option<Platform> {
        &self.platform
    }
}

/// The flag that requires a signed tag.
#[derive(Args)]
pub(crate) struct SignedTagFlag {
    /// Refuse an unsigned tag, and one that is signed for another digest than the one in IMAGE
    #[arg(long)]
    pub(crate) require_signed_tag: bool,
}
