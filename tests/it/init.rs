//! `awsauth init`: a first manifest from a few answers, at a terminal and without one.

use std::fs;
use std::os::unix::fs::symlink;

use crate::diff::git;
use crate::pty::Terminal;
use crate::scene::{Scene, long_term_keys};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, START_URL, USER};
use crate::support::fake_aws::{FakeAws, User};
use crate::support::sandbox::Sandbox;

const MANIFEST: &str = ".config/awsauth/profiles.toml";
const LOCAL: &str = ".config/awsauth/profiles.local.toml";
/// Each question with its answer.
const INTERVIEW: [(&str, &str); 5] = [
    ("Address of your AWS access portal", "https://corp.awsapps.com/start/#/"),
    ("Region of that portal", "us-east-1"),
    ("Account of your IAM user", "1111-2222-3333"),
    ("Name of your MFA device", "alice-phone"),
    ("Region that most of your profiles work in", "eu-west-1"),
];

fn answer(session: &mut Terminal, question: &str, text: &str) {
    session.exp_string(question).unwrap();
    session.exp_string("> ").unwrap();
    session.types(text);
}

#[test]
fn a_few_answers_make_a_manifest_that_is_in_order() {
    let home = Sandbox::new();
    let mut session = Terminal::runs_awsauth(&home, "init");
    for (question, text) in INTERVIEW {
        answer(&mut session, question, &format!("{text}\r"));
    }
    session.exp_string("next: `awsauth keys add main`, then `awsauth login main`, then `awsauth discover corp`, then `awsauth apply`").unwrap();
    session.exp_string("ended with 0").unwrap();
    let manifest = home.read(MANIFEST);
    assert!(manifest.starts_with("#:schema ./profiles.schema.json\n"), "{manifest}");
    for part in [
        "sso_start_url = \"https://corp.awsapps.com/start\"",
        "arn:aws:iam::111122223333:mfa/${mfa_device_name}",
        "[matrix.corp]",
    ] {
        assert!(manifest.contains(part), "{part}: {manifest}");
    }
    assert!(home.read(LOCAL).contains("mfa_device_name = \"alice-phone\""));
    assert_eq!(home.read(".config/awsauth/profiles.schema.json"), home.run(["schema"]).ok().stdout);
    home.run(["apply", "--yes"]).ok();
    // The same from flags.
    let other = Sandbox::new();
    let portal = ["--sso-start-url", "https://corp.awsapps.com/start", "--sso-region", "us-east-1"];
    let user = ["--iam-account", "111122223333", "--mfa-device-name", "alice-phone", "--region", "eu-west-1"];
    other.run([&["init"], &portal[..], &user[..]].concat()).ok();
    assert_eq!((other.read(MANIFEST), other.read(LOCAL)), (manifest, home.read(LOCAL)));
}

#[test]
fn a_portals_address_two_commands_and_a_login_lead_to_credentials() {
    let aws = FakeAws::start_standard();
    aws.world().set_interval(0);
    let home = Sandbox::with_aws(&aws);
    home.run(["init", "--sso-start-url", START_URL, "--sso-region", "us-east-1"]).ok();
    home.run(["discover", "corp", "--yes", "--no-browser"]).ok();
    home.run(["apply", "--yes"]).ok();
    let names = home.run(["list", "--json"]).ok().json();
    let name = names["profiles"][0]["name"].as_str().unwrap().to_owned();
    assert!(home.run(["exec", &name, "--", "env"]).ok().stdout.contains("\nAWS_ACCESS_KEY_ID=ASIA"));
}

