//! Containers. Podman stands in for Docker: it takes the same words, and needs no daemon.

use super::{Machine, code};
use crate::readers::client::tool;
use crate::support::sandbox::{Run, Sandbox};

/// What any machine's kernel and rights allow: runc knows every form of cgroups, and limits may not grow. Networks are kept
/// with everything else.
const SETTINGS: &str = r#"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[engine.runtimes]
runc = ["RUNC"]
[network]
network_config_dir = "STORAGE/networks"
"#;
/// `docker`, with this machine's files as those of AWS's image, which has nothing in HOME.
const DOCKER: &str = r#"
podman() { exec "$PODMAN" --root "$STORAGE/root" --runroot "$STORAGE/run" "$@"; }
verb=$1
case $verb in
compose) shift; exec "$PYTHON" -m podman_compose --podman-path "$0" "$@";;
run|create) shift;;
*) podman "$@";;
esac
for word; do
  shift
  if [ "$word" = amazon/aws-cli ]; then set -- "$@" /:O "$AWS"; else set -- "$@" "$word"; fi
done
podman "$verb" --tmpfs /root:notmpcopyup -e AWS_PAGER= --rootfs "$@"
"#;

/// A machine with Docker and the file of the page, and where podman keeps what it has: its files can't be in those of a
/// container, as all others may be where tests run in one.
struct Docker {
    machine: Machine,
    storage: Sandbox,
}

impl Docker {
    fn new() -> Self {
        let machine = Machine::new(&[]);
        let sandbox = &machine.home.sandbox;
        sandbox.script("bin/docker", DOCKER);
        let storage = Sandbox::in_memory();
        let settings = SETTINGS.replace("STORAGE", storage.path("").to_str().unwrap());
        sandbox.write("containers.conf", settings.replace("RUNC", tool("AWSAUTH_TEST_RUNC").to_str().unwrap()));
        let [names] = code("Docker and Compose", "text");
        assert!(!names.contains('='), "{names}");
        sandbox.write("aws.env", names);
        Self { machine, storage }
    }

    fn run(&self, lines: &str) -> Run {
        let mut command = self.machine.shell(lines);
        command.env("CONTAINERS_CONF", self.machine.home.sandbox.path("containers.conf"));
        command.env("STORAGE", self.storage.path("")).env("PODMAN", tool("AWSAUTH_TEST_PODMAN"));
        command.env("PYTHON", tool("AWSAUTH_TEST_PYTHON")).env("AWS", tool("AWSAUTH_TEST_AWS_CLI_V2"));
        command.output().unwrap().into()
    }

    /// The session of `prod`, as SDKs get it.
    fn session(&self) -> [String; 3] {
        keys(&self.machine.home.sandbox.run(["credential-process", "prod"]).ok().json())
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        drop(self.run("docker rm --force --all --time 0"));
    }
}

fn keys(document: &serde_json::Value) -> [String; 3] {
    ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|key| document[key].as_str().unwrap().to_owned())
}

/// What the page runs, with another question. Debian's AWS CLI v2 is older than `AWS_ENDPOINT_URL`, so it can't reach the fake.
fn question(text: &str) -> String {
    assert!(text.contains("sts get-caller-identity\n"), "{text}");
    text.replace("sts get-caller-identity", "configure export-credentials")
}

#[test]
fn a_container_gets_keys_or_the_endpoint_by_a_file_of_names() {
    let docker = Docker::new();
    let [lines, _] = code("Docker and Compose", "sh");
    let [keys_line, server_line] = lines.lines().collect::<Vec<_>>().try_into().unwrap();
    let inside = docker.run(&question(&format!("{keys_line}\n"))).ok().json();
    assert_eq!((keys(&inside), &inside["Expiration"]), (docker.session(), &serde_json::Value::Null));
    // The endpoint says when they end, so that the container asks again.
    let inside = docker.run(&question(&format!("{server_line}\n"))).ok().json();
    assert_eq!(keys(&inside), docker.session());
    assert!(inside["Expiration"].is_string(), "{inside}");
}

#[test]
fn the_file_names_everything_that_exec_sets_of_an_identity_and_its_region() {
    let docker = Docker::new();
    let environment = docker.run("for way in '' --server; do awsauth exec prod $way -- env; done").ok().stdout;
    let before = docker.run("env").ok().stdout;
    let set = environment.lines().filter(|line| line.starts_with("AWS_") && !before.contains(*line));
    let mut set: Vec<&str> = set.filter_map(|line| line.split('=').next()).collect();
    set.sort_unstable();
    set.dedup();
    // Only botocore reads the end, and then asks the environment for more. The output is no matter of the container's.
    set.retain(|name| !["AWS_CREDENTIAL_EXPIRATION", "AWS_DEFAULT_OUTPUT"].contains(name));
    let [names] = code("Docker and Compose", "text");
    let mut names: Vec<&str> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(names, set);
}

#[test]
fn compose_fills_in_the_same_names() {
    let docker = Docker::new();
    let [_, line] = code("Docker and Compose", "sh");
    let [services] = code("Docker and Compose", "yaml");
    for (services, line) in [
        (services.clone(), line.clone()),
        (services.replace("env_file", "network_mode: host\n    env_file"), line.replace("prod", "prod --server")),
    ] {
        docker.machine.home.sandbox.write("compose.yaml", question(&services));
        let run = docker.run(&line).ok();
        for part in docker.session() {
            assert!(run.stdout.contains(&part), "{line}{}\n{}", run.stdout, run.stderr);
        }
        assert_eq!(run.stdout.contains("Expiration"), line.contains("--server"), "{}", run.stdout);
        docker.run("docker compose down").ok();
    }
}
