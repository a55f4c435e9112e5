//! What happens when somebody sits at the terminal: prompts on a pseudo-terminal, and Ctrl-C.

use std::time::Duration;

use crate::pty::Terminal;
use crate::scene::{CONFIG, CREDENTIALS, STATE, Scene, session_file};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::fake_aws::{Approval, Fault};

/// How long a call to the fake AWS may be waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// awsauth at a terminal, by way of a shell that then says how it ended and what the terminal is like.
pub(crate) fn at_terminal(scene: &Scene, args: &str) -> AtTerminal {
    // The shell must outlive a Ctrl-C; a trap, unlike an ignored signal, is not passed on to awsauth.
    let program = env!("CARGO_BIN_EXE_awsauth");
    let script = format!("trap : INT; stty -a; echo \"begun\"; {program} {args}; echo \"ended with $?\"; stty -a");
    let mut command = scene.home.program("sh".as_ref());
    command.args(["-c", &script]).env("TERM", "xterm");
    let mut session = Terminal::runs(command);
    let before = session.exp_string("begun\r\n").unwrap();
    AtTerminal { session, settings: before.trim().to_owned() }
}

/// A run at a terminal, and how the terminal was set before.
pub(crate) struct AtTerminal {
    session: Terminal,
    settings: String,
}

impl std::ops::Deref for AtTerminal {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.session
    }
}

impl std::ops::DerefMut for AtTerminal {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.session
    }
}

/// Waits for the end, which must be this one, with the terminal as it was.
#[track_caller]
pub(crate) fn ends_with(mut session: AtTerminal, code: i32) -> String {
    let before = session.exp_string(&format!("ended with {code}\r\n")).unwrap();
    let after = session.exp_eof().unwrap();
    assert_eq!(after.trim(), session.settings, "the terminal is not as it was");
    before
}

#[test]
fn a_wrong_code_is_asked_for_again_and_the_right_one_logs_in() {
    let scene = Scene::new();
    let good = scene.code();
    let wrong = if good == "000000" { "000001" } else { "000000" };
    let mut session = at_terminal(&scene, "login prod");
    session.exp_string("MFA code for arn:aws:iam::111122223333:mfa/alice").unwrap();
    session.types("12345\r");
    session.exp_string("six digits, please").unwrap();
    // What was wrong is gone, and not to be taken away first.
    session.types(&format!("{wrong}\r"));
    session.exp_string("is wrong, or was used before").unwrap();
    session.exp_regex("Wait for the next code, in [1-9][0-9]? s").unwrap();
    session.exp_string("MFA code for").unwrap();
    session.types(&format!("{good}\r"));
    session.exp_string("prod: valid for").unwrap();
    ends_with(session, 0);
    assert_eq!(scene.calls(), ["GetSessionToken", "GetSessionToken", "AssumeRole"]);
}

