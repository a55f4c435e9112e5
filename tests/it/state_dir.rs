//! Where awsauth keeps things, when that place is somebody else's, can't be used, or is named oddly.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::process::Stdio;
#[cfg(target_os = "linux")]
use std::time::Duration;

use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, STATE, Scene, long_term_keys, session_file};
#[cfg(target_os = "linux")]
use crate::support::fake_aws::Fault;
use crate::support::sandbox::Run;

/// Where no directory can be made, by root neither.
const NOWHERE: &str = "/proc/self/awsauth";
/// A user and a group that nobody here is.
const STRANGER: u32 = 4242;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: only root can give files away");
    }
    is_root
}

/// A HOME with sessions, whose state directory is then made unsafe: nothing of it is believed, and nobody is asked for what
/// could not be kept.
#[track_caller]
fn is_refused(scene: &Scene, place: &str) {
    for args in [&["credential-process", "prod"][..], &["env", "prod"], &["exec", "prod", "--", "true"]] {
        let run = scene.run(args).exits(4);
        assert!(!run.stdout.contains("ASIA"), "{args:?}: {}", run.stdout);
        for part in [&format!("does not use ~/{place}: "), "AWSAUTH_STATE_DIR", &format!("chmod go-w ~/{place}")] {
            assert!(run.stderr.contains(part), "{args:?}: {part}\n{}", run.stderr);
        }
    }
    let run = scene.run(&["login", "main", "--token-code", &scene.code()]).exits(4);
    assert!(run.stderr.contains("AWSAUTH_STATE_DIR"), "{}", run.stderr);
    assert_eq!(scene.calls(), [""; 0]);
    let run = scene.run(&["status"]).ok();
    assert!(run.stderr.contains("warning: awsauth does not use"), "{}", run.stderr);
    let run = scene.run(&["logout", "--all"]).exits(4);
    assert!(run.stderr.contains("AWSAUTH_STATE_DIR"), "what is kept there is not ended silently: {}", run.stderr);
}

#[test]
fn a_state_directory_that_others_can_write_to_gives_and_gets_nothing() {
    for place in [STATE, ".local", &format!("{STATE}/sessions")] {
        let scene = Scene::new();
        scene.logged_in(&["prod"]);
        set_mode(&scene.home.path(place), 0o777);
        is_refused(&scene, place);
    }
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    set_mode(&scene.home.path(STATE), 0o755);
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), [""; 0], "one that others can only look at is fine: what is in there they can't read");
}

#[test]
fn a_state_directory_of_another_user_gives_and_gets_nothing() {
    if !is_root() {
        return;
    }
    for place in [STATE.to_owned(), format!("{STATE}/sessions")] {
        let scene = Scene::new();
        scene.logged_in(&["prod"]);
        chown(scene.home.path(&place), Some(STRANGER), None).unwrap();
        is_refused(&scene, &place);
    }
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    chown(scene.home.path(&session_file("prod")), Some(STRANGER), None).unwrap();
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), ["AssumeRole"], "a file of another user is none");
}

#[test]
fn a_planted_link_in_a_locks_place_is_not_followed_and_keeps_nobody_from_credentials() {
    for plant in
        [|from: &Path, to: &Path| symlink(from, to).unwrap(), |from: &Path, to: &Path| fs::hard_link(from, to).unwrap()]
    {
        let scene = Scene::new();
        scene.logged_in(&["prod"]);
        scene.home.write("mine", "precious");
        for lock in scene.home.list(&format!("{STATE}/locks")) {
            fs::remove_file(&lock).unwrap();
            plant(&scene.home.path("mine"), &lock);
        }
        scene.expire("prod");
        scene.access_key_of("prod");
        drop(scene.run(&["apply"]));
        assert_eq!((scene.home.read("mine").as_str(), scene.calls()), ("precious", vec!["AssumeRole".to_owned()]));
    }
}

#[test]
fn a_token_that_others_could_have_put_into_aws_clis_cache_is_not_used() {
    for spoil in [(|cache: &Path| set_mode(cache, 0o777)) as fn(&Path), |cache| {
        for token in fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>() {
            fs::rename(&token, token.with_extension("real")).unwrap();
            symlink(token.with_extension("real"), &token).unwrap();
        }
    }] {
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        scene.expire("read");
        spoil(&scene.home.path(".aws/sso/cache"));
        scene.run(&["credential-process", "read"]).exits(5);
        assert_eq!(scene.calls(), [""; 0]);
    }
}

