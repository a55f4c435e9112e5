//! `credential-process` with `prompt = "tty"`: an SDK has all standard streams, and a person sits at the terminal that it
//! was started from.

use crate::pty::Terminal;
use crate::scene::{CREDENTIALS, STATE, Scene, session_file};
use crate::support::fake_aws::Approval;

/// Where personal settings are, in HOME.
const LOCAL: &str = ".config/awsauth/profiles.local.toml";

/// A scene whose person lets SDKs ask.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.home.write(LOCAL, "[settings]\nprompt = \"tty\"\n");
    scene
}

/// Runs shell words at a terminal, which then say how awsauth ended and what the terminal is like.
fn at_terminal(scene: &Scene, words: &str) -> Terminal {
    // The shell must outlive a Ctrl-C; a trap, unlike an ignored signal, is not passed on to awsauth.
    let script = format!("trap : INT; {words}; echo \"ended with $?\"; stty -a");
    let mut command = scene.home.program("sh".as_ref());
    command.args(["-c", &script]).env("TERM", "xterm");
    Terminal::runs(command)
}

/// What an SDK does: its own standard streams for the process, none of them the terminal.
fn as_sdk(name: &str) -> String {
    format!("{} credential-process {name} </dev/null >out 2>err", env!("CARGO_BIN_EXE_awsauth"))
}

/// Types a line.
fn types(session: &mut Terminal, line: &str) {
    session.types(&format!("{line}\r"));
}

/// Waits for the end, which must be this one, with the terminal as it was, which is without echo. Returns what was shown
/// till then.
#[track_caller]
fn ends_with(mut session: Terminal, code: i32) -> String {
    let before = session.exp_string(&format!("ended with {code}")).unwrap();
    let after = session.exp_eof().unwrap();
    for setting in ["isig", "icanon", "icrnl", "opost", "-echo"] {
        let is_set = after.split([' ', ';', '\r', '\n']).any(|word| word == setting);
        assert!(is_set, "the terminal has lost {setting}:\n{after}");
    }
    before
}

/// Exactly one document is on stdout, with credentials, and nothing on stderr.
#[track_caller]
fn handed_out(scene: &Scene) {
    let document: serde_json::Value = serde_json::from_str(&scene.home.read("out")).unwrap();
    assert!(document["SessionToken"].is_string(), "{document}");
    assert_eq!(scene.home.read("err"), "");
}

/// One line is on stderr, and nothing on stdout.
#[track_caller]
fn told(scene: &Scene, line: &str) {
    assert_eq!((scene.home.read("out"), scene.home.read("err")), (String::new(), format!("{line}\n")));
}

#[test]
fn a_wrong_code_is_asked_for_again_at_the_terminal_and_the_right_one_gives_credentials() {
    let scene = scene();
    let good = scene.code();
    let wrong = if good == "000000" { "000001" } else { "000000" };
    let mut session = at_terminal(&scene, &as_sdk("prod"));
    session.exp_string("awsauth: MFA code for arn:aws:iam::111122223333:mfa/alice (six digits, for main): ").unwrap();
    types(&mut session, "12345");
    session.exp_string("six digits, please").unwrap();
    types(&mut session, wrong);
    session.exp_string("is wrong, or was used before").unwrap();
    session.exp_string("MFA code for").unwrap();
    types(&mut session, &format!("{} {}", &good[..3], &good[3..]));
    ends_with(session, 0);
    handed_out(&scene);
    assert_eq!(scene.calls(), ["GetSessionToken", "GetSessionToken", "AssumeRole"]);
    // As after a login: the next one finds all of it.
    assert!(scene.home.read(CREDENTIALS).contains("awsauth_expiration"));
    ends_with(at_terminal(&scene, &as_sdk("prod")), 0);
    handed_out(&scene);
    assert_eq!(scene.calls(), [""; 0]);
    // The lock of a terminal is named after its session, of which there are many.
    let locks = scene.home.list(&format!("{STATE}/locks"));
    assert!(!locks.iter().any(|path| path.file_name().unwrap().to_str().unwrap().starts_with("tty")), "{locks:?}");
}

#[test]
fn ctrl_c_ends_it_with_130_and_the_terminal_as_it_was() {
    let scene = scene();
    let mut session = at_terminal(&scene, &as_sdk("prod"));
    session.exp_string("MFA code for").unwrap();
    session.send_control('c').unwrap();
    ends_with(session, 130);
    assert_eq!((scene.home.read("out").as_str(), scene.calls()), ("", vec![]));
    // Also when a call was made before, from when on Ctrl-C has to be listened to.
    let mut session = at_terminal(&scene, &as_sdk("prod"));
    session.exp_string("MFA code for").unwrap();
    let good = scene.code();
    types(&mut session, if good == "000000" { "000001" } else { "000000" });
    session.exp_string("is wrong, or was used before").unwrap();
    session.exp_string("MFA code for").unwrap();
    session.send_control('c').unwrap();
    ends_with(session, 130);
    told(&scene, "interrupted");
    assert!(!scene.home.has(&session_file("main")));
}