#[test]
fn editing_keys_edit_the_code_and_a_wrong_one_does_not_stay() {
    let scene = Scene::new();
    let good = scene.code();
    let mut session = at_terminal(&scene, "login prod");
    session.exp_string("MFA code for").unwrap();
    session.types("12345\r");
    session.exp_string("six digits, please").unwrap();
    // Ctrl-W with Ctrl-H, Ctrl-B with Ctrl-K, Ctrl-A, Ctrl-U, Ctrl-E: without any of them, another code is left.
    let (first, rest) = good.split_at(1);
    session.types(&format!("{rest} 76\u{17}\u{8}54\u{2}\u{2}\u{b}\u{1}98\u{15}{first}\u{5}3\u{8}\r"));
    session.exp_string("prod: valid for").unwrap();
    ends_with(session, 0);
    assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn two_roles_with_a_device_of_their_own_ask_for_its_next_code_and_not_for_the_same_again() {
    let scene = Scene::new();
    scene.change_manifest("role_arn = \"arn:aws:iam::444455556666:role/Admin\"", "role_arn = \"arn:aws:iam::444455556666:role/Admin\"\n\n[profiles.admin]\npattern = \"iam-mfa-role\"\nsource_profile = \"base\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\nrole_arn = \"arn:aws:iam::444455556666:role/Admin\"");
    let (first, second) = (scene.code(), scene.code());
    let mut session = at_terminal(&scene, "login audit admin");
    session.exp_string("This login needs 2 MFA codes of").unwrap();
    session.exp_string("admin would need no code of its own").unwrap();
    session.exp_string("MFA code for arn").unwrap();
    session.types(&format!("{first}\r"));
    session.exp_string("The next MFA code for arn").unwrap();
    session.types(&format!("{first}\r"));
    session.exp_string("used before").unwrap();
    session.exp_string("The next MFA code for arn").unwrap();
    session.types(&format!("{second}\r"));
    session.exp_string("audit: valid for").unwrap();
    session.exp_string("admin: valid for").unwrap();
    ends_with(session, 0);
    assert_eq!(scene.calls(), ["AssumeRole", "AssumeRole"], "a code that is used up is not sent again");
}

#[test]
fn ctrl_c_at_the_second_code_keeps_what_the_first_one_gave() {
    let scene = Scene::new();
    let first = scene.code();
    let mut session = at_terminal(&scene, "login main audit");
    session.exp_string("MFA code for arn").unwrap();
    session.types(&format!("{first}\r"));
    session.exp_string("The next MFA code for arn").unwrap();
    session.send_control('c').unwrap();
    ends_with(session, 130);
    assert_eq!(scene.calls(), ["GetSessionToken"]);
    assert!(scene.home.has(&session_file("main")) && scene.home.read(CREDENTIALS).contains("awsauth_expiration"));
}

#[test]
fn ctrl_c_after_another_profile_has_failed_is_still_an_interruption() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, scene.home.read(CREDENTIALS).replace("[main-long-term]", "[other]"));
    let mut session = at_terminal(&scene, "login main audit");
    session.exp_string("MFA code for arn").unwrap();
    session.send_control('c').unwrap();
    let before = ends_with(session, 130);
    assert!(before.contains("no long-term key is stored for [main-long-term]"), "{before}");
}

#[test]
fn ctrl_c_at_the_first_question_is_the_end_of_all_of_them() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "login main audit read");
    session.exp_string("MFA code for arn").unwrap();
    session.send_control('c').unwrap();
    let after = ends_with(session, 130);
    assert!(!after.contains("MFA code for") && !after.contains("It must show this code"), "{after}");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_code_that_was_sent_before_is_not_sent_again_and_the_next_one_is_told() {
    let scene = Scene::new();
    let code = scene.code();
    let mut session = at_terminal(&scene, "login main audit");
    for _ in 0..4 {
        session.exp_string("MFA code for").unwrap();
        session.types(&format!("{code}\r"));
    }
    session.exp_string("audit: this MFA code was used before").unwrap();
    session.exp_regex("try again with the next code, in [1-9][0-9]? s").unwrap();
    ends_with(session, 5);
    assert_eq!(scene.calls(), ["GetSessionToken"]);
}

#[test]
fn ctrl_c_at_the_prompt_ends_with_130_and_the_terminal_as_it_was() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "login prod");
    session.exp_string("MFA code for").unwrap();
    session.send_control('c').unwrap();
    ends_with(session, 130);
    assert_eq!(scene.calls(), [""; 0]);
    assert!(!scene.home.has(&session_file("main")));
    nothing_is_left(&scene);
}

#[test]
fn ctrl_c_while_an_approval_is_waited_for_ends_with_130() {
    let scene = Scene::new();
    scene.aws.world().approve_devices(Approval::Never);
    let mut session = at_terminal(&scene, "login read");
    session.exp_string("It must show this code: ").unwrap();
    session.exp_string("Waiting").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("interrupted").unwrap();
    ends_with(session, 130);
    assert!(!scene.home.has(&session_file("read")));
    nothing_is_left(&scene);
}

#[test]
fn ctrl_c_in_a_list_ends_with_130_and_nothing_begun() {
    let scene = Scene::new();
    for (args, question) in [("login", "Log in to:"), ("logout", "Log out of:")] {
        let mut session = at_terminal(&scene, args);
        session.exp_string(question).unwrap();
        session.send_control('c').unwrap();
        ends_with(session, 130);
    }
    assert_eq!(scene.calls(), [""; 0]);
    nothing_is_left(&scene);
}

#[test]
fn ctrl_c_while_a_call_hangs_ends_with_130_and_frees_what_was_locked() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let mut session = at_terminal(&scene, "-v login prod");
    session.exp_string("prod: calling AssumeRole").unwrap();
    assert!(scene.aws.wait_for("AssumeRole", 1, PATIENCE));
    session.send_control('c').unwrap();
    ends_with(session, 130);
    assert!(!scene.home.has(&session_file("prod")));
    nothing_is_left(&scene);
    scene.run(&["login", "prod"]).ok();
}

