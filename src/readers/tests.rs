//! What each tool does with more than one mechanism in a profile: the measured table of aws-facts §3.

use super::*;

const KEY: &str = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s\n";
const SESSION_KEY: &str = "aws_access_key_id = ASIAEXAMPLE\naws_secret_access_key = s\naws_session_token = t\n";
const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/R\nsource_profile = other\n";
const SELF: &str = "role_arn = arn:aws:iam::111122223333:role/R\nsource_profile = v\n";
const NO_SOURCE: &str = "role_arn = arn:aws:iam::111122223333:role/R\n";
const PROCESS: &str = "credential_process = /bin/creds\n";
const SSO: &str = "sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n";
const IN_SESSION: &str = "sso_session = corp\nsso_account_id = 1\nsso_role_name = r\n";
const PORTAL: &str = "sso_start_url = https://x\nsso_region = us-east-1\n";
const OTHERS: &str = "[profile other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n[sso-session corp]\nsso_start_url = https://x\nsso_region = us-east-1\n";

/// The resolution in words, such as `role by key of other`.
fn words(resolution: &Resolution) -> String {
    match resolution {
        Ok(Mechanism::Key { profile, .. }) => format!("key of {profile}"),
        Ok(Mechanism::Role { source, mfa: None, .. }) => format!("role by {}", words(&Ok((**source).clone()))),
        Ok(Mechanism::Role { mfa: Some(Mfa::Asked(_)), .. }) => "role, asks".to_owned(),
        Ok(Mechanism::Role { mfa: Some(Mfa::LeftOut(_)), .. }) => "role, no device".to_owned(),
        Ok(Mechanism::Machine { machine, .. }) => (*machine).to_owned(),
        Ok(Mechanism::WebIdentity { .. }) => "web identity".to_owned(),
        Ok(Mechanism::Sso { .. }) => "sso".to_owned(),
        Ok(Mechanism::Login { .. }) => "login".to_owned(),
        Ok(Mechanism::Process { .. }) => "process".to_owned(),
        Err(_) => "error".to_owned(),
    }
}

fn resolve(config: &str, credentials: &str) -> [String; 5] {
    let config = format!("[profile v]\nregion = us-east-1\n{config}{OTHERS}");
    let credentials = if credentials.is_empty() { String::new() } else { format!("[v]\n{credentials}") };
    let files = AwsFiles::parse(config.as_bytes(), credentials.as_bytes());
    let readers = [Reader::AwsCli2, Reader::Rust, Reader::Go, Reader::JavaScript, Reader::Java];
    readers.map(|reader| words(&files.resolve(reader, "v")))
}

#[test]
fn each_tool_chooses_among_mechanisms_as_was_measured() {
    let own = "role by key of v";
    let other = "role by key of other";
    for (config, credentials, expected) in [
        ([KEY, PROCESS].concat(), "", ["process", "process", "key of v", "key of v", "process"]),
        (PROCESS.into(), KEY, ["key of v", "process", "key of v", "key of v", "process"]),
        ([KEY, SSO].concat(), "", ["sso", "sso", "key of v", "key of v", "sso"]),
        (SSO.into(), KEY, ["sso", "sso", "key of v", "key of v", "sso"]),
        ([KEY, ROLE].concat(), "", [other; 5]),
        (ROLE.into(), KEY, [other; 5]),
        ([KEY, SELF].concat(), "", [own, own, own, own, "error"]),
        ([KEY, NO_SOURCE].concat(), "", ["error", "error", own, "key of v", "key of v"]),
        ([PROCESS, ROLE].concat(), "", [other, other, "error", other, other]),
        ([SSO, ROLE].concat(), "", [other, other, other, other, "sso"]),
        ([SSO, SELF].concat(), "", ["error", "role by sso", "role by sso", "error", "sso"]),
        ([SSO, PROCESS].concat(), "", ["sso", "sso", "sso", "process", "sso"]),
        ([IN_SESSION, PORTAL].concat(), "", ["sso", "error", "sso", "sso", "sso"]),
        (["sso_session = corp\n", KEY].concat(), "", ["key of v", "error", "key of v", "key of v", "error"]),
        (
            "aws_access_key_id = A\n".into(),
            "aws_secret_access_key = s\n",
            ["error", "key of v", "error", "key of v", "key of v"],
        ),
        (String::new(), KEY, ["key of v"; 5]),
        (String::new(), ROLE, [other; 5]),
        (String::new(), "", ["error"; 5]),
    ] {
        assert_eq!(resolve(&config, credentials), expected, "{config}{credentials}");
    }
}

#[test]
fn each_tool_has_its_way_with_an_mfa_device() {
    let config = format!("{ROLE}mfa_serial = arn:aws:iam::111122223333:mfa/alice\n");
    assert_eq!(resolve(&config, ""), ["role, asks", "role, no device", "error", "error", "role, no device"]);
    let files = format!("[profile v]\n{config}{OTHERS}");
    let refusal = AwsFiles::parse(files.as_bytes(), b"").resolve(Reader::Go, "v").unwrap_err();
    assert_eq!(refusal.to_string(), "[v] asks for MFA, which this SDK does not do by itself");
}

#[test]
fn a_chain_that_no_stack_holds_is_refused() {
    let role = |at: usize| format!("[profile p{at}]\n{NO_SOURCE}source_profile = p{}\n", at - 1);
    let text: String = (1..=4000).map(role).collect::<String>() + "[profile p0]\n" + KEY;
    let files = AwsFiles::parse(text.as_bytes(), b"");
    for reader in Reader::ALL {
        let parts =
            |name| files.resolve(reader, name).map(|way| way.parts().count()).map_err(|refusal| refusal.to_string());
        assert_eq!(parts("p63"), Ok(64));
        assert_eq!(parts("p4000"), Err("[p4000] goes through more than 64 profiles".to_owned()));
    }
}

#[test]
fn a_file_that_a_tool_refuses_gives_it_no_profile() {
    let files = AwsFiles::parse(b"[profile v]\nregion: x\n", SESSION_KEY.as_bytes());
    let said = |reader| files.resolve(reader, "v").unwrap_err().to_string();
    assert_eq!(said(Reader::Rust), "can't read the config file, line 2: a line without `=`");
    assert!(said(Reader::Boto3).starts_with("can't read the credentials file, line 1: "), "{}", said(Reader::Boto3));
    assert_eq!(said(Reader::JavaScript), "finds no profile [v]");
    assert_eq!(said(Reader::Go), "[v] gives no credentials");
}

#[test]
fn a_key_says_where_it_is_and_whether_it_ends() {
    let credentials = format!("[v]\n{SESSION_KEY}");
    let files = AwsFiles::parse(b"", credentials.as_bytes());
    let Ok(Mechanism::Key { file, id, is_session, .. }) = files.resolve(Reader::Rust, "v") else { panic!() };
    assert_eq!((file, &*id, is_session), (crate::ini::FileKind::Credentials, "ASIAEXAMPLE", true));
}
