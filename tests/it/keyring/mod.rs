//! `store = "keyring"`: secrets in the system's keyring, and in no file. Against a real gnome-keyring in a D-Bus session of its
//! own; without one, nothing goes back to files.

#[cfg(all(target_os = "linux", feature = "real-clients"))]
mod days;
#[cfg(all(target_os = "linux", feature = "real-clients"))]
mod gnome;

use crate::scene::{CONFIG, CREDENTIALS, Scene};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::sandbox::Run;

const SETTINGS: &str = ".config/awsauth/profiles.local.toml";
/// Where no bus listens.
const NO_BUS: &str = "unix:path=/nonexistent/bus";

fn in_keyring_mode(scene: &Scene) {
    scene.home.write(SETTINGS, "[settings]\nstore = \"keyring\"\n");
}

/// A failure that says what happened and what to do.
#[track_caller]
fn is_unavailable(run: Run, reason: &str) {
    let run = run.exits(6);
    assert!(run.stderr.contains(reason) && run.stderr.contains("hint: "), "{}", run.stderr);
    // Out of a keyring that is not there, nothing can be moved.
    let is_there = !reason.contains("can't be reached");
    assert_eq!(run.stderr.contains("`awsauth store move --to file`"), is_there, "{}", run.stderr);
    assert!(!run.stderr.contains("SECRETMARK") && !run.stdout.contains("SECRETMARK"), "{run:?}");
}

#[test]
fn what_apply_writes_in_keyring_mode_leads_sdks_to_awsauth() {
    let scene = Scene::new().env("DBUS_SESSION_BUS_ADDRESS", NO_BUS);
    in_keyring_mode(&scene);
    scene.run(&["apply"]).ok();
    let config = scene.home.read(CONFIG);
    for name in ["main", "base", "audit"] {
        assert!(config.contains(&format!(" credential-process {name}\n")), "{config}");
    }
    assert!(config.contains("[profile prod]\nrole_arn = ") && !config.contains("mfa_serial"), "{config}");
    scene.home.write(SETTINGS, "[settings]\nstore = \"file\"\n");
    scene.run(&["apply"]).ok();
    assert!(!scene.home.read(CONFIG).contains("credential_process"));
    scene.change_manifest("[defaults]\n", "[defaults]\ncredential_process = true\n");
    scene.run(&["apply"]).ok();
    let config = scene.home.read(CONFIG);
    assert!(
        config.contains(" credential-process main\n") && !config.contains(" credential-process base\n"),
        "{config}"
    );
}

#[cfg_attr(windows, ignore = "Windows always has a keyring")]
#[test]
fn without_a_keyring_nothing_goes_to_a_file_and_nobody_is_asked_for_a_code() {
    let scene = Scene::new().env("DBUS_SESSION_BUS_ADDRESS", NO_BUS);
    in_keyring_mode(&scene);
    let reason = "the system's keyring can't be reached";
    is_unavailable(scene.run(&["login", "main", "--token-code", &scene.code()]), reason);
    is_unavailable(scene.run(&["store", "move", "--to", "keyring"]), reason);
    scene.home.write(CREDENTIALS, "");
    let input = format!("{KEY_ID} {SECRET_KEY}");
    is_unavailable(scene.home.run_with_input(["keys", "add", "main"], &input), reason);
    // There is nothing in a keyring that is not there.
    let run = scene.run(&["store", "move", "--to", "file"]).ok();
    assert!(run.stderr.contains("nothing to move"), "{}", run.stderr);
    in_keyring_mode(&scene);
    for args in [&["keys", "rotate", "base"][..], &["keys", "remove", "base"], &["mfa", "list", "base"]] {
        let run = scene.run(args).exits(5);
        let words = "base: no long-term key is stored for [base]\n";
        assert!(run.stderr.contains(words) && !run.stderr.contains("credentials"), "{}", run.stderr);
    }
    assert_eq!(scene.calls(), Vec::<String>::new());
    assert_eq!(scene.home.read(CREDENTIALS), "");
    // These need no secret.
    let run = scene.run(&["status"]).ok();
    assert!(run.stderr.contains("kept in the system's keyring"), "{}", run.stderr);
    assert_eq!(scene.run(&["status", "--json"]).ok().json()["store"], "keyring");
    scene.run(&["list"]).ok();
    scene.run(&["logout", "--all"]).ok();
}

#[test]
fn a_key_that_is_still_in_the_file_is_used_and_told() {
    let scene = Scene::new().env("DBUS_SESSION_BUS_ADDRESS", NO_BUS);
    in_keyring_mode(&scene);
    assert_eq!(scene.access_key_of("base"), KEY_ID);
    let run = scene.run(&["status"]).ok();
    assert!(run.stderr.contains("`awsauth store move --to keyring` moves them"), "{}", run.stderr);
    let input = format!("AKIAIOSFODNN7EXAMPLE {SECRET_KEY}");
    let run = scene.home.run_with_input(["keys", "add", "base", "--no-verify", "--force"], &input).exits(4);
    assert!(run.stderr.contains("still holds the key"), "{}", run.stderr);
}
