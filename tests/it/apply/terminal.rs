//! `apply` with somebody at the terminal: what is shown before the question, and the pager for what is longer than the screen.

use std::fmt::Write as _;

use super::{SMALL, home};
use crate::pty::Terminal;
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::Sandbox;

/// awsauth at a terminal of 24 lines, by way of a shell that then says how it ended.
fn at_terminal(home: &Sandbox, args: &str) -> Terminal {
    Terminal::runs_words(home, &format!("stty rows 24 cols 100; {} {args}", env!("CARGO_BIN_EXE_awsauth")))
}

/// Answers the question, and returns what was shown before it and after.
#[track_caller]
fn answer(mut session: Terminal, answer: &str, code: i32) -> (String, String) {
    let before = session.exp_string("Write this?").unwrap();
    session.types(&format!("{answer}\r"));
    let after = session.exp_string(&format!("ended with {code}")).unwrap();
    (plain(&before), plain(&after))
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn the_question_before_an_undo_says_what_changes_and_which_run_it_undoes() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    home.run(["apply"]).ok();
    let (before, _) = answer(at_terminal(&home, "apply --undo"), "n", 4);
    assert!(before.contains("~/.aws/config: 1 section changed") && before.contains("undoes the run of 20"), "{before}");
    assert!(before.contains("+region = eu-west-1") && !before.contains("only comments"), "{before}");
    assert!(home.read(CONFIG).contains("eu-west-2"));
    // Not above the diff, where a pager would hide it.
    home.write(CONFIG, home.read(CONFIG) + "\n[profile new]\nregion = us-east-1\n");
    let (before, _) = answer(at_terminal(&home, "apply --undo"), "n", 4);
    let (_, below) = before.split_once("undoes the run of 20").unwrap();
    assert!(below.contains("~/.aws/config was changed since awsauth wrote it"), "{before}");
}

#[test]
fn the_question_before_an_undo_says_which_sections_leave_the_block_and_which_sessions_end() {
    let home = home("[profile main]\nregion=eu-west-1\n").env("PAGER", "cat");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    home.run(["apply", "--adopt"]).ok();
    let session = "\n[main]\naws_access_key_id = ASIA1\naws_session_token = t\nawsauth_expiration = x\n";
    home.write(CREDENTIALS, home.read(CREDENTIALS) + session);
    let (before, _) = answer(at_terminal(&home, "apply --undo"), "n", 4);
    assert!(before.contains("~/.aws/config: 1 section moved out of the block, 1 removed"), "{before}");
    assert!(before.contains("would end the session of main"), "{before}");
}

/// A manifest whose diff is longer than the screen.
fn long() -> String {
    (0..20).fold(String::new(), |mut text, number| {
        write!(text, "[profiles.p{number}]\npattern = \"iam\"\nregion = \"us-east-1\"\n").unwrap();
        text
    })
}

#[test]
fn a_diff_longer_than_the_screen_goes_through_the_pager_which_gets_no_keys() {
    let home = home("");
    let seen = home.path("seen");
    let pager =
        home.script("pager", &format!("{{ echo \"[$*] LESS=$LESS\"; env; cat; }} > {}\necho paged\n", seen.display()));
    let home = home
        .env("PAGER", &format!("{} 'a b' -x", pager.display()))
        .env("AWS_SECRET_ACCESS_KEY", "HIDDEN")
        .env("AWSAUTH_MFA_CODE", "123456");
    let (before, _) = answer(at_terminal(&home, "apply"), "n", 4);
    assert!(!before.contains("paged") && before.contains("+[profile prod]"), "a short one does not: {before}");

    home.manifest(&long());
    let (before, after) = answer(at_terminal(&home, "apply"), "y", 0);
    assert!(before.contains("paged") && !before.contains("+[profile p0]"), "{before}");
    assert!(after.contains("wrote ~/.aws/config: 20 sections added"), "{after}");
    let seen = home.read("seen");
    assert!(
        seen.starts_with("[a b -x] LESS=FRXPsq leads on to the question$\n") && seen.contains("+[profile p19]"),
        "{seen}"
    );
    assert!(seen.contains("\n~/.aws/config: 20 sections added\n\n"), "how much is to come: {seen}");
    assert!(!seen.contains("HIDDEN") && !seen.contains("AWSAUTH_MFA_CODE"), "{seen}");
}

#[test]
fn without_a_pager_a_long_diff_is_printed() {
    for pager in ["", "cat", "/no/such/program", "'unclosed", "false"] {
        let home = home("").env("PAGER", pager);
        home.manifest(&long());
        let (before, _) = answer(at_terminal(&home, "apply"), "n", 4);
        assert!(before.contains("+[profile p0]") && before.contains("+[profile p19]"), "{pager}: {before}");
    }
}
