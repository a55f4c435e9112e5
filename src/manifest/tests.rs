//! Tests of the whole room: what the fixtures of `check` can't show.

use super::*;
use crate::diagnostic::Severity;
use crate::model::Catalog;
use crate::source::{Source, Span};

/// A manifest of one file.
fn alone(text: &str) -> Layers {
    Layers::new(Source::new("profiles.toml", text), "profiles.local.toml")
}

fn catalog_of(text: &str) -> Catalog {
    load(&alone(text), Audience::Person).catalog.unwrap()
}

fn codes_of(text: &str) -> Vec<&'static str> {
    codes_in(&alone(text))
}

fn codes_in(layers: &Layers) -> Vec<&'static str> {
    let loaded = load(layers, Audience::Person);
    loaded.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_code_has_a_fixture() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    #[expect(clippy::disallowed_methods, reason = "the test looks at its own fixtures")]
    let read = |name: &str| std::fs::read_dir(dir.join(name)).unwrap();
    let dirs = ["manifest/valid", "manifest/invalid", "local/valid", "local/invalid", "layers/valid", "layers/invalid"];
    let files = dirs.into_iter().flat_map(read).map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: Vec<_> = files.collect();
    let has = |code: &&str| files.iter().any(|file| file.starts_with(&format!("{code}-")));
    let bare: Vec<_> = codes::ALL.iter().filter(|code| !has(code)).collect();
    assert!(bare.is_empty(), "no fixture shows {bare:?}");
}

#[test]
fn deep_and_broken_texts_are_findings_and_no_crash() {
    for deep in ["[", "{a=", "a.", "[a."] {
        assert!(!codes_of(&format!("x = {}", deep.repeat(50_000))).is_empty());
        assert!(!codes_of(&deep.repeat(50_000)).is_empty());
        let local = Source::new("profiles.local.toml", format!("settings = {}", deep.repeat(50_000)));
        let mut layers = alone("");
        layers.add_local(local, OwnWord::Certain);
        assert!(!codes_in(&layers).is_empty());
    }
    assert_eq!(codes_of(""), Vec::<&str>::new());
}

#[test]
fn a_chain_of_ten_thousand_profiles_is_one_finding() {
    let link = |index: usize| {
        let source = index - 1;
        format!(
            "[profiles.p{index}]\npattern = \"iam-mfa-role\"\nsource_profile = \"p{source}\"\n\
             role_arn = \"arn:aws:iam::444455556666:role/A\"\n"
        )
    };
    let base = "[profiles.p0]\npattern = \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\n".to_owned();
    let text = (1..10_000).map(link).fold(base, |text, link| text + &link);
    assert_eq!(codes_of(&text), [codes::CHAIN_TOO_LONG]);
}

#[test]
fn ten_thousand_mistakes_are_ten_thousand_findings() {
    let mistake = |index: usize| {
        format!(
            "[profiles.p{index}]\npattern = \"sso-role\"\nsource_profile = \"q{index}\"\n\
             role_arn = \"arn:aws:iam::444455556666:role/A\"\n"
        )
    };
    let text = (0..10_000).map(mistake).collect::<Vec<_>>().concat();
    assert_eq!(codes_of(&text).len(), 10_000);
}

#[test]
fn the_profiles_own_values_and_settings_win_key_by_key() {
    let text = r#"
        [defaults]
        region = "eu-west-1"
        output = "json"
        role_arn = "arn:aws:iam::444455556666:role/Unused"
        settings = { max_attempts = 3, retry_mode = "standard", s3 = { addressing_style = "path", max_queue_size = 5 } }
        [profiles.base]
        pattern = "iam"
        region = "us-east-1"
        settings = { max_attempts = 5, tcp_keepalive = true, s3 = { max_queue_size = 7 } }
    "#;
    let catalog = catalog_of(text);
    let base = catalog.get("base").unwrap();
    assert_eq!(base.region.as_ref().unwrap().as_str(), "us-east-1");
    assert_eq!(base.output.as_ref().unwrap().as_str(), "json");
    let shown = format!("{:?}", base.settings);
    let places = ["max_attempts", "ConfigText(\"5\")", "retry_mode", "\"path\"", "\"7\"", "tcp_keepalive", "\"true\""]
        .map(|part| shown.find(part).unwrap_or_else(|| panic!("{part} is not in {shown}")));
    assert!(places.is_sorted(), "{shown}");
}

#[test]
fn variables_are_filled_in_and_doubled_dollars_are_literal() {
    let text = "[vars]\nteam = \"pay\"\n[profiles.base]\npattern = \"iam\"\ndescription = \"${team} $${team} $x\"\n";
    let catalog = catalog_of(text);
    assert_eq!(catalog.get("base").unwrap().description.as_deref(), Some("pay ${team} $x"));
}

#[test]
fn profiles_keep_the_order_of_the_file() {
    let text = "[profiles.z]\npattern = \"iam\"\n[profiles.a]\npattern = \"iam\"\n[profiles.m]\npattern = \"iam\"\n";
    let catalog = catalog_of(text);
    let names: Vec<_> = catalog.profiles().iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["z", "a", "m"]);
}

