//! `exec --server`: every reader signs with what the endpoint gives, and with the next session when the first has ended.

use std::process::Command;

use super::client::{CALLER_ARN, tool};
use super::home::Variant;
use super::{Client, Home, PROD, goes_on};
use crate::support::sandbox::Run;

/// AWS CLI asks once: a shell asks with it again for each line.
const AGAIN: &str = "\"$@\"; while read line; do \"$@\"; done";

/// `exec prod --server` of a client.
fn command(home: &Home, client: Client) -> Command {
    let mut command = home.sandbox.command(["exec", "prod", "--server", "--"]);
    if client == Client::AwsCli {
        command.args(["sh", "-c", AGAIN, "sh"]);
    }
    command.args(client.words()).env("READER_REPEATS", "1");
    command
}

#[test]
fn every_reader_signs_by_the_endpoint_and_goes_on_with_the_next_session() {
    for client in Client::ALL {
        let home = Home::ready(Variant::Native);
        // So little that they ask before every call: Python with less than 10 minutes, JavaScript 5. Rust's reader keeps nothing.
        home.fake.world().set_session_lifetime(Some(200));
        home.expire("prod");
        let operations = goes_on(command(&home, client), &home, &format!("{client:?}"));
        assert_eq!(operations, ["AssumeRole", "GetCallerIdentity"], "{client:?}");
        assert_eq!(home.fake.count("AssumeRole"), 1, "{client:?}");
    }
}

#[test]
fn a_default_profile_that_has_a_key_does_not_sign() {
    let home = Home::ready(Variant::Native);
    let own = home.sandbox.read(".aws/credentials");
    let other = "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n";
    home.sandbox.write(".aws/credentials", format!("{other}\n{own}"));
    for client in Client::ALL {
        let run = Run::from(command(&home, client).output().unwrap()).ok();
        assert!(run.stdout.starts_with(PROD), "{client:?}: {}", run.stdout);
    }
}

#[test]
fn aws_cli_v2_signs_by_the_endpoint_and_goes_on_with_the_next_session() {
    let home = Home::ready(Variant::Native);
    let mut command = home.sandbox.command(["exec", "prod", "--server", "--", "sh", "-c", AGAIN, "sh"]);
    // Debian's version does not know AWS_ENDPOINT_URL yet.
    command.arg(tool("AWSAUTH_TEST_AWS_CLI_V2")).args(CALLER_ARN).args(["--endpoint-url", &home.fake.url()]);
    goes_on(command, &home, "AWS CLI v2");
}

#[test]
fn readers_in_python_tell_what_to_run_when_a_person_is_needed() {
    let home = Home::ready(Variant::Native);
    for client in [Client::AwsCli, Client::Boto3] {
        let mut command = home.sandbox.command(["exec", "prod", "--server", "--", "sh", "-c"]);
        command.args(["\"$0\" logout prod main >&2; \"$@\"", env!("CARGO_BIN_EXE_awsauth")]).args(client.words());
        let run: Run = command.output().unwrap().into();
        assert_ne!(run.code, Some(0), "{client:?}: {}", run.stdout);
        assert!(run.stderr.contains("prod: not logged in; run awsauth login prod"), "{client:?}: {}", run.stderr);
        let code = home.fake.world().next_code(crate::support::fake_aws::standard::MFA_SERIAL);
        home.sandbox.run(["login", "--token-code", &code, "prod"]).ok();
    }
}

/// As a container sees it: a network of its own, whose only other address is AWS's for containers.
#[cfg(target_os = "linux")]
#[test]
fn in_a_network_of_its_own_the_address_of_containers_serves() {
    let home = Home::ready(Variant::Native);
    home.sandbox.pipe("variables");
    let script = r#"
        ip link set lo up && ip address add 169.254.170.2/32 dev lo || exit 99
        "$AWSAUTH" serve prod --listen 169.254.170.2 --port 80 >variables & serve=$!
        { read -r name; read -r url; read -r token; } <variables
        echo "$url"
        export "$token" HOME=/nowhere
        env "$url" "$AWS" configure export-credentials
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/credentials "$PYTHON" -c "
import botocore.session
print(botocore.session.get_session().get_credentials().access_key)"
        kill $serve; wait $serve; [ $? = 130 ]"#;
    let mut command = home.sandbox.program("unshare".as_ref());
    command.args(["--map-root-user", "--net", "sh", "-c", script]).env("AWSAUTH", env!("CARGO_BIN_EXE_awsauth"));
    command.env("AWS", tool("AWSAUTH_TEST_AWS_CLI_V2")).env("PYTHON", tool("AWSAUTH_TEST_PYTHON"));
    let run = Run::from(command.output().unwrap()).ok();
    assert!(
        run.stdout.starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.2/credentials\n"),
        "{}",
        run.stdout
    );
    let key = home.sandbox.run(["credential-process", "prod"]).ok().json()["AccessKeyId"].as_str().unwrap().to_owned();
    assert_eq!(run.stdout.matches(&key).count(), 2, "{}\n{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("nothing is encrypted"), "{}", run.stderr);
}
