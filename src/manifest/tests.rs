//! Tests of the whole room: what the fixtures of `check` can't show.

use super::*;

fn codes_of(text: &str) -> Vec<&'static str> {
    let loaded = load(&Source::new("profiles.toml", text));
    loaded.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_code_has_a_fixture() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    #[expect(clippy::disallowed_methods, reason = "the test looks at its own fixtures")]
    let read = |name: &str| std::fs::read_dir(dir.join(name)).unwrap();
    let dirs = ["manifest/valid", "manifest/invalid", "local/invalid"];
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
        assert!(!load_settings(&local, None).diagnostics.is_empty());
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
    let catalog = load(&Source::new("profiles.toml", text)).catalog.unwrap();
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
    let catalog = load(&Source::new("profiles.toml", text)).catalog.unwrap();
    assert_eq!(catalog.get("base").unwrap().description.as_deref(), Some("pay ${team} $x"));
}

#[test]
fn profiles_keep_the_order_of_the_file() {
    let text = "[profiles.z]\npattern = \"iam\"\n[profiles.a]\npattern = \"iam\"\n[profiles.m]\npattern = \"iam\"\n";
    let catalog = load(&Source::new("profiles.toml", text)).catalog.unwrap();
    let names: Vec<_> = catalog.profiles().iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["z", "a", "m"]);
}

/// Whether a text that is cut at every header is read in pieces; it then says what it says as a whole.
fn is_read_in_pieces(text: &str) -> bool {
    let source = Source::new("profiles.toml", text);
    let in_pieces = load_in_pieces(&source, 1);
    in_pieces.inspect(|loaded| assert_eq!(*loaded, load_whole(&source), "{text}")).is_some()
}

#[test]
fn profiles_that_need_nothing_of_each_others_text_are_read_in_pieces() {
    let iam = |name: &str| format!("[profiles.{name}]\npattern = \"iam\"\n");
    let (one, other) = (iam("one"), iam("\"o.t/her\""));
    let prompting = "[profiles.role]\npattern = \"iam-mfa-role\"\nsource_profile = \"one\"\nmfa_serial = \"GAHT12345678\"\n\
                     role_arn = \"arn:aws:iam::444455556666:role/A\"\n";
    for text in [
        format!("{one}{other}"),
        format!("# mine\r\n[defaults]\noutput = \"json\"\n{one}[profiles.one.settings]\nmax_attempts = 5\n{other}"),
        format!("{one}region = \"nowhere\"\n{prompting}{other}colour = 1\n"),
        format!("{one}{}{}", iam("ONE"), iam("__proto__")),
    ] {
        assert!(is_read_in_pieces(&text), "{text}");
    }
}

#[test]
fn a_table_that_pieces_would_have_in_common_is_read_with_the_whole_text() {
    let iam = |name: &str| format!("[profiles.{name}]\npattern = \"iam\"\n");
    let (one, other) = (iam("one"), iam("other"));
    for text in [
        format!("{one}{other}{one}"),
        format!("[profiles.one.settings]\nmax_attempts = 5\n{other}{one}"),
        format!("[profiles]\n{one}{other}"),
        format!("profiles.third.pattern = \"iam\"\n{one}{other}"),
        format!("profiles = {{}}\n{one}{other}"),
        format!("{one}[profiles]\n{other}[profiles]\n"),
        format!("{one}{other}[vars]\na = \"b\"\n"),
        format!("{one}[[profiles]]\n{other}"),
        format!("{one}description = \"\"\"\n{other}\"\"\"\n"),
        format!("{one}tags = [\n{other}]\n"),
        format!("version = 2\n{one}{other}"),
        format!("{one}x = \n{other}"),
        "[defaults]\noutput = \"json\"\n".to_owned(),
        String::new(),
    ] {
        assert!(!is_read_in_pieces(&text), "{text}");
    }
}

#[test]
fn what_the_writer_would_refuse_is_a_finding() {
    let session = "[sso_sessions.default]\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\n";
    assert_eq!(codes_of(session), [codes::BAD_NAME]);
    let url = session.replace("default", "s").replace("x.y", "x.y/ /");
    assert_eq!(codes_of(&url), [codes::BAD_START_URL]);
    let text = "[profiles.base]\npattern = \"iam\"\nsettings = { sdk_ua_app_id = 'a\\' }\n";
    assert_eq!(codes_of(text), [codes::BAD_TEXT]);
}
