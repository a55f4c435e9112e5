//! What `awsauth discover` costs with the release binary, against the fake AWS: `cargo bench --bench discovery`. Prints each
//! figure beside its target and asserts nothing but that it works. Run it on a quiet machine.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts programs, looks at the clock and prints"
)]

use std::process::Stdio;
use std::time::{Duration, Instant};

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
    println!("{ACCOUNTS} accounts with 3 roles at {} ms a call, {QUOTA} requests a second", LATENCY.as_millis());
    let home = Home::new();
    home.aws.world().set_latency(LATENCY);
    home.aws.world().set_portal_quota(QUOTA);
    let run = home.discover();
    let served = u32::try_from(run.requests - run.refused).expect("there are not so many");
    let least = f64::from(served) / f64::from(QUOTA);
    let ratio = run.time.as_secs_f64() / least;
    tell(&run, &format!("{ratio:.3} times the quota's own {least:.1} s; target: 1.1"));
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
    fn new() -> Self {
        let world = World::new();
        let mut instance = SsoInstance::new(START_URL, "alice");
        for number in 0..ACCOUNTS {
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
fn tell(run: &Run, target: &str) {
    let memory = run.memory.map_or("?".to_owned(), |memory| format!("{memory:.1}"));
    println!(
        "  discover: {:.1} s ({target}), {} requests, {} of them refused, peak memory {memory} MB (target: 60)",
        run.time.as_secs_f64(),
        run.requests,
        run.refused
    );
    let is_quiet = !run.stderr.contains("error") && !run.stderr.contains("warning") && !run.stderr.contains("429");
    println!("    failures shown: {}", if is_quiet { "none" } else { &run.stderr });
}
