//! Tests of the whole room: what the fixtures of `check` can't show.

mod matrix;
mod provenance;

use super::findings::codes;
use super::*;
use crate::model::Catalog;
use crate::source::Span;

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
        layers.add_local(local, SettingsTrust::Trusted);
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
fn of_many_errors_in_one_line_only_the_first_read_the_text_before_them() {
    let text = format!("x = [{}]\n", "\"\u{1b}\", ".repeat(1000));
    let found = load(&alone(&text), Audience::Person).diagnostics;
    let looked_into = found.iter().filter(|found| found.message.contains("the control character")).count();
    assert_eq!((found.len(), looked_into), (1000, 100));
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
    layers.add_local(source(4), SettingsTrust::Trusted);
    layers
}

#[test]
fn a_file_comes_after_all_that_it_includes_and_wins_over_them_alone() {
    let layers = four_and_own(["0", "1", "2", "3", "4"]);
    assert_eq!(layers.order(), [3, 1, 2, 0, 4]);
    let at = |number: usize| Span::new(0, 1).offset_by(layers.sources().base(number));
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
fn what_is_defined_in_two_files_of_one_rank_is_told() {
    let account = "[accounts]\na = \"111111111111\"\n[matrix.corp]\npattern = \"iam\"\nname = \"x\"\naccounts = []\n";
    let mut layers = alone("");
    layers.add_included(0, Source::new("1", account));
    layers.add_included(0, Source::new("2", account));
    assert_eq!(codes_in(&layers), [codes::MATRIX_EMPTY, codes::DEFINED_TWICE, codes::DEFINED_TWICE]);
}

/// The manifest with one person's own file.
fn with_own(text: &str, own: &str) -> Layers {
    let mut layers = alone(text);
    layers.add_local(Source::new("own.toml", own), SettingsTrust::Trusted);
    layers
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
