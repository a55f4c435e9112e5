//! Links the release binary for Linux on x86-64 at a fixed address.
//!
//! SDKs start `awsauth credential-process` before every command, and what that costs is the start of a process: the
//! loader's relocation of an executable that can lie anywhere touches 350 kB of it each time, a quarter of the whole
//! (1.58 ms became 1.21 ms; `benches/hyperfine.sh`). Libraries, heap and stack still lie at random addresses.
//! Who wants that of the executable too sets `AWSAUTH_PIE=1` when building.

#![expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]

fn main() {
    println!("cargo::rerun-if-env-changed=AWSAUTH_PIE");
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let is_measured = is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("PROFILE", "release");
    if is_measured && !is("AWSAUTH_PIE", "1") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
