//! `exec --server`: the command has no keys, and an endpoint as long as it runs.

use super::*;
use crate::pty::Terminal;
use crate::scene::{CREDENTIALS, long_term_keys};
use crate::support::sandbox::Run;

/// `exec --server` with a script that first prints its environment.
fn exec(scene: &Scene, script: &str) -> Command {
    scene.home.command(["exec", "prod", "--server", "--", "sh", "-c", &format!("env; {script}")])
}

#[test]
fn the_command_has_an_endpoint_and_no_keys() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut command = exec(&scene, "");
    command.envs(
        ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].map(|name| (name, "stale")),
    );
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "stale").env("no_proxy", "corp.example");
    let run = Run::from(command.output().unwrap()).ok();
    assert!(!run.stdout.contains("stale") && !run.stdout.contains("AWS_SECRET_ACCESS_KEY"), "{}", run.stdout);
    assert!(!run.stdout.contains("AWS_SESSION_TOKEN") && !run.stdout.contains("/dev/null"), "{}", run.stdout);
    for line in [
        "AWS_REGION=ap-northeast-1",
        "AWSAUTH_PROFILE=prod",
        "NO_PROXY=127.0.0.1,localhost,169.254.170.2",
        "no_proxy=corp.example,127.0.0.1,localhost,169.254.170.2",
    ] {
        assert!(run.stdout.lines().any(|own| own == line), "{line}: {}", run.stdout);
    }
    assert!(run.stderr.starts_with("prod: valid for ") && run.stderr.lines().count() == 1, "{}", run.stderr);
    assert!(run.stderr.contains("; renews without a prompt for the next "), "{}", run.stderr);
}

#[test]
fn the_endpoint_ends_with_the_command_whose_exit_code_and_streams_are_its_own() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut command = exec(&scene, "read line; echo \"<$line>\"; exit 77");
    command.stdin(Stdio::piped());
    let mut served = Served::of(command, &scene);
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"));
    scene.expire("prod");
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"), "renewed");
    assert_eq!(scene.calls(), ["AssumeRole"]);
    served.child.stdin.take().unwrap().write_all(b"word\n").unwrap();
    let mut rest = String::new();
    served.stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("<word>\n"), "{rest}");
    let endpoint = served.endpoint.clone();
    assert_eq!(served.end(), Some(77));
    assert!(endpoint.is_closed());
}

#[test]
fn signals_reach_the_command_and_end_the_endpoint_only_with_it() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let ready = "trap 'echo told; read line; exit 5' TERM; echo ready; while :; do read line; done";
    let mut command = exec(&scene, ready);
    let pipe = scene.home.pipe("in");
    let open = File::options().read(true).write(true).open(pipe).unwrap();
    command.stdin(open.try_clone().unwrap());
    let mut served = Served::of(command, &scene);
    let wait_for = |served: &mut Served, wanted: &str| {
        let mut line = String::new();
        while line.trim_end() != wanted {
            line.clear();
            assert!(served.stdout.read_line(&mut line).unwrap() > 0);
        }
    };
    wait_for(&mut served, "ready");
    served.signal(rustix::process::Signal::TERM);
    wait_for(&mut served, "told");
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"), "it serves until the command has ended");
    (&open).write_all(b"go\n").unwrap();
    assert_eq!(served.end(), Some(5));
}

#[test]
fn a_default_profile_with_credentials_does_not_win() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let default = "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n";
    scene.home.write(CREDENTIALS, format!("{default}\n{}", long_term_keys()));
    let run = Run::from(exec(&scene, "").output().unwrap()).ok();
    assert!(run.stdout.contains("AWS_SHARED_CREDENTIALS_FILE=/dev/null\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("AWS_CONFIG_FILE"), "{}", run.stdout);
    scene.home.write(".aws/config", "[default]\nregion = eu-west-1\ncredential_process = other\n");
    let run = Run::from(exec(&scene, "").output().unwrap()).ok();
    assert!(run.stdout.contains("AWS_CONFIG_FILE=/dev/null\n"), "{}", run.stdout);
}

#[test]
fn what_an_endpoint_can_not_serve_is_refused() {
    let scene = Scene::new();
    let run = scene.run(&["exec", "base", "--server", "--", "true"]).exits(4);
    assert!(run.stderr.contains("base: its credentials are no session"), "{}", run.stderr);
    assert!(run.stderr.contains("`awsauth exec base -- CMD`"), "{}", run.stderr);
    let run = scene.run(&["exec", "*", "--server", "--", "true"]).exits(2);
    assert!(run.stderr.contains("`awsauth serve '*'`"), "{}", run.stderr);
    for many in [&["--all"][..], &["--tag", "a"]] {
        let run = scene.run(&[&["exec", "--server"], many, &["--", "true"]].concat()).exits(2);
        assert!(run.stderr.contains("for many, `awsauth serve NAME…`"), "{}", run.stderr);
    }
    let run = scene.run(&["exec", "prod", "--server"]).exits(2);
    assert!(run.stderr.contains("`awsauth exec prod --server -- CMD`"), "{}", run.stderr);
    let run = scene.run(&["exec", "prod", "--server", "--", "true"]).exits(5);
    assert!(run.stderr.contains("awsauth login prod"), "{}", run.stderr);
    scene.logged_in(&["prod"]);
    scene.run(&["exec", "prod", "--server", "--", "no-such-program"]).exits(127);
}

#[test]
fn without_a_command_a_terminal_gets_a_shell() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    for (flags, what) in [
        (&["exec", "prod"][..], "with its credentials"),
        (&["exec", "prod", "--server"], "which asks awsauth for its credentials"),
    ] {
        let mut command = scene.home.command(flags);
        command.env("SHELL", "/bin/sh").env("PS1", "<$AWSAUTH_PROFILE> ");
        let mut session = Terminal::runs(command);
        session.exp_string(&format!("prod: a shell {what}; `exit` leaves it")).unwrap();
        session.exp_string("<prod> ").unwrap();
        session.send_line("exit 3").unwrap();
        session.exp_eof().unwrap();
    }
    let run = scene.run(&["exec", "prod"]).exits(2);
    assert!(run.stderr.contains("which command?"), "{}", run.stderr);
}
