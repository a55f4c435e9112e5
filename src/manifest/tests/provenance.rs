//! Where keys come from, and what a personal file turns off.

use super::*;

#[test]
fn every_key_tells_where_it_comes_from() {
    let accounts = "a = { id = \"111111111111\", region = \"eu-west-1\", tags = [\"t\"] }\nb = \"222222222222\"\n";
    let more = "accounts = \"*\"\nroles = [\"A\"]\nexclude = [\"b-*\"]\nsettings = { max_attempts = 2, retry_mode = \"legacy\" }";
    let text = "[defaults]\noutput = \"json\"\nsettings = { tcp_keepalive = true }\n".to_owned()
        + &with_matrix(accounts, more)
        + "[profiles.a-A]\nsettings = { max_attempts = 9 }\ndescription = \"mine\"\n";
    let layers = alone(&text);
    let why = load_with_provenance(&layers, "a-A").provenance.unwrap();
    let place = |at| layers.sources().text(at).unwrap();
    let made = why.generated.as_ref().unwrap();
    assert_eq!((place(made.matrix), place(made.account), place(made.role.unwrap())), ("corp", "a", "\"A\""));
    assert_eq!(why.written_at.map(place), Some("a-A"));
    let told: Vec<_> = why.keys.iter().map(|told| (&*told.key, &*told.value, told.origin)).collect();
    for expected in [
        ("pattern", "sso", Origin::Matrix),
        ("region", "eu-west-1", Origin::Account),
        ("output", "json", Origin::Defaults),
        ("description", "mine", Origin::Own),
        ("tags", "t", Origin::Account),
        ("sso_account_id", "111111111111", Origin::Matrix),
        ("settings.max_attempts", "9", Origin::Own),
        ("settings.retry_mode", "legacy", Origin::Matrix),
        ("settings.tcp_keepalive", "true", Origin::Defaults),
    ] {
        assert!(told.contains(&expected), "{expected:?} is not in {told:?}");
    }
    let id = why.keys.iter().find(|told| told.key == "sso_account_id").unwrap();
    assert_eq!(place(id.at), "\"${account_id}\"");
    let loaded = load_with_provenance(&layers, "b-A");
    assert_eq!((loaded.provenance, loaded.left_out.len()), (None, 1));
    assert_eq!((place(loaded.left_out[0].by), place(loaded.left_out[0].matrix)), ("\"b-*\"", "corp"));
    assert_eq!(load_with_provenance(&layers, "c").left_out, []);
}

