/// Keeps this process's memory, which holds private keys, from other processes of the same user and out of core files.
///
/// Meant for the start of a command that signs. On systems other than Linux it does nothing.
///
/// # Errors
/// The system refused; keys would be as readable as those of any other program.
#[cfg(target_os = "linux")]
pub fn harden() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// Keeps this process's memory, which holds private keys, from other processes of the same user and out of core files.
///
/// Meant for the start of a command that signs. On this system it does nothing.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn harden() -> std::io::Result<()> {
    Ok(())
}
