//! Owns the laws of plans: what they change, what they leave alone, what they refuse.

use super::*;
use crate::model::{
    Catalog, CredentialMethod, Credentials, Kind, LongTermKey, MfaSerial, Profile, ProfileName, Region, Role, RoleArn,
    RoleSource,
};
use crate::secret::Secret;

const PROGRAM: &str = "/usr/bin/awsauth";
/// Nothing of the user's is touched.
const LEAST: Permission = Permission { overwrite: Overwrite::Intact, adoption: Adoption::Refuse };

fn profile(name: &str, kind: Kind) -> Profile {
    Profile {
        name: ProfileName::new(name).unwrap(),
        kind,
        method: CredentialMethod::Native,
        region: Some(Region::new("eu-west-1").unwrap()),
        output: None,
        description: None,
        tags: Vec::new(),
        settings: Vec::new(),
    }
}

fn iam_mfa(name: &str) -> Profile {
    let kind = Kind::IamMfa {
        mfa_serial: MfaSerial::new("GAHT12345678").unwrap(),
        long_term_profile: ProfileName::new(&format!("{name}-long-term")).unwrap(),
        duration: None,
    };
    profile(name, kind)
}

fn role(name: &str, source: &str) -> Profile {
    let role = Role {
        arn: RoleArn::new("arn:aws:iam::444455556666:role/Admin").unwrap(),
        source: RoleSource::Profile(ProfileName::new(source).unwrap()),
        duration: None,
        session_name: None,
        external_id: None,
    };
    profile(name, Kind::IamMfaRole { role, mfa_serial: None })
}

fn catalog(profiles: Vec<Profile>) -> Catalog {
    Catalog::new(Vec::new(), profiles)
}

fn two() -> Catalog {
    catalog(vec![iam_mfa("main"), role("prod", "main")])
}

fn plan(catalog: &Catalog, bytes: &[u8]) -> Result<Plan, Refusal> {
    config(catalog, bytes, b"", PROGRAM, LEAST, &|_| false)
}

fn planned(catalog: &Catalog, bytes: &[u8], adoption: Adoption) -> Result<(Plan, Vec<MissingKey>), Refusal> {
    let rules = ManifestRules { is_setting: |key| key == "region", is_given: &|_| false };
    credentials(catalog, bytes, PROGRAM, rules, &|_| false, adoption)
}

fn applied(catalog: &Catalog, bytes: &[u8]) -> Vec<u8> {
    let plan = plan(catalog, bytes).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    if plan.is_empty() { bytes.to_vec() } else { plan.after }
}

#[test]
fn an_empty_file_becomes_the_block() {
    let text = String::from_utf8(applied(&two(), b"")).unwrap();
    let (body, end) = text.split_at(text.find("# <<<").unwrap());
    assert_eq!(
        body,
        "# >>> awsauth >>> generated from profiles.toml; change that file and run `awsauth apply`\n\
         [profile main]\nregion = eu-west-1\n\n\
         [profile prod]\nrole_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = main\nregion = eu-west-1\n"
    );
    assert!(end.starts_with("# <<< awsauth <<< sha256:") && end.ends_with('\n') && end.len() == 90, "{end}");
}

