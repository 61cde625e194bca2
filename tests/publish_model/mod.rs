//! The publish protocol of several writers, searched exhaustively.
//!
//! A registry's tag is a register: the last `PUT` wins, none can be made conditional, and one may land late. What
//! follows is the protocol as the search found it sound; the tests below take its rules away one by one and must then
//! find what goes wrong. Times: W from the look to sending, L from sending to landing, S between two reads.
//!
//! # What a publication carries
//!
//! In the timestamp's `x-manifesto`: `parent`, the digest of the manifest that was current at the fetch, and
//! `accounted`, for each timestamp key the version of that writer's last publication that was carried or given up
//! (its own: this one). A list that is as long as root's list of keys cannot overflow, as a list of the last manifests
//! does: after 64 publications of others an idle writer's own tag would look new again. In a role's document, each
//! path's earlier values and the deletions.
//!
//! # Publishing
//!
//! 1. **Fetch** M, the publication at `_manifesto`, and each P at the own tag of a timestamp key in root, one's own
//!    included; all at once if wanted. Verify each completely. P is *open* unless `M.accounted` names its version or
//!    a later one of that writer.
//! 2. **Burn**: the highest seen number of timestamp, of snapshot and of each role, over M and every P, open or not.
//! 3. **Settle** every open P into the base, role by role, while the documents differ:
//!    1. P's document has everything that the base's has, in value or history, and a higher version: take it as it is,
//!       whoever signed it.
//!    2. Else, if we sign the role: replay each statement of P that the base lacks, if the base's value is one that P's
//!       replaced, and everything said and deleted at that path in the base is in P's history too (where the base's
//!       list of deletions is full, absence proves nothing: do not replay). Sign anew if anything changed or P's
//!       version is not lower.
//!    3. Else, if P's document has something that the base lacks, or a version that is not lower: P stays open; only
//!       the role's signers can mend it.
//!
//!    P was carried whole: take over the highest of both `accounted`, entry by entry. Given up in part: account for P
//!    alone. Open: not at all.
//! 4. **Apply** the intent. Its statement is in the base already (step 3, or another carried it): nothing to apply. The
//!    value it replaces has changed: exit 8. Nothing to apply and nothing settled: go to step 8.
//! 5. **Sign** the changed roles, snapshot and timestamp, each number above the burnt one; `parent` is M.
//! 6. **Announce**: `PUT` at the own tag, and go on only when it was answered 2xx. If it was not, the same bytes may be
//!    sent again; no other publication may be put there until L has passed since the last unanswered one.
//! 7. **Look** at `_manifesto`: still M, by digest, else start again at 1. The own tags need not be read here. `PUT`
//!    within W of the look's sending, once; no answer counts as landed.
//! 8. **Watch**: two reads of `_manifesto`, the second sent S or more after the first was answered. On each, the
//!    statement is there, or the path's history or deletions name it. (Not by lineage: a publication may have been
//!    carried in part, and the statement with it.) After the second `_manifesto`, or after both, read the own tags;
//!    settling them as in step 3 must change nothing, and no open P may have a timestamp or snapshot number as high as
//!    the current one's. A P is passed over whose `parent` is what is current, if it accounts for nothing else that
//!    this does not: it never was current. Else start again at 1, after a random pause, a bounded number of times; then
//!    exit 8, "not confirmed, may have been seen".
//!
//! S > W + L, and each `PUT` lands once.
//!
//! # What holds, in every state that was reached
//!
//! * From its confirmation on, an operation is in what is current at every moment, with no window: in value, or
//!   replaced by one that knew it.
//! * Whenever a writer confirms, what it read supersedes everything that was ever current: higher numbers, or the same
//!   bytes. So each completed publication frees every reader, whoever stopped where. The one exception: two signers
//!   of a role at odds, both gone, and a writer that does not sign it; the next that does mends it. Between, a
//!   reader may meet an older number, and reads again.
//! * With numbers of the writer's own remainder (modulo the count of timestamp keys), no number ever stands for two
//!   documents. With the highest plus one it may, under several writers: a reader that goes by numbers alone can take
//!   both, so ours compares the bytes too, and treats another document of a known version as an older one.
//! * What was refused because its value had changed does not come back after a later deletion.
//! * Left alone, whatever the others left behind, a writer confirms with at most two publications, or its intent is void.
//!
//! A writer that stops is one that takes no further step, so every state stands for a crash of anybody. Not modelled:
//! a process that starts with the same key within L of the death of another; a change of root.

#![expect(clippy::print_stdout, clippy::panic, reason = "a search prints its size, and its trace where it fails")]

mod protocol;
mod search;
mod world;

use protocol::{Foreign, Numbers, Rules, Tags};
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
            numbers: Numbers::Slots,
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
    Config { rules: Rules { numbers: Numbers::PlusOne, ..config.rules }, ..config }
}

/// Every state is reached, and nothing is wrong in any.
fn holds(name: &str, config: Config) {
    // Two documents of one number are for the reader to tell apart by their bytes.
    let alike = config.rules.numbers == Numbers::PlusOne;
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
    breaks("numbers reused", with(Rules { numbers: Numbers::Reused, ..rules }, sound()), wedged);
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
