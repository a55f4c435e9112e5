//! The link for each kind of credentials and each partition, field by field.

use serde_json::Value;

use super::{Link, sent};
use crate::browser::get;
use crate::scene::{CONFIG, CREDENTIALS, Scene, long_term_keys};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::fake_aws::{Role, SECRET_MARK};

/// The first page of the console in the scene's region.
const HOME: &str = "https://console.aws.amazon.com/console/home?region=ap-northeast-1";
/// What a federated user's session may do.
const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Prints the link of a profile, checks it and the request for it, and opens it. Returns the page.
#[track_caller]
fn federated(scene: &Scene, args: &[&str], duration: Option<&str>) -> String {
    let run = scene.run(&[&["console"], args, &["--print"]].concat());
    assert!(!run.stderr.contains(SECRET_MARK), "{}", run.stderr);
    let url = run.stdout.clone();
    let link = Link::printed(run);
    assert_eq!(link.page, format!("{}/federation", scene.aws.url()));
    assert_eq!(link.names(), ["Action", "Issuer", "Destination", "SigninToken"]);
    let values = ["Action", "Issuer", "Destination"].map(|name| link.get(name));
    assert_eq!(values, ["login", "awsauth", HOME]);
    let asked = sent(scene, "GetSigninToken");
    let mut names = vec!["Action", "Session"];
    names.extend(duration.map(|_| "SessionDuration"));
    assert_eq!(asked.keys().map(String::as_str).collect::<Vec<_>>(), names);
    assert_eq!(asked.get("SessionDuration").map(String::as_str), duration);
    let session: serde_json::Map<String, Value> = serde_json::from_str(&asked["Session"]).unwrap();
    assert_eq!(session.keys().collect::<Vec<_>>(), ["sessionId", "sessionKey", "sessionToken"]);
    assert!(session["sessionId"].as_str().unwrap().starts_with("ASIA"));
    let page = get(url.trim_end());
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
}

#[test]
fn a_role_opens_with_its_own_session_and_the_length_that_a_long_term_key_may_ask_for() {
    let scene = Scene::with_batch();
    scene.logged_in(&["prod", "jump"]);
    scene.logged_in(&["audit"]);
    for (args, duration, identity) in [
        (&["prod"][..], None, "444455556666:assumed-role/Admin"),
        (&["jump"], None, "999900001111:assumed-role/Deploy"),
        (&["audit"], Some("14400"), "777788889999:assumed-role/Audit"),
        (&["audit", "--duration", "2h"], Some("7200"), "777788889999:assumed-role/Audit"),
        (&["batch"], None, "444455556666:assumed-role/Batch"),
        (&["batch", "--duration", "15m"], Some("900"), "444455556666:assumed-role/Batch"),
    ] {
        scene.aws.clear();
        let page = federated(&scene, args, duration);
        assert!(page.contains(identity) && page.contains(HOME), "{args:?}: {page}");
        let calls = scene.calls();
        assert_eq!(calls[calls.len() - 2..], ["GetSigninToken", "ConsolePage"]);
        assert!(!calls.iter().any(|call| call.contains("Federation") || call.contains("Identity")), "{calls:?}");
    }
}

#[test]
fn an_iam_user_opens_with_a_federated_session_that_may_do_what_the_user_may() {
    let scene = Scene::with_batch();
    for (args, seconds) in [(&["base"][..], None), (&["main"], None), (&["base", "--duration", "1d"], Some("86400"))] {
        let page = federated(&scene, args, None);
        assert!(page.contains("arn:aws:sts::111122223333:federated-user/alice"), "{page}");
        let asked = sent(&scene, "GetFederationToken");
        assert_eq!((asked["Name"].as_str(), asked["Policy"].as_str()), ("alice", ALLOW_ALL));
        assert_eq!(asked.get("DurationSeconds").map(String::as_str), seconds);
        assert_eq!(scene.calls(), ["GetCallerIdentity", "GetFederationToken", "GetSigninToken", "ConsolePage"]);
    }
}

#[test]
fn a_federated_session_is_told_by_its_user_and_as_having_no_mfa() {
    let scene = Scene::with_batch();
    let told = |name: &str| scene.run(&["console", name, "--print"]).ok().stderr;
    let (base, main) = (told("base"), told("main"));
    for text in [&base, &main] {
        assert!(text.contains("signed in as IAM user alice"), "{text}");
    }
    assert!(!base.contains("MFA"), "{base}");
    assert!(main.contains("what needs MFA is denied; roles through main have MFA"), "{main}");
}