#[test]
fn an_approval_is_asked_for_at_the_terminal_and_can_be_interrupted() {
    let scene = scene();
    scene.aws.world().approve_devices(Approval::Never);
    let mut session = at_terminal(&scene, &as_sdk("read"));
    session.exp_string("awsauth: Open this page to approve the login to corp:").unwrap();
    session.exp_string("It must show this code: ").unwrap();
    session.exp_string("Waiting").unwrap();
    session.send_control('c').unwrap();
    ends_with(session, 130);
    told(&scene, "interrupted");
    scene.aws.world().approve_devices(Approval::Immediately);
    let mut session = at_terminal(&scene, &as_sdk("jump"));
    session.exp_string("It must show this code: ").unwrap();
    ends_with(session, 0);
    handed_out(&scene);
}

#[test]
fn what_needs_no_person_asks_nobody() {
    let scene = scene();
    scene.logged_in(&["prod", "jump"]);
    for name in ["prod", "jump", "read"] {
        scene.expire(name);
        assert_eq!(ends_with(at_terminal(&scene, &as_sdk(name)), 0), "", "{name}");
        handed_out(&scene);
    }
    // Even where it is about to end, and a person could make it last.
    scene.age_session("main", -700, 5);
    assert_eq!(ends_with(at_terminal(&scene, &as_sdk("main")), 0), "");
    handed_out(&scene);
}

#[test]
fn without_the_setting_in_the_background_or_inside_mfa_process_nobody_is_asked() {
    let line = "prod: not logged in; run awsauth login prod";
    let scene = scene();
    let background = format!("set -m; {} & wait $!", as_sdk("prod"));
    assert_eq!(ends_with(at_terminal(&scene, &background), 5), "");
    told(&scene, line);
    let inside = format!("export _AWSAUTH_MFA_PROCESS_OF=other; {}", as_sdk("prod"));
    assert_eq!(ends_with(at_terminal(&scene, &inside), 5), "");
    told(&scene, line);
    for settings in ["", "[settings]\n", "[settings]\nsso_flow = \"device\"\nmfa_process = [\"false\"]\n"] {
        scene.home.write(LOCAL, settings);
        assert_eq!(ends_with(at_terminal(&scene, &as_sdk("prod")), 5), "", "{settings}");
        told(&scene, line);
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn at_the_terminal_the_program_for_codes_comes_first_and_the_person_where_it_has_none() {
    let scene = scene();
    let (first, second) = (scene.code(), scene.code());
    let local = |program: &str| format!("[settings]\nprompt = \"tty\"\nmfa_process = [\"echo\", \"{program}\"]\n");
    scene.home.write(LOCAL, local(&first));
    assert!(!ends_with(at_terminal(&scene, &as_sdk("main")), 0).contains("MFA code for"));
    handed_out(&scene);
    scene.home.write(LOCAL, local("no code today"));
    let mut session = at_terminal(&scene, &as_sdk("audit"));
    session.exp_string("awsauth: warning: mfa_process: `echo` printed something other than the answer").unwrap();
    session.exp_string("MFA code for").unwrap();
    types(&mut session, &second);
    ends_with(session, 0);
    handed_out(&scene);
    assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn a_terminal_in_another_mode_is_asked_in_lines_and_then_as_it_was() {
    let scene = scene();
    let mut session = at_terminal(
        &scene,
        &format!("stty raw -echo; {}; code=$?; stty -a > mode; stty sane -echo; (exit $code)", as_sdk("main")),
    );
    session.exp_string("for main): ").unwrap();
    types(&mut session, &scene.code());
    ends_with(session, 0);
    handed_out(&scene);
    let mode = scene.home.read("mode");
    assert!(mode.contains("-icanon") && mode.contains("-echo "), "{mode}");
}

#[test]
fn two_at_one_terminal_ask_one_after_the_other() {
    let scene = scene();
    let awsauth = env!("CARGO_BIN_EXE_awsauth");
    let one = |name: &str| format!("{awsauth} credential-process {name} </dev/null >out-{name} 2>err-{name} &");
    let mut session = at_terminal(&scene, &format!("{} {} wait", one("main"), one("audit")));
    for _ in 0..2 {
        session.exp_string("awsauth: MFA code for arn:aws:iam::111122223333:mfa/alice (six digits, for ").unwrap();
        let code = scene.code();
        types(&mut session, &code);
        // What is typed is shown next, and not what the other one asks.
        let between = session.exp_string(&code).unwrap();
        assert!(matches!(between.as_str(), "main): " | "audit): "), "{between}");
    }
    ends_with(session, 0);
    for name in ["main", "audit"] {
        assert!(scene.home.read(&format!("out-{name}")).contains("SessionToken"), "{name}");
        assert_eq!(scene.home.read(&format!("err-{name}")), "");
    }
}

#[test]
fn ctrl_c_ends_a_program_for_codes_and_the_login_with_it() {
    let scene = scene();
    let script = "echo ready >&2; exec sleep 60";
    scene.home.write(LOCAL, format!("[settings]\nmfa_process = [\"sh\", \"-c\", \"{script}\"]\n"));
    let mut session = at_terminal(&scene, &format!("{} login main", env!("CARGO_BIN_EXE_awsauth")));
    session.exp_string("ready").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("interrupted").unwrap();
    ends_with(session, 130);
    assert_eq!(scene.calls(), [""; 0]);
}
