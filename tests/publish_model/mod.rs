//! x
mod protocol;
mod search;
mod world;

use protocol::{Dropped, Foreign, Numbers, Rules, Tags};
use search::search;
use world::{Config, Confirm, Fetch, Kind, Op, Watch};

const BOTH: [bool; 2] = [true, true];
const REPOSITORY: [bool; 2] = [true, false];
const QA: [bool; 2] = [false, true];

fn sound() -> Config {
    Config {
        rules: Rules {
            numbers: Numbers::Slots,
            tags: Tags::Unsettled,
            dropped: Dropped::Recorded,
            foreign: Foreign::IfContains,
            renumber: true,
            knew: true,
        },
        can: vec![REPOSITORY, QA],
        ops: vec![Op { writer: 0, role: 0, kind: Kind::Own }, Op { writer: 1, role: 1, kind: Kind::Own }],
        confirm: Confirm::SameTwice,
        fetch: Fetch::ManifestoFirst,
        own_tag: true,
        look: true,
        watch: Watch::Both,
        own_late: false,
        hidden: true,
        rounds: vec![2, 2, 2],
        land: 1,
        apart: 2,
        loss: false,
    }
}

fn run(name: &str, config: Config, most: usize) {
    let start = std::time::Instant::now();
    let found = search(config, most, |_| true);
    println!("{name}: {} states {:?} {:?}", found.states, start.elapsed(), found.violation);
}


fn own(writer: usize, role: usize) -> Op { Op { writer, role, kind: Kind::Own } }
fn shared(writer: usize, role: usize) -> Op { Op { writer, role, kind: Kind::Shared } }
fn delete(writer: usize, role: usize) -> Op { Op { writer, role, kind: Kind::Delete } }

#[test]
fn explore() {
    let c3 = || Config { fetch: Fetch::Together, can: vec![REPOSITORY, QA, REPOSITORY], ops: vec![own(0,0), own(1,1), own(2,0)], rounds: vec![1, 1, 1], land: 0, apart: 1, ..sound() };
    run("3 writers R Q R coarse", c3(), 3_000_000);
    run("3 writers R Q R shared coarse", Config{ops: vec![shared(0,0), own(1,1), shared(2,0)], ..c3()}, 3_000_000);
    run("3 writers R Q R own 1 2 1", Config{rounds: vec![1,2,1],..c3()}, 2_000_000);
    run("3 writers desc 1 2 1 shared no watch tags", Config{ops: vec![shared(0,0), own(1,1), shared(2,0)], rounds: vec![1,2,1], confirm: Confirm::DescendantTwice, watch: Watch::Never, ..c3()}, 2_000_000);
    run("3 writers desc", Config{ops: vec![shared(0,0), own(1,1), shared(2,0)], confirm: Confirm::DescendantTwice, ..c3()}, 3_000_000);
    run("3 writers desc 1 2 1", Config{ops: vec![shared(0,0), own(1,1), shared(2,0)], rounds: vec![1,2,1], confirm: Confirm::DescendantTwice, ..c3()}, 3_000_000);
    run("3 writers foreign newer", Config{rules: Rules{foreign: Foreign::IfNewer, ..sound().rules}, ..c3()}, 3_000_000);
    run("3 writers no renumber", Config{rules: Rules{renumber: false, ..sound().rules}, ..c3()}, 3_000_000);
    let c2 = || Config { fetch: Fetch::Together, ..sound() };
    let one = || Config { can: vec![REPOSITORY, REPOSITORY], ..c2() };
    run("2 desc", Config{confirm: Confirm::DescendantTwice, ..c2()}, 3_000_000);
    run("2 once settled", Config{confirm: Confirm::OnceSettled, ..c2()}, 3_000_000);
    run("2 at once", Config{confirm: Confirm::AtOnce, ..c2()}, 3_000_000);
    run("2 blind", Config{confirm: Confirm::Blind, ..c2()}, 3_000_000);
    run("2 no look", Config{look: false, ..c2()}, 3_000_000);
    run("2 no own tag", Config{own_tag: false, ..c2()}, 3_000_000);
    run("2 no watch tags", Config{watch: Watch::Never, ..c2()}, 3_000_000);
    run("2 tags first", Config{fetch: Fetch::TagsFirst, ..sound()}, 3_000_000);
    run("2 reused", Config{rules: Rules{numbers: Numbers::Reused, ..sound().rules}, ..c2()}, 3_000_000);
    run("2 newer ts", Config{rules: Rules{tags: Tags::NewerTimestamp, ..sound().rules}, ..c2()}, 3_000_000);
    run("2 ignored", Config{rules: Rules{tags: Tags::Ignored, ..sound().rules}, ..c2()}, 3_000_000);
    run("2 foreign never", Config{rules: Rules{foreign: Foreign::Never, ..sound().rules}, ..c2()}, 3_000_000);
    run("2 foreign newer", Config{rules: Rules{foreign: Foreign::IfNewer, ..sound().rules}, ..c2()}, 3_000_000);
    run("2 hidden off", Config{hidden: false, ..c2()}, 3_000_000);
    run("2 own late", Config{own_late: true, ..c2()}, 3_000_000);
    run("2 watch second", Config{watch: Watch::Second, ..sound()}, 3_000_000);
    run("2 watch second tags first", Config{watch: Watch::SecondTagsFirst, ..sound()}, 3_000_000);
    run("2 watch first", Config{watch: Watch::First, ..sound()}, 3_000_000);
    run("2 desc watch second tags first", Config{watch: Watch::SecondTagsFirst, confirm: Confirm::DescendantTwice, ..sound()}, 3_000_000);
    let aba = || Config{ops: vec![shared(0,0), shared(1,0), delete(1,0)], ..one()};
    run("aba", aba(), 3_000_000);
    run("aba forgotten", Config{rules: Rules{dropped: Dropped::Forgotten, ..sound().rules}, ..aba()}, 3_000_000);
    run("3 op aba loss", Config{loss: true, ..aba()}, 3_000_000);
    run("land 0", Config{land: 0, apart: 1, ..sound()}, 3_000_000);
}