#[test]
fn an_sso_profile_opens_by_its_portal_without_credentials() {
    let scene = Scene::with_batch();
    let run = scene.run(&["console", "read", "--print"]).ok();
    assert_eq!(run.stderr, "this address holds no secret: you sign in at the portal\n");
    let link = Link::parse(&run.stdout);
    assert_eq!(link.page, "https://corp.awsapps.com/start/#/console");
    let expected = [("account_id", "123456789012"), ("role_name", "ReadOnly"), ("destination", HOME)];
    assert_eq!(link.params, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn an_sso_profile_is_federated_if_that_or_a_length_is_asked_for() {
    let scene = Scene::with_batch();
    scene.logged_in(&["read"]);
    for (args, duration) in [(&["read", "--federation"][..], None), (&["read", "--duration", "1h"], Some("3600"))] {
        let page = federated(&scene, args, duration);
        assert!(page.contains("123456789012:assumed-role/AWSReservedSSO_ReadOnly"), "{page}");
        scene.aws.clear();
    }
}

#[test]
fn an_external_profile_opens_with_the_keys_of_its_section() {
    let scene = Scene::with_batch();
    scene.home.manifest("[profiles.vendor]\npattern = \"external\"\n");
    scene.home.write(CONFIG, "[profile vendor]\nregion = ap-northeast-1\n");
    let keys = format!("[vendor]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    scene.home.write(CREDENTIALS, format!("{}\n{keys}", long_term_keys()));
    let page = federated(&scene, &["vendor"], None);
    assert!(page.contains("federated-user/alice"), "{page}");
}

#[test]
fn each_partition_has_its_own_console_and_region() {
    let scene = Scene::new();
    for (partition, region, host) in [
        ("aws", "us-east-1", "console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("aws-iso", "us-iso-east-1", "console.c2shome.ic.gov"),
        ("aws-iso-b", "us-isob-east-1", "console.sc2shome.sgov.gov"),
        ("aws-iso-e", "eu-isoe-west-1", "console.csphome.adc-e.uk"),
        ("aws-iso-f", "us-isof-south-1", "console.csphome.hci.ic.gov"),
        ("aws-eusc", "eusc-de-east-1", "console.amazonaws-eusc.eu"),
    ] {
        let arn = format!("arn:{partition}:iam::444455556666:role/There");
        scene.aws.world().add_role(Role::new(&arn).trusting("111122223333"));
        let role = format!("[profiles.there]\npattern = \"role\"\nsource_profile = \"base\"\nrole_arn = \"{arn}\"\n");
        scene.home.manifest(&format!("[profiles.base]\npattern = \"iam\"\n{role}"));
        let run = scene.run(&["console", "there", "--print", "--service", "logs"]).ok();
        let destination = format!("https://{host}/cloudwatch/home?region={region}#logsV2:log-groups");
        assert_eq!(
            Link::printed(scene.run(&["console", "there", "--print", "-s", "logs"])).get("Destination"),
            destination
        );
        assert_eq!(get(run.stdout.trim_end()).status, 200);
    }
}

#[test]
fn service_and_region_choose_the_page() {
    let scene = Scene::with_batch();
    for (args, page) in [
        (&["--service", "ec2"][..], "ec2/v2/home?region=ap-northeast-1"),
        (&["--service", "/s3/buckets/b", "--region", "eu-west-1"], "s3/buckets/b?region=eu-west-1"),
        (&["--region", "us-west-2"], "console/home?region=us-west-2"),
    ] {
        let run = scene.run(&[&["console", "read", "--print"], args].concat()).ok();
        assert_eq!(Link::parse(&run.stdout).get("destination"), format!("https://console.aws.amazon.com/{page}"));
    }
}

#[test]
fn json_has_the_address_only_where_it_is_printed() {
    let scene = Scene::with_batch();
    let json = scene.run(&["console", "batch", "--print", "--json"]).ok().json();
    assert_eq!(
        (&json["profile"], &json["via"], &json["opened"]),
        (&"batch".into(), &"federation".into(), &false.into())
    );
    assert_eq!((&json["region"], &json["destination"]), (&"ap-northeast-1".into(), &HOME.into()));
    assert!(json["url"].as_str().unwrap().contains(SECRET_MARK));
}
