//! `exec` for many profiles: by a pattern, a tag, or all of them.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::scene::{CREDENTIALS, MANIFEST, STATE, Scene, long_term_keys, session_file};
use crate::support::fake_aws::Fault;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::sandbox::Run;

/// Three profiles with long-term keys, which need no login, and the tag `keys`.
const KEYS: [&str; 3] = ["key-a", "key-bb", "key-c"];

/// A scene with [`KEYS`] beside the usual profiles, `prod` and `read` among which have the tag `team`.
pub(crate) fn scene() -> Scene {
    let scene = Scene::new();
    let tagged = |text: String, name: &str| {
        let header = format!("[profiles.{name}]\n");
        assert!(text.contains(&header), "{name}");
        text.replace(&header, &format!("{header}tags = [\"team\"]\n"))
    };
    let mut manifest = ["prod", "read"].into_iter().fold(MANIFEST.to_owned(), tagged);
    let mut keys = long_term_keys();
    for name in KEYS {
        write!(manifest, "\n[profiles.{name}]\npattern = \"iam\"\ntags = [\"keys\"]\n").unwrap();
        write!(keys, "\n[{name}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n").unwrap();
    }
    scene.home.manifest(&manifest);
    scene.home.write(CREDENTIALS, keys);
    scene
}

/// Starts awsauth with both of its streams open.
fn start(scene: &Scene, args: &[&str]) -> Child {
    scene.home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends what a terminal sends at Ctrl-C, to awsauth alone.
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn nothing_is_run_whose_output_would_be_lost() {
    let scene = scene();
    let script = "\"$0\" exec 'key-*' -- touch ran >&-";
    let run = scene.home.program("sh".as_ref()).args(["-c", script, env!("CARGO_BIN_EXE_awsauth")]).output().unwrap();
    assert_eq!(run.status.code(), Some(6), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(String::from_utf8_lossy(&run.stderr).contains("can't write to standard output"), "{run:?}");
    assert!(!scene.home.has("ran"));
}

#[test]
fn each_run_has_its_own_credentials_and_nothing_of_another() {
    let scene = scene();
    scene.logged_in(&["prod", "read"]);
    let script = "echo $AWSAUTH_PROFILE $AWS_ACCESS_KEY_ID ${AWS_PROFILE-none} ${AWS_SESSION_TOKEN:+token} ${AWSAUTH_MFA_CODE-none}";
    let key = |name: &str| scene.session(name)["access_key_id"].as_str().unwrap().to_owned();
    let expected =
        format!("prod | prod {} none token none\nread | read {} none token none\n", key("prod"), key("read"));
    let mut command = scene.home.command(["exec", "--tag", "team", "--", "sh", "-c", script]);
    command.env("AWS_PROFILE", "stale").env("AWS_SESSION_TOKEN", "stale").env("AWSAUTH_MFA_CODE", "123456");
    let output = command.output().unwrap();
    assert_eq!((String::from_utf8(output.stdout).unwrap(), output.stderr), (expected, vec![]));
    let keys = scene.run(&["exec", "key-*", "sh", "-c", script]).ok();
    let expected = format!(
        "key-a  | key-a {KEY_ID} none none\nkey-bb | key-bb {KEY_ID} none none\nkey-c  | key-c {KEY_ID} none none\n"
    );
    assert_eq!(keys.stdout, expected);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn the_order_is_the_manifests_and_each_profile_runs_once() {
    let scene = scene();
    scene.logged_in(&["prod", "read", "jump"]);
    scene.logged_in(&["audit"]);
    let run = scene.run(&["exec", "--all", "--", "true"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let run = scene.run(&["exec", "--all", "--", "echo"]).ok();
    let names: Vec<&str> = run.stdout.lines().map(|line| line.split_once(' ').unwrap().0).collect();
    assert_eq!(names, ["main", "prod", "base", "audit", "read", "jump", "key-a", "key-bb", "key-c"]);
    let run = scene.run(&["exec", "--tag", "keys", "--tag", "team", "--tag", "keys", "--", "echo"]).ok();
    assert_eq!(run.stdout.lines().count(), 5, "{}", run.stdout);
}

#[test]
fn each_line_has_its_profile_in_front_on_its_own_stream_and_every_byte_is_passed_on() {
    let scene = scene();
    let script = "cat; printf 'out\\n\\n\\377\\000\\r\\nend'; echo err >&2; printf 'rest' >&2";
    let output = scene.home.command(["exec", "key-[ab]*", "--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let lines = |name: &str| format!("{name} | out\n{name} | \n{name} | X\0\r\n{name} | end\n");
    let expected = (lines("key-a ") + &lines("key-bb")).into_bytes();
    let expected: Vec<u8> = expected.into_iter().map(|byte| if byte == b'X' { 0xff } else { byte }).collect();
    assert_eq!(output.stdout, expected, "{}", String::from_utf8_lossy(&output.stdout));
    let expected = "key-a  | err\nkey-a  | rest\nkey-bb | err\nkey-bb | rest\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}

#[test]
fn on_a_terminal_each_profile_has_a_colour_and_the_lines_have_none() {
    let scene = scene();
    let run = scene.run(&["exec", "--color", "always", "key-[ab]*", "--", "echo", "x"]).ok();
    assert_eq!(run.stdout, "\u{1b}[36mkey-a  |\u{1b}[0m x\n\u{1b}[33mkey-bb |\u{1b}[0m x\n");
}

#[test]
fn a_failure_stops_no_other_and_the_worst_decides() {
    let scene = scene();
    for (codes, worst, told) in [
        (["0", "0", "0"], 0, ""),
        (["1", "0", "0"], 1, "1 of 3 profiles failed:\n  key-a  exit code 1\n"),
        (["3", "7", "0"], 7, "2 of 3 profiles failed:\n  key-a   exit code 3\n  key-bb  exit code 7\n"),
        (
            ["0", "9", "kill -TERM $$"],
            143,
            "2 of 3 profiles failed:\n  key-bb  exit code 9\n  key-c   signal 15, exit code 143\n",
        ),
        (
            ["kill -KILL $$", "255", "0"],
            255,
            "2 of 3 profiles failed:\n  key-a   signal 9, exit code 137\n  key-bb  exit code 255\n",
        ),
    ] {
        let end = |code: &str| if code.starts_with("kill") { code.to_owned() } else { format!("exit {code}") };
        let [a, b, c] = codes.map(end);
        let script = format!("echo ran; case $AWSAUTH_PROFILE in key-a) {a};; key-bb) {b};; key-c) {c};; esac");
        for parallel in ["1", "3"] {
            let run = scene.run(&["exec", "--parallel", parallel, "key-*", "--", "sh", "-c", &script]).exits(worst);
            assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (3, told), "{codes:?}");
        }
    }
}

#[test]
fn what_has_no_session_is_told_and_counts_and_the_others_run() {
    let scene = scene();
    scene.logged_in(&["read"]);
    let run = scene.run(&["exec", "--tag", "team", "--", "echo", "ran"]).exits(5);
    assert_eq!(run.stdout, "read | ran\n");
    let told =
        "prod: not logged in; run awsauth login prod\n1 of 2 profiles failed:\n  prod  no credentials, exit code 5\n";
    assert_eq!(run.stderr, told);
    let run = scene.run(&["exec", "*", "--", "echo", "ran"]).exits(5);
    assert_eq!(run.stdout.lines().count(), 6, "{}", run.stdout);
    let first = "3 profiles have no session: main, prod, audit; run awsauth login '*'";
    assert_eq!(run.stderr.lines().next(), Some(first), "{}", run.stderr);
    // Worse than that is a command that fails worse.
    scene.run(&["exec", "--tag", "team", "--", "sh", "-c", "exit 6"]).exits(6);
    let run = scene.run(&["exec", "m*", "--", "echo", "ran"]).exits(5);
    assert_eq!(run.stdout, "");
}

#[test]
fn one_renewal_for_all_comes_before_the_first_run() {
    let scene = scene();
    scene.logged_in(&["prod", "jump"]);
    scene.expire("prod");
    scene.expire("jump");
    let marker = scene.home.path("ran");
    let run = scene.run(&["exec", "[pj]*", "--", "touch", marker.to_str().unwrap()]).ok();
    assert_eq!(run.stderr, "");
    let mut calls = scene.calls();
    calls.sort();
    assert_eq!(calls, ["AssumeRole", "AssumeRole"]);
}

#[test]
fn a_session_that_is_about_to_end_when_its_turn_comes_is_renewed_again() {
    let scene = Scene::new();
    let role = "role_arn = \"arn:aws:iam::444455556666:role/Admin\"\n";
    scene.change_manifest(role, &format!("{role}duration_seconds = 900\n"));
    scene.logged_in(&["main", "prod"]);
    // The first run ends the second one's session; with an hour left nobody would look again.
    let file = scene.home.path(&session_file("prod"));
    let script = format!("rm -f '{}'; echo $AWS_ACCESS_KEY_ID", file.display());
    let old = scene.session("prod")["access_key_id"].clone();
    let run = scene.run(&["exec", "[mp]*", "--", "sh", "-c", &script]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"]);
    assert!(!run.stdout.contains(old.as_str().unwrap()), "{}", run.stdout);
}

/// A scene with `prod` and `second`, roles on `main` whose sessions last a quarter of an hour, and a script: the run of `main`
/// takes away what was obtained for them before.
fn about_to_end() -> (Scene, String) {
    let scene = Scene::new();
    let role = "role_arn = \"arn:aws:iam::444455556666:role/Admin\"\n";
    let short = format!("{role}duration_seconds = 900\n");
    let second = format!("\n[profiles.second]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\n{short}");
    scene.home.manifest(&(MANIFEST.replace(role, &short) + &second));
    scene.logged_in(&["main", "prod", "second"]);
    let sessions = scene.home.path(&format!("{STATE}/sessions"));
    let script = format!("cd '{}'; rm -f prod+* second+*; echo ran", sessions.display());
    (scene, script)
}

#[test]
fn an_interruption_while_a_session_is_renewed_starts_nothing_more() {
    let (scene, script) = about_to_end();
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let child = start(&scene, &["exec", "[mp]*", "--", "sh", "-c", &script]);
    assert!(scene.aws.wait_for("AssumeRole", 1, Duration::from_secs(20)));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "main | ran\n");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "1 of 2 profiles not run:\n  prod  not run\n");
}

#[test]
fn a_portal_that_does_not_answer_is_asked_once_for_all_that_stand_on_it() {
    let tries = |pattern: &str| {
        let (scene, script) = about_to_end();
        (0..40).for_each(|_| scene.aws.world().fail_next("AssumeRole", Fault::Close));
        let run = scene.run(&["exec", pattern, "--", "sh", "-c", &script]).ok();
        // What is left of the old sessions serves.
        (scene.aws.count("AssumeRole"), run.stdout.lines().count())
    };
    let (one, ran) = tries("[mp]*");
    assert!(one > 0 && ran == 2);
    assert_eq!(tries("[mps]*"), (one, 3));
}

#[test]
fn a_command_that_ends_as_if_by_ctrl_c_stops_no_other() {
    let scene = scene();
    for (end, told) in [("exit 130", "exit code 130"), ("kill -INT $$", "signal 2, exit code 130")] {
        let script = format!("echo ran; test $AWSAUTH_PROFILE != key-a || {end}");
        let run = scene.run(&["exec", "key-*", "--", "sh", "-c", &script]).exits(130);
        let told = format!("1 of 3 profiles failed:\n  key-a  {told}\n");
        assert_eq!((run.stdout.lines().count(), run.stderr), (3, told));
    }
}

#[test]
fn ctrl_c_of_a_supervisor_reaches_what_runs() {
    let scene = scene();
    let script = "trap 'echo caught; exit 0' INT; echo ready; i=0; while [ $((i+=1)) -lt 1000 ]; do sleep 0.02; done";
    let mut command = scene.home.program("setsid".as_ref());
    command.arg(env!("CARGO_BIN_EXE_awsauth")).args(["exec", "key-*", "--", "sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    interrupt(&child);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "key-a  | caught\n");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_command_that_ctrl_c_has_ended_is_not_seen_to_end_before_the_ctrl_c() {
    let scene = scene();
    // It has its own Ctrl-C behind it, as a command at the same terminal has, and ends well or badly.
    for code in ["0", "3"].repeat(10) {
        let script = format!("trap '' INT; kill -INT $PPID; exit {code}");
        let mut command = scene.home.program("setsid".as_ref());
        command.args(["--wait", env!("CARGO_BIN_EXE_awsauth"), "exec", "--json", "key-*", "--", "sh", "-c", &script]);
        let run = Run::from(command.output().unwrap()).exits(130);
        let document = run.json();
        let states: Vec<&str> = (0..3).map(|n| document["profiles"][n]["state"].as_str().unwrap()).collect();
        assert_eq!(states, [if code == "0" { "ended" } else { "interrupted" }, "not run", "not run"]);
    }
}

#[test]
fn of_many_failures_the_first_are_told_and_all_are_in_the_document() {
    let scene = scene();
    let names: Vec<String> = (0..25).map(|number| format!("key-{number:02}")).collect();
    let mut keys = long_term_keys();
    let mut manifest = MANIFEST.to_owned();
    for name in &names {
        write!(manifest, "\n[profiles.{name}]\npattern = \"iam\"\n").unwrap();
        write!(keys, "\n[{name}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n").unwrap();
    }
    scene.home.manifest(&manifest);
    scene.home.write(CREDENTIALS, keys);
    let run = scene.run(&["exec", "--json", "key-*", "--", "false"]).exits(1);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[20]), (22, "25 of 25 profiles failed:", "  key-19  exit code 1"));
    assert_eq!(lines[21], "  and 5 more; `--json` tells all");
    assert_eq!(run.json()["profiles"].as_array().unwrap().len(), 25);
    let run = scene.run(&["exec", "key-[01]*", "--", "false"]).exits(1);
    assert_eq!(run.stderr.lines().count(), 21, "{}", run.stderr);
}

#[test]
fn no_threads_are_needed() {
    let scene = scene();
    let mut command = scene.home.command(["exec", "--tag", "keys", "--", "echo", "ran"]);
    // No thread can have such a stack.
    let run = Run::from(command.env("RUST_MIN_STACK", (1_u64 << 60).to_string()).output().unwrap()).ok();
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
}

#[test]
fn so_many_run_at_once_and_what_they_print_comes_while_they_run() {
    let scene = scene();
    let (one, other) = (scene.home.pipe("one"), scene.home.pipe("other"));
    // The one waits for the other, and then for this test.
    let script = format!(
        "case $AWSAUTH_PROFILE in key-a) echo >'{0}'; read x <'{1}';; key-bb) read x <'{0}'; echo met;; esac",
        one.display(),
        other.display()
    );
    let mut child = start(&scene, &["exec", "--parallel", "2", "key-[ab]*", "--", "sh", "-c", &script]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "key-bb | met\n");
    assert!(child.try_wait().unwrap().is_none(), "they do not run any more");
    std::fs::write(&other, "\n").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn lines_are_never_mixed() {
    let scene = scene();
    let script = "i=0; while [ $i -lt 400 ]; do printf $AWSAUTH_PROFILE; printf -; echo end; i=$((i+1)); done";
    let run = scene.run(&["exec", "--parallel", "3", "key-*", "--", "sh", "-c", script]).ok();
    for name in KEYS {
        let line = format!("{name:<6} | {name}-end");
        assert_eq!(run.stdout.lines().filter(|other| *other == line).count(), 400, "{name}");
    }
    assert_eq!(run.stdout.lines().count(), 1200);
}

#[test]
fn a_line_without_an_end_is_passed_on_in_pieces() {
    let scene = scene();
    let run = scene.run(&["exec", "key-a*", "--", "sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"]).ok();
    let lines: Vec<usize> = run.stdout.lines().map(|line| line.strip_prefix("key-a | ").unwrap().len()).collect();
    assert_eq!(lines, [65536, 65536, 65536, 65536, 37856]);
}

#[test]
fn a_reader_who_takes_his_time_gets_everything() {
    let scene = scene();
    // More than the pipes hold. The reader begins when the command has ended and awsauth's patience with what keeps a pipe
    // open is over twice: another awsauth, which starts after the end, has lost it with two commands by then.
    let (ended, never) = (scene.home.pipe("ended"), scene.home.pipe("never"));
    let script = format!(
        "{0} exec 'key-a*' -- sh -c 'seq 16000; echo >\"$0\"' '{1}' | {{
            read x <'{1}'; {0} exec 'key-[ab]*' -- sh -c 'read x <\"$0\" &' '{2}'; md5sum; }}
        {0} exec 'key-a*' -- seq 16000 | md5sum",
        env!("CARGO_BIN_EXE_awsauth"),
        ended.display(),
        never.display()
    );
    let output = scene.home.program("bash".as_ref()).args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let sums: Vec<&str> = text.lines().collect();
    assert_eq!((sums.len(), String::from_utf8_lossy(&output.stderr).as_ref()), (2, ""));
    assert_eq!(sums[0], sums[1]);
    std::fs::write(&never, "\n\n").unwrap();
}

#[test]
fn what_a_command_leaves_in_the_background_holds_nobody_up() {
    let scene = scene();
    let pipe = scene.home.pipe("end");
    let script = format!("read x <'{}' & echo ran", pipe.display());
    let run = scene.run(&["exec", "key-[ab]*", "--", "sh", "-c", &script]).ok();
    assert_eq!(run.stdout, "key-a  | ran\nkey-bb | ran\n");
    std::fs::write(&pipe, "\n\n").unwrap();
    let run = scene.run(&["exec", "--json", "key-a*", "--", "sh", "-c", "yes & printf end >&2"]).ok();
    assert_eq!(run.stderr, "key-a | end\n");
}

#[test]
fn a_command_that_ends_in_a_line_has_it_passed_on_while_something_keeps_the_stream_open() {
    let scene = scene();
    let pipe = scene.home.pipe("end");
    let script = format!("read x <'{}' & printf ran", pipe.display());
    let run = scene.run(&["exec", "key-a*", "--", "sh", "-c", &script]).ok();
    assert_eq!(run.stdout, "key-a | ran\n");
    std::fs::write(&pipe, "\n").unwrap();
}

#[test]
fn a_command_that_does_not_exist_or_can_not_be_run_is_told_once() {
    let scene = scene();
    let nowhere = scene.home.path("nowhere");
    for (program, shown) in [("no-such-program", "no-such-program"), (nowhere.to_str().unwrap(), "~/nowhere")] {
        let run = scene.run(&["exec", "--tag", "team", "--tag", "keys", "--", program]).exits(127);
        // Nobody is asked for a session that nothing would use.
        let told = format!("error: can't run `{shown}`\n  No such file or directory (os error 2)\n");
        assert!(run.stderr.starts_with(&told) && run.stderr.matches("can't run").count() == 1, "{}", run.stderr);
    }
    assert_eq!(
        scene.run(&["exec", "--json", "--all", "--", "no-such-program"]).exits(127).json()["error"]["exit_code"],
        127
    );
    scene.home.write("plain", "text");
    let plain = scene.home.path("plain");
    let run = scene.run(&["exec", "--tag", "keys", "--", plain.to_str().unwrap()]).exits(126);
    assert_eq!(run.stderr.matches("can't run").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("  key-bb  could not be run, exit code 126\n"), "{}", run.stderr);
    // What the system finds without a PATH is not looked for.
    let mut command = scene.home.command(["exec", "key-*", "--", "true"]);
    assert!(command.env_remove("PATH").output().unwrap().status.success());
}

#[test]
fn a_second_name_is_told_from_a_command() {
    let scene = scene();
    for (args, what) in [
        (&["exec", "key-a", "key-bb", "--", "echo", "ran"][..], "hint: `key-bb` is a profile, and"),
        (&["exec", "prod", "key-[bc]*", "--", "echo", "ran"], "hint: `key-[bc]*` stands for profiles, and"),
        (&["exec", "key-*", "prod", "--", "echo", "ran"], "hint: `prod` is a profile, and"),
    ] {
        let run = scene.run(args).exits(127);
        let told = format!(
            "{what} `exec` takes one NAME or pattern: for many profiles, `awsauth exec 'PATTERN' -- CMD` or `awsauth exec --tag TAG -- CMD`\n"
        );
        assert!(run.stdout.is_empty() && run.stderr.ends_with(&told), "{args:?}: {}", run.stderr);
    }
    let run = scene.run(&["exec", "key-a", "x*", "--", "echo", "ran"]).exits(127);
    assert!(!run.stderr.contains("hint"), "{}", run.stderr);
}

#[test]
fn a_command_without_its_mark_is_told_with_the_same_words_and_the_mark() {
    let scene = scene();
    for (args, hint) in [
        (&["exec", "--tag", "keys", "echo", "a b"][..], "`awsauth exec --tag keys -- echo 'a b'`"),
        (
            &["--json", "exec", "--tag", "keys", "--no-login", "--parallel", "3", "echo"],
            "`awsauth --json exec --tag keys --no-login --parallel 3 -- echo`",
        ),
        (
            &["exec", "--tag", "keys", "echo", "--no-login", "--parallel", "3", "ran"],
            "`awsauth exec --tag keys --parallel 3 --no-login -- echo ran`",
        ),
        (&["exec", "--all", "echo", "--no-login", "ran"], "`awsauth exec --all --no-login -- echo ran`"),
        (
            &["exec", "key-a", "--tag", "team", "--tag", "x y", "--", "echo", "ran"],
            "`awsauth exec --tag team --tag 'x y' -- echo ran`, or `awsauth exec key-a -- echo ran` for that profile",
        ),
    ] {
        let run = scene.run(args).exits(2);
        assert!(run.stderr.ends_with(&format!("hint: {hint}\n")), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn what_makes_no_sense_is_said_before_anything_runs() {
    let scene = scene();
    for (args, words) in [
        (&["exec", "--tag", "keys", "echo", "ran"][..], "CMD stands after `--`"),
        (&["exec", "key-a", "--tag", "keys", "--", "echo", "ran"], "CMD stands after `--`"),
        (&["exec", "--all", "--tag", "keys", "--", "echo", "ran"], "cannot be used with"),
        (&["exec", "--all"], "which command?"),
        (&["exec", "--all", "--"], "which command?"),
        (&["exec", "key-*"], "which command?"),
        (&["exec", "key-a", "--parallel", "2", "--", "echo", "ran"], "`--parallel` is for many profiles"),
        (&["exec", "--parallel", "0", "--all", "--", "echo", "ran"], "0 is not in 1..=100"),
        (&["exec", "kye-*", "--", "echo", "ran"], "did you mean `key-*`?"),
        (&["exec", "key-**", "--", "echo", "ran"], "is not a valid glob"),
        (&["exec", "--tag", "kyes", "--", "echo", "ran"], "did you mean `keys`?"),
    ] {
        let run = scene.run(args).exits(2);
        assert!(run.stdout.is_empty() && run.stderr.contains(words), "{args:?}: {}", run.stderr);
    }
    let run = scene.run(&["exec", "--tag", "keys", "--", "printf", "<%s>", "--json", "--", "-v", "x*"]).ok();
    assert!(run.stdout.starts_with("key-a  | <--json><--><-v><x*>\n"), "{}", run.stdout);
}

#[test]
fn a_reader_who_goes_away_ends_the_commands_as_it_would_without_awsauth() {
    let scene = scene();
    let script =
        format!("{} exec 'key-[ab]*' -- yes | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_awsauth"));
    let output = scene.home.program("bash".as_ref()).args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "key-a  | y\n141\n");
    let told = "2 of 2 profiles failed:\n  key-a   signal 13, exit code 141\n  key-bb  signal 13, exit code 141\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), told);
}

#[test]
fn output_that_can_not_be_written_is_a_failure() {
    let scene = scene();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = scene.home.command(["exec", "key-*", "--", "echo", "x"]).stdout(full).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{text}");
    assert!(text.contains("can't pass on what the command prints"), "{text}");
}

#[test]
fn a_signal_to_awsauth_reaches_what_runs_and_nothing_more_is_started() {
    let scene = scene();
    let script = "trap 'echo caught; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
    let mut child = start(&scene, &["exec", "--parallel", "2", "key-*", "--", "sh", "-c", script]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        stdout.read_line(line).unwrap();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest.matches("| caught\n").count(), 2, "{rest}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    // A shell may tell in front of it that the signal has ended its `sleep`.
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.ends_with("1 of 3 profiles not run:\n  key-c  not run\n"), "{told}");
}

#[test]
fn a_signal_reaches_what_a_command_has_started_too() {
    let scene = scene();
    let inner = "trap 'echo caught; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
    let mut command = scene.home.program("setsid".as_ref());
    // The shell waits for a command of its own, as most scripts do, and is ended by the signal at once.
    command.arg(env!("CARGO_BIN_EXE_awsauth")).args(["exec", "key-a*", "--", "sh", "-c", "sh -c \"$0\"; :", inner]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "key-a | caught\n");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
