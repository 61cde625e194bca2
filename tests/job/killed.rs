//! A `put` that is killed between any two of its requests.

use std::{
    process::Command,
    sync::{Arc, Condvar, Mutex},
};

use notary_dev::proxy::{Fault, Rule};

use super::{
    actor::{Actor, Run},
    place::Place,
    team,
};

/// The id of a process that may not have been started yet.
#[derive(Default)]
struct Victim(Mutex<Option<u32>>, Condvar);

impl Victim {
    fn is(&self, id: u32) {
        *self.0.lock().unwrap() = Some(id);
        self.1.notify_all();
    }

    fn kill(&self) {
        let id = self.1.wait_while(self.0.lock().unwrap(), |id| id.is_none()).unwrap().unwrap();
        assert!(Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap().success());
    }
}

/// Puts `text`, and kills the process when its `n`th request arrives, which then meets `fault`.
fn put_killed_at(place: &Place, actor: &Actor, text: &str, n: usize, fault: Fault) -> Run {
    let victim = Arc::new(Victim::default());
    place.proxy.add_rule(Rule::new(fault).nth(n).calling({
        let victim = Arc::clone(&victim);
        move |_, _| victim.kill()
    }));
    let args = ["put", &place.image(), "approvals", "--text", text];
    let child = actor.command(&args).spawn().unwrap();
    victim.is(child.id());
    let output = child.wait_with_output().unwrap();
    place.proxy.clear_rules();
    Run { line: args.join(" "), output }
}

fn get(place: &Place, actor: &Actor, kind: &str) -> String {
    String::from_utf8(actor.does(&["get", "--verify", &place.image(), kind])).unwrap()
}

/// Kills at the first request, the second, and so on, until a `put` has none left to be killed at. Each time, what was
/// said before is there, before and after the retry; `approvals` says what was said before or what was being said.
fn at_every_request(place: &Place, writer: &Actor, reader: &Actor, fault: &dyn Fn(usize) -> Fault) -> usize {
    let mut said = "at first".to_owned();
    writer.does(&["put", &place.image(), "approvals", "--text", &said]);
    for n in 1.. {
        let text = format!("said when killed at {n}");
        let run = put_killed_at(place, writer, &text, n, fault(n));
        if run.code() == Some(0) {
            return n - 1;
        }
        assert_eq!(run.code(), None, "{}", run.shown());
        for actor in [writer, reader] {
            let found = get(place, actor, "approvals");
            assert!([&said, &text].contains(&&found), "killed at {n}: {found}");
            assert_eq!(get(place, actor, "seccomp"), "said before");
        }
        // Whoever was interrupted says the same again.
        said = text;
        writer.does(&["put", &place.image(), "approvals", "--text", &said]);
        for actor in [writer, reader] {
            assert_eq!(get(place, actor, "approvals"), said);
            assert_eq!(get(place, actor, "seccomp"), "said before");
        }
    }
    unreachable!("a put ends")
}

fn single(fault: &dyn Fn(usize) -> Fault) {
    let (owner, reader) = (Actor::new(), Actor::new());
    let place = Place::new();
    owner.does(&["init", &place.repository()]);
    owner.does(&["put", &place.image(), "seccomp", "--text", "said before"]);
    place.pin(&owner, &reader);
    let requests = at_every_request(&place, &owner, &reader, fault);
    assert!(requests > 5, "{requests}");
}

#[test]
fn before_a_request_reaches_the_registry() {
    single(&|_| Fault::Disconnect);
}

#[test]
fn after_a_request_has_done_its_work() {
    single(&|_| Fault::LostAnswer);
}

#[test]
fn among_several_writers() {
    let place = Place::new();
    let actors = team::founded(&place, 2);
    actors[1].does(&["put", &place.image(), "seccomp", "--text", "said before"]);
    // Each put waits for seconds until it is confirmed, so the two ways of being killed take turns.
    let fault = |n: usize| if n.is_multiple_of(2) { Fault::Disconnect } else { Fault::LostAnswer };
    let requests = at_every_request(&place, &actors[0], &actors[1], &fault);
    assert!(requests > 8, "{requests}");
}
