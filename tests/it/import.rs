//! What `import` makes of the files that people have. Each directory of `fixtures/import` has a `config`, a `credentials`, or
//! both; beside them are the manifest (`profiles.toml`), the lines for the person's own file (`profiles.local.toml`) and all
//! that is said (`stderr.txt`). `BLESS=1 cargo test` writes those anew. Every manifest is then checked, applied with `--adopt`,
//! and made once more.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::sandbox::{Run, Sandbox};

/// The directories, by name.
fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import");
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// A HOME with the files of the case.
fn home(case: &Path) -> Sandbox {
    let home = Sandbox::in_memory();
    for file in ["config", "credentials"] {
        if let Ok(content) = fs::read(case.join(file)) {
            home.write(&format!(".aws/{file}"), content);
        }
    }
    home
}

/// Compares a file of the case, which is not there if it would be empty.
fn compare(case: &Path, file: &str, text: &str) -> Result<(), String> {
    let path = case.join(file);
    if std::env::var_os("BLESS").is_some() {
        if text.is_empty() {
            fs::remove_file(&path).ok()
        } else {
            fs::write(&path, text).ok()
        };
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == text { Ok(()) } else { Err(format!("{}: not\n{text}", path.display())) }
}

/// Imports, checks, applies, and imports again.
fn try_case(case: &Path) -> Result<(), String> {
    let home = home(case);
    let first = home.run(["import"]);
    let secrets = ["SECRETMARK", "wJalrXUtnFEMI"];
    if let Some(secret) =
        secrets.iter().find(|secret| first.stdout.contains(**secret) || first.stderr.contains(**secret))
    {
        return Err(format!("{}: shows {secret}\n{}{}", case.display(), first.stdout, first.stderr));
    }
    compare(case, "profiles.toml", &first.stdout)?;
    compare(case, "stderr.txt", &first.stderr)?;
    if first.code == Some(4) {
        return Ok(());
    }
    let document = home.run(["import", "--json"]).ok().json();
    let personal = document["personal"].as_str().unwrap();
    compare(case, "profiles.local.toml", personal)?;
    home.manifest(&first.stdout);
    if !personal.is_empty() {
        home.write(".config/awsauth/profiles.local.toml", personal);
    }
    let expect = |run: Run, codes: &[i32]| match run.code {
        Some(code) if codes.contains(&code) => Ok(()),
        _ => Err(format!("{}: {:?}\n{}{}", case.display(), run.code, run.stdout, run.stderr)),
    };
    expect(home.run(["check"]), &[0])?;
    // AWS CLI can't read a file with faults, and `apply` does not write one.
    let has_faults = !document["faults"].as_array().unwrap().is_empty();
    // So is a block that was edited by hand.
    let force = if case.ends_with("managed-already") { "--force" } else { "--yes" };
    expect(home.run(["apply", "--adopt", force]), if has_faults { &[0, 4] } else { &[0] })?;
    let second = home.run(["import"]).ok();
    if second.stdout == first.stdout { Ok(()) } else { Err(format!("{}: then\n{}", case.display(), second.stdout)) }
}

#[test]
fn regular_names_become_a_matrix_that_says_the_same_in_fewer_lines() {
    for case in cases().iter().filter(|case| case.to_str().unwrap().contains("/matrix-")) {
        let home = home(case);
        let plain = home.run(["import", "--json"]).ok().json();
        let matrix = home.run(["import", "--matrix"]).ok();
        compare(case, "matrix.toml", &matrix.stdout).unwrap();
        let text = plain["manifest"].as_str().unwrap();
        let is_found = matrix.stdout.contains("[matrix.");
        assert_eq!(is_found, matrix.stdout.lines().count() < text.lines().count(), "{}", matrix.stderr);
        assert_eq!(is_found, matrix.stderr.contains("the matrix makes it "), "{}", matrix.stderr);
        assert_eq!(
            home.run(["import", "--matrix", "--json"]).ok().json()["profiles"].to_string().len(),
            plain["profiles"].to_string().len()
        );
        home.manifest(&matrix.stdout);
        home.write(".config/awsauth/profiles.local.toml", plain["personal"].as_str().unwrap());
        home.run(["check"]).ok();
        home.run(["apply", "--adopt"]).ok();
        assert_eq!(home.run(["import", "--matrix"]).ok().stdout, matrix.stdout);
    }
}

#[cfg_attr(windows, ignore = "the commands in the fixtures have Unix's quotes")]
#[test]
fn every_kind_of_file_becomes_a_manifest_that_takes_its_place() {
    let wrong: Vec<String> = cases().iter().filter_map(|case| try_case(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases().len(), wrong.join("\n"));
}

/// The shell empties a file that it redirects to before awsauth starts, and who asks for an MFA code is in the manifest alone.
#[test]
fn an_emptied_manifest_is_not_imported_from_the_block_that_was_made_of_it() {
    let home = Sandbox::in_memory();
    let manifest = "[profiles.work]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n";
    home.manifest(manifest);
    home.run(["apply"]).ok();
    let run = home.run(["import"]).ok();
    assert!(run.stdout.contains("iam-mfa"), "{}", run.stdout);
    assert!(run.stderr.contains("you have a manifest: copy the tables that it lacks"), "{}", run.stderr);
    home.manifest("");
    let refused = home.run(["import"]).exits(4);
    for part in ["does not: work", "MFA code", "the shell empties", "with git"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(refused.stdout, "");
    home.run(["import", "--json"]).exits(4);
}
