//! `logout`: what ends, and what stays.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use crate::scene::{CREDENTIALS, MANIFEST, STATE, Scene, long_term_keys, now, session_file};
use crate::support::fake_aws::Fault;
use crate::support::sandbox::Run;

const CORP_TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

/// Which profiles have a kept session.
fn kept(scene: &Scene) -> Vec<&'static str> {
    ["main", "prod", "audit", "read", "jump"].into_iter().filter(|name| scene.home.has(&session_file(name))).collect()
}

/// A scene in which everybody is logged in.
fn all_logged_in() -> Scene {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    scene.logged_in(&["audit"]);
    assert_eq!(kept(&scene).len(), 5);
    scene
}

#[test]
fn a_session_ends_with_what_it_was_made_from_and_what_was_made_from_that() {
    let scene = all_logged_in();
    let run = scene.run(&["logout", "prod"]).ok();
    assert_eq!((kept(&scene), scene.calls()), (vec!["audit", "read", "jump"], vec![]));
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
    assert!(run.stderr.contains("ended: main, prod"), "{}", run.stderr);
    let run = scene.run(&["logout", "prod"]).ok();
    assert_eq!(run.stderr, "no session to end\n");
}

#[test]
fn an_sso_login_is_ended_at_aws_and_its_token_is_gone() {
    let scene = all_logged_in();
    let run = scene.run(&["logout", "jump"]).ok();
    assert_eq!((kept(&scene), scene.calls()), (vec!["main", "prod", "audit"], vec!["Logout".to_owned()]));
    assert!(!scene.home.has(CORP_TOKEN));
    assert_eq!(scene.home.list(".aws/sso/cache").len(), 1, "the registration stays");
    assert!(run.stderr.contains("signed out of corp\n"), "{}", run.stderr);
    let run = scene.run(&["credential-process", "jump"]).exits(5);
    assert_eq!(run.stderr, "jump: not logged in; run awsauth login jump\n");
}

#[test]
fn the_copy_for_aws_cli_goes_and_an_entry_of_aws_cli_itself_stays() {
    let scene = all_logged_in();
    assert_eq!(scene.home.list(".aws/cli/cache").len(), 1);
    scene.run(&["logout", "audit"]).ok();
    assert_eq!(scene.home.list(".aws/cli/cache").len(), 0);

    let scene = all_logged_in();
    let entry = scene.home.list(".aws/cli/cache").remove(0);
    let theirs = r#"{"Credentials": {"AccessKeyId": "ASIATHEIRS", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2030-01-01T00:00:00UTC"}}"#;
    std::fs::write(&entry, theirs).unwrap();
    scene.run(&["logout", "audit"]).ok();
    assert_eq!(std::fs::read_to_string(entry).unwrap(), theirs);
}

#[test]
fn all_ends_every_session_also_of_profiles_that_are_gone() {
    let scene = all_logged_in();
    let until = MANIFEST.find("[profiles.audit]").unwrap();
    scene.home.manifest(&MANIFEST[..until]);
    let run = scene.run(&["logout", "--all", "--json"]).ok();
    assert_eq!(kept(&scene), [""; 0]);
    assert_eq!(run.json()["profiles"], serde_json::json!(["audit", "jump", "main", "prod", "read"]));
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
}

/// The manifest from which the SSO session and its profiles are gone.
fn without_sso() -> String {
    let (session, profiles) =
        (MANIFEST.find("[sso_sessions.corp]").unwrap(), MANIFEST.find("[profiles.main]").unwrap());
    MANIFEST[..session].to_owned() + &MANIFEST[profiles..MANIFEST.find("[profiles.read]").unwrap()]
}

/// A token as AWS CLI writes it, for another portal.
const THEIRS: &str = r#"{"startUrl": "https://other.awsapps.com/start", "region": "eu-west-1", "accessToken": "theirs", "expiresAt": "2100-01-01T00:00:00Z"}"#;

const FOREIGN: &str = ".aws/sso/cache/d033e22ae348aeb5660fc2140aec35850c4da997.json";

