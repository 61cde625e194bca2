//! What is to go wrong, and with which requests.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

/// What is done with a request instead of passing it on and handing back the answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing goes wrong; for a rule that only [calls](Rule::calling).
    Pass,
    /// Answered with this status; `retry_after` in seconds. The body is an error as registries write it.
    Status {
        /// The status.
        code: u16,
        /// The value of the Retry-After header.
        retry_after: Option<u64>,
    },
    /// Answered 200 with a page of HTML, as a captive portal does.
    Html,
    /// Answered 200 with a body that does not end.
    Endless,
    /// Answered 200 with this manifest, its own digest and this media type.
    Manifest {
        /// The media type.
        media_type: String,
        /// The manifest.
        bytes: Bytes,
    },
    /// Answered with the manifest that stood under this tag this many publications ago, 1 being the last but one. Only
    /// what was put through this proxy is known; if there is none, the request passes.
    StaleTag(usize),
    /// Answered with a redirect to the same path at this origin, such as `http://127.0.0.1:1234`.
    Redirect(String),
    /// Answered 201 as if it had been stored, and forgotten.
    LostWrite,
    /// Answered 504 after `answer`, and passed on `lands` after it came.
    LateWrite {
        /// Until the answer.
        answer: Duration,
        /// Until it is passed on.
        lands: Duration,
    },
    /// Passed on; the connection is closed without an answer.
    LostAnswer,
    /// Not passed on; the connection is closed without an answer.
    Disconnect,
    /// As [`Fault::Disconnect`], and so is every later request until [`super::Proxy::revive`].
    Die,
    /// Passed on this much later.
    Delay(Duration),
    /// The answer's body ends after this many bytes, although its length says otherwise.
    Truncate(u64),
    /// One bit of the answer's body, at this offset, is the other way round.
    FlipBit(u64),
    /// The answer has this body instead.
    ReplaceBody(Bytes),
    /// The answer has this header, in place of any of that name.
    Header(&'static str, String),
    /// The answer's Location is at this origin, such as `http://127.0.0.1:1234`, its path unchanged.
    MoveLocation(String),
}

type Callback = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// A fault and the requests that it befalls. A new rule befalls every request; each method narrows it.
#[derive(Clone)]
pub struct Rule {
    pub(super) fault: Fault,
    method: Option<String>,
    path: Option<String>,
    tag: Option<String>,
    skip: usize,
    times: Option<usize>,
    callback: Option<Callback>,
    seen: usize,
}

impl Rule {
    /// A rule for every request.
    pub fn new(fault: Fault) -> Self {
        Self { fault, method: None, path: None, tag: None, skip: 0, times: None, callback: None, seen: 0 }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests whose path and query contain this text.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// Only requests for the manifest of this tag.
    #[must_use]
    pub fn tag(mut self, tag: &str) -> Self {
        self.tag = Some(tag.to_owned());
        self
    }

    /// Only the `n`th of the requests that fit otherwise, counted from 1.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        self.from_nth(n).times(1)
    }

    /// Only the `n`th of the requests that fit otherwise, counted from 1, and those after it.
    #[must_use]
    pub fn from_nth(mut self, n: usize) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// At most this often.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Calls this with the method and path, each time before the fault happens.
    #[must_use]
    pub fn calling(mut self, callback: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        self.callback = Some(Arc::new(callback));
        self
    }

    /// How many requests this has befallen.
    fn befallen(&self) -> usize {
        self.seen.saturating_sub(self.skip)
    }

    /// Counts the request if it fits, and says whether the fault befalls it.
    fn takes(&mut self, method: &str, path: &str) -> bool {
        let fits = self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|wanted| path.contains(wanted))
            && self.tag.as_deref().is_none_or(|wanted| manifest_reference(path) == Some(wanted))
            && self.times.is_none_or(|times| self.befallen() < times);
        if fits {
            self.seen += 1;
        }
        fits && self.befallen() > 0
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("fault", &self.fault).finish_non_exhaustive()
    }
}

/// A fault that befalls a request, and whom to call before it happens.
pub(super) struct Verdict {
    pub(super) fault: Fault,
    pub(super) callback: Option<Callback>,
}

/// Finds the first rule that befalls a request. Rules after it do not count the request.
pub(super) fn judge(rules: &mut [Rule], method: &str, path: &str) -> Verdict {
    let rule = rules.iter_mut().find_map(|rule| rule.takes(method, path).then_some(rule));
    match rule {
        Some(rule) => Verdict { fault: rule.fault.clone(), callback: rule.callback.clone() },
        None => Verdict { fault: Fault::Pass, callback: None },
    }
}

/// The tag or digest, if `path` is that of a manifest.
pub(super) fn manifest_reference(path: &str) -> Option<&str> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (_, reference) = path.strip_prefix("/v2/")?.rsplit_once("/manifests/")?;
    (!reference.contains('/')).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_befalls_what_it_names_and_counts_only_that() {
        let mut rules = [Rule::new(Fault::Html).method("PUT").tag("_manifesto").from_nth(2).times(2)];
        let mut befallen = |method, path| !matches!(judge(&mut rules, method, path).fault, Fault::Pass);
        assert!(!befallen("PUT", "/v2/app/manifests/_manifesto"));
        assert!(!befallen("GET", "/v2/app/manifests/_manifesto"));
        assert!(!befallen("PUT", "/v2/app/manifests/_manifesto.3"));
        assert!(befallen("PUT", "/v2/app/manifests/_manifesto"));
        assert!(befallen("PUT", "/v2/team/app/manifests/_manifesto?x=y"));
        assert!(!befallen("PUT", "/v2/app/manifests/_manifesto"));
    }

    #[test]
    fn the_first_rule_wins() {
        let mut rules = [Rule::new(Fault::Html).nth(1), Rule::new(Fault::Disconnect).nth(1)];
        assert!(matches!(judge(&mut rules, "GET", "/").fault, Fault::Html));
        assert!(matches!(judge(&mut rules, "GET", "/").fault, Fault::Disconnect));
        assert!(matches!(judge(&mut rules, "GET", "/").fault, Fault::Pass));
    }
}
