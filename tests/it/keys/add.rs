//! `keys add`: a long-term key from wherever it comes into the section that the profile takes it from.

use crate::scene::{CREDENTIALS, Scene, session_file};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER};
use crate::support::fake_aws::{Fault, User, World};

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "SECRETMARK/UtnFEMI/K7MDENG/bPxRfiCYEXAMP";
const OTHER_ID: &str = "AKIAIOSFODNN7EXAMPL2";

/// The standard world, in which Alice has a second key.
fn world() -> World {
    let world = World::standard();
    let alice = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_key(ID, SECRET).with_mfa(MFA_SERIAL);
    world.add_user(alice);
    world
}

/// A HOME without keys.
fn scene() -> Scene {
    let scene = Scene::in_world(world());
    scene.home.write(CREDENTIALS, "");
    scene
}

fn section(name: &str, id: &str) -> String {
    format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {SECRET}\n")
}

/// What no run may show.
#[track_caller]
fn shows_no_secret(run: &crate::support::sandbox::Run) {
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run:?}");
    assert!(!run.stdout.contains("SECRETMARK") && !run.stderr.contains("SECRETMARK"), "{run:?}");
}

#[test]
fn a_key_in_the_place_of_a_session_is_moved_and_not_added_again() {
    let scene = Scene::in_world(world());
    let sharing = "\n[profiles.main-long-term]\npattern = \"iam\"\n";
    scene.home.manifest(&format!("{}{sharing}", crate::scene::MANIFEST));
    scene.home.write(CREDENTIALS, section("main", ID));
    for name in ["main", "main-long-term"] {
        let run = scene.home.run_with_input(["keys", "add", name], &format!("{ID} {SECRET}")).exits(4);
        for part in ["a long-term key in [main]", "`awsauth apply --adopt` moves it to [main-long-term]"] {
            assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
        }
        let run = scene.run(&["status", name, "--check"]).exits(1);
        assert!(run.stderr.contains("`awsauth apply --adopt`"), "{}", run.stderr);
        assert!(!run.stderr.contains("keys add"), "{}", run.stderr);
    }
    scene.run(&["apply", "--adopt"]).ok();
    let run = scene.home.run_with_input(["keys", "add", "main"], &format!("{ID} {SECRET}")).ok();
    assert!(run.stderr.contains("already"), "{}", run.stderr);
}

#[test]
fn each_form_on_stdin_gives_the_key() {
    for text in [
        format!("{ID}\n{SECRET}\n"),
        format!("{ID} {SECRET}"),
        format!("\u{feff}Access key ID,Secret access key\r\n{ID},{SECRET}\r\n"),
        format!("{{\"AccessKey\": {{\"AccessKeyId\": \"{ID}\", \"SecretAccessKey\": \"{SECRET}\"}}}}"),
        format!("[x]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"),
    ] {
        let scene = scene();
        let run = scene.home.run_with_input(["keys", "add", "main", "-v"], &text).ok();
        shows_no_secret(&run);
        assert!(run.stderr.contains(&format!("stored {ID} in [main-long-term] of ~/.aws/credentials")));
        assert_eq!(scene.home.read(CREDENTIALS), section("main-long-term", ID));
    }
}

