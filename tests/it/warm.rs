//! The short way of `env`, `exec` and `use`: the kept session, as long as what it was made from is unchanged.

use crate::scene::{MANIFEST, STATE, Scene};

/// What a program of this identity sees, by each command that hands one out.
fn identities(scene: &Scene) -> Vec<String> {
    let use_prod = scene.home.command(["use", "prod", "--no-login"]).env("AWSAUTH_HOOK", "bash").output().unwrap();
    vec![
        scene.run(&["env", "prod", "--shell", "dotenv", "--no-login"]).stdout,
        scene.run(&["env", "prod", "--json", "--no-login"]).stdout,
        scene.run(&["exec", "prod", "--no-login", "--", "env"]).stdout,
        String::from_utf8(use_prod.stdout).unwrap(),
    ]
}

#[cfg_attr(windows, ignore = "there is no program env")]
#[test]
fn after_a_change_of_the_manifest_nothing_of_the_old_one_is_handed_out() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let old = scene.access_key_of("prod");
    let has = |word: &str| identities(&scene).iter().map(|text| text.contains(word)).collect::<Vec<_>>();
    assert_eq!((has(&old), has("AWS_DEFAULT_OUTPUT=")), (vec![true; 4], vec![false; 4]));
    let with_output = MANIFEST.replace("[profiles.prod]\n", "[profiles.prod]\noutput = \"yaml-stream\"\n");
    scene.home.manifest(&with_output);
    for _ in 0..2 {
        assert_eq!((has(&old), has("yaml-stream")), (vec![true; 4], vec![true; 4]));
    }
    scene.home.manifest(MANIFEST);
    assert_eq!((has(&old), has("yaml-stream")), (vec![true; 4], vec![false; 4]));
    assert_eq!(scene.calls(), [""; 0]);
    for (from, to) in [("role/Admin", "role/Other"), ("ap-northeast-1", "eu-west-1"), ("profiles.prod", "profiles.p")] {
        scene.change_manifest(from, to);
        assert_eq!(has(&old), [false; 4], "{to}");
    }
    let other = scene.home.path("other.toml");
    scene.home.manifest(MANIFEST);
    scene.home.write("other.toml", MANIFEST.replace("role/Admin", "role/Other"));
    let run = scene.run(&["env", "prod", "--no-login", "--manifest", other.to_str().unwrap()]);
    assert!(!run.stdout.contains(&old), "{}", run.stdout);
    scene.home.write(".config/awsauth/profiles.local.toml", "[profiles.prod]\nduration_seconds = 900\n");
    assert_eq!(has(&old), [false; 4], "a personal file that is new");
}

#[test]
fn errors_of_the_manifest_are_told_each_time() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.home.manifest(&format!("{MANIFEST}\n[profiles.wrong]\npattern = \"sso\"\n"));
    for _ in 0..3 {
        let run = scene.run(&["env", "prod"]).ok();
        assert!(run.stderr.contains("left out: wrong"), "{}", run.stderr);
    }
    scene.home.manifest(MANIFEST);
    assert_eq!(scene.run(&["env", "prod"]).ok().stderr, "");
}

/// The files that a run opens.
#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
pub(crate) fn opened(scene: &Scene, args: &[&str]) -> Vec<String> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = scene.home.program(&crate::readers::client::tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-e", "trace=openat,openat2", "-o"]).arg(log.path()).arg(env!("CARGO_BIN_EXE_awsauth"));
    crate::support::sandbox::Run::from(command.args(args).output().unwrap()).ok();
    let calls = std::fs::read_to_string(log.path()).unwrap();
    calls.lines().map(str::to_owned).collect()
}

#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
#[test]
fn with_a_kept_session_the_manifest_is_not_read() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    // A manifest that was written a moment before is compared by its content: it is a little older now.
    scene.expire("prod");
    scene.run(&["credential-process", "prod"]).ok();
    for args in [
        &["credential-process", "prod"][..],
        &["env", "prod"],
        &["env", "prod", "--json", "--no-login"],
        &["exec", "prod", "--", "true"],
    ] {
        let files = opened(&scene, args);
        assert!(!files.iter().any(|file| file.contains("profiles.toml")), "{args:?}: {files:#?}");
    }
}

/// What completion offers for a word.
fn completed(scene: &Scene, words: &[&str]) -> String {
    let mut command = scene.home.command(["--", "awsauth"]);
    let output = command.args(words).env("AWSAUTH_COMPLETE", "fish").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn kept_names_are_those_of_the_manifest_that_is_there() {
    let scene = Scene::new();
    let described = "[profiles.prod]\ntags = [\"live\", \"eu\"]\ndescription = \"Ask first\"\n";
    scene.change_manifest("[profiles.prod]\n", described);
    let names = format!("{STATE}/names");
    let asked: [&[&str]; 6] = [
        &["login", ""],
        &["env", ""],
        &["keys", "add", ""],
        &["mfa", "list", ""],
        &["discover", ""],
        &["list", "--tag", ""],
    ];
    let all = || asked.map(|words| completed(&scene, words));
    let first = all();
    assert!(first[1].contains("\nprod\tAsk first\n") && first[5].starts_with("words\neu\nlive\n"), "{first:?}");
    assert!(scene.home.has(&names));
    assert_eq!(all(), first, "from the kept list");
    let good = scene.home.read(&names);
    for broken in
        [&good[..good.len() / 2], "", "[]", "[2,[]]\niam\tfalse\t\n", &good.replace("iam-mfa\tmain", "iam\tno")]
    {
        scene.home.write(&names, broken);
        let is_believed = broken.contains("\tno\t");
        assert_eq!(completed(&scene, &["env", "m"]).contains("main"), !is_believed, "{broken}");
        std::fs::remove_file(scene.home.path(&names)).unwrap();
    }
    scene.home.write("other.toml", "[profiles.other]\npattern = \"iam\"\n");
    let scene = scene.env("AWSAUTH_MANIFEST", "~/other.toml");
    assert_eq!(completed(&scene, &["env", ""]).lines().nth(1), Some("other\tiam"));
    scene.home.write(".config/awsauth/profiles.local.toml", "[profiles.own]\npattern = \"iam\"\n");
    assert_eq!(completed(&scene, &["env", "o"]), "words\nother\tiam\nown\tiam\n");
}
