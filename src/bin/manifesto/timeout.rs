//! How long a command may take as a whole.

use std::time::{Duration, Instant};

use clap::ArgMatches;
use manifesto::{progress::Step, time::Age};

use crate::{error::CliError, exit::Exit, terminal::Answering};

/// How long a verb may take that only reads, unless the person says otherwise.
const READING: Age = Age::minutes(2);

/// The verbs that only read: they can be broken off at any time, and done again.
const READS: [&str; 14] = [
    "get",
    "list",
    "pending",
    "delegation list",
    "publisher list",
    "status",
    "inspect",
    "trust pin",
    "trust list",
    "trust export",
    "doctor",
    "help",
    "completions",
    "man",
];

/// The verbs that write or ask for keys. A clock that broke them off unasked would leave open what became of it.
#[cfg(test)]
const WRITES: [&str; 25] = [
    "put",
    "delete",
    "sign",
    "reject",
    "publish",
    "init",
    "delegation add",
    "delegation remove",
    "publisher add",
    "publisher remove",
    "key generate",
    "key list",
    "key show",
    "key import",
    "key export",
    "key backup",
    "key restore",
    "key rotate",
    "key revoke",
    "key remove",
    "key passwd",
    "root edit",
    "refresh",
    "recover",
    "trust forget",
];

/// The verb of a command line, with all its words.
pub(crate) fn verb(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut rest = matches;
    while let Some((word, below)) = rest.subcommand() {
        words.push(word);
        rest = below;
    }
    words.join(" ")
}

/// The bound on one command, and how much of it has passed. While a person answers, its clock stands still.
pub(crate) struct Timeout {
    bound: Option<Age>,
    started: Instant,
    answering: Answering,
}

impl Timeout {
    /// The bound that was `given`, or else that of the verb.
    pub(crate) fn new(given: Option<Age>, verb: &str, answering: Answering) -> Self {
        let bound = given.or(READS.contains(&verb).then_some(READING));
        Self { bound, started: Instant::now(), answering }
    }

    /// When the command began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// `wait`, or as long as the whole command may take if that is shorter.
    pub(crate) fn at_most(&self, wait: Duration) -> Duration {
        self.duration().map_or(wait, |bound| wait.min(bound))
    }

    fn duration(&self) -> Option<Duration> {
        // Neither is an age negative, nor is there one that is too long.
        self.bound.map(|bound| bound.duration())
    }

    /// Returns once all of the time has passed; where there is no bound, never. `doing` tells what is done then.
    pub(crate) async fn passed(&self, doing: impl Fn() -> Option<Step>) -> CliError {
        let (Some(bound), Some(duration)) = (self.bound, self.duration()) else { return std::future::pending().await };
        loop {
            let spent = self.started.elapsed().saturating_sub(self.answering.total());
            match duration.checked_sub(spent).filter(|left| !left.is_zero()) {
                Some(left) => tokio::time::sleep(left.max(LEAST)).await,
                None => return timed_out(bound, doing()),
            }
        }
    }
}

/// How often at most it is looked whether a person has answered.
const LEAST: Duration = Duration::from_millis(20);

fn timed_out(bound: Age, doing: Option<Step>) -> CliError {
    let during = doing.map(|step| format!(" while {step}")).unwrap_or_default();
    let message = format!("not done after {bound}, and given up{during}");
    let hint = match doing {
        Some(Step::Publishing | Step::Confirming) => {
            "What was to be published may be in force, or come into force yet: look before you try again. --timeout gives \
             it longer."
        }
        _ => "Try again later, or give it longer with --timeout.",
    };
    CliError::new(Exit::Unreachable, "timed_out", message).hint(hint)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Command;

    use super::*;
    use crate::groups;

    fn leaves(command: &Command, words: &str, found: &mut Vec<String>) {
        if !command.has_subcommands() {
            found.push(words.trim_start().to_owned());
        }
        for below in command.get_subcommands() {
            leaves(below, &format!("{words} {}", below.get_name()), found);
        }
    }

    /// A new verb has to be entered in one of the two tables: it cannot be left to wait for ever by mistake.
    #[test]
    fn every_verb_is_bounded_or_known_not_to_be() {
        let mut found = Vec::new();
        leaves(&groups::command(), "", &mut found);
        let verbs: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        let listed: Vec<&str> = READS.iter().chain(&WRITES).copied().collect();
        assert_eq!(verbs, BTreeSet::from_iter(listed.iter().copied()));
        assert_eq!(verbs.len(), listed.len(), "no verb stands in both");
        for verb in verbs {
            let bound = |given| Timeout::new(given, verb, Answering::default()).bound;
            assert_eq!(bound(None), READS.contains(&verb).then_some(READING), "{verb}");
            assert_eq!(bound(Some(Age::minutes(9))), Some(Age::minutes(9)), "{verb}");
        }
    }

    #[test]
    fn the_verb_of_a_command_line() {
        for (line, words) in [
            ("manifesto get r/a b", "get"),
            ("manifesto --timeout 5s trust pin r/a", "trust pin"),
            ("manifesto delegation list r/a --timeout 5s", "delegation list"),
        ] {
            let matches = groups::command().try_get_matches_from(line.split(' ')).unwrap();
            assert_eq!(verb(&matches), words);
        }
    }

    #[tokio::test]
    async fn the_time_of_an_answer_does_not_count() {
        let answering = Answering::default();
        let timeout = Timeout::new("60ms".parse().ok(), "put", answering.clone());
        let question = answering.begin();
        let waited = tokio::time::timeout(Duration::from_millis(300), timeout.passed(|| None)).await;
        assert!(waited.is_err(), "while a person answers, no time passes");
        drop(question);
        let error = timeout.passed(|| Some(Step::Uploading)).await.to_report();
        assert!(timeout.started.elapsed() >= Duration::from_millis(360), "{:?}", timeout.started.elapsed());
        assert_eq!((error.exit_code, error.kind), (10, "timed_out"));
        assert_eq!(error.message.raw(), "not done after 60 ms, and given up while storing");
    }

    #[test]
    fn what_may_have_been_published_is_said() {
        for (step, doubt) in [(Step::Publishing, true), (Step::Confirming, true), (Step::Reading, false)] {
            let hint = timed_out(READING, Some(step)).to_report().hint.unwrap();
            assert_eq!(hint.raw().contains("may be in force"), doubt, "{step}");
            assert!(hint.raw().contains("--timeout"), "{step}");
        }
    }
}
