//! Against a real gnome-keyring in a D-Bus session of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::*;
use crate::apply::faults::for_each;
use crate::keys::rotate::active;
use crate::mfa::{first_day, manifest};
use crate::readers::client::tool;
use crate::scene::{STATE, long_term_keys, session_file};
use crate::support::fake_aws::Fault;

/// A D-Bus session with a gnome-keyring, whose files are in the HOME of a scene. Both end with it.
pub(super) struct Session {
    bus: Child,
    address: String,
    home: PathBuf,
    runtime: tempfile::TempDir,
}

impl Session {
    fn start(home: &Path) -> Self {
        let runtime = tempfile::tempdir().unwrap();
        let mut command = Command::new(tool("AWSAUTH_TEST_DBUS_DAEMON"));
        command.args(["--session", "--print-address", "--nofork"]).env_clear().env("HOME", home);
        command.env("XDG_RUNTIME_DIR", runtime.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let session = Self { bus, address: address.trim().to_owned(), home: home.to_owned(), runtime };
        session.run_keyring(&["--unlock"]);
        session
    }

    /// Returns when the daemon is ready, which goes on by itself.
    fn run_keyring(&self, options: &[&str]) {
        let mut command = self.command("AWSAUTH_TEST_GNOME_KEYRING");
        command.args(options).arg("--components=secrets");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"password\n").unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(super) fn restart(&self) {
        self.run_keyring(&["--replace", "--unlock"]);
    }

    pub(super) fn restart_locked(&self) {
        self.run_keyring(&["--replace"]);
    }

    fn command(&self, variable: &str) -> Command {
        let mut command = Command::new(tool(variable));
        command.env_clear().env("HOME", &self.home).env("XDG_RUNTIME_DIR", self.runtime.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    /// The entries of awsauth, as another program finds them.
    pub(super) fn entries(&self) -> String {
        let mut command = self.command("AWSAUTH_TEST_SECRET_TOOL");
        let output = command.args(["search", "--all", "service", "awsauth"]).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.bus.kill());
        drop(self.bus.wait());
    }
}

/// A scene with a keyring, in keyring mode, without keys.
fn scene() -> (Scene, Session) {
    let (scene, session) = with_session(Scene::new());
    in_keyring_mode(&scene);
    scene.home.write(CREDENTIALS, "");
    (scene, session)
}

pub(super) fn with_session(scene: Scene) -> (Scene, Session) {
    let session = Session::start(&scene.home.path(""));
    let runtime = session.runtime.path().to_str().unwrap();
    (scene.env("DBUS_SESSION_BUS_ADDRESS", &session.address).env("XDG_RUNTIME_DIR", runtime), session)
}

pub(super) fn add_keys(scene: &Scene) {
    for name in ["main", "base"] {
        let run = scene.home.run_with_input(["keys", "add", name], &format!("{KEY_ID} {SECRET_KEY}")).ok();
        assert!(run.stderr.contains("in the system's keyring, for ["), "{}", run.stderr);
    }
    scene.aws.clear();
}

/// Every file below `dir`.
fn files(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[track_caller]
pub(super) fn no_file_has(scene: &Scene, secrets: &[String]) {
    for path in files(&scene.home.path("")).into_iter().filter(|path| path.is_file()) {
        let bytes = fs::read(&path).unwrap();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} has a secret", path.display());
        }
    }
}

pub(super) fn credentials(scene: &Scene, name: &str) -> Value {
    scene.run(&["credential-process", name]).ok().json()
}

/// The secret parts of what `credential-process` prints.
fn secrets(credentials: &Value) -> impl Iterator<Item = String> {
    let parts = ["SecretAccessKey", "SessionToken"].map(|key| credentials[key].as_str().map(str::to_owned));
    parts.into_iter().flatten()
}

#[test]
fn a_day_leaves_no_secret_in_a_file_and_goes_on_after_a_restart_of_the_keyring() {
    let (scene, session) = scene();
    add_keys(&scene);
    scene.run(&["apply"]).ok();
    scene.logged_in(&["main", "prod"]);
    scene.logged_in(&["audit"]);
    let names = ["main", "prod", "base", "audit"];
    let all = names.map(|name| credentials(&scene, name));
    assert_eq!(all[2]["AccessKeyId"], KEY_ID);
    let found: Vec<String> = all.iter().flat_map(secrets).chain([SECRET_KEY.to_owned()]).collect();
    assert_eq!(found.len(), 8, "{names:?}");
    let run = scene.run(&["exec", "prod", "--", "sh", "-c", "echo $AWS_SECRET_ACCESS_KEY"]).ok();
    assert_eq!(run.stdout.trim(), all[1]["SecretAccessKey"]);
    no_file_has(&scene, &found);
    assert!(!scene.home.read(CREDENTIALS).contains('[') && scene.home.list(".aws/cli/cache").is_empty());
    assert!(found.iter().all(|secret| session.entries().contains(secret)));
    session.restart();
    assert_eq!(names.map(|name| credentials(&scene, name)), all);
    assert!(scene.calls().is_empty());
    let status = scene.run(&["status"]).ok();
    assert_eq!(status.stdout.matches("valid").count() + status.stdout.matches("key").count(), 4, "{}", status.stdout);
    scene.run(&["keys", "rotate", "base"]).ok();
    let rotated = credentials(&scene, "base");
    assert!(rotated["AccessKeyId"] != KEY_ID && !session.entries().contains("rotation/"), "{rotated}");
    let found: Vec<String> = found.into_iter().chain(secrets(&rotated)).collect();
    no_file_has(&scene, &found);
    scene.run(&["logout", "--all"]).ok();
    let left = session.entries();
    assert!(left.contains("key/base") && !left.contains("session/"), "{left}");
    no_file_has(&scene, &found);
}

#[test]
fn a_locked_keyring_is_told_before_anybody_is_asked_and_costs_no_code() {
    let (scene, session) = scene();
    add_keys(&scene);
    scene.logged_in(&["main", "prod"]);
    session.restart_locked();
    for args in [&["credential-process", "prod"][..], &["env", "prod"], &["credential-process", "base"]] {
        is_unavailable(scene.run(args), "the system's keyring is locked");
    }
    is_unavailable(scene.run(&["login", "main", "--force", "--token-code", &scene.code()]), "is locked");
    is_unavailable(scene.run(&["store", "move", "--to", "file"]), "is locked");
    assert!(scene.calls().is_empty());
    // Its file goes, though its entry can't.
    is_unavailable(scene.run(&["logout", "main"]), "is locked");
    assert!(!scene.home.has(&session_file("main")));
    // Only a secret needs it.
    assert!(scene.run(&["status", "base"]).ok().stdout.contains("key"));
    session.restart();
    credentials(&scene, "base");
    assert!(session.entries().contains("session/main"), "{}", session.entries());
    scene.logged_in(&["main"]);
    credentials(&scene, "main");
}

#[test]
fn an_entry_that_is_gone_is_no_session_and_the_next_login_makes_a_new_one() {
    let (scene, session) = scene();
    add_keys(&scene);
    scene.logged_in(&["main", "prod"]);
    let mut command = session.command("AWSAUTH_TEST_SECRET_TOOL");
    assert!(command.args(["clear", "service", "awsauth", "username", "session/prod"]).status().unwrap().success());
    // It is renewed from the session below it.
    credentials(&scene, "prod");
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn everything_moves_to_the_keyring_and_back() {
    let (scene, session) = with_session(Scene::new());
    scene.run(&["apply"]).ok();
    scene.logged_in(&["main", "prod"]);
    scene.logged_in(&["audit"]);
    // Its backup holds a key.
    let other = format!("AKIAIOSFODNN7EXAMPLE {SECRET_KEY}");
    let input = format!("{KEY_ID} {SECRET_KEY}");
    for input in [&other, &input] {
        scene.home.run_with_input(["keys", "add", "base", "--no-verify", "--force"], input).ok();
    }
    scene.logged_in(&["audit"]);
    let before = ["main", "prod", "base", "audit"].map(|name| credentials(&scene, name));
    let found: Vec<String> = before.iter().flat_map(secrets).collect();
    let run = scene.run(&["store", "move", "--to", "keyring", "--json"]).ok();
    let moved = run.json();
    assert_eq!(moved["keys"], serde_json::json!(["base", "main-long-term"]));
    assert_eq!(moved["sessions"].as_array().unwrap().len(), 3);
    assert!(moved["backups_removed"].as_u64().unwrap() > 0);
    no_file_has(&scene, &found);
    assert_eq!(["main", "prod", "base", "audit"].map(|name| credentials(&scene, name)), before);
    let again = scene.run(&["store", "move", "--to", "keyring"]).ok();
    assert!(again.stderr.contains("nothing to move"), "{}", again.stderr);
    scene.run(&["store", "move", "--to", "file"]).ok();
    assert_eq!(scene.home.read(SETTINGS), "[settings]\nstore = \"file\"\n");
    assert!(!session.entries().contains("username"), "{}", session.entries());
    session.restart_locked();
    assert_eq!(["main", "prod", "base", "audit"].map(|name| credentials(&scene, name)), before);
    assert!(scene.calls().is_empty());
}

/// The key is in the file, as a move that was killed leaves it.
fn with_key_in_file() -> (Scene, Session) {
    let (scene, session) = with_session(Scene::new());
    in_keyring_mode(&scene);
    (scene, session)
}

#[test]
fn a_rotation_takes_a_key_that_is_still_in_the_file_into_the_keyring() {
    let (scene, session) = with_key_in_file();
    scene.aws.world().fail_next("UpdateAccessKey", Fault::status(403, "AccessDenied", "not authorized"));
    scene.run(&["keys", "rotate", "base"]).exits(5);
    scene.run(&["keys", "rotate", "base"]).ok();
    assert_eq!(active(&scene).len(), 1);
    assert!(!scene.home.read(CREDENTIALS).contains("[base]"));
    let new = credentials(&scene, "base");
    assert_eq!(new["AccessKeyId"], active(&scene)[0].as_str());
    assert!(session.entries().contains("key/base") && !session.entries().contains("rotation/"));
    scene.run(&["store", "move", "--to", "file"]).ok();
}

#[test]
fn a_rotation_that_could_not_store_its_key_changes_nothing_at_aws() {
    let (scene, session) = with_key_in_file();
    session.restart_locked();
    is_unavailable(scene.run(&["keys", "rotate", "base"]), "is locked");
    assert!(!scene.calls().contains(&"CreateAccessKey".to_owned()), "{:?}", scene.calls());
    assert!(scene.home.list(&format!("{STATE}/rotations")).is_empty());
}

#[test]
fn a_rotation_that_could_not_end_the_old_key_does_not_block_a_move_and_leaves_no_secret() {
    let (scene, session) = with_session(Scene::new());
    scene.aws.world().fail_next("UpdateAccessKey", Fault::status(403, "AccessDenied", "not authorized"));
    scene.run(&["keys", "rotate", "base"]).exits(5);
    let new = credentials(&scene, "base");
    scene.run(&["store", "move", "--to", "keyring"]).ok();
    no_file_has(&scene, &secrets(&new).collect::<Vec<_>>());
    assert!(session.entries().contains("key/base") && credentials(&scene, "base") == new);
}

#[test]
fn a_move_names_what_keeps_a_key_in_the_file_and_goes_on_without_a_device() {
    let (scene, _session) = with_session(first_day());
    let text = manifest("${device}", "device");
    scene.home.manifest(&text.replace("[profiles.base]\n", "[profiles.base]\nregion = 7\n"));
    let run = scene.run(&["store", "move", "--to", "keyring"]).exits(3);
    assert!(run.stderr.contains("region") && !scene.home.has(SETTINGS), "{}", run.stderr);
    scene.home.manifest(&text);
    let run = scene.run(&["store", "move", "--to", "keyring"]).ok();
    assert!(run.stderr.contains("base, main-long-term"), "{}", run.stderr);
    assert!(!scene.home.read(CREDENTIALS).contains("aws_secret"));
}

#[test]
fn a_move_that_is_killed_anywhere_loses_nothing_and_the_next_one_finishes() {
    // More than there are: what a run does after its last one is no use to kill.
    let calls = [("renameat", 7), ("fsync", 9), ("unlink", 5), ("sendmsg", 8)];
    let calls: Vec<(&str, usize)> =
        calls.into_iter().flat_map(|(call, count)| (1..=count).map(move |nth| (call, nth))).collect();
    for_each(&calls, |(call, nth)| {
        let (scene, _session) = with_session(Scene::new());
        scene.logged_in(&["main"]);
        let before = ["main", "base"].map(|name| credentials(&scene, name));
        for to in ["keyring", "file"] {
            let mut command = scene.home.program(&tool("AWSAUTH_TEST_STRACE"));
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
            command.args(["-e", &format!("inject={call}:signal=KILL:when={nth}"), env!("CARGO_BIN_EXE_awsauth")]);
            drop(command.args(["store", "move", "--to", to]).output().unwrap());
            assert_eq!(["main", "base"].map(|name| credentials(&scene, name)), before, "{call} {nth} {to}");
            let run = scene.run(&["store", "move", "--to", to]).ok();
            assert!(!run.stderr.contains("has no secret"), "{call} {nth} {to}: {}", run.stderr);
            assert_eq!(["main", "base"].map(|name| credentials(&scene, name)), before, "{call} {nth} {to}");
            if to == "keyring" {
                no_file_has(&scene, &before.iter().flat_map(secrets).collect::<Vec<_>>());
            }
        }
        let kept = scene.home.read(CREDENTIALS);
        assert!(long_term_keys().lines().all(|line| kept.contains(line)), "{call} {nth}: {kept}");
        assert!(scene.calls().is_empty());
    });
}

#[test]
fn a_warm_credential_process_asks_the_keyring_once() {
    let (scene, _session) = scene();
    add_keys(&scene);
    scene.logged_in(&["main", "prod"]);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = scene.home.program(&tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-e", "trace=connect,openat", "-o"]).arg(log.path());
    Run::from(command.args([env!("CARGO_BIN_EXE_awsauth"), "credential-process", "prod"]).output().unwrap()).ok();
    let text = fs::read_to_string(log.path()).unwrap();
    assert_eq!(text.matches("connect(").count(), 1, "{text}");
    assert!(!text.contains("profiles.toml"), "{text}");
    assert!(scene.home.has(&session_file("prod")) && scene.home.has(&format!("{STATE}/keys")));
}