#[test]
fn what_the_writer_would_refuse_is_a_finding() {
    let session =
        "[sso_sessions.default]\nsso_start_url = \"https://x.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    assert_eq!(codes_of(session), [codes::BAD_NAME]);
    let url = session.replace("default", "s").replace("x.awsapps.com/start", "x.awsapps.com/ /");
    assert_eq!(codes_of(&url), [codes::BAD_START_URL]);
    let text = "[profiles.base]\npattern = \"iam\"\nsettings = { sdk_ua_app_id = 'a\\' }\n";
    assert_eq!(codes_of(text), [codes::BAD_TEXT]);
}

/// A manifest that includes two files, both of which include a third one, with one person's own file.
fn four_and_own(texts: [&str; 5]) -> Layers {
    let source = |number: usize| Source::new(number.to_string(), texts[number]);
    let mut layers = Layers::new(source(0), "own.toml");
    let (a, b) = (layers.add_included(0, source(1)), layers.add_included(0, source(2)));
    let shared = layers.add_included(a, source(3));
    layers.link(b, shared);
    layers.add_local(source(4), OwnWord::Certain);
    layers
}

#[test]
fn a_file_comes_after_all_that_it_includes_and_wins_over_them_alone() {
    let layers = four_and_own(["0", "1", "2", "3", "4"]);
    assert_eq!(layers.order(), [3, 1, 2, 0, 4]);
    let at = |number: usize| Span::new(0, 1).behind(layers.sources().base(number));
    let wins = |over, below| layers.wins(at(over), at(below));
    for (over, below) in [(0, 1), (0, 3), (1, 3), (2, 3), (4, 0), (4, 3), (1, 1)] {
        assert!(wins(over, below), "{over} {below}");
    }
    for (over, below) in [(1, 2), (2, 1), (3, 1), (1, 0), (0, 4)] {
        assert!(!wins(over, below), "{over} {below}");
    }
}

#[test]
fn key_by_key_the_file_that_is_over_another_wins() {
    let session = "[sso_sessions.s]\nsso_start_url = \"https://a.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    let texts = [
        "[defaults]\noutput = \"json\"\nsettings = { max_attempts = 2 }\n[vars]\nd = \"top\"\n[profiles.p]\nregion = \"eu-west-2\"\n",
        "[profiles.p]\nregion = \"eu-west-1\"\ntags = [\"a\"]\nsettings = { s3 = { max_queue_size = 7 } }\n",
        session,
        "[vars]\nd = \"below\"\n[defaults]\noutput = \"text\"\nregion = \"us-east-1\"\n[profiles.p]\npattern = \"iam\"\n\
         description = \"${d}\"\nsettings = { s3 = { max_queue_size = 5, addressing_style = \"path\" }, retry_mode = \"legacy\" }\n",
        "[vars]\nd = \"own\"\n[sso_sessions.s]\nsso_region = \"eu-west-1\"\n[defaults.settings]\nmax_attempts = 9\n[profiles.q]\npattern = \"iam\"\n",
    ];
    let layers = four_and_own(texts);
    let loaded = load(&layers, Audience::Person);
    assert_eq!(loaded.diagnostics, []);
    let catalog = loaded.catalog.unwrap();
    let p = catalog.get("p").unwrap();
    assert_eq!((p.region.as_ref().unwrap().as_str(), p.output.as_ref().unwrap().as_str()), ("eu-west-2", "json"));
    assert_eq!((p.description.as_deref(), p.tags.as_slice()), (Some("own"), &["a".to_owned()][..]));
    let settings = format!("{:?}", p.settings);
    for part in ["\"7\"", "\"path\"", "legacy", "\"9\""] {
        assert!(settings.contains(part), "{part}: {settings}");
    }
    assert_eq!(catalog.sessions()[0].region.as_str(), "eu-west-1");
}

/// A manifest whose matrix makes SSO profiles for some accounts, with `more` keys in the matrix.
fn with_matrix(accounts: &str, more: &str) -> String {
    format!(
        "[sso_sessions.corp]\nsso_start_url = \"https://a.awsapps.com/start\"\nsso_region = \"us-east-1\"\n\
         [accounts]\n{accounts}\n[matrix.corp]\nname = \"${{account}}-${{role}}\"\npattern = \"sso\"\n\
         sso_session = \"corp\"\nsso_account_id = \"${{account_id}}\"\nsso_role_name = \"${{role}}\"\n{more}\n"
    )
}

fn names(catalog: &Catalog) -> Vec<&str> {
    catalog.profiles().iter().map(|profile| profile.name.as_str()).collect()
}

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
fn what_is_defined_in_two_files_of_one_rank_is_told() {
    let account = "[accounts]\na = \"111111111111\"\n[matrix.corp]\npattern = \"iam\"\nname = \"x\"\naccounts = []\n";
    let mut layers = alone("");
    layers.add_included(0, Source::new("1", account));
    layers.add_included(0, Source::new("2", account));
    assert_eq!(codes_in(&layers), [codes::MATRIX_EMPTY, codes::DEFINED_TWICE, codes::DEFINED_TWICE]);
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
    assert_eq!(load_with_why(&alone(&text), "a-Admin").why.unwrap().role.as_deref(), Some("Admin"));
}

