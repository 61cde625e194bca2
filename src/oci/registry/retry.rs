//! Which failures may be temporary, and how long to wait before a retry.

use std::time::Duration;

use super::Timeouts;
use crate::oci::ContentError;

/// How often to wait for a server that does not answer at all.
const TIMEOUTS: u32 = 2;

/// Runs `attempt` until it succeeds, fails permanently, or was made `attempts` times.
pub(super) async fn retrying<T, F>(
    timeouts: &Timeouts,
    attempts: u32,
    mut attempt: impl FnMut() -> F,
) -> Result<T, ContentError>
where
    F: Future<Output = Result<T, ContentError>>,
{
    let mut made = 1;
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(wait) = wait_before(timeouts, &error, made).filter(|_| made < attempts) else { return Err(error) };
        tracing::debug!(%error, ?wait, made, "again");
        tokio::time::sleep(wait).await;
        made += 1;
    }
}

/// The wait after attempt number `made`, or `None` if there is no further attempt.
fn wait_before(timeouts: &Timeouts, error: &ContentError, made: u32) -> Option<Duration> {
    let ours = timeouts.backoff.saturating_mul(1 << (made - 1).min(16)).min(timeouts.longest_wait);
    let ours = ours / 2 + ours.mul_f64(fastrand::f64() / 2.0);
    match error {
        ContentError::Failed { retry_after: Some(asked), .. } => {
            // The server demands a longer wait than a user would accept, so report it at once.
            if *asked <= timeouts.longest_wait { Some(ours.max(*asked)) } else { None }
        }
        ContentError::Failed { retry_after: None, .. } | ContentError::BrokenOff { .. } => Some(ours),
        ContentError::Length { actual: 0, .. } => Some(ours),
        ContentError::Transport { source, .. } => {
            if is_tls(source) {
                None
            } else {
                Some(ours)
            }
        }
        ContentError::TimedOut { .. } => {
            if made < TIMEOUTS {
                Some(ours)
            } else {
                None
            }
        }
        ContentError::Digest { .. }
        | ContentError::Contradiction { .. }
        | ContentError::Length { .. }
        | ContentError::TooLarge { .. }
        | ContentError::Refused { .. }
        | ContentError::InsecureRealm { .. }
        | ContentError::Challenge { .. }
        | ContentError::Credentials { .. }
        | ContentError::Rejected { .. }
        | ContentError::MissingBlobs { .. }
        | ContentError::NotARegistry { .. }
        | ContentError::Header { .. }
        | ContentError::Redirects { .. }
        | ContentError::InsecureRedirect { .. }
        | ContentError::Address { .. }
        | ContentError::Tls { .. }
        | ContentError::File { .. }
        | ContentError::Sink { .. }
        | ContentError::SourceChanged { .. }
        | ContentError::Layout { .. } => None,
    }
}

/// Whether the TLS handshake failed, which a retry does not change.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, retry_after: Option<u64>) -> ContentError {
        let retry_after = retry_after.map(Duration::from_secs);
        ContentError::Failed { at: "x".to_owned(), status, detail: None, retry_after }
    }

    #[test]
    fn waits_longer_each_time_and_never_for_ever() {
        let timeouts = Timeouts::DEFAULT;
        for made in 1..40 {
            let full = timeouts.backoff.saturating_mul(1 << (made - 1).min(16)).min(timeouts.longest_wait);
            let wait = wait_before(&timeouts, &failed(500, None), made).unwrap();
            assert!(full / 2 <= wait && wait <= full, "{made}: {wait:?}");
        }
    }

    #[test]
    fn waits_as_long_as_it_is_asked_to_within_bounds() {
        let timeouts = Timeouts::DEFAULT;
        assert_eq!(wait_before(&timeouts, &failed(429, Some(7)), 1), Some(Duration::from_secs(7)));
        assert_eq!(wait_before(&timeouts, &failed(429, Some(3600)), 1), None);
    }
}
