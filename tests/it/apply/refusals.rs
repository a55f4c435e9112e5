//! What `apply` refuses with code 4: the file is named with its lines, and stays as it was.

use super::{SMALL, SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

/// Runs `apply` over a config file, which must be refused whatever flag is given, and left alone.
#[track_caller]
fn refuses(config: impl AsRef<[u8]>, parts: &[&str]) -> Sandbox {
    let home = home("");
    home.write(CONFIG, config.as_ref());
    for args in [&["apply"][..], &["apply", "--dry-run"], &["apply", "--check"], &["apply", "--yes"]] {
        let run = home.run(args).exits(4);
        tells(&run, &[&["~/.aws/config"], parts].concat());
        assert_eq!(run.stdout, "");
        assert_eq!(std::fs::read(home.path(CONFIG)).unwrap(), config.as_ref());
    }
    assert!(!home.has(CREDENTIALS));
    home
}

#[track_caller]
fn tells(run: &Run, parts: &[&str]) {
    for part in parts {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
}

#[test]
fn a_section_outside_the_block_is_named_with_its_line() {
    let config = "[default]\nregion = us-east-1\n\n[profile prod]\nregion = us-east-1\n";
    let home = refuses(
        config,
        &["1 section that awsauth would write is already in the file, outside", "[profile prod] on line 4"],
    );
    home.run(["apply", "--force"]).exits(4);
    assert_eq!(home.read(CONFIG), config);
}

#[test]
fn a_section_that_stands_inside_and_outside_is_named_with_both_lines() {
    let config = format!("{}\n[profile main]\noutput = text\n[profile 'prod']\n", block(SMALL_BODY));
    let parts = ["2 sections", "[profile main] on line 10, and in the block on line 2", "[profile prod] on line 12"];
    refuses(config, &parts);
}

#[test]
fn an_sso_session_outside_the_block_is_refused_too() {
    let home = Sandbox::new();
    let session =
        "[sso_sessions.corp]\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    let read = "[profiles.read]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"123456789012\"\n\
                sso_role_name = \"ReadOnly\"\n";
    home.manifest(&format!("{session}{read}"));
    home.write(CONFIG, "[sso-session corp]\nsso_region = us-east-1\n");
    tells(&home.run(["apply"]).exits(4), &["[sso-session corp] on line 1"]);
}

#[test]
fn a_file_that_aws_cli_can_not_read_is_told_with_its_lines() {
    refuses("[a]\nx = 1\n[b]\n[a]\n", &["AWS CLI can't read this file: line 4"]);
    refuses("[a]\nregion = x\nREGION = y\n", &["line 3"]);
    refuses("[a]\nregion = x\nnonsense\n[b]\nmore nonsense\n", &["line 3", "line 5", "every `aws` command fails"]);
    refuses("region = x\n[a]\n", &["line 1"]);
    refuses("\u{feff}[a]\nregion = x\n", &["line 1"]);
    refuses("[a\nregion = x\n", &["line 1"]);
}

#[test]
fn a_file_that_is_not_utf_8_is_left_alone_or_kept_byte_for_byte() {
    let home = home("");
    let config = b"[a]\nx = \xff\xfe\n";
    home.write(CONFIG, config);
    let run = home.run(["apply"]);
    let after = std::fs::read(home.path(CONFIG)).unwrap();
    assert!(after.starts_with(config), "{run:?}");
    assert_eq!(after == config, run.code == Some(4), "{run:?}");
}

#[test]
fn markers_that_make_no_block_are_refused() {
    let whole = block(SMALL_BODY);
    let (begin, end) = (whole.lines().next().unwrap(), whole.lines().last().unwrap());
    refuses(format!("[a]\n{begin}\n[b]\n"), &["line 2: `# >>> awsauth >>>` without its end"]);
    refuses(format!("[a]\n{end}\n{begin}\n"), &["line 2: `# <<< awsauth <<<` without its beginning"]);
    refuses(format!("{whole}{whole}"), &["line 9: a second `# >>> awsauth >>>`"]);
    refuses(format!("{begin}\n{whole}"), &["line 2: a second `# >>> awsauth >>>`"]);
    refuses(format!("{whole}{end}\n"), &["line 9: `# <<< awsauth <<<` without its beginning", "delete line 9"]);
    let home = home("");
    home.run(["apply"]).ok();
    let whole = home.read(CONFIG);
    let lines: Vec<&str> = whole.lines().collect();
    for (broken, line) in [(lines[1..].join("\n"), lines.len() - 1), (lines[..lines.len() - 1].join("\n"), 1)] {
        home.write(CONFIG, &broken);
        let run = home.run(["apply"]).exits(4);
        tells(&run, &[&format!("hint: delete line {line}, then run `awsauth apply --adopt`")]);
        let without: Vec<&str> =
            broken.lines().enumerate().filter(|(at, _)| at + 1 != line).map(|(_, text)| text).collect();
        home.write(CONFIG, without.join("\n"));
        home.run(["apply", "--adopt"]).ok();
        assert_eq!(home.read(CONFIG), whole);
    }
}

#[test]
fn a_block_that_was_edited_by_hand_is_refused_until_force() {
    let edited = block(SMALL_BODY).replace("eu-west-1", "eu-west-3");
    let config = format!("[a]\nx = 1\n{edited}[b]\ny = 2\n");
    let home = refuses(
        &config,
        &[
            "awsauth's block, from line 3 on, was changed since awsauth wrote it",
            "-region = eu-west-3\n+region = eu-west-1\n",
            "line 5: [profile main] holds `region = eu-west-3`, the manifest gives `region = eu-west-1`",
            "`awsauth apply --force`",
        ],
    );
    let run = home.run(["apply", "--dry-run", "--force"]).ok();
    assert!(run.stdout.contains("-region = eu-west-3\n+region = eu-west-1\n"), "{}", run.stdout);
    assert_eq!(home.read(CONFIG), config);
    home.run(["apply", "--force"]).ok();
    assert_eq!(home.read(CONFIG), format!("[a]\nx = 1\n{}[b]\ny = 2\n", block(SMALL_BODY)));
}

#[test]
fn a_comment_or_section_that_was_put_into_the_block_is_an_edit_too() {
    const KEEP: &str = "hint: to keep [profile mine], move it below `# <<< awsauth <<<`; `--force` deletes it";
    for (from, to, hint) in [
        ("[profile prod]", "# mine\n[profile prod]", ""),
        ("source_profile = main\n", "source_profile = main\n[profile mine]\nx = 1\n", KEEP),
        ("[profile prod]", "\n[profile prod]", ""),
    ] {
        let edited = block(SMALL_BODY).replacen(from, to, 1);
        refuses(edited, &["was changed since awsauth wrote it", hint]);
    }
}

#[test]
fn a_setting_below_the_block_is_one_of_its_last_section_and_goes_only_by_force() {
    let config = format!("{}\n# mine\noutput = text\n", block(SMALL_BODY));
    let home = refuses(
        &config,
        &[
            "line 11: [profile prod] holds `output = text`, which the manifest does not give",
            "-output = text",
            "    output = \"text\"",
        ],
    );
    home.run(["apply", "--force"]).ok();
    assert_eq!(home.read(CONFIG), format!("{}\n# mine\n", block(SMALL_BODY)));
    let continued = format!("{}  # mine\n  more\n", block(SMALL_BODY));
    let home = refuses(
        continued,
        &["line 10 follows the managed block without an unindented section header", "`[profile NAME]`"],
    );
    home.run(["apply", "--force"]).exits(4);
}

#[test]
fn a_hand_made_long_term_key_where_sessions_go_is_refused_with_advice() {
    let home = home("");
    let keys = "[x]\n\n[main]\naws_access_key_id = AKIAALICEEXAMPLEKEY2\naws_secret_access_key = SECRETMARK\n";
    home.write(CREDENTIALS, keys);
    let run = home.run(["apply"]).exits(4);
    tells(&run, &["[main] on line 3", "`awsauth apply --adopt` renames the section to [main-long-term]"]);
    assert!(!run.stderr.contains("SECRETMARK"));
    assert_eq!(home.read(CREDENTIALS), keys);
    assert!(!home.has(CONFIG), "both files are planned before either is written");
}

#[test]
fn keys_under_the_name_of_a_role_are_refused() {
    let home = home("");
    let keys = "[prod]\naws_access_key_id = AKIAALICEEXAMPLEKEY2\naws_secret_access_key = SECRETMARK\n";
    home.write(CREDENTIALS, keys);
    let run = home.run(["apply"]).exits(4);
    tells(&run, &["[prod] on line 1", "rename or delete that section"]);
    assert_eq!(home.read(CREDENTIALS), keys);
}

#[test]
fn a_credentials_file_that_aws_cli_can_not_read_is_refused_before_config_is_written() {
    let home = home("");
    home.write(CREDENTIALS, "[a]\nnonsense\n");
    let run = home.run(["apply"]).exits(4);
    tells(&run, &["~/.aws/credentials", "line 2"]);
    assert!(!home.has(CONFIG));
}

#[test]
fn json_tells_a_refusal_on_stdout_too() {
    let home = home("[profile prod]\n");
    let run = home.run(["apply", "--json"]).exits(4);
    assert!(run.stdout.starts_with("{\n  \"version\": 1,\n"), "{}", run.stdout);
    assert_eq!(run.json()["error"]["exit_code"], 4);
    assert_eq!(run.json()["error"]["causes"][1], "[profile prod] on line 1");
}

#[test]
fn an_invalid_manifest_writes_nothing() {
    let home = home("");
    home.manifest(&SMALL.replace("source_profile = \"main\"", "source_profile = \"man\""));
    let run = home.run(["apply"]).exits(3);
    tells(&run, &["source_profile = \"man\""]);
    assert!(!home.has(".aws") && !home.has(".local"));
}

#[test]
fn sso_region_that_aws_sso_login_rewrote_is_explained_with_the_line_that_keeps_it() {
    let home = home("");
    home.manifest("[sso_sessions.corp]\nsso_start_url = \"https://sso.example.com\"\nsso_region = \"us-east-1\"\n");
    home.run(["apply"]).ok();
    let edited = home.read(CONFIG).replace("sso_region = us-east-1", "sso_region = eu-central-1");
    home.write(CONFIG, &edited);
    let run = home.run(["apply"]).exits(4);
    tells(
        &run,
        &[
            "`aws sso login` writes sso_region",
            "    in [sso_sessions.corp], at ~/.config/awsauth/profiles.toml:1:\n    sso_region = \"eu-central-1\"  # instead of \"us-east-1\"\n",
        ],
    );
    assert_eq!(home.read(CONFIG), edited);
}

#[test]
fn an_edit_that_says_what_the_manifest_says_by_now_is_taken_as_it_is() {
    let home = home("");
    home.run(["apply"]).ok();
    home.write(CONFIG, home.read(CONFIG).replace("eu-west-1", "eu-west-2"));
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    home.run(["apply"]).ok();
    assert_eq!(home.read(CONFIG), block(&SMALL_BODY.replace("eu-west-1", "eu-west-2")));
}

#[test]
fn text_after_the_end_marker_is_not_thrown_away() {
    let whole = block(SMALL_BODY);
    let home = refuses(
        format!("{} my note\n", whole.trim_end()),
        &[
            "was changed since awsauth wrote it",
            "only comments, blank lines, the order of lines or the markers",
            "my note",
        ],
    );
    home.run(["apply", "--force"]).ok();
    assert_eq!(home.read(CONFIG), whole);
}

#[test]
fn a_marker_in_a_nested_block_or_within_a_comment_is_the_users_own() {
    let marker = "# >>> awsauth >>>";
    for own in [
        format!("[profile a]\ns3 =\n  {marker}\n  max_queue_size = 9\n"),
        format!("[profile a]\nx = 1 {marker}\n"),
        format!("# see {marker}\n; {marker}\n#{marker}\n"),
    ] {
        let home = home(&own);
        home.run(["apply"]).ok();
        assert!(home.read(CONFIG).starts_with(&own), "{}", home.read(CONFIG));
        home.run(["apply", "--check"]).ok();
    }
}

#[test]
fn an_edited_block_is_told_section_by_section() {
    let body = SMALL_BODY.replace("source_profile = main\n", "x = 1\n\n[profile mine]\ny = 2\n");
    let edited = block(SMALL_BODY).replace(SMALL_BODY, &body).replace("[profile main]", "[profile maim]");
    refuses(
        edited,
        &[
            "line 2: [profile maim] is not in the manifest",
            "line 7: [profile prod] holds `x = 1`, which the manifest does not give",
            "line 5: [profile prod] lacks source_profile",
            "line 9: [profile mine] is not in the manifest",
            "[profile main] is missing from the block",
            "line 7: x of [profile prod] can't be in a manifest",
        ],
    );
}

#[test]
fn an_entry_above_the_first_section_of_the_block_is_told_and_stays() {
    let edited = format!("[profile z]\nx = 1\n{}", block(SMALL_BODY)).replacen("`\n", "`\ncli_pager = less\n", 1);
    let home = refuses(edited, &["line 4 is in the managed block above its first section"]);
    home.run(["apply", "--force"]).exits(4);
}

#[test]
fn a_comment_between_the_lines_of_an_entry_below_the_block_is_not_lost() {
    let home = home("");
    home.manifest("[profiles.base]\npattern = \"iam\"\n[profiles.base.settings]\ns3 = { max_queue_size = \"9\" }\n");
    home.run(["apply"]).ok();
    let config = home.read(CONFIG) + "s3 =\n  # MY COMMENT\n  max_queue_size = 9\n";
    // The key stands twice then, which AWS CLI refuses.
    home.write(CONFIG, config.replacen("s3 =\n  max_queue_size = 9\n", "", 1));
    for args in [&["apply"][..], &["apply", "--force"]] {
        home.run(args).exits(4);
    }
    assert!(home.read(CONFIG).contains("MY COMMENT"));
}

#[test]
fn a_line_in_the_block_that_aws_cli_can_not_read_is_told() {
    let edited = block(SMALL_BODY).replacen("source_profile = main", "<<<<<<< HEAD\nsource_profile = main", 1);
    refuses(edited, &["line 7: a line without `=`, so AWS CLI can't read this file"]);
}
