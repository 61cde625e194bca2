//! A repository in memory that can be bent at every point, and a reader that walks the chain of states.
//!
//! [`World`] is what its owners meant to publish: drafts of documents and who signs them. [`World::publish`] computes
//! what one document signs about another and signs everything, which gives [`Published`] bytes. An attack edits the
//! drafts (a publisher who misbehaves) or the bytes (a registry that does). [`Reader`] is the client.

mod key;
mod reader;
mod world;

pub(crate) use key::{TestKey, id_of};
pub(crate) use reader::{Answer, PlainReader, Reader};
pub(crate) use world::{Draft, GUN, NOW, OTHER_GUN, Published, World, canonical, days, gun, now, path, statement};

use manifesto::trust::TrustError;

/// One attack and the refusal that it has to meet.
pub(crate) struct Attack<T> {
    pub(crate) name: &'static str,
    pub(crate) bend: Box<dyn Fn(&mut T)>,
    pub(crate) expected: &'static str,
    pub(crate) is_expected: fn(&TrustError) -> bool,
}

impl<T> Attack<T> {
    pub(crate) fn check<R>(&self, result: Result<R, TrustError>) {
        let Err(error) = result else { panic!("{}: accepted, expected {}", self.name, self.expected) };
        assert!((self.is_expected)(&error), "{}: expected {}, found {error:?}", self.name, self.expected);
    }
}

/// `attack!("name", |bent| …, TrustError::Variant { .. })`.
macro_rules! attack {
    ($name:expr, $bend:expr, $($expected:tt)+) => {
        $crate::trust::simulator::Attack {
            name: $name,
            bend: Box::new($bend),
            expected: stringify!($($expected)+),
            is_expected: |error| matches!(error, $($expected)+),
        }
    };
}
pub(crate) use attack;

/// Asserts that a result is the error that the pattern means.
macro_rules! refused {
    ($result:expr, $($expected:tt)+) => {
        match $result {
            Err($($expected)+) => {}
            Err(error) => panic!("expected {}, found {error:?}", stringify!($($expected)+)),
            Ok(_) => panic!("accepted, expected {}", stringify!($($expected)+)),
        }
    };
}
pub(crate) use refused;
