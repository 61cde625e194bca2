//! The registry, the writers and the clock: every state, and every step that may follow it.

use std::{cell::RefCell, collections::HashMap};

use super::protocol::{
    Foreign, MOST_ATTEMPTS, MOST_WRITERS, Merged, Ops, Publication, Pubs, ROLES, Rules, Tags, VersionAllocator, merge,
};

/// A publication's place in the store of those met in one search.
pub(super) type Key = u16;
const NONE: Key = Key::MAX;
const FLIGHTS: usize = 6;
const EVER: usize = 12;

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Writes a path that nothing else writes.
    Own,
    /// Writes the role's shared path.
    Shared,
    /// Deletes what is at the role's shared path.
    Delete,
}

/// One `put` or `delete` of one user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) writer: usize,
    pub(super) role: usize,
    pub(super) kind: Kind,
}

/// When a put counts as stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Confirm {
    /// One and the same descendant is current on two reads at least S apart.
    SameTwice,
    /// Descendants are current on two reads at least S apart.
    DescendantTwice,
    /// Bad: a descendant is current on one read, S after sending: one's own request and then another's may be late.
    OnceSettled,
    /// Bad: a descendant is current on one read at once.
    AtOnce,
    /// Bad: the `PUT` was answered.
    Blind,
}

/// How a base is fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fetch {
    /// `_manifesto` and then the own tags, with anything in between.
    ManifestoFirst,
    /// The own tags first, which a base that is fetched all at once may amount to.
    TagsFirst,
    /// Both in one step: fewer states where the order is not what is searched.
    Together,
}

/// How a writer knows its operation in a publication of another's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stored {
    /// Its statement is there, or its path's history or deletions name it.
    Content,
    /// Bad: by the lineage alone. Half of a publication may have been carried: the half that was asked about.
    Lineage,
}

/// Which reads of a confirmation read the own tags too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Watch {
    /// Both, after `_manifesto`.
    Both,
    /// The second, after `_manifesto`.
    Second,
    /// The second, before `_manifesto`: enough where that must not have changed, bad where a descendant will do.
    SecondTagsFirst,
    /// Bad: the first.
    First,
    /// Bad: neither.
    Never,
}

