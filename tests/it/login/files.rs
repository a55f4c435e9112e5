//! What a login leaves on disk: AWS's own files byte for byte, and awsauth's state.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::scene::{CREDENTIALS, STATE, Scene, long_term_keys, session_file};
use crate::support::fake_aws::standard::{AUDIT_ROLE, MFA_SERIAL};

/// sha1 of `corp`, as aws-facts §4.2 gives it.
const CORP_TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

fn text<'v>(value: &'v serde_json::Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key}"))
}

fn sha1(text: &str) -> String {
    use sha1::{Digest as _, Sha1};
    Sha1::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_session_of_iam_mfa_stands_in_its_own_section_of_credentials() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let session = scene.session("main");
    let expiration: jiff::Timestamp = text(&session, "expiration").parse().unwrap();
    let section = format!(
        "\n[main]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\nawsauth_expiration = {}\n",
        text(&session, "access_key_id"),
        text(&session, "secret_access_key"),
        text(&session, "session_token"),
        expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys() + &section);
}

#[test]
fn a_second_login_replaces_the_section_and_nothing_else() {
    let scene = Scene::new();
    let before = "# mine\r\n[other]\r\naws_access_key_id=AKIAOTHER\r\n\r\n";
    let keys = long_term_keys().replace('\n', "\r\n");
    scene.home.write(CREDENTIALS, format!("{before}{keys}\r\n; last"));
    scene.logged_in(&["main"]);
    let first = scene.home.read(CREDENTIALS);
    let code = scene.code();
    scene.run(&["login", "main", "--force", "--token-code", &code]).ok();
    let second = scene.home.read(CREDENTIALS);
    assert_ne!(first, second);
    assert_eq!(first.lines().count(), second.lines().count());
    assert!(second.starts_with(&format!("{before}{keys}\r\n; last")), "{second}");
    assert!(!second.replace("\r\n", "").contains('\n'), "{second}");
}

#[test]
fn with_credential_process_no_session_is_written_to_credentials() {
    let scene = Scene::new();
    scene.change_manifest("[profiles.main]\n", "[profiles.main]\ncredential_process = true\n");
    scene.logged_in(&["prod"]);
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
    assert!(scene.home.has(&session_file("main")));
}

#[test]
fn token_and_registration_are_written_as_aws_cli_writes_them() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    let key = r#"{"region": "us-east-1", "scopes": ["sso:account:access"], "session_name": "corp", "startUrl": "https://corp.awsapps.com/start", "tool": "botocore"}"#;
    let client = scene.home.read(&format!(".aws/sso/cache/{}.json", sha1(key)));
    let parsed: serde_json::Value = serde_json::from_str(&client).unwrap();
    let expected = format!(
        r#"{{"clientId": "{}", "clientSecret": "{}", "expiresAt": "{}", "scopes": ["sso:account:access"]}}"#,
        text(&parsed, "clientId"),
        text(&parsed, "clientSecret"),
        text(&parsed, "expiresAt")
    );
    assert_eq!(client, expected);
    let token = scene.home.read(CORP_TOKEN);
    let found: serde_json::Value = serde_json::from_str(&token).unwrap();
    let expected = format!(
        concat!(
            r#"{{"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": "{}", "#,
            r#""expiresAt": "{}", "clientId": "{}", "clientSecret": "{}", "registrationExpiresAt": "{}", "refreshToken": "{}"}}"#
        ),
        text(&found, "accessToken"),
        text(&found, "expiresAt"),
        text(&parsed, "clientId"),
        text(&parsed, "clientSecret"),
        text(&parsed, "expiresAt"),
        text(&found, "refreshToken")
    );
    assert_eq!(token, expected);
    for stamp in [text(&found, "expiresAt"), text(&parsed, "expiresAt")] {
        assert!(stamp.len() == 20 && stamp.ends_with('Z'), "{stamp}");
    }
}

#[test]
fn the_legacy_form_names_its_files_by_the_start_url() {
    let scene = Scene::new();
    let legacy = "sso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    scene.change_manifest("sso_session = \"corp\"\n", legacy);
    scene.logged_in(&["read"]);
    let token = scene.home.read(&format!(".aws/sso/cache/{}.json", sha1("https://corp.awsapps.com/start")));
    assert!(!token.contains("refreshToken"), "a registration without scopes gets none: {token}");
    let key = r#"{"region": "us-east-1", "scopes": null, "session_name": null, "startUrl": "https://corp.awsapps.com/start", "tool": "botocore"}"#;
    let client = scene.home.read(&format!(".aws/sso/cache/{}.json", sha1(key)));
    assert!(client.starts_with("{\"clientId\": \"") && !client.contains("scopes"), "{client}");
}

