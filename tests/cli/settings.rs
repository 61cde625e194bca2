//! The configuration file and the environment.

use super::{Sandbox, assert_run};

#[test]
fn an_unknown_key() {
    let sandbox = Sandbox::new();
    sandbox.write(".config/manifesto/config.toml", "trust_first_use = true\n");
    assert_run!(sandbox.run("trust list"), @r"
    $ manifesto trust list
    exit code 2
    --- stderr
    error: the configuration file $HOME/.config/manifesto/config.toml is not valid
      caused by: line 1: unknown field `trust_first_use`, expected one of `key_store`, `token`, `registry`, `repository`
    ");
}

#[test]
fn a_relative_path() {
    let sandbox = Sandbox::new();
    sandbox.write(".config/manifesto/config.toml", "[registry.\"r.lan\"]\nca_file = \"lan.pem\"\n");
    assert_run!(sandbox.run("trust list --format json"), @r#"
    $ manifesto trust list --format json
    exit code 2
    --- stderr
    {"error":{"exit_code":2,"kind":"config_invalid","message":"the configuration file $HOME/.config/manifesto/config.toml is not valid: 'lan.pem' is not an absolute path","subject":"$HOME/.config/manifesto/config.toml","hint":null}}
    "#);
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let mut sandbox = Sandbox::new();
    assert_run!(sandbox.run("trust list --config nowhere.toml"), @r"
    $ manifesto trust list --config nowhere.toml
    exit code 2
    --- stderr
    error: cannot read the configuration file nowhere.toml
      caused by: No such file or directory (os error 2)
    ");
    sandbox.set("MANIFESTO_CONFIG", "elsewhere.toml");
    assert_run!(sandbox.run("trust list"), @r"
    $ manifesto trust list
    exit code 2
    --- stderr
    error: cannot read the configuration file elsewhere.toml
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn the_flag_wins_over_the_variable_and_that_over_the_user_s_own_file() {
    let mut sandbox = Sandbox::new();
    sandbox.write(".config/manifesto/config.toml", "own = 1");
    sandbox.write("variable.toml", "variable = 1");
    sandbox.write("flag.toml", "flag = 1");
    assert!(sandbox.run("trust list").stderr().contains("`own`"));
    sandbox.set("MANIFESTO_CONFIG", "variable.toml");
    assert!(sandbox.run("trust list").stderr().contains("`variable`"));
    assert!(sandbox.run("trust list --config flag.toml").stderr().contains("`flag`"));
}

#[test]
fn nothing_is_read_from_the_working_directory() {
    let sandbox = Sandbox::new();
    for name in ["config.toml", ".manifesto", ".manifesto.toml", "manifesto.toml", "manifesto/config.toml"] {
        sandbox.write(name, "nonsense = 1");
    }
    let stderr = sandbox.run("trust list").stderr().to_owned();
    assert!(!stderr.contains("nonsense"), "{stderr}");
}

#[test]
fn help_needs_no_settings() {
    let sandbox = Sandbox::new();
    sandbox.write(".config/manifesto/config.toml", "nonsense = 1");
    for line in ["--version", "--help", "help put", "help exit-codes", "completions bash", "man pages"] {
        assert_eq!(sandbox.run(line).code(), 0, "{line}");
    }
}