#[test]
fn ctrl_c_while_aws_is_told_of_a_logout_ends_everything_here_and_says_so() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    scene.aws.world().fail_next("Logout", Fault::Hang);
    let mut session = at_terminal(&scene, "logout read");
    assert!(scene.aws.wait_for("Logout", 1, PATIENCE));
    session.send_control('c').unwrap();
    session.exp_string("AWS was not told (Logout failed: interrupted)").unwrap();
    session.exp_string("signed out of corp").unwrap();
    ends_with(session, 130);
    assert!(!scene.home.has(&session_file("read")));
    assert_eq!(scene.home.list(".aws/sso/cache").len(), 1, "the registration");
    nothing_is_left(&scene);
}

#[test]
fn logout_without_a_name_offers_what_there_is_to_end() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut session = at_terminal(&scene, "logout");
    session.exp_string("Log out of:").unwrap();
    let shown = session.exp_string("(everything)").unwrap();
    assert!(shown.contains("prod") && !shown.contains("jump"), "{shown}");
    session.types("every\r");
    session.exp_string("ended: main, prod").unwrap();
    ends_with(session, 0);
}

#[test]
fn a_logout_that_ends_more_than_was_named_asks_first_unless_told_not_to() {
    let scene = Scene::new();
    scene.logged_in(&["jump"]);
    let mut session = at_terminal(&scene, "logout read");
    session.exp_string("and also ends jump, which needs read.").unwrap();
    session.exp_string("End all of them?").unwrap();
    session.types("n\r");
    session.exp_string("nothing was ended").unwrap();
    ends_with(session, 4);
    assert!(scene.home.has(&session_file("read")) && scene.home.has(&session_file("jump")));
    assert_eq!(scene.calls(), [""; 0]);
    let mut session = at_terminal(&scene, "logout read --yes");
    session.exp_string("signed out of corp").unwrap();
    ends_with(session, 0);
    assert!(!scene.home.has(&session_file("read")) && !scene.home.has(&session_file("jump")));
}

/// No temporary file, and no lock that is still held.
#[track_caller]
fn nothing_is_left(scene: &Scene) {
    for dir in
        [".aws", ".aws/sso/cache", ".aws/cli/cache", STATE, &format!("{STATE}/sessions"), &format!("{STATE}/ended")]
    {
        let names: Vec<_> = scene.home.list(dir);
        assert!(names.iter().all(|path| !path.to_string_lossy().ends_with("-tmp")), "{names:?}");
    }
    for path in scene.home.list(&format!("{STATE}/locks")) {
        let lock = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        assert!(lock.try_lock().is_ok(), "{} is held", path.display());
    }
}

#[test]
fn ctrl_c_while_the_browser_is_waited_for_ends_with_130_and_nobody_listens_any_more() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "login read --flow pkce --no-browser");
    session.exp_string("redirect_uri=http%3A%2F%2F127.0.0.1%3A").unwrap();
    let port: u16 = session.exp_string("%2Foauth").unwrap().parse().unwrap();
    session.exp_string("Waiting").unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    session.send_control('c').unwrap();
    session.exp_string("interrupted").unwrap();
    ends_with(session, 130);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!scene.home.has(&session_file("read")));
}

#[test]
fn apply_shows_the_diff_and_asks_and_no_writes_nothing() {
    let scene = Scene::new();
    for (answer, code) in [("n\r", 4), ("y\r", 0)] {
        let mut session = at_terminal(&scene, "apply");
        session.exp_string("+[profile jump]").unwrap();
        session.exp_string("Write this?").unwrap();
        session.types(answer);
        ends_with(session, code);
        assert_eq!(scene.home.has(CONFIG), code == 0);
    }
}

#[test]
fn exec_logs_in_in_place_and_stdout_stays_clean() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "exec prod -- sh -c 'echo ran as $AWSAUTH_PROFILE' > out");
    session.exp_string("MFA code for").unwrap();
    session.types(&format!("{}\r", scene.code()));
    ends_with(session, 0);
    assert_eq!(scene.home.read("out"), "ran as prod\n");
    let session = at_terminal(&scene, "login prod");
    assert!(ends_with(session, 0).contains("prod: valid for"));
}

#[test]
fn without_a_name_a_profile_is_chosen_from_a_list_that_typing_filters() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "login");
    session.exp_string("Log in to:").unwrap();
    session.types("rea");
    session.exp_string("rea").unwrap();
    session.types("\r");
    session.exp_string("read: valid for").unwrap();
    ends_with(session, 0);
}

