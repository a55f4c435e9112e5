//! Text of the command line, of files and of prompts reaches the terminal without what a terminal would act on. Text of
//! servers is `login::failures`, `discover::manifests` and `browser`.

use std::os::unix::process::CommandExt as _;

use crate::pty::Terminal;
use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, Scene};

/// A background colour that awsauth does not use, an 8-bit escape, a bell, and a mark that turns the direction of writing.
const HOSTILE: &str = "ho\u{1b}[45m\u{9b}45m\u{7}\u{202e}stile";
/// The same in TOML, which takes no control character as it is.
const IN_TOML: &str = "ho\\u001b[45m\\u009b45m\\u0007\\u202estile";

/// Asserts that a command shows the text, as data or as talk, and nothing that a terminal acts on.
#[track_caller]
fn shows_safely(scene: &Scene, args: &[&str]) {
    let run = scene.run(&[args, &["--color", "always"]].concat());
    check(&format!("{}{}", run.stdout, run.stderr));
}

#[track_caller]
fn check(shown: &str) {
    assert!(shown.contains("stile"), "{shown:?}");
    assert!(!shown.contains(['\u{7}', '\u{9b}', '\u{202e}']) && !shown.contains("\u{1b}[45m"), "{shown:?}");
}

#[test]
fn the_command_line_is_shown_safely() {
    let scene = Scene::new();
    let path = format!("/tmp/{HOSTILE}.toml");
    let value = format!("{HOSTILE}=1");
    for args in [
        &[HOSTILE][..],
        &["list", "--color", HOSTILE],
        &["list", HOSTILE],
        &["list", "--tag", HOSTILE],
        &["list", "--why", HOSTILE],
        &["show", HOSTILE],
        &["login", HOSTILE],
        &["env", "main", "--shell", HOSTILE],
        &["vars", "--set", &value],
        &["check", "--manifest", &path],
        &["check", "--manifest", &path, "--json"],
        &["list", HOSTILE, "--json"],
    ] {
        shows_safely(&scene, args);
    }
}

#[test]
fn files_are_shown_safely() {
    let scene = Scene::new();
    let (path, fine) = (format!("{HOSTILE}.toml"), format!("fine-{HOSTILE}.toml"));
    scene.home.write(&path, format!("{MANIFEST}\n[profiles.more]\n\"{IN_TOML}\" = \"{IN_TOML}\"\n"));
    scene.home.write(&fine, format!("{MANIFEST}\n[required_vars]\nuser = \"{IN_TOML}\"\n"));
    let (path, fine) = (scene.home.path(&path), scene.home.path(&fine));
    for args in [&["check"][..], &["check", "--json"], &["vars"], &["login", "more"], &["list", "--why", "more"]] {
        shows_safely(&scene, &[args, &["--manifest", path.to_str().unwrap()]].concat());
    }
    for args in [&["check"][..], &["vars"], &["vars", "--json"]] {
        shows_safely(&scene, &[args, &["--manifest", fine.to_str().unwrap()]].concat());
    }
    for (file, text) in [
        (CONFIG, format!("[profile {HOSTILE}]\nregion = us-east-1\n[profile {HOSTILE}]\n")),
        (CREDENTIALS, format!("[{HOSTILE}]\naws_access_key_id = AKIA1\n[{HOSTILE}]\n")),
    ] {
        let before = std::fs::read(scene.home.path(file)).unwrap_or_default();
        scene.home.write(file, &text);
        shows_safely(&scene, &["apply"]);
        shows_safely(&scene, &["apply", "--json"]);
        std::fs::write(scene.home.path(file), before).unwrap();
    }
}

#[test]
fn a_question_is_shown_safely() {
    let scene = Scene::new();
    scene.home.manifest(&format!("{MANIFEST}\n[required_vars]\nuser = \"{IN_TOML}\"\n").replace("/alice", "/${user}"));
    let mut session = Terminal::runs_awsauth(&scene.home, "vars");
    // The terminal's bytes are taken for characters, so a picture of a control character has a few of their codes.
    let shown = session.exp_string("[goes to").unwrap();
    assert!(shown.contains("stile") && !shown.contains("\u{1b}[45m") && !shown.contains('\u{7}'), "{shown:?}");
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn a_word_of_the_command_line_forges_no_line() {
    let scene = Scene::new();
    let word = "x\nerror: forged";
    for args in [&[word][..], &["login", "--flow", word], &["login", "--profile", word]] {
        let run = scene.run(args).exits(2);
        assert!(run.stderr.contains("error: forged") && !run.stderr.contains("\nerror: forged"), "{}", run.stderr);
    }
    let mut command = scene.home.command(["login", "--help"]);
    let help = command.arg0("\u{1b}]0;forged\u{7}").output().unwrap();
    assert!(help.status.success() && !String::from_utf8_lossy(&help.stdout).contains("forged"), "{help:?}");
}

/// The SDK panics at a header with a control character, and a code would be spent before.
#[test]
fn a_long_term_key_that_cannot_be_sent_is_no_key() {
    let scene = Scene::new();
    let text = scene.home.read(CREDENTIALS).replace("aws_access_key_id = ", "aws_access_key_id = \u{1b}");
    scene.home.write(CREDENTIALS, &text);
    let run = scene.run(&["login", "main", "--token-code", &scene.code()]).exits(5);
    assert!(run.stderr.contains("main-long-term"), "{}", run.stderr);
}
