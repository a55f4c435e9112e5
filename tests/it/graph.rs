//! `graph`: what stands on what, as a tree, for Mermaid and for Graphviz.

use std::fmt::Write as _;

use crate::scene::{MANIFEST, Scene};
use crate::support::sandbox::Sandbox;

const TREE: &str = "\
corp            SSO session
└── read        sso            123456789012  ReadOnly
    └── jump    sso-role       999900001111  Deploy
main-long-term  long-term key
└── main        iam-mfa        111122223333
    └── prod    iam-mfa-role   444455556666  Admin
base            long-term key
└── base        iam
    └── audit   iam-mfa-role   777788889999  Audit
";

#[test]
fn the_tree_has_sources_above_what_is_made_from_them() {
    let scene = Scene::new();
    let run = scene.run(&["graph"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (TREE, ""));
    assert_eq!(scene.run(&["graph", "--format", "tree"]).ok().stdout, TREE);
}

#[test]
fn several_below_one_source_are_joined_by_a_line_in_the_manifests_order() {
    let scene = Scene::new();
    let more = "
[profiles.stage]
pattern = \"iam-mfa-role\"
source_profile = \"main\"
role_arn = \"arn:aws:iam::444455556666:role/x/Stage\"

[profiles.deeper]
pattern = \"iam-mfa-role\"
source_profile = \"prod\"
role_arn = \"arn:aws:iam::444455556666:role/Deeper\"

[profiles.other]
pattern = \"iam-mfa\"
mfa_serial = \"GAHT12345678\"
long_term_profile = \"main-long-term\"

[profiles.old]
pattern = \"sso\"
sso_start_url = \"https://old.awsapps.com/start\"
sso_region = \"us-east-1\"
sso_account_id = \"123456789012\"
sso_role_name = \"ReadOnly\"
";
    scene.home.manifest(&(MANIFEST.to_owned() + more));
    let expected = "\
main-long-term                 long-term key
├── main                       iam-mfa        111122223333
│   ├── prod                   iam-mfa-role   444455556666  Admin
│   │   └── deeper             iam-mfa-role   444455556666  Deeper
│   └── stage                  iam-mfa-role   444455556666  x/Stage
└── other                      iam-mfa
https://old.awsapps.com/start  SSO portal
└── old                        sso            123456789012  ReadOnly
";
    assert_eq!(scene.run(&["graph", "other", "old", "stage", "deeper"]).ok().stdout, expected);
}

#[test]
fn a_session_is_not_shown_for_a_long_term_key_of_its_name() {
    let scene = Scene::new();
    let main = "[profiles.main]\n";
    scene.change_manifest(main, &format!("{main}long_term_profile = \"corp\"\n"));
    let tree = scene.run(&["graph", "main"]).ok().stdout;
    assert_eq!(tree, "corp      long-term key\n└── main  iam-mfa        111122223333\n");
    // Both, where both are wanted.
    let tree = scene.run(&["graph", "main", "read"]).ok().stdout;
    assert_eq!(tree.lines().filter(|line| line.starts_with("corp ")).count(), 2, "{tree}");
}

#[test]
fn chosen_profiles_come_with_what_they_stand_on_and_nothing_else() {
    let scene = Scene::new();
    let tree = scene.run(&["graph", "jump"]).ok().stdout;
    assert_eq!(
        tree,
        "corp          SSO session\n└── read      sso          123456789012  ReadOnly\n    └── jump  sso-role     999900001111  Deploy\n"
    );
    let tree = scene.run(&["graph", "b*"]).ok().stdout;
    assert_eq!(tree, "base      long-term key\n└── base  iam\n");
    let unused =
        "\n[sso_sessions.none]\nsso_start_url = \"https://none.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    scene.home.manifest(&(MANIFEST.to_owned() + unused));
    assert!(scene.run(&["graph"]).ok().stdout.contains("\nnone            SSO session\n"));
    assert!(!scene.run(&["graph", "*"]).ok().stdout.contains("none"));
}

#[test]
fn mermaid_dot_and_json_have_the_same_nodes_and_edges() {
    let scene = Scene::new();
    let mermaid = scene.run(&["graph", "prod", "--format", "mermaid"]).ok().stdout;
    let expected = "\
flowchart LR
    n0([\"main-long-term<br/>long-term key\"])
    n1[\"main<br/>iam-mfa<br/>111122223333\"]
    n2[\"prod<br/>iam-mfa-role<br/>444455556666 Admin\"]
    n0 --> n1
    n1 --> n2
";
    assert_eq!(mermaid, expected);
    let dot = scene.run(&["graph", "prod", "--format", "dot"]).ok().stdout;
    for line in ["    n1 [label=\"main\\niam-mfa\\n111122223333\"];", "    n0 -> n1;", "    n1 -> n2;"] {
        assert!(dot.lines().any(|other| other == line), "{line}: {dot}");
    }
    let document = scene.run(&["graph", "prod", "--json"]).ok().json();
    let node = serde_json::json!({
        "id": 2, "kind": "profile", "name": "prod", "pattern": "iam-mfa-role", "account": "444455556666", "role": "Admin",
    });
    assert_eq!(document["nodes"][2], node);
    assert_eq!(document["nodes"][0], serde_json::json!({ "id": 0, "kind": "long-term-key", "name": "main-long-term" }));
    assert_eq!(document["edges"], serde_json::json!([{ "from": 0, "to": 1 }, { "from": 1, "to": 2 }]));
    let run = scene.run(&["graph", "--json", "--format", "dot"]).exits(2);
    assert!(run.stderr.contains("leave out `--format`"), "{}", run.stderr);
}

#[test]
fn a_manifest_without_profiles_is_an_empty_picture() {
    let home = Sandbox::new();
    home.manifest("");
    let run = home.run(["graph"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "the manifest has no profiles\n"));
    assert_eq!(home.run(["graph", "--format", "mermaid"]).ok().stdout, "flowchart LR\n");
    assert!(home.run(["graph", "--format", "dot"]).ok().stdout.ends_with("}\n"));
}

/// Everything that a name, a role and a session may hold, as a manifest.
pub(crate) fn odd_names() -> String {
    let mut text =
        "[sso_sessions.\"a%%b.@+:/-\"]\nsso_start_url = \"https://x.awsapps.com/start\"\nsso_region = \"us-east-1\"\n"
            .to_owned();
    for name in ["end", "a.b_c@d%e+f:g/h-i", "1.", "graph", "%%", "+", "o", "x---y"] {
        let account = "sso_account_id = \"123456789012\"\nsso_role_name = \"R+=,.@-_x\"\n";
        write!(text, "\n[profiles.\"{name}\"]\npattern = \"sso\"\nsso_session = \"a%%b.@+:/-\"\n{account}").unwrap();
    }
    let portal = "sso_start_url = \"https://x.example.com/a?b=c&d=e\"\nsso_region = \"us-east-1\"\n";
    write!(
        text,
        "\n[profiles.old]\npattern = \"sso\"\n{portal}sso_account_id = \"123456789012\"\nsso_role_name = \"R\"\n"
    )
    .unwrap();
    text
}

#[test]
fn what_mermaid_reads_as_its_own_is_given_by_number() {
    let home = Sandbox::new();
    home.manifest(&odd_names());
    let text = home.run(["graph", "a.*", "--format", "mermaid"]).ok().stdout;
    assert!(text.contains("[\"a.b_c#64;d#37;e#43;f#58;g/h-i<br/>sso<br/>123456789012 R#43;#61;,.#64;-_x\"]"), "{text}");
}

/// A manifest with two SSO profiles in each account.
fn many(accounts: usize) -> String {
    let mut text =
        "[sso_sessions.corp]\nsso_start_url = \"https://x.awsapps.com/start\"\nsso_region = \"us-east-1\"\n".to_owned();
    for number in 0..accounts {
        for role in ["Admin", "Read"] {
            let place = format!("sso_account_id = \"{number:012}\"\nsso_role_name = \"{role}\"\n");
            write!(text, "[profiles.a{number}-{role}]\npattern = \"sso\"\nsso_session = \"corp\"\n{place}").unwrap();
        }
    }
    text
}

#[test]
fn profiles_of_an_account_with_one_source_are_one_where_that_is_asked_for() {
    let home = Sandbox::new();
    let jump = "[profiles.jump]\npattern = \"sso-role\"\nsource_profile = \"a1-Read\"\nrole_arn = \
                \"arn:aws:iam::999900001111:role/Deploy\"\n";
    home.manifest(&(many(2) + jump));
    let expected = "\
corp          SSO session
├── a0        2 profiles   000000000000  Admin, Read
├── a1-Admin  sso          000000000001  Admin
└── a1-Read   sso          000000000001  Read
    └── jump  sso-role     999900001111  Deploy
";
    assert_eq!(home.run(["graph", "--by-account"]).ok().stdout, expected);
    let roles = [("one", "R"), ("two", "R"), ("three", "S")].map(|(name, role)| {
        format!(
            "[profiles.{name}]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"000000000009\"\nsso_role_name = \
             \"{role}\"\n"
        )
    });
    let tree = Sandbox::new();
    tree.manifest(&(many(0) + &roles.concat()));
    let expected = "corp              SSO session\n└── 000000000009  3 profiles     R, S\n";
    assert_eq!(tree.run(["graph", "--by-account"]).ok().stdout, expected);
    let document = home.run(["graph", "--by-account", "--json"]).ok().json();
    let node = serde_json::json!({
        "id": 1, "kind": "account", "name": "a0", "account": "000000000000", "profiles": ["a0-Admin", "a0-Read"],
    });
    assert_eq!(document["nodes"][1], node);
}

#[test]
fn a_picture_of_all_of_many_profiles_is_by_account_and_one_of_some_is_not() {
    let home = Sandbox::new();
    home.manifest(&many(31));
    for format in ["mermaid", "dot"] {
        let run = home.run(["graph", "--format", format]).ok();
        assert!(run.stdout.contains("2 profiles") && !run.stdout.contains("a7-Admin"), "{}", run.stdout);
        assert!(run.stderr.starts_with("62 profiles are drawn by account"), "{}", run.stderr);
    }
    let run = home.run(["graph", "a?-*", "--format", "mermaid"]).ok();
    assert!(run.stdout.contains("a7-Admin") && run.stderr.is_empty(), "{}{}", run.stdout, run.stderr);
    assert!(home.run(["graph"]).ok().stdout.contains("a7-Admin"));
    home.manifest(&many(30));
    assert!(home.run(["graph", "--format", "mermaid"]).ok().stdout.contains("a7-Admin"));
}

#[test]
fn the_picture_goes_between_two_markers_of_a_file() {
    let scene = Scene::new();
    let file =
        |picture: &str| format!("# Accounts\r\n<!-- awsauth graph -->\r\n{picture}<!-- /awsauth graph -->\r\nend");
    scene.home.write("README.md", file("anything\r\n"));
    let expected = scene.run(&["graph", "--format", "mermaid"]).ok().stdout;
    scene
        .home
        .manifest(&format!("[required_vars]\nuser = \"your name\"\n{}", MANIFEST.replace("mfa/alice", "mfa/${user}")));
    let own = "[vars]\nuser = \"alice\"\n[profiles.mine]\npattern = \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\n";
    let own = format!("{own}[profiles.prod]\nsource_profile = \"mine\"\n");
    scene.home.write(".config/awsauth/profiles.local.toml", own);
    let run = || scene.home.command(["graph", "--write", "README.md"]).current_dir(scene.home.path("")).output();
    let said = || crate::support::sandbox::Run::from(run().unwrap()).ok();
    assert_eq!(said().stderr, "wrote the picture into README.md\n");
    let text = scene.home.read("README.md");
    assert_eq!(text, file(&format!("```mermaid\n{expected}```\n").replace('\n', "\r\n")));
    assert_eq!(said().stderr, "nothing to do: the picture in README.md is up to date\n");
    assert_eq!(scene.home.read("README.md"), text);
}

#[test]
fn a_file_without_the_markers_stays_as_it_is() {
    let scene = Scene::new();
    let [begin, end] = ["<!-- awsauth graph -->\n", "<!-- /awsauth graph -->\n"];
    for text in
        [String::new(), "text\n".to_owned(), begin.to_owned(), format!("{end}{begin}"), format!("{begin}{begin}{end}")]
    {
        scene.home.write("README.md", &text);
        let path = scene.home.path("README.md");
        let run = scene.run(&["graph", "--write", path.to_str().unwrap()]).exits(4);
        assert!(run.stderr.contains("    <!-- awsauth graph -->\n    <!-- /awsauth graph -->"), "{}", run.stderr);
        assert_eq!(scene.home.read("README.md"), text);
    }
    assert!(scene.run(&["graph", "--write", "no.md", "--json"]).exits(2).stderr.contains("leave out `--json`"));
}

#[test]
fn more_arrows_than_mermaid_draws_are_warned_of() {
    let home = Sandbox::new();
    let mut text = String::new();
    for number in 0..501 {
        write!(text, "[profiles.p{number}]\npattern = \"iam\"\n").unwrap();
    }
    home.manifest(&text);
    let run = home.run(["graph", "*", "--format", "mermaid"]).ok();
    assert!(run.stderr.contains("Mermaid draws 500 arrows"), "{}", run.stderr);
    assert_eq!(home.run(["graph", "p1*", "--format", "mermaid"]).ok().stderr, "");
    assert_eq!(home.run(["graph", "*", "--format", "dot"]).ok().stderr, "");
}
