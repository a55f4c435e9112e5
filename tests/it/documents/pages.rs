//! The sessions on the pages of patterns: each page has a manifest, and its `console` blocks are run in order in a HOME with that
//! manifest and a fake AWS. `BLESS=1 cargo test --test it -- documents` writes what they say into the pages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use regex::Regex;

use super::{blocks_of, documents, project};
use crate::scene::CREDENTIALS;
use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY};
use crate::support::fake_aws::{Approval, FakeAws};
use crate::support::sandbox::Sandbox;
use crate::transcripts::redactions;

/// On a page, these six digits are the next code of Alice's device.
const CODE: &str = "123456";
/// A browser that goes where it is sent.
const BROWSER: &str = r#"get() {
  exec 3<>"/dev/tcp/${1%%:*}/$(expr "$1" : '[^:]*:\([0-9]*\)')"
  printf 'GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "${1#*/}" "${1%%/*}" >&3
  while read -r name value <&3; do
    case $name in [Ll]ocation:) echo "${value%$'\r'}" | sed -n 's,^http://,,p' ;; $'\r') break ;; esac
  done
  cat <&3 >/dev/null
}
next=$(get "${1#http://}")
[ -z "$next" ] || get "$next"
"#;
/// The addresses of the fake's pages, and AWS's own.
const ADDRESSES: [(&str, &str); 2] = [
    (r"http://127\.0\.0\.1:\d+/device\?", "https://corp.awsapps.com/start/#/device?"),
    (
        r"http://127\.0\.0\.1:\d+/v1/authorize\?\S+",
        "https://eu-west-1.signin.aws.amazon.com/v1/authorize?response_type=code&client_id=…",
    ),
];

/// Text with AWS's own addresses in place of the fake's.
pub(super) fn at_aws(text: &str) -> String {
    let text = text.to_owned();
    ADDRESSES.iter().fold(text, |text, (fake, real)| Regex::new(fake).unwrap().replace_all(&text, *real).into_owned())
}

/// Where the sessions of a page are run.
pub(super) struct PageMachine {
    pub(super) aws: FakeAws,
    pub(super) home: Sandbox,
}

impl PageMachine {
    pub(super) fn new(manifest: &str) -> Self {
        let aws = FakeAws::start_standard();
        aws.world().approve_devices(Approval::AfterPolls(1));
        let home = Sandbox::with_aws(&aws);
        home.manifest(manifest);
        for file in ["key.csv", "Downloads/alice_accessKeys.csv"] {
            home.write(file, format!("Access key ID,Secret access key\n{KEY_ID},{SECRET_KEY}\n"));
        }
        home.write("browser.sh", BROWSER);
        let browser = format!("bash {}", home.path("browser.sh").display());
        let home = home.env("BROWSER", &browser).env("DISPLAY", ":0");
        Self { aws, home }
    }

    /// Gives the profiles their key, as if it was there before.
    fn has_keys(&self) {
        let key = |name| format!("[{name}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
        self.home.write(CREDENTIALS, ["main-long-term", "base", "vendor"].map(key).concat());
        fs::set_permissions(self.home.path(CREDENTIALS), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The block as it is when its commands are run now.
    fn run(&self, block: &str) -> String {
        let mut session = String::new();
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let words = command.replace(CODE, &self.aws.world().next_code(MFA_SERIAL));
            let mut shell = self.home.program_beside_awsauth("sh".as_ref());
            let output = shell.args(["-c", &format!("exec 2>&1; {words}")]).output().unwrap();
            let shown = at_aws(&String::from_utf8(output.stdout).unwrap());
            session.extend(["$ ", command, "\n", &shown]);
            assert!(output.status.success(), "{session}");
        }
        session
    }
}

/// The pages whose sessions are run.
fn pages() -> Vec<PathBuf> {
    documents().into_iter().filter(|page| page.starts_with(project().join("docs/patterns"))).collect()
}

#[test]
fn every_session_on_a_page_of_a_pattern_is_what_happens() {
    let mut count = 0;
    for page in pages() {
        let blocks = blocks_of(&page);
        let Some(manifest) = blocks.iter().find(|block| block.language == "toml") else { continue };
        let machine = PageMachine::new(&manifest.text);
        if !blocks.iter().any(|block| block.text.contains("$ awsauth keys add")) {
            machine.has_keys();
        }
        let same = redactions(&machine.home);
        for block in blocks.iter().filter(|block| block.language == "console") {
            count += 1;
            let now = machine.run(&block.text);
            if same.redact(&now) == same.redact(&block.text) {
                continue;
            }
            assert!(std::env::var_os("BLESS").is_some(), "{} is stale; it is now:\n{now}", block.place);
            let text = fs::read_to_string(&page).unwrap();
            fs::write(&page, text.replace(&block.text, &now)).unwrap();
        }
    }
    assert!(count >= 8, "{count}");
}