#[test]
fn what_a_person_turns_off_goes_with_what_shared_files_build_on_it() {
    let accounts = "a = \"111111111111\"\nb = \"222222222222\"\n";
    let jump = "pattern = \"sso-role\"\nrole_arn = \"arn:aws:iam::444455556666:role/A\"\n";
    let text = with_matrix(accounts, "accounts = \"*\"\nroles = [\"A\"]\nexclude = [\"b-B\"]")
        + "[profiles.a-A]\nregion = \"eu-west-1\"\n"
        + &format!("[profiles.jump]\nsource_profile = \"a-A\"\n{jump}")
        + &format!("[profiles.on]\nsource_profile = \"jump\"\n{jump}")
        + &format!(
            "[matrix.jumps]\nname = \"${{account}}-jump\"\naccounts = \"*\"\nsource_profile = \"${{account}}-A\"\n{jump}"
        );
    // That a name is left out that nobody makes is told to all who share it, and not to those who make less.
    assert_eq!(codes_of(&text), [codes::EXCLUDE_NOTHING]);
    let whole = load(&alone(&text), Audience::Person);
    assert_eq!(names(&whole.catalog.unwrap()), ["jump", "on", "a-A", "b-A", "a-jump", "b-jump"]);
    for (own, expected) in [
        ("accounts = []", &[][..]),
        ("accounts = [\"b\"]", &["b-A", "b-jump"]),
        ("exclude = [\"a-*\"]", &["b-A", "b-jump"]),
        ("roles = [\"B\"]", &["a-B"]),
        ("exclude = [\"b-B\"]\nroles = [\"A\", \"B\"]", &["jump", "on", "a-A", "a-B", "b-A", "a-jump", "b-jump"]),
    ] {
        let loaded = load(&with_own(&text, &format!("[matrix.corp]\n{own}\n")), Audience::Person);
        assert_eq!(loaded.diagnostics, [], "{own}");
        assert_eq!(names(&loaded.catalog.unwrap()), expected, "{own}");
    }
    // The same where their own keys of an account are why.
    let other = "[sso_sessions.mine]\nsso_start_url = \"https://b.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    let by_tag = text
        .replace("a = \"111111111111\"", "a = { id = \"111111111111\", tags = [\"t\"], roles = [\"A\"] }")
        .replace("b = \"222222222222\"", "b = { id = \"222222222222\", tags = [\"t\"], roles = [\"A\"] }");
    for (more, own) in [
        ("accounts = \"*\"\nroles = \"*\"", "roles = []"),
        ("accounts = { tags = [\"t\"] }\nroles = [\"A\"]", "tags = []"),
        ("accounts = \"*\"\nroles = [\"A\"]", "sso_session = \"mine\""),
    ] {
        let text = by_tag.replacen("accounts = \"*\"\nroles = [\"A\"]\nexclude = [\"b-B\"]", more, 1);
        let layers = with_own(&text, &format!("{other}[accounts.a]\n{own}\n"));
        let errors =
            codes_in(&layers).into_iter().filter(|code| ![codes::MATRIX_EMPTY, codes::ROLES_MISSING].contains(code));
        assert_eq!(errors.collect::<Vec<_>>(), [""; 0], "{own}");
        assert_eq!(load_with_provenance(&layers, "a-A").left_out.len(), 1, "{own}");
    }
    // The same where the pattern is that of all profiles.
    let by_default = format!("[defaults]\npattern = \"sso\"\n{}", text.replacen("pattern = \"sso\"\n", "", 1));
    let loaded = load(&with_own(&by_default, "[matrix.corp]\naccounts = []\n"), Audience::Person);
    assert_eq!((loaded.diagnostics, names(&loaded.catalog.unwrap())), (vec![], vec![]));
    let misspelt = by_default.replace("[matrix.corp]", "[matrx.corp]");
    assert_eq!(codes_of(&misspelt), [codes::UNKNOWN_KEY]);
    // A person's own words about it do nothing.
    let own = "[matrix.corp]\naccounts = []\n[profiles.a-A]\noutput = \"text\"\n";
    assert_eq!(codes_in(&with_own(&text, own)), [codes::OVERRIDE_NOTHING]);
}

#[test]
fn a_nested_setting_tells_its_own_place_and_a_profile_only_keys_of_its_own() {
    let text = "[defaults]\nmfa_serial = \"GAHT12345678\"\nsso_start_url = \"https://b.awsapps.com/start\"\n\
                [defaults.settings.s3]\naddressing_style = \"path\"\nmax_queue_size = 10\n"
        .to_owned()
        + &with_matrix("a = \"111111111111\"", "accounts = \"*\"\nroles = [\"${ro}\"]\n[vars]\nro = \"A\"")
        + "[profiles.a-A.settings.s3]\nmax_queue_size = 20\n";
    let layers = alone(&text);
    let why = load_with_provenance(&layers, "a-A").provenance.unwrap();
    let told = |key: &str| why.keys.iter().find(|told| told.key == key);
    assert!(told("mfa_serial").is_none() && told("sso_start_url").is_none(), "{why:?}");
    let line = |key: &str| layers.sources().locate(told(key).unwrap().at).1.line;
    let style = told("settings.s3.addressing_style").unwrap();
    assert_eq!((style.origin, line("settings.s3.addressing_style")), (Origin::Defaults, 5));
    let size = told("settings.s3.max_queue_size").unwrap();
    assert_eq!((size.origin, &*size.value), (Origin::Own, "20"));
    assert_eq!(why.role.as_deref(), Some("A"));
}

#[test]
fn what_one_persons_file_turns_off_is_an_answer_too() {
    let text = with_matrix("a = \"111111111111\"\n", "accounts = \"*\"\nroles = [\"A\"]");
    let layers = with_own(&text, "[matrix.corp]\naccounts = []\n[matrix.crop]\naccounts = []\n");
    let loaded = load_with_provenance(&layers, "a-A");
    let place = |at| layers.sources().locate(at).0.display().to_string();
    assert_eq!(
        (loaded.provenance, loaded.left_out.len(), place(loaded.left_out[0].by)),
        (None, 1, "own.toml".to_owned())
    );
    let help = loaded.diagnostics[0].help.as_deref().unwrap();
    assert!(help.starts_with("did you mean `corp`?"), "{help}");
}
