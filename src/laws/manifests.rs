//! Owns drawing manifests: all patterns, settings, SSO sessions, variables and defaults, in most cases valid ones.
//! Must not judge them.

use std::fmt::Write as _;

use super::Unstructured;
use super::files::NAMES;

const REGIONS: &[&str] = &["eu-west-1", "us-gov-west-1", "ap-northeast-3"];
/// Lines of a profile of any pattern.
const COMMON: &[&str] = &[
    "region = \"eu-west-1\"",
    "output = \"yaml-stream\"",
    "description = \"production $${x} 東京\"",
    "tags = [\"a\", \"größe\"]",
    "credential_process = true",
    "settings = { max_attempts = 5, tcp_keepalive = true }",
    "settings = { s3 = { addressing_style = \"path\", multipart_chunksize = \"16MB\" }, retry_mode = \"adaptive\" }",
    "settings = { sdk_ua_app_id = \"a;b#c = [d] \\\"${team}\", endpoint_url = \"http://localhost:4566/#x\" }",
    "settings = { s3 = { max_bandwidth = \"5MB/s\" } }",
    "settings = {}",
];
/// Lines of a role.
const ROLE: &[&str] =
    &["duration_seconds = 3600", "role_session_name = \"${team}@x\"", "external_id = \"partner:42/x\""];
const DEFAULTS: &[&str] = &[
    "region = \"${region}\"",
    "output = \"json\"",
    "settings = { max_attempts = 3, s3 = { addressing_style = \"auto\", max_queue_size = 7 } }",
    "role_session_name = \"alice\"",
    "credential_process = true",
    "mfa_serial = \"GAHT12345678\"",
    "duration_seconds = 900",
];
/// The lines of a matrix.
const ACCOUNTS: &str =
    "[accounts]\na = \"111111111111\"\nb = { id = \"222222222222\", tags = [\"t\"], roles = [\"Admin\", \"Read\"] }\n";
const CHOICES: &[&str] = &[
    "accounts = \"*\"\nroles = \"*\"\n",
    "accounts = [\"b\", \"a\"]\nroles = [\"Admin\"]\n",
    "accounts = { tags = [\"t\"] }\nroles = [\"x\", \"y\"]\nexclude = [\"*.x\"]\n",
];
const MADE: &[&str] = &[
    "pattern = \"iam\"\n",
    "pattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::${account_id}:mfa/${role_lower}\"\n",
    "pattern = \"sso\"\nsso_account_id = \"${account_id}\"\nsso_role_name = \"${role}\"\n\
     sso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n",
];
/// Lines that make a manifest wrong wherever they stand.
const WRONG: &[&str] =
    &["\"", "[", "\n", "\u{0}", "x = 1\n", "[profiles.main]\n", "é", "${", "version = 2\n", "\u{202e}", "'''", "\r"];

/// Lines of a profile that is not written.
const UNWRITTEN: &[&str] = &["description = \"the vendor's\"", "tags = [\"a\"]"];
/// The beginning of a profile that needs a region besides.
const LOGIN: &str = "pattern = \"login\"\nlogin_session = \"arn:aws:iam::111122223333:user/${team}/alice\"\n";
const MACHINES: &[&str] = &["Environment", "Ec2InstanceMetadata", "EcsContainer"];

/// The profiles that can be the source of another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Key,
    Mfa,
    Sso,
    /// A `role`, or a `login`.
    Plain,
    External,
}

/// Draws the text of a manifest; one in eight has an error.
pub(super) fn draw(draw: &mut Unstructured<'_>) -> String {
    let mut text = "[vars]\nteam = \"pay\"\nregion = \"".to_owned() + draw.pick(REGIONS) + "\"\n";
    let sessions = draw.below(3);
    if draw.one_in(3) {
        text.push_str("[defaults]\n");
        lines(draw, &mut text, DEFAULTS, 4);
    }
    for session in &NAMES[..sessions] {
        let url = draw.pick(&["https://corp.awsapps.com/start", "https://x.y/start#/", "https://x.y:8/a#b"]);
        let _ = writeln!(text, "[sso_sessions.{session:?}]\nsso_start_url = {url:?}\nsso_region = \"us-east-1\"");
        let scopes = draw.pick(&["", "sso_registration_scopes = [\"sso:account:access\", \"a.b/c:*\"]\n"]);
        text.push_str(scopes);
    }
    if draw.one_in(4) {
        text.push_str(ACCOUNTS);
        text.extend(["[matrix.m]\nname = \"m-${account}.${role}\"\n", draw.pick(CHOICES), draw.pick(MADE)]);
        lines(draw, &mut text, COMMON, 2);
    }
    let mut tables = profiles(draw, sessions);
    if draw.one_in(4) {
        tables.reverse();
    }
    text.extend(tables);
    if draw.one_in(8) { spoiled(draw, text) } else { text }
}

/// Lines below a block: a section, or entries without a header.
pub(super) fn section_below(draw: &mut Unstructured<'_>) -> String {
    let section =
        draw.pick(&["[profile later]\nk = v\n", "", "\n# mine\n", "[later]", " [profile later]\n k = v\n", "k = v\n"]);
    section.to_owned()
}

