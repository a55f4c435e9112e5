//! What `show` says that each tool does with a profile is what the tool does: for every profile of `fixtures/import`, of
//! `fixtures/team` and of the manual's patterns after `apply` and a login. Only Go and Java are not asked here.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::Home;
use super::client::{rust_example, script, tool};
use super::home::Variant;
use super::import::{Files, fixture};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::Sandbox;
use crate::team;

/// A home with what `show` says of each of its profiles, by reader.
struct Case {
    name: String,
    home: Sandbox,
    shown: BTreeMap<String, BTreeMap<String, Value>>,
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let dirs = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/import")).unwrap();
    let dirs = dirs.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let names: BTreeSet<String> = dirs.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let import = names.into_iter().map(|name| {
        let files = fixture(&name);
        (name, files)
    });
    let applied = [Variant::Native, Variant::Process].map(|variant| {
        let home = Home::ready(variant);
        let read = |path| std::fs::read(home.sandbox.path(path)).ok();
        (format!("{variant:?}"), Files { config: read(CONFIG), credentials: read(CREDENTIALS) })
    });
    let team = ["alice", "bob"].map(|name| {
        let home = team::machine(name, None);
        home.run(["apply", "--yes"]).ok();
        let read = |path| std::fs::read(home.path(path)).ok();
        (name.to_owned(), Files { config: read(CONFIG), credentials: read(CREDENTIALS) })
    });
    let cases: Vec<_> = import.chain(applied).chain(team).collect();
    let (one, other) = cases.split_at(cases.len() / 2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| one.iter().map(case).collect::<Vec<_>>());
        let other: Vec<Case> = other.iter().map(case).collect();
        one.join().unwrap().into_iter().chain(other).collect()
    })
});

fn case((name, files): &(String, Files)) -> Case {
    let home = Sandbox::in_memory();
    files.put(&home);
    let shown = headers(files).into_iter().map(|profile| {
        let run = home.run(["show", "--json", "--", &profile]);
        match run.code {
            Some(0) => (profile, by_reader(&run.json())),
            // No tool finds it.
            Some(2 | 3) => (profile, BTreeMap::new()),
            code => panic!("{name}: show {profile} ended with {code:?}: {}", run.stderr),
        }
    });
    let shown = shown.collect();
    Case { name: name.clone(), home, shown }
}

fn by_reader(document: &Value) -> BTreeMap<String, Value> {
    let readers = document["readers"].as_array().unwrap().iter();
    readers.map(|one| (one["reader"].as_str().unwrap().to_owned(), one["way"].clone())).collect()
}

/// All that may be the name of a profile to some tool.
fn headers(files: &Files) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (bytes, is_config) in [(&files.config, true), (&files.credentials, false)] {
        let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default());
        for line in text.lines() {
            let Some(header) = line.trim().trim_start_matches('\u{feff}').strip_prefix('[') else { continue };
            let header = header.split(']').next().unwrap().trim();
            let name = header.strip_prefix("profile").filter(|_| is_config).map_or(header, str::trim);
            names.extend([name, name.trim_matches(['"', '\''])].map(str::to_owned));
        }
    }
    names.retain(|name| !name.is_empty() && !name.contains('\0'));
    names
}