#[test]
fn a_secret_that_is_typed_is_never_shown() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, "");
    let mut session = at_terminal(&scene, "keys add main");
    session.exp_string("Access key ID:").unwrap();
    session.types(&format!("{KEY_ID}\r"));
    let mut shown = session.exp_string("Secret access key:").unwrap();
    session.types(&format!("{SECRET_KEY}\r"));
    shown += &ends_with(session, 0);
    assert!(!shown.contains("SECRETMARK") && shown.contains(KEY_ID), "{shown}");
    assert!(scene.home.read(CREDENTIALS).contains(SECRET_KEY));
}

#[test]
fn another_key_is_refused_before_its_secret_is_asked_for() {
    let scene = Scene::new();
    let before = scene.home.read(CREDENTIALS);
    let mut session = at_terminal(&scene, "keys add main");
    session.exp_string("Access key ID:").unwrap();
    session.types("AKIAIOSFODNN7EXAMPL2\r");
    let shown = ends_with(session, 4);
    assert!(shown.contains("already holds the key") && shown.contains("--force"), "{shown}");
    assert!(!shown.contains("Secret access key:"), "{shown}");
    assert_eq!(scene.home.read(CREDENTIALS), before);
}

#[test]
fn ctrl_c_ends_what_does_not_wait_for_it_as_any_program() {
    use std::os::unix::process::ExitStatusExt as _;
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    // Somebody else writes the credentials, for a long time: nothing of awsauth's listens while it waits for that.
    let locks = scene.home.list(".local/state/awsauth/locks");
    let is_for_files = |path: &&std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("dir-");
    let lock = locks.iter().find(is_for_files).unwrap_or_else(|| panic!("{locks:?}"));
    let held = std::fs::OpenOptions::new().write(true).open(lock).unwrap();
    held.lock().unwrap();
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let code = scene.code();
    scene.aws.clear();
    let mut child = scene.home.command(["login", "prod", "--force", "--token-code", &code]).spawn().unwrap();
    assert!(scene.aws.wait_for("AssumeRole", 1, PATIENCE));
    // The first ends the call, and what was got already is kept; a later one ends the wait for the file.
    let status = loop {
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).output().unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.signal(), Some(2), "{status}");
    drop(held);
    scene.run(&["login", "prod"]).ok();
}

/// `exec` of a profile that needs a call, by a shell with this before it; whether the program then ignores Ctrl-C.
#[cfg(target_os = "linux")]
fn ignores_ctrl_c(scene: &Scene, before: &str) -> bool {
    let script = format!("{before}\"$0\" exec read -- sed -n 's/^SigIgn:.*\\(.\\)$/\\1/p' /proc/self/status");
    let mut command = scene.home.program("sh".as_ref());
    let output = command.args(["-c", &script, env!("CARGO_BIN_EXE_awsauth")]).output().unwrap();
    let last = String::from_utf8(output.stdout).unwrap();
    u8::from_str_radix(last.trim(), 16).unwrap() & 2 != 0
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_finds_ctrl_c_ignored_if_whoever_started_awsauth_ignores_it() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    for (before, is_ignored) in [("", false), ("trap '' INT; ", true)] {
        std::fs::remove_file(scene.home.path(&session_file("read"))).unwrap();
        scene.aws.clear();
        assert_eq!(ignores_ctrl_c(&scene, before), is_ignored, "{before}");
        assert_eq!(scene.calls(), ["GetRoleCredentials"]);
    }
}

