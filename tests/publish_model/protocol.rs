//! What is published, and the pure half of the protocol: settling a base against the writers' own tags.

/// Bit of a publication in a set of publications.
pub(super) type Pubs = u32;
/// Bit of an operation in a set of operations.
pub(super) type Ops = u16;

pub(super) const ROLES: usize = 2;
pub(super) const MOST_WRITERS: usize = 3;
/// Attempts of one writer that have a bit of their own.
pub(super) const MOST_ATTEMPTS: usize = 8;
/// The attempt number of the publication that `init` made.
pub(super) const ORIGIN: u8 = 31;

/// A delegated role's document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Doc {
    pub(super) version: u8,
    /// The attempt that signed these bytes: two documents of one version differ in it.
    pub(super) maker: u8,
    /// The value at the path that several operations write: 0 is absent, else the operation's number plus one.
    pub(super) shared: u8,
    /// The values that `shared` had before, as bits: the signed history and the deletions.
    pub(super) was: u16,
    /// Operations whose effect is in this document or was replaced in it by one that knew it.
    pub(super) applied: Ops,
}

/// One manifest: everything that one `PUT` makes current.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Publication {
    /// The attempt that made it: its digest.
    pub(super) id: u8,
    pub(super) timestamp: u8,
    pub(super) snapshot: u8,
    pub(super) docs: [Doc; ROLES],
    /// The publication that was current when this one was made: the signed parent.
    pub(super) parent: u8,
    /// Publications whose whole content is in this one.
    pub(super) lineage: Pubs,
    /// How many publications of each writer were taken into account, be it that they were carried or given up.
    pub(super) accounted: [u8; MOST_WRITERS],
}

impl Publication {
    pub(super) fn origin() -> Self {
        let doc = Doc { version: 1, maker: ORIGIN, shared: 0, was: 0, applied: 0 };
        Self {
            id: ORIGIN,
            timestamp: 1,
            snapshot: 1,
            docs: [doc; ROLES],
            parent: ORIGIN,
            lineage: 0,
            accounted: [0; MOST_WRITERS],
        }
    }

    pub(super) fn bit(&self) -> Pubs {
        1 << self.id
    }

    pub(super) fn writer(&self) -> usize {
        usize::from(self.id) / MOST_ATTEMPTS
    }

    pub(super) fn attempt(&self) -> u8 {
        self.id % MOST_ATTEMPTS as u8
    }

    /// Whether whoever made this one knew `other` and carried it or gave it up.
    pub(super) fn accounts_for(&self, other: &Self) -> bool {
        other.id == ORIGIN || self.accounted[other.writer()] > other.attempt()
    }

    /// This publication and those whose whole content it has.
    pub(super) fn carries(&self) -> Pubs {
        self.bit() | self.lineage
    }

    /// Whether a reader that has verified `old` may take this one: by version numbers alone, as the TUF
    /// specification has it.
    pub(super) fn accepted_after(&self, old: &Self) -> bool {
        self.timestamp > old.timestamp
            && self.snapshot >= old.snapshot
            && (0..ROLES).all(|role| self.docs[role].version >= old.docs[role].version)
    }

    /// Whether a number that `old` uses for one document stands for another one here.
    pub(super) fn reuses_number_of(&self, old: &Self) -> bool {
        let tops = self.timestamp == old.timestamp || self.snapshot == old.snapshot;
        (tops && self.id != old.id)
            || (0..ROLES)
                .any(|role| self.docs[role].version == old.docs[role].version && self.docs[role] != old.docs[role])
    }

    /// Whether a strict reader that has verified `old` takes this one: every number higher, or the same bytes.
    pub(super) fn supersedes(&self, old: &Self, but: impl Fn(usize) -> bool) -> bool {
        self.id == old.id
            || (self.timestamp > old.timestamp
                && self.snapshot > old.snapshot
                && (0..ROLES).all(|role| {
                    let (new, old) = (&self.docs[role], &old.docs[role]);
                    new == old || new.version > old.version || but(role)
                }))
    }
}

/// How the next version of a document is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum VersionAllocator {
    /// Highest ever seen plus one.
    PlusOne,
    /// The lowest above the highest ever seen that leaves the writer's own remainder: no two writers share a number.
    Slots,
    /// Bad: the base's plus one, whatever else was put.
    Reused,
}

/// Which own tags a look takes into account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tags {
    /// All that the base does not account for.
    Unsettled,
    /// Bad: only those with a timestamp at least as high as the base's.
    NewerTimestamp,
    /// Bad: none.
    Ignored,
}

/// What of a foreign role's newer document is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Foreign {
    /// It, if it has everything that the base's has.
    IfContains,
    /// Bad: it, whatever it lacks.
    IfNewer,
    /// Bad: nothing.
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) numbers: VersionAllocator,
    pub(super) tags: Tags,
    pub(super) foreign: Foreign,
    /// Whether what only others can settle is at least outnumbered.
    pub(super) renumber: bool,
    /// Whether a statement is replayed only where it was made in knowledge of all that was said and deleted there.
    pub(super) knew: bool,
}