#[test]
fn the_csv_of_the_console_is_read_from_a_file_or_stdin() {
    let scene = scene();
    let csv = format!("Access key ID,Secret access key\r\n{ID},{SECRET}\r\n");
    scene.home.write("key.csv", &csv);
    let run = scene.run(&["keys", "add", "base", "--csv", "key.csv"]).ok();
    let others = "main has no key yet; if it is the same one: `awsauth keys add main --csv key.csv`\n\
                  delete key.csv when nothing needs it any more: whoever has it has the key\n";
    assert!(run.stderr.contains(others), "{}", run.stderr);
    shows_no_secret(&run);
    assert_eq!(scene.home.read(CREDENTIALS), section("base", ID));
    scene.home.run_with_input(["keys", "add", "main", "--csv", "-"], &csv).ok();
    let run = scene.run(&["keys", "add", "main", "--csv", "key.csv"]).ok();
    assert!(run.stderr.contains("delete key.csv: whoever has it has the key\n"), "{}", run.stderr);
    let expected = format!("{}\n{}", section("base", ID), section("main-long-term", ID));
    assert_eq!(scene.home.read(CREDENTIALS), expected);
    scene.home.write("empty.csv", "Access key ID,Secret access key\r\n");
    let run = scene.run(&["keys", "add", "main", "--csv", "empty.csv"]).exits(2);
    assert!(run.stderr.contains("empty.csv: this text holds no access key"), "{}", run.stderr);
    let run = scene.run(&["keys", "add", "main", "--csv", "gone.csv"]).exits(2);
    assert!(run.stderr.contains("there is no file gone.csv"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_of_powershell_5_is_read_from_a_file_or_stdin() {
    let csv = format!("\u{feff}Access key ID,Secret access key\r\n{ID},{SECRET}\r\n");
    let little: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = csv.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big, csv.into_bytes()] {
        for args in ["--csv key.csv", "--csv - <key.csv", "<key.csv"] {
            let scene = scene();
            scene.home.write("key.csv", &bytes);
            let script = format!("\"$0\" keys add main {args}");
            let mut command = scene.home.program("sh".as_ref());
            let run: crate::support::sandbox::Run =
                command.args(["-c", &script, env!("CARGO_BIN_EXE_awsauth")]).output().unwrap().into();
            shows_no_secret(&run.ok());
            assert_eq!(scene.home.read(CREDENTIALS), section("main-long-term", ID), "{args}");
        }
    }
}

#[cfg(unix)]
#[test]
fn without_a_name_the_only_profile_with_a_key_is_meant_or_one_from_a_list() {
    let scene = scene();
    let input = format!("{ID} {SECRET}");
    let run = scene.home.run_with_input(["keys", "add"], &input).exits(2);
    assert!(run.stderr.contains("which profile?\nhint: `awsauth keys add NAME`, for main, base"), "{}", run.stderr);
    let mut session = crate::pty::Terminal::runs_awsauth(&scene.home, "keys add --no-verify");
    session.exp_string("Access key for:").unwrap();
    session.answers("no key", "base\r");
    session.answers("Access key ID:", &format!("{ID}\r"));
    session.answers("Secret access key:", &format!("{SECRET}\r"));
    session.exp_string("in [base]").unwrap();
    session.exp_string("ended with 0").unwrap();
    scene.home.manifest("version = 1\n[profiles.ci]\npattern = \"iam\"\n");
    let run = scene.home.run_with_input(["keys", "add"], &input).ok();
    assert!(run.stderr.starts_with("ci is the only profile with an access key of its own\n"), "{}", run.stderr);
    assert!(run.stderr.ends_with("next: `awsauth apply`\n"), "{}", run.stderr);
    assert!(scene.home.read(CREDENTIALS).contains("[ci]\n"));
    // The one that is wrong may be meant.
    scene.home.manifest(
        "version = 1\n[profiles.ci]\npattern = \"iam\"\n[profiles.main]\npattern = \"iam-mfa\"\nregoin = 1\n",
    );
    let run = scene.home.run_with_input(["keys", "add", "--force"], &input).exits(3);
    assert!(run.stderr.contains("regoin") && !run.stderr.contains("only profile"), "{}", run.stderr);
    scene.home.manifest("version = 1\n");
    let run = scene.home.run_with_input(["keys", "add"], &input).exits(2);
    assert!(run.stderr.contains("the manifest has no profiles"), "{}", run.stderr);
}

#[test]
fn everything_else_in_the_file_stays_byte_for_byte() {
    let scene = scene();
    let mine = "# mine\r\n[x]\r\naws_access_key_id=AKIAX\r\n  s3 =\r\n\r\n; end";
    scene.home.write(CREDENTIALS, mine);
    scene.home.run_with_input(["keys", "add", "main"], &format!("{ID} {SECRET}")).ok();
    let added = "\r\n\r\n[main-long-term]\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\r\n";
    assert!(scene.home.read(CREDENTIALS).starts_with(&format!("{mine}{added}")), "{}", scene.home.read(CREDENTIALS));
}

#[cfg(unix)]
#[test]
fn a_new_credentials_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::in_world(world());
    std::fs::remove_dir_all(scene.home.path(".aws")).unwrap();
    scene.home.run_with_input(["keys", "add", "main"], &format!("{ID} {SECRET}")).ok();
    let mode = |path: &str| scene.home.path(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".aws"), mode(CREDENTIALS)), (0o700, 0o600));
}