#[test]
fn exec_for_many_asks_once_for_all_before_the_first_run() {
    let scene = Scene::new();
    let code = scene.code();
    let mut session = at_terminal(&scene, "exec '[mp]*' -- sh -c 'echo ran; test -t 0 || echo nobody'");
    session.exp_string("This login needs 1 MFA code of arn:aws:iam::111122223333:mfa/alice, for 2 profiles.").unwrap();
    session.exp_string("MFA code for arn").unwrap();
    session.types(&format!("{code}\r"));
    let before = session.exp_string("main | \u{1b}[0mran").or_else(|_| session.exp_string("ran")).unwrap();
    assert!(!before.contains("ran"), "{before}");
    let rest = ends_with(session, 0);
    assert_eq!((rest.matches("ran").count(), rest.matches("nobody").count()), (1, 2), "{rest}");
    assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn ctrl_c_in_exec_for_many_ends_what_runs_and_starts_nothing_more() {
    let scene = Scene::new();
    let keys = scene.home.read(CREDENTIALS);
    scene.home.write(CREDENTIALS, keys.replace("[main-long-term]", "[other]"));
    scene.home.manifest("[profiles.base]\npattern = \"iam\"\n\n[profiles.other]\npattern = \"iam\"\n");
    for (script, told) in [
        (
            "echo ready; exec sleep 60",
            "1 of 2 profiles interrupted, 1 not run:\r\n  base   interrupted, exit code 130\r\n",
        ),
        (
            "trap \"exit 130\" INT; echo ready; while :; do sleep 0.02; done",
            "1 of 2 profiles interrupted, 1 not run:\r\n  base   interrupted, exit code 130\r\n",
        ),
        ("trap \"echo bye; exit 0\" INT; echo ready; while :; do sleep 0.02; done", "1 of 2 profiles not run:\r\n"),
    ] {
        let mut session = at_terminal(&scene, &format!("exec --all -- sh -c '{script}'"));
        session.exp_string("ready").unwrap();
        session.send_control('c').unwrap();
        let rest = ends_with(session, 130);
        assert!(!rest.contains("ready"), "{rest}");
        assert_eq!(rest.contains("bye"), script.contains("bye"), "{rest}");
        assert!(rest.contains(told) && rest.contains("other  not run") && !rest.contains("failed"), "{rest}");
    }
}

#[test]
fn a_second_ctrl_c_that_only_awsauth_gets_reaches_what_runs() {
    let scene = Scene::new();
    // The first may be the terminal's, which all have got.
    let script = "trap \"echo caught; exit 0\" INT; echo ready; while :; do kill -INT $PPID; sleep 0.02; done";
    let mut session = at_terminal(&scene, &format!("exec \"base*\" -- sh -c '{script}'"));
    session.exp_string("ready").unwrap();
    session.exp_string("caught").unwrap();
    ends_with(session, 130);
}

#[test]
fn a_command_that_runs_for_many_may_ask_at_the_terminal() {
    let scene = Scene::new();
    let script = "printf \"name? \" >/dev/tty; read name </dev/tty; echo got $name";
    let mut session = at_terminal(&scene, &format!("exec \"base*\" -- sh -c '{script}'"));
    session.exp_string("name? ").unwrap();
    session.types("alice\r");
    assert!(ends_with(session, 0).contains("got alice"));
}

#[test]
fn a_ctrl_c_at_the_code_runs_nothing() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "exec --json '[mpb]*' -- echo ran");
    session.exp_string("MFA code for arn").unwrap();
    session.send_control('c').unwrap();
    let rest = ends_with(session, 130);
    assert!(!rest.contains("ran") && rest.contains("\"exit_code\": 130"), "{rest}");
}

#[test]
fn states_are_coloured_on_a_terminal_unless_no_color_says_otherwise() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.logged_in(&["audit"]);
    scene.expire("audit");
    let has = |args: &str, part: &str, scene: &Scene| {
        let text = ends_with(at_terminal(scene, args), 0);
        assert!(text.contains(part), "{args}: {part:?} is not in {text:?}");
    };
    let colours = [
        ("valid", 32),
        ("renews by itself", 36),
        ("long-term key", 32),
        ("needs you: expired", 31),
        ("not logged in", 2),
    ];
    for (word, colour) in colours {
        has("status", &format!("\u{1b}[{colour}m{word}\u{1b}[0m"), &scene);
    }
    has("graph", "\u{1b}[32mmain\u{1b}[0m", &scene);
    has("graph", "\u{1b}[31maudit\u{1b}[0m", &scene);
    has("list", "\u{1b}[1mPROFILE\u{1b}[0m", &scene);
    scene.age_session("main", -60, 10);
    has("status", "\u{1b}[33mvalid\u{1b}[0m", &scene);
    for args in ["status --color never", "graph --color never", "list --color never"] {
        assert!(!ends_with(at_terminal(&scene, args), 0).contains('\u{1b}'), "{args}");
    }
    let scene = scene.env("NO_COLOR", "1");
    for args in ["status", "graph", "list"] {
        assert!(!ends_with(at_terminal(&scene, args), 0).contains('\u{1b}'), "{args}");
    }
}

