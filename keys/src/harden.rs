/// Protects the memory of this process, which contains private keys, from other processes of the same user, and keeps
/// it out of core files.
///
/// Call this at the start of a command that signs. On systems other than Linux it does nothing.
///
/// # Errors
/// The system refused. Then keys are as readable as those of any other program.
#[cfg(target_os = "linux")]
pub fn harden() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// Protects the memory of this process, which contains private keys, from other processes of the same user, and keeps
/// it out of core files.
///
/// Call this at the start of a command that signs. On this system it does nothing.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn harden() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit};

    #[test]
    fn memory_is_for_this_process_alone() {
        super::harden().unwrap();
        super::harden().expect("doing it again is no error");
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
    }
}