/// A real tool, which is asked about any number of homes.
struct Asked {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Asked {
    fn start(program: &Path, args: &[&OsStr], home: &Sandbox) -> Self {
        let keys = format!("X{}", hex(r#"{"machine":"Environment"}"#));
        let mut command = Command::new(program);
        command.args(args).env_clear().env("HOME", home.path("")).env("PATH", home.path("bin")).env("PYTHONUTF8", "1");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.envs([
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_SECRET_ACCESS_KEY", "-"),
        ]);
        command.env("AWS_ACCESS_KEY_ID", keys).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    /// The chain of each profile.
    fn ask(&mut self, case: &Case) -> Value {
        let names: Vec<&String> = case.shown.keys().collect();
        writeln!(self.stdin, "{}", json!({ "home": case.home.path(""), "names": names })).unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}: no answer", case.name))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A home with a token for every portal of the cases, which says whose it is, and with a `sh` that tells its command.
fn home_with_tokens() -> Sandbox {
    let home = Sandbox::in_memory();
    let ways = CASES.iter().flat_map(|case| case.shown.values().flat_map(|readers| readers.values()));
    let mut keys = BTreeSet::new();
    for mut way in ways {
        while way["kind"] == "role" {
            way = &way["source"];
        }
        let key = [&way["sso_session"], &way["sso_start_url"]].into_iter().find_map(Value::as_str);
        keys.extend(key.filter(|_| way["kind"] == "sso"));
    }
    for key in keys {
        let digest = <sha1::Sha1 as sha1::Digest>::digest(key.as_bytes());
        let name = digest.iter().fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        let token = json!({
            "startUrl": key, "region": "us-east-1", "expiresAt": "2096-10-02T07:06:40Z",
            "accessToken": format!("X{}", hex(&json!({ "token": key }).to_string())),
        });
        home.write(&format!(".aws/sso/cache/{name}.json"), token.to_string());
    }
    let answer = r#"PATH=/usr/bin:/bin
id=P$(printf %s "$2" | od -An -v -tx1 | tr -d ' \n')
echo "{\"Version\": 1, \"AccessKeyId\": \"$id\", \"SecretAccessKey\": \"-\"}"
"#;
    home.write("bin/.keep", "");
    home.script("bin/sh", answer);
    home
}

/// A chain of a real tool, as `show` would say it.
fn normal(chain: &Value) -> Value {
    let text = |key: &str| chain[key].clone();
    if let Some(key) = chain["key"].as_str() {
        return json!({ "key": masked(key) });
    }
    if chain["role"].is_string() && chain["source"].is_object() {
        return json!({ "role": text("role"), "source": normal(&chain["source"]), "mfa_serial": text("mfa_serial") });
    }
    if let Some(sso) = chain.get("sso") {
        let token = [&sso["token"], &sso["session"], &sso["url"]].into_iter().find(|key| key.is_string());
        return json!({ "sso": [token, Some(&sso["account"]), Some(&sso["role"])] });
    }
    if let Some(source) = chain.get("credential_source").or_else(|| chain.get("machine")) {
        return json!({ "machine": source });
    }
    for kind in ["process", "web_identity", "login"] {
        if let Some(value) = chain.get(kind) {
            return json!({ kind: value });
        }
    }
    Value::Null
}

/// A way of `show`, in the form of [`normal`].
fn said(way: &Value) -> Value {
    match way["kind"].as_str() {
        Some("key") => json!({ "key": way["access_key_id"] }),
        Some("role") => {
            let serial = if way["mfa"] == "asked" { way["mfa_serial"].clone() } else { Value::Null };
            json!({ "role": way["role_arn"], "source": said(&way["source"]), "mfa_serial": serial })
        }
        Some("sso") => {
            let token = [&way["sso_session"], &way["sso_start_url"]].into_iter().find(|key| key.is_string());
            json!({ "sso": [token, Some(&way["sso_account_id"]), Some(&way["sso_role_name"])] })
        }
        Some("machine") => json!({ "machine": way["credential_source"] }),
        Some("process") => json!({ "process": way["credential_process"] }),
        Some("web-identity") => json!({ "web_identity": way["web_identity_token_file"] }),
        Some("login") => json!({ "login": way["login_session"] }),
        _ => Value::Null,
    }
}

/// True if both say the same. A real tool says no more than an error where the token of an identity provider, the machine's
/// service, or a session of `aws login` is not here.
fn is_same(said: &Value, real: &Value) -> bool {
    let mut base = said;
    while base["source"].is_object() {
        base = &base["source"];
    }
    let is_elsewhere = ["web_identity", "login", "machine"].into_iter().any(|kind| base.get(kind).is_some());
    // What looks like a secret in a command is masked.
    let is_masked = base["process"].as_str().is_some_and(|command| command.contains("***"));
    said == real || is_elsewhere && real.is_null() || is_masked && real.is_object()
}

fn masked(id: &str) -> String {
    let is_id = id.len() >= 16 && ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| id.starts_with(prefix));
    if is_id { format!("{}{}{}", &id[..4], "*".repeat(id.len() - 8), &id[id.len() - 4..]) } else { id.to_owned() }
}

fn does_as_show_says(reader: &str, mut asked: Asked) {
    let (mut wrong, mut count) = (String::new(), 0);
    // AWS CLI v1 does nothing at all without the plugin that `plugins` names, and JavaScript's SDK not with a region in quotes.
    let is_asked =
        |case: &&Case| !matches!((reader, &*case.name), ("aws-cli-v1", "plugins") | ("javascript", "quoted-values"));
    for case in CASES.iter().filter(is_asked) {
        let answer = asked.ask(case);
        for (profile, readers) in &case.shown {
            let said = readers.get(reader).map_or(Value::Null, said);
            let real = answer["ways"].get(profile).map_or(Value::Null, normal);
            count += 1;
            // Debian's AWS CLI v2 is too old for `aws login`, and takes what else there is.
            let is_too_old = reader == "aws-cli-v2" && said.to_string().contains("\"login\":");
            if !is_same(&said, &real) && !is_too_old {
                writeln!(wrong, "{} [{profile}]\n  said {said}\n  real {real} {}", case.name, answer["ways"][profile])
                    .unwrap();
            }
        }
    }
    println!("{count} profiles compared with {reader}");
    assert!(count > 400, "{count}");
    assert!(wrong.is_empty(), "{reader}:\n{wrong}");
}

#[test]
fn boto3_does_what_show_says() {
    let args = [script("ways.py").into_os_string(), "boto3".into()];
    let home = home_with_tokens();
    does_as_show_says("boto3", Asked::start(&tool("AWSAUTH_TEST_PYTHON"), &args.each_ref().map(|arg| &**arg), &home));
}

#[test]
fn aws_cli_v1_does_what_show_says() {
    let args = [script("ways.py").into_os_string(), "aws-cli-v1".into()];
    let home = home_with_tokens();
    does_as_show_says(
        "aws-cli-v1",
        Asked::start(&tool("AWSAUTH_TEST_PYTHON"), &args.each_ref().map(|arg| &**arg), &home),
    );
}

#[test]
fn aws_cli_v2_does_what_show_says() {
    let program = std::fs::read_to_string(tool("AWSAUTH_TEST_AWS_CLI_V2")).unwrap();
    let python = program.lines().next().unwrap().strip_prefix("#!").unwrap().trim().to_owned();
    let args = [script("ways.py").into_os_string(), "aws-cli-v2".into()];
    let home = home_with_tokens();
    does_as_show_says("aws-cli-v2", Asked::start(python.as_ref(), &args.each_ref().map(|arg| &**arg), &home));
}

#[test]
fn the_javascript_sdk_does_what_show_says() {
    let args = [script("ways.mjs").into_os_string(), tool("AWSAUTH_TEST_NODE_DIR").into_os_string()];
    let home = home_with_tokens();
    does_as_show_says(
        "javascript",
        Asked::start(&tool("AWSAUTH_TEST_NODE"), &args.each_ref().map(|arg| &**arg), &home),
    );
}

#[test]
fn rusts_aws_config_does_what_show_says() {
    let home = home_with_tokens();
    does_as_show_says("rust", Asked::start(&rust_example("rust_ways"), &[], &home));
}
