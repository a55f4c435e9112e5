//! How Rust's `aws-config` gets the credentials of profiles: JSON lines of {"home", "names"} in, one line of {NAME: CHAIN} out.
//! Chains are those of `profile_chains.py`.
//!
//! Nothing leaves this process but programs: calls to AWS are answered here, each with a key whose id says how it was got. `sh`
//! of the test answers for a program, with the id `P` and its command in hexadecimal digits.

#![expect(clippy::print_stdout, reason = "its whole purpose is to print")]

use std::path::Path;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::config::Region;
use aws_sdk_sts::error::DisplayErrorContext;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a current-thread runtime needs nothing");
    for line in std::io::stdin().lines() {
        let request: Value = serde_json::from_str(&line.expect("text")).expect("a line is one document");
        let home = request["home"].as_str().expect("a path");
        let names = request["names"].as_array().expect("names");
        let way = |name: &Value| {
            let name = name.as_str().expect("a name");
            (name.to_owned(), runtime.block_on(way(Path::new(home), name)))
        };
        let ways: serde_json::Map<_, _> = names.iter().map(way).collect();
        println!("{}", json!({ "ways": ways }));
    }
}

async fn way(home: &Path, name: &str) -> Value {
    let kinds = [(EnvConfigFileKind::Config, "config"), (EnvConfigFileKind::Credentials, "credentials")];
    let mut files = EnvConfigFiles::builder();
    // A file that is named must be there.
    for (kind, file) in kinds.map(|(kind, name)| (kind, home.join(".aws").join(name))) {
        if file.exists() {
            files = files.with_file(kind, file);
        }
    }
    let client = http_client_fn(|_, _| SharedHttpConnector::new(Answers));
    let region = Some(Region::new("us-east-1"));
    let config = ProviderConfig::without_region().with_region(region).with_http_client(client);
    let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name);
    match provider.profile_files(files.build()).build().provide_credentials().await {
        Ok(credentials) => chain(credentials.access_key_id()),
        Err(error) => json!({ "error": DisplayErrorContext(error).to_string() }),
    }
}

/// The chain that a key's id stands for.
fn chain(id: &str) -> Value {
    let decoded = |prefix| hex::decode(id.strip_prefix(prefix)?).ok();
    if let Some(command) = decoded("P") {
        return json!({ "process": String::from_utf8_lossy(&command) });
    }
    decoded("X").and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_else(|| json!({ "key": id }))
}

fn id(chain: &Value) -> String {
    format!("X{}", hex::encode(chain.to_string()))
}

#[derive(Debug)]
struct Answers;

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer(&request)))))
    }
}

fn answer(request: &HttpRequest) -> String {
    let parameter = |text: &str, name: &str| {
        let pairs = text.split(['?', '&']).filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next();
        percent_encoding::percent_decode_str(&value.unwrap_or_default()).decode_utf8_lossy().into_owned()
    };
    if request.uri().contains("/federation/credentials") {
        let token = request.headers().get("x-amz-sso_bearer_token").expect("a token");
        let Value::Object(mut sso) = chain(token) else { panic!("{token}") };
        sso.insert("account".to_owned(), parameter(request.uri(), "account_id").into());
        sso.insert("role".to_owned(), parameter(request.uri(), "role_name").into());
        let keys = json!({
            "accessKeyId": id(&json!({ "sso": sso })), "secretAccessKey": "-", "sessionToken": "-",
            "expiration": 4_000_000_000_000_i64,
        });
        return json!({ "roleCredentials": keys }).to_string();
    }
    let header = request.headers().get("authorization").expect("a signature");
    let signer = header.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next()).expect("a key");
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let role = json!({ "role": parameter(&body, "RoleArn"), "source": chain(signer) });
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/R/s</Arn>\
         <AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>-\
         </SecretAccessKey><SessionToken>-</SessionToken><Expiration>2096-10-02T07:06:40Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>",
        id(&role)
    )
}
