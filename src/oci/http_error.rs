/// Why an HTTP request was not answered, without its address: that can hold a token.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct HttpError(reqwest::Error);

impl HttpError {
    pub(super) fn new(error: reqwest::Error) -> Self {
        Self(error.without_url())
    }

    /// Whether no connection came about, so that the request cannot have been carried out.
    pub fn is_connect(&self) -> bool {
        self.0.is_connect()
    }
}