#[test]
fn an_existing_key_is_replaced_only_with_force() {
    let scene = scene();
    let old = format!("{}region = eu-west-1\n", section("main-long-term", OTHER_ID));
    scene.home.write(CREDENTIALS, &old);
    let input = format!("{ID} {SECRET}");
    let run = scene.home.run_with_input(["keys", "add", "main"], &input).exits(4);
    shows_no_secret(&run);
    let masked = format!("AKIA************{}", &OTHER_ID[16..]);
    for part in ["[main-long-term] on line 1", &masked, "`--force` replaces it"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(scene.home.read(CREDENTIALS), old);
    shows_no_secret(&scene.home.run_with_input(["keys", "add", "main", "--force"], &input).ok());
    assert_eq!(scene.home.read(CREDENTIALS), old.replace(OTHER_ID, ID));
}

#[test]
fn what_was_made_from_the_key_that_is_replaced_ends_wherever_sdks_would_find_it() {
    let scene = Scene::in_world(world());
    scene.logged_in(&["audit"]);
    scene.logged_in(&["prod"]);
    let kept = |names: [&str; 3]| names.map(|name| scene.home.has(&session_file(name)));
    let input = format!("{ID} {SECRET}");
    let run = scene.home.run_with_input(["keys", "add", "main", "--force"], &input).ok();
    shows_no_secret(&run);
    assert!(run.stderr.contains("whose long-term key did: main, prod"), "{}", run.stderr);
    assert_eq!(kept(["main", "prod", "audit"]), [false, false, true]);
    assert!(!scene.home.read(CREDENTIALS).contains("[main]"));
    assert_eq!(scene.home.list(".aws/cli/cache").len(), 1);
    let run = scene.home.run_with_input(["keys", "add", "base", "--force", "--json"], &input).ok();
    assert_eq!(run.json()["ended_sessions"], serde_json::json!(["audit"]));
    assert!(scene.home.list(".aws/cli/cache").is_empty());
}

#[test]
fn the_same_key_again_changes_nothing() {
    let scene = scene();
    let input = format!("{ID} {SECRET}");
    scene.home.run_with_input(["keys", "add", "main"], &input).ok();
    let before = scene.home.path(CREDENTIALS).metadata().unwrap().modified().unwrap();
    let run = scene.home.run_with_input(["keys", "add", "main", "--json"], &input).ok();
    assert_eq!(run.json()["changed"], false);
    assert_eq!(run.json()["access_key_id"], ID);
    assert_eq!(scene.home.path(CREDENTIALS).metadata().unwrap().modified().unwrap(), before);
}

#[test]
fn a_pattern_without_a_key_is_refused_with_the_profile_that_has_it() {
    let scene = scene();
    let input = format!("{ID} {SECRET}");
    let run = scene.home.run_with_input(["keys", "add", "prod"], &input).exits(2);
    assert!(run.stderr.contains("`iam-mfa-role`, which has no long-term key"), "{}", run.stderr);
    assert!(run.stderr.contains("`awsauth keys add main`"), "{}", run.stderr);
    let run = scene.home.run_with_input(["keys", "add", "read"], &input).exits(2);
    assert!(run.stderr.contains("`sso`, which has no long-term key"), "{}", run.stderr);
    let run = scene.home.run_with_input(["keys", "add", "mian"], &input).exits(2);
    assert!(run.stderr.contains("did you mean `main`?"), "{}", run.stderr);
    assert_eq!(scene.home.read(CREDENTIALS), "");
}

#[test]
fn what_is_no_key_is_refused_without_being_shown() {
    let scene = scene();
    for (text, words) in [
        (String::new(), "this text holds no access key"),
        (SECRET.to_owned(), "this text holds no access key"),
        (ID.to_owned(), "without its secret"),
        (format!("ASIAIOSFODNN7EXAMPLE {SECRET}"), "a long-term key begins with AKIA"),
        (
            format!("{ID} {SECRET}\n{OTHER_ID} {SECRET}"),
            "several access keys: AKIA************MPLE, AKIA************MPL2",
        ),
        (
            format!("User name,Access key ID,Secret access key\nalice,{ID},{SECRET}\nbob,{OTHER_ID},{SECRET}"),
            "alice, bob",
        ),
        (format!("{ID} {}", SECRET.replace('/', " /")), "without its secret"),
        (format!("{} {SECRET}", ID.replace("IOS", "I OS")), "this text holds no access key"),
    ] {
        let run = scene.home.run_with_input(["keys", "add", "main"], &text).exits(2);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        shows_no_secret(&run);
    }
    assert_eq!(scene.home.read(CREDENTIALS), "");
}

#[test]
fn a_credentials_file_that_aws_cli_can_not_read_is_left_alone() {
    let scene = scene();
    let broken = "[a]\nnonsense\n[a]\n";
    scene.home.write(CREDENTIALS, broken);
    let run = scene.home.run_with_input(["keys", "add", "main"], &format!("{ID} {SECRET}")).exits(4);
    assert!(run.stderr.contains("line 2"), "{}", run.stderr);
    assert_eq!(scene.home.read(CREDENTIALS), broken);
}

#[test]
fn the_account_and_the_user_of_a_key_are_shown_before_it_is_stored() {
    let scene = scene();
    let input = format!("{ID} {SECRET}");
    let run = scene.home.run_with_input(["keys", "add", "main"], &input).ok();
    let words = "AWS knows this key: user alice of account 111122223333 (arn:aws:iam::111122223333:user/alice)\n";
    assert!(run.stderr.starts_with(words), "{}", run.stderr);
    assert_eq!(scene.calls(), ["GetCallerIdentity"]);
    let run = scene.home.run_with_input(["keys", "add", "base", "--json"], &input).ok();
    assert_eq!(
        (&run.json()["account"], &run.json()["arn"]),
        (&ACCOUNT.into(), &"arn:aws:iam::111122223333:user/alice".into())
    );
}

#[test]
fn a_key_of_another_account_than_the_mfa_devices_is_refused() {
    let scene = scene();
    scene.aws.world().add_user(User::new("999988887777", "bob").with_key(OTHER_ID, SECRET));
    let input = format!("{OTHER_ID} {SECRET}");
    for (name, of) in [("main", "main"), ("base", "audit")] {
        let run = scene.home.run_with_input(["keys", "add", name], &input).exits(4);
        shows_no_secret(&run);
        let device = format!("`mfa_serial` of [profiles.{of}] is a device of account 111122223333");
        for part in ["account 999988887777 (arn:aws:iam::999988887777:user/bob)", &device, "nothing was stored"] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
    }
    assert_eq!(scene.home.read(CREDENTIALS), "");
    let run = scene.home.run_with_input(["keys", "add", "main", "--json"], &input).exits(4);
    assert_eq!(run.json()["error"]["account"], "999988887777");
    scene.home.run_with_input(["keys", "add", "main", "--no-verify"], &input).ok();
}

#[test]
fn a_key_that_aws_refuses_is_not_stored() {
    let scene = scene();
    scene.aws.world().set_key_active(ID, false);
    for (input, words) in [
        (format!("{ID} {SECRET}"), "or it is inactive"),
        (format!("{OTHER_ID} {SECRET}"), "AWS does not know this access key"),
        (format!("{KEY_ID} {SECRET}"), "the secret does not belong to this access key"),
    ] {
        let run = scene.home.run_with_input(["keys", "add", "main"], &input).exits(5);
        shows_no_secret(&run);
        let call = "main: GetCallerIdentity failed: ";
        for part in [call, "nothing was stored: ", words] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
    }
    assert_eq!(scene.home.read(CREDENTIALS), "");
}

#[test]
fn without_a_network_a_key_is_stored_on_request_only() {
    let scene = scene();
    let offline = Scene::in_world(World::new()).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let input = format!("{ID} {SECRET}");
    offline.home.write(CREDENTIALS, "");
    let run = offline.home.run_with_input(["keys", "add", "main"], &input).exits(6);
    assert!(run.stderr.contains("`--no-verify` stores the key without asking AWS"), "{}", run.stderr);
    assert_eq!(offline.home.read(CREDENTIALS), "");
    let run = offline.home.run_with_input(["keys", "add", "main", "--no-verify", "--json"], &input).ok();
    assert!(run.json()["account"].is_null());
    assert_eq!(offline.home.read(CREDENTIALS), section("main-long-term", ID));
    scene
        .aws
        .world()
        .fail_next("GetCallerIdentity", Fault::status(403, "SignatureDoesNotMatch", "Signature expired: x"));
    let run = scene.home.run_with_input(["keys", "add", "main"], &input).exits(5);
    assert!(run.stderr.contains("synchronise this machine's clock"), "{}", run.stderr);
}

#[test]
fn the_root_users_key_is_stored_with_a_warning() {
    let scene = scene();
    let mut root = User::new(ACCOUNT, "root").with_key(OTHER_ID, SECRET);
    root.arn = format!("arn:aws:iam::{ACCOUNT}:root");
    scene.aws.world().add_user(root);
    let run = scene.home.run_with_input(["keys", "add", "base"], &format!("{OTHER_ID} {SECRET}")).ok();
    assert!(run.stderr.contains("warning: this is the root user's key"), "{}", run.stderr);
}