/// A base with the own tags settled into it: what the next publication starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Merged {
    pub(super) docs: [Doc; ROLES],
    /// Roles that this writer has to sign anew.
    pub(super) resign: [bool; ROLES],
    pub(super) lineage: Pubs,
    pub(super) accounted: [u8; MOST_WRITERS],
    /// The highest number ever seen, of timestamp, snapshot and every role.
    pub(super) burnt: [u8; 2 + ROLES],
    /// Publications that a holder of another key must settle.
    pub(super) left: Pubs,
    /// Whether one of those has a timestamp or snapshot that is not older than the base's.
    pub(super) outnumbered: bool,
}

impl Merged {
    /// Whether a publication has to be made for the sake of others' publications alone.
    pub(super) fn differs_from(&self, base: &Publication) -> bool {
        self.docs != base.docs || self.resign.contains(&true) || self.accounted != base.accounted || self.outnumbered
    }
}

/// Settles the publications at the own tags into `base`, for a writer that signs the roles of `can`.
pub(super) fn merge(
    rules: &Rules,
    base: &Publication,
    own_tags: &[Publication],
    can: [bool; ROLES],
    on_shared: Ops,
) -> Merged {
    let mut out = Merged {
        docs: base.docs,
        resign: [false; ROLES],
        lineage: base.carries(),
        accounted: base.accounted,
        burnt: [base.timestamp, base.snapshot, base.docs[0].version, base.docs[1].version],
        left: 0,
        outnumbered: false,
    };
    if rules.tags == Tags::Ignored {
        return out;
    }
    if rules.numbers != VersionAllocator::Reused {
        for own in own_tags {
            let numbers = [own.timestamp, own.snapshot, own.docs[0].version, own.docs[1].version];
            for (burnt, number) in out.burnt.iter_mut().zip(numbers) {
                *burnt = (*burnt).max(number);
            }
        }
    }
    for own in own_tags {
        let counts = rules.tags == Tags::Unsettled || own.timestamp >= base.timestamp;
        if !base.accounts_for(own) && counts {
            settle(rules, &mut out, own, can, on_shared);
            let outnumbers = own.timestamp >= base.timestamp || own.snapshot >= base.snapshot;
            out.outnumbered |= outnumbers && rules.renumber;
        }
    }
    out
}

fn settle(rules: &Rules, out: &mut Merged, own: &Publication, can: [bool; ROLES], on_shared: Ops) {
    let (mut carried, mut settled) = (true, true);
    for (role, signs) in can.into_iter().enumerate() {
        let theirs = own.docs[role];
        let ours = out.docs[role];
        if theirs == ours {
            continue;
        }
        let contains = ours.applied & !theirs.applied == 0;
        let newer = theirs.version > ours.version;
        let take = match rules.foreign {
            Foreign::IfContains => contains,
            Foreign::IfNewer => contains || !signs,
            Foreign::Never => contains && signs,
        };
        if take && newer && !out.resign[role] {
            out.docs[role] = theirs;
        } else if signs {
            let (doc, all) = replay(rules, ours, theirs, on_shared);
            carried &= all;
            let higher = theirs.version >= ours.version;
            if doc != ours || higher {
                out.docs[role] = doc;
                out.resign[role] = true;
            }
        } else if theirs.applied & !ours.applied != 0 || theirs.version >= ours.version {
            // A superset that is older in number, or other content: only the role's own signers can tell.
            (carried, settled) = (false, false);
        }
    }
    if carried {
        out.lineage |= own.carries();
        for (ours, theirs) in out.accounted.iter_mut().zip(own.accounted) {
            *ours = (*ours).max(theirs);
        }
    } else if settled {
        let ours = &mut out.accounted[own.writer()];
        *ours = (*ours).max(own.attempt() + 1);
    } else {
        out.left |= own.bit();
    }
}

/// Carries the statements of `theirs` over to `ours`, each only where it replaces what it replaced when it was made.
fn replay(rules: &Rules, ours: Doc, theirs: Doc, on_shared: Ops) -> (Doc, bool) {
    let mut doc = ours;
    let missing = theirs.applied & !ours.applied;
    doc.applied |= missing & !on_shared;
    let missing = missing & on_shared;
    if missing == 0 {
        return (doc, true);
    }
    let knew = !rules.knew || ours.was & !theirs.was == 0;
    let replaces_ours = knew && theirs.was >> ours.shared & 1 == 1;
    if !replaces_ours && theirs.shared != ours.shared {
        return (doc, false);
    }
    doc.shared = theirs.shared;
    doc.was |= theirs.was;
    doc.applied |= missing;
    (doc, true)
}
