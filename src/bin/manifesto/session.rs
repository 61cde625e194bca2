//! One run of a command: its settings, the terminal, and the time when it started.

use std::{
    future::Future,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
    time::SystemTime,
};

use etcetera::BaseStrategy;
use manifesto::{
    limits::Limits,
    report::{Checked, Proposed, Report, Schema, Text},
    store::state::StateDir,
    time::Timestamp,
    write::{Outcome, Publisher},
};
use manifesto_keys::store::{DEADLINE, DEADLINE_UNATTENDED};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::Config,
    environment::{Environment, Variable},
    error::CliError,
    escape::Lines,
    exit::Exit,
    flags::{Format, Global},
    output::write_new_file,
    render::{self, Detail, OutputOptions, Render},
    terminal::{Answering, Asker, Drawn},
    timeout::Timeout,
};

/// How long the process waits at its end for a thread that waits for a key store or the user.
const GRACE: Duration = Duration::from_millis(500);

/// How long to wait for another manifesto process of this user.
const PATIENCE: Duration = Duration::from_secs(30);

/// One run of a command.
pub(crate) struct Session {
    pub(crate) environment: Environment,
    pub(crate) config: Config,
    /// The configuration file, if there is one.
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) asker: Asker,
    pub(crate) progress: Arc<Drawn>,
    /// The time for every decision of this run.
    pub(crate) now: Timestamp,
    pub(crate) timeout: Timeout,
    format: Format,
}