#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) rules: Rules,
    /// Roles that each writer signs.
    pub(super) can: Vec<[bool; ROLES]>,
    pub(super) ops: Vec<Op>,
    pub(super) confirm: Confirm,
    pub(super) fetch: Fetch,
    /// Whether the writer puts at its own tag before it puts at `_manifesto`.
    pub(super) own_tag: bool,
    /// Whether the base is looked at again before the `PUT`.
    pub(super) look: bool,
    /// Which reads of a confirmation also read the own tags, to hold it up for what is not accounted for.
    pub(super) watch: Watch,
    pub(super) stored: Stored,
    /// Whether a copy of the `PUT` at the own tag may land late, after the one that was answered.
    pub(super) own_late: bool,
    /// Whether an announced child of what is current still counts for the publications that it hides.
    pub(super) hidden: bool,
    /// Publications of one writer for one operation.
    pub(super) rounds: Vec<u8>,
    /// Ticks from the look to the landing of the `PUT`, at most: W + L.
    pub(super) land: u8,
    /// Ticks between the two reads, at least: S.
    pub(super) apart: u8,
    /// Whether a `PUT` may be lost without a word.
    pub(super) loss: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum At {
    /// About to fetch.
    Start,
    /// One half of the base is here.
    HalfFetched,
    /// Signed; about to put at the own tag.
    Signed,
    /// About to look and to put at `_manifesto`.
    Announced,
    /// The `PUT` was sent.
    Sent,
    /// `_manifesto` was read for the first time; the own tags not yet.
    FirstRead,
    /// Between the reads.
    Watching,
    /// `_manifesto` was read for the second time; the own tags not yet.
    SecondRead,
    /// Nothing left to do.
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Writer {
    pub(super) at: At,
    timer: u8,
    base: Key,
    tags: [Key; MOST_WRITERS],
    next: Key,
    attempts: u8,
    rounds: u8,
    op: u8,
    /// The value that the intent replaces, plus one, once it is known.
    replaces: u8,
    /// Attempts at this operation.
    mine: Pubs,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct State {
    pub(super) current: Key,
    tags: [Key; MOST_WRITERS],
    pub(super) writers: [Writer; MOST_WRITERS],
    /// Sent and not landed, with the ticks that are left, and whether it goes to the own tag.
    flights: [(Key, u8, bool); FLIGHTS],
    /// All that was ever current, for the readers that may have seen it.
    ever: [Key; EVER],
    pub(super) confirmed: Ops,
    pub(super) refused: Ops,
    /// Those of the refused for which the rounds were used up.
    exhausted: Ops,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Tick,
    Land(u8),
    LandLate(u8),
    Writer(u8, At),
    LoseAndSend(u8),
}

/// What no reachable state may show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Violation {
    /// A confirmed operation is not in what is current.
    LostConfirmed { op: usize },
    /// A writer confirmed, and a reader that has seen an earlier publication cannot follow to what is current.
    Wedged { writer: usize },
    /// A reader that goes by version numbers takes two documents of one version, one after the other.
    TwoOfOneVersion,
    /// A role's document is current that was signed by a writer without its key.
    Forged,
    /// An operation that was given up, and said to be, took effect after a later one on the same path was confirmed.
    Resurrected { op: usize },
    /// Left alone, a writer never comes to an end.
    Stuck { writer: usize },
}

pub(super) struct World {
    pub(super) config: Config,
    on_shared: Ops,
    store: RefCell<(Vec<Publication>, HashMap<Publication, Key>)>,
}

impl World {
    pub(super) fn new(config: Config) -> Self {
        let on_shared = config
            .ops
            .iter()
            .enumerate()
            .filter(|(_, op)| op.kind != Kind::Own)
            .fold(0, |mask, (number, _)| mask | 1 << number);
        let world = Self { config, on_shared, store: RefCell::default() };
        world.key(Publication::origin());
        world
    }

    fn key(&self, publication: Publication) -> Key {
        let mut store = self.store.borrow_mut();
        let next = store.0.len() as Key;
        let key = *store.1.entry(publication).or_insert(next);
        if key == next {
            store.0.push(publication);
        }
        key
    }

    pub(super) fn get(&self, key: Key) -> Publication {
        self.store.borrow().0[usize::from(key)]
    }

    fn writers(&self) -> usize {
        self.config.can.len()
    }

    pub(super) fn start(&self) -> State {
        let idle = Writer {
            at: At::Done,
            timer: 0,
            base: NONE,
            tags: [NONE; MOST_WRITERS],
            next: NONE,
            attempts: 0,
            rounds: 0,
            op: u8::MAX,
            replaces: 0,
            mine: 0,
        };
        let mut state = State {
            current: 0,
            tags: [NONE; MOST_WRITERS],
            writers: [idle; MOST_WRITERS],
            flights: [(NONE, 0, false); FLIGHTS],
            ever: [NONE; EVER],
            confirmed: 0,
            refused: 0,
            exhausted: 0,
        };
        state.ever[0] = 0;
        for number in 0..self.writers() {
            self.next_op(&mut state, number);
        }
        state
    }

    fn next_op(&self, state: &mut State, number: usize) {
        let writer = &mut state.writers[number];
        let from = if writer.op == u8::MAX { 0 } else { usize::from(writer.op) + 1 };
        let next = (from..self.config.ops.len()).find(|op| self.config.ops[*op].writer == number);
        let attempts = writer.attempts;
        *writer = Writer {
            at: if next.is_some() { At::Start } else { At::Done },
            timer: 0,
            base: NONE,
            tags: [NONE; MOST_WRITERS],
            next: NONE,
            attempts,
            rounds: 0,
            op: next.map_or(u8::MAX - 1, |op| op as u8),
            replaces: 0,
            mine: 0,
        };
    }

    fn restart(&self, state: &mut State, number: usize) {
        let writer = &mut state.writers[number];
        writer.at = At::Start;
        writer.timer = 0;
        writer.base = NONE;
        writer.next = NONE;
        writer.tags = [NONE; MOST_WRITERS];
    }

    fn refuse(&self, state: &mut State, number: usize) {
        state.refused |= 1 << state.writers[number].op;
        self.next_op(state, number);
    }

    fn merged(&self, number: usize, base: Key, tags: &[Key; MOST_WRITERS]) -> Merged {
        self.merged_by(&self.config.rules, number, base, tags)
    }

    fn merged_by(&self, rules: &Rules, number: usize, base: Key, tags: &[Key; MOST_WRITERS]) -> Merged {
        let own: Vec<_> = tags.iter().filter(|tag| **tag != NONE).map(|tag| self.get(*tag)).collect();
        merge(rules, &self.get(base), &own, self.config.can[number], self.on_shared)
    }

    /// The next number above `burnt` for `writer`.
    fn number(&self, burnt: u8, writer: usize) -> u8 {
        match self.config.rules.numbers {
            VersionAllocator::PlusOne | VersionAllocator::Reused => burnt + 1,
            VersionAllocator::Slots => {
                let count = self.writers() as u8;
                (burnt + 1..).find(|number| number % count == writer as u8).expect("one in every row of that length")
            }
        }
    }

    /// Settles, applies the intent and signs; or finds that nothing is to be published, or that the intent is void.
    fn sign(&self, state: &mut State, number: usize, rounds: u8) {
        let writer = state.writers[number];
        let base = self.get(writer.base);
        let merged = self.merged(number, writer.base, &writer.tags);
        let op_number = usize::from(writer.op);
        let op = self.config.ops[op_number];
        let mut docs = merged.docs;
        let mut resign = merged.resign;
        let doc = &mut docs[op.role];
        let bit = 1 << op_number;
        if doc.applied & bit == 0 {
            if op.kind != Kind::Own {
                if writer.replaces == 0 {
                    state.writers[number].replaces = doc.shared + 1;
                } else if writer.replaces != doc.shared + 1 {
                    return self.refuse(state, number);
                }
                doc.was |= 1 << doc.shared;
                doc.shared = if op.kind == Kind::Delete { 0 } else { op_number as u8 + 1 };
            }
            doc.applied |= bit;
            resign[op.role] = true;
        } else if !merged.differs_from(&base) {
            // Others carried it: only to be confirmed.
            let writer = &mut state.writers[number];
            writer.at = At::Sent;
            writer.timer = 0;
            return;
        }
        if writer.rounds >= rounds {
            state.exhausted |= bit;
            return self.refuse(state, number);
        }
        let id = (number * MOST_ATTEMPTS) as u8 + writer.attempts;
        for role in 0..ROLES {
            if resign[role] {
                docs[role].version = self.number(merged.burnt[2 + role], number);
                docs[role].maker = id;
            }
        }
        let mut accounted = merged.accounted;
        accounted[number] = writer.attempts + 1;
        let next = Publication {
            id,
            timestamp: self.number(merged.burnt[0], number),
            snapshot: self.number(merged.burnt[1], number),
            docs,
            parent: base.id,
            lineage: merged.lineage,
            accounted,
        };
        let writer = &mut state.writers[number];
        writer.next = self.key(next);
        writer.attempts += 1;
        writer.rounds += 1;
        writer.mine |= next.bit();
        writer.at = if self.config.own_tag { At::Signed } else { At::Announced };
        writer.tags = [NONE; MOST_WRITERS];
    }

    /// Whether what is current, read with the own tags, counts towards the confirmation.
    fn counts(&self, state: &State, number: usize, current: Key, tags: Option<&[Key; MOST_WRITERS]>) -> bool {
        let writer = &state.writers[number];
        let publication = self.get(current);
        let applied = publication.docs[self.config.ops[usize::from(writer.op)].role].applied >> writer.op & 1 == 1;
        let stored = match self.config.stored {
            Stored::Content => applied,
            Stored::Lineage => publication.carries() & writer.mine != 0 || (writer.mine == 0 && applied),
        };
        let (true, Some(tags)) = (stored, tags) else { return stored };
        // What was built on the very publication that is current was never current itself.
        let mut tags = *tags;
        for tag in &mut tags {
            if *tag == NONE {
                continue;
            }
            let own = self.get(*tag);
            let mut before = own.accounted;
            before[own.writer()] = own.attempt();
            let hides = before.iter().zip(publication.accounted).any(|(own, current)| *own > current);
            if own.parent == publication.id && (!hides || !self.config.hidden) {
                *tag = NONE;
            }
        }
        !self.merged(number, current, &tags).differs_from(&publication)
    }

    /// `read` is what the last read saw; what became current since then is for the next one to confirm.
    fn confirm(&self, state: &mut State, number: usize, read: Key) -> Option<Violation> {
        state.confirmed |= 1 << state.writers[number].op;
        self.next_op(state, number);
        if state.current == read { self.wedged(state, number) } else { None }
    }

    fn wedged(&self, state: &State, number: usize) -> Option<Violation> {
        let current = self.get(state.current);
        // Two signers of a role that this one does not sign, at odds and gone: the next of them mends it.
        let left = |role: usize| !self.config.can[number][role];
        let rules = Rules { foreign: Foreign::IfContains, tags: Tags::Unsettled, ..self.config.rules };
        let all = self.merged_by(&rules, number, state.current, &state.tags).left == 0;
        let wedged = state
            .ever
            .iter()
            .filter(|key| **key != NONE)
            .any(|key| !current.supersedes(&self.get(*key), |role| !all && left(role)));
        wedged.then_some(Violation::Wedged { writer: number })
    }

    fn land(&self, state: &mut State, key: Key) -> Option<Violation> {
        state.current = key;
        let landed = self.get(key);
        let mut found = None;
        for seen in state.ever.iter().filter(|key| **key != NONE) {
            let seen = self.get(*seen);
            if landed.accepted_after(&seen) && landed.reuses_number_of(&seen) {
                found = Some(Violation::TwoOfOneVersion);
            }
        }
        let free = state.ever.iter().position(|key| *key == NONE).expect("fewer publications than places");
        if !state.ever.contains(&key) {
            state.ever[free] = key;
            state.ever[..=free].sort_unstable();
        }
        for role in 0..ROLES {
            let maker = usize::from(landed.docs[role].maker) / MOST_ATTEMPTS;
            if maker < self.writers() && !self.config.can[maker][role] {
                return Some(Violation::Forged);
            }
        }
        found
    }

    /// What is wrong with a state, whatever led to it.
    pub(super) fn wrong(&self, state: &State) -> Option<Violation> {
        let current = self.get(state.current);
        let ops = &self.config.ops;
        for (op, what) in ops.iter().enumerate() {
            if state.confirmed >> op & 1 == 1 && current.docs[what.role].applied >> op & 1 == 0 {
                return Some(Violation::LostConfirmed { op });
            }
            let deleted = ops.iter().enumerate().any(|(number, later)| {
                later.kind == Kind::Delete && later.role == what.role && state.confirmed >> number & 1 == 1
            });
            let given_up = (state.refused & !state.exhausted) >> op & 1 == 1 && what.kind == Kind::Shared;
            if deleted && given_up && usize::from(current.docs[what.role].shared) == op + 1 {
                return Some(Violation::Resurrected { op });
            }
        }
        None
    }

    /// Every step from `state`, with what it leads to and what it breaks.
    pub(super) fn steps(&self, state: &State, mut visit: impl FnMut(Step, State, Option<Violation>)) {
        if let Some(next) = self.tick(state) {
            visit(Step::Tick, next, None);
        }
        for flight in 0..FLIGHTS {
            let (key, _, own) = state.flights[flight];
            if key != NONE {
                let mut next = *state;
                next.flights[flight] = (NONE, 0, false);
                next.flights.sort_unstable();
                let publication = self.get(key);
                if own {
                    next.tags[publication.writer()] = key;
                    visit(Step::LandLate(publication.id), next, None);
                } else {
                    let broken = self.land(&mut next, key);
                    visit(Step::Land(publication.id), next, broken);
                }
            }
        }
        for number in 0..self.writers() {
            let at = state.writers[number].at;
            if at == At::Done || (at == At::Watching && state.writers[number].timer < self.config.apart) {
                continue;
            }
            if at == At::Sent
                && self.config.confirm == Confirm::OnceSettled
                && state.writers[number].timer < self.config.apart
            {
                continue;
            }
            let mut next = *state;
            let broken = self.act(&mut next, number, false, self.config.rounds[number]);
            visit(Step::Writer(number as u8, at), next, broken);
            if at == At::Announced && self.config.loss {
                let mut next = *state;
                let broken = self.act(&mut next, number, true, self.config.rounds[number]);
                visit(Step::LoseAndSend(number as u8), next, broken);
            }
        }
    }

    fn tick(&self, state: &State) -> Option<State> {
        let mut next = *state;
        for (key, left, _) in &mut next.flights {
            if *key != NONE {
                *left = left.checked_sub(1)?;
            }
        }
        for writer in &mut next.writers {
            if matches!(writer.at, At::Watching)
                || (writer.at == At::Sent && self.config.confirm == Confirm::OnceSettled)
            {
                writer.timer = (writer.timer + 1).min(self.config.apart);
            }
        }
        (next != *state).then_some(next)
    }

    fn act(&self, state: &mut State, number: usize, lose: bool, rounds: u8) -> Option<Violation> {
        let writer = state.writers[number];
        match writer.at {
            At::Start => {
                let me = &mut state.writers[number];
                if self.config.fetch != Fetch::TagsFirst {
                    me.base = state.current;
                }
                if self.config.fetch != Fetch::ManifestoFirst {
                    me.tags = state.tags;
                }
                me.at = At::HalfFetched;
                if self.config.fetch == Fetch::Together {
                    self.sign(state, number, rounds);
                }
            }
            At::HalfFetched => {
                let me = &mut state.writers[number];
                match self.config.fetch {
                    Fetch::TagsFirst => me.base = state.current,
                    _ => me.tags = state.tags,
                }
                self.sign(state, number, rounds);
            }
            At::Signed => {
                state.tags[number] = writer.next;
                if self.config.own_late {
                    self.send(state, writer.next, true);
                }
                state.writers[number].at = At::Announced;
            }
            At::Announced => {
                if self.config.look && state.current != writer.base {
                    self.restart(state, number);
                    return None;
                }
                if !lose {
                    self.send(state, writer.next, false);
                }
                let me = &mut state.writers[number];
                me.at = At::Sent;
                me.timer = 0;
                me.base = NONE;
                me.next = NONE;
                if self.config.confirm == Confirm::Blind {
                    return self.confirm(state, number, writer.next);
                }
            }
            At::Sent | At::FirstRead => return self.first_read(state, number),
            At::Watching | At::SecondRead => return self.second_read(state, number),
            At::Done => {}
        }
        None
    }

    fn send(&self, state: &mut State, key: Key, own: bool) {
        let free = state.flights.iter().position(|flight| flight.0 == NONE).expect("fewer requests than places");
        state.flights[free] = (key, self.config.land, own);
        state.flights.sort_unstable();
    }

    fn first_read(&self, state: &mut State, number: usize) -> Option<Violation> {
        let reads_tags = matches!(self.config.watch, Watch::Both | Watch::First);
        let split = self.config.fetch != Fetch::Together && reads_tags;
        let me = &mut state.writers[number];
        if me.at == At::Sent {
            me.base = state.current;
            if split {
                me.at = At::FirstRead;
                return None;
            }
        }
        let (base, tags) = (state.writers[number].base, state.tags);
        if !self.counts(state, number, base, reads_tags.then_some(&tags)) {
            self.restart(state, number);
            return None;
        }
        if matches!(self.config.confirm, Confirm::AtOnce | Confirm::OnceSettled) {
            return self.confirm(state, number, base);
        }
        let me = &mut state.writers[number];
        me.at = At::Watching;
        me.timer = 0;
        me.next = NONE;
        None
    }

    fn second_read(&self, state: &mut State, number: usize) -> Option<Violation> {
        let tags_first = self.config.watch == Watch::SecondTagsFirst;
        let reads_tags = matches!(self.config.watch, Watch::Both | Watch::Second) || tags_first;
        let split = self.config.fetch != Fetch::Together && reads_tags;
        let me = &mut state.writers[number];
        if me.at == At::Watching {
            me.timer = 0;
            if !(tags_first && split) {
                me.next = state.current;
            }
            if tags_first {
                me.tags = state.tags;
            }
            if split {
                me.at = At::SecondRead;
                return None;
            }
        }
        if tags_first {
            me.next = state.current;
        } else {
            me.tags = state.tags;
        }
        let me = state.writers[number];
        state.writers[number].tags = [NONE; MOST_WRITERS];
        if !self.counts(state, number, me.next, reads_tags.then_some(&me.tags)) {
            self.restart(state, number);
            return None;
        }
        if self.config.confirm == Confirm::SameTwice && me.next != me.base {
            // The second read is the first of a new pair.
            let me = &mut state.writers[number];
            me.at = At::Watching;
            me.base = me.next;
            me.next = NONE;
            return None;
        }
        self.confirm(state, number, me.next)
    }

    /// What becomes of `state` if every other writer stops, all requests under way land, and `number` goes on: it
    /// comes to an end with two publications at most, and refuses only an intent whose value was changed.
    pub(super) fn alone(&self, state: &State, number: usize) -> Option<Violation> {
        const STEPS: usize = 32;
        let mut state = *state;
        let op = state.writers[number].op;
        state.writers[number].rounds = 0;
        for _ in 0..STEPS {
            for flight in 0..FLIGHTS {
                let (key, _, own) = std::mem::replace(&mut state.flights[flight], (NONE, 0, false));
                if key != NONE && !own {
                    self.land(&mut state, key);
                }
            }
            let writer = &mut state.writers[number];
            if writer.at == At::Done || writer.op != op {
                let exhausted =
                    op < Ops::BITS as u8 && state.exhausted >> op & 1 == 1 && state.confirmed >> op & 1 == 0;
                return exhausted.then_some(Violation::Stuck { writer: number });
            }
            writer.timer = self.config.apart;
            if let Some(wrong) = self.act(&mut state, number, false, 2) {
                return Some(wrong);
            }
        }
        Some(Violation::Stuck { writer: number })
    }
}
