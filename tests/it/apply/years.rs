//! A person who has 20 profiles, kept by hand for years: a manifest takes all of them over, no file needs an edit by hand,
//! and nothing that is said on the way is false.

use super::home;
use crate::scene::CONFIG;
#[cfg(unix)]
use crate::scene::CREDENTIALS;

const OLD_CONFIG: &str = include_str!("../../../fixtures/adopt/years/config");
const OLD_CREDENTIALS: &str = include_str!("../../../fixtures/adopt/years/credentials");
const MANIFEST: &str = include_str!("../../../fixtures/adopt/years/profiles.toml");

#[test]
fn the_untouched_starter_says_how_many_profiles_stand_beside_it_and_what_comes_next() {
    let home = home(OLD_CONFIG);
    home.manifest("");
    let told = "~/.aws/config has 20 profiles that the manifest does not have; add those that awsauth should \
                manage to the manifest (`awsauth import` prints their tables), then run `awsauth apply --adopt`\n";
    for args in [&["check"][..], &["apply"], &["apply"], &["apply", "--dry-run"]] {
        let run = home.run(args).ok();
        assert!(run.stderr.ends_with(told), "{args:?}\n{}", run.stderr);
    }
    assert!(!home.run(["check", "--team"]).ok().stderr.contains("20 profiles"));
    home.write(CONFIG, "");
    assert!(!home.run(["apply"]).ok().stderr.contains("does not have"));
}

#[cfg(unix)]
#[test]
fn twenty_old_profiles_are_adopted_without_an_edit_by_hand_and_nothing_said_is_false() {
    let home = home(OLD_CONFIG);
    home.write(CREDENTIALS, OLD_CREDENTIALS);
    std::fs::set_permissions(home.path(CREDENTIALS), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    home.manifest(MANIFEST);

    let run = home.run(["check"]).ok();
    let order = "~/.config/awsauth/profiles.toml is valid: 20 profiles, 1 SSO session\n";
    assert_eq!(run.stderr, order);

    let needed = "alice-eu, ops-admin, ops-deploy, ops-read, data-lake";
    let run = home.run(["apply", "--adopt", "--dry-run"]).ok();
    let expected = format!(
        "would change ~/.aws/config: 1 section added, 20 adopted\nwould change ~/.aws/credentials: 1 section renamed, 1 changed\n\
         the long-term key of [alice] moves to [alice-long-term]; until `awsauth login alice`, these have no credentials: \
         alice, {needed}\n"
    );
    assert_eq!(run.stderr, expected);

    let run = home.run(["apply", "--adopt"]).ok();
    let expected = format!(
        "wrote ~/.aws/config: 1 section added, 20 adopted\nwrote ~/.aws/credentials: 1 section renamed, 1 changed\n\
         moved the long-term key of [alice] to [alice-long-term]\nnext: `awsauth login alice` ({needed} need it)\n"
    );
    assert_eq!(run.stderr, expected);
    let moved = OLD_CREDENTIALS.replace("[alice]", "[alice-long-term]");
    assert_eq!(home.read(CREDENTIALS), moved.replace("MARK\nregion = us-east-1\n", "MARK\n"));

    assert!(home.read(CONFIG).contains("\n[default]\nregion = eu-west-1\noutput = json\ncli_pager =\n"));

    // Everything that is not the manifest's stays, and no comment is lost.
    let config = home.read(CONFIG);
    let (outside, block) = config.split_once("# >>> awsauth >>>").unwrap();
    assert!(!outside.contains("\n[profile alice]\n") && block.contains("\n[profile alice]\n"), "{config}");
    for kept in [
        "[profile vendor]\ncredential_process = /opt/vendor/bin/creds --account 42\nregion = us-east-1\n",
        "[plugins]\nendpoint = awscli_plugin_endpoint\n",
        "[preview]\ncloudfront = true\n",
    ] {
        assert!(outside.contains(kept), "{kept}\n{outside}");
    }
    for comment in OLD_CONFIG.lines().filter(|line| line.starts_with(['#', ';'])) {
        let words = comment.trim_start_matches(['#', ';', ' ']);
        assert!(outside.contains(words), "{comment}\n{outside}");
    }
    assert!(outside.contains("# of [profile ops-deploy]: deploys only; ask Bob first\n"), "{outside}");

    assert_eq!(
        home.run(["apply"]).ok().stderr,
        "nothing to do: ~/.aws/config and ~/.aws/credentials match the manifest\n"
    );
    home.run(["apply", "--undo"]).ok();
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), (OLD_CONFIG.to_owned(), OLD_CREDENTIALS.to_owned()));
}
