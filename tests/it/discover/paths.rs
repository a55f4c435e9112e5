//! What documents say of files whose paths are no text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::{MATRIX, SESSION, Scene};
use crate::support::sandbox::Run;

/// A directory whose name is no text, if the file system takes such a name.
fn odd_dir(scene: &Scene) -> Option<PathBuf> {
    let dir = scene.home.path("").join(OsStr::from_bytes(b"jos\xe9"));
    fs::create_dir(&dir).is_ok().then_some(dir)
}

#[test]
fn every_document_says_a_path_that_is_no_text_as_well_as_it_can() {
    let scene = Scene::with_many(2).signed_in();
    let Some(dir) = odd_dir(&scene) else { return };
    let run = |args: &[&str]| -> Run {
        let mut command = scene.home.command(args);
        command.env("AWSAUTH_MANIFEST", dir.join("profiles.toml"));
        command.env("AWS_CONFIG_FILE", dir.join("config")).env("AWS_SHARED_CREDENTIALS_FILE", dir.join("credentials"));
        command.output().unwrap().into()
    };
    let path = |value: &serde_json::Value, name: &str| {
        let text = value.as_str().unwrap_or_default();
        assert!(text.ends_with(&format!("jos\u{fffd}/{name}")), "{value}");
    };
    path(&run(&["init", "--json"]).ok().json()["manifest"], "profiles.toml");
    fs::write(dir.join("profiles.toml"), format!("include = [\"more.toml\"]\n{SESSION}")).unwrap();
    fs::write(dir.join("more.toml"), MATRIX).unwrap();
    fs::write(dir.join("profiles.local.toml"), "").unwrap();
    let document = run(&["discover", "--json"]).ok().json();
    path(&document["files"][0]["path"], "profiles.toml");
    assert_eq!(document["written"], true);
    let document = run(&["check", "--json"]).ok().json();
    path(&document["manifest"], "profiles.toml");
    path(&document["included"][0], "more.toml");
    path(&document["local"][0], "profiles.local.toml");
    run(&["vars", "--json"]).ok().json();
    run(&["list", "--json", "--why", "a0001-Admin"]).ok().json();
    // What AWS's tools do not read alike is told with its place.
    fs::write(dir.join("config"), "[profile x]\nregion = us-east-1\n region = b\n").unwrap();
    for args in [["apply", "--json", "--dry-run"].as_slice(), &["apply", "--json"], &["apply", "--json"]] {
        let document = run(args).ok().json();
        path(&document["files"][0]["path"], "config");
        path(&document["files"][1]["path"], "credentials");
        for warning in document["warnings"].as_array().unwrap() {
            path(&warning["path"], "config");
        }
    }
    path(&run(&["apply", "--undo", "--json"]).ok().json()["files"][0]["path"], "config");
}
