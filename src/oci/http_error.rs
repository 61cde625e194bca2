/// Why an HTTP request failed. It does not contain the address, which may have a token in it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct HttpError(reqwest::Error);

impl HttpError {
    pub(super) fn new(error: reqwest::Error) -> Self {
        Self(error.without_url())
    }

    /// Whether no connection was made, so that the server cannot have executed the request.
    pub fn is_connect(&self) -> bool {
        self.0.is_connect()
    }
}
