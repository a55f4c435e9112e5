//! `apply --adopt`: its lines for the manifest can be pasted as they are, `check` takes them, and then adopting works.

use super::{SMALL, home};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

const SSO: &str = r#"[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[profiles.read]
pattern = "sso"
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"

[profiles.deep]
pattern = "sso-role"
source_profile = "read"
role_arn = "arn:aws:iam::444455556666:role/Admin"
"#;

/// The lines of the manifest that a run shows.
fn advised(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

/// Pastes lines into a manifest as they say: new tables at its end as one piece, others below the header on the line that is
/// told, instead of keys of the same name.
fn paste(manifest: &str, advised: &[&str]) -> String {
    let mut lines: Vec<String> = manifest.lines().map(str::to_owned).collect();
    let mut groups: Vec<(usize, &str, Vec<&str>)> = Vec::new();
    for line in advised {
        if line.starts_with("in [") || line.starts_with("at the ") {
            groups.push((line_number(line).unwrap_or(0), line, Vec::new()));
        } else {
            groups.last_mut().expect("a place comes first").2.push(line);
        }
    }
    let new: Vec<_> = groups.extract_if(.., |(_, place, _)| place.starts_with("at the end of ")).collect();
    // From the end on, so that the other numbers stay true.
    groups.sort_by_key(|(start, ..)| std::cmp::Reverse(*start));
    for (start, place, added) in groups {
        let table = place.strip_prefix("in ").and_then(|rest| rest.split_once(", at ")).map(|(table, _)| table);
        assert_eq!(start.checked_sub(1).map(|header| lines[header].as_str()), table, "{place}\n{manifest}");
        for line in added.iter().filter(|line| !line.starts_with('#')) {
            let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.to_owned());
            let end =
                lines[start..].iter().position(|other| other.starts_with('[')).map_or(lines.len(), |at| start + at);
            if let Some(old) = (start..end).find(|at| key(&lines[*at]) == key(line)) {
                lines.remove(old);
            }
            lines.insert(start, (*line).to_owned());
        }
    }
    lines.extend(new.iter().flat_map(|(.., added)| added).map(|line| (*line).to_owned()));
    lines.join("\n") + "\n"
}

/// The number in `in [main], at ~/.config/awsauth/profiles.toml:12:`.
fn line_number(place: &str) -> Option<usize> {
    let (_, rest) = place.split_once("profiles.toml:")?;
    rest.split([':', ',']).next()?.parse().ok()
}

/// Adopts `config`, with the lines that the refusal shows pasted into the manifest. Returns these.
#[track_caller]
fn adopts_with_its_lines(manifest: &str, config: &str) -> String {
    let home = home(config);
    home.manifest(manifest);
    home.run(["check"]).ok();
    let run = home.run(["apply", "--adopt"]).exits(4);
    home.manifest(&paste(manifest, &advised(&run)));
    home.run(["check"]).ok();
    home.run(["apply", "--adopt"]).ok();
    advised(&run).join("\n")
}

#[track_caller]
fn refuses(manifest: &str, config: &str) -> (Sandbox, Run) {
    let home = home(config);
    home.manifest(manifest);
    let run = home.run(["apply", "--adopt"]).exits(4);
    assert_eq!(home.read(CONFIG), config);
    (home, run)
}

#[track_caller]
fn tells(run: &Run, part: &str) {
    assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
}

#[test]
fn a_role_with_temporary_credentials_is_not_advised_to_last_longer_than_aws_allows() {
    let next = "[profiles.next]\npattern = \"iam-mfa-role\"\nsource_profile = \"prod\"\n\
                role_arn = \"arn:aws:iam::444455556666:role/Admin\"\n";
    for (manifest, name, source) in [(SSO.to_owned(), "deep", "read"), (format!("{SMALL}{next}"), "next", "prod")] {
        let config = format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = {source}\n\
             duration_seconds = 43200\n"
        );
        let (home, run) = refuses(&manifest, &config);
        assert_eq!(advised(&run), [""; 0]);
        tells(
            &run,
            &format!("line 4: duration_seconds of [profile {name}] can't be in a manifest: AWS allows 3600 at most"),
        );
        home.write(CONFIG, config.replace("43200", "3600"));
        let run = home.run(["apply", "--adopt"]).exits(4);
        assert_eq!(advised(&run).last(), Some(&"duration_seconds = 3600"), "{}", run.stderr);
    }
}