#[test]
fn a_cache_of_aws_clis_that_others_can_write_to_is_told_without_a_variable_that_does_not_move_it() {
    for cache in [".aws/sso/cache", ".aws/cli/cache"] {
        let scene = Scene::new();
        scene.logged_in(&["audit", "read"]);
        set_mode(&scene.home.path(cache), 0o777);
        let run = scene.run(&["logout", "--all"]).exits(4);
        assert!(run.stderr.contains(&format!("chmod go-w ~/{cache}")), "{}", run.stderr);
        assert!(!run.stderr.contains("AWSAUTH_STATE_DIR"), "{}", run.stderr);
    }
}

#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
#[test]
fn the_checks_leave_a_warm_credential_process_within_its_120_system_calls() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = scene.home.program(&crate::readers::client::tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-o"]).arg(log.path()).args([
        env!("CARGO_BIN_EXE_awsauth"),
        "credential-process",
        "prod",
    ]);
    Run::from(command.output().unwrap()).ok();
    let calls = fs::read_to_string(log.path()).unwrap();
    assert!(calls.lines().count() <= 120, "{}\n{calls}", calls.lines().count());
    assert!(!calls.contains("socket(") && !calls.contains("clone"), "{calls}");
}

#[test]
fn a_leading_tilde_in_a_variable_is_the_home_directory() {
    let scene = Scene::new()
        .env("AWSAUTH_STATE_DIR", "~/st")
        .env("AWSAUTH_MANIFEST", "~/m.toml")
        .env("AWS_CONFIG_FILE", "~/c/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "~/c/credentials")
        .env("XDG_CONFIG_HOME", "~/x");
    scene.home.write("m.toml", MANIFEST.replace("mfa/alice", "mfa/${user}"));
    scene.home.write("x/awsauth/profiles.local.toml", "[vars]\nuser = \"alice\"\n");
    scene.home.write("c/credentials", long_term_keys());
    scene.run(&["apply"]).ok();
    scene.logged_in(&["main"]);
    for file in [session_file("main").replace(STATE, "st"), "c/config".to_owned()] {
        assert!(scene.home.has(&file), "{file}");
    }
    assert!(scene.home.read("c/credentials").contains("[main]"));
    assert!(!scene.home.has("~") && !scene.home.has(CONFIG) && !scene.home.has(STATE));
    let scene = Scene::new().env("XDG_STATE_HOME", "~/s");
    scene.logged_in(&["main"]);
    assert!(scene.home.has(&session_file("main").replace(STATE, "s/awsauth")));
}

#[test]
fn a_relative_path_in_a_variable_is_refused_and_makes_nothing() {
    for name in [
        "AWSAUTH_STATE_DIR",
        "AWSAUTH_MANIFEST",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CA_BUNDLE",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
    ] {
        for path in ["here", "./here", "~alice/here"] {
            let scene = Scene::new().env(name, path);
            let run = scene.run(&["login", "main", "--token-code", &scene.code()]).exits(2);
            assert!(run.stderr.contains(&format!("{name} is `{path}`")), "{}", run.stderr);
            assert!(!scene.home.has("here") && scene.calls().is_empty(), "{name}");
        }
    }
    let scene = Scene::new().env("XDG_CONFIG_HOME", "here");
    let manifest = scene.home.path(".config/awsauth/profiles.toml");
    scene.run(&["check", "--manifest", manifest.to_str().unwrap()]).exits(2);
}

#[test]
fn a_relative_home_is_none() {
    let scene = Scene::new();
    scene.home.write("profiles.toml", MANIFEST);
    for (args, dir) in [(&["check"][..], ".config/awsauth"), (&["credential-process", "base"], ".")] {
        let mut command = scene.home.command(args);
        let run: Run = command.env("HOME", ".").current_dir(scene.home.path(dir)).output().unwrap().into();
        let run = run.exits(6);
        assert!(run.stderr.contains("set HOME to an absolute path"), "{}", run.stderr);
    }
}

#[test]
fn where_no_state_can_be_kept_credentials_that_can_be_had_are_handed_out_with_one_warning() {
    let scene = Scene::new();
    scene.logged_in(&["jump"]);
    let scene = scene.env("AWSAUTH_STATE_DIR", NOWHERE);
    for (args, calls) in [
        (&["credential-process", "read"][..], &["GetRoleCredentials"][..]),
        (&["exec", "jump", "--", "true"], &["GetRoleCredentials", "AssumeRole"]),
        (&["env", "jump"], &["GetRoleCredentials", "AssumeRole"]),
    ] {
        let run = scene.run(args).ok();
        assert_eq!(scene.calls(), calls, "{args:?}");
        assert_eq!(run.stderr.matches("warning").count(), 1, "{args:?}: {}", run.stderr);
        for part in ["can't be kept: can't create the directory /proc/self/awsauth", "AWSAUTH_STATE_DIR"] {
            assert!(run.stderr.contains(part), "{args:?}: {part}\n{}", run.stderr);
        }
        assert!(!run.stderr.contains("another awsauth"), "{}", run.stderr);
    }
    scene.expire_token();
    scene.run(&["credential-process", "read"]).ok();
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"], "a refresh token is used without a lock as well");
}

#[test]
fn a_login_that_could_not_be_kept_is_refused_before_a_code_or_an_approval_is_spent() {
    let scene = Scene::new().env("AWSAUTH_STATE_DIR", NOWHERE);
    for args in [&["login", "prod", "--token-code", &scene.code()][..], &["login", "read"]] {
        let run = scene.run(args).exits(6);
        for part in [NOWHERE, "AWSAUTH_STATE_DIR"] {
            assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
        }
    }
    let scene = Scene::new().env("AWS_SHARED_CREDENTIALS_FILE", "/proc/self/awsauth/credentials");
    scene.home.write("key", "");
    let run = scene.home.run_with_input(["keys", "add", "base"], "AKIA").exits(6);
    assert!(run.stderr.contains(NOWHERE), "before the key is read: {}", run.stderr);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_cache_of_aws_cli_that_can_not_be_written_is_a_warning_with_its_cause() {
    let scene = Scene::new();
    scene.home.write(".aws/sso", "a file");
    let run = scene.run(&["login", "read"]).ok();
    for part in ["the SSO token could not be written: ", ".aws/sso/cache: ", "read: valid for"] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert!(scene.home.has(&session_file("read")));
}

#[test]
fn logout_of_all_and_a_login_take_what_killed_runs_left_half_written_and_nothing_that_is_being_written() {
    let scene = Scene::new();
    scene.run(&["apply"]).ok();
    scene.logged_in(&["main", "read"]);
    let backups = scene.home.list(&format!("{STATE}/backups")).remove(0);
    let backups = backups.strip_prefix(scene.home.path("")).unwrap().to_str().unwrap().to_owned();
    let name = |dir: &str| format!("{dir}/.x.json.abc123.awsauth-tmp");
    let sessions = name(&format!("{STATE}/sessions"));
    for dir in [
        ".aws",
        ".aws/sso/cache",
        ".aws/cli/cache",
        &format!("{STATE}/sessions"),
        &format!("{STATE}/sign-ins"),
        &backups,
    ] {
        scene.home.write(&name(dir), "a token");
    }
    let writer = fs::File::options().write(true).open(scene.home.path(&sessions)).unwrap();
    writer.lock().unwrap();
    scene.run(&["login", "main"]).ok();
    assert!(scene.home.has(&sessions), "its writer lives");
    drop(writer);
    scene.run(&["login", "main"]).ok();
    assert!(!scene.home.has(&sessions));
    scene.home.write(&sessions, "a token");
    scene.run(&["logout", "--all"]).ok();
    let left = Command::new("find").arg(scene.home.path("")).args(["-name", "*.awsauth-tmp"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

#[test]
fn a_backup_of_a_file_that_all_can_read_is_private() {
    let scene = Scene::new();
    scene.home.write(CONFIG, "[profile own]\nregion = eu-west-1\n");
    set_mode(&scene.home.path(CONFIG), 0o644);
    scene.run(&["apply"]).ok();
    let dir = scene.home.list(&format!("{STATE}/backups")).remove(0);
    let backup = scene.home.list(dir.to_str().unwrap()).remove(0);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&backup), mode(&scene.home.path(CONFIG))), (0o600, 0o644));
}

/// Runs awsauth as the user that HOME is given to, with no group but their own.
fn as_stranger(scene: &Scene, args: &[&str]) -> Run {
    let own = STRANGER.to_string();
    let mut command = scene.home.program("setpriv".as_ref());
    command.args(["--reuid", &own, "--regid", &own, "--clear-groups"]).arg(scene.home.path("awsauth")).args(args);
    command.output().unwrap().into()
}

#[test]
fn a_group_that_one_is_not_in_is_told_before_a_code_is_spent_and_kept_from_the_file_where_it_has_no_rights() {
    if !is_root() {
        return;
    }
    if Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("skipped: setpriv runs a program as somebody else, and is missing");
        return;
    }
    let scene = Scene::new();
    // In HOME, since another user may not reach it where it is.
    let program = scene.home.path("awsauth");
    fs::hard_link(env!("CARGO_BIN_EXE_awsauth"), &program)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_awsauth"), &program).map(drop))
        .unwrap();
    let own = format!("{STRANGER}:{STRANGER}");
    let chown_all = "find \"$1\" ! -name awsauth -o -type d | xargs chown \"$0\"";
    let all = Command::new("sh").args(["-c", chown_all, &own]).arg(scene.home.path("")).status();
    assert!(all.unwrap().success());
    let file = scene.home.path(CREDENTIALS);
    let code = scene.code();
    chown(&file, None, Some(STRANGER + 1)).unwrap();
    set_mode(&file, 0o640);
    let run = as_stranger(&scene, &["login", "main", "--token-code", &code]).exits(4);
    for part in ["belongs to a group that you are not in (number 4243)", "chmod g="] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert_eq!(scene.calls(), [""; 0]);
    // All but the group may read it, whose members are among all others from now on.
    set_mode(&file, 0o604);
    as_stranger(&scene, &["login", "main", "--token-code", &code]).ok();
    assert!(scene.home.read(CREDENTIALS).contains("[main]"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(target_os = "linux")]
#[test]
fn a_credentials_file_that_is_mounted_by_itself_says_what_to_mount_and_that_the_session_is_there() {
    let is_allowed = Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|output| output.status.success());
    if !is_allowed {
        eprintln!("skipped: this machine allows no mount namespace");
        return;
    }
    let scene = Scene::new();
    scene.home.write("mounted", long_term_keys());
    let script = "mount --bind \"$HOME/mounted\" \"$HOME/.aws/credentials\" && exec \"$0\" \"$@\"";
    let mut command = scene.home.program("unshare".as_ref());
    command.args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_awsauth")]);
    let run: Run = command.args(["login", "main", "--token-code", &scene.code()]).output().unwrap().into();
    let run = run.exits(6);
    for part in ["main: valid for", CREDENTIALS, "mount its directory", "are kept: `awsauth exec NAME -- CMD`"] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert_eq!(scene.home.read("mounted"), long_term_keys());
    scene.aws.clear();
    scene.access_key_of("main");
    assert_eq!(scene.calls(), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_dump_holds_a_key_and_programs_that_are_started_have_the_limit_that_there_was() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.expire("prod");
    let in_shell = |words: &str| {
        let mut command = scene.home.program("sh".as_ref());
        command.args(["-c", &format!("ulimit -Sc 7; {words}"), env!("CARGO_BIN_EXE_awsauth")]);
        command
    };
    let soft = |run: Run| run.ok().stdout.trim_end().to_owned();
    let expected = soft(in_shell("ulimit -Sc").output().unwrap().into());
    for words in ["exec base -- sh -c 'ulimit -Sc'", "exec --parallel 2 'bas*' -- sh -c 'ulimit -Sc'"] {
        let found = soft(in_shell(&format!("\"$0\" {words}")).output().unwrap().into());
        assert!(found.ends_with(&expected), "{words}: {found}, not {expected}");
    }
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let mut command = in_shell("exec \"$0\" credential-process prod");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(scene.aws.wait_for("AssumeRole", 1, Duration::from_mins(1)));
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    scene.aws.world().release();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(line.split_whitespace().nth(4), Some("0"), "{line}");
}
