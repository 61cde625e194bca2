//! Freshness: checks signed dates against this machine's clock, with the registry's clock as a second witness.
//!
//! A date in the future proves that one of two clocks is wrong: the signer's, or this machine's. The registry's clock
//! tells which. But its time is not signed, so nothing is ever accepted because of it.

use std::time::Duration;

use crate::{
    name::{Role, RoleName, StatementType},
    read::{
        Error,
        error::{behind, dated},
        repository::Repository,
    },
    report::{Text, Warning},
    store::publication::{Answer, Publication},
    time::{Age, Since, Timestamp, is_future, to_tuf},
    trust::{Dated, Verified},
};

/// A signed date, and the document or statement that has it.
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

    /// Returns the date of a statement about `image`.
    pub(crate) fn of_statement(answer: &Answer, image: impl ToString) -> Self {
        let statement_type = answer.statement.statement_type.clone();
        Self { bearer: Bearer::Statement(statement_type, image.to_string()), date: answer.statement.info.created }
    }
}

impl Publication {
    /// Returns the dates of the documents that every answer depends on.
    fn top_level_dates(&self) -> [SignedDate; 4] {
        let trusted = self.trusted();
        [
            SignedDate::of_document(trusted.timestamp()),
            SignedDate::of_document(trusted.snapshot()),
            SignedDate::of_document(trusted.targets()),
            SignedDate::of_document(trusted.root()),
        ]
    }

    /// Returns the dates of the loaded delegated roles that match `wanted`.
    fn dates_of_roles(&self, wanted: impl Fn(&RoleName) -> bool) -> impl Iterator<Item = SignedDate> {
        let loaded = self.trusted().loaded().filter(move |(delegation, _)| wanted(&delegation.to));
        loaded.map(|(_, role)| SignedDate::of_document(role))
    }
}

impl Repository {
    /// Checks that an answer is as fresh as the caller requires. It must not depend on anything dated in the future,
    /// and this machine's clock must not be behind the registry's: a clock that is behind cannot tell any age.
    ///
    /// # Errors
    /// [`Error::DatedInFuture`], [`Error::BehindRegistry`], [`Error::NotFresh`].
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

    /// Returns the age of a statement. Its role's document must not be dated in the future either.
    ///
    /// # Errors
    /// [`Error::DatedInFuture`], [`Error::BehindRegistry`].
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

    /// Returns the registry's time at the moment of the decision. Its latest answer may be newer, if the user was asked
    /// meanwhile.
    fn registry_clock(&self) -> Option<Timestamp> {
        let date = self.content.date()?.checked_sub(self.begun.elapsed())?;
        // To the nearest second.
        date.checked_add(Duration::from_millis(500)).map(Timestamp::whole_seconds)
    }

    /// Returns the registry's time if this machine's clock is behind it. A registry's clock that is behind proves
    /// nothing: a cache repeats the date of the first answer.
    fn registry_ahead(&self) -> Option<Timestamp> {
        self.registry_clock().filter(|date| is_future(*date, self.now))
    }

    /// Returns the registry's time if this machine's clock differs from it, in either direction, by more than two
    /// clocks may. `None` if the registry sends no date.
    pub(crate) fn registry_differs(&self) -> Option<Timestamp> {
        self.registry_clock().filter(|date| is_future(*date, self.now) || is_future(self.now, *date))
    }

    /// Warns of a clock that is ahead of the registry's, where somebody looks after the repository. An answer needs no
    /// such warning: by a clock that is ahead, less is accepted, and nothing more.
    pub(crate) fn ahead_warning(&self) -> Option<Warning> {
        let registry = self.registry_differs().filter(|date| *date < self.now)?;
        let (now, registry) = (to_tuf(self.now), to_tuf(registry));
        let message = format!(
            "this machine's clock is ahead of the registry's: it says {now}, the registry's says {registry}; nothing can \
             be signed by it"
        );
        Some(Warning { kind: "clock_differs", message: Text::from(message) })
    }

    fn describe(&self, bearer: &Bearer) -> String {
        match bearer {
            Bearer::Document(role) => format!("{role} metadata of {}", self.location),
            Bearer::Statement(statement_type, image) => format!("the '{statement_type}' of {image}"),
        }
    }

    /// Warns of dates in the future, and of a clock that is behind the registry's, for callers that do not require an
    /// age.
    pub(crate) fn clock_warnings(
        &self,
        publication: &Publication,
        statements: impl IntoIterator<Item = SignedDate>,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |kind, message: String| warnings.push(Warning { kind, message: Text::from(message) });
        if let Some(registry) = self.registry_ahead() {
            let message = behind(self.now, registry, None);
            warn("clock_differs", format!("{message}; it cannot tell any age"));
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
                1 => ". 1 other date is in the future, too".to_owned(),
                others => format!(". {others} other dates are in the future, too"),
            };
            warn("dated_in_the_future", format!("{told}{others}"));
        }
        warnings
    }
}
