//! kubectl, in front of a cluster that takes tokens as EKS does.

use std::io::BufReader;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Machine, code};
use crate::support::fake_aws::http::{Request, Response};
use crate::support::fake_aws::sigv4::Claim;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::sandbox::Run;
use crate::support::tls::{Authority, TlsFront, Validity};

/// EKS and the API of one cluster, `demo`. It keeps the tokens that it gets.
struct Cluster {
    url: String,
    tokens: Arc<Mutex<Vec<String>>>,
    _front: TlsFront,
}

impl Cluster {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let authority = Authority::new("cluster");
        let front = TlsFront::start(authority.identity("localhost", Validity::Good), &url);
        let description = serde_json::json!({ "cluster": {
            "name": "demo",
            "arn": "arn:aws:eks:us-east-1:444455556666:cluster/demo",
            "status": "ACTIVE",
            "endpoint": format!("https://localhost:{}", front.port()),
            "certificateAuthority": { "data": STANDARD.encode(authority.pem()) },
        }});
        let tokens = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&tokens);
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut writer = stream.try_clone().unwrap();
                let mut reader = BufReader::new(stream);
                let (description, kept) = (description.to_string(), Arc::clone(&kept));
                std::thread::spawn(move || {
                    while let Ok(Some(request)) = Request::read(&mut reader) {
                        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
                        kept.lock().unwrap().extend(token.map(str::to_owned));
                        let body = if request.path == "/clusters/demo" { &description } else { answer(&request.path) };
                        drop(Response::new(200, "application/json", body.as_bytes()).write(&mut writer, "", true));
                    }
                });
            }
        });
        Self { url, tokens, _front: front }
    }
}

/// What a cluster with one node answers to `kubectl get nodes`.
fn answer(path: &str) -> &'static str {
    match path {
        "/api" => r#"{"kind":"APIVersions","versions":["v1"]}"#,
        "/apis" => r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"#,
        "/api/v1" => {
            r#"{"kind":"APIResourceList","groupVersion":"v1","resources":
                [{"name":"nodes","singularName":"node","namespaced":false,"kind":"Node","verbs":["get","list"]}]}"#
        }
        "/api/v1/nodes" => {
            r#"{"kind":"NodeList","apiVersion":"v1","metadata":{},"items":
                [{"kind":"Node","apiVersion":"v1","metadata":{"name":"node-1"}}]}"#
        }
        _ => "{}",
    }
}

/// The key that signed a token, which must be good for the cluster `demo`: EKS sends it to STS as it is.
fn signer(token: &str, secret: &str) -> String {
    let url = URL_SAFE_NO_PAD.decode(token.strip_prefix("k8s-aws-v1.").unwrap()).unwrap();
    let url = String::from_utf8(url).unwrap();
    let (address, query) = url.split_once('?').unwrap();
    let host = address.split("://").nth(1).unwrap().trim_end_matches('/');
    let (signed, signature) = query.split_once("&X-Amz-Signature=").unwrap();
    let mut request = Request {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: signed.to_owned(),
        headers: vec![("host".to_owned(), host.to_owned()), ("x-k8s-aws-id".to_owned(), "demo".to_owned())],
        body: Vec::new(),
        keep_alive: false,
    };
    let pairs = request.query_pairs();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap();
    assert_eq!((get("Action"), get("X-Amz-SignedHeaders")), ("GetCallerIdentity", "host;x-k8s-aws-id"));
    let scope: Vec<&str> = get("X-Amz-Credential").split('/').collect();
    let [key_id, date, region, service, _] = scope.try_into().unwrap();
    let claim = Claim { key_id, date, region, service, signed: vec!["host", "x-k8s-aws-id"], signature };
    request.headers.push(("x-amz-date".to_owned(), get("X-Amz-Date").to_owned()));
    assert_eq!(claim.expected(&request, secret), signature);
    key_id.to_owned()
}

#[test]
fn kubectl_signs_as_the_named_profile_unless_the_environment_has_keys() {
    let [lines] = code("kubectl", "sh");
    let cluster = Cluster::start();
    let machine = Machine::new(&[("aws", "AWSAUTH_TEST_AWS_CLI_V1"), ("kubectl", "AWSAUTH_TEST_KUBECTL")]);
    let run = |lines: &str, variables: &[(&str, &str)]| {
        let mut command = machine.shell(lines);
        command.env("AWS_ENDPOINT_URL_EKS", &cluster.url).envs(variables.iter().copied());
        let run = Run::from(command.output().unwrap()).ok();
        assert!(run.stdout.contains("node-1"), "{}\n{}", run.stdout, run.stderr);
        std::mem::take(&mut *cluster.tokens.lock().unwrap())
    };
    let tokens = run(&lines, &[("AWS_PROFILE", "main")]);
    let last = machine.home.fake.requests().into_iter().rfind(|request| request.operation == "AssumeRole").unwrap();
    assert_eq!(last.params["RoleArn"], "arn:aws:iam::444455556666:role/Admin");
    let session = machine.cached_session(".aws/cli/cache");
    for token in &tokens {
        assert_eq!(signer(token, session["SecretAccessKey"].as_str().unwrap()), session["AccessKeyId"]);
    }
    assert!(!tokens.is_empty());
    let tokens = run(&lines, &[("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)]);
    assert_eq!(signer(tokens.last().unwrap(), SECRET_KEY), KEY_ID);
    let tokens = run(&lines.replace(" --profile prod", ""), &[("AWS_PROFILE", "main")]);
    let main = machine.home.sandbox.run(["credential-process", "main"]).ok().json();
    assert_eq!(signer(tokens.last().unwrap(), main["SecretAccessKey"].as_str().unwrap()), main["AccessKeyId"]);
}
