//! Child processes that do not outlive this one.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Mutex, OnceLock, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::LaunchError;

/// How often a program that is getting ready is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// A running program, killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts what `configure` adds to a command for `program`, its output going to the file `log`.
    pub(crate) fn start(program: &Path, log: &Path, configure: impl FnOnce(&mut Command)) -> Result<Self, LaunchError> {
        let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
        let output = fs::File::create(log).map_err(LaunchError::file(log))?;
        let errors = output.try_clone().map_err(LaunchError::file(log))?;
        let mut command = dying_with_us(program);
        command.stdout(output).stderr(errors);
        configure(&mut command);
        let child = spawn(command).map_err(|source| LaunchError::Run { program: name.clone(), source })?;
        Ok(Self { name, child, log: log.to_owned() })
    }

    /// The process id.
    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The running program, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits until `ready` finds what it looks for, given what the program has written so far.
    pub(crate) fn wait_until<T>(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, LaunchError> {
        let start = Instant::now();
        loop {
            let output = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
            if let Some(found) = ready(&output) {
                return Ok(found);
            }
            let program = || self.name.clone();
            if let Some(status) =
                self.child.try_wait().map_err(|source| LaunchError::Run { program: program(), source })?
            {
                return Err(LaunchError::Ended { program: program(), status, output: tail(&output) });
            }
            if start.elapsed() > limit {
                return Err(LaunchError::NotReady { program: program(), waited: limit, output: tail(&output) });
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end and returns what it wrote.
pub(crate) fn run(program: &Path, configure: impl FnOnce(&mut Command)) -> Result<String, LaunchError> {
    let mut command = Command::new(program);
    configure(&mut command);
    let name = || program.display().to_string();
    let output = command.output().map_err(|source| LaunchError::Run { program: name(), source })?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(text)
    } else {
        Err(LaunchError::Ended { program: name(), status: output.status, output: tail(&text) })
    }
}

/// Finds `program` in `PATH`, or in the places where Debian puts what only an administrator runs.
pub(crate) fn find(program: &'static str, package: &'static str) -> Result<PathBuf, LaunchError> {
    in_path(program).ok_or(LaunchError::Missing { program, package })
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/sbin", "/bin"].map(PathBuf::from);
    env::split_paths(&path).chain(usual).map(|directory| directory.join(program)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// A command for `program` that Linux kills when the thread that starts it is gone, however this process ends.
fn dying_with_us(program: &Path) -> Command {
    match in_path("setpriv") {
        Some(setpriv) if cfg!(target_os = "linux") => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        }
        _ => Command::new(program),
    }
}

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts `command` from a thread that lives as long as this process: a child is killed with the *thread* that started
/// it, and a test's thread ends long before a registry that several tests share.
fn spawn(command: Command) -> io::Result<Child> {
    static KEEPER: OnceLock<Mutex<mpsc::Sender<Order>>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let (orders, incoming) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in incoming {
                // Whoever asked and went away has no use for the answer.
                let _ = answer.send(command.spawn());
            }
        });
        Mutex::new(orders)
    });
    let (answer, answered) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts programs is gone");
    keeper.lock().unwrap_or_else(PoisonError::into_inner).send((command, answer)).map_err(|_| gone())?;
    answered.recv().map_err(|_| gone())?
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.trim_end().lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_names_its_package() {
        let error = find("no-such-program-anywhere", "some-package").unwrap_err();
        assert_eq!(
            error.to_string(),
            "'no-such-program-anywhere' is not installed; Debian ships it in the package some-package"
        );
    }

    #[test]
    fn a_process_survives_the_thread_that_asked_for_it_and_dies_with_its_handle() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let sleep = find("sleep", "coreutils").unwrap();
        let mut process =
            thread::spawn(move || Process::start(&sleep, &log, |c| _ = c.arg("60")).unwrap()).join().unwrap();
        thread::sleep(Duration::from_millis(50));
        assert!(process.child().try_wait().unwrap().is_none());
        let id = process.id();
        drop(process);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn a_process_that_ends_too_early_is_reported_with_its_output() {
        let directory = tempfile::tempdir().unwrap();
        let shell = find("sh", "dash").unwrap();
        let mut process =
            Process::start(&shell, &directory.path().join("log"), |c| _ = c.args(["-c", "echo because; exit 3"]))
                .unwrap();
        let error = process.wait_until(Duration::from_secs(10), |_| None::<()>).unwrap_err();
        assert!(
            matches!(error, LaunchError::Ended { status, output, .. } if status.code() == Some(3) && output == "because")
        );
    }
}
