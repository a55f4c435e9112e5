//! Random files of the kinds that people have, mixed as nobody would: a failing one is made small.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{RngSeed, TestRunner};

use super::{Botocore, Files, import};

const CASES: u32 = 100;

const NAMES: &[&str] = &[
    "default",
    "dev",
    "prod",
    "main",
    "base",
    "ops-admin",
    "corp/dev/Admin",
    "a@b.c",
    "old",
    "stage",
    "main-long-term",
];

/// All names but that of a section that adoption makes.
const SOURCES: &[&str] = NAMES.split_last().unwrap().1;

const SESSION: &str = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Reader";
const LEGACY: &str = "sso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = \
                      210987654321\nsso_role_name = Admin";
const GRANTED: &str = "granted_sso_start_url = https://corp.awsapps.com/start\ngranted_sso_region = \
                       us-east-1\ngranted_sso_account_id = 210987654321\ngranted_sso_role_name = \
                       Admin\ncredential_process = granted credential-process --profile NAME";
const ROLE: &str = "role_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = SOURCE";
const ROLE_WITH_MFA: &str = "role_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = SOURCE\nmfa_serial = \
                             arn:aws:iam::111122223333:mfa/alice";
const DEVICE: &str = "mfa_serial = arn:aws:iam::111122223333:mfa/alice";

/// How a profile gets its credentials: by the key of the other file, or by a role from any profile, more often than not.
const MECHANISMS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "",
    ROLE,
    ROLE,
    ROLE,
    ROLE,
    ROLE_WITH_MFA,
    ROLE_WITH_MFA,
    ROLE_WITH_MFA,
    DEVICE,
    DEVICE,
    SESSION,
    LEGACY,
    GRANTED,
    "credential_process = /opt/bin/creds --for NAME",
    "credential_process = aws-vault export --format=json NAME",
    "credential_process = aws-sso -S \"Default\" process --arn arn:aws:iam::210987654321:role/Admin",
    "role_arn = arn:aws:iam::444455556666:role/Batch\ncredential_source = Environment",
    "role_arn = arn:aws:iam::444455556666:role/Web\nweb_identity_token_file = /run/token",
    "login_session = arn:aws:iam::111122223333:user/alice",
    "include_profile = shared",
    "aws_access_key_id = AKIACONFIGEXAMPLE\naws_secret_access_key = SECRETMARK/config/EXAMPLEKEY",
    "source_profile = SOURCE",
    "sso_session = corp",
    "sso_session = corp\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = \
     123456789012\nsso_role_name = Reader",
    "credential_process = granted credential-process --profile=NAME",
    "credential_process = aws configure export-credentials --profile SOURCE",
];

/// Lines that may stand in any profile.
const EXTRAS: &[&str] = &[
    "region = eu-west-1",
    "region = us-east-1 # Virginia",
    "output = json",
    "mfa_serial = GAHT12345678",
    "duration_seconds = 3600",
    "duration_seconds = 14400",
    "external_id = partner-42",
    "role_session_name = alice",
    "cli_pager =",
    "retry_mode = adaptive",
    "max_attempts = 10",
    "s3 =\n    max_concurrent_requests = 20\n    addressing_style = path",
    "color = ff0000",
    "aws_account_id = 123456789012",
    "ca_bundle = /etc/ssl/corp.pem",
    "use_fips_endpoint = True",
    "endpoint_url = http://localhost:4566",
    "; a note in between",
    "# AKIAIOSFODNN7EXAMPLE / SECRETMARK/old/EXAMPLEKEY",
];

/// The headers of a profile, the usual one more often than the others.
const HEADERS: &[&str] = &[
    "[profile NAME]",
    "[profile NAME]",
    "[profile NAME]",
    "[profile NAME]",
    "[profile NAME]",
    "[profile NAME] # the old one",
    "[profile  NAME]",
    "[profile 'NAME']",
    "[NAME]",
];

const COMMENTS: &[&str] = &["", "# mine\n", "\n\n", "# ---------\n# 本番\n", "; since 2016\n\n"];
const SPACES: &[&str] = &[" = ", "=", "  =  ", " ="];
/// What profiles name besides each other.
const SHARED: &str = "[profile shared]\nregion = eu-central-1\ncli_pager =\n[sso-session corp]\nsso_start_url = \
                      https://corp.awsapps.com/start\nsso_region = us-east-1\nsso_registration_scopes = \
                      sso:account:access\n";

