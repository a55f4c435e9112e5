//! Logins by the clock: a line of cron's, and units of systemd, each in the environment that it is run in.

#[cfg(target_os = "linux")]
use std::process::Command;

use super::{Machine, code};
#[cfg(target_os = "linux")]
use crate::readers::client::tool;
use crate::readers::home::Home;
use crate::scene::age_session;
use crate::support::fake_aws::standard::MFA_SERIAL;
use crate::support::sandbox::Run;

/// Where cargo puts awsauth.
const CARGO: &str = ".cargo/bin";

/// A machine with awsauth where the page has it.
fn machine() -> Machine {
    let machine = Machine::new(&[]);
    let sandbox = &machine.home.sandbox;
    std::fs::create_dir_all(sandbox.path(CARGO)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_awsauth"), sandbox.path(&format!("{CARGO}/awsauth"))).unwrap();
    machine
}

/// A program in an environment that has these variables, HOME and the way to AWS, and no more.
fn bare(machine: &Machine, words: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = machine.home.sandbox.program("env".as_ref());
    command.env_remove("PATH").env_remove("COLUMNS");
    command.args(variables.iter().map(|(name, value)| format!("{name}={value}"))).args(words);
    command.output().unwrap().into()
}

/// Runs what a clock runs: with a good session, with one that ends soon, and without any.
fn check(machine: &Machine, run: impl Fn() -> Run) {
    let Home { fake, sandbox } = &machine.home;
    run().ok();
    assert_eq!(fake.operations().len(), 0);
    for name in ["main", "prod"] {
        age_session(sandbox, name, -46, 14);
    }
    let with_code = || {
        let code = fake.world().next_code(MFA_SERIAL);
        let program = sandbox.script("bin/code", &format!("echo {code}\n"));
        let settings = format!("[settings]\nmfa_process = ['{}']\n", program.display());
        sandbox.write(".config/awsauth/profiles.local.toml", settings);
        fake.clear();
        let stderr = run().ok().stderr;
        assert!(stderr.contains("This login needs 1 MFA code"), "{stderr}");
        fake.operations()
    };
    assert_eq!(with_code(), ["GetSessionToken", "AssumeRole"]);
    sandbox.run(["logout", "main", "--yes"]).ok();
    assert_eq!(with_code(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn cron_keeps_prod_logged_in_and_is_silent_while_it_is() {
    let machine = machine();
    let [table] = code("cron", "text");
    let [path, line] = table.lines().collect::<Vec<_>>().try_into().unwrap();
    let path =
        path.strip_prefix("PATH=").unwrap().replace("/home/alice", machine.home.sandbox.path("").to_str().unwrap());
    // Minute, hour, day, month, weekday, and the rest is for SHELL.
    let command = line.splitn(6, ' ').last().unwrap().trim();
    let run = |path: &str| bare(&machine, &["/bin/sh", "-c", command], &[("SHELL", "/bin/sh"), ("PATH", path)]);
    // As with cron's own PATH, which has no awsauth.
    run("/nowhere").exits(127);
    let quiet = run(&path).ok();
    assert_eq!(quiet.stdout + &quiet.stderr, "");
    check(&machine, || run(&path));
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_takes_the_units_and_the_service_keeps_prod_logged_in() {
    let machine = machine();
    let [service, timer] = code("systemd timers", "ini");
    let command = service.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let units = ".config/systemd/user/awsauth";
    machine.home.sandbox.write(&format!("{units}.service"), &service);
    machine.home.sandbox.write(&format!("{units}.timer"), timer);
    let [enable] = code("systemd timers", "sh");
    assert_eq!(enable, "systemctl --user enable --now awsauth.timer\n");
    let mut verify: Command = machine.home.sandbox.program(&tool("AWSAUTH_TEST_SYSTEMD_ANALYZE"));
    verify.args(["verify", "--user", &format!("{units}.service"), &format!("{units}.timer")]);
    let run = Run::from(verify.env("XDG_RUNTIME_DIR", machine.home.sandbox.path("")).output().unwrap()).ok();
    assert_eq!(run.stderr, "");
    let command = command.replace("%h", machine.home.sandbox.path("").to_str().unwrap());
    let words: Vec<&str> = command.split(' ').collect();
    check(&machine, || bare(&machine, &words, &[]));
}
