//! Whole commands of the release binary, as a shell or an SDK starts them: `cargo bench`.
//!
//! `cargo bench --bench commands -- with-homes CMD…` runs CMD instead, with the prepared homes in its environment;
//! `benches/hyperfine.sh` uses that.

#![expect(clippy::disallowed_methods, reason = "a benchmark sets up files and programs by itself")]

use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::sync::LazyLock;

use divan::Bencher;

#[expect(dead_code, unused_imports, reason = "the tests use more of the fake than the benchmarks")]
#[path = "../tests/support/mod.rs"]
mod support;

mod homes;

use homes::Home;

/// One profile, with a session.
static ONE: LazyLock<Home> = LazyLock::new(|| Home::ready(1));
/// A thousand.
static THOUSAND: LazyLock<Home> = LazyLock::new(|| Home::ready(1_000));
/// Ten thousand.
static TEN_THOUSAND: LazyLock<Home> = LazyLock::new(|| Home::ready(10_000));
/// A hundred thousand.
static HUNDRED_THOUSAND: LazyLock<Home> = LazyLock::new(|| Home::ready(100_000));

/// A thousand by a matrix.
static MATRIX_THOUSAND: LazyLock<Home> = LazyLock::new(|| Home::with_matrix(1_000));
/// Ten thousand by a matrix.
static MATRIX_TEN_THOUSAND: LazyLock<Home> = LazyLock::new(|| Home::with_matrix(10_000));
/// A hundred thousand by a matrix.
static MATRIX_HUNDRED_THOUSAND: LazyLock<Home> = LazyLock::new(|| Home::with_matrix(100_000));

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip_while(|argument| argument != "with-homes").skip(1).collect();
    let Some((program, rest)) = arguments.split_first() else {
        divan::main();
        return ExitCode::SUCCESS;
    };
    // `cargo bench` adds a flag of its own at the end.
    with_homes(program, rest.strip_suffix(&["--bench".to_owned()]).unwrap_or(rest))
}

/// Runs a program that finds the homes and the binary in its environment.
fn with_homes(program: &str, arguments: &[String]) -> ExitCode {
    let mut command = Command::new(program);
    command.args(arguments).env("AWSAUTH_BENCH_PROGRAM", homes::PROGRAM);
    let homes = [
        ("1", &ONE),
        ("1000", &THOUSAND),
        ("10000", &TEN_THOUSAND),
        ("100000", &HUNDRED_THOUSAND),
        ("MATRIX_1000", &MATRIX_THOUSAND),
        ("MATRIX_10000", &MATRIX_TEN_THOUSAND),
        ("MATRIX_100000", &MATRIX_HUNDRED_THOUSAND),
    ];
    for (name, home) in homes {
        command.env(format!("AWSAUTH_BENCH_HOME_{name}"), home.path());
    }
    let is_success = command.status().is_ok_and(|status| status.success());
    if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The home with that many profiles.
fn home(profiles: usize) -> &'static Home {
    match profiles {
        1 => &ONE,
        1_000 => &THOUSAND,
        _ => &TEN_THOUSAND,
    }
}

/// Runs a command to its end, which must be a good one; its output goes nowhere.
fn run(mut command: Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} must succeed");
}

/// The floor: what starting any process costs here.
#[divan::bench]
fn bin_true(bencher: Bencher<'_, '_>) {
    bencher.bench(|| run(Command::new("/bin/true")));
}

/// What SDKs do before every call.
#[divan::bench(args = [1, 10_000])]
fn warm_credential_process(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    bencher.bench(|| run(home.command(&["credential-process", "main"])));
}

/// What a person starts for one name: it must not cost what all names cost.
#[divan::bench(args = [1, 10_000])]
fn warm_env(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    bencher.bench(|| run(home.command(&["env", "main", "--shell", "bash"])));
}

#[divan::bench(args = [1, 10_000])]
fn warm_exec(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    bencher.bench(|| run(home.command(&["exec", "main", "--", "true"])));
}

#[divan::bench(args = [1, 10_000])]
fn prompt(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    bencher.bench(|| run(with_env(home.command(&["status", "--prompt"]), "AWS_PROFILE", "main")));
}

/// One Tab, without a letter typed.
#[divan::bench(args = [1, 10_000])]
fn completion(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    bencher.bench(|| run(with_env(home.command(&["--", "awsauth", "login", ""]), "AWSAUTH_COMPLETE", "fish")));
}

fn with_env(mut command: Command, name: &str, value: &str) -> Command {
    command.env(name, value);
    command
}

/// All names, for a person and for a program.
#[divan::bench(args = ["list", "list --json", "status", "status --json"], sample_count = 20)]
fn ten_thousand(bencher: Bencher<'_, '_>, words: &str) {
    let words: Vec<&str> = words.split(' ').collect();
    bencher.bench(|| run(TEN_THOUSAND.command(&words)));
}

/// No config file yet.
#[divan::bench(args = [1_000, 10_000], sample_count = 20)]
fn apply_cold(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    let forget = || drop(fs::remove_file(home.config()));
    bencher.with_inputs(forget).bench_local_values(|()| run(home.command(&["apply", "--yes"])));
}

/// The config file is up to date.
#[divan::bench(args = [1_000, 10_000], sample_count = 20)]
fn apply_with_nothing_to_do(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    run(home.command(&["apply", "--yes"]));
    bencher.bench(|| run(home.command(&["apply", "--yes"])));
}

/// Reading and checking the manifest, no more.
#[divan::bench(args = [1_000, 10_000], sample_count = 20)]
fn check(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = home(profiles);
    bencher.bench(|| run(home.command(&["check"])));
}

/// The same, for profiles that a matrix makes.
#[divan::bench(args = [1_000, 10_000], sample_count = 20)]
fn check_matrix(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = matrix(profiles);
    bencher.bench(|| run(home.command(&["check"])));
}

/// No config file yet, and profiles that a matrix makes.
#[divan::bench(args = [1_000, 10_000], sample_count = 20)]
fn apply_cold_matrix(bencher: Bencher<'_, '_>, profiles: usize) {
    let home = matrix(profiles);
    let forget = || drop(fs::remove_file(home.config()));
    bencher.with_inputs(forget).bench_local_values(|()| run(home.command(&["apply", "--yes"])));
}

/// The home with that many profiles of a matrix.
fn matrix(profiles: usize) -> &'static Home {
    if profiles == 1_000 { &MATRIX_THOUSAND } else { &MATRIX_TEN_THOUSAND }
}
