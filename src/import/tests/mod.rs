//! The whole way, from two texts to a manifest.

use super::*;

fn imported(config: &str, credentials: &str) -> Import {
    let known = Catalog::default();
    let files = ImportFiles { config: config.as_bytes(), credentials: credentials.as_bytes(), known: &known };
    import(files, Form::Profiles)
}

fn reason(found: &Import, header: &str) -> String {
    let left = found.left.iter().find(|left| left.header == header);
    left.unwrap_or_else(|| panic!("{header} is imported: {found:#?}")).why.reason.clone()
}

const KEY: &str = "aws_access_key_id = AKIAEXAMPLEKEY000001\naws_secret_access_key = nobodys\n";

#[test]
fn one_device_on_source_and_role_is_one_code_for_both() {
    let config = "[profile main]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
                  [profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = main\n\
                  mfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
                  [profile long]\nrole_arn = arn:aws:iam::444455556666:role/Long\nsource_profile = main\n\
                  mfa_serial = arn:aws:iam::111122223333:mfa/alice\nduration_seconds = 14400\n";
    let found = imported(config, &format!("[main]\n{KEY}"));
    assert!(found.left.is_empty(), "{found:#?}");
    let role = |name: &str| found.catalog.get(name).unwrap().clone();
    assert_eq!(role("prod").mfa_serial(), None);
    // An MFA session allows an hour, so this one takes the long-term key.
    assert!(role("long").mfa_serial().is_some());
    assert!(found.catalog.get("main-long-term").is_some(), "{}", found.manifest);
    assert_eq!(found.personal, "[vars]\nuser = \"alice\"\n");
}

#[test]
fn what_stays_has_a_reason() {
    let config = "[profile lost]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = nobody\n\
                  [profile hen]\nrole_arn = arn:aws:iam::444455556666:role/A\nsource_profile = egg\n\
                  [profile egg]\nrole_arn = arn:aws:iam::444455556666:role/B\nsource_profile = hen\n\
                  [profile big]\nregion = us-east-1a\n[profile {{ name }}]\nregion = eu-west-1\n[bare]\nregion = eu-west-1\n";
    let found = imported(config, "");
    assert!(found.catalog.profiles().is_empty(), "{}", found.manifest);
    assert!(reason(&found, "profile lost").contains("in neither file"));
    assert!(
        reason(&found, "profile hen").contains("stays where it is")
            || reason(&found, "profile hen").contains("takes them")
    );
    assert!(reason(&found, "profile big").contains("region"));
    assert!(reason(&found, "profile {{ name }}").contains("template"));
    assert!(reason(&found, "bare").contains("[profile NAME]"));
}

/// `apply --adopt` would refuse it: AWS's tools don't agree which of the two counts.
#[test]
fn a_key_beside_another_way_to_credentials_stays() {
    let config = "[profile batch]\nrole_arn = arn:aws:iam::444455556666:role/Batch\ncredential_source = Environment\n\
                  [profile read]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n";
    let found = imported(config, &format!("[batch]\n{KEY}[read]\naws_access_key_id = AKIAEXAMPLEKEY000002\n"));
    assert!(reason(&found, "profile batch").contains("a key of its own"));
    assert!(reason(&found, "profile read").contains("beside its SSO login"));
}

#[test]
fn no_secret_gets_into_the_manifest() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let config = format!(
        "# old: {secret}\n[profile a]\nregion = eu-west-1\nexternal_id = {secret}\n[profile b]\nrole_session_name = {secret}\n"
    );
    let found = imported(&config, &format!("[a]\n{KEY}[b]\n{KEY}"));
    assert!(!format!("{found:?}").contains(secret));
}

#[test]
fn misspelt_words_have_the_right_one_beside_them() {
    let config = "[profil old]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\n\
                  [profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = wrok\n\
                  [profile dev]\nregoin = eu-west-1\noutptu = json\n";
    let found = imported(config, &format!("[work]\n{KEY}"));
    let why = |header: &str| found.left.iter().find(|left| left.header == header).unwrap().why.clone();
    assert_eq!(why("profil old").remedy, "write [profile old], or delete it");
    assert!(why("profile prod").remedy.starts_with("did you mean `work`?"), "{:?}", why("profile prod"));
    // Both mistakes of a section at once.
    for part in ["did you mean `region`?", "did you mean `output`?"] {
        assert!(why("profile dev").reason.contains(part), "{:?}", why("profile dev"));
    }
    assert_eq!(why("profile dev").remedy, "correct them (lines 9, 10), then import again");
}

#[test]
fn a_program_that_a_pattern_stands_for_is_named() {
    let config = "[profile read]\ngranted_sso_start_url = https://corp.awsapps.com/start\ngranted_sso_region = us-east-1\n\
                  granted_sso_account_id = 123456789012\ngranted_sso_role_name = ReadOnly\n\
                  credential_process = granted credential-process --profile read\n";
    let found = imported(config, "");
    assert!(found.notes.contains(&(Note::Process, vec!["read".to_owned()])), "{:?}", found.notes);
}

#[test]
fn what_one_profile_has_of_its_own_is_beside_the_matrix() {
    let mut config =
        String::from("[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n");
    for (account, role, own) in [
        ("dev", "Admin", "region = eu-west-1\n"),
        ("dev", "Read", "region = eu-west-1\noutput = text\ns3 =\n  max_queue_size = 9\n"),
        ("dev", "Bill", "region = eu-west-1\n"),
        ("prod", "Admin", "region = eu-central-1\n"),
        ("prod", "Read", "region = eu-west-1\n"),
        ("prod", "Bill", "region = eu-west-1\n"),
    ] {
        let id = account.len();
        config.extend([format!(
            "# about {account} {role}\n[profile {account}-{role}]\nsso_session = corp\nsso_account_id = 12345678901{id}\n\
             sso_role_name = {role}\n{own}"
        )]);
    }
    let known = Catalog::default();
    let files = ImportFiles { config: config.as_bytes(), credentials: b"", known: &known };
    let text = import(files, Form::Matrix).manifest;
    assert!(text.contains("roles = [\"Admin\", \"Read\", \"Bill\"]\n"), "{text}");
    assert!(text.contains("# about prod Admin\n[profiles.prod-Admin]\nregion = \"eu-central-1\"\n"), "{text}");
    assert!(text.contains("# about dev Read\n[profiles.dev-Read]\noutput = \"text\"\n"), "{text}");
    assert_eq!(text.matches("[profiles.").count(), 3, "{text}");
}
