//! Somebody at a terminal, who is counted.

use std::{
    cell::{Cell, Ref, RefCell},
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use notary_dev::{fixtures, keyring::KeyringSession};

use super::super::actor::{Actor, PASSPHRASE, program};

/// What stands at the end of each question that a person answers.
const QUESTIONS: [&str; 5] = ["[y/N] ", "New passphrase for ", "Once more: ", "Passphrase for ", "(none if empty): "];

/// Somebody with a home and a key store of their own. Whatever they type is counted, and whatever they are asked.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) actor: Actor,
    _session: Option<KeyringSession>,
    typed: RefCell<Vec<(String, String)>>,
    answers: Cell<usize>,
}

impl Person {
    /// At a desk: with an unlocked keyring.
    pub(super) fn at_desk(name: &'static str) -> Self {
        let session = KeyringSession::start().unwrap();
        let actor = Actor::in_session(&session);
        Self { name, actor, _session: Some(session), typed: RefCell::default(), answers: Cell::default() }
    }

    /// A machine that somebody sets up: keys in files, their passphrase in the environment.
    pub(super) fn unattended(name: &'static str) -> Self {
        Self { name, actor: Actor::new(), _session: None, typed: RefCell::default(), answers: Cell::default() }
    }

    /// The commands, and what stood below each.
    pub(super) fn transcript(&self) -> Ref<'_, Vec<(String, String)>> {
        self.typed.borrow()
    }

    /// How many commands it took.
    pub(super) fn commands(&self) -> usize {
        self.typed.borrow().len()
    }

    /// How many questions were answered.
    pub(super) fn answers(&self) -> usize {
        self.answers.get()
    }

    /// Types a command that has to work and asks nothing, and returns what stood there.
    pub(super) fn types(&self, line: &str) -> String {
        self.types_for(0, line, &[])
    }

    /// Types a command that has to end with `code`, and these answers to all that it asks.
    pub(super) fn types_for(&self, code: i32, line: &str, answers: &[&str]) -> String {
        self.answers.set(self.answers.get() + answers.len());
        let shown = self.at_terminal(line, answers);
        assert_eq!(shown.0, code, "{}$ {line}\n{}", self.name, shown.1);
        let asked: usize = QUESTIONS.iter().map(|question| shown.1.matches(question).count()).sum();
        assert_eq!(asked, answers.len(), "{}$ {line}\n{}", self.name, shown.1);
        self.typed.borrow_mut().push((line.to_owned(), shown.1.clone()));
        shown.1
    }

    /// What is no part of the work: it is not counted.
    pub(super) fn tries(&self, line: &str, code: i32) -> String {
        let shown = self.at_terminal(line, &[]);
        assert_eq!(shown.0, code, "{}$ {line}\n{}", self.name, shown.1);
        shown.1
    }

    /// What a timer does, without anybody.
    pub(super) fn runs_by_timer(&self, line: &str) {
        let args: Vec<&str> = line.split(' ').skip(1).collect();
        self.actor.does(&args);
    }

    /// What stands in a job, which has nothing but its encrypted key and the passphrase, from the environment.
    pub(super) fn types_in_a_job(&self, line: &str) {
        self.typed.borrow_mut().push((line.to_owned(), String::new()));
        let args: Vec<&str> = line.split(' ').skip(1).collect();
        let key = fs::read_to_string(self.actor.path(&format!("{}.key", self.name))).unwrap();
        assert!(key.contains("-----BEGIN ENCRYPTED ") && !key.contains("-----BEGIN PRIVATE"), "{key}");
        let nowhere = format!("file:{}", self.actor.path("nothing").display());
        let mut command = self.actor.command(&args);
        let output = command.env("MANIFESTO_KEY", key).env("MANIFESTO_KEY_STORE", nowhere).output().unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A fixture in the home, by its name there.
    pub(super) fn brings(&self, fixture: &str) -> String {
        self.actor.write(fixture, fs::read(fixtures::statement(fixture)).unwrap());
        fixture.to_owned()
    }

    fn at_terminal(&self, line: &str, answers: &[&str]) -> (i32, String) {
        let folder = program().parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let mut command: Command = self.actor.command_of("script");
        command.args(["-qec", line, "/dev/null"]).env("PATH", path).env_remove("MANIFESTO_NO_INPUT");
        if self._session.is_some() {
            command.env_remove("MANIFESTO_PASSPHRASE");
        }
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        answers.iter().for_each(|answer| writeln!(stdin, "{answer}").unwrap());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }
}

/// Hands a file on. Nobody hands on a private key.
pub(super) fn give(file: &str, from: &Person, to: &Person) {
    let bytes = fs::read(from.actor.path(file)).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("PRIVATE") && !text.contains(PASSPHRASE), "{} hands {file} on", from.name);
    to.actor.write(file, text);
}
