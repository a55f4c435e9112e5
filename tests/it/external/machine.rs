//! `credential_source`: the environment, an EC2 instance, a container.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::scene;
use crate::scene::{CREDENTIALS, MANIFEST, Scene};
use crate::support::fake_aws::standard::{BATCH_ROLE, KEY_ID, SECRET_KEY};
use crate::support::tls::{Authority, TlsFront, Validity};

fn manifest(source: &str) -> String {
    format!("[profiles.job]\npattern = \"role\"\ncredential_source = \"{source}\"\nrole_arn = \"{BATCH_ROLE}\"\n")
}

/// Answers each path with its text on loopback, and anything else with 404. Returns its address and the paths asked for.
fn server(texts: HashMap<String, String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).unwrap();
            let head = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, text) = texts.get(&path).map_or((404, ""), |text| (200, text));
            let more = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\nconnection: close";
            let length = text.len();
            drop(write!(stream, "HTTP/1.1 {status} x\r\n{more}\r\ncontent-length: {length}\r\n\r\n{text}"));
            log.lock().unwrap().push(path);
        }
    });
    (address, asked)
}

/// Credentials as the machine's services give them: a session of Alice's.
fn session(scene: &Scene) -> String {
    scene.home.manifest(MANIFEST);
    scene.logged_in(&["main"]);
    let session = scene.session("main");
    let text = |key: &str| session[key].as_str().unwrap().to_owned();
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-01T00:00:00Z","AccessKeyId":"{}","SecretAccessKey":"{}","Token":"{}","Expiration":"2099-01-01T00:00:00Z"}}"#,
        text("access_key_id"),
        text("secret_access_key"),
        text("session_token")
    )
}

#[test]
fn the_keys_of_the_environment_take_the_role_and_its_session_is_bound_to_them() {
    let scene = scene("");
    scene.home.manifest(&manifest("Environment"));
    scene.home.write(CREDENTIALS, "");
    let run = scene.run(&["login", "job"]).exits(5);
    assert!(run.stderr.contains("the environment has no AWS_ACCESS_KEY_ID"), "{}", run.stderr);
    let scene = scene.env("AWS_SECRET_ACCESS_KEY", SECRET_KEY).env("AWS_ACCESS_KEY_ID", KEY_ID);
    let key = scene.access_key_of("job");
    assert_eq!((scene.access_key_of("job"), scene.calls()), (key, vec!["AssumeRole".to_owned()]));
    let run = scene.run(&["env", "job", "--shell", "sh"]).ok();
    assert!(run.stdout.contains("export AWS_ACCESS_KEY_ID=ASIA"), "{}", run.stdout);
    scene.env("AWS_ACCESS_KEY_ID", "AKIAOTHER").run(&["credential-process", "job"]).exits(5);
}

#[test]
fn a_role_on_a_long_term_key_of_the_environment_lasts_as_it_says_and_one_on_a_session_an_hour() {
    let scene = scene("").env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    scene.home.manifest(&format!("{}duration_seconds = 7200\n", manifest("Environment")));
    let run = scene.run(&["show", "job"]).ok();
    assert!(run.stdout.contains("lasts              2 h 0 min (duration_seconds)"), "{}", run.stdout);
    let run = scene.env("AWS_SESSION_TOKEN", "t").run(&["show", "job"]).ok();
    assert!(run.stdout.contains("1 h 0 min (AWS's limit where a session assumes a role)"), "{}", run.stdout);
}

#[test]
fn an_instance_s_role_takes_the_role() {
    let scene = scene("");
    let given = session(&scene);
    let roles = "/latest/meta-data/iam/security-credentials/";
    let texts = [("/latest/api/token", "t"), (roles, "instance"), (&format!("{roles}instance"), &given)];
    let (url, asked) = server(texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
    scene.home.manifest(&manifest("Ec2InstanceMetadata"));
    let scene = scene.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url).env("AWS_EC2_METADATA_DISABLED", "false");
    scene.run(&["login", "job"]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"]);
    let count = asked.lock().unwrap().len();
    assert!(count >= 3, "{count}");
    scene.access_key_of("job");
    assert_eq!(asked.lock().unwrap().len(), count);
}

#[test]
fn a_container_s_role_takes_the_role() {
    let scene = scene("");
    let (url, _) = server([("/c".to_owned(), session(&scene))].into());
    scene.home.manifest(&manifest("EcsContainer"));
    let run = scene.run(&["login", "job"]).exits(6);
    assert!(run.stderr.contains("`EcsContainer` gives no credentials"), "{}", run.stderr);
    let scene = scene.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/c"));
    scene.run(&["login", "job"]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn a_container_s_address_may_be_https() {
    let scene = scene("");
    let (url, _) = server([("/c".to_owned(), session(&scene))].into());
    let authority = Authority::new("A company");
    let front = TlsFront::start(authority.identity("localhost", Validity::Good), &url);
    scene.home.write("ca.pem", authority.pem());
    scene.home.manifest(&manifest("EcsContainer"));
    let bundle = scene.home.path("ca.pem").display().to_string();
    let scene = scene
        .env("AWS_CA_BUNDLE", &bundle)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("https://localhost:{}/c", front.port()));
    scene.run(&["login", "job"]).ok();
    assert_eq!((scene.calls(), front.connections()), (vec!["AssumeRole".to_owned()], 1));
}