impl Session {
    /// Reads the environment and the configuration, for the verb with these words.
    pub(crate) fn open(global: &Global, verb: &str) -> Result<Self, CliError> {
        let environment = Environment::of_process();
        log(global.verbose);
        if let Err(error) = manifesto_keys::harden() {
            tracing::warn!(%error, "this process's memory can be read by others of the same user");
        }
        let named = global.config.clone().or_else(|| environment.os(Variable::Config).map(PathBuf::from));
        let (config, config_file) = match (named, own_config()) {
            (Some(path), _) => (Config::named(&path)?, Some(path)),
            (None, Some(path)) => (Config::own(&path)?, Some(path).filter(|path| path.exists())),
            (None, None) => (Config::default(), None),
        };
        let may_ask = !(global.no_input || environment.is_on(Variable::NoInput) || environment.is_on(Variable::Ci));
        let answering = Answering::default();
        // If the user cannot answer the key store's dialog, its time counts like any other.
        let at_keys = if may_ask { answering.clone() } else { Answering::default() };
        let progress = Arc::new(Drawn::new(global.format == Format::Text && global.verbose == 0, at_keys));
        let asker = Asker::new(may_ask, progress.bar(), answering.clone());
        Ok(Self {
            environment,
            config,
            config_file,
            asker,
            progress,
            now: Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::MAX).whole_seconds(),
            timeout: Timeout::new(global.timeout, verb, answering),
            format: global.format,
        })
    }

    /// The format of results.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// A report of this run, so far without warnings.
    pub(crate) fn report<B: Schema<Head = Checked>>(&self, body: B) -> Report<B> {
        Report::new(Checked { checked_at: self.now }, body)
    }

    /// The state directory, or one without content if there is no home directory.
    pub(crate) fn state(&self) -> Result<StateDir, CliError> {
        Ok(match self.state_path() {
            Some(path) => StateDir::open(&path, Limits::DEFAULT)?,
            None => StateDir::nowhere(Limits::DEFAULT),
        })
    }

    /// The path of the state directory, for commands that must store something.
    pub(crate) fn state_dir(&self) -> Result<PathBuf, CliError> {
        self.state_path().ok_or_else(|| {
            CliError::usage("there is no home directory to keep state in")
                .hint(format!("Set HOME, or {} to a folder.", Variable::StateDir.name()))
        })
    }

    fn state_path(&self) -> Option<PathBuf> {
        if let Some(path) = self.environment.os(Variable::StateDir) {
            return Some(PathBuf::from(path));
        }
        let base = etcetera::choose_base_strategy().ok()?;
        // A relative home directory is ignored, because it would depend on the current folder.
        let folder = base.state_dir().unwrap_or_else(|| base.data_dir()).join("manifesto");
        folder.is_absolute().then_some(folder)
    }

    /// Runs a command until it ends, the user presses Ctrl-C, or its time limit passes. Then everything that it holds
    /// is dropped, including temporary files. Writing a verified result is one step, which is never interrupted.
    pub(crate) fn run(&self, command: impl Future<Output = Result<Exit, CliError>>) -> Result<Exit, CliError> {
        let started = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = started.map_err(|source| CliError::new(Exit::Unexpected, "no_threads", source))?;
        let outcome = runtime.block_on(async {
            tokio::select! {
                // A command that has finished is not timed out.
                biased;
                outcome = command => outcome,
                Ok(()) = tokio::signal::ctrl_c() => Err(CliError::interrupted()),
                error = self.timeout.expired(|| self.progress.last_step()) => Err(error),
            }
        });
        runtime.shutdown_timeout(GRACE);
        outcome
    }

    /// Prints a message for the user. In JSON mode, programs find everything in the report.
    pub(crate) fn say(&self, line: &str) {
        self.speaker()(line);
    }

    /// Returns a function that does what [`say`](Self::say) does.
    pub(crate) fn speaker(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let (bar, is_told) = (self.progress.bar(), self.format == Format::Text);
        move |line| {
            if is_told {
                // The result matters more than messages, so a closed standard error does not stop it.
                let _ = bar.suspend(|| writeln!(io::stderr(), "{}", Text::from(line)));
            }
        }
    }

    /// How long to wait for another manifesto process of this user.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.timeout.at_most(PATIENCE)
    }

    /// How long to wait for a key store. It is longer if the user can answer its prompt.
    pub(crate) fn deadline(&self) -> Duration {
        if self.asker.can_ask() { DEADLINE } else { DEADLINE_UNATTENDED }
    }

    /// Prints the report of a part of the command, if it is not the result.
    pub(crate) fn tell<B: Schema>(&self, report: &Report<B>) -> Result<(), CliError>
    where
        Report<B>: Render,
    {
        let (mut out, mut person) = (Vec::new(), Vec::new());
        render::write(report, self.output_options(Format::Text, Detail::default()), &mut out, &mut person)
            .map_err(CliError::stdout)?;
        String::from_utf8_lossy(&person).lines().for_each(|line| self.say(line));
        Ok(())
    }

    /// Writes the report of a change or of its proposal.
    pub(crate) fn show_outcome<B: Schema>(&self, outcome: &Outcome<Report<B>>) -> Result<Exit, CliError>
    where
        Report<B>: Render,
    {
        match outcome {
            Outcome::Done(report) => self.show(report),
            Outcome::Proposed(report) => self.show::<Proposed>(report),
        }
    }

    /// Writes the report, and also writes a proposal to a file, if one was named.
    pub(crate) async fn hand_over<B: Schema>(
        &self,
        publisher: &Publisher,
        outcome: &Outcome<Report<B>>,
        out: Option<&Path>,
    ) -> Result<Exit, CliError>
    where
        Report<B>: Render,
    {
        if let (Outcome::Proposed(proposed), Some(out)) = (outcome, out) {
            let (bytes, _) = publisher.proposals().export(&proposed.proposal.id.to_string()).await?;
            write_new_file(out, &bytes)?;
            self.say(&format!("Written to {}.", out.display()));
        }
        self.show_outcome(outcome)
    }

    fn output_options(&self, format: Format, detail: Detail) -> OutputOptions {
        OutputOptions { format, now: self.now, utf8: self.environment.is_utf8(), detail }
    }

    /// Writes a report in the chosen format.
    pub(crate) fn show<B: Schema>(&self, report: &Report<B>) -> Result<Exit, CliError>
    where
        Report<B>: Render,
    {
        self.show_in_detail(report, Detail::default())
    }

    /// Like [`show`](Self::show), with the detail that the user asked for.
    pub(crate) fn show_in_detail<B: Schema>(&self, report: &Report<B>, detail: Detail) -> Result<Exit, CliError>
    where
        Report<B>: Render,
    {
        let exit = report.exit();
        let (mut out, mut person) = (Vec::new(), Vec::new());
        render::write(report, self.output_options(self.format, detail), &mut out, &mut person)
            .map_err(CliError::stdout)?;
        self.progress.bar().suspend(|| {
            // The result matters more than messages, so a closed standard error does not stop it.
            let _ = io::stderr().write_all(&person);
            write_result(&out)
        })?;
        Ok(exit)
    }
}

/// Writes a result completely to standard output.
pub(crate) fn write_result(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(CliError::stdout)
}

fn own_config() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("manifesto").join("config.toml"))
}

/// Writes this program's traces to standard error. They have no colour, because all control characters are escaped.
/// Other crates are silent, because some trace the headers of requests.
fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let ours = Targets::new().with_target("manifesto", level).with_target("manifesto_keys", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(|| Lines(io::stderr())).with_ansi(false).without_time();
    tracing_subscriber::registry().with(ours).with(lines).init();
}
