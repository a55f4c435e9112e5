//! Matrices: which profiles they make, and their mistakes.

use super::*;

#[test]
fn made_profiles_come_behind_the_written_ones_by_account_and_then_by_role() {
    let accounts = "z = \"111111111111\"\na = \"222222222222\"\n";
    let written = "[profiles.z-B]\noutput = \"text\"\n[profiles.own]\npattern = \"iam\"\n";
    let text = with_matrix(accounts, "accounts = \"*\"\nroles = [\"B\", \"A\"]") + written;
    assert_eq!(names(&catalog_of(&text)), ["own", "z-B", "z-A", "a-B", "a-A"]);
    let text = with_matrix(accounts, "accounts = [\"a\", \"z\"]\nroles = [\"A\"]");
    assert_eq!(names(&catalog_of(&text)), ["a-A", "z-A"]);
}

#[test]
fn a_matrix_takes_the_accounts_of_its_session_and_those_of_none() {
    let other = "[sso_sessions.other]\nsso_start_url = \"https://b.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    let accounts = "a = { id = \"111111111111\", sso_session = \"corp\", tags = [\"t\"] }\n\
                    b = { id = \"222222222222\", sso_session = \"other\", tags = [\"t\"] }\nc = \"333333333333\"\n";
    for (choice, expected) in [("\"*\"", &["a-A", "c-A"][..]), ("{ tags = [\"t\"] }", &["a-A"])] {
        let text = other.to_owned() + &with_matrix(accounts, &format!("accounts = {choice}\nroles = [\"A\"]"));
        assert_eq!(names(&catalog_of(&text)), expected);
    }
    let keys = "[matrix.keys]\nname = \"k-${account}\"\naccounts = \"*\"\npattern = \"iam\"\n";
    let text = other.to_owned() + &with_matrix(accounts, "accounts = \"*\"\nroles = []") + keys;
    assert_eq!(names(&catalog_of(&text)), ["k-a", "k-b", "k-c"]);
}

#[test]
fn accounts_and_matrices_of_several_files_win_key_by_key() {
    let texts = [
        "[accounts.a]\nregion = \"eu-west-1\"\n[matrix.corp]\nroles = [\"A\", \"B\"]\n[matrix.corp.settings]\nmax_attempts = 2\n",
        &with_matrix(
            "b = \"222222222222\"",
            "accounts = \"*\"\nroles = [\"C\"]\nsettings = { max_attempts = 1, retry_mode = \"legacy\" }",
        ),
        "",
        "[accounts]\na = { id = \"111111111111\", region = \"us-east-1\", tags = [\"t\"] }\n",
        "[accounts.a]\ntags = [\"mine\"]\n[matrix.corp]\nexclude = [\"?-B\"]\nregion = \"eu-west-3\"\n",
    ];
    let loaded = load(&four_and_own(texts), Audience::Person);
    assert_eq!(loaded.diagnostics, []);
    let catalog = loaded.catalog.unwrap();
    assert_eq!(names(&catalog), ["a-A", "b-A"]);
    let (a, b) = (catalog.get("a-A").unwrap(), catalog.get("b-A").unwrap());
    assert_eq!(a.region.as_ref().unwrap().as_str(), "eu-west-1");
    assert_eq!(b.region.as_ref().unwrap().as_str(), "eu-west-3");
    assert_eq!((&a.tags[..], &b.tags[..]), (&["mine".to_owned()][..], &[][..]));
    let settings = format!("{:?}", a.settings);
    assert!(settings.contains("\"2\"") && settings.contains("legacy") && !settings.contains("\"1\""), "{settings}");
}

#[test]
fn one_mistake_in_a_matrix_of_ten_thousand_is_one_finding() {
    let accounts = (0..5_000).map(|index| format!("a{index} = \"{index:012}\"\n")).collect::<Vec<_>>().concat();
    for (mistake, code) in [
        ("region = \"nowhere\"", codes::BAD_REGION),
        ("sso_region = \"us-east-1\"", codes::SESSION_AND_URL),
        ("description = \"${account}\\u0007\"", codes::BAD_TEXT),
        ("output = \"${role}\"", codes::BAD_OUTPUT),
        ("duration_seconds = 3600", codes::USELESS_KEY),
    ] {
        let text = with_matrix(&accounts, &format!("accounts = \"*\"\nroles = [\"A\", \"B\"]\n{mistake}"));
        let found = load(&alone(&text), Audience::Person).diagnostics;
        assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [code], "{mistake}");
        let is_common = code == codes::BAD_REGION;
        let words = &found[0].primary.text;
        assert_eq!(words.ends_with("`a2-B` and 9994 other profiles"), !is_common, "{mistake}: {words}");
    }
}

