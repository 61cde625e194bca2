use std::io::{ErrorKind, Read};

use manifesto_tuf::trust::{
    Trusted,
    standard::{Answer, StandardProfile, Target},
};

use crate::{error::Error, files::Folder, names, refresh::Refresh};

/// Fetches targets (TUF specification, section 5.7).
pub(crate) struct Download<'a> {
    pub(crate) refresh: &'a Refresh<'a>,
    pub(crate) files: &'a Folder,
    pub(crate) url: &'a str,
}

impl Download<'_> {
    /// Puts the target `path` into the folder, unless it is there.
    pub(crate) async fn run(&self, trusted: &mut Trusted<StandardProfile>, path: &str) -> Result<(), Error> {
        let target = self.find(trusted, path).await?;
        let name = names::encode(path);
        if self.is_here(&name, path, &target)? {
            return Ok(());
        }
        let consistent = trusted.root().document().consistent_snapshot;
        let url = names::target(self.url, path, target.hashes.for_name().filter(|_| consistent));
        let mut content = target.content(path)?;
        let body = self.refresh.http.request(&url, target.length).await?;
        let mut body = body.ok_or_else(|| Error::NotFound { url })?;
        let mut draft = self.files.begin()?;
        while let Some(piece) = body.next().await? {
            content.update(&piece);
            draft.write(&piece)?;
        }
        content.finish()?;
        draft.keep(&name)
    }

    async fn find(&self, trusted: &mut Trusted<StandardProfile>, path: &str) -> Result<Target, Error> {
        loop {
            let needed = match trusted.fresh(self.refresh.now)?.find(path)? {
                Answer::Signed(target) => return Ok(target.clone()),
                Answer::Absent => return Err(Error::NoTarget { path: path.to_owned() }),
                Answer::Needs(delegation) => delegation,
            };
            self.refresh.role(trusted, &needed).await?;
        }
    }

    /// Whether what is signed for was downloaded before.
    fn is_here(&self, name: &str, path: &str, target: &Target) -> Result<bool, Error> {
        let Some((mut file, place)) = self.files.open(name)? else { return Ok(false) };
        let mut content = target.content(path)?;
        let mut piece = [0; 8192];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(content.finish().is_ok()),
                Ok(read) => content.update(&piece[..read]),
                Err(source) if source.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::file(&place)(source)),
            }
        }
    }
}
