//! What one run of a command has at hand: its settings, the person at the terminal, and the time it was started.

use std::{
    future::Future,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
    time::SystemTime,
};

use etcetera::BaseStrategy;
use manifesto::time::Timestamp;
use manifesto::{
    limits::Limits,
    report::Text,
    store::state::StateDir,
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
    render::{self, OutputOptions, Render},
    terminal::{Answering, Asker, Drawn},
    timeout::Timeout,
};

/// How long a thread that waits for a key store or for a person may hold up the end of the process.
const GRACE: Duration = Duration::from_millis(500);

/// How long another manifesto of this user is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One run of a command.
pub(crate) struct Session {
    pub(crate) environment: Environment,
    pub(crate) config: Config,
    /// The file that the configuration was read from, if there is one.
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) asker: Asker,
    pub(crate) progress: Arc<Drawn>,
    /// The time of every decision of this run.
    pub(crate) now: Timestamp,
    pub(crate) timeout: Timeout,
    format: Format,
}

impl Session {
    /// Reads the environment and the configuration, for the verb with these words.
    ///
    /// # Errors
    /// The configuration is not there or not valid.
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
        // Where nobody can answer its dialog, the key store is waited for as anything else.
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

    /// Where pins and verified metadata are kept: nowhere, if there is no home directory.
    ///
    /// # Errors
    /// Others may write there, or it is no folder.
    pub(crate) fn state(&self) -> Result<StateDir, CliError> {
        Ok(match self.state_path() {
            Some(path) => StateDir::open(&path, Limits::DEFAULT)?,
            None => StateDir::nowhere(Limits::DEFAULT),
        })
    }

    /// The folder of pins and verified metadata, for what has to be kept.
    ///
    /// # Errors
    /// There is no home directory to look for it in.
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
        // A home that is no absolute path is none: it would mean another folder wherever a command is run.
        let folder = base.state_dir().unwrap_or_else(|| base.data_dir()).join("manifesto");
        folder.is_absolute().then_some(folder)
    }

    /// Runs a command to its end, or until the person presses Ctrl-C, or until it has taken as long as it may; then
    /// whatever it held is dropped, temporary files among them. What has been verified is written out at one go, which
    /// nothing breaks off.
    ///
    /// # Errors
    /// Those of the command, the interruption, and that the time has passed.
    pub(crate) fn run(&self, command: impl Future<Output = Result<Exit, CliError>>) -> Result<Exit, CliError> {
        let started = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = started.map_err(|source| CliError::new(Exit::Unexpected, "no_threads", source))?;
        let outcome = runtime.block_on(async {
            tokio::select! {
                // A command that is done is done, however long it took.
                biased;
                outcome = command => outcome,
                Ok(()) = tokio::signal::ctrl_c() => Err(CliError::interrupted()),
                error = self.timeout.passed(|| self.progress.last_step()) => Err(error),
            }
        });
        runtime.shutdown_timeout(GRACE);
        outcome
    }

    /// Tells a person something beside the result. Where programs read, the report holds what there is to know.
    pub(crate) fn say(&self, line: &str) {
        self.speaker()(line);
    }

    /// What [`say`](Self::say) does, to be taken along.
    pub(crate) fn speaker(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let (bar, is_told) = (self.progress.bar(), self.format == Format::Text);
        move |line| {
            if is_told {
                // Words for a person are worth less than the result: a closed standard error does not stop it.
                let _ = bar.suspend(|| writeln!(io::stderr(), "{}", Text::from(line)));
            }
        }
    }

    /// How long another manifesto of this user is waited for.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.timeout.at_most(PATIENCE)
    }

    /// How long a key store may take: where a person can answer its prompt, it is waited for.
    pub(crate) fn deadline(&self) -> Duration {
        if self.asker.can_ask() { DEADLINE } else { DEADLINE_UNATTENDED }
    }

    /// Tells a person what a part of the command did whose report is not the result.
    ///
    /// # Errors
    /// The text cannot be made.
    pub(crate) fn tell<R: Render>(&self, report: &R) -> Result<(), CliError> {
        let (mut out, mut person) = (Vec::new(), Vec::new());
        render::write(report, self.output_options(Format::Text), &mut out, &mut person).map_err(CliError::stdout)?;
        String::from_utf8_lossy(&person).lines().for_each(|line| self.say(line));
        Ok(())
    }

    /// Writes the report of what was done, or of what is proposed instead.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub(crate) fn show_outcome<R: Render>(&self, outcome: &Outcome<R>) -> Result<Exit, CliError> {
        match outcome {
            Outcome::Done(report) => self.show(report),
            Outcome::Proposed(report) => self.show(report.as_ref()),
        }
    }

    /// The same, and writes what others have to sign to a file, if one was named.
    ///
    /// # Errors
    /// The proposal cannot be read, or the file not be written; as [`show_outcome`](Self::show_outcome).
    pub(crate) async fn hand_over<R: Render>(
        &self,
        publisher: &Publisher,
        outcome: &Outcome<R>,
        out: Option<&Path>,
    ) -> Result<Exit, CliError> {
        if let (Outcome::Proposed(proposed), Some(out)) = (outcome, out) {
            let (bytes, _) = publisher.proposals().export(&proposed.proposal.id.to_string()).await?;
            write_new_file(out, &bytes)?;
            self.say(&format!("Written to {}.", out.display()));
        }
        self.show_outcome(outcome)
    }

    fn output_options(&self, format: Format) -> OutputOptions {
        OutputOptions { format, now: self.now, utf8: self.environment.is_utf8() }
    }

    /// Writes a report in the format that was asked for.
    ///
    /// # Errors
    /// Standard output cannot be written to.
    pub(crate) fn show<R: Render>(&self, report: &R) -> Result<Exit, CliError> {
        let exit = report.exit();
        let (mut out, mut person) = (Vec::new(), Vec::new());
        render::write(report, self.output_options(self.format), &mut out, &mut person).map_err(CliError::stdout)?;
        self.progress.bar().suspend(|| {
            // Words for a person are worth less than the result: a closed standard error does not stop it.
            let _ = io::stderr().write_all(&person);
            write_result(&out)
        })?;
        Ok(exit)
    }
}

/// Writes a result to standard output, to the last byte.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn write_result(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(CliError::stdout)
}

fn own_config() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("manifesto").join("config.toml"))
}

/// Sends what this program traces to standard error, in one colour, as all that would act on a terminal is escaped. Other
/// crates stay silent: some trace the headers of requests.
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
