//! Whether the dates in an answer can be believed: by this machine's clock, and by the registry's as a second witness.
//!
//! A date that is yet to come proves that one of two clocks is wrong: its signer's, or this machine's. The registry's
//! tells which. Nobody signs what that one says, so it is never the reason to believe anything.

use std::time::Duration;

use crate::time::Timestamp;

use crate::{
    name::{Role, RoleName, StatementType},
    read::{Error, repository::Repository},
    report::{Text, Warning},
    store::publication::{Answer, Publication},
    time::{Age, Since, is_future, to_tuf},
    trust::{Dated, Verified},
};

/// A date that somebody signed, and what bears it.
pub(crate) struct SignedDate {
    bearer: Bearer,
    date: Timestamp,
}

enum Bearer {
    Document(Role),
    Statement(StatementType, String),
}

impl SignedDate {
    fn of_document<T: Dated>(document: &Verified<T>) -> Self {
        Self { bearer: Bearer::Document(document.role().clone()), date: document.created() }
    }

    /// The date of a statement about `image`.
    pub(crate) fn of_statement(answer: &Answer, image: impl ToString) -> Self {
        let statement_type = answer.statement.statement_type.clone();
        Self { bearer: Bearer::Statement(statement_type, image.to_string()), date: answer.statement.info.created }
    }
}

impl Publication {
    /// The dates of the documents that every answer rests on.
    fn top_level_dates(&self) -> [SignedDate; 4] {
        let trusted = self.trusted();
        [
            SignedDate::of_document(trusted.timestamp()),
            SignedDate::of_document(trusted.snapshot()),
            SignedDate::of_document(trusted.targets()),
            SignedDate::of_document(trusted.root()),
        ]
    }

    /// The dates of the delegated roles that were loaded and that `wanted` holds for.
    fn dates_of_roles(&self, wanted: impl Fn(&RoleName) -> bool) -> impl Iterator<Item = SignedDate> {
        let loaded = self.trusted().loaded().filter(move |(delegation, _)| wanted(&delegation.to));
        loaded.map(|(_, role)| SignedDate::of_document(role))
    }
}

impl Repository {
    /// For a caller who asks how old an answer is: checks that nothing it rests on is dated in the future, and that this
    /// machine's clock is not behind the registry's. By a clock that is behind, nothing can be told about an age.
    ///
    /// # Errors
    /// One of the two, with what is known about whose clock is wrong; an answer that is older than `fresh`.
    pub(crate) fn check_fresh(&self, publication: &Publication, fresh: Option<Age>) -> Result<(), Error> {
        let [timestamp, others @ ..] = publication.top_level_dates();
        let age = self.age_of(&timestamp)?;
        for date in &others {
            self.age_of(date)?;
        }
        if let Some(registry) = self.registry_ahead() {
            let location = self.location.clone();
            return Err(Error::BehindRegistry { location, now: self.now, registry, signed: None });
        }
        match fresh {
            Some(limit) if age > limit => Err(Error::NotFresh { location: self.location.clone(), age, limit }),
            _ => Ok(()),
        }
    }

    /// The age of a statement, for a caller who asks for it; its role's document has one as well.
    ///
    /// # Errors
    /// A date that is yet to come.
    pub(crate) fn age_of_answer(
        &self,
        publication: &Publication,
        answer: &Answer,
        image: impl ToString,
    ) -> Result<Age, Error> {
        for date in publication.dates_of_roles(|name| *name == answer.role) {
            self.age_of(&date)?;
        }
        self.age_of(&SignedDate::of_statement(answer, image))
    }

    fn age_of(&self, signed: &SignedDate) -> Result<Age, Error> {
        let date = match Since::new(signed.date, self.now) {
            Since::Ago(age) => return Ok(age),
            Since::Future(date) => date,
        };
        let (location, now, what) = (self.location.clone(), self.now, self.describe(&signed.bearer));
        Err(match (self.registry_clock(), self.registry_ahead()) {
            (_, Some(registry)) if !is_future(date, registry) => {
                Error::BehindRegistry { location, now, registry, signed: Some((what, date)) }
            }
            (registry, _) => Error::DatedInFuture { location, what, date, now, registry },
        })
    }