#[test]
fn with_credential_process_nothing_else_leads_to_credentials() {
    let process = |profile: Profile| Profile { method: CredentialMethod::Process, ..profile };
    let all =
        catalog(vec![process(profile("base", Kind::Iam)), process(iam_mfa("main")), process(role("prod", "main"))]);
    let text = String::from_utf8(applied(&all, b"")).unwrap();
    let body = text.lines().skip(1).take_while(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    assert_eq!(
        body,
        "[profile base]\ncredential_process = /usr/bin/awsauth credential-process base\nregion = eu-west-1\n\n\
         [profile main]\ncredential_process = /usr/bin/awsauth credential-process main\nregion = eu-west-1\n\n\
         [profile prod]\ncredential_process = /usr/bin/awsauth credential-process prod\nregion = eu-west-1"
    );
}

#[test]
fn the_block_follows_the_line_ends_of_the_file_and_its_digest_does_not_mind_them() {
    let file = applied(&two(), b"[a]\r\nb = c\r\n");
    assert!(file.windows(2).all(|pair| pair[1] != b'\n' || pair[0] == b'\r'));
    let rewritten: Vec<u8> = file.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert!(plan(&two(), &rewritten).unwrap().is_empty());
}

#[test]
fn a_block_edited_by_hand_is_refused_and_can_be_overwritten() {
    let file = applied(&two(), b"[a]\nb = c\n");
    let edited = String::from_utf8(file.clone()).unwrap().replace("eu-west-1", "eu-west-2").into_bytes();
    assert!(matches!(plan(&two(), &edited).err(), Some(Refusal::Edited { line: 4, .. })));
    let forced = Permission { overwrite: Overwrite::Edited, ..LEAST };
    assert_eq!(config(&two(), &edited, b"", PROGRAM, forced, &|_| false).ok().unwrap().after, file);
}

#[test]
fn an_emptied_manifest_takes_the_block_out() {
    let file = applied(&two(), b"[a]\nb = c\n");
    let plan = plan(&catalog(Vec::new()), &file).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(plan.after, b"[a]\nb = c\n\n");
    assert_eq!(plan.changes.len(), 2);
}

#[test]
fn broken_markers_are_refused_with_their_line() {
    let begin = "# >>> awsauth >>> x\n";
    let end = "# <<< awsauth <<< sha256:0\n";
    for (text, line) in [
        (format!("[a]\n{begin}"), 2),
        (format!("[a]\n{end}{begin}"), 2),
        (format!("{begin}{end}{begin}{end}"), 3),
        (format!("{begin}{begin}{end}"), 2),
    ] {
        assert!(
            matches!(plan(&two(), text.as_bytes()), Err(Refusal::Markers { line: at, .. }) if at == line),
            "{text}"
        );
    }
}

#[test]
fn an_indented_marker_is_the_users_own_comment() {
    let text = b"[a]\ns3 =\n  # >>> awsauth >>> not mine\n  b = c\n";
    assert!(applied(&two(), text).starts_with(text));
}

#[test]
fn entries_after_the_block_without_a_header_belong_to_its_last_section() {
    let mut file = applied(&two(), b"");
    let block = file.clone();
    file.extend(b"\n# mine\nregion = x\n");
    assert!(
        matches!(plan(&two(), &file).err(), Some(Refusal::Edited { line: 1, sections, .. }) if sections[0].line == 5)
    );
    let forced = Permission { overwrite: Overwrite::Edited, ..LEAST };
    let after = config(&two(), &file, b"", PROGRAM, forced, &|_| false).ok().unwrap().after;
    assert_eq!(after, [&block[..], b"\n# mine\n"].concat());
    // What the manifest gives as well is not lost.
    let prod = Profile { region: Some(Region::new("eu-west-9").unwrap()), ..role("prod", "main") };
    let changed = catalog(vec![iam_mfa("main"), prod]);
    let given = [&block[..], b"region = eu-west-9\n"].concat().into_iter().collect::<Vec<u8>>();
    assert!(plan(&changed, &given).is_ok());
    file = [&block[..], b"  more of a value\n"].concat();
    assert_eq!(plan(&two(), &file).err(), Some(Refusal::Trailing { line: 10 }));
}

#[test]
fn a_section_outside_is_refused_with_both_lines_however_it_is_written() {
    for header in ["[profile prod]", "[profile \"prod\"]", "[profile 'prod']"] {
        let mut file = applied(&two(), b"");
        file.extend(format!("{header}\nregion = x\n").bytes());
        match plan(&two(), &file).err() {
            Some(Refusal::Outside(outside)) => {
                assert_eq!((outside[0].line, outside[0].inside), (10, Some(5)), "{header}");
            }
            other => panic!("{header}: {other:?}"),
        }
    }
}

#[test]
fn a_section_that_the_block_would_swallow_is_refused() {
    let block = String::from_utf8(applied(&two(), b"")).unwrap();
    // An indented header right below the block is part of the block's last value to botocore.
    let file = format!("{block} [profile mine]\n region = x\n");
    assert!(plan(&catalog(vec![iam_mfa("main")]), file.as_bytes()).is_err());
}

fn session(expiration: &str) -> Credentials {
    Credentials {
        access_key_id: "ASIA1".to_owned(),
        secret_access_key: Secret::new("s"),
        session_token: Some(Secret::new("t")),
        expiration: Some(expiration.parse().unwrap()),
    }
}

#[test]
fn a_session_is_written_renewed_and_pruned_and_nothing_else_changes() {
    let before = b"# mine\n[main-long-term]\naws_access_key_id=AKIA1\naws_secret_access_key=s\n";
    let main = iam_mfa("main");
    let first = save_session(before, &main, &session("2026-01-01T00:00:00Z")).ok().unwrap().after;
    let text = String::from_utf8(first.clone()).unwrap();
    assert_eq!(
        text.strip_prefix(std::str::from_utf8(before).unwrap()).unwrap(),
        "\n[main]\naws_access_key_id=ASIA1\naws_secret_access_key=s\naws_session_token=t\nawsauth_expiration=2026-01-01T00:00:00Z\n"
    );
    let second = save_session(&first, &main, &session("2026-01-02T00:00:00Z")).ok().unwrap().after;
    assert_eq!(String::from_utf8(second.clone()).unwrap(), text.replace("01-01T", "01-02T"));
    let (pruned, missing) = planned(&catalog(vec![iam_mfa("other")]), &second, Adoption::Refuse).ok().unwrap();
    assert_eq!(pruned.after, before);
    assert_eq!(missing.len(), 1);
}

#[test]
fn keys_of_the_users_own_under_a_profiles_name_are_refused_and_never_overwritten() {
    let file = b"[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    let shadowed = |result: Option<Refusal>| matches!(result, Some(Refusal::Shadowed { line: 1, .. }));
    assert!(shadowed(save_session(file, &iam_mfa("main"), &session("2026-01-01T00:00:00Z")).err()));
    assert!(shadowed(planned(&two(), file, Adoption::Refuse).err()));
    assert!(remove_sessions(file, |name| name == "main").ok().unwrap().is_empty());
}

#[test]
fn a_long_term_key_is_replaced_only_when_that_is_said() {
    let section = ProfileName::new("main-long-term").unwrap();
    let key = |id: &str| LongTermKey { access_key_id: id.to_owned(), secret_access_key: Secret::new("s") };
    let first = add_key(b"", &section, &key("AKIA1"), Overwrite::Intact).ok().unwrap().after;
    assert!(add_key(&first, &section, &key("AKIA1"), Overwrite::Intact).ok().unwrap().is_empty());
    assert!(matches!(
        add_key(&first, &section, &key("AKIA2"), Overwrite::Intact).err(),
        Some(Refusal::KeyExists { line: 1, .. })
    ));
    let second = add_key(&first, &section, &key("AKIA2"), Overwrite::Edited).ok().unwrap().after;
    assert_eq!(long_term_keys(&second, [&section].into_iter()).next().unwrap().1, key("AKIA2"));
}

#[test]
fn a_value_that_is_filled_in_at_the_end_of_a_file_stays_on_its_line() {
    let file = b"[main]\naws_session_token =";
    let saved = save_session(file, &iam_mfa("main"), &session("2026-01-01T00:00:00Z")).ok().unwrap().after;
    let text = String::from_utf8(saved).unwrap();
    assert!(text.starts_with("[main]\naws_session_token = t\naws_access_key_id = ASIA1\n"), "{text}");
}

#[test]
fn a_mark_in_default_is_the_users_own() {
    let file = b"[DEFAULT]\naws_access_key_id = ASIA1\nawsauth_expiration = x\n[DEFAULT]\ny = 1\n";
    assert!(planned(&two(), file, Adoption::Refuse).ok().unwrap().0.is_empty());
}

#[test]
fn a_token_in_default_is_refused_since_it_makes_every_key_a_sessions() {
    let base = ProfileName::new("base").unwrap();
    let key = LongTermKey { access_key_id: "AKIA1".to_owned(), secret_access_key: Secret::new("s") };
    let refused = |result: Option<Refusal>| matches!(result, Some(Refusal::Defaults { line: 2, .. }));
    let file = b"[DEFAULT]\naws_session_token = t\n[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    assert!(refused(add_key(file, &base, &key, Overwrite::Intact).err()));
    assert!(refused(planned(&two(), file, Adoption::TakeOver).err()));
}

#[test]
fn a_long_term_key_takes_the_place_of_a_session_whole() {
    let base = ProfileName::new("base").unwrap();
    let was = save_session(b"", &iam_mfa("base"), &session("2026-01-01T00:00:00Z")).ok().unwrap().after;
    let key = LongTermKey { access_key_id: "AKIA1".to_owned(), secret_access_key: Secret::new("s") };
    let added = add_key(&was, &base, &key, Overwrite::Intact).ok().unwrap().after;
    assert_eq!(long_term_keys(&added, [&base].into_iter()).next().unwrap().1, key);
    let (kept, missing) = planned(&catalog(vec![profile("base", Kind::Iam)]), &added, Adoption::Refuse).ok().unwrap();
    assert!(kept.is_empty() && missing.is_empty());
}

#[test]
fn a_session_with_an_id_like_a_long_term_keys_is_known_by_its_mark() {
    let before = b"[base]\naws_access_key_id=AKIA1\naws_secret_access_key=s\n";
    let with_id = |id: &str| Credentials { access_key_id: id.to_owned(), ..session("2026-01-01T00:00:00Z") };
    let saved = save_session(before, &iam_mfa("main"), &with_id("AKIA2")).ok().unwrap().after;
    assert_eq!(take_sessions_out(&saved), before);
    assert_eq!(remove_sessions(&saved, |name| name == "main").ok().unwrap().after, before);
    assert!(save_session(&saved, &iam_mfa("main"), &with_id("AKIA3")).is_ok());
    let edited = String::from_utf8(saved).unwrap().replace("_id=AKIA2", "_id=AKIA4").into_bytes();
    assert_eq!(take_sessions_out(&edited), edited);
    assert!(save_session(&edited, &iam_mfa("main"), &with_id("AKIA3")).is_err());
}

#[test]
fn a_long_term_key_that_somebody_put_into_a_session_section_is_the_users_own() {
    let session_file = save_session(b"", &iam_mfa("main"), &session("2026-01-01T00:00:00Z")).ok().unwrap().after;
    let file = String::from_utf8(session_file).unwrap().replace("ASIA1", "AKIA1").into_bytes();
    let main = ProfileName::new("main").unwrap();
    let next = save_session(&file, &iam_mfa("main"), &session("2026-01-02T00:00:00Z"));
    assert!(matches!(next.err(), Some(Refusal::Shadowed { .. })));
    assert!(remove_sessions(&file, |name| name == main.as_str()).ok().unwrap().is_empty());
    assert!(planned(&catalog(Vec::new()), &file, Adoption::Refuse).ok().unwrap().0.is_empty());
}