#[test]
fn a_list_to_choose_from_shows_account_role_and_state_and_filters_by_them() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    let mut session = at_terminal(&scene, "login");
    session.exp_string("Log in to:").unwrap();
    session.exp_string("prod   444455556666  Admin     not logged in").unwrap();
    session.exp_string("read   123456789012  ReadOnly  valid").unwrap();
    session.types("zzz");
    session.exp_string("(nothing matches)").unwrap();
    session.types("\u{7f}\u{7f}\u{7f}1234 READ");
    session.exp_string("1234 READ").unwrap();
    session.types("\r");
    session.exp_string("read: valid for").unwrap();
    ends_with(session, 0);
    let mut session = at_terminal(&scene, "login");
    session.exp_string("Log in to:").unwrap();
    session.types("zzz\r");
    ends_with(session, 130);
    let scene = scene.env("AWSAUTH_HOOK", "bash");
    let mut session = at_terminal(&scene, "use > out");
    session.exp_string("Use:").unwrap();
    session.exp_string("read   123456789012  ReadOnly  valid").unwrap();
    session.send_control('c').unwrap();
    ends_with(session, 130);
}

#[test]
fn where_there_is_nothing_to_choose_from_that_is_said() {
    let scene = Scene::new();
    scene.home.manifest("[defaults]\nregion = \"eu-west-1\"\n");
    let text = ends_with(at_terminal(&scene, "login"), 2);
    assert!(text.contains("the manifest has no profiles"), "{text}");
}

#[test]
fn no_table_is_wider_than_the_terminal_and_the_person_is_told() {
    let scene = Scene::new().env("COLUMNS", "60").env("NO_COLOR", "1");
    scene.change_manifest(
        "[profiles.base]\npattern = \"iam\"",
        "[profiles.base]\npattern = \"iam\"\ndescription = \"the user that audits are made from, once a year\"\n\n\
         [profiles.audit-of-the-whole-year]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"",
    );
    for args in ["list", "status", "graph"] {
        let text = ends_with(at_terminal(&scene, args), 0);
        // What is read is bytes: `…` has two that follow the first.
        let columns = |line: &str| line.chars().filter(|byte| !('\u{80}'..='\u{bf}').contains(byte)).count();
        assert!(text.lines().all(|line| columns(line) <= 60) && text.contains("shortened to"), "{args}: {text}");
    }
    let scene = scene.env("COLUMNS", "64");
    let text = ends_with(at_terminal(&scene, "list base"), 0);
    assert!(text.contains("  the user that audits\u{e2}\u{80}\u{a6}\r\n"), "{text}");
    assert!(text.ends_with("shortened to the terminal's width; --json has everything\r\n"), "{text}");
}

#[test]
fn list_leaves_columns_out_where_the_terminal_is_narrow() {
    for (columns, header) in [
        ("85", "PROFILE  PATTERN       ACCOUNT       ROLE      REGION"),
        ("65", "PROFILE  PATTERN       ACCOUNT       ROLE      REGION"),
        ("50", "PROFILE  PATTERN       ACCOUNT       ROLE"),
        ("20", "PROFILE  ACCOUNT"),
    ] {
        let scene = Scene::new().env("COLUMNS", columns).env("NO_COLOR", "1");
        let text = ends_with(at_terminal(&scene, "list"), 0);
        assert_eq!(text.lines().next(), Some(header), "{columns}");
        assert_eq!(text.contains("shortened"), !header.contains("REGION"), "{columns}: {text}");
    }
}

#[test]
fn the_tables_of_variables_and_of_keys_become_paragraphs_where_the_terminal_is_narrow() {
    let scene = Scene::new().env("COLUMNS", "60").env("NO_COLOR", "1");
    scene.change_manifest(
        "mfa/alice\"\n\n[profiles.prod]",
        "mfa/${user}\"\n\n[vars]\nuser = \"alice\"\n\n[profiles.prod]",
    );
    for (args, line) in [
        ("vars", "  SET IN   ~/.config/awsauth/profiles.toml:13\r\n"),
        ("list --why main", "  WHERE  ~/.config/awsauth/profiles.toml:10, ${user}\r\n         ~/"),
    ] {
        let text = ends_with(at_terminal(&scene, args), 0);
        assert!(text.contains(line), "{args}: {text}");
        // Sentences are broken by the terminal, and what `check` says of the manifest shows its lines as they are.
        let mut table = text.split("warning[").next().unwrap().lines().filter(|line| !line.ends_with('.'));
        assert!(table.all(|line| line.len() <= 60), "{args}: {text}");
    }
}