#[test]
fn a_role_with_its_own_device_is_shared_with_aws_cli() {
    let scene = Scene::new();
    scene.logged_in(&["audit"]);
    let session = scene.session("audit");
    let key = format!(
        r#"{{"DurationSeconds": 14400, "ExternalId": "partner-42", "RoleArn": "{AUDIT_ROLE}", "SerialNumber": "{MFA_SERIAL}"}}"#
    );
    let path = format!(".aws/cli/cache/{}.json", sha1(&key));
    let expiration: jiff::Timestamp = text(&session, "expiration").parse().unwrap();
    let expected = format!(
        r#"{{"Credentials": {{"AccessKeyId": "{}", "SecretAccessKey": "{}", "SessionToken": "{}", "Expiration": "{}"}}}}"#,
        text(&session, "access_key_id"),
        text(&session, "secret_access_key"),
        text(&session, "session_token"),
        expiration.strftime("%Y-%m-%dT%H:%M:%SUTC")
    );
    assert_eq!(scene.home.read(&path), expected);
    assert_eq!(mode(&scene.home.path(&path)), 0o600);
}

#[test]
fn other_roles_are_not_shared_with_aws_cli() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    assert!(!scene.home.has(".aws/cli"));
}

#[test]
fn a_role_that_asks_awsauth_each_time_has_no_entry_in_aws_clis_cache() {
    let scene = Scene::new();
    scene.change_manifest("[profiles.audit]\n", "[profiles.audit]\ncredential_process = true\n");
    scene.logged_in(&["audit"]);
    assert!(scene.home.has(&session_file("audit")) && !scene.home.has(".aws/cli"));
}

#[test]
fn everything_that_holds_a_secret_is_private() {
    let scene = Scene::new();
    let code = scene.code();
    scene.run(&["login", "prod", "jump", "--token-code", &code]).ok();
    scene.run(&["login", "audit", "--token-code", &scene.code()]).ok();
    for dir in [STATE, &format!("{STATE}/sessions"), ".aws/sso/cache", ".aws/cli/cache"] {
        assert_eq!(mode(&scene.home.path(dir)), 0o700, "{dir}");
        for path in scene.home.list(dir).iter().filter(|path| path.is_file()) {
            assert_eq!(mode(path), 0o600, "{}", path.display());
        }
    }
}

#[test]
fn a_cache_file_that_is_cut_short_or_foreign_is_a_miss() {
    let whole = Scene::new();
    whole.logged_in(&["read"]);
    let token = whole.home.read(CORP_TOKEN);
    let other_portal = token.replace("corp.awsapps.com", "other.awsapps.com");
    for broken in ["", "{", &token[..token.len() / 2], "[1]", "\u{feff}{}", "\0\0", &other_portal] {
        let scene = Scene::new();
        scene.home.write(CORP_TOKEN, broken);
        scene.home.write(&session_file("read"), broken);
        scene.run(&["login", "read"]).ok();
        assert_eq!(scene.calls(), crate::scene::SSO_CALLS, "{broken}");
    }
}

#[test]
fn a_token_that_aws_cli_got_is_used() {
    let theirs = Scene::new();
    theirs.logged_in(&["read"]);
    let token = theirs.home.read(CORP_TOKEN);
    let value: serde_json::Value = serde_json::from_str(&token).unwrap();
    let expires = text(&value, "expiresAt");
    for form in [expires.replace('Z', "UTC"), expires.replace('Z', ".000Z"), expires.replace('Z', "+00:00")] {
        let home = crate::support::sandbox::Sandbox::with_aws(&theirs.aws);
        home.manifest(crate::scene::MANIFEST);
        home.write(CORP_TOKEN, token.replace(expires, &form));
        home.run(["login", "read"]).ok();
        assert_eq!(theirs.calls(), ["GetRoleCredentials"], "{form}");
    }
}

#[test]
fn a_section_that_somebody_took_away_is_written_again_without_a_call() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    let whole = scene.home.read(CREDENTIALS);
    scene.home.write(CREDENTIALS, long_term_keys());
    scene.run(&["login", "prod"]).ok();
    assert_eq!((scene.home.read(CREDENTIALS), scene.calls()), (whole, vec!["AssumeRole".to_owned()]));
}

#[test]
fn apply_takes_the_session_out_of_credentials_when_the_profile_becomes_a_process() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.run(&["apply"]).ok();
    assert!(scene.home.read(CREDENTIALS).contains("[main]"));
    scene.change_manifest("[profiles.main]\n", "[profiles.main]\ncredential_process = true\n");
    scene.run(&["apply"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys(), "keys there would win over credential_process");
    assert_eq!(scene.access_key_of("main"), text(&scene.session("main"), "access_key_id"));
}