/// What the credentials file has for a profile.
const KEYS: &[&str] = &[
    "",
    "aws_access_key_id = AKIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\n",
    "aws_access_key_id = AKIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\n",
    "aws_access_key_id = AKIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\n",
    "aws_access_key_id = AKIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\n",
    "aws_access_key_id = AKIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\nregion = ap-northeast-1\n",
    "aws_access_key_id = ASIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\naws_session_token = \
     SECRETMARKtoken\n",
    "aws_access_key_id = AKIANUMBEREXAMPLE\n",
    "aws_access_key_id = AKIANUMBEREXAMPLE\naws_secret_access_key = SECRETMARK/NAME/EXAMPLEKEY\naws_mfa_device = \
     arn:aws:iam::111122223333:mfa/alice\n",
    "role_arn = arn:aws:iam::444455556666:role/Other\nsource_profile = base\n",
];

#[derive(Debug, Clone)]
struct Section {
    name: &'static str,
    header: &'static str,
    mechanism: &'static str,
    source: &'static str,
    extras: Vec<&'static str>,
    comment: &'static str,
    space: &'static str,
    key: &'static str,
    /// True if the key stands beside another way to credentials too.
    is_stray: bool,
}

prop_compose! {
    fn section()(
        name in select(NAMES),
        header in select(HEADERS),
        mechanism in select(MECHANISMS),
        source in select(SOURCES),
        extras in subsequence(EXTRAS, 0..4),
        comment in select(COMMENTS),
        space in select(SPACES),
        key in select(KEYS),
        is_stray in prop::bool::weighted(0.1),
    ) -> Section {
        Section { name, header, mechanism, source, extras, comment, space, key, is_stray }
    }
}

/// Both files, with the sessions that profiles name, one section for each name, and no key twice.
fn files(sections: &[Section], crlf: bool) -> Files {
    let (mut config, mut credentials, mut names) = (String::new(), String::new(), BTreeSet::new());
    for (number, section) in sections.iter().enumerate().filter(|(_, section)| names.insert(section.name)) {
        let header = match section.header {
            other if section.name != "default" => other,
            "[profile 'NAME']" => "[default]\nregion = sa-east-1\noutput = text\n[profile default]",
            "[profile  NAME]" => "[profile default]\nregion = sa-east-1\n[default]",
            _ => "[default]",
        };
        let header = header.replace("NAME", section.name);
        write!(config, "{}{header}\n{}", section.comment, lines(section)).unwrap();
        if !section.key.is_empty() && (section.is_stray || ["", DEVICE].contains(&section.mechanism)) {
            let key = section.key.replace("NUMBER", &format!("{number:08}")).replace("NAME", section.name);
            write!(credentials, "[{}]\n{key}\n", section.name).unwrap();
        }
    }
    config.push_str(SHARED);
    let bytes = |text: String| if crlf { text.replace('\n', "\r\n").into_bytes() } else { text.into_bytes() };
    Files { config: Some(bytes(config)), credentials: Some(bytes(credentials)) }
}

/// The lines below its header, no key twice.
fn lines(section: &Section) -> String {
    let (mut keys, mut text) = (BTreeSet::new(), String::new());
    for part in section.mechanism.lines().chain(section.extras.iter().copied()) {
        if part.starts_with(['#', ';']) || keys.insert(part.split([' ', '=']).next()) {
            text.push_str(&part.replacen(" = ", section.space, 1));
            text.push('\n');
        }
    }
    text.replace("NAME", section.name).replace("SOURCE", section.source)
}

#[test]
fn random_files_mean_the_same_after_import_and_adoption() {
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x1_4907),
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    };
    let botocore = RefCell::new(Botocore::start());
    let drawn = (prop::collection::vec(section(), 1..7), prop::bool::weighted(0.1));
    let tried = TestRunner::new(config).run(&drawn, |(sections, crlf)| {
        let files = files(&sections, crlf);
        let imported = import(&files, &mut botocore.borrow_mut());
        let show = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
        prop_assert!(
            imported.faults.is_empty(),
            "{}\nconfig:\n{}\ncredentials:\n{}\nmanifest:\n{}\nleft: {:#}",
            imported.faults.join("\n"),
            show(&files.config),
            show(&files.credentials),
            imported.manifest,
            imported.document["left"]
        );
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
}
