//! The bytes of a statement to be stored. Small ones are in memory, larger ones in a file that can be read twice.

use std::{io, path::Path};

use manifesto::{limits::Limits, oci::Source, read::Body};
use tempfile::NamedTempFile;
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
};

use crate::{
    bounded,
    error::{Caused, CliError},
    exit::Exit,
};

/// The largest statement in bytes that is kept in memory.
const IN_MEMORY: u64 = 1 << 20;

/// The bytes of a statement. Dropping this removes its temporary file.
pub(crate) struct Input {
    pub(crate) source: Source,
    _spooled: Option<NamedTempFile>,
}

impl Input {
    /// Takes bytes in memory.
    pub(crate) fn of_bytes(bytes: impl Into<bytes::Bytes>) -> Self {
        Self { source: Source::Bytes(bytes.into()), _spooled: None }
    }

    /// Takes a file. Pipes and small files are read now, other files while they are sent.
    pub(crate) async fn of_file(path: &Path) -> Result<Self, CliError> {
        let failed = |source| CliError::file("file_unreadable", "cannot read", path, source);
        let file = File::open(path).await.map_err(failed)?;
        let metadata = file.metadata().await.map_err(failed)?;
        if metadata.is_file() && metadata.len() > IN_MEMORY {
            return Ok(Self { source: Source::File(path.to_owned()), _spooled: None });
        }
        Self::spool(file).await.map_err(failed)
    }

    /// Reads standard input to its end.
    pub(crate) async fn of_stdin() -> Result<Self, CliError> {
        let failed = |source| {
            let message = "cannot read standard input".to_owned();
            CliError::new(Exit::Usage, "stdin_unreadable", Caused { message, source })
        };
        Self::spool(File::from_std(stdin().map_err(failed)?)).await.map_err(failed)
    }

    /// Takes a statement that `get` verified.
    pub(crate) async fn of_body(body: Body) -> Result<Self, CliError> {
        match body {
            Body::Memory(bytes) => Ok(Self::of_bytes(bytes)),
            Body::File(file) => Self::spool(File::from_std(file)).await.map_err(|source| {
                let message = "cannot keep the statement in a temporary file".to_owned();
                CliError::new(Exit::Unexpected, "no_room", Caused { message, source })
            }),
        }
    }

    async fn spool(mut reader: impl AsyncRead + Unpin) -> io::Result<Self> {
        let mut start = Vec::new();
        (&mut reader).take(IN_MEMORY + 1).read_to_end(&mut start).await?;
        if start.len() as u64 <= IN_MEMORY {
            return Ok(Self::of_bytes(start));
        }
        let spooled = NamedTempFile::new()?;
        let mut file = File::from_std(spooled.reopen()?);
        file.write_all(&start).await?;
        tokio::io::copy(&mut reader, &mut file).await?;
        file.flush().await?;
        Ok(Self { source: Source::File(spooled.path().to_owned()), _spooled: Some(spooled) })
    }
}

/// Reads a proposal from a file.
pub(crate) fn read_proposal(path: &Path) -> Result<bytes::Bytes, CliError> {
    let mut bytes = bounded::read(path, "proposal", Limits::DEFAULT.proposal_bytes)?;
    Ok(std::mem::take(&mut *bytes).into())
}

/// Standard input as a file. No part of it has been read: it contains the statement, so it does not contain a password.
fn stdin() -> io::Result<std::fs::File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(handle.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn bytes(input: &Input) -> Vec<u8> {
        match &input.source {
            Source::Bytes(bytes) => bytes.to_vec(),
            Source::File(path) => std::fs::read(path).unwrap(),
        }
    }

    #[tokio::test]
    async fn what_is_large_lies_on_the_disk_for_as_long_as_it_is_needed() {
        let large: Vec<u8> = (0..IN_MEMORY + 5).map(|i| i as u8).collect();
        for (content, in_memory) in
            [(&b""[..], true), (b"small", true), (&large[..IN_MEMORY as usize], true), (&large, false)]
        {
            let input = Input::spool(content).await.unwrap();
            assert_eq!(matches!(input.source, Source::Bytes(_)), in_memory);
            assert_eq!(bytes(&input), content);
            if let Source::File(path) = input.source.clone() {
                drop(input);
                assert!(!path.exists());
            }
        }
    }

    #[tokio::test]
    async fn a_large_file_is_read_where_it_is() {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(&vec![7; IN_MEMORY as usize + 1]).unwrap();
        let input = Input::of_file(file.path()).await.unwrap();
        assert!(matches!(&input.source, Source::File(path) if path == file.path()));
        drop(input);
        assert!(file.path().exists());
    }

    #[tokio::test]
    async fn a_folder_or_nothing_is_no_statement() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("none")] {
            let error = Input::of_file(&path).await.err().unwrap();
            assert_eq!((error.exit(), error.to_report().kind), (Exit::Usage, "file_unreadable"));
        }
    }
}
