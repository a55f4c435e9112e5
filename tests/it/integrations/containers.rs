//! Containers. Podman stands in for Docker: it takes the same words, and needs no daemon.

use super::{Machine, code};
use crate::readers::client::tool;
use crate::support::sandbox::Run;

/// What this machine's kernel and rights allow: Debian's runc knows every form of cgroups, and limits may not grow.
const SETTINGS: &str = "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n\
                        [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\n";
/// `docker run`, with this machine's files as those of AWS's image, which has nothing in HOME.
const DOCKER: &str = r#"
for word; do
  shift
  if [ "$word" = amazon/aws-cli ]; then set -- "$@" /:O "$AWS"; else set -- "$@" "$word"; fi
done
shift
exec "$PODMAN" --root "$HOME/podman/root" --runroot "$HOME/podman/run" run --tmpfs /root:notmpcopyup \
  -e AWS_ENDPOINT_URL -e AWS_ENDPOINT_URL_STS -e AWS_PAGER= --rootfs "$@"
"#;

/// A machine with Docker and the file of the page.
fn machine() -> Machine {
    let machine = Machine::new(&[]);
    let sandbox = &machine.home.sandbox;
    drop(sandbox.script("bin/docker", DOCKER));
    sandbox.write("containers.conf", SETTINGS);
    let [names] = code("Docker and Compose", "text");
    sandbox.write("aws.env", names);
    machine
}

fn run(machine: &Machine, lines: &str) -> Run {
    let mut command = machine.shell(lines);
    command.env("CONTAINERS_CONF", machine.home.sandbox.path("containers.conf"));
    command.env("PODMAN", tool("AWSAUTH_TEST_PODMAN")).env("AWS", tool("AWSAUTH_TEST_AWS_CLI_V2"));
    command.output().unwrap().into()
}

#[test]
fn a_container_gets_keys_or_the_endpoint_by_a_file_of_names() {
    let machine = machine();
    let [lines] = code("Docker and Compose", "sh");
    assert!(lines.lines().count() == 2 && lines.matches(" sts get-caller-identity\n").count() == 2, "{lines}");
    // Debian's AWS CLI v2 is older than AWS_ENDPOINT_URL, so it takes credentials and does not use them.
    let lines = lines.replace("sts get-caller-identity", "configure export-credentials");
    let session = machine.home.sandbox.run(["credential-process", "prod"]).ok().json();
    for (line, has_end) in lines.lines().zip([false, true]) {
        let inside = run(&machine, line).ok().json();
        for key in ["AccessKeyId", "SecretAccessKey", "SessionToken"] {
            assert_eq!(inside[key], session[key], "{line}");
        }
        // The endpoint says when they end, so that the container asks again.
        assert_eq!(inside["Expiration"].is_string(), has_end, "{line}");
    }
    let [names] = code("Docker and Compose", "text");
    assert!(!names.contains('='), "{names}");
}
