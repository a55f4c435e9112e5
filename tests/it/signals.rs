//! Tests that send signals find them at their defaults, whatever the tests were started with.

use crate::support::sandbox::{Run, Sandbox};

#[test]
fn tests_send_signals_also_where_they_were_started_to_ignore_them() {
    let tests = [
        "exec_many::ctrl_c_of_a_supervisor_reaches_what_runs",
        "exec_many::a_signal_to_awsauth_reaches_what_runs_and_nothing_more_is_started",
        "discover::person::a_signal_without_a_terminal_ends_it_as_well",
    ];
    // As `nohup` does, and a script's `&`.
    let script = "trap '' INT HUP TERM QUIT; exec \"$0\" --exact \"$@\"";
    let home = Sandbox::new();
    let mut command = home.program("sh".as_ref());
    command.args(["-c", script]).arg(std::env::current_exe().unwrap()).args(tests);
    let run = Run::from(command.output().unwrap()).ok();
    assert!(run.stdout.contains("3 passed"), "{}", run.stdout);
}
