//! `mfa policy`: the JSON, and what IAM's answers say of a user.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::support::fake_aws::standard::USER_ARN;
use crate::support::fake_aws::{Fault, IamPolicy};

fn policy(scene: &Scene, args: &[&str]) -> Value {
    scene.run(&[&["mfa", "policy"], args].concat()).ok().json()
}

#[test]
fn the_policy_is_of_the_partition_that_was_meant() {
    let scene = Scene::new();
    let mine = policy(&scene, &[]);
    let deny = mine["Statement"].as_array().unwrap().iter().find(|one| one["Effect"] == "Deny").unwrap();
    assert_eq!(deny["Condition"], json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } }));
    assert_eq!(policy(&scene, &["main"]), mine);
    for args in [&["--partition", "aws-cn"][..], &["prod"]] {
        scene.home.manifest(
            &crate::scene::MANIFEST.replace("arn:aws:", "arn:aws-cn:").replace("ap-northeast-1", "cn-north-1"),
        );
        let text = policy(&scene, args).to_string();
        assert!(text.contains("arn:aws-cn:iam::*:mfa/*") && !text.contains("arn:aws:"), "{args:?}: {text}");
    }
    let run = scene.run(&["mfa", "policy", "--partition", "amazon"]).exits(2);
    assert!(run.stderr.contains("aws-us-gov"), "{}", run.stderr);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn the_answers_of_iam_tell_whether_mfa_is_demanded() {
    let scene = Scene::new();
    let checked = |code: i32| {
        let run = scene.run(&["mfa", "policy", "--check", "main"]).exits(code);
        let json = scene.run(&["mfa", "policy", "--check", "main", "--json"]).exits(code).json();
        (run.stderr, json["without_mfa"].clone(), json["with_mfa"].clone(), json["demands_mfa"].clone())
    };
    let (words, without, with, demands) = checked(1);
    assert!(words.contains("no policy demands it; `awsauth mfa policy` prints one"), "{words}");
    assert_eq!((without, with, demands), (json!("allowed"), json!(null), json!(false)));
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    let (words, without, with, demands) = checked(0);
    assert!(words.contains("`awsauth login main`"), "{words}");
    assert_eq!((without, with, demands), (json!("denied"), json!(null), json!(true)));
    scene.logged_in(&["main"]);
    let (words, without, with, demands) = checked(0);
    assert!(words.contains("a policy demands MFA"), "{words}");
    assert_eq!((without, with, demands), (json!("denied"), json!("allowed"), json!(true)));
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::Nothing);
    let (words, without, _, demands) = checked(1);
    assert!(words.contains("does not show whether MFA is demanded"), "{words}");
    assert_eq!((without, demands), (json!("no_permission"), json!(null)));
    let denied = "User: alice is not authorized to perform: iam:ListAccessKeys with an explicit deny in a policy";
    for _ in 0..4 {
        scene.aws.world().fail_next("ListAccessKeys", Fault::status(403, "AccessDenied", denied));
    }
    let (words, without, with, demands) = checked(1);
    assert!(words.contains("that deny is about something else"), "{words}");
    assert_eq!((without, with, demands), (json!("denied"), json!("denied"), json!(false)));
}
