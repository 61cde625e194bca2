//! The publish protocol of several writers, searched exhaustively.
//!
//! `src/manual/protocol.md` has the protocol's rules, by the numbers that are used here, and what they keep. This is its
//! model: a registry's tag is a register, where the last `PUT` wins, none can be made conditional, and one may land late.
//! [`protocol`] has what is published and how it is merged (rules 2 and 3), [`world`] the registry, the writers and the
//! clock, [`search`] the search over every state. The tests below hold the rules to their promises, and then take them
//! away one by one and demand that the search finds what breaks.
//!
//! A writer that stops is one that takes no further step, so every state is also a crash of anybody. The model has no
//! process that starts with the same key within L of the death of another, and no change of root.

#![expect(clippy::print_stdout, clippy::panic, reason = "a search prints its size, and its trace where it fails")]

mod protocol;
mod search;
mod world;

use protocol::{Foreign, Rules, Tags, VersionAllocator};
use search::search;
use world::{Config, Confirm, Fetch, Kind, Op, Stored, Violation, Watch};

const REPOSITORY: [bool; 2] = [true, false];
const QA: [bool; 2] = [false, true];
/// More states than this are a mistake of the test.
const MOST: usize = 3_000_000;

/// The protocol, with one writer for each of two roles, and reads that others' steps may come between.
fn sound() -> Config {
    Config {
        rules: Rules {
            numbers: VersionAllocator::Slots,
            tags: Tags::Unsettled,
            foreign: Foreign::IfContains,
            renumber: true,
            knew: true,
        },
        can: vec![REPOSITORY, QA],
        ops: vec![own(0, 0), own(1, 1)],
        confirm: Confirm::DescendantTwice,
        fetch: Fetch::ManifestoFirst,
        own_tag: true,
        look: true,
        watch: Watch::Both,
        stored: Stored::Content,
        own_late: false,
        hidden: true,
        rounds: vec![2, 2],
        land: 0,
        apart: 1,
        loss: false,
    }
}

/// Two writers of one role, at one path.
fn rivals() -> Config {
    Config { can: vec![REPOSITORY, REPOSITORY], ops: vec![shared(0, 0), shared(1, 0)], ..sound() }
}

/// Two rivals and a writer that does not sign their role.
fn three() -> Config {
    Config {
        can: vec![REPOSITORY, QA, REPOSITORY],
        ops: vec![shared(0, 0), own(1, 1), shared(2, 0)],
        fetch: Fetch::Together,
        rounds: vec![1, 1, 1],
        ..sound()
    }
}

/// A value at a path, a rival one, and its deletion.
fn deletion() -> Config {
    Config {
        ops: vec![shared(0, 0), shared(1, 0), Op { writer: 1, role: 0, kind: Kind::Delete }],
        fetch: Fetch::Together,
        rounds: vec![1, 2],
        ..rivals()
    }
}

fn own(writer: usize, role: usize) -> Op {
    Op { writer, role, kind: Kind::Own }
}

fn shared(writer: usize, role: usize) -> Op {
    Op { writer, role, kind: Kind::Shared }
}

fn plus_one(config: Config) -> Config {
    Config { rules: Rules { numbers: VersionAllocator::PlusOne, ..config.rules }, ..config }
}

/// Every state is reached, and nothing is wrong in any.
fn holds(name: &str, config: Config) {
    // Two documents of one number are for the reader to tell apart by their bytes.
    let alike = config.rules.numbers == VersionAllocator::PlusOne;
    let found = search(config, MOST, |violation| !(alike && violation == Violation::TwoOfOneVersion));
    println!("{name}: {} states", found.states);
    if let Some((violation, trace)) = found.violation {
        panic!("{name}: {violation:?} after {trace:#?}");
    }
}

/// The search finds what is wrong with `config`.
fn breaks(name: &str, config: Config, wrong: impl Fn(Violation) -> bool) {
    let found = search(config, MOST, &wrong);
    let (violation, trace) = found.violation.unwrap_or_else(|| panic!("{name}: nothing in {} states", found.states));
    println!("{name}: {violation:?} among {} states, {} steps", found.states, trace.len());
}

fn lost(violation: Violation) -> bool {
    matches!(violation, Violation::LostConfirmed { .. })
}

fn wedged(violation: Violation) -> bool {
    matches!(violation, Violation::Wedged { .. })
}

