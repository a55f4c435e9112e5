//! What logins and renewals cost with the release binary, against the fake AWS: `cargo bench --bench logins`. Prints each
//! figure beside its target and asserts nothing. Run it on a quiet machine.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts programs, looks at the clock and prints"
)]

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[expect(dead_code, unused_imports, reason = "the tests use more of the fake than the benchmarks")]
#[path = "../tests/support/mod.rs"]
mod support;

use support::fake_aws::standard::{ADMIN_ROLE, KEY_ID, MFA_SERIAL, SECRET_KEY, START_URL};
use support::fake_aws::{FakeAws, Fault, World};
use support::sandbox::Sandbox;

/// How often a short thing is measured; the median counts.
const RUNS: usize = 15;
/// How many SSO profiles there are.
const ACCOUNTS: u64 = 200;
/// How many SDKs start at once.
const CROWD: usize = 200;
/// The portal's quota, in requests a second.
const QUOTA: u32 = 20;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

fn main() {
    // `cargo bench --bench logins -- crowd` runs one part of it.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let parts: [(&str, fn()); 3] = [("one", single_logins), ("many", many_profiles), ("crowd", many_processes)];
    for (_, part) in parts.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| word == name)) {
        part();
    }
}

/// What awsauth adds to the calls of one login.
fn single_logins() {
    for latency in [0, 50].map(Duration::from_millis) {
        println!(
            "logins at {} ms a call (target: at most 25 ms more than the calls in a row take)",
            latency.as_millis()
        );
        one("login main", latency, &["main"], 1);
        one("login prod", latency, &["prod"], 2);
        one("login read", latency, &["read"], 4);
        one("login jump", latency, &["jump"], 5);
    }
}

/// How far calls that do not need each other overlap.
fn many_profiles() {
    println!("many profiles at 50 ms a call");
    thirty_roles();
    two_hundred_accounts();
}

/// What a crowd of SDKs waits for.
fn many_processes() {
    println!("{CROWD} credential-process at once (target: under 1000 ms for all of them)");
    crowd("an expired role", "prod", false);
    crowd("an expired role, 50 ms a call", "prod", true);
    crowd("an expired SSO token", "read", false);
    takeover();
}

/// A home with the keys of the standard world, and many profiles.
struct Home {
    /// AWS.
    aws: FakeAws,
    /// The files.
    sandbox: Sandbox,
}