#[test]
fn a_short_manifest_does_not_take_a_machines_memory() {
    let accounts = (0..5_000).map(|index| format!("a{index} = \"{index:012}\"\n")).collect::<Vec<_>>().concat();
    let long = "x".repeat(60_000);
    for description in [format!("\"{long}\""), "\"${account}${long}\"".to_owned()] {
        let more = format!("accounts = \"*\"\nroles = [\"A\"]\ndescription = {description}\n[vars]\nlong = \"{long}\"");
        assert_eq!(codes_of(&with_matrix(&accounts, &more)), [codes::MATRIX_TOO_LARGE]);
    }
    let plain = with_matrix(&accounts, "accounts = \"*\"\nroles = [\"A\"]");
    let by_default = format!("[defaults]\ndescription = \"{long}\"\n{plain}");
    let roles: Vec<String> = (0..5_000).map(|index| format!("r{index}")).collect();
    let tagged = format!("a = {{ id = \"111111111111\", tags = [\"{long}\"] }}\n");
    let tagged = with_matrix(&tagged, &format!("accounts = \"*\"\nroles = {roles:?}"));
    for text in [by_default, tagged] {
        assert_eq!(codes_of(&text), [codes::MATRIX_TOO_LARGE]);
    }
}

#[test]
fn names_are_not_compared_with_so_many_patterns_that_it_takes_a_minute() {
    let accounts = (0..2_000).map(|index| format!("a{index} = \"{index:012}\"\n")).collect::<Vec<_>>().concat();
    let list = |name: &str, count: usize| (0..count).map(|index| format!("{name}{index}")).collect::<Vec<_>>();
    let (roles, globs) = (list("r", 50), list("*-x*", 2_000));
    let text = with_matrix(&accounts, &format!("accounts = \"*\"\nroles = {roles:?}\nexclude = {globs:?}"));
    assert_eq!(codes_of(&text), [codes::MATRIX_TOO_LARGE]);
    let own = with_own(&text, "[matrix.corp]\naccounts = []\n");
    assert_eq!(codes_in(&own), [""; 0]);
}

#[test]
fn a_role_is_told_as_it_is_meant_and_not_as_it_is_written() {
    let text = with_matrix(
        "a = \"111111111111\"\n",
        r#"accounts = "*"
            roles = ["\u0041dmin"]"#,
    );
    assert_eq!(load_with_provenance(&alone(&text), "a-Admin").provenance.unwrap().role.as_deref(), Some("Admin"));
}

#[test]
fn a_mistake_in_a_matrix_makes_nothing_else_a_mistake() {
    let accounts = "a = { id = \"111111111111\", tags = [\"t\"], roles = [\"A\"] }\nb = { id = \"222222222222\", role = [\"A\"] }\n";
    let override_ = "[profiles.a-A]\nregion = \"eu-west-1\"\n[profiles.jump]\npattern = \"sso-role\"\nsource_profile = \"b-A\"\n\
                     role_arn = \"arn:aws:iam::444455556666:role/A\"\n";
    let fixed = accounts.replace("role =", "roles =");
    let found = |accounts: &str, more: &str| codes_of(&(with_matrix(accounts, more) + override_));
    assert_eq!(found(&fixed, "accounts = \"*\"\nroles = \"*\""), [""; 0]);
    for (accounts, more, code) in [
        (&*fixed, "acounts = \"*\"\nroles = \"*\"", codes::UNKNOWN_KEY),
        (&fixed, "accounts = [\"a\", \"c\"]\nroles = \"*\"\nexclude = [\"x\"]", codes::UNKNOWN_ACCOUNT),
        (&fixed, "accounts = \"*\"\nroles = \"A\"", codes::BAD_CHOICE),
        (accounts, "accounts = \"*\"\nroles = \"*\"\nexclude = [\"b-*\"]", codes::UNKNOWN_KEY),
        (&fixed, "accounts = \"*\"\nroles = [\"${nobody}\"]", codes::UNDEFINED_VARIABLE),
    ] {
        assert_eq!(found(accounts, more), [code], "{more}");
    }
}

