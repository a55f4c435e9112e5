//! `fixtures/team`, the repository of a team with 60 accounts behind three SSO sessions: the same commit gives each of two
//! members the right files. What real readers make of them is in `readers`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::scene::CONFIG;
use crate::support::fake_aws::team::{ALICE, BOB, Member};
use crate::support::fake_aws::{FakeAws, World};
use crate::support::sandbox::Sandbox;

/// Where the clone is.
const CLONE: &str = "aws-profiles";

/// A file of the fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/team").join(name)
}

/// Copies what is committed, and nothing of a person.
pub(crate) fn clone(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let path = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == "people" => {}
            true => clone(&entry.path(), &path),
            false => drop(fs::copy(entry.path(), path).unwrap()),
        }
    }
}

/// The machine of a member, with the clone in its place, `NAME.toml` as the personal file, and `fake` as AWS.
pub(crate) fn machine(name: &str, fake: Option<&FakeAws>) -> Sandbox {
    let home = cloned(fake);
    home.write(".config/awsauth/profiles.local.toml", fs::read(fixture(&format!("people/{name}.toml"))).unwrap());
    let personal = home.path(".config/awsauth/profiles.local.toml");
    fs::set_permissions(personal, fs::Permissions::from_mode(0o600)).unwrap();
    home
}

/// A machine with the clone in its place, and nothing of a person.
pub(crate) fn cloned(fake: Option<&FakeAws>) -> Sandbox {
    let home = fake.map_or_else(Sandbox::new, Sandbox::with_aws);
    clone(&fixture(""), &home.path(CLONE));
    fs::create_dir_all(home.path(".config/awsauth")).unwrap();
    symlink(home.path(CLONE).join("profiles.toml"), home.path(".config/awsauth/profiles.toml")).unwrap();
    home
}

/// The config file that a member should have. The fixture holds the sections, with `AWSAUTH` for the program's path.
fn expected(name: &str) -> String {
    let body = fs::read_to_string(fixture(&format!("people/{name}.config"))).unwrap();
    let body = body.replace("AWSAUTH", env!("CARGO_BIN_EXE_awsauth"));
    let digest = Sha256::digest(&body).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let begin = "# >>> awsauth >>> generated from profiles.toml; change that file and run `awsauth apply`";
    format!("{begin}\n{body}# <<< awsauth <<< sha256:{digest}\n")
}

#[test]
fn one_commit_gives_each_member_the_right_config() {
    for name in ["alice", "bob"] {
        let home = machine(name, None);
        home.run(["apply"]).ok();
        assert_eq!(home.read(CONFIG), expected(name), "{name}");
        let again = home.run(["apply"]).ok();
        assert!(again.stderr.contains("nothing to do"), "{name}: {}", again.stderr);
    }
}

#[test]
fn what_is_committed_is_in_order_by_itself() {
    let run = machine("alice", None).run(["check", "--team"]).ok();
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("with 4 included files is valid: 139 profiles, 3 SSO sessions"), "{}", run.stderr);
}

/// What `docs/teams.md` tells a new member to do, up to credentials; signed calls are made in `readers`.
#[test]
fn a_new_member_supplies_a_name_and_works() {
    for Member { user, key_id, secret_key, mfa_serial } in [ALICE, BOB] {
        let fake = FakeAws::start(World::team(user));
        fake.world().set_interval(0);
        let home = cloned(Some(&fake));
        let run = home.run(["check"]).exits(3);
        assert!(
            run.stderr.contains("`user` (your IAM user name in the account 111122223333) is not defined"),
            "{}",
            run.stderr
        );
        home.run(["vars", "--set", &format!("user={user}")]).ok();
        home.run(["apply", "--yes"]).ok();
        home.run_with_input(["keys", "add", "main"], &format!("{key_id}\n{secret_key}\n")).ok();
        let code = fake.world().next_code(mfa_serial);
        home.run(["login", "payments-prod.breakglass", "--token-code", &code]).ok();
        let profiles = ["payments-dev.tf", "northwind-orders-prod.partnerreadonly", "FabView@fab-mail-live"];
        let run = home.run([&["login", "--no-browser"], &profiles[..]].concat()).ok();
        assert!(
            run.stderr
                .contains("1 approval for corp, 1 approval for northwind and 1 approval for fabrikam, for 3 profiles"),
            "{}",
            run.stderr
        );
        home.run([&["status", "--check", "payments-prod.breakglass"], &profiles[..]].concat()).ok();
        let identity = home.run(["exec", "payments-dev.tf", "--", "env"]).ok().stdout;
        assert!(identity.contains("\nAWS_ACCESS_KEY_ID=ASIA"), "{identity}");
    }
}