#[test]
fn every_key_tells_where_it_comes_from() {
    let accounts = "a = { id = \"111111111111\", region = \"eu-west-1\", tags = [\"t\"] }\nb = \"222222222222\"\n";
    let more = "accounts = \"*\"\nroles = [\"A\"]\nexclude = [\"b-*\"]\nsettings = { max_attempts = 2, retry_mode = \"legacy\" }";
    let text = "[defaults]\noutput = \"json\"\nsettings = { tcp_keepalive = true }\n".to_owned()
        + &with_matrix(accounts, more)
        + "[profiles.a-A]\nsettings = { max_attempts = 9 }\ndescription = \"mine\"\n";
    let layers = alone(&text);
    let why = load_with_why(&layers, "a-A").why.unwrap();
    let place = |at| layers.sources().text(at).unwrap();
    let made = why.made.as_ref().unwrap();
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
    let loaded = load_with_why(&layers, "b-A");
    assert_eq!((loaded.why, loaded.left_out.len()), (None, 1));
    assert_eq!((place(loaded.left_out[0].by), place(loaded.left_out[0].matrix)), ("\"b-*\"", "corp"));
    assert_eq!(load_with_why(&layers, "c").left_out, []);
}

/// The manifest with one person's own file.
fn with_own(text: &str, own: &str) -> Layers {
    let mut layers = alone(text);
    layers.add_local(Source::new("own.toml", own), OwnWord::Certain);
    layers
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
        assert_eq!(load_with_why(&layers, "a-A").left_out.len(), 1, "{own}");
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
fn a_nested_setting_tells_its_own_place_and_a_profile_only_keys_of_its_own() {
    let text = "[defaults]\nmfa_serial = \"GAHT12345678\"\nsso_start_url = \"https://b.awsapps.com/start\"\n\
                [defaults.settings.s3]\naddressing_style = \"path\"\nmax_queue_size = 10\n"
        .to_owned()
        + &with_matrix("a = \"111111111111\"", "accounts = \"*\"\nroles = [\"${ro}\"]\n[vars]\nro = \"A\"")
        + "[profiles.a-A.settings.s3]\nmax_queue_size = 20\n";
    let layers = alone(&text);
    let why = load_with_why(&layers, "a-A").why.unwrap();
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

#[test]
fn what_one_persons_file_turns_off_is_an_answer_too() {
    let text = with_matrix("a = \"111111111111\"\n", "accounts = \"*\"\nroles = [\"A\"]");
    let layers = with_own(&text, "[matrix.corp]\naccounts = []\n[matrix.crop]\naccounts = []\n");
    let loaded = load_with_why(&layers, "a-A");
    let place = |at| layers.sources().locate(at).0.display().to_string();
    assert_eq!((loaded.why, loaded.left_out.len(), place(loaded.left_out[0].by)), (None, 1, "own.toml".to_owned()));
    let help = loaded.diagnostics[0].help.as_deref().unwrap();
    assert!(help.starts_with("did you mean the matrix `corp`?"), "{help}");
}

#[test]
fn a_profile_that_is_in_order_goes_on_beside_the_mistakes_of_every_fixture() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manifest/invalid");
    #[expect(clippy::disallowed_methods, reason = "the test looks at its own fixtures")]
    let texts = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter_map(|path| {
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        #[expect(clippy::disallowed_methods, reason = "the test looks at its own fixtures")]
        path.extension().filter(|kind| *kind == "toml").map(|_| (stem, std::fs::read_to_string(&path).unwrap()))
    });
    let mut stopped: Vec<_> = texts
        .filter(|(_, text)| {
            let text = format!(
                "{text}\n[profiles.zz-in-order]\npattern = \"iam\"\nregion = \"eu-west-1\"\noutput = \"json\"\n"
            );
            let loaded = load(&alone(&text), Audience::Person);
            let catalog = loaded.catalog.unwrap_or_default();
            for profile in catalog.profiles() {
                let name = profile.name.to_string();
                assert!(
                    loaded
                        .diagnostics
                        .iter()
                        .all(|found| { found.severity != Severity::Error || !found.profiles.contains(&name) }),
                    "{name} has an error"
                );
            }
            catalog.get("zz-in-order").is_none()
        })
        .map(|(stem, _)| stem)
        .collect();
    stopped.sort();
    // What can't be parsed or was written for another awsauth, and mistakes in [defaults], which every profile takes from.
    let expected = [
        "bad-text-tag",
        "duplicate-key-key",
        "duplicate-key-profile",
        "foreign-endpoint-s3",
        "newer-version-two",
        "refused-setting-history",
        "syntax-aws-config",
        "syntax-bare-values",
        "syntax-inline-header",
        "syntax-raw-control",
        "syntax-several",
        "unknown-key-defaults",
        "unknown-key-of-aws",
        "wrong-type-tables",
    ];
    assert_eq!(stopped, expected);
}