#[test]
fn a_devices_arn_answers_both_questions_about_the_iam_user() {
    let home = Sandbox::new();
    let mut session = Terminal::runs_awsauth(&home, "init");
    answer(&mut session, "access portal", "\r");
    for wrong in ["alice\r", "arn:aws:iam::111122223333:role/alice\r"] {
        answer(&mut session, "IAM user with MFA", wrong);
        session.exp_string("12 digits, as the console shows them at your name, or an ARN such as").unwrap();
    }
    answer(&mut session, "IAM user with MFA", " arn:aws-us-gov:iam::111122223333:mfa/team/alice \r");
    answer(&mut session, "Region that most", "\r");
    session.exp_string("next: `awsauth keys add main`, then `awsauth login main`, then `awsauth apply`").unwrap();
    session.exp_string("ended with 0").unwrap();
    assert!(home.read(MANIFEST).contains("arn:aws-us-gov:iam::111122223333:mfa/${mfa_device_name}"));
    assert!(home.read(LOCAL).contains("mfa_device_name = \"team/alice\""));
    // A whole ARN is no name of a device.
    let run = home.run(["vars", "--set", "mfa_device_name=arn:aws-us-gov:iam::111122223333:mfa/alice"]).exits(2);
    assert!(run.stderr.contains("this ARN does not name an MFA device"), "{}", run.stderr);
    let run = home.run(["vars", "--set", "mfa_device=alice"]).exits(2);
    assert!(run.stderr.contains("did you mean `mfa_device_name`?"), "{}", run.stderr);
    // The same from options.
    let other = Sandbox::new();
    let user = ["--iam-account", "111122223333", "--mfa-device-name", "team/alice", "--region", "us-gov-west-1"];
    other.run([&["init"], &user[..]].concat()).ok();
    assert!(other.read(MANIFEST).contains("arn:aws-us-gov:iam::111122223333:mfa/${mfa_device_name}"));
    assert_eq!(other.read(LOCAL), home.read(LOCAL));
}

/// Alice, whose device is called otherwise, does not know its name.
#[test]
fn a_device_whose_name_nobody_knows_is_found_by_the_first_login() {
    const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice-phone";
    let aws = FakeAws::start_standard();
    aws.world().add_user(User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_mfa(DEVICE));
    aws.world().set_interval(0);
    let home = Sandbox::with_aws(&aws);
    home.write("key.csv", format!("Access key ID,Secret access key\n{KEY_ID},{SECRET_KEY}\n"));
    let mut session = Terminal::runs_awsauth(&home, "init");
    answer(&mut session, "access portal", &format!("{START_URL}\r"));
    answer(&mut session, "Region of that portal", "us-est-1\r");
    session.exp_string("Did you mean `us-east-1`?").unwrap();
    session.answers("Take `us-est-1` all the same?", "n\r");
    answer(&mut session, "Region of that portal", "us-east-1\r");
    answer(&mut session, "IAM user with MFA", "arn:aws:iam::111122223333:user/alice\r");
    answer(&mut session, "Name of your MFA device", "\r");
    answer(&mut session, "Region that most", "mars-north-1\r");
    session.answers("Take `mars-north-1` all the same?", "y\r");
    session
        .exp_string("next: `awsauth keys add main`, then `awsauth login main`, which finds your MFA device, then")
        .unwrap();
    session.exp_string("`awsauth discover corp`, then `awsauth apply`").unwrap();
    // Whoever begins with the portal is not held up, and `apply` asks.
    home.run(["discover", "corp", "--yes", "--no-browser"]).ok();
    let mut session = Terminal::runs_awsauth(&home, "apply");
    session.exp_string("mfa_device_name (the name of your MFA device").unwrap();
    session.exp_string("`awsauth login NAME` finds your device").unwrap();
    session.types("\r");
    session.exp_string("a value is needed here, without `${`; Ctrl-C ends this").unwrap();
    session.types("\x03");
    session.exp_string("ended with 130").unwrap();
    let run = home.run(["keys", "add", "--csv", "key.csv"]).ok();
    assert!(run.stderr.contains("next: `awsauth login main` finds your MFA device"), "{}", run.stderr);
    let mut session = Terminal::runs_awsauth(&home, "login");
    session.answers("Log in to:", "main\r");
    session.exp_string(&format!("main needs an MFA device, and alice has {DEVICE}.")).unwrap();
    session.answers("Use it?", "y\r");
    session.answers("MFA code for", &format!("{}\r", aws.world().next_code(DEVICE)));
    session.exp_string("main: valid for").unwrap();
    session.exp_string("ended with 0").unwrap();
    assert!(home.read(LOCAL).contains("mfa_device_name = \"alice-phone\""));
    home.run(["apply", "--yes"]).ok();
    home.run(["status", "main", "--check"]).ok();
}

