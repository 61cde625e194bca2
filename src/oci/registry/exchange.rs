//! One request with everything that it needs: authorisation and redirects.

use reqwest::{
    Method, StatusCode, Url,
    header::{AUTHORIZATION, LOCATION},
};

use super::{
    Registry,
    answer::Answer,
    auth::{Access, Grant},
    transport::{Call, place},
};
use crate::oci::ContentError;

/// How often one request may be unauthorised: without a token, with an anonymous token, and with a personal token or
/// one that has expired.
const CHALLENGES: usize = 3;

impl Registry {
    /// Sends `call`, answers the registry's challenges, and follows redirects of requests that only read.
    pub(super) async fn exchange(&self, call: &Call, access: Access) -> Result<Answer, ContentError> {
        let mut challenges = 0;
        loop {
            let grant =
                if self.is_registry(&call.url) { self.auth.grant(&self.transport, access).await? } else { None };
            let (url, answer) = self.follow(call, grant.as_ref()).await?;
            if answer.status() != StatusCode::UNAUTHORIZED || !self.is_registry(&url) {
                if let Some(grant) = &grant {
                    grant.accepted();
                }
                return Ok(answer);
            }
            challenges += 1;
            let headers = answer.headers();
            let again = challenges <= CHALLENGES
                && self.auth.challenged(&self.transport, access, grant.as_ref(), headers, answer.at()).await?;
            if !again {
                return Ok(answer);
            }
        }
    }

    async fn follow(&self, call: &Call, grant: Option<&Grant>) -> Result<(Url, Answer), ContentError> {
        let mut url = call.url.clone();
        for _ in 0..=self.limits.redirects {
            let mut headers = call.headers.clone();
            let grant = grant.filter(|_| self.is_registry(&url));
            if let Some(grant) = grant {
                headers.insert(AUTHORIZATION, grant.header.clone());
                self.auth.note_sent(grant);
            }
            let response = self.transport.send(call, &url, headers).await?;
            if self.is_registry(&url) {
                self.clock.note(response.headers());
            }
            let personal = grant.is_some_and(|grant| grant.personal);
            let answer = Answer::new(response, place(&url), personal, &self.transport);
            if !is_redirect(answer.status()) || call.method != Method::GET {
                return Ok((url, answer));
            }
            url = self.location(&url, &answer)?;
        }
        Err(ContentError::Redirects { at: place(&call.url), limit: self.limits.redirects })
    }

    /// Resolves the `Location` header of an answer from `url`, which may be relative.
    pub(super) fn location(&self, url: &Url, answer: &Answer) -> Result<Url, ContentError> {
        let missing = || ContentError::Header { at: answer.at().to_owned(), name: "Location" };
        let mut target = url.join(answer.header(&LOCATION).ok_or_else(missing)?).map_err(|_| missing())?;
        target.set_fragment(None);
        if target.host_str().is_none() || !target.username().is_empty() || target.password().is_some() {
            return Err(missing());
        }
        if self.transport.plain.allows(&target) {
            Ok(target)
        } else {
            Err(ContentError::InsecureRedirect { at: answer.at().to_owned(), to: place(&target) })
        }
    }

    /// Whether `url` is on the registry itself. Credentials are sent to no other host.
    pub(super) fn is_registry(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
