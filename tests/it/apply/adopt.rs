//! `apply --adopt`: sections of the user's own come into the block, and nothing that they said is lost.

use super::{SMALL, SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

/// `[profile prod]` and `[profile main]` as a person keeps them.
const MINE: &str = "\
# my file
[profile prod]
# ask Bob before you use it
role_arn = arn:aws:iam::444455556666:role/Admin
source_profile = main   ; through the user
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile other]
region = us-east-1
  # other's own

[profile main]
region=eu-west-1
";

#[track_caller]
fn tells(run: &Run, parts: &[&str]) {
    for part in parts {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
}

/// Runs `apply --adopt` over a config file, which must be refused and left alone.
#[track_caller]
fn refuses(manifest: &str, config: &str, parts: &[&str]) -> (Sandbox, Run) {
    let home = home(config);
    home.manifest(manifest);
    let run = home.run(["apply", "--adopt"]).exits(4);
    tells(&run, parts);
    assert_eq!(home.read(CONFIG), config);
    (home, run)
}

#[test]
fn sections_come_into_the_block_and_their_comments_stay_above_it() {
    let home = home(MINE);
    let run = home.run(["apply"]).exits(4);
    tells(&run, &["[profile prod] on line 2", "[profile main] on line 12", "`awsauth apply --adopt`"]);
    let run = home.run(["apply", "--adopt"]).ok();
    tells(&run, &["2 sections adopted"]);
    let expected = format!(
        "# my file\n\n[profile other]\nregion = us-east-1\n  # other's own\n\n\
         # of [profile prod]: ask Bob before you use it\n; through the user\n{}",
        block(SMALL_BODY)
    );
    assert_eq!(home.read(CONFIG), expected);
    tells(&home.run(["apply"]).ok(), &["nothing to do"]);
}

/// The place of new tables.
const END: &str = "at the end of ~/.config/awsauth/profiles.toml:";

/// The lines of the manifest that the hint of a refused run shows, without their indent.
fn advised(run: &Run) -> String {
    let lines = run.stderr.lines().filter_map(|line| line.strip_prefix("    "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_lines_fit_a_profile_of_a_matrix_an_inline_table_and_settings_of_all() {
    let manifest = "profiles.inline = { pattern = \"iam\" }\n\n[defaults.settings]\nmax_attempts = 3\n\n\
                    [accounts]\ndev = \"111122223333\"\n\n[matrix.users]\nname = \"${account}-user\"\naccounts = \"*\"\n\
                    pattern = \"iam\"\n";
    let section = |name: &str| format!("[profile {name}]\nregion = eu-west-2\nmax_attempts = 5\n");
    let (home, run) = refuses(manifest, &(section("dev-user") + "\n" + &section("inline")), &[]);
    let inline =
        "profiles.inline = { pattern = \"iam\", region = \"eu-west-2\", settings = { max_attempts = \"5\" } }\n";
    let expected =
        format!("at the top of ~/.config/awsauth/profiles.toml, instead of its `profiles.inline`:\n{inline}");
    let generated = "[profiles.dev-user]\nregion = \"eu-west-2\"\n[profiles.dev-user.settings]\n\
                     max_attempts = \"5\"  # instead of \"3\"\n";
    let lines = advised(&run);
    assert!(lines.contains(&expected) && lines.contains(generated), "{lines}");
    home.manifest(&(manifest.replace("profiles.inline = { pattern = \"iam\" }\n", inline) + generated));
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn what_the_manifest_does_not_give_is_told_with_the_lines_that_would_and_these_lines_do() {
    let config = MINE.replace(
        "region=eu-west-1\n",
        "region=eu-west-2\nretry_mode = adaptive\ns3 =\n  max_concurrent_requests = 20\n  addressing_style = path\n",
    );
    let (home, run) = refuses(
        SMALL,
        &config,
        &[
            "1 section outside its block has settings that the manifest does not give",
            "line 13: [profile main] holds `region = eu-west-2`, the manifest gives `region = eu-west-1`",
            "line 14: [profile main] holds `retry_mode = adaptive`, which the manifest does not give",
            "put these lines into the manifest, or into profiles.local.toml if only you want them; or delete those of the file to go \
             by the manifest. Then run `awsauth apply --adopt` again:",
        ],
    );
    let lines = run.stderr.lines().filter_map(|line| line.strip_prefix("    ")).collect::<Vec<_>>().join("\n");
    let (end, main) = (format!("{END}\n"), "\nin [profiles.main], at ~/.config/awsauth/profiles.toml:1:\n");
    let expected = format!(
        "{end}[profiles.main.settings]\nretry_mode = \"adaptive\"\ns3 = {{ max_concurrent_requests = \"20\", addressing_style = \"path\" }}\
         {main}region = \"eu-west-2\"  # instead of \"eu-west-1\""
    );
    assert_eq!(lines, expected);
    let json = home.run(["apply", "--adopt", "--json"]).exits(4).json();
    assert!(json["error"]["manifest_lines"][0].as_str().unwrap().starts_with("at the end of "));

    let (rest, region) = lines.strip_prefix(&end).unwrap().split_once(main).unwrap();
    home.manifest(&format!("{}{rest}\n", SMALL.replace("region = \"eu-west-1\"", region)));
    home.run(["apply", "--adopt"]).ok();
    assert!(home.read(CONFIG).contains("[profile main]\nregion = eu-west-2\nretry_mode = adaptive\ns3 =\n  max_"));
}

#[test]
fn what_no_manifest_can_say_is_told_with_its_reason_and_never_a_secret() {
    let config = "[profile main]\ncredential_process = /bin/mine\naws_secret_access_key = SECRETMARK\nnew_thing = 1\n";
    let (_, run) = refuses(
        SMALL,
        config,
        &[
            "line 2: credential_process of [profile main] can't be in a manifest: it names a program",
            "line 3: aws_secret_access_key of [profile main] can't be in a manifest: keys and tokens are secrets",
            "line 4: new_thing of [profile main] can't be in a manifest: awsauth does not know",
        ],
    );
    assert!(!run.stderr.contains("SECRETMARK") && !run.stdout.contains("SECRETMARK"), "{}", run.stderr);
    // The manifest gives no such key as it stands, and the lines alone are not enough.
    let config =
        "[profile prod]\ncredential_process = /bin/mine\nregion = eu-west-1\n[profile main]\nregion = us-east-1\n";
    let told = [
        "[profile prod] holds another `credential_process` than the manifest gives",
        "hint: then, put these lines into the manifest",
    ];
    let (_, run) = refuses(SMALL, config, &told);
    let expected = "in [profiles.prod], at ~/.config/awsauth/profiles.toml:6:\nregion = \"eu-west-1\"\n\
                    in [profiles.main], at ~/.config/awsauth/profiles.toml:1:\nregion = \"us-east-1\"  # instead of \"eu-west-1\"\n";
    assert_eq!(advised(&run), expected);
}

#[test]
fn an_sso_session_and_its_profiles_in_the_old_form_are_the_same_login() {
    let manifest = r#"[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[profiles.read]
pattern = "sso"
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"
"#;
    let home = home("");
    home.manifest(manifest);
    home.write(
        CONFIG,
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start/#\nsso_region = us-east-1\n\
         sso_registration_scopes = sso:account:access\n\n[profile \"read\"]\n\
         sso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\n\
         sso_role_name = ReadOnly\n",
    );
    home.run(["apply", "--adopt"]).ok();
    let config = home.read(CONFIG);
    assert!(config.starts_with("# >>> awsauth >>>"), "{config}");
    assert_eq!(config.matches("[profile read]").count(), 1, "{config}");
}

#[test]
fn sections_that_stand_twice_are_adopted_although_aws_cli_refuses_the_file() {
    let home = home("[profile main]\nregion = eu-west-1\n\n[profile main]\nregion = eu-west-1\nregion = eu-west-1\n");
    home.run(["apply", "--adopt"]).ok();
    assert_eq!(home.read(CONFIG).strip_prefix('\n').unwrap_or(&home.read(CONFIG)), block(SMALL_BODY));
}

#[test]
fn a_fault_that_adopting_does_not_take_away_is_still_refused_with_its_line() {
    refuses(SMALL, "[profile main]\nregion = eu-west-1\njunk\n", &["line 3: a line without `=`"]);
    refuses(
        SMALL,
        "[profile main]\nregion = eu-west-1\n[x]\na = 1\na = 2\n",
        &["line 5: key \"a\" is already on line 4"],
    );
}

#[test]
fn a_section_beside_a_block_that_has_it_too_is_adopted_into_it() {
    let home = home("");
    home.run(["apply"]).ok();
    home.write(CONFIG, format!("[a]\nx = 1\n{}\n[profile prod]\n# why\nsource_profile = main\n", block(SMALL_BODY)));
    home.run(["apply", "--adopt"]).ok();
    assert_eq!(home.read(CONFIG), format!("[a]\nx = 1\n# of [profile prod]: why\n{}", block(SMALL_BODY)));
}

#[test]
fn a_long_term_key_gets_out_of_the_way_byte_for_byte() {
    let home = home("");
    let keys =
        "; mine\r\n[main]\r\n aws_access_key_id=AKIAALICEEXAMPLEKEY2 \r\n\taws_secret_access_key : SECRETMARK\r\nx = 1";
    home.write(CREDENTIALS, keys);
    let run = home.run(["apply", "--adopt", "--dry-run"]).ok();
    assert!(run.stdout.contains("-[main]") && run.stdout.contains("+[main-long-term]"), "{}", run.stdout);
    assert!(!run.stdout.contains("SECRETMARK"), "{}", run.stdout);
    assert_eq!(home.read(CREDENTIALS), keys);
    let run = home.run(["apply", "--adopt"]).ok();
    tells(&run, &["1 section renamed", "moved the long-term key of [main] to [main-long-term]"]);
    assert!(!run.stderr.contains("no long-term key"), "{}", run.stderr);
    assert_eq!(home.read(CREDENTIALS), keys.replace("[main]", "[main-long-term]"));
}

#[test]
fn a_key_that_moves_and_loses_a_setting_to_the_block_is_told_as_both() {
    let home = home("");
    home.write(
        CREDENTIALS,
        "[main]\naws_access_key_id = AKIAALICEEXAMPLEKEY2\naws_secret_access_key = x\nregion = eu-west-1\n",
    );
    let run = home.run(["apply", "--adopt"]).ok();
    tells(&run, &["1 section renamed, 1 changed"]);
    assert!(!home.read(CREDENTIALS).contains("region"), "{}", home.read(CREDENTIALS));
}

#[test]
fn a_key_whose_place_is_taken_and_another_tools_session_are_refused_with_what_to_do() {
    let key = |section: &str| format!("[{section}]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    for (keys, parts) in [
        (key("main-long-term") + &key("main"), "[main-long-term], which already exists on line 1"),
        (key("main") + "aws_session_token = t\n", "another tool wrote them, or half a key is left"),
        (key("prod"), "rename or delete that section"),
    ] {
        let home = home("");
        home.write(CREDENTIALS, &keys);
        tells(&home.run(["apply", "--adopt"]).exits(4), &[parts]);
        assert_eq!(home.read(CREDENTIALS), keys);
        assert!(!home.has(CONFIG));
    }
}

#[test]
fn a_session_of_another_tool_gets_out_of_the_way() {
    let home = home("");
    let session =
        "aws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\naws_security_token = t\n";
    let key = "[main-long-term]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    home.write(CREDENTIALS, format!("{key}\n[main]\n{session}expiration = 2026-01-01 00:00:00\n"));
    tells(&home.run(["apply"]).exits(4), &["another tool wrote them"]);
    home.run(["apply", "--adopt"]).ok();
    assert_eq!(home.read(CREDENTIALS), key);
}

#[test]
fn a_key_that_was_put_over_a_session_loses_the_marks_of_the_session() {
    let home = home("");
    home.write(
        CREDENTIALS,
        "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\naws_session_token = t\n\
         awsauth_expiration = 2026-01-01T00:00:00Z\n",
    );
    home.run(["apply", "--adopt"]).ok();
    assert_eq!(home.read(CREDENTIALS), "[main-long-term]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
}

#[test]
fn a_value_of_several_lines_is_never_taken_for_a_comment() {
    let manifest = "[profiles.base]\npattern = \"iam\"\nregion = \"us-east-1\"\n";
    for rest in ["  role_arn = arn:aws:iam::111122223333:role/X\n", "  # kept?\n  [profile mine] was here\n"] {
        let config = format!("[profile base]\nregion = us-east-1 # old\n{rest}");
        refuses(manifest, &config, &["line 2: region of [profile base] can't be in a manifest: it goes on over"]);
    }
}

#[test]
fn a_comment_that_looks_like_a_marker_makes_no_second_block() {
    for (header, comment) in [
        ("[profile main]", "  # >>> awsauth >>> disabled\n"),
        ("[profile main] # <<< awsauth <<< an old note", ""),
        ("# >>> awsauth", "[profile main]\n"),
    ] {
        let home = home(&format!("[a]\nx = 1\n\n{header}\n{comment}region = eu-west-1\n"));
        home.run(["apply", "--adopt"]).ok();
        home.run(["apply", "-v", "--check"]).ok();
    }
}

#[test]
fn a_comment_right_above_a_section_goes_with_it_and_one_above_all_stays() {
    let home = home("# mine\n[a]\nx = 1\n\n# careful\n; very\n[profile main]\nregion = eu-west-1\n\n[b]\ny = 1\n");
    home.run(["apply", "--adopt"]).ok();
    let expected = "# mine\n[a]\nx = 1\n\n[b]\ny = 1\n\n# of [profile main]: careful\n; very\n";
    assert_eq!(home.read(CONFIG), format!("{expected}{}", block(SMALL_BODY)));
}

#[test]
fn a_comment_below_the_last_setting_goes_with_its_section_up_to_a_blank_line() {
    let adopted = |below: &str| {
        let home = home(&format!("[a]\nx = 1\n\n[profile main]\nregion = eu-west-1\n{below}"));
        home.run(["apply", "--adopt"]).ok();
        home.read(CONFIG).split_once("# >>> awsauth >>>").unwrap().0.to_owned()
    };
    let of_main = "# of [profile main]: why\n; how\n";
    assert_eq!(adopted("# why\n  ; how\n"), format!("[a]\nx = 1\n\n{of_main}"));
    assert_eq!(adopted("# why\n  ; how\n\n# of all\n\n[b]\n"), format!("[a]\nx = 1\n\n# of all\n\n[b]\n\n{of_main}"));
    // A comment right above a header is about that section, and a rule about what follows.
    assert_eq!(adopted("# about b\n[b]\n"), "[a]\nx = 1\n\n# about b\n[b]\n\n");
    assert_eq!(adopted("# ------\n\n[b]\n"), "[a]\nx = 1\n\n# ------\n\n[b]\n\n");
    // An indented one is about the setting above it.
    assert_eq!(adopted("# why\n  ; how\n[b]\n"), format!("[a]\nx = 1\n\n[b]\n\n{of_main}"));
    assert_eq!(adopted("  # why\n# about b\n[b]\n"), "[a]\nx = 1\n\n# about b\n[b]\n\n# of [profile main]: why\n");
    let home = home("[a]\nx =\n  y = 1\n  # of y\n# mine\n[profile main]\nregion = eu-west-1\n");
    home.run(["apply", "--adopt"]).ok();
    let expected = format!("[a]\nx =\n  y = 1\n  # of y\n\n# of [profile main]: mine\n{}", block(SMALL_BODY));
    assert_eq!(home.read(CONFIG), expected);
}

#[test]
fn what_could_be_a_secret_is_never_offered_as_a_line_for_the_manifest() {
    let config = "[profile main]\ns3 =\n  api_secret = SECRETMARK\nendpoint_url = https://me:SECRETMARK@x.example\n\
                  aws_session_token = A\n  SECRETMARK\ncredential_process = /bin/x --password SECRETMARK\n";
    let (home, run) = refuses(SMALL, config, &["endpoint_url of [profile main] can't be in a manifest"]);
    let json = home.run(["apply", "--adopt", "--json"]).exits(4);
    let dry = home.run(["apply", "--dry-run", "--adopt"]);
    for text in [&run.stderr, &run.stdout, &json.stdout, &json.stderr, &dry.stdout, &dry.stderr] {
        assert!(!text.contains("SECRETMARK"), "{text}");
    }
}

#[test]
fn what_check_refuses_is_not_offered_as_a_line_for_the_manifest() {
    let offer = |settings: &str| refuses(SMALL, &format!("[profile main]\n{settings}"), &["main"]).1.stderr;
    for (settings, said) in [
        ("endpoint_url = http://aws.example\n", "can't be in a manifest: requests to it would be readable on the way"),
        ("s3 =\n  endpoint_url = https://0x7f.1\n", "can't be in a manifest: it is not a plain address"),
    ] {
        let told = offer(settings);
        assert!(told.contains(said) && !told.contains("[profiles.main.settings]"), "{told}");
    }
    // What a person may allow is offered with the line that allows it, and then taken.
    let config =
        "[profile main]\ns3 =\n  endpoint_url = https://s3.corp.example\nendpoint_url = http://localhost:4566\n";
    let (home, run) =
        refuses(SMALL, config, &["[profiles.main.settings]", "s3 = { endpoint_url = \"https://s3.corp.example\" }"]);
    let line = "# and \"s3.corp.example\" in `allow_hosts` of [settings] in your own profiles.local.toml";
    assert_eq!(run.stderr.matches(line).count(), 1, "{}", run.stderr);
    assert!(!run.stderr.contains("\"localhost"), "{}", run.stderr);
    let settings = "[profiles.main.settings]\nendpoint_url = \"http://localhost:4566\"\ns3 = { endpoint_url = \"https://s3.corp.example\" }\n";
    home.manifest(&format!("{SMALL}{settings}"));
    home.write(".config/awsauth/profiles.local.toml", "[settings]\nallow_hosts = [\"s3.corp.example\"]\n");
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn one_file_for_both_is_refused() {
    let home = home("[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let path = home.path(CONFIG);
    let home = home.env("AWS_SHARED_CREDENTIALS_FILE", path.to_str().unwrap());
    tells(&home.run(["apply", "--adopt"]).exits(4), &["is both the config file and the credentials file"]);
}

#[test]
fn own_sections_that_go_through_what_moves_or_goes_are_warned_of() {
    let home = home("[profile stage]\nsource_profile = main\nrole_arn = arn:aws:iam::444455556666:role/Stage\n");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let run = home.run(["apply", "--adopt"]).ok();
    let until =
        "line 2: [profile stage] goes through [profile main], which has no credentials until `awsauth login main`";
    tells(&run, &[until]);
    home.manifest("");
    let run = home.run(["apply", "--dry-run"]).ok();
    tells(&run, &["line 2: [profile stage] goes through [profile main], which would have no credentials after this"]);
}

#[test]
fn own_sections_with_a_device_of_their_own_are_told_where_the_long_term_key_goes() {
    let home = home(
        "[profile stage]\nsource_profile = main\nrole_arn = arn:aws:iam::444455556666:role/Stage\n\
         mfa_serial = arn:aws:iam::111122223333:mfa/phone\n",
    );
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let run = home.run(["apply", "--adopt"]).ok();
    let told = "line 2: [profile stage] needs the long-term key of [profile main], which goes to [main-long-term]: set \
                `source_profile = main-long-term` there";
    tells(&run, &[format!("\nnext: ~/.aws/config {told}\n").as_str()]);
    assert!(!run.stderr.contains("goes through") && run.stderr.matches(told).count() == 1, "{}", run.stderr);
}

#[test]
fn every_line_that_is_told_is_one_of_the_file_as_it_is_then() {
    let stage = "[profile stage]\nsource_profile = main\nrole_arn = arn:aws:iam::444455556666:role/Stage\n";
    let config = format!("[profile main]\nregion = eu-west-1\n\n{stage}\n[profile odd]\nregion = us-east-1 # here\n");
    let home = home(&config);
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let run = home.run(["apply", "--adopt", "--dry-run"]).ok();
    tells(&run, &["config line 5: [profile stage] goes through", "config line 9: "]);
    let run = home.run(["apply", "--adopt"]).ok();
    let (before, after) = run.stderr.split_once("wrote ~/.aws/config").expect(&run.stderr);
    assert_eq!(before, "");
    let config = home.read(CONFIG);
    let number = |line: &str| config.lines().position(|other| other == line).unwrap() + 1;
    let [stage, odd] = ["source_profile = main", "region = us-east-1 # here"].map(number);
    assert!(after.contains(&format!("config line {stage}: [profile stage] goes through")), "{after}");
    assert!(after.contains(&format!("config line {odd}: key \"region\"")), "{after}");
}

#[test]
fn an_edited_block_below_a_section_to_adopt_is_told_with_its_lines_in_the_file_as_it_is() {
    let edited = block(SMALL_BODY).replace("region = eu-west-1", "region = eu-west-2");
    let config = format!("[profile prod]\nsource_profile = main\n\n{edited}");
    refuses(
        SMALL,
        &config,
        &["awsauth's block, from line 4 on, was changed", "line 6: [profile main] holds `region = eu-west-2`"],
    );
}

#[test]
fn a_line_that_divides_the_file_stays_where_it_is() {
    let rule = "# ------------------------------";
    let config = format!(
        "[a]\nx = 1\n\n{rule}\n# Production\n{rule}\n# ask Bob\n[profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\n\
         source_profile = main\n\n### the rest ###\n[profile main]\n; mine\n# ----\nregion = eu-west-1\n\n[b]\ny = 1\n"
    );
    let home = home(&config);
    home.run(["apply", "--adopt"]).ok();
    let expected = format!(
        "[a]\nx = 1\n\n{rule}\n# Production\n{rule}\n\n### the rest ###\n\n[b]\ny = 1\n\n# of [profile prod]: ask Bob\n\
         # of [profile main]: mine\n# ----\n"
    );
    assert_eq!(home.read(CONFIG), format!("{expected}{}", block(SMALL_BODY)));
}

#[test]
fn a_key_that_moves_is_told_with_the_login_that_its_profiles_need() {
    let home = home("");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let run = home.run(["apply", "--adopt", "--dry-run", "--json"]).ok();
    assert_eq!(run.json()["logins_needed"], serde_json::json!([{ "profile": "main", "for": ["prod"] }]));
    let run = home.run(["apply", "--adopt"]).ok();
    tells(
        &run,
        &["moved the long-term key of [main] to [main-long-term]", "next: `awsauth login main` (prod needs it)\n"],
    );
    assert!(!home.run(["apply"]).ok().stderr.contains("next:"));
}

#[test]
fn a_default_profile_of_the_manifest_is_no_section_of_the_users_own() {
    let home = home("[default]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = main\n");
    home.manifest(&SMALL.replace("[profiles.prod]", "[profiles.default]"));
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let run = home.run(["apply", "--adopt"]).ok();
    assert!(!run.stderr.contains("goes through"), "{}", run.stderr);
    tells(&run, &["next: `awsauth login main` (default needs it)"]);
}

/// A role of four hours with a code of its own, as people keep it: the key under the user's own name.
const AUDIT: &str = "[profile alice]\nregion = eu-west-1\n\n[profile ops-audit]\nsource_profile = alice\n\
                     role_arn = arn:aws:iam::777788889999:role/Audit\n\
                     mfa_serial = arn:aws:iam::111122223333:mfa/alice\nduration_seconds = 14400\n";
const ALICE: &str = "[profiles.alice]\npattern = \"iam-mfa\"\nregion = \"eu-west-1\"\n\
                     mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n\n";
/// The tables that make that role last so long.
const LONGER: &str = "[profiles.alice-long-term]\npattern = \"iam\"\n[profiles.ops-audit]\npattern = \"iam-mfa-role\"\n\
                      source_profile = \"alice-long-term\"\nrole_arn = \"arn:aws:iam::777788889999:role/Audit\"\n\
                      mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\nduration_seconds = 14400\n";

#[test]
fn check_gives_the_tables_of_a_role_that_lasts_longer_than_its_source_and_adopt_takes_them() {
    let home = home(AUDIT);
    let key = "[alice]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    home.write(CREDENTIALS, key);
    let role = &LONGER[LONGER.find("[profiles.ops-audit]").unwrap()..];
    for written in [role.to_owned(), role.replace("mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n", "")] {
        home.manifest(&format!("{ALICE}{}", written.replace("alice-long-term", "alice")));
        let run = home.run(["check", "--json"]).exits(3);
        let found = &run.json()["diagnostics"];
        let errors: Vec<_> = found.as_array().unwrap().iter().filter(|one| one["severity"] == "error").collect();
        assert_eq!(errors.len(), 1, "{found}");
        assert_eq!(errors[0]["code"], "duration-chained");
        let lines: Vec<&str> =
            errors[0]["manifest_lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        assert_eq!(lines.join("\n") + "\n", LONGER);
        let text = home.run(["check"]).exits(3).stderr;
        assert!(text.contains(" [profiles.alice-long-term]\n"), "{text}");
    }

    home.manifest(&format!("{ALICE}{LONGER}"));
    home.run(["check"]).ok();
    let run = home.run(["apply", "--adopt"]).ok();
    tells(
        &run,
        &["~/.aws/config: 1 section added, 2 adopted", "moved the long-term key of [alice] to [alice-long-term]"],
    );
    assert!(home.read(CONFIG).contains("source_profile = alice-long-term\n"));
    assert_eq!(home.read(CREDENTIALS), key.replace("[alice]", "[alice-long-term]"));
}

#[test]
fn what_adopt_suggests_for_a_role_of_four_hours_is_what_check_takes() {
    let home = home(AUDIT);
    let role = "[profiles.ops-audit]\npattern = \"iam-mfa-role\"\nsource_profile = \"alice\"\n\
                role_arn = \"arn:aws:iam::777788889999:role/Audit\"\n";
    home.manifest(&format!("{ALICE}{role}"));
    let run = home.run(["apply", "--adopt"]).exits(4);
    let lines: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let expected = "at the end of ~/.config/awsauth/profiles.toml:\n[profiles.alice-long-term]\npattern = \"iam\"\n\
                    in [profiles.ops-audit], at ~/.config/awsauth/profiles.toml:6:\nduration_seconds = 14400\n\
                    source_profile = \"alice-long-term\"  # instead of \"alice\"\n\
                    mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"";
    assert_eq!(lines.join("\n"), expected);
    let own = lines[4..].join("\n");
    home.manifest(&format!(
        "{ALICE}{}{own}\n{}\n",
        role.replace("source_profile = \"alice\"\n", ""),
        lines[1..3].join("\n")
    ));
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn a_role_through_the_long_term_key_itself_is_suggested_as_check_takes_it() {
    let home = home(
        &AUDIT.replace("source_profile = alice", "source_profile = keys").replace("duration_seconds = 14400\n", ""),
    );
    let alice = ALICE.replace("region = ", "long_term_profile = \"keys\"\nregion = ");
    let role = "[profiles.ops-audit]\npattern = \"iam-mfa-role\"\nsource_profile = \"alice\"\n\
                role_arn = \"arn:aws:iam::777788889999:role/Audit\"\n";
    home.manifest(&format!("{alice}{role}"));
    let run = home.run(["apply", "--adopt"]).exits(4);
    let lines: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let expected = "at the end of ~/.config/awsauth/profiles.toml:\n[profiles.keys]\npattern = \"iam\"\nin [profiles.ops-audit], at ~/.config/awsauth/profiles.toml:7:\n\
                    source_profile = \"keys\"  # instead of \"alice\"\n\
                    mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"";
    assert_eq!(lines.join("\n"), expected);
    let role = role.replace("source_profile = \"alice\"\n", "");
    home.manifest(&format!("{alice}{role}{}\n{}\n", lines[4..].join("\n"), lines[1..3].join("\n")));
    home.run(["check"]).ok();
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn a_source_that_the_manifest_does_not_have_is_told_with_both_ways_out() {
    let config = "[profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = bob\n";
    let (home, run) = refuses(
        SMALL,
        config,
        &[
            "line 3: [profile prod] holds `source_profile = bob`, the manifest gives `source_profile = main`",
            "to use the manifest's `main`, delete line 3, then run `awsauth apply --adopt` again",
            "    [profiles.bob]  # with its pattern and keys\n\n    in [profiles.prod], at ~/.config/awsauth/profiles.toml:6:\n    \
             source_profile = \"bob\"",
        ],
    );
    assert!(!run.stderr.contains("can't be in a manifest"), "{}", run.stderr);
    home.write(CONFIG, config.replace("source_profile = bob\n", ""));
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn a_role_of_four_hours_with_another_device_is_told_its_device_once() {
    let home = home(AUDIT);
    let role = "[profiles.ops-audit]\npattern = \"iam-mfa-role\"\nsource_profile = \"alice\"\n\
                role_arn = \"arn:aws:iam::777788889999:role/Audit\"\n";
    home.manifest(&format!("{}{role}", ALICE.replace("mfa/alice", "mfa/other")));
    let run = home.run(["apply", "--adopt"]).exits(4);
    let devices: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("    mfa_serial = ")).collect();
    assert_eq!(devices, ["    mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\""], "{}", run.stderr);
}

/// A manifest that calls a portal otherwise than the file does, with a profile whose login is `access`.
fn of_portal(access: &str) -> String {
    format!(
        "[sso_sessions.portal]\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n\n\
         [sso_sessions.other]\nsso_start_url = \"https://other.awsapps.com/start\"\nsso_region = \"us-east-1\"\n\n\
         [profiles.read]\npattern = \"sso\"\n{access}sso_account_id = \"123456789012\"\nsso_role_name = \"ReadOnly\"\n"
    )
}

const OLD_READ: &str = "[profile read]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n";
const CORP: &str = "\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start#/\nsso_region = us-east-1\n";

#[test]
fn a_portal_that_the_manifest_calls_otherwise_is_the_same_login() {
    let home = home(&format!("{OLD_READ}{CORP}"));
    home.manifest(&of_portal("sso_session = \"portal\"\n"));
    tells(&home.run(["apply", "--adopt"]).ok(), &["2 sections added, 1 adopted"]);
    assert!(home.read(CONFIG).starts_with(CORP), "{}", home.read(CONFIG));
    let unlike = CORP.replace("us-east-1", "eu-west-1");
    let manifest = of_portal("sso_session = \"portal\"\n");
    let line = "in [sso_sessions.portal], at ~/.config/awsauth/profiles.toml:1:\n    sso_region = \"eu-west-1\"  # instead of \"us-east-1\"\n";
    refuses(&manifest, &format!("{OLD_READ}{unlike}"), &[line]);
}

#[test]
fn a_login_is_suggested_by_the_manifests_own_name_and_pasting_it_is_enough() {
    let legacy = "sso_start_url = \"https://old.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    let new = CORP.replace("corp.aws", "new.aws");
    let old_form = OLD_READ.replace("sso_session = corp", "sso_start_url = https://new.awsapps.com/start");
    let (other, portal) = ("sso_session = \"other\"\n", "sso_session = \"portal\"  # instead of");
    for (access, config, lines) in [
        (other, format!("{OLD_READ}{CORP}"), format!("{portal} \"other\"")),
        (legacy, format!("{OLD_READ}{CORP}"), format!("{portal} sso_start_url and sso_region")),
        (
            other,
            format!("{OLD_READ}{new}"),
            "[sso_sessions.corp]\nsso_start_url = \"https://new.awsapps.com/start#/\"\nsso_region = \"us-east-1\"\n\
             in [profiles.read], at ~/.config/awsauth/profiles.toml:9:\nsso_session = \"corp\"  # instead of \"other\""
                .to_owned(),
        ),
        (
            other,
            old_form,
            "sso_start_url = \"https://new.awsapps.com/start\"  # instead of sso_session\nsso_region = \"us-east-1\""
                .to_owned(),
        ),
    ] {
        let (home, run) = refuses(&of_portal(access), &config, &[]);
        let told: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("    ")).collect();
        assert!(told.join("\n").ends_with(&lines), "{}", run.stderr);
        let (table, own) =
            lines.split_once("in [profiles.read], at ~/.config/awsauth/profiles.toml:9:\n").unwrap_or(("", &lines));
        home.manifest(&format!("{table}{}", of_portal(&format!("{own}\n"))));
        home.run(["check"]).ok();
        home.run(["apply", "--adopt"]).ok();
    }
}

#[test]
fn a_session_that_no_file_has_is_not_suggested() {
    let (_, run) = refuses(
        &of_portal("sso_session = \"portal\"\n"),
        OLD_READ,
        &["[profile read] goes through [sso-session corp], which is not in the file"],
    );
    assert!(!run.stderr.contains("sso_session = \"corp\""), "{}", run.stderr);
}

#[test]
fn an_empty_pager_is_written_and_taken_over() {
    let manifest = "[profiles.x]\npattern = \"iam\"\n[profiles.x.settings]\ncli_pager = \"\"\ntcp_keepalive = true\n";
    let home = home("[profile x]\ncli_pager =\ntcp_keepalive = true\n");
    home.manifest(manifest);
    tells(&home.run(["apply", "--adopt"]).ok(), &["1 section adopted"]);
    assert!(home.read(CONFIG).contains("[profile x]\ncli_pager =\ntcp_keepalive = true\n"), "{}", home.read(CONFIG));
    let run = home.run(["apply"]).ok();
    tells(&run, &["nothing to do"]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    refuses(
        "[profiles.x]\npattern = \"iam\"\n",
        "[profile x]\ncli_pager =\n",
        &["[profiles.x.settings]", "cli_pager = \"\""],
    );
    let reason = "cli_pager of [profile x] can't be in a manifest: it names a program";
    refuses("[profiles.x]\npattern = \"iam\"\n", "[profile x]\ncli_pager = less\n", &[reason]);
}

#[test]
fn a_setting_without_effect_since_the_credentials_file_has_it_too_is_nothing_to_keep() {
    let home = home("[profile main]\nregion = us-east-1\nmax_attempts = 5\n");
    home.write(CREDENTIALS, "[main]\nregion = eu-west-1\n");
    let run = home.run(["apply", "--adopt"]).exits(4);
    assert!(!run.stderr.contains("us-east-1"), "{}", run.stderr);
    assert_eq!(advised(&run), format!("{END}\n[profiles.main.settings]\nmax_attempts = \"5\"\n"));
    home.manifest(&format!("{SMALL}[profiles.main.settings]\nmax_attempts = 5\n"));
    home.run(["apply", "--adopt"]).ok();
    assert_eq!(home.read(CREDENTIALS), "");
}

#[test]
fn settings_of_the_manifest_that_adopted_sections_lacked_are_named() {
    let home = home("[profile main]\noutput = json\n[profile prod]\nsource_profile = main\n");
    let ci = "[ci]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    home.write(CREDENTIALS, format!("[prod]\nregion = eu-west-1\n{ci}"));
    let defaults = "[defaults]\nregion = \"eu-west-1\"\noutput = \"json\"";
    home.manifest(&format!(
        "{defaults}\n\n{SMALL}\n[profiles.ci]\npattern = \"iam\"\n[profiles.new]\npattern = \"iam\"\n"
    ));
    let told = "new settings of your profiles, from the manifest: output (prod, ci), region (main, ci)\n";
    tells(&home.run(["apply", "--adopt", "--dry-run"]).ok(), &[told]);
    tells(&home.run(["apply", "--adopt"]).ok(), &[told]);
    assert!(!home.run(["apply", "--adopt"]).ok().stderr.contains("new settings"));
}

/// A role with its own long-term key, as AWS allows it, and the manifest that says so.
const ITSELF: &str = "[profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = prod\n\
                      mfa_serial = arn:aws:iam::111122223333:mfa/phone\n";
const OWN_KEY: &str = "[profiles.prod-long-term]\npattern = \"iam\"\n[profiles.prod]\npattern = \"iam-mfa-role\"\n\
                       source_profile = \"prod-long-term\"\nrole_arn = \"arn:aws:iam::444455556666:role/Admin\"\n\
                       mfa_serial = \"arn:aws:iam::111122223333:mfa/phone\"\n";

/// The lines of a manifest that `check` shows below its one finding.
fn corrected(home: &Sandbox, code: &str) -> String {
    let run = home.run(["check", "--json"]).exits(3);
    let found = &run.json()["diagnostics"][0];
    assert_eq!(found["code"], code);
    let lines = found["manifest_lines"].as_array().unwrap().iter();
    lines.flat_map(|line| [line.as_str().unwrap(), "\n"]).collect()
}

#[test]
fn a_role_that_is_its_own_source_gets_a_profile_for_its_key_and_adopt_moves_the_key() {
    let home = home(ITSELF);
    let key = "[prod]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    home.write(CREDENTIALS, key);
    let run = home.run(["apply", "--adopt"]).exits(4);
    let expected = "at the end of ~/.config/awsauth/profiles.toml:\n[profiles.prod-long-term]\npattern = \"iam\"\nin [profiles.prod], at ~/.config/awsauth/profiles.toml:6:\n\
                    mfa_serial = \"arn:aws:iam::111122223333:mfa/phone\"\n\
                    source_profile = \"prod-long-term\"  # instead of \"main\"\n";
    assert_eq!(advised(&run), expected);

    home.manifest(&OWN_KEY[OWN_KEY.find("[profiles.prod]").unwrap()..].replace("prod-long-term", "prod"));
    tells(&home.run(["check"]).exits(3), &["`prod` takes its credentials from itself"]);
    assert_eq!(corrected(&home, "source-cycle"), OWN_KEY);

    home.manifest(OWN_KEY);
    home.write(CONFIG, "");
    tells(&home.run(["apply"]).exits(4), &["holds a long-term key, but `prod` gets its credentials in another way"]);
    home.write(CONFIG, ITSELF);
    let run = home.run(["apply", "--adopt", "--dry-run"]).ok();
    tells(&run, &["the long-term key of [prod] moves to [prod-long-term]\n"]);
    let run = home.run(["apply", "--adopt"]).ok();
    tells(&run, &["1 section added, 1 adopted", "moved the long-term key of [prod] to [prod-long-term]"]);
    assert!(!run.stderr.contains("next:"), "{}", run.stderr);
    assert_eq!(home.read(CREDENTIALS), key.replace("[prod]", "[prod-long-term]"));
}

#[test]
fn a_role_with_another_device_than_its_source_goes_through_the_long_term_key() {
    let home = home(&ITSELF.replace("source_profile = prod", "source_profile = main"));
    let run = home.run(["apply", "--adopt"]).exits(4);
    let expected = "at the end of ~/.config/awsauth/profiles.toml:\n[profiles.main-long-term]\npattern = \"iam\"\nin [profiles.prod], at ~/.config/awsauth/profiles.toml:6:\n\
                    mfa_serial = \"arn:aws:iam::111122223333:mfa/phone\"\n\
                    source_profile = \"main-long-term\"  # instead of \"main\"\n";
    assert_eq!(advised(&run), expected);

    home.manifest(&format!("{SMALL}mfa_serial = \"arn:aws:iam::111122223333:mfa/phone\"\n"));
    let lines = corrected(&home, "mfa-twice");
    assert_eq!(lines, OWN_KEY.replace("prod-long-term", "main-long-term"));
    let main = &SMALL[..SMALL.find("[profiles.prod]").unwrap()];
    home.manifest(&format!("{main}{lines}"));
    home.run(["apply", "--adopt"]).ok();
}

/// `[o]` and `[main]` of the credentials file, with settings that AWS's tools take rather than those of the config file.
const OVERRIDING: &str = "\
[main]
aws_access_key_id = AKIA1
aws_secret_access_key = s
region = us-east-1
toolkit_mark = 7

[prod]
role_arn = arn:aws:iam::444455556666:role/Other
source_profile = main
mfa_serial = arn:aws:iam::111122223333:mfa/alice
";

#[test]
fn settings_of_the_credentials_file_that_win_over_the_block_are_refused_and_taken_over() {
    let home = home("");
    home.run(["apply"]).ok();
    let config = home.read(CONFIG);
    let role = &OVERRIDING[OVERRIDING.find("[prod]").unwrap()..];
    home.write(CREDENTIALS, role);
    let run = home.run(["apply"]).exits(4);
    let expected = "error: ~/.aws/credentials is left as it is\n  its settings of profiles win over those that awsauth writes \
                    into the config file\n  [prod]: role_arn on line 2, mfa_serial on line 4\nhint: `awsauth apply --adopt`";
    tells(&run, &[expected]);

    home.write(CREDENTIALS, OVERRIDING);
    let run = home.run(["apply", "--adopt"]).exits(4);
    tells(
        &run,
        &[
            "2 sections have settings that the manifest does not give",
            "line 4: [main] holds `region = us-east-1`, the manifest gives `region = eu-west-1`",
            "line 8: [prod] holds `role_arn = arn:aws:iam::444455556666:role/Other`, the manifest gives",
        ],
    );
    assert!(!run.stderr.contains("mfa_serial") && !run.stderr.contains("toolkit_mark"), "{}", run.stderr);
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), (config, OVERRIDING.to_owned()));
    let expected = "in [profiles.main], at ~/.config/awsauth/profiles.toml:1:\nregion = \"us-east-1\"  # instead of \"eu-west-1\"\n\
                    in [profiles.prod], at ~/.config/awsauth/profiles.toml:6:\n\
                    role_arn = \"arn:aws:iam::444455556666:role/Other\"  # instead of \"arn:aws:iam::444455556666:role/Admin\"\n";
    assert_eq!(advised(&run), expected);

    home.manifest(&SMALL.replace("eu-west-1", "us-east-1").replace("role/Admin", "role/Other"));
    let run = home.run(["apply", "--adopt"]).ok();
    tells(&run, &["wrote ~/.aws/credentials: 1 section adopted, 1 renamed"]);
    let key = "[main-long-term]\naws_access_key_id = AKIA1\naws_secret_access_key = s\ntoolkit_mark = 7\n";
    assert_eq!(home.read(CREDENTIALS), key);
    tells(&home.run(["apply"]).ok(), &["nothing to do"]);
}

#[test]
fn settings_of_the_credentials_file_that_the_block_says_too_and_comments_stay() {
    let home = home("");
    let same = "[main]\nregion = eu-west-1\n[other]\nregion = us-east-1\n";
    home.write(CREDENTIALS, same);
    home.run(["apply"]).ok();
    assert_eq!(home.read(CREDENTIALS), same);
    home.write(CREDENTIALS, "[main]\n# mine\nregion = eu-west-1\n[prod]\ncredential_process = /bin/x\n");
    let run = home.run(["apply", "--adopt"]).exits(4);
    tells(&run, &["line 5: [prod] holds another `credential_process` than the manifest gives"]);
    home.write(CREDENTIALS, "[main]\n# mine\nregion = eu-west-1\n");
    home.run(["apply", "--adopt"]).ok();
    assert_eq!(home.read(CREDENTIALS), "[main]\n# mine\n");
}
