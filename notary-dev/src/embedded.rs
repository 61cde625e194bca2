//! A registry inside this process: no authentication, nothing to install.

use std::path::{Path, PathBuf};

use axum::{
    http::{HeaderValue, header::AGE},
    response::Response,
};
use ferro_oci_server::{Config, build_app_persisted};
use tempfile::TempDir;

use crate::{LaunchError, background::Background};

/// A registry on a free loopback port, gone when this is dropped.
///
/// It accepts any name, answers conditional reads with the full body, shows blobs across repositories, and takes
/// requests of up to 512 MiB. For everything else there is [`crate::debian`].
#[derive(Debug)]
pub struct EmbeddedRegistry {
    server: Background,
    storage: PathBuf,
    _temporary: Option<TempDir>,
}

impl EmbeddedRegistry {
    /// Starts a registry that keeps its content in a temporary directory.
    ///
    /// # Errors
    ///
    /// If the directory cannot be made or no port can be opened.
    pub fn start() -> Result<Self, LaunchError> {
        let temporary = TempDir::new().map_err(LaunchError::file(std::env::temp_dir()))?;
        let mut registry = Self::serve(temporary.path(), false)?;
        registry._temporary = Some(temporary);
        Ok(registry)
    }

    /// As [`start`](Self::start), with answers that look like a cache's: their date does not tell the time, so that a
    /// test can move the clock of a client.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_undated() -> Result<Self, LaunchError> {
        let temporary = TempDir::new().map_err(LaunchError::file(std::env::temp_dir()))?;
        let mut registry = Self::serve(temporary.path(), true)?;
        registry._temporary = Some(temporary);
        Ok(registry)
    }

    /// Starts a registry that keeps its content in `directory`, and serves what is there already.
    ///
    /// # Errors
    ///
    /// If the directory cannot be used or no port can be opened.
    pub fn start_in(directory: &Path) -> Result<Self, LaunchError> {
        Self::serve(directory, false)
    }

    fn serve(directory: &Path, undated: bool) -> Result<Self, LaunchError> {
        let storage = directory.to_owned();
        let blobs = Config::from_raw(None, Some(storage.clone()))
            .blob_store()
            .map_err(|error| LaunchError::file(directory)(std::io::Error::other(error.to_string())))?;
        let mut app = build_app_persisted(blobs, directory);
        if undated {
            app = app.layer(axum::middleware::map_response(aged));
        }
        let server = Background::serve("embedded-registry", |listener| async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the embedded registry stopped");
            }
        })?;
        Ok(Self { server, storage, _temporary: None })
    }

    /// `127.0.0.1:PORT`, as it stands in an image's name.
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Where its content lies.
    pub fn storage(&self) -> &Path {
        &self.storage
    }
}

async fn aged(mut response: Response) -> Response {
    response.headers_mut().insert(AGE, HeaderValue::from_static("1"));
    response
}