    /// What the registry's clock showed when this machine's showed the time of the decision. A person may have thought for
    /// long since.
    fn registry_clock(&self) -> Option<Timestamp> {
        let date = self.content.date()?.checked_sub(self.begun.elapsed())?;
        // To the nearest second.
        date.checked_add(Duration::from_millis(500)).map(Timestamp::whole_seconds)
    }

    /// The same, if this machine's clock is behind it. That it is ahead proves nothing: a cache repeats the date of the
    /// first answer.
    fn registry_ahead(&self) -> Option<Timestamp> {
        self.registry_clock().filter(|date| is_future(*date, self.now))
    }

    fn describe(&self, bearer: &Bearer) -> String {
        match bearer {
            Bearer::Document(role) => format!("{role} metadata of {}", self.location),
            Bearer::Statement(statement_type, image) => format!("the '{statement_type}' of {image}"),
        }
    }

    /// What somebody should know who did not ask how old an answer is: which dates in it are yet to come, and that this
    /// machine's clock is behind the registry's.
    pub(crate) fn clock_warnings(
        &self,
        publication: &Publication,
        statements: impl IntoIterator<Item = SignedDate>,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |kind, message: String| warnings.push(Warning { kind, message: Text::from(message) });
        if let Some(registry) = self.registry_ahead() {
            let message = behind(self.now, registry, None);
            warn("clock_differs", format!("{message}; how old anything is cannot be told by it"));
        }
        let roles = publication.top_level_dates().into_iter().chain(publication.dates_of_roles(|_| true));
        let all = statements.into_iter().chain(roles);
        let mut future: Vec<SignedDate> = all.filter(|signed| is_future(signed.date, self.now)).collect();
        future.sort_by_key(|signed| std::cmp::Reverse(signed.date));
        if let Some(signed) = future.first() {
            let what = self.describe(&signed.bearer);
            let told = dated(&what, signed.date, self.now, self.registry_clock());
            let others = match future.len() - 1 {
                0 => String::new(),
                1 => ". 1 other date is yet to come, too".to_owned(),
                others => format!(". {others} other dates are yet to come, too"),
            };
            warn("dated_in_the_future", format!("{told}{others}"));
        }
        warnings
    }
}

/// That `what` is dated in the future, and whose clock is wrong as far as the registry's tells.
pub(crate) fn dated(what: &str, date: Timestamp, now: Timestamp, registry: Option<Timestamp>) -> String {
    let clocks = match registry {
        None => format!("this machine's clock says {}", to_tuf(now)),
        Some(registry) => format!("this machine's clock says {}, the registry's {}", to_tuf(now), to_tuf(registry)),
    };
    let whose = match registry {
        None => "either this machine's clock is behind, or the signer's was ahead",
        Some(registry) if !is_future(registry, now) => "the signer's clock was ahead",
        Some(registry) if !is_future(date, registry) => "this machine's clock is behind",
        Some(_) => "this machine's clock is behind, and the signer's was ahead",
    };
    format!("{what} is dated in the future ({}): {clocks}; {whose}", to_tuf(date))
}

/// That this machine's clock is behind the registry's, and behind what was `signed`.
pub(crate) fn behind(now: Timestamp, registry: Timestamp, signed: Option<&(String, Timestamp)>) -> String {
    let (now, registry) = (to_tuf(now), to_tuf(registry));
    let signed = signed.map(|(what, date)| format!(", and {what} is dated {}", to_tuf(*date))).unwrap_or_default();
    format!("this machine's clock is behind: it says {now}, the registry's says {registry}{signed}")
}