#[test]
fn writers_of_two_roles() {
    holds("two roles", sound());
    holds("two roles, plus one", plus_one(sound()));
}

#[test]
fn base_fetched_in_any_order_and_tags_read_once() {
    holds("tags first, second watch", Config { fetch: Fetch::TagsFirst, watch: Watch::Second, ..sound() });
}

#[test]
fn rivals_at_one_path() {
    holds("rivals", rivals());
    holds("rivals, requests lost", plus_one(Config { loss: true, fetch: Fetch::Together, ..rivals() }));
}

#[test]
fn requests_in_flight_for_several_ticks() {
    holds("late", Config { land: 2, apart: 3, fetch: Fetch::Together, ..sound() });
}

#[test]
fn what_was_refused_stays_away() {
    holds("deletion", deletion());
    holds("deletion, plus one", plus_one(deletion()));
}

#[test]
fn three_writers() {
    holds("three", three());
    holds("three, plus one", plus_one(three()));
    let one_role = Config { can: vec![REPOSITORY; 3], ops: vec![shared(0, 0), own(1, 0), shared(2, 0)], ..three() };
    holds("three of one role", one_role);
}

#[test]
fn three_writers_with_reads_apart() {
    holds("three, reads apart", Config { fetch: Fetch::ManifestoFirst, watch: Watch::Second, ..plus_one(three()) });
}

#[test]
fn confirming_too_early_loses() {
    breaks("blind", Config { confirm: Confirm::Blind, ..sound() }, lost);
    breaks("at once", Config { confirm: Confirm::AtOnce, ..sound() }, lost);
    breaks("among the ancestors, once", Config { confirm: Confirm::OnceSettled, land: 1, apart: 2, ..sound() }, lost);
    breaks("reads no further apart than a request is late", Config { land: 2, apart: 2, ..sound() }, lost);
    breaks("no look", Config { look: false, ..sound() }, lost);
}

#[test]
fn confirming_without_the_own_tags_wedges() {
    for watch in [Watch::Never, Watch::First, Watch::SecondTagsFirst] {
        breaks(&format!("{watch:?}"), Config { watch, land: 1, apart: 2, ..sound() }, wedged);
    }
    holds(
        "tags before an unchanged manifesto",
        Config { confirm: Confirm::SameTwice, watch: Watch::SecondTagsFirst, ..sound() },
    );
}

#[test]
fn leaving_out_what_others_announced_wedges() {
    let with = |rules: Rules, config: Config| Config { rules, ..config };
    let rules = sound().rules;
    breaks("no own tag", Config { own_tag: false, ..sound() }, wedged);
    breaks("own tags ignored", with(Rules { tags: Tags::Ignored, ..rules }, sound()), wedged);
    breaks("own tags by timestamp", with(Rules { tags: Tags::NewerTimestamp, ..rules }, sound()), wedged);
    breaks("numbers reused", with(Rules { numbers: VersionAllocator::Reused, ..rules }, sound()), wedged);
    breaks("foreign roles never adopted", with(Rules { foreign: Foreign::Never, ..rules }, sound()), wedged);
    breaks("open forks not outnumbered", with(Rules { renumber: false, ..rules }, three()), wedged);
    breaks("what an announced child hides", Config { hidden: false, ..sound() }, wedged);
    breaks("an own tag that falls back", Config { own_late: true, ..sound() }, wedged);
}

#[test]
fn adopting_by_version_alone_loses() {
    breaks(
        "foreign roles by version",
        Config { rules: Rules { foreign: Foreign::IfNewer, ..sound().rules }, ..three() },
        lost,
    );
}

#[test]
fn replaying_by_value_alone_resurrects() {
    breaks("by value", Config { rules: Rules { knew: false, ..sound().rules }, ..deletion() }, |violation| {
        matches!(violation, Violation::Resurrected { .. })
    });
}

#[test]
fn confirming_by_lineage_alone_gets_stuck() {
    let config = Config { stored: Stored::Lineage, rounds: vec![2, 1, 1], ..three() };
    breaks("lineage", config, |violation| matches!(violation, Violation::Stuck { .. }));
}

#[test]
fn highest_plus_one_makes_two_documents_of_one_number() {
    breaks("plus one", plus_one(three()), |violation| violation == Violation::TwoOfOneVersion);
}