#[test]
fn a_role_on_a_machines_session_is_not_advised_to_last_longer_than_aws_allows() {
    for (source, is_capped) in [("Ec2InstanceMetadata", true), ("EcsContainer", true), ("Environment", false)] {
        let role = "role_arn = arn:aws:iam::444455556666:role/Batch";
        let manifest = format!(
            "[profiles.job]\npattern = \"role\"\ncredential_source = \"{source}\"\n\
             role_arn = \"arn:aws:iam::444455556666:role/Batch\"\n"
        );
        let config = format!("[profile job]\n{role}\ncredential_source = {source}\nduration_seconds = 7200\n");
        if !is_capped {
            adopts_with_its_lines(&manifest, &config);
            continue;
        }
        let (_, run) = refuses(&manifest, &config);
        assert_eq!(advised(&run), [""; 0]);
        tells(&run, "line 4: duration_seconds of [profile job] can't be in a manifest: AWS allows 3600 at most");
    }
}

#[test]
fn a_role_of_an_hour_goes_through_the_mfa_session_of_its_source() {
    let role = "[profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = main\n";
    let serial = "mfa_serial = arn:aws:iam::111122223333:mfa/alice\n";
    let lines = adopts_with_its_lines(SMALL, &format!("{role}{serial}duration_seconds = 3600\n"));
    assert_eq!(lines, "in [profiles.prod], at ~/.config/awsauth/profiles.toml:6:\nduration_seconds = 3600");
    let lines = adopts_with_its_lines(SMALL, &format!("{role}{serial}duration_seconds = 3601\n"));
    assert!(lines.contains("source_profile = \"main-long-term\""), "{lines}");
}

#[test]
fn what_defaults_add_to_a_block_takes_nothing_from_the_section() {
    let config = "[profile main]\ns3 =\n  max_queue_size = 5\n";
    let defaults = "[defaults.settings]\ns3 = { addressing_style = \"path\" }\n";
    let manifest = format!("{defaults}{SMALL}");
    let lines = adopts_with_its_lines(&manifest, config);
    assert!(
        lines.ends_with(
            "[profiles.main.settings]\ns3 = { max_queue_size = \"5\" }  # instead of { addressing_style = \"path\" } from [defaults]"
        ),
        "{lines}"
    );
    let config = "[profile main]\ns3 =\n  max_queue_size = 5\n  addressing_style = virtual\n";
    adopts_with_its_lines(&manifest, config);
    adopts_with_its_lines(&format!("{manifest}[profiles.main.settings.s3]\nmax_queue_size = 7\n"), config);
    adopts_with_its_lines(&format!("{manifest}[profiles.main.settings]\ns3.max_queue_size = 7\n"), config);
}

#[test]
fn booleans_and_words_are_the_same_in_any_case() {
    let manifest =
        format!("{SMALL}[profiles.main.settings]\ntcp_keepalive = true\ns3.use_accelerate_endpoint = false\n");
    let home = home("[profile main]\ntcp_keepalive = True\ns3 =\n  use_accelerate_endpoint = FALSE\n");
    home.manifest(&manifest);
    home.run(["apply", "--adopt"]).ok();
    let lines = adopts_with_its_lines(
        SMALL,
        "[profile main]\ntcp_keepalive = TRUE\nretry_mode = Adaptive\noutput = JSON\nuse_fips_endpoint = yes\n\
         s3 =\n  use_accelerate_endpoint = True\n  addressing_style = Path\n",
    );
    for line in [
        "output = \"json\"",
        "tcp_keepalive = \"true\"",
        "retry_mode = \"adaptive\"",
        "use_fips_endpoint = \"false\"  # AWS CLI takes \"yes\" as false",
        "s3 = { use_accelerate_endpoint = \"true\", addressing_style = \"path\" }",
    ] {
        assert!(lines.contains(line), "{line}\n{lines}");
    }
    // A name is not the same in another case.
    let manifest = SMALL.to_owned() + "external_id = \"true\"\n";
    let (_, run) = refuses(&manifest, "[profile prod]\nexternal_id = True\n");
    tells(&run, "external_id = \"True\"  # instead of \"true\"");
}