#[test]
fn the_sign_in_of_a_session_that_has_left_the_manifest_ends_with_all() {
    let scene = all_logged_in();
    scene.home.manifest(&without_sso());
    let run = scene.run(&["logout", "--all"]).ok();
    assert_eq!((kept(&scene), scene.calls()), (vec![], vec!["Logout".to_owned()]));
    assert!(!scene.home.has(CORP_TOKEN) && scene.home.list(&format!("{STATE}/sign-ins")).is_empty());
    assert!(run.stderr.contains("signed out of corp\n"), "{}", run.stderr);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn the_sign_in_of_another_program_stays_and_is_named() {
    let scene = all_logged_in();
    scene.home.write(FOREIGN, THEIRS);
    let run = scene.run(&["logout", "--all"]).ok();
    assert_eq!(scene.home.read(FOREIGN), THEIRS);
    assert_eq!((kept(&scene), scene.calls()), (vec![], vec!["Logout".to_owned()]));
    let words =
        "the sign-in of another program to https://other.awsapps.com/start stays; `aws sso logout` ends all sign-ins";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let left = scene.run(&["logout", "--all", "--json"]).ok().json()["left_alone"].clone();
    assert_eq!(left, serde_json::json!([{ "name": null, "sso_start_url": "https://other.awsapps.com/start" }]));
}

#[test]
fn a_sign_in_to_another_portal_in_the_place_of_the_manifests_stays_and_is_named() {
    let scene = all_logged_in();
    scene.home.write(CORP_TOKEN, THEIRS);
    for args in [&["logout", "read"][..], &["logout", "--all"]] {
        let run = scene.run(args).ok();
        assert!(run.stderr.contains("in the place of corp, the sign-in of another program to"), "{}", run.stderr);
        assert_eq!((scene.home.read(CORP_TOKEN), scene.calls()), (THEIRS.to_owned(), vec![]));
    }
}

#[test]
fn all_ends_what_awsauth_made_without_a_manifest_or_with_a_broken_one() {
    for manifest in ["[profiles.main", ""] {
        let scene = all_logged_in();
        scene.home.manifest(manifest);
        if manifest.is_empty() {
            std::fs::remove_file(scene.home.path(".config/awsauth/profiles.toml")).unwrap();
        }
        let run = scene.run(&["logout", "prod"]).exits(3);
        assert!(run.stderr.contains("`awsauth logout --all` needs no manifest"), "{}", run.stderr);
        let run = scene.run(&["logout", "--all", "--json"]).ok();
        assert_eq!((kept(&scene), scene.calls()), (vec![], vec!["Logout".to_owned()]));
        assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
        assert!(scene.home.list(".aws/cli/cache").is_empty() && !scene.home.has(CORP_TOKEN));
        let is_warned = run.stderr.contains("warning: the manifest is not in order");
        assert_eq!(is_warned, !manifest.is_empty(), "{}", run.stderr);
        assert_eq!(run.json()["sso"], serde_json::json!(["corp"]));
    }
}

#[test]
fn a_section_whose_session_is_forgotten_goes_with_all() {
    let scene = all_logged_in();
    std::fs::remove_dir_all(scene.home.path(&format!("{STATE}/sessions"))).unwrap();
    scene.home.manifest(&without_sso().replace("[profiles.main]", "[profiles.main2]").replace("\"main\"", "\"main2\""));
    let run = scene.run(&["logout", "--all", "--json"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
    assert_eq!(run.json()["profiles"], serde_json::json!(["main"]));
}

#[test]
fn how_long_aws_goes_on_to_accept_what_is_out_there_is_told() {
    let scene = all_logged_in();
    let run = scene.run(&["logout", "prod"]).ok();
    let words = "AWS still accepts credentials already issued, for up to 12 h 0 min (longest: main)";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    scene.expire("audit");
    let document = scene.run(&["logout", "audit", "jump", "--json"]).ok().json();
    let names: Vec<&str> =
        document["alive_at_aws"].as_array().unwrap().iter().map(|one| one["profile"].as_str().unwrap()).collect();
    assert_eq!((names, document["version"].as_i64()), (vec!["jump", "read"], Some(1)));
    assert!((3500..=3600).contains(&document["alive_at_aws"][0]["seconds_left"].as_i64().unwrap()));
    assert_eq!(document["profiles"], serde_json::json!(["audit", "jump", "read"]));
}

#[test]
fn a_sign_in_whose_token_has_run_out_is_ended_with_a_token_from_its_refresh_token() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(1);
    scene.logged_in(&["read"]);
    scene.aws.world().set_token_lifetime(3600);
    let token: serde_json::Value = serde_json::from_str(&scene.home.read(CORP_TOKEN)).unwrap();
    // The token's second has to be over at AWS.
    scene.aws.world().set_clock_offset(5);
    let run = scene.run(&["logout", "read"]).ok();
    assert_eq!(scene.calls(), ["Logout", "CreateToken", "Logout"]);
    assert!(!run.stderr.contains("warning") && !scene.home.has(CORP_TOKEN), "{}", run.stderr);
    // With the sign-in, whatever was given for it is over.
    scene.home.write(CORP_TOKEN, token.to_string());
    scene.run(&["logout", "read"]).ok();
    assert_eq!(scene.calls(), ["Logout", "CreateToken"]);
}

#[test]
fn aws_clis_own_credentials_of_the_roles_go_too() {
    // sha1 of {"accountId":"123456789012","roleName":"ReadOnly","sessionName":"corp"}, and of another role's.
    let (ours, theirs) = (
        ".aws/cli/cache/999fa299c534d8ffbe1215f572353203fbe5c4b7.json",
        ".aws/cli/cache/ecc1e3c8d4fe9b118d11b9cfe1c4a2a4f4a548ae.json",
    );
    let entry = r#"{"ProviderType": "sso", "Credentials": {"AccessKeyId": "ASIAX", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2030-01-01T00:00:00Z"}}"#;
    let scene = all_logged_in();
    for path in [ours, theirs] {
        scene.home.write(path, entry);
    }
    let run = scene.run(&["logout", "read", "--json"]).ok();
    assert_eq!((scene.home.has(ours), scene.home.has(theirs)), (false, true));
    assert_eq!(run.json()["aws_cli_sso_roles"], 1);
    scene.home.write(FOREIGN, THEIRS);
    scene.run(&["logout", "--all"]).ok();
    assert!(scene.home.has(theirs), "it may be of the sign-in that stays");
    std::fs::remove_file(scene.home.path(FOREIGN)).unwrap();
    let run = scene.run(&["logout", "--all"]).ok();
    assert!(
        !scene.home.has(theirs) && run.stderr.contains("AWS CLI's own credentials of SSO roles: 1"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_renewal_that_runs_meanwhile_is_waited_for_and_does_not_undo_it() {
    let scene = all_logged_in();
    scene.expire("prod");
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let (begun, renewal) = (now(), piped(&scene, &["credential-process", "prod"]));
    assert!(scene.aws.wait_for("AssumeRole", 1, Duration::from_secs(20)));
    let mut logout = piped(&scene, &["logout", "main"]);
    let mut stderr = BufReader::new(logout.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    assert_eq!(first, "This also ends prod, which needs main.\n");
    first.clear();
    stderr.read_line(&mut first).unwrap();
    assert_eq!(first, "prod: waiting for another awsauth that is renewing it…\n");
    scene.aws.world().release();
    let renewed: Run = renewal.wait_with_output().unwrap().into();
    assert!(renewed.ok().json()["AccessKeyId"].as_str().unwrap().starts_with("ASIA"), "it serves the one who asked");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(logout.wait().unwrap().success() && rest.contains("ended: main, prod\n"), "{rest}");
    assert_eq!(kept(&scene), ["audit", "read", "jump"]);
    scene.run(&["credential-process", "prod"]).exits(5);
    // For those that hold what they renew from in memory.
    for name in ["main", "prod"] {
        assert!(marks(&scene).iter().any(|(ended, names)| *ended > begun && names.contains(name)), "{name}");
    }
}

#[test]
fn a_renewal_that_began_before_the_end_keeps_nothing() {
    for (name, call, source) in
        [("prod", "AssumeRole", session_file("main")), ("read", "GetRoleCredentials", CORP_TOKEN.to_owned())]
    {
        let scene = all_logged_in();
        scene.expire(name);
        scene.aws.world().fail_next(call, Fault::Hang);
        let renewal = piped(&scene, &["credential-process", name]);
        assert!(scene.aws.wait_for(call, 1, Duration::from_secs(20)));
        // What a logout leaves for those who hold what ends in memory.
        scene.home.write(
            &format!("{STATE}/ended/{}-x.json", now().as_nanosecond()),
            format!(r#"{{"version": 1, "profiles": ["x", "{name}"]}}"#),
        );
        for gone in [session_file(name), source] {
            std::fs::remove_file(scene.home.path(&gone)).unwrap();
        }
        scene.aws.world().release();
        let renewed: Run = renewal.wait_with_output().unwrap().into();
        renewed.ok();
        assert!(!kept(&scene).contains(&name));
        scene.run(&["credential-process", name]).exits(5);
        // Who logs in afterwards is logged in.
        scene.logged_in(&["prod", "read"]);
        assert!(kept(&scene).contains(&name));
    }
}

/// What logouts left for renewals that go on meanwhile: when, and whose.
fn marks(scene: &Scene) -> Vec<(jiff::Timestamp, String)> {
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let time = name.split('-').next().unwrap().parse().unwrap();
        (jiff::Timestamp::from_nanosecond(time).unwrap(), std::fs::read_to_string(&path).unwrap())
    };
    scene.home.list(&format!("{STATE}/ended")).into_iter().map(read).collect()
}

#[test]
fn a_login_that_runs_meanwhile_is_waited_for_where_nothing_is_kept_yet() {
    let scene = Scene::new();
    scene.aws.world().fail_next("GetSessionToken", Fault::Hang);
    let login = piped(&scene, &["login", "main", "--token-code", &scene.code()]);
    assert!(scene.aws.wait_for("GetSessionToken", 1, Duration::from_secs(20)));
    let mut logout = piped(&scene, &["logout", "main"]);
    let mut stderr = BufReader::new(logout.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    assert_eq!(first, "main: waiting for another awsauth that is renewing it…\n");
    scene.aws.world().release();
    let login: Run = login.wait_with_output().unwrap().into();
    login.ok();
    assert!(logout.wait().unwrap().success());
    assert_eq!((kept(&scene), scene.home.read(CREDENTIALS)), (vec![], long_term_keys()));
}

#[test]
fn profiles_without_a_session_cost_a_logout_one_file_for_all_of_them() {
    let scene = Scene::new();
    let role = |number| {
        format!(
            "[profiles.r{number}]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"123456789012\"\n\
             sso_role_name = \"R{number}\"\n"
        )
    };
    scene.home.manifest(&(0..100).map(role).fold(without_roles(), |text, role| text + &role));
    for runs in 1..3 {
        let run = scene.run(&["logout", "--all"]).ok();
        assert_eq!(run.stderr, "no session to end\n");
        assert_eq!((marks(&scene).len(), scene.home.list(&format!("{STATE}/locks")).len()), (runs, 0));
    }
    assert!(marks(&scene).iter().all(|(_, names)| names.contains("\"r0\"") && names.contains("\"r99\"")));
}

/// The manifest without a profile.
fn without_roles() -> String {
    MANIFEST[..MANIFEST.find("[profiles.main]").unwrap()].to_owned()
}

/// awsauth, running, with what it says at hand.
fn piped(scene: &Scene, args: &[&str]) -> std::process::Child {
    scene.home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn without_a_network_the_token_is_gone_here_and_a_warning_says_that_aws_was_not_told() {
    let scene = all_logged_in().env("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1");
    let run = scene.run(&["logout", "read"]).ok();
    assert!(run.stderr.contains("warning: corp: AWS was not told (Logout failed: "), "{}", run.stderr);
    assert!(run.stderr.contains("signed out of corp, on this machine alone\n"), "{}", run.stderr);
    assert!(run.stderr.contains("at AWS the sign-in lasts until the portal's session ends"), "{}", run.stderr);
    assert!(!scene.home.has(CORP_TOKEN));
    assert_eq!(kept(&scene), ["main", "prod", "audit"]);

    let scene = all_logged_in().env("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1");
    let untold = scene.run(&["logout", "--all", "--json"]).ok().json()["aws_not_told"][0].clone();
    assert_eq!(
        (untold["name"].as_str(), untold["error"]["obstacle"].as_str()),
        (Some("corp"), Some("connection-refused"))
    );
}

#[test]
fn a_login_that_aws_has_ended_already_is_no_warning() {
    let scene = all_logged_in();
    scene.aws.world().end_sso_logins();
    let run = scene.run(&["logout", "read"]).ok();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn keys_of_the_users_own_stay() {
    let scene = all_logged_in();
    let text = scene.home.read(CREDENTIALS).replace("[main]\n", "# mine\n[main]\nregion = eu-west-1\n");
    scene.home.write(CREDENTIALS, &text);
    scene.run(&["logout", "main"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys() + "\n# mine\n[main]\nregion = eu-west-1\n");

    let hand_made = "[main]\naws_access_key_id = ASIAMINE\naws_secret_access_key = s\naws_session_token = t\n";
    scene.home.write(CREDENTIALS, hand_made);
    scene.run(&["logout", "--all"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), hand_made);
}

#[test]
fn a_name_or_all_is_needed_and_unknown_names_are_usage_errors() {
    let scene = all_logged_in();
    scene.run(&["logout"]).exits(2);
    scene.run(&["logout", "nobody"]).exits(2);
    assert_eq!(kept(&scene).len(), 5);
}

#[test]
fn a_mark_that_cannot_be_written_is_a_warning_and_everything_ends() {
    let scene = all_logged_in();
    scene.home.write(&format!("{STATE}/ended"), "a file in the directory's place");
    let run = scene.run(&["logout", "--all"]).ok();
    assert_eq!((kept(&scene), scene.calls()), (vec![], vec!["Logout".to_owned()]));
    assert!(!scene.home.has(CORP_TOKEN) && scene.home.list(".aws/cli/cache").is_empty());
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
    assert!(run.stderr.contains("warning: renewals that are under way may undo this: can't "), "{}", run.stderr);
}

#[test]
fn the_names_of_sections_are_safe_to_show() {
    let scene = all_logged_in();
    let section = "[x\u{1b}]0;title\u{7}\u{1b}[2Jy]\naws_access_key_id = ASIAX\naws_secret_access_key = s\n\
                   aws_session_token = t\nawsauth_expiration = 2030-01-01T00:00:00Z\n";
    scene.home.write(CREDENTIALS, scene.home.read(CREDENTIALS) + "\n" + section);
    let run = scene.run(&["logout", "--all"]).ok();
    assert!(!run.stderr.contains(|character: char| character.is_control() && character != '\n'), "{:?}", run.stderr);
    assert!(run.stderr.contains("x\u{241b}"), "{:?}", run.stderr);
}

/// Puts a directory in the place of a file, which no removal of files takes away.
fn make_unremovable(scene: &Scene, file: &str) {
    drop(std::fs::remove_file(scene.home.path(file)));
    scene.home.write(&format!("{file}/x"), "");
}

#[test]
fn what_does_not_go_stops_nothing_behind_it_and_is_told_at_the_end() {
    let memory = format!("{STATE}/sign-ins/{}", CORP_TOKEN.rsplit('/').next().unwrap());
    for (stuck, args, others) in [
        (session_file("main"), &["logout", "--all"][..], vec!["main"]),
        (memory, &["logout", "--all"], vec![]),
        (session_file("read"), &["logout", "main", "jump"], vec!["audit", "read"]),
    ] {
        let scene = all_logged_in();
        make_unremovable(&scene, &stuck);
        let run = scene.run(args).exits(6);
        assert_eq!((kept(&scene), scene.calls()), (others, vec!["Logout".to_owned()]), "{stuck}");
        assert!(!scene.home.has(CORP_TOKEN), "{stuck}");
        assert_eq!(scene.home.read(CREDENTIALS), long_term_keys(), "{stuck}");
        assert!(run.stderr.contains("signed out of corp\n") && run.stderr.contains("ended: "), "{}", run.stderr);
        let error = format!("error: can't remove ~/{stuck}\n");
        assert!(run.stderr.contains(&error), "{}", run.stderr);
    }
}

#[test]
fn what_does_not_go_is_in_the_document() {
    let scene = all_logged_in();
    make_unremovable(&scene, &session_file("main"));
    let document = scene.run(&["logout", "prod", "--json"]).exits(6).json();
    assert_eq!(document["profiles"], serde_json::json!(["main", "prod"]), "the section of main went");
    let errors = document["errors"].as_array().unwrap();
    assert_eq!(errors[0]["exit_code"], 6, "{errors:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_logout_beside_a_login_leaves_no_copy_of_the_session() {
    let scene = Scene::new();
    let login = beside_a_login(&scene, || drop(scene.run(&["logout", "main"]).ok()));
    assert_eq!((kept(&scene), scene.home.read(CREDENTIALS)), (vec![], long_term_keys()), "{}", login.stderr);
    assert!(login.stderr.contains("main: the session was ended by another awsauth meanwhile"), "{}", login.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_session_that_another_run_gets_beside_a_login_is_the_one_that_is_copied() {
    let scene = Scene::new();
    beside_a_login(&scene, || {
        let mut session = scene.session("main");
        session["access_key_id"] = "ASIANEWER".into();
        scene.home.write(&session_file("main"), session.to_string());
    });
    assert!(scene.home.read(CREDENTIALS).contains("aws_access_key_id = ASIANEWER\n"));
}

/// Logs in to `main`, and does something when the session is read and its copy is about to be written.
#[cfg(target_os = "linux")]
fn beside_a_login(scene: &Scene, work: impl FnOnce()) -> Run {
    scene.logged_in(&["main"]);
    scene.run(&["logout", "main"]).ok();
    // The lock of the credentials file: who opens it has made a plan.
    let locks = scene.home.list(&format!("{STATE}/locks"));
    let path = locks.iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("dir-")).unwrap();
    let lock = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    lock.lock().unwrap();
    let login = piped(scene, &["login", "main", "--token-code", &scene.code()]);
    while !opens(login.id(), path) {
        std::thread::yield_now();
    }
    work();
    drop(lock);
    let run: Run = login.wait_with_output().unwrap().into();
    run.ok()
}

/// Whether a process has a file open.
#[cfg(target_os = "linux")]
fn opens(process: u32, path: &std::path::Path) -> bool {
    let path = std::fs::canonicalize(path).unwrap();
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("the process runs");
    files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target == path))
}

#[test]
fn a_shell_is_told_of_what_it_holds_if_that_has_ended_and_no_manifest_is_no_reason_to_warn() {
    for (used, is_told) in [("main", true), ("read", false)] {
        let scene = Scene::new();
        scene.logged_in(&["main"]);
        std::fs::remove_file(scene.home.path(".config/awsauth/profiles.toml")).unwrap();
        let run = scene.env("AWSAUTH_PROFILE", used).run(&["logout", "--all"]).ok();
        let words = "this shell may still hold credentials of main: `awsauth use --none`\n";
        assert_eq!(run.stderr.ends_with(words), is_told, "{used}: {}", run.stderr);
        assert_eq!(run.stderr.contains("this shell may still hold credentials"), is_told, "{used}: {}", run.stderr);
        assert!(!run.stderr.contains("warning"), "{used}: {}", run.stderr);
    }
}

#[test]
fn what_ends_besides_the_named_one_is_said_beforehand() {
    let scene = all_logged_in();
    let run = scene.run(&["logout", "read"]).ok();
    assert!(
        run.stderr.starts_with("This signs you out of corp, and also ends jump, which needs read.\n"),
        "{}",
        run.stderr
    );
    let scene = all_logged_in();
    let run = scene.run(&["logout", "read", "jump"]).ok();
    assert!(!run.stderr.contains("This signs you out"), "{}", run.stderr);
    // One sign-in, whether the other has a session or not.
    let scene = Scene::new();
    let second = "[profiles.second]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"123456789012\"\nsso_role_name = \"ReadOnly\"\n";
    scene.home.manifest(&format!("{MANIFEST}\n{second}"));
    scene.logged_in(&["read"]);
    let run = scene.run(&["logout", "read"]).ok();
    assert!(run.stderr.starts_with("This signs you out of corp, which second uses.\n"), "{}", run.stderr);
    let run = scene.run(&["logout", "read"]).ok();
    assert_eq!(run.stderr, "no session to end\n");
}
