//! The scope of a read. It may depend on an image that is looked up at the same time.

use std::borrow::Cow;

use tokio::sync::OnceCell;

use crate::{
    name::{Digest, Image, Platform, StatementType, TargetPath},
    progress::Step,
    read::{
        Error,
        repository::Repository,
        resolve::{Demands, Resolved, tag_path},
    },
    store::publication::{Loading, Scope},
};

/// The part of a publication to read.
pub(crate) enum Wanted<'a> {
    /// A known scope.
    Scope(&'a Scope),
    /// Everything that is about an image.
    About(&'a About<'a>),
}

/// A question about an image, and the image once it is resolved.
pub(crate) struct About<'a> {
    repository: &'a Repository,
    image: &'a Image,
    platform: Option<&'a Platform>,
    /// The requested types; `None` for all.
    types: Option<&'a [StatementType]>,
    demands: Demands,
    resolved: OnceCell<Resolved>,
}

impl<'a> About<'a> {
    pub(crate) fn new(
        repository: &'a Repository,
        image: &'a Image,
        platform: Option<&'a Platform>,
        types: Option<&'a [StatementType]>,
        demands: Demands,
    ) -> Self {
        Self { repository, image, platform, types, demands, resolved: OnceCell::new() }
    }

    /// Resolves the image, once, however often the publication has to be read again.
    pub(crate) async fn resolved(&self) -> Result<&Resolved, Error> {
        let resolve = async || {
            let resolved = self.repository.resolve(self.image, self.platform, self.demands).await;
            // The metadata is read at the same time, and not finished.
            self.repository.progress.step(Step::Reading);
            resolved
        };
        self.resolved.get_or_try_init(resolve).await
    }

    fn statements(&self, digest: Digest) -> Scope {
        match self.types {
            None => Scope::Everything,
            Some(types) => Scope::Paths(
                types.iter().map(|statement_type| TargetPath::statement(digest, statement_type.clone())).collect(),
            ),
        }
    }

    /// Returns what to fetch before the image's digest is known. Which roles sign a type rarely depends on the image,
    /// so any digest will do. Nothing is loaded because of it. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#unrelated-blob
    fn hints(&self) -> Scope {
        let stand_in = self.image.digest().unwrap_or_else(|| Digest::of(b""));
        match self.statements(stand_in) {
            Scope::Paths(paths) => {
                Scope::Paths(paths.into_iter().chain(tag_path(self.image, self.demands.signed_tag)).collect())
            }
            scope => scope,
        }
    }
}

impl Wanted<'_> {
    /// Returns what to fetch ahead.
    pub(crate) fn hints(&self) -> Cow<'_, Scope> {
        match self {
            Self::Scope(scope) => Cow::Borrowed(scope),
            Self::About(about) => Cow::Owned(about.hints()),
        }
    }

    /// Returns what to load.
    ///
    /// # Errors
    /// The image cannot be resolved.
    pub(crate) async fn scope(&self) -> Result<Cow<'_, Scope>, Error> {
        Ok(match self {
            Self::Scope(scope) => Cow::Borrowed(scope),
            Self::About(about) => Cow::Owned(about.statements(about.resolved().await?.digest)),
        })
    }

    /// Loads it.
    ///
    /// # Errors
    /// A required role does not verify; [`Error::TagUnknown`], if that role is required only for the image's signed
    /// tag.
    pub(crate) async fn load(&self, loading: &mut Loading, scope: &Scope) -> Result<(), Error> {
        loading.load(scope).await?;
        if let Self::About(about) = self
            && let Some(tag) = tag_path(about.image, about.demands.signed_tag)
        {
            let loaded = loading.load(&Scope::Paths(vec![tag])).await;
            let resolved = about.resolved().await?;
            loaded.map_err(|error| resolved.tag_unknown(error.into()))?;
        }
        Ok(())
    }
}