#[test]
fn no_answers_make_the_starter_and_a_wrong_one_is_asked_for_again() {
    let home = Sandbox::new();
    let mut session = Terminal::runs_awsauth(&home, "init");
    for wrong in ["corp.awsapps.com\r", "no\r"] {
        answer(&mut session, "access portal", wrong);
        session.exp_string("an address looks like https://corp.awsapps.com/start; Enter leaves it out").unwrap();
    }
    answer(&mut session, "access portal", "corp.awsapps.com/start\r");
    for question in ["Region of that portal", "IAM user with MFA", "Region that most"] {
        answer(&mut session, question, "\r");
    }
    session.exp_string("ended with 0").unwrap();
    assert_eq!(home.read(MANIFEST), home.run(["init", "--print"]).ok().stdout);
    let run = home.run(["apply"]).ok();
    assert!(run.stderr.contains("describes no profile yet: `awsauth check` says more"), "{}", run.stderr);
    for args in [
        &["--sso-start-url", "https://corp.awsapps.com/start"][..],
        &["--sso-start-url", "http://x/start", "--sso-region", "us-east-1"],
        &["--iam-account", "1"],
        &["--mfa-device-name", "alice"],
        &["--iam-account", "111122223333", "--mfa-device-name", "a b"],
    ] {
        Sandbox::new().run([&["init"], args].concat()).exits(2);
    }
    let run = Sandbox::new().run(["init", "--sso-start-url", "corp.awsapps.com", "--sso-region", "us-east-1"]).exits(2);
    assert!(run.stderr.contains("the path is missing, as in https://corp.awsapps.com/start"), "{}", run.stderr);
}

#[test]
fn a_ctrl_c_at_each_question_leaves_nothing() {
    for last in 0..INTERVIEW.len() {
        let home = Sandbox::new();
        let mut session = Terminal::runs_awsauth(&home, "init --link dotfiles");
        for (question, text) in &INTERVIEW[..last] {
            answer(&mut session, question, &format!("{text}\r"));
        }
        answer(&mut session, INTERVIEW[last].0, "\x03");
        session.exp_string("interrupted; nothing was written").unwrap();
        session.exp_string("ended with 130").unwrap();
        assert!(home.list("").is_empty(), "{:?}", home.list(""));
    }
}

#[test]
fn a_manifest_in_a_checkout_is_linked_and_personal_files_stay_out_of_it() {
    let home = Sandbox::new();
    fs::create_dir_all(home.path("dotfiles/aws")).unwrap();
    git(&home, "dotfiles", &["init", "-q"]);
    home.write("dotfiles/aws/.gitignore", "*.bak");
    home.run(["init", "--link", "dotfiles/../dotfiles/aws", "--region", "eu-west-1"]).ok();
    let file = home.path("dotfiles/aws/profiles.toml");
    assert_eq!(fs::read_link(home.path(MANIFEST)).unwrap(), file);
    assert_eq!(home.read("dotfiles/aws/.gitignore"), "*.bak\nprofiles.local.toml\n");
    assert!(home.has("dotfiles/aws/profiles.schema.json"));
    home.run(["check"]).ok();
    // On the next machine the file is there, and only the link is made.
    fs::remove_file(home.path(MANIFEST)).unwrap();
    let before = home.read("dotfiles/aws/profiles.toml");
    let run = home.run(["init", "--link=~/dotfiles/aws", "--region", "us-east-1"]).ok();
    assert!(run.stderr.contains("linked ~/.config/awsauth/profiles.toml"), "{}", run.stderr);
    assert!(run.stderr.contains("is there already, so it is only linked: no other option counts"), "{}", run.stderr);
    assert_eq!(home.read("dotfiles/aws/profiles.toml"), before);
    assert_eq!(home.read("dotfiles/aws/.gitignore"), "*.bak\nprofiles.local.toml\n");
}

