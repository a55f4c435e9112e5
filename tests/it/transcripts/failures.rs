//! What AWS, the network and the machine refuse.

use super::Transcript;
use crate::scene::{CREDENTIALS, Scene, long_term_keys};
use crate::support::fake_aws::standard::{ADMIN_ROLE, KEY_ID, MFA_SERIAL, SECRET_KEY, USER_ARN};
use crate::support::fake_aws::{Approval, Fault};

#[test]
fn what_aws_refuses() {
    let scene = Scene::new();
    let world = scene.aws.world();
    let mut day = Transcript::new(&scene.home);
    let code = || world.next_code(MFA_SERIAL);
    day.says("A wrong code, and one that was used.");
    day.runs("awsauth login main --token-code 12345");
    day.set("CODE", code());
    day.runs("awsauth login main --token-code $CODE");
    day.runs("awsauth login main --force --token-code $CODE");
    day.says("A role that may not be assumed.");
    world.deny(USER_ARN, ADMIN_ROLE);
    day.runs("awsauth login prod");
    day.says("A key that is not active, and a secret that is not its own.");
    world.set_key_active(KEY_ID, false);
    day.set("CODE", code());
    day.runs("awsauth login main --force --token-code $CODE");
    world.set_key_active(KEY_ID, true);
    scene.home.write(CREDENTIALS, long_term_keys().replace(SECRET_KEY, &SECRET_KEY.replace("EXAMPLE", "exAMPLE")));
    day.set("CODE", code());
    day.runs("awsauth login main --token-code $CODE");
    scene.home.write(CREDENTIALS, "");
    day.runs("awsauth login main");
    scene.home.write(CREDENTIALS, long_term_keys());
    day.says("SSO: denied, not assigned, signed out.");
    world.approve_devices(Approval::Deny);
    day.runs("awsauth login read --no-browser");
    world.approve_devices(Approval::Immediately);
    world.unassign("123456789012", "ReadOnly");
    day.runs("awsauth login read --no-browser");
    day.runs("awsauth login jump");
    day.says("Throttled, and an answer that is none.");
    for _ in 0..10 {
        world.fail_next("GetSessionToken", Fault::status(400, "Throttling", "Rate exceeded"));
    }
    day.set("CODE", code());
    day.runs("awsauth login main --force --token-code $CODE");
    day.is("aws-refuses");
}

#[test]
fn what_the_machine_refuses() {
    let scene = Scene::new();
    let mut day = Transcript::new(&scene.home);
    day.says("No network.");
    day.runs("AWS_ENDPOINT_URL=http://127.0.0.1:1 awsauth login read --no-browser");
    day.runs("HTTPS_PROXY=:::: AWS_ENDPOINT_URL= awsauth login read --no-browser");
    day.says("The server's clock is an hour ahead.");
    scene.aws.world().set_clock_offset(3600);
    day.runs("awsauth login read --no-browser");
    scene.aws.world().set_clock_offset(0);
    day.says("Paths.");
    day.runs("AWSAUTH_STATE_DIR=state awsauth status");
    day.runs("AWSAUTH_MANIFEST=~/missing.toml awsauth check");
    day.runs("awsauth check --manifest missing.toml");
    day.runs("mkdir open && chmod 777 open && AWSAUTH_STATE_DIR=~/open awsauth login read --no-browser");
    day.says("Nobody takes the output.");
    day.runs("awsauth credential-process read >&-");
    day.is("machine-refuses");
}