#[test]
fn a_team_may_leave_to_each_person_which_profiles_there_are() {
    let accounts = "a = { id = \"111111111111\", tags = [\"${home}\", \"x\"] }\n";
    for more in [
        "accounts = \"*\"\nroles = [\"${home}A\", \"RO\"]",
        "accounts = { tags = [\"eu\"] }\nroles = [\"A\"]",
        "accounts = { tags = [\"${home}\"] }\nroles = [\"A\"]\nexclude = [\"*-eu\"]",
    ] {
        let text = "[required_vars]\nhome = \"your part of the world\"\n[profiles.a-RO]\nregion = \"eu-west-1\"\n"
            .to_owned()
            + &with_matrix(accounts, more);
        let loaded = load(&alone(&text), Audience::Team);
        assert_eq!((loaded.diagnostics, loaded.catalog), (vec![], None), "{more}");
    }
}

#[test]
fn a_variable_is_used_by_a_matrix_that_makes_nothing_yet() {
    let text = "[required_vars]\nuser = \"you\"\n[vars]\nuser2 = \"x\"\n".to_owned()
        + &with_matrix("", "accounts = \"*\"\nroles = \"*\"\ndescription = \"${account} ${user} ${user2}\"");
    let loaded = load(&alone(&text), Audience::Team);
    assert_eq!(loaded.diagnostics.iter().map(|found| found.code).collect::<Vec<_>>(), [codes::MATRIX_EMPTY]);
    let layers = with_own(&text, "[vars]\nuser = \"me\"\n");
    let uses = |variable: &Variable| (variable.name.clone(), variable.uses.iter().map(|one| one.key.clone()).collect());
    let key = vec!["matrix.corp.description".to_owned()];
    let found: Vec<(String, Vec<String>)> = load(&layers, Audience::Person).variables.iter().map(uses).collect();
    assert_eq!(found, [("user".to_owned(), key.clone()), ("user2".to_owned(), key)]);
}

#[test]
fn a_misspelt_session_is_one_finding_and_an_account_of_two_sessions_is_told_to_choose() {
    let other = "[sso_sessions.other]\nsso_start_url = \"https://b.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    let accounts = "a = \"111111111111\"\n";
    let one = with_matrix(accounts, "accounts = \"*\"\nroles = [\"A\"]");
    let two = one.split("[matrix.corp]").nth(1).unwrap().replace("\"corp\"", "\"other\"");
    let both = format!("{other}{one}[matrix.other]{two}");
    let found = load(&alone(&both), Audience::Person).diagnostics;
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [codes::MADE_TWICE]);
    let help = found[0].help.as_deref().unwrap();
    assert!(help.contains("`sso_session = \"corp\"` or `\"other\"`"), "{help}");
    let labelled = both.replace("a = \"111111111111\"", "a = { id = \"111111111111\", sso_session = \"corp\" }");
    assert_eq!(codes_of(&labelled), [codes::MATRIX_EMPTY]);
    for (right, wrong) in [
        ("sso_session = \"other\"", "sso_session = \"otter\""),
        ("sso_session = \"corp\" }", "sso_session = \"crop\" }"),
    ] {
        let text = labelled.replace(right, wrong) + "[profiles.a-A]\nregion = \"eu-west-1\"\n";
        assert_eq!(codes_of(&text), [codes::UNKNOWN_SESSION], "{wrong}");
    }
    let text = labelled.replace("[matrix.corp]", "[matrx.corp]") + "[profiles.a-A]\nregion = \"eu-west-1\"\n";
    assert_eq!(codes_of(&text), [codes::UNKNOWN_KEY]);
}
