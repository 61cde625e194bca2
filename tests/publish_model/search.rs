//! Breadth-first search over every reachable state; the first violation comes with the shortest way to it.

use std::{
    collections::HashSet,
    hash::{BuildHasher, BuildHasherDefault, Hasher},
};

use super::world::{Config, State, Step, Violation, World};

/// What a search found.
pub(super) struct Found {
    /// Distinct states that were reached.
    pub(super) states: usize,
    /// The violation and the steps that lead to it.
    pub(super) violation: Option<(Violation, Vec<Step>)>,
}

/// Searches all of `config`; `most` states at most, and more are a mistake of the test.
pub(super) fn search(config: Config, most: usize, watch: impl Fn(Violation) -> bool) -> Found {
    let world = World::new(config);
    let writers = world.config.can.len();
    let mut seen: HashSet<u64, BuildHasherDefault<Plain>> = HashSet::default();
    let mut states: Vec<(State, u32, Step)> = vec![(world.start(), 0, Step::Tick)];
    seen.insert(fingerprint(&states[0].0));
    let mut at = 0;
    while at < states.len() {
        let state = states[at].0;
        let stuck = (0..writers).find_map(|number| world.alone(&state, number)).filter(|violation| watch(*violation));
        let mut broken = stuck.map(|violation| (violation, None));
        world.steps(&state, |step, next, violation| {
            let violation = violation.or_else(|| world.wrong(&next)).filter(|violation| watch(*violation));
            if broken.is_none() {
                broken = violation.map(|violation| (violation, Some(step)));
            }
            if seen.insert(fingerprint(&next)) {
                states.push((next, at as u32, step));
            }
        });
        if let Some((violation, last)) = broken {
            let mut trace: Vec<_> = last.into_iter().collect();
            while at != 0 {
                trace.push(states[at].2);
                at = states[at].1 as usize;
            }
            trace.reverse();
            return Found { states: states.len(), violation: Some((violation, trace)) };
        }
        assert!(states.len() <= most, "more than {most} states");
        at += 1;
    }
    Found { states: states.len(), violation: None }
}

/// 64 bits of a state: among a million states, two share them by chance once in 40 million searches.
fn fingerprint(state: &State) -> u64 {
    BuildHasherDefault::<Mixed>::default().hash_one(state)
}

#[derive(Default)]
struct Mixed(u64);

impl Mixed {
    fn add(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd129_0d3c_5ba6_3f9b_u128;
        self.0 = (wide as u64) ^ (wide >> 64) as u64 ^ self.0.rotate_left(29);
    }
}

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.add(word.into());
    }

    fn write_u16(&mut self, word: u16) {
        self.add(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.add(word.into());
    }

    fn write_isize(&mut self, word: isize) {
        self.add(word as u64);
    }
}

/// A fingerprint is its own hash.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}