#[test]
fn what_is_there_is_never_overwritten() {
    let home = Sandbox::new();
    home.manifest("version = 1\n");
    for args in [&["init", "--region", "eu-west-1"][..], &["init", "--link", "dotfiles"]] {
        let run = home.run(args).exits(4);
        assert!(run.stderr.contains("exists and is not changed"), "{}", run.stderr);
    }
    // Before anything is asked.
    let mut session = Terminal::runs_awsauth(&home, "init");
    session.exp_string("ended with 4").unwrap();
    assert!(!home.has("dotfiles") && home.read(MANIFEST) == "version = 1\n");
    fs::remove_file(home.path(MANIFEST)).unwrap();
    home.write(".config/awsauth/profiles.schema.json", "mine");
    home.write("elsewhere.toml", "");
    home.run(["init", "--region", "eu-west-1"]).ok();
    assert_eq!(home.read(".config/awsauth/profiles.schema.json"), "mine");
    fs::remove_file(home.path(MANIFEST)).unwrap();
    symlink(home.path("elsewhere.toml"), home.path(MANIFEST)).unwrap();
    home.run(["init"]).exits(4);
    assert_eq!(home.read("elsewhere.toml"), "");
}

const CONFIG: &str = "\
# the team's account
[profile work]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = ReadOnly
region = eu-west-1

[profile main]
mfa_serial = arn:aws:iam::111122223333:mfa/alice
region = eu-west-1

[profile prod]
role_arn = arn:aws:iam::444455556666:role/Admin
source_profile = main
mfa_serial = arn:aws:iam::111122223333:mfa/alice
";
const CREDENTIALS: &str = "[main]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = SECRETMARK\n";

fn with_profiles() -> Sandbox {
    let home = Sandbox::new();
    home.write(".aws/config", CONFIG);
    home.write(".aws/credentials", CREDENTIALS);
    home
}

#[test]
fn what_aws_has_is_taken_over_at_a_yes_or_a_flag() {
    let home = with_profiles();
    let mut session = Terminal::runs_awsauth(&home, "init");
    session.exp_string("~/.aws/config and ~/.aws/credentials have 3 profiles. Take them over?").unwrap();
    session.types("y\r");
    session.exp_string("next: `awsauth check`, then `awsauth apply --adopt`").unwrap();
    session.exp_string("ended with 0").unwrap();
    let manifest = home.read(MANIFEST);
    assert!(
        manifest.starts_with("#:schema ./profiles.schema.json\n") && !manifest.contains("SECRETMARK"),
        "{manifest}"
    );
    assert!(home.read(LOCAL).contains("user = \"alice\""));
    home.run(["check"]).ok();
    home.run(["apply", "--adopt", "--yes"]).ok();
    let other = with_profiles();
    let run = other.run(["init", "--import"]).ok();
    assert!(run.stderr.contains("3 profiles and 1 SSO session imported"), "{}", run.stderr);
    assert_eq!((other.read(MANIFEST), other.read(LOCAL)), (manifest, home.read(LOCAL)));
    other.run(["check"]).ok();
    // A personal file that is there stays, and the lines are shown.
    let other = with_profiles();
    other.write(LOCAL, "# mine\n");
    let run = other.run(["init", "--import"]).ok();
    assert!(run.stderr.contains("These lines belong in your own profiles.local.toml"), "{}", run.stderr);
    assert_eq!(other.read(LOCAL), "# mine\n");
}

