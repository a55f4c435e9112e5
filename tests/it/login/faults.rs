//! `login` under `strace`: killed at any of its changes on disk, or on a disk that is full at that very moment. No key is
//! lost, nothing is torn, and the next login works.

use std::path::{Path, PathBuf};

use crate::apply::faults::for_each;
use crate::readers::client::tool;
use crate::scene::{CREDENTIALS, STATE, Scene, long_term_keys};
use crate::support::sandbox::Run;

/// The calls that change something on disk.
const CHANGES: &str = "openat,write,fsync,rename,renameat,renameat2,mkdir,unlink,flock,fchmod,ftruncate";

/// One call of a run: its name, and which of that name it is in its thread.
pub(crate) type Call = (String, usize);

/// awsauth under `strace`, which logs to `log`.
pub(crate) fn traced(scene: &Scene, log: &Path, options: &[&str], args: &[&str]) -> Run {
    let mut command = scene.home.program(&tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-y", "-e", &format!("trace={CHANGES}"), "-o"]).arg(log).args(options);
    command.arg(env!("CARGO_BIN_EXE_awsauth")).args(args).output().unwrap().into()
}

/// `login` to a profile with a code and one with an approval.
fn login(scene: &Scene, log: &Path, options: &[&str]) -> Run {
    traced(scene, log, options, &["login", "main", "read", "--token-code", &scene.code()])
}

pub(crate) fn log() -> tempfile::TempPath {
    tempfile::NamedTempFile::new().unwrap().into_temp_path()
}

/// The calls with which `run` changes files in HOME.
pub(crate) fn changes(run: impl Fn(&Scene, &Path) -> Run) -> Vec<Call> {
    let (scene, log) = (Scene::new(), log());
    run(&scene, &log).ok();
    let text = std::fs::read_to_string(&log).unwrap();
    let home = scene.home.path("");
    let home = home.to_str().unwrap().trim_end_matches('/');
    let process = text.split_once(' ').unwrap().0;
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix(process)) {
        let Some((name, rest)) = line.trim_start().split_once('(') else { continue };
        seen.push(name);
        let is_change = name != "openat" || rest.contains("O_CREAT") || rest.contains("O_RDWR");
        if is_change && rest.contains(home) {
            found.push((name.to_owned(), seen.iter().filter(|other| **other == name).count()));
        }
    }
    found
}

/// True if the fault met a file in HOME. How often the network's own descriptors are written to differs from run to run.
pub(crate) fn is_hit(scene: &Scene, log: &Path, fault: &str) -> bool {
    let home = scene.home.path("");
    let home = home.to_str().unwrap().trim_end_matches('/');
    let text = std::fs::read_to_string(log).unwrap();
    fault.starts_with("signal") || text.lines().any(|line| line.contains("INJECTED") && line.contains(home))
}

/// Every file below `dir`.
fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Disturbs a login at each of its changes; what it leaves must be whole, and a second login must do the rest.
fn sweep(what: &str, is_code: fn(Option<i32>) -> bool) {
    let changes = changes(|scene, log| login(scene, log, &[]));
    assert!(changes.len() > 25, "{changes:?}");
    for_each(&changes, |(name, nth)| {
        let (scene, log) = (Scene::new(), log());
        let inject = format!("inject={name}:{what}:when={nth}");
        let run = login(&scene, &log, &["-e", &inject]);
        let place = format!("{what} at {name} {nth}");
        assert!(!is_hit(&scene, &log, what) || is_code(run.code), "{place}: {:?}\n{}", run.code, run.stderr);
        is_whole(&scene, &place);
        let code = scene.code();
        let again = scene.run(&["login", "main", "read", "--token-code", &code]);
        assert_eq!(again.code, Some(0), "{place}: {}", again.stderr);
        for name in ["main", "read"] {
            scene.access_key_of(name);
        }
        let left: Vec<_> = scene.home.list(".aws").into_iter().filter(|path| is_temporary(path)).collect();
        assert!(left.is_empty(), "{place}: {left:?}");
    });
    println!("{} changes", changes.len());
}

fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "awsauth-tmp")
}

#[track_caller]
fn is_whole(scene: &Scene, place: &str) {
    let credentials = scene.home.read(CREDENTIALS);
    let session = credentials.strip_prefix(&long_term_keys()).unwrap_or_else(|| panic!("{place}: {credentials}"));
    let is_complete = session.ends_with('\n')
        && ["[main]\n", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "awsauth_expiration"]
            .iter()
            .all(|part| session.contains(part));
    assert!(session.is_empty() || is_complete, "{place}: {session}");
    let kept = [format!("{STATE}/sessions"), ".aws/sso/cache".to_owned()];
    for path in kept.iter().flat_map(|dir| files(&scene.home.path(dir))).filter(|path| !is_temporary(path)) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{place}: {}: {text}", path.display());
    }
}

#[test]
fn a_login_that_is_killed_at_any_change_loses_no_key_and_the_next_one_works() {
    sweep("signal=KILL", |code| code.is_none());
}

#[test]
fn a_disk_that_is_full_at_any_change_of_a_login_loses_no_key_and_the_next_one_works() {
    sweep("error=ENOSPC", |code| matches!(code, Some(0 | 6)));
}

#[test]
fn a_file_system_without_locks_keeps_nobody_from_credentials() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.expire("prod");
    let mut command = scene.home.program(&tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"]);
    command.args([env!("CARGO_BIN_EXE_awsauth"), "credential-process", "prod"]);
    let run = Run::from(command.output().unwrap()).ok();
    for part in ["can't lock", "No locks available", "AWSAUTH_STATE_DIR"] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert_eq!((run.json()["Version"].as_u64(), scene.calls()), (Some(1), vec!["AssumeRole".to_owned()]));
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), [""; 0], "it was kept");
}

#[test]
fn a_disk_that_is_full_when_a_session_is_kept_hands_it_out() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.expire("prod");
    let mut command = scene.home.program(&tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=ENOSPC"]);
    command.args([env!("CARGO_BIN_EXE_awsauth"), "credential-process", "prod"]);
    let run = Run::from(command.output().unwrap()).ok();
    for part in ["can't be kept", "No space left on device", "AWSAUTH_STATE_DIR"] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert_eq!(scene.calls(), ["AssumeRole"]);
}