fn profiles(draw: &mut Unstructured<'_>, sessions: usize) -> Vec<String> {
    let first = draw.below(NAMES.len());
    let mut bases: Vec<(&str, Base)> = Vec::new();
    let mut tables = Vec::new();
    for offset in 0..draw.below(6) {
        let name = NAMES[(first + offset) % NAMES.len()];
        let mut table = format!("[profiles.{name:?}]\n");
        let source = if bases.is_empty() { None } else { Some(draw.pick(&bases)) };
        let base = match (draw.below(8), source) {
            (1, _) => mfa(draw, &mut table, name),
            (2, _) => sso(draw, &mut table, sessions),
            (3 | 4, Some(source)) => role(draw, &mut table, source),
            (5, _) => role_of_machine(draw, &mut table),
            (6, _) => {
                table.push_str("pattern = \"external\"\n");
                Base::External
            }
            (7, _) => {
                table.push_str(LOGIN);
                Base::Plain
            }
            _ => {
                table.push_str("pattern = \"iam\"\n");
                Base::Key
            }
        };
        lines(draw, &mut table, if base == Base::External { UNWRITTEN } else { COMMON }, 4);
        if table.contains(LOGIN) && !table.contains("\nregion") {
            table.push_str("region = \"ap-northeast-3\"\n");
        }
        bases.push((name, base));
        tables.push(table);
    }
    tables
}

fn mfa(draw: &mut Unstructured<'_>, table: &mut String, name: &str) -> Base {
    let serial = draw.pick(&["GAHT12345678", "arn:aws:iam::111122223333:mfa/${team}"]);
    let _ = writeln!(table, "pattern = \"iam-mfa\"\nmfa_serial = {serial:?}");
    if draw.one_in(3) {
        let _ = writeln!(table, "long_term_profile = {:?}", format!("{name}-key"));
    }
    if draw.one_in(3) {
        table.push_str("duration_seconds = 129600\n");
    }
    Base::Mfa
}

fn sso(draw: &mut Unstructured<'_>, table: &mut String, sessions: usize) -> Base {
    table.push_str("pattern = \"sso\"\nsso_account_id = \"123456789012\"\nsso_role_name = \"Read.Only\"\n");
    if sessions == 0 || draw.one_in(3) {
        table.push_str("sso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n");
    } else {
        let _ = writeln!(table, "sso_session = {:?}", draw.pick(&NAMES[..sessions]));
    }
    Base::Sso
}

fn role(draw: &mut Unstructured<'_>, table: &mut String, (source, base): (&str, Base)) -> Base {
    let pattern = match base {
        Base::Sso => "sso-role",
        Base::Plain => "role",
        Base::Key | Base::External => draw.pick(&["role", "iam-mfa-role"]),
        Base::Mfa => "iam-mfa-role",
    };
    let arn = "arn:aws:iam::444455556666:role/a/Admin";
    let _ = writeln!(table, "pattern = {pattern:?}\nsource_profile = {source:?}\nrole_arn = {arn:?}");
    if pattern == "iam-mfa-role" && base != Base::Mfa {
        table.push_str("mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n");
    }
    lines(draw, table, ROLE, 3);
    match pattern {
        "sso-role" => Base::Sso,
        "role" => Base::Plain,
        _ => Base::Mfa,
    }
}

fn role_of_machine(draw: &mut Unstructured<'_>, table: &mut String) -> Base {
    let (source, arn) = (draw.pick(MACHINES), "arn:aws:iam::444455556666:role/Job");
    let _ = writeln!(table, "pattern = \"role\"\ncredential_source = {source:?}\nrole_arn = {arn:?}");
    lines(draw, table, ROLE, 3);
    Base::Plain
}

/// Up to `most` of `choices`, each key once.
fn lines(draw: &mut Unstructured<'_>, text: &mut String, choices: &[&str], most: usize) {
    let mut keys = Vec::new();
    for _ in 0..draw.below(most + 1) {
        let line = draw.pick(choices);
        let key = line.split(' ').next();
        if !keys.contains(&key) {
            text.extend([line, "\n"]);
            keys.push(key);
        }
    }
}

/// `text` with something in it that does not belong there, or without a part of it.
fn spoiled(draw: &mut Unstructured<'_>, mut text: String) -> String {
    let at = usize::from(draw.byte()) * text.len() / 256;
    let at = text.floor_char_boundary(at);
    match draw.below(3) {
        0 => text.insert_str(at, draw.pick(WRONG)),
        1 => text.insert_str(at, &escaped(&draw.text(4))),
        _ => text.truncate(at),
    }
    text
}

/// `text` as it is written inside the quotes of TOML's basic strings.
pub(super) fn escaped(text: &str) -> String {
    let is_plain = |one: char| one == ' ' || (one.is_ascii_graphic() && one != '"' && one != '\\');
    let escape = |one: char| if is_plain(one) { one.to_string() } else { format!("\\U{:08x}", u32::from(one)) };
    text.chars().map(escape).collect::<Vec<_>>().concat()
}
