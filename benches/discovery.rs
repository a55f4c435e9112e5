//! What `awsauth discover` costs with the release binary, against the fake AWS: `cargo bench --bench discovery`. Prints each
//! figure beside its target and asserts nothing but that it works. Run it on a quiet machine.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts programs, looks at the clock and prints"
)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_sdk_sso::config::{BehaviorVersion, Region, retry::RetryConfig};

#[expect(dead_code, unused_imports, reason = "the tests use more of the fake than the benchmarks")]
#[path = "../tests/support/mod.rs"]
mod support;

use support::fake_aws::standard::START_URL;
use support::fake_aws::{FakeAws, Fault, SsoInstance, World};
use support::sandbox::Sandbox;

/// How many accounts there are.
const ACCOUNTS: usize = 800;
/// How long a call takes.
const LATENCY: Duration = Duration::from_millis(50);
/// The portal's quota, in requests a second.
const QUOTA: u32 = 20;
/// How often the peak of the memory is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// The manifest.
const MANIFEST: &str =
    "[sso_sessions.corp]\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";

fn main() {
    // `cargo bench --bench discovery -- free` runs one part of it.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let parts: [(&str, fn()); 3] = [("quota", within_quota), ("free", without_quota), ("many", many_accounts)];
    for (_, part) in parts.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| word == name)) {
        part();
    }
}

/// A home whose session lists so many accounts, with three roles in each, and where somebody is signed in.
struct Home {
    /// AWS.
    aws: FakeAws,
    /// The files.
    sandbox: Sandbox,
}

/// What a run took.
struct Run {
    /// From its start to its end.
    time: Duration,
    /// The most memory that it had, in MB; none where the system does not tell.
    memory: Option<f64>,
    /// How many requests arrived.
    requests: usize,
    /// How many of these the quota refused.
    refused: usize,
    /// What it said.
    stderr: String,
}

impl Home {
    /// A fresh one.
    fn new(accounts: usize) -> Self {
        let world = World::new();
        let mut instance = SsoInstance::new(START_URL, "alice");
        for number in 0..accounts {
            let id = format!("{:012}", 600_000_000_000_u64 + number as u64);
            for role in ["Admin", "Billing", "ReadOnly"] {
                instance = instance.assigning(&id, &format!("Account {number}"), role);
            }
        }
        world.add_sso(instance);
        let aws = FakeAws::start(world);
        let sandbox = Sandbox::with_aws(&aws);
        sandbox.manifest(MANIFEST);
        aws.world().fail_next("ListAccounts", Fault::status(400, "InvalidRequestException", "no"));
        drop(sandbox.run(["discover", "--flow", "device"]).exits(5));
        aws.clear();
        Self { aws, sandbox }
    }

    /// Runs `discover`, which must succeed.
    fn discover(&self) -> Run {
        let mut command = self.sandbox.command(["discover"]);
        let start = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("awsauth must start");
        let mut memory = None;
        while child.try_wait().expect("it can be waited for").is_none() {
            memory = peak(child.id()).or(memory);
            std::thread::sleep(LOOK);
        }
        let time = start.elapsed();
        let output = child.wait_with_output().expect("it has ended");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        let records = self.aws.requests();
        let refused = records.iter().filter(|record| record.status == 429).count();
        Run { time, memory, requests: records.len(), refused, stderr }
    }
}

/// The most memory that a process has had so far, in MB.
fn peak(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Prints the figures of a run.
fn tell(what: &str, run: &Run, target: &str) {
    let memory = run.memory.map_or("?".to_owned(), |memory| format!("{memory:.1}"));
    println!(
        "  {what}: {:.1} s ({target}), {} requests, {} of them refused, peak memory {memory} MB (target: 60)",
        run.time.as_secs_f64(),
        run.requests,
        run.refused
    );
    let is_quiet = !run.stderr.contains("error") && !run.stderr.contains("warning") && !run.stderr.contains("429");
    println!("    failures shown: {}", if is_quiet { "none" } else { &run.stderr });
}

/// A portal that keeps to its quota.
fn within_quota() {
    println!("{ACCOUNTS} accounts with 3 roles at {} ms a call, {QUOTA} requests a second", LATENCY.as_millis());
    let home = Home::new(ACCOUNTS);
    home.aws.world().set_latency(LATENCY);
    home.aws.world().set_portal_quota(QUOTA);
    let run = home.discover();
    let served = u32::try_from(run.requests - run.refused).expect("there are not so many");
    let least = f64::from(served) / f64::from(QUOTA);
    let ratio = run.time.as_secs_f64() / least;
    tell("discover", &run, &format!("{ratio:.3} times the quota's own {least:.1} s; target: 1.1"));
}

/// A portal that takes whatever comes.
fn without_quota() {
    println!("{ACCOUNTS} accounts with 3 roles at {} ms a call, no quota", LATENCY.as_millis());
    let home = Home::new(ACCOUNTS);
    home.aws.world().set_latency(LATENCY);
    let run = home.discover();
    let one_by_one = one_at_a_time(&home);
    let ratio = one_by_one.as_secs_f64() / run.time.as_secs_f64();
    let target = format!("{ratio:.1} times as fast as one at a time, {:.1} s; target: 10", one_by_one.as_secs_f64());
    tell("discover", &run, &target);
}

/// How long the same takes with one request at a time.
fn one_at_a_time(home: &Home) -> Duration {
    let token = home.sandbox.list(".aws/sso/cache").into_iter().find_map(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        let file: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(file.get("accessToken")?.as_str()?.to_owned())
    });
    let token = token.expect("somebody is signed in");
    let config = aws_sdk_sso::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(home.aws.url())
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_sso::Client::from_conf(config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    runtime.block_on(async {
        let mut next = None;
        loop {
            let call = client.list_accounts().access_token(&token).max_results(100).set_next_token(next);
            let page = call.send().await.expect("a page of accounts");
            for account in page.account_list() {
                let call = client.list_account_roles().access_token(&token).set_account_id(account.account_id.clone());
                call.max_results(100).send().await.expect("the roles of an account");
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
    });
    start.elapsed()
}

/// More accounts than any organisation has, to see what they cost here.
fn many_accounts() {
    println!("many accounts with 3 roles at 0 ms a call, no quota");
    for accounts in [1250, 2500, 5000] {
        let home = Home::new(accounts);
        tell(&format!("{accounts} accounts"), &home.discover(), "linear");
    }
}