impl Home {
    /// A fresh one; each call takes `latency` from then on.
    fn new(latency: Duration) -> Self {
        let world = World::standard();
        let aws = FakeAws::start(world);
        let sandbox = Sandbox::with_aws(&aws);
        sandbox.manifest(&manifest(&aws));
        let key =
            |section| format!("[{section}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
        sandbox.write(".aws/credentials", key("main-long-term"));
        drop(sandbox.run(["apply", "--yes"]).ok());
        aws.world().set_latency(latency);
        Self { aws, sandbox }
    }

    /// Logs in with a good code, and says how long that took.
    fn login(&self, arguments: &[&str]) -> Duration {
        let code = self.aws.world().next_code(MFA_SERIAL);
        let mut command = self.sandbox.command([&["login", "--token-code", &code], arguments].concat());
        let start = Instant::now();
        let output = command.output().expect("awsauth must start");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        start.elapsed()
    }

    /// `credential-process`, started.
    fn process(&self, name: &str) -> Child {
        let mut command: Command = self.sandbox.command(["credential-process", name]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("awsauth must start")
    }

    /// Lets a kept session be over; so that a token is refreshed, that one too.
    fn expire(&self, name: &str) {
        let digest = hex::encode(<sha1::Sha1 as sha1::Digest>::digest(name));
        let path = format!(".local/state/awsauth/sessions/{name}+{}.json", &digest[..8]);
        let text = self.sandbox.read(&path);
        let mut session: serde_json::Value = serde_json::from_str(&text).expect("a session is JSON");
        session["expiration"] = "2026-01-01T01:00:00Z".into();
        session["obtained_at"] = "2026-01-01T00:00:00Z".into();
        self.sandbox.write(&path, session.to_string());
        for path in self.sandbox.list(".aws/sso/cache") {
            let text = std::fs::read_to_string(&path).expect("a token is there");
            let mut token: serde_json::Value = serde_json::from_str(&text).expect("a token is JSON");
            if token.get("accessToken").is_some() {
                token["expiresAt"] = "2026-01-01T00:00:00Z".into();
                std::fs::write(path, token.to_string()).expect("it can be written");
            }
        }
    }
}

/// The profiles; what they need is assigned.
fn manifest(aws: &FakeAws) -> String {
    let mut text = format!(
        r#"[sso_sessions.corp]
sso_start_url = "{START_URL}"
sso_region = "us-east-1"

[profiles.main]
pattern = "iam-mfa"
mfa_serial = "{MFA_SERIAL}"

[profiles.prod]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "{ADMIN_ROLE}"

[profiles.read]
pattern = "sso"
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"

[profiles.jump]
pattern = "sso-role"
source_profile = "read"
role_arn = "arn:aws:iam::999900001111:role/Deploy"
"#
    );
    for number in 1..=30 {
        let role = format!("pattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \"{ADMIN_ROLE}\"");
        write!(text, "\n[profiles.role-{number}]\n{role}\ntags = [\"roles\"]\n").expect("a String takes everything");
    }
    for number in 1..=ACCOUNTS {
        let account = format!("{:012}", 600_000_000_000 + number);
        aws.world().assign(START_URL, &account, "many", "Dev");
        let keys = format!("sso_session = \"corp\"\nsso_account_id = \"{account}\"\nsso_role_name = \"Dev\"");
        write!(text, "\n[profiles.account-{number}]\npattern = \"sso\"\n{keys}\ntags = [\"accounts\"]\n")
            .expect("a String takes everything");
    }
    text
}

/// The one in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// For people.
fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A login of one profile, each time from an empty cache.
fn one(what: &str, latency: Duration, names: &[&str], calls: u32) {
    let times = (0..RUNS).map(|_| Home::new(latency).login(names)).collect();
    let time = median(times);
    let own = time.saturating_sub(latency * calls);
    println!("  {what}: {:.1} ms, {:.1} ms over {calls} calls", milliseconds(time), milliseconds(own));
}

/// Independent calls to STS.
fn thirty_roles() {
    let time = Home::new(Duration::from_millis(50)).login(&["--tag", "roles"]);
    println!("  30 roles behind one device: {:.0} ms (31 calls in a row would take 1550)", milliseconds(time));
}

/// Independent calls to the portal, which has a quota.
fn two_hundred_accounts() {
    let home = Home::new(Duration::from_millis(50));
    home.aws.world().set_portal_quota(QUOTA);
    let time = home.login(&["--tag", "accounts"]);
    let calls = home.aws.count("GetRoleCredentials");
    let quota = Duration::from_secs(ACCOUNTS / u64::from(QUOTA));
    println!(
        "  {ACCOUNTS} SSO profiles: {:.0} ms, {calls} requests (the quota's own time: {:.0}, target: 1.5 times that)",
        milliseconds(time),
        milliseconds(quota)
    );
}

/// Many processes that find an expired session: from the start of the first to the end of the last.
fn crowd(what: &str, name: &str, slow: bool) {
    let mut times = Vec::new();
    for _ in 0..5 {
        let home = Home::new(Duration::ZERO);
        home.login(&[name]);
        home.expire(name);
        home.aws.clear();
        home.aws.world().set_latency(Duration::from_millis(if slow { 50 } else { 0 }));
        let start = Instant::now();
        let children: Vec<Child> = (0..CROWD).map(|_| home.process(name)).collect();
        for mut child in children {
            assert!(child.wait().is_ok_and(|status| status.success()), "each must get credentials");
        }
        times.push(start.elapsed());
        assert!(home.aws.operations().len() <= 2, "{:?}", home.aws.operations());
    }
    println!("  {what}: {:.0} ms", milliseconds(median(times)));
}

/// How long the others wait after the one that renews was killed.
fn takeover() {
    let home = Home::new(Duration::ZERO);
    home.login(&["prod"]);
    home.expire("prod");
    home.aws.clear();
    home.aws.world().fail_next("AssumeRole", Fault::Hang);
    let mut first = home.process("prod");
    assert!(home.aws.wait_for("AssumeRole", 1, PATIENCE), "the first calls");
    let others: Vec<Child> = (0..CROWD - 1).map(|_| home.process("prod")).collect();
    std::thread::sleep(Duration::from_secs(1));
    let start = Instant::now();
    first.kill().and_then(|()| first.wait()).expect("it can be killed");
    for mut child in others {
        assert!(child.wait().is_ok_and(|status| status.success()), "each must get credentials");
    }
    println!(
        "  the one that renews is killed: the rest is done {:.0} ms later (target: 2000)",
        milliseconds(start.elapsed())
    );
    home.aws.world().release();
}