#[test]
fn an_empty_value_is_nothing_to_keep() {
    let home = home(
        "[profile main]\noutput =\nretry_mode =\nmfa_serial =\nregion =\ns3 =\n\n[profile prod]\nduration_seconds =\n",
    );
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn a_value_that_check_refuses_is_told_with_checks_own_reason() {
    let config = "[profile prod]\nrole_session_name = a b\nexternal_id = x\nduration_seconds = 1h\noutput = csv\n\
                  region = Frankfurt\nmax_attempts = 0\nretry_mode = fast\nsource_profile = main\ns3 =\n  max_queue_size = many\n  \
                  foo = 1\n  addressing_style = path\n";
    let (_, run) = refuses(SMALL, config);
    for told in [
        "line 2: role_session_name of [profile prod] can't be in a manifest: a role session name can't contain ' '",
        "line 3: external_id of [profile prod] can't be in a manifest: an external id has 2 to 1224 characters",
        "line 4: duration_seconds of [profile prod] can't be in a manifest: `duration_seconds` must be a whole number of seconds",
        "line 5: output of [profile prod] can't be in a manifest: `csv` is not an output format",
        "line 6: region of [profile prod] can't be in a manifest: `Frankfurt` is not the name of a region",
        "line 7: max_attempts of [profile prod] can't be in a manifest: `max_attempts` takes a whole number, at least 1",
        "line 8: retry_mode of [profile prod] can't be in a manifest: `retry_mode` takes one of `standard`, `adaptive`, `legacy`",
        "line 10: s3.max_queue_size of [profile prod] can't be in a manifest: `max_queue_size` takes a whole number",
        "line 10: s3.foo of [profile prod] can't be in a manifest: `foo` is not a setting of `s3`",
    ] {
        tells(&run, told);
    }
    let lines = [
        "at the end of ~/.config/awsauth/profiles.toml:",
        "[profiles.prod.settings]",
        "s3 = { addressing_style = \"path\" }",
    ];
    assert_eq!(advised(&run), lines);
}

#[test]
fn keys_of_an_inline_table_are_shown_as_a_line_that_can_be_pasted() {
    let config = "[profile plain]\nretry_mode = adaptive\nmax_attempts = 5\nregion = eu-west-2\n";
    let written = "[profiles.plain]\npattern = \"iam\"\nsettings = { max_attempts = 3, tcp_keepalive = true }\n";
    let lines = adopts_with_its_lines(written, config);
    let expected = "in [profiles.plain], at ~/.config/awsauth/profiles.toml:1, instead of its `settings`:\n\
                    settings = { max_attempts = \"5\", tcp_keepalive = true, retry_mode = \"adaptive\" }";
    assert!(lines.contains(expected), "{lines}");
    let lines = adopts_with_its_lines("[profiles]\nplain = { pattern = \"iam\", settings.max_attempts = 3 }\n", config);
    let expected =
        "in [profiles], at ~/.config/awsauth/profiles.toml:1, instead of its `plain`:\nplain = { pattern = \"iam\", ";
    assert!(lines.starts_with(expected), "{lines}");
    adopts_with_its_lines("profiles.plain = { pattern = \"iam\", settings = { max_attempts = 3 } }\n", config);
    adopts_with_its_lines("[profiles.plain]\npattern = \"iam\"\nsettings.max_attempts = 3\n", config);
    adopts_with_its_lines("[profiles]\nplain.pattern = \"iam\"\n", config);
    adopts_with_its_lines("[profiles]\nplain.pattern = \"iam\"\nplain.settings = { max_attempts = 3 }\n", config);
}

#[test]
fn a_key_of_another_pattern_is_told_with_the_patterns_that_take_it() {
    let manifest = "[profiles.plain]\npattern = \"iam\"\n";
    let config = "[profile plain]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\nsso_account_id = 123456789012\n";
    let (_, run) = refuses(manifest, config);
    tells(
        &run,
        "line 2: the pattern `iam` has no use for mfa_serial of [profile plain], which is for `iam-mfa`, `iam-mfa-role`",
    );
    tells(&run, "line 3: the pattern `iam` has no use for sso_account_id of [profile plain], which is for `sso`");
    tells(&run, "change these patterns in the manifest, or delete those lines of the file");
    assert!(!run.stderr.contains("can't be in a manifest"), "{}", run.stderr);
}

#[test]
fn keys_in_the_config_file_are_told_with_the_way_to_their_own_file() {
    let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = SECRETMARK\n";
    let (_, run) = refuses(SMALL, &format!("[profile main]\nregion = eu-west-1\n{keys}"));
    tells(&run, "hint: to keep the key of [profile main], run `awsauth keys add main`; then delete lines 3 and 4\n");
    assert!(!run.stderr.contains("SECRETMARK"), "{}", run.stderr);
    let (_, run) = refuses(SSO, &format!("[profile deep]\n{keys}"));
    assert!(!run.stderr.contains("keys add"), "{}", run.stderr);
}

#[test]
fn a_start_url_beside_a_session_with_another_one_is_told_to_be_refused_by_aws_cli() {
    let config = "[profile read]\nsso_session = corp\nsso_start_url = https://other.awsapps.com/start\nsso_region = eu-west-1\n\n\
                  [sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n";
    let (home, run) = refuses(SSO, config);
    for (line, key) in [(3, "sso_start_url"), (4, "sso_region")] {
        tells(
            &run,
            &format!(
                "line {line}: {key} of [profile read] is another one than that of [sso-session corp], so AWS CLI refuses the profile: delete the line"
            ),
        );
    }
    let rest = config.replace("sso_start_url = https://other.awsapps.com/start\nsso_region = eu-west-1\n", "");
    home.write(CONFIG, rest);
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn every_difference_is_in_json_and_the_first_are_in_the_text() {
    let config = (0..20).map(|number| format!("unknown_{number} = 1\n")).collect::<Vec<_>>().concat();
    let (home, run) = refuses(SMALL, &format!("[profile main]\n{config}"));
    tells(&run, "unknown_11 = 1`, which the manifest does not give\n  and 8 more\n");
    let json = home.run(["apply", "--adopt", "--json"]).exits(4).json();
    let causes = json["error"]["causes"].as_array().unwrap();
    let told =
        causes.iter().filter(|cause| cause.as_str().unwrap().ends_with("which the manifest does not give")).count();
    assert_eq!(told, 20, "{causes:?}");
}

#[test]
fn a_line_that_was_taken_out_of_a_block_is_no_other_spelling() {
    let home = home("");
    home.manifest(&format!("{SMALL}[profiles.main.settings.s3]\nmax_queue_size = 5\naddressing_style = \"path\"\n"));
    home.run(["apply"]).ok();
    home.write(CONFIG, home.read(CONFIG).replace("  max_queue_size = 5\n", ""));
    let run = home.run(["apply"]).exits(4);
    tells(&run, "[profile main] holds `s3 = { addressing_style = path }`, the manifest gives");
}

#[test]
fn a_source_that_check_refuses_is_not_suggested() {
    let role = |name: &str, source: &str| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = {source}\n")
    };
    for (name, source, reason) in [
        ("deep", "deep", "there, its login is a profile of its own"),
        ("deep", "main", "`main` has the pattern `iam-mfa`, which gives no credentials to `sso-role`"),
        ("prod", "read", "`read` has the pattern `sso`, which gives no credentials to `iam-mfa-role`"),
        ("prod", "next", "`next` goes through `prod`"),
    ] {
        let next =
            role("x", "prod").replace("profile x", "profiles.next").replace(" = ", " = \"").replace('\n', "\"\n");
        let next = next.replace("]\"", "]\npattern = \"iam-mfa-role\"");
        let (_, run) = refuses(&format!("{SMALL}{SSO}{next}"), &role(name, source));
        tells(&run, &format!("line 3: source_profile of [profile {name}] can't be in a manifest: {reason}\n"));
        tells(&run, "delete line 3");
        assert_eq!(advised(&run), [""; 0]);
    }
}

#[test]
fn a_role_with_a_key_that_has_no_device_is_suggested_with_one() {
    let manifest = format!("{SMALL}[profiles.plain]\npattern = \"iam\"\n");
    let config = "[profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = plain\n";
    for serial in ["", "mfa_serial = arn:aws:iam::111122223333:mfa/alice\n", "mfa_serial = GAHT12345678\n"] {
        adopts_with_its_lines(&manifest, &format!("{config}{serial}"));
    }
}

#[test]
fn a_role_of_another_partition_is_not_suggested() {
    let (_, run) =
        refuses(SMALL, "[profile prod]\nrole_arn = arn:aws-cn:iam::444455556666:role/Admin\nregion = cn-north-1\n");
    tells(
        &run,
        "line 2: role_arn of [profile prod] can't be in a manifest: the user of its MFA device is in another partition",
    );
    assert!(!advised(&run).concat().contains("role_arn"), "{}", run.stderr);
}

#[test]
fn one_key_of_two_sections_is_suggested_once() {
    let manifest = SMALL.replace("main", "default");
    let twice = "[default]\noutput = json\n[profile default]\n";
    let lines = adopts_with_its_lines(&manifest, &format!("{twice}output = json\n"));
    assert_eq!(lines.matches("output").count(), 1, "{lines}");
    let (_, run) = refuses(&manifest, &format!("{twice}output = text\n"));
    tells(&run, "line 4: [default] holds output again, with another value than on line 2: delete one of them");
    assert_eq!(advised(&run).concat().matches("output").count(), 1, "{}", run.stderr);
}

#[test]
fn a_portal_of_another_region_is_suggested_in_the_old_form() {
    let config = "[profile read]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";
    let (_, run) = refuses(SSO, config);
    let expected = [
        "in [profiles.read], at ~/.config/awsauth/profiles.toml:5:",
        "sso_start_url = \"https://corp.awsapps.com/start\"  # instead of sso_session",
        "sso_region = \"eu-west-1\"",
    ];
    assert_eq!(advised(&run), expected);
}

#[test]
fn new_tables_are_one_piece_and_the_lines_of_each_other_table_say_in_which_file_and_below_which_line() {
    const LOCAL: &str = ".config/awsauth/profiles.local.toml";
    let manifest = format!("[defaults]\noutput = \"json\"\n\n{SMALL}");
    let config = "[profile main]\noutput = table\nretry_mode = adaptive\ncli_history = enabled\n\
                  [profile prod]\nmax_attempts = 5\n";
    let home = home(config);
    home.manifest(&manifest);
    let local = "[profiles.prod.settings]\nretry_mode = \"standard\"\n";
    home.write(LOCAL, local);
    let run = home.run(["apply", "--adopt"]).exits(4);
    let lines = advised(&run);
    let expected = [
        "at the end of ~/.config/awsauth/profiles.toml:",
        "[profiles.main.settings]",
        "retry_mode = \"adaptive\"",
        "at the end of your own ~/.config/awsauth/profiles.local.toml:",
        "[profiles.main.settings]",
        "cli_history = \"enabled\"  # only here: AWS CLI would keep every command and answer in a file, credentials too",
        "in [profiles.main], at ~/.config/awsauth/profiles.toml:4:",
        "output = \"table\"  # instead of \"json\" from [defaults]",
        "in [profiles.prod.settings], at ~/.config/awsauth/profiles.local.toml:1:",
        "max_attempts = \"5\"",
    ];
    assert_eq!(lines, expected, "{}", run.stderr);
    // Nothing lands in a wrong table without a word.
    home.manifest(&format!("{manifest}{}\n", lines.join("\n")));
    tells(&home.run(["check"]).exits(3), "profiles.toml:13:4");

    let [shared, own, table] = [1..3, 4..6, 7..8].map(|range| lines[range].join("\n"));
    home.manifest(&(manifest.replace("[profiles.main]\n", &format!("[profiles.main]\n{table}\n")) + &shared));
    home.write(LOCAL, format!("{local}{}\n{own}\n", lines[9]));
    home.run(["apply", "--adopt"]).ok();
}

#[test]
fn settings_of_the_credentials_file_are_announced_while_those_of_the_config_file_are_wanted() {
    let home = home("[profile main]\nretry_mode = adaptive\n");
    home.write(CREDENTIALS, "[prod]\nregion = us-east-1\n");
    let run = home.run(["apply", "--adopt"]).exits(4);
    tells(&run, "  ~/.aws/credentials has such settings too, which come next: [prod]\n");
}
