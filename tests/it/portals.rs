//! Start URLs whose host is not AWS's: each command that writes one, or sends somebody there, says so.

use crate::scene::{MANIFEST, Scene};

const OWN: &str = ".config/awsauth/profiles.local.toml";
const WORDS: &str = "`sso.evil.example` is not one of AWS's hosts for access portals";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.change_manifest("https://corp.awsapps.com/start", "https://sso.evil.example/start");
    scene
}

#[test]
fn a_command_warns_before_it_sends_somebody_there() {
    for (args, code) in [
        (&["login", "read"][..], 5),
        (&["login", "jump"], 5),
        (&["discover", "corp", "--flow", "device", "--dry-run"], 5),
        (&["console", "read", "--print"], 0),
    ] {
        let run = scene().run(args).exits(code);
        let (warned, page) = (run.stderr.find(WORDS), run.stderr.find("https://device.sso"));
        assert!(warned.is_some() && page.is_none_or(|page| warned < Some(page)), "{args:?}: {}", run.stderr);
        assert_eq!(run.stderr.matches(WORDS).count(), 1, "{args:?}: {}", run.stderr);
        // Whom the person trusts, and AWS's own, nobody warns of.
        let scene = scene();
        scene.home.write(OWN, "[settings]\nallow_hosts = [\"sso.evil.example\"]\n");
        assert!(!scene.run(args).stderr.contains(WORDS));
    }
    assert!(!Scene::new().run(&["login", "read"]).ok().stderr.contains("access portals"));
}

#[test]
fn apply_warns_of_those_that_are_new_or_changed() {
    let scene = Scene::new();
    assert!(!scene.run(&["apply"]).ok().stderr.contains("access portals"));
    scene.change_manifest("https://corp.awsapps.com/start", "https://sso.evil.example/start");
    for args in [&["apply", "--dry-run"][..], &["apply", "--json", "--yes"]] {
        assert_eq!(scene.run(args).ok().stderr.matches(WORDS).count(), 1, "{args:?}");
    }
    assert!(!scene.run(&["apply"]).ok().stderr.contains(WORDS), "nothing is new");
    scene.home.manifest(&format!(
        "{}\n[profiles.other]\npattern = \"sso\"\nsso_start_url = \"https://other.example/start\"\nsso_region = \"us-east-1\"\n\
         sso_account_id = \"123456789012\"\nsso_role_name = \"ReadOnly\"\n",
        MANIFEST.replace("corp.awsapps.com", "sso.evil.example")
    ));
    let run = scene.run(&["apply"]).ok();
    assert!(run.stderr.contains("`other.example` is not one of") && !run.stderr.contains(WORDS), "{}", run.stderr);
}
