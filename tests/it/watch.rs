//! `status --watch`: the table on a screen of its own.

use crate::scene::{CREDENTIALS, Scene};
use crate::terminal::{at_terminal, ends_with};

const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[H\u{1b}[J\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

#[test]
fn the_screen_follows_what_changes_and_ctrl_c_gives_the_terminal_back() {
    let scene = Scene::new().env("NO_COLOR", "1");
    let mut session = at_terminal(&scene, "status main base --watch");
    session.exp_string(ENTER).unwrap();
    session.exp_string("not logged in").unwrap();
    session.exp_string("long-term key").unwrap();
    scene.logged_in(&["main"]);
    session.exp_string("valid").unwrap();
    scene.home.write(CREDENTIALS, "");
    session.exp_string("needs you: no key").unwrap();
    let changed = crate::scene::MANIFEST.replace("pattern = \"iam\"\n", "pattern = \"external\"\n");
    scene.home.manifest("[profiles.base]\npattern = ");
    session.exp_string("awsauth check").unwrap();
    scene.home.manifest(&changed);
    session.exp_string("external").unwrap();
    session.send_control('c').unwrap();
    let rest = ends_with(session, 0);
    assert!(rest.ends_with(LEAVE), "{rest:?}");
    assert_eq!(scene.calls(), [""; 0], "nobody was asked");
}

#[test]
fn a_frame_is_written_over_the_one_before_in_one_piece() {
    let scene = Scene::new().env("COLUMNS", "40");
    let mut session = at_terminal(&scene, "status --watch --color never");
    session.exp_string("\u{1b}[?25l\u{1b}[?7l\u{1b}[H").unwrap();
    let frame = session.exp_string("\u{1b}[J\u{1b}[H").unwrap();
    assert!(!frame.contains("\u{1b}[2J") && frame.matches("\u{1b}[K").count() == 7, "{frame:?}");
    assert!(!frame.contains("\u{1b}[1m"), "{frame:?}");
    session.send_control('c').unwrap();
    ends_with(session, 0);
}

#[test]
fn what_is_gone_ends_it_with_the_reason_on_the_screen_of_before() {
    let scene = Scene::new();
    let mut session = at_terminal(&scene, "status jump --watch");
    session.exp_string("not logged in").unwrap();
    scene.change_manifest("[profiles.jump]", "[profiles.jumps]");
    session.exp_string(LEAVE).unwrap();
    let told = ends_with(session, 2);
    assert!(told.contains("jump") && told.contains("did you mean"), "{told}");
}

#[test]
fn without_a_terminal_it_is_refused() {
    let scene = Scene::new();
    for args in [&["status", "--watch"][..], &["status", "--watch", "--check"], &["status", "--watch", "--prompt"]] {
        assert_eq!(scene.run(args).exits(2).stdout, "", "{args:?}");
    }
    assert!(scene.run(&["status", "--watch"]).stderr.contains("`awsauth status`"));
    let told = ends_with(at_terminal(&scene.env("NO_COLOR", "1"), "status --watch --json"), 2);
    assert!(told.contains("can't be used with `--json`"), "{told}");
}
