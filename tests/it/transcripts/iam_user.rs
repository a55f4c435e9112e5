//! An IAM user's days without the console: policy, key, device, session, call, expiry, renewal by cron.

use super::Transcript;
use crate::mfa::{DEVICE, OWN, first_day};
use crate::support::fake_aws::IamPolicy;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY, USER_ARN};

#[test]
fn days_of_an_iam_user() {
    let scene = first_day();
    std::fs::remove_file(scene.home.path(crate::scene::CREDENTIALS)).unwrap();
    let world = scene.aws.world();
    let mut day = Transcript::new(&scene.home);
    day.says("An administrator attaches the policy to the users' group.");
    day.runs("awsauth mfa policy >policy.json && grep -c Sid policy.json");
    world.set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    day.says("Alice's first day: the key, then the device.");
    day.runs("awsauth login main");
    scene.home.write("main.key", format!("{KEY_ID} {SECRET_KEY}\n"));
    day.runs("awsauth keys add main <main.key");
    day.runs("rm main.key");
    let next = || world.next_code(DEVICE);
    let [first, second]: [(&str, &dyn Fn() -> String); 2] =
        [("MFA code of alice", &next), ("The next code of alice", &next)];
    day.types_when_asked("awsauth mfa enroll main", &[first, second]);
    day.runs("awsauth mfa list main | cut -c1-51");
    day.runs("cat ~/.config/awsauth/profiles.local.toml");
    day.says("Work.");
    day.runs("awsauth apply --yes");
    day.types_when_asked("awsauth login prod", &[("MFA code for", &next)]);
    day.runs("awsauth mfa policy --check main");
    day.runs("awsauth exec prod -- sh -c 'echo $AWS_ACCESS_KEY_ID'");
    day.says("The night: the session ends. A program knows the codes, and cron renews the session.");
    scene.home.script("authenticator", "cat ~/code");
    let settings = format!("\n[settings]\nmfa_process = [\"{}\"]\n", scene.home.path("authenticator").display());
    scene.home.write(OWN, scene.home.read(OWN) + &settings);
    for name in ["main", "prod"] {
        scene.expire(name);
    }
    scene.home.write("code", world.next_code(DEVICE));
    day.runs("awsauth status prod --check || awsauth login prod");
    day.runs("awsauth status prod --check || awsauth login prod");
    day.says("The phone is lost: an administrator removes the device, and Alice makes another one.");
    world.remove_device(DEVICE);
    day.runs("awsauth login main --force --token-code 123456");
    day.runs("awsauth mfa list main");
    day.types_when_asked("awsauth mfa enroll main", &[first, second]);
    day.is("iam-user");
}