#[test]
fn a_key_without_a_config_file_is_taken_over_and_gets_mfa() {
    let scene = Scene::new();
    fs::remove_file(scene.home.path(MANIFEST)).unwrap();
    let keys = long_term_keys().replace("[main-long-term]", "[default]");
    scene.home.write(".aws/credentials", keys.split("\n[base]").next().unwrap());
    let mut session = Terminal::runs_awsauth(&scene.home, "init");
    session.answers("~/.aws/credentials has 1 profile. Take it over?", "y\r");
    session.exp_string("no region, so `aws` wants `--region` or AWS_REGION: default").unwrap();
    session.exp_string("no MFA: default; for the key of a person, set `pattern = \"iam-mfa\"`").unwrap();
    session.exp_string("ended with 0").unwrap();
    scene.home.manifest(&scene.home.read(MANIFEST).replace("pattern = \"iam\"", "pattern = \"iam-mfa\""));
    // The device is found while the key still stands in the session's place.
    assert!(scene.run(&["mfa", "list"]).ok().stdout.contains(MFA_SERIAL));
    let mut session = Terminal::runs_awsauth(&scene.home, "login default");
    session.answers("Use it?", "y\r");
    session.exp_string("`awsauth apply --adopt`").unwrap();
    session.exp_string("ended with 4").unwrap();
    scene.run(&["apply", "--adopt"]).ok();
    scene.run(&["login", "default", "--token-code", &scene.code()]).ok();
}

#[test]
fn nothing_to_take_over_and_a_ctrl_c_leave_nothing() {
    let home = Sandbox::new();
    let run = home.run(["init", "--import"]).exits(4);
    assert!(run.stderr.contains("~/.aws has no profile that could be taken over"), "{}", run.stderr);
    assert!(!home.has(".config"));
    let home = Sandbox::new();
    home.write(".aws/config", "[profile one]\nregion = eu-west-1\n");
    let mut session = Terminal::runs_awsauth(&home, "init");
    session.exp_string("~/.aws/config has 1 profile. Take it over?").unwrap();
    session.types("\x03");
    session.exp_string("ended with 130").unwrap();
    let home = with_profiles();
    let mut session = Terminal::runs_awsauth(&home, "init");
    session.exp_string("Take them over?").unwrap();
    session.types("\x03");
    session.exp_string("ended with 130").unwrap();
    assert!(!home.has(".config"));
    let mut session = Terminal::runs_awsauth(&home, "init");
    session.exp_string("Take them over?").unwrap();
    session.types("n\r");
    answer(&mut session, "access portal", "corp.awsapps.com/start\r");
    for question in ["Region of that portal", "IAM user with MFA", "Region that most"] {
        answer(&mut session, question, "\r");
    }
    session.exp_string("ended with 0").unwrap();
    assert_eq!(home.read(MANIFEST), home.run(["init", "--print"]).ok().stdout);
}

#[test]
fn a_copied_address_is_completed_a_misspelt_region_told_and_one_gitignore_is_enough() {
    let home = Sandbox::new();
    home.write("dotfiles/.gitignore", "profiles.local.toml\n");
    git(&home, "dotfiles", &["init", "-q"]);
    let portal = ["--sso-start-url", "corp.awsapps.com/start", "--sso-region", "us-est-1"];
    let run = home.run([&["init", "--link", "dotfiles/aws"], &portal[..]].concat()).ok();
    for part in [
        "`us-est-1` is not a region that awsauth knows; it is used as given. Did you mean `us-east-1`?",
        "dotfiles/aws/profiles.schema.json",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(home.read(MANIFEST).contains("sso_start_url = \"https://corp.awsapps.com/start\""));
    assert!(!home.has("dotfiles/aws/.gitignore"));
    let run = home.run(["diff"]).exits(2);
    assert!(run.stderr.contains("has no commit yet") && !run.stderr.contains("shallow"), "{}", run.stderr);
}
