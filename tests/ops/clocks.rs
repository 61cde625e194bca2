//! Dates that are yet to come, and clocks that are wrong: the signer's, the reader's, and the registry's as a witness.

use std::sync::Arc;

use std::time::Duration;

use manifesto::time::Timestamp;
use manifesto::{
    Error,
    name::Image,
    read::{GetAnswer, GetOptions, ListOptions},
    report,
    time::Age,
    trust::{TrustError, author::NamedKey},
    write,
};

use crate::world::{
    Machine, REPOSITORY,
    authority::{granted, make_key},
    image,
    scripted::{Scripted, scripted},
    thief::{Forgery, Thief, image_digest, newcomer},
};

const MINUTES: [i64; 3] = [10, 365 * 24 * 60, 3650 * 24 * 60];

/// The age that is asked for, in each of the ways to ask: it is met by everything here but for what is wrong.
fn questions() -> [(&'static str, GetOptions); 3] {
    let century = Some(Age::days(36_500));
    [
        ("--max-age", GetOptions { max_age: century, ..GetOptions::default() }),
        ("--fresh", GetOptions { fresh: century, ..GetOptions::default() }),
        ("--verify", GetOptions { verify: true, ..GetOptions::default() }),
    ]
}

async fn ask(machine: &Machine, options: &GetOptions) -> Result<GetAnswer, Error> {
    machine.repository().get(&image(), &["trivy".parse().unwrap()], options).await
}

/// `trivy` and `qa` each have a role of their own, whose keys are here as all others are.
async fn repository() -> (Arc<Scripted>, Machine, Machine) {
    let (content, alice) = scripted().await;
    for (role, kind) in [("trivy", "trivy"), ("qa", "approvals")] {
        let key: NamedKey = make_key(&alice, role);
        alice.delegate(&granted(role, &[kind], &[&key], None)).await.unwrap();
        alice.put(kind, "said").await.unwrap();
    }
    let reader = newcomer(&alice).await;
    (content, alice, reader)
}

fn later(time: Timestamp, minutes: i64) -> Timestamp {
    let span = Duration::from_secs(60 * minutes.unsigned_abs());
    if minutes < 0 { time - span } else { time + span }
}

fn kinds(warnings: &[report::Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.kind).collect()
}

/// A change to a publication, made with all keys.
type Forge = fn(&mut Forgery, Timestamp);

/// [⚔]
/// Each document that an answer rests on, dated in the future by whoever has its key: it would stay new until its date
/// has come.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#signer-clock
#[tokio::test(start_paused = true)]
async fn what_is_dated_in_the_future_has_no_age() {
    let documents: [(&str, Forge); 6] = [
        ("timestamp metadata of ", |forged, date| forged.timestamp.manifesto.common.created = date),
        ("snapshot metadata of ", |forged, date| {
            forged.snapshot.manifesto.common.created = date;
            forged.snapshot.version += 1;
        }),
        ("targets metadata of ", |forged, date| {
            forged.targets.manifesto.common.created = date;
            forged.targets.version += 1;
            forged.snapshot.version += 1;
        }),
        ("root metadata of ", |forged, date| {
            forged.root.manifesto.common.created = date;
            forged.root.version += 1;
        }),
        ("trivy metadata of ", |forged, date| {
            forged.role("trivy").manifesto.common.created = date;
            forged.role("trivy").version += 1;
            forged.snapshot.version += 1;
        }),
        ("the 'trivy' of ", |forged, date| {
            let image = forged.role("trivy").statements().next().unwrap().unwrap().image;
            let now = std::mem::replace(&mut forged.timestamp.manifesto.common.created, date);
            forged.say("trivy", image, "trivy", "clean");
            forged.timestamp.manifesto.common.created = now;
        }),
    ];
    for (bearer, forge) in documents {
        let (content, alice, reader) = repository().await;
        for minutes in [5, 6, 300 * 24 * 60] {
            let date = later(alice.now, minutes);
            Thief::with(&alice, |_| true).publish(|forged| forge(forged, date)).await;
            // The registry's word changes nothing but whose clock is named.
            for registry in [None, Some(alice.now)] {
                content.set_clock(registry);
                for (flag, question) in questions() {
                    let (answer, told) = (ask(&reader, &question).await.map(drop), format!("{bearer}{flag} {minutes}"));
                    match answer {
                        Ok(()) => assert_eq!(minutes, 5, "{told}"),
                        Err(error @ Error::DatedInFuture { .. }) => {
                            assert!(minutes > 5, "{told}");
                            let said = error.to_string();
                            let whose = match registry {
                                None => "either this machine's clock is behind, or the signer's was ahead",
                                Some(_) => "; the signer's clock was ahead",
                            };
                            assert!(said.starts_with(bearer) && said.contains(&date.to_string()), "{told}: {said}");
                            assert!(said.ends_with(whose), "{told}: {said}");
                        }
                        Err(other) => panic!("{told}: {other:?}"),
                    }
                }
            }
            // Nobody who does not ask how old it is has to do without it.
            let got = ask(&reader, &GetOptions::default()).await.unwrap();
            let expected: &[&str] = if minutes > 5 { &["dated_in_the_future"] } else { &[] };
            assert_eq!(kinds(&got.report.warnings), expected, "{bearer}{minutes}");
            let list = reader.repository().list(&image(), &ListOptions::default()).await.unwrap();
            let all = reader.repository().list_all_images(false).await.unwrap();
            assert_eq!(
                (kinds(&list.warnings), kinds(&all.warnings)),
                (expected.to_vec(), expected.to_vec()),
                "{bearer}"
            );
            let verified = ListOptions { verify: true, ..ListOptions::default() };
            let list = reader.repository().list(&image(), &verified).await;
            let all = reader.repository().list_all_images(true).await;
            if minutes > 5 {
                assert!(matches!(list, Err(Error::DatedInFuture { .. })), "{bearer}");
                assert!(matches!(all, Err(Error::DatedInFuture { .. })), "{bearer}");
            } else {
                assert!(list.is_ok() && all.is_ok(), "{bearer}");
            }
        }
    }
}

/// Another team's date is nothing to an answer that does not rest on it.
#[tokio::test(start_paused = true)]
async fn a_date_that_the_answer_does_not_rest_on_disturbs_nobody() {
    let (content, alice, reader) = repository().await;
    let date = later(alice.now, 60);
    let forge = |forged: &mut Forgery| {
        forged.role("qa").manifesto.common.created = date;
        forged.role("qa").version += 1;
        forged.snapshot.version += 1;
    };
    Thief::with(&alice, |_| true).publish(forge).await;
    let by_digest: Image = format!("{REPOSITORY}@{}", image_digest(content.as_ref()).await).parse().unwrap();
    for (flag, question) in questions() {
        let ask = async |kind: &str| {
            reader.repository().get(&by_digest, &[kind.parse().unwrap()], &question).await.map(|got| got.report)
        };
        assert!(ask("trivy").await.unwrap().warnings.is_empty(), "{flag}");
        assert!(matches!(ask("approvals").await, Err(Error::DatedInFuture { .. })), "{flag}");
    }
}

/// A reader's clock that is behind: signed dates prove it, or the registry does, or both.
#[tokio::test(start_paused = true)]
async fn a_readers_clock_that_is_behind() {
    for minutes in MINUTES {
        let (content, alice, mut reader) = repository().await;
        let truth = alice.now;
        reader.now = later(truth, -minutes);
        for registry in [None, Some(truth), Some(reader.now)] {
            content.set_clock(registry);
            for (flag, question) in questions() {
                let error = ask(&reader, &question).await.map(drop).unwrap_err();
                let (said, told) = (error.to_string(), format!("{flag} {minutes} {registry:?}"));
                assert!(said.contains(&reader.now.to_string()), "{told}: {said}");
                match (registry, error) {
                    (Some(date), Error::BehindRegistry { signed: Some(_), registry, .. }) if date == truth => {
                        assert!(said.starts_with("this machine's clock is behind"), "{told}: {said}");
                        assert!(said.contains(&format!("the registry's says {registry}")), "{told}: {said}");
                        assert!(Age::between(registry, truth) < Age::minutes(1), "{told}: {said}");
                    }
                    (None, Error::DatedInFuture { .. }) => assert!(said.contains("; either "), "{told}: {said}"),
                    (Some(date), Error::DatedInFuture { .. }) if date == reader.now => {
                        assert!(said.ends_with("the signer's clock was ahead"), "{told}: {said}");
                    }
                    (_, other) => panic!("{told}: {other:?}"),
                }
            }
            let got = ask(&reader, &GetOptions::default()).await.unwrap();
            let both = ["clock_differs", "dated_in_the_future"];
            let expected = if registry == Some(truth) { &both[..] } else { &both[1..] };
            assert_eq!(kinds(&got.report.warnings), expected, "{minutes} {registry:?}");
        }
    }
}

/// Where no signed date tells, the registry's clock does: an answer that was signed long ago could be held for new.
#[tokio::test(start_paused = true)]
async fn a_readers_clock_that_is_behind_the_registrys_alone() {
    for minutes in [4].into_iter().chain(MINUTES) {
        let (content, alice, reader) = repository().await;
        content.set_clock(Some(later(alice.now, minutes)));
        for (flag, question) in questions() {
            match ask(&reader, &question).await.map(drop) {
                Ok(()) => assert_eq!(minutes, 4, "{flag}"),
                Err(Error::BehindRegistry { signed: None, now, registry, .. }) => {
                    assert_eq!(now, reader.now, "{flag}");
                    assert!(Age::between(registry, later(alice.now, minutes)) < Age::minutes(1), "{flag}");
                    assert!(minutes > 5, "{flag}");
                }
                Err(other) => panic!("{flag} {minutes}: {other:?}"),
            }
        }
        let got = ask(&reader, &GetOptions::default()).await.unwrap();
        let expected: &[&str] = if minutes > 5 { &["clock_differs"] } else { &[] };
        assert_eq!(kinds(&got.report.warnings), expected, "{minutes}");
        let listed = reader.repository().list_all_images(true).await;
        assert_eq!(listed.is_err(), minutes > 5, "{minutes}");
    }
}

/// Both can be wrong at once, and both are named.
#[tokio::test(start_paused = true)]
async fn a_readers_clock_that_is_behind_and_a_signers_that_was_ahead() {
    let (content, alice, mut reader) = repository().await;
    content.set_clock(Some(alice.now));
    reader.now = later(alice.now, -60);
    let date = later(alice.now, 60);
    Thief::with(&alice, |_| true).publish(|forged| forged.timestamp.manifesto.common.created = date).await;
    let error = ask(&reader, &GetOptions { verify: true, ..GetOptions::default() }).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::DatedInFuture { .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.ends_with("this machine's clock is behind, and the signer's was ahead"), "{said}");
}

/// A reader's clock that is ahead makes everything older than it is: that refuses, and never accepts. The registry's
/// date does not speak against it, since a cache repeats an old one.
#[tokio::test(start_paused = true)]
async fn a_readers_clock_that_is_ahead() {
    for minutes in MINUTES {
        let (content, alice, mut reader) = repository().await;
        reader.now = later(alice.now, minutes);
        let five = Some(Age::minutes(5));
        for registry in [None, Some(alice.now)] {
            content.set_clock(registry);
            let fresh = ask(&reader, &GetOptions { fresh: five, ..GetOptions::default() }).await.map(drop);
            let max_age = ask(&reader, &GetOptions { max_age: five, ..GetOptions::default() }).await.map(drop);
            let plain = ask(&reader, &GetOptions::default()).await;
            if minutes == 10 {
                assert!(matches!(fresh, Err(Error::NotFresh { age, .. }) if age == Age::minutes(10)), "{fresh:?}");
                assert!(matches!(max_age, Err(Error::StatementTooOld { age, .. }) if age == Age::minutes(10)));
                assert!(plain.unwrap().report.warnings.is_empty());
            } else {
                for refused in [fresh, max_age, plain.map(drop)] {
                    assert!(matches!(refused, Err(Error::Trust(TrustError::Expired { .. }))), "{refused:?}");
                }
            }
        }
    }
}

/// A statement that has ended is listed as ended, and got by nobody.
#[tokio::test(start_paused = true)]
async fn a_statement_that_has_ended_is_told_as_such() {
    let (_, alice, mut reader) = repository().await;
    let options = write::PutOptions {
        media_type: "text/plain".to_owned(),
        ttl: Some(Age::days(1)),
        ..write::PutOptions::default()
    };
    let content = write::StatementContent::measure(manifesto::oci::Source::Bytes("clean".into())).await.unwrap();
    let kind = "trivy".parse().unwrap();
    alice.publisher().put(&image(), &kind, content, options).await.unwrap();
    let expired = async |reader: &Machine| {
        let list = reader.repository().list(&image(), &ListOptions::default()).await.unwrap();
        let all = reader.repository().list_all_images(false).await.unwrap();
        let mut told: Vec<(String, bool)> = Vec::new();
        for statement in list.statements.iter().chain(&all.images[0].statements) {
            told.push((statement.statement_type.raw().to_owned(), statement.expired));
        }
        told
    };
    let told = |trivy| {
        let once = [("approvals".to_owned(), false), ("trivy".to_owned(), trivy)];
        [once.clone(), once].concat()
    };
    assert_eq!(expired(&reader).await, told(false));
    reader.now = later(reader.now, 24 * 60);
    assert_eq!(expired(&reader).await, told(true));
    let got = ask(&reader, &GetOptions::default()).await.map(drop);
    assert!(matches!(got, Err(Error::StatementExpired { .. })), "{got:?}");
}
