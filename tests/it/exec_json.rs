//! `exec --json` for many profiles: one document with everything that they have printed.

use crate::exec_many::scene;

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn much_output_is_in_memory_once() {
    let scene = scene();
    // 16 MiB, each byte of which takes six in JSON. The program itself needs some 60 MiB of addresses for its own code.
    let print = "tr '\\0' '\\1' </dev/zero | head -c 16777216";
    let script =
        format!("ulimit -v 150000; exec '{}' exec --json 'key-a*' -- sh -c \"$0\"", env!("CARGO_BIN_EXE_awsauth"));
    let mut command = scene.home.program("sh".as_ref());
    // Else the C library sets aside 64 MiB of addresses for each thread.
    let output = command.args(["-c", &script, print]).env("MALLOC_ARENA_MAX", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\\u0001").count(), 16 * 1024 * 1024);
    assert!(text.ends_with("\",\n      \"stdout_is_exact\": true\n    }\n  ]\n}\n"));
}

#[test]
fn bytes_that_are_no_text_are_replaced_as_ever() {
    let scene = scene();
    // The end of a character is missing; a byte that begins none; half of one at the end.
    let print = r"printf 'a\303(\377\360\237\230\n\342\202'";
    let document = scene.run(&["exec", "--json", "key-a*", "--", "sh", "-c", print]).ok().json();
    let profile = &document["profiles"][0];
    assert_eq!(profile["stdout"], String::from_utf8_lossy(b"a\xc3(\xff\xf0\x9f\x98\n\xe2\x82").as_ref());
    assert_eq!(profile["stdout_is_exact"], false);
    let fields: Vec<&String> = profile.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["name", "state", "code", "seconds", "stdout", "stdout_is_exact"]);
    let printed = scene.run(&["exec", "--json", "key-a*", "--", "printf", "\u{e9}\u{1f600}"]).ok().json();
    assert_eq!(printed["profiles"][0]["stdout"], "\u{e9}\u{1f600}");
    assert_eq!(printed["profiles"][0]["stdout_is_exact"], true);
}

#[test]
fn json_is_one_document_with_what_each_run_printed() {
    let scene = scene();
    let script = "case $AWSAUTH_PROFILE in key-a) echo '{\"a\":1}'; echo talk >&2;; prod) exit 1;; *) printf 'x\\377'; exit 3;; esac";
    let run = scene.run(&["exec", "--json", "--all", "--", "sh", "-c", script]).exits(5);
    assert!(run.stderr.contains("key-a  | talk\n"), "{}", run.stderr);
    let document = run.json();
    assert_eq!((&document["version"], &document["exit_code"]), (&1.into(), &5.into()));
    let profile = |name: &str| {
        let all = document["profiles"].as_array().unwrap();
        all.iter().find(|profile| profile["name"] == name).unwrap().clone()
    };
    let key = profile("key-a");
    assert_eq!((&key["state"], &key["code"]), (&"ended".into(), &0.into()));
    assert_eq!((&key["stdout"], &key["stdout_is_exact"]), (&"{\"a\":1}\n".into(), &true.into()));
    assert!(key["seconds"].as_f64().is_some_and(|seconds| seconds >= 0.0), "{key}");
    let base = profile("base");
    assert_eq!((&base["code"], &base["stdout"]), (&3.into(), &"x\u{fffd}".into()));
    assert_eq!(base["stdout_is_exact"], false);
    let prod = profile("prod");
    assert_eq!((&prod["state"], &prod["code"], &prod["error"]["exit_code"]), (&"failed".into(), &5.into(), &5.into()));
}
