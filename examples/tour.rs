//! A first day with awsauth in one minute, on a machine without AWS: starts a strict fake AWS on loopback, makes a
//! temporary HOME, and runs the real program there, printing each command and what it says.
//!
//! `cargo run --example tour`
//!
//! `cargo run --example tour -- shell` opens a shell there instead, to try things out by hand; `mfa-code` shows
//! the next code of Alice's device.
//!
//! `cargo run --example tour -- team` opens one on the machine of a new member of the team of `fixtures/team`,
//! with the address of its repository; `-- team bob.smith` is another member.

#![expect(clippy::disallowed_methods, reason = "the tour sets up files and programs by itself")]
#![expect(clippy::print_stdout, reason = "the tour is there to be read")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use jiff::Timestamp;

#[expect(dead_code, unused_imports, reason = "the tests use more of the fake than the tour")]
#[path = "../tests/support/mod.rs"]
mod support;

use support::fake_aws::http::Request;
use support::fake_aws::sigv4::Claim;
use support::fake_aws::{Approval, FakeAws, standard};
#[cfg(unix)]
use support::{
    fake_aws::{World, team},
    git_server::GitServer,
};

/// What a team would keep in its dotfiles repository.
const MANIFEST: &str = r#"version = 1

[defaults]
region = "ap-northeast-1"

[vars]
user = "alice"

[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[profiles.main]                     # IAM + MFA
pattern = "iam-mfa"
mfa_serial = "arn:aws:iam::111122223333:mfa/${user}"

[profiles.prod]                     # IAM + MFA + role, through main's session
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"

[profiles.base]
pattern = "iam"

[profiles.audit]                    # IAM + MFA + role, with a code of its own
pattern = "iam-mfa-role"
source_profile = "base"
mfa_serial = "arn:aws:iam::111122223333:mfa/${user}"
role_arn = "arn:aws:iam::777788889999:role/Audit"
external_id = "partner-42"
duration_seconds = 14400
credential_process = true           # so that every SDK can use it without asking for a code

[profiles.read]                     # SSO
pattern = "sso"
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"

[profiles.jump]                     # SSO + role
pattern = "sso-role"
source_profile = "read"
role_arn = "arn:aws:iam::999900001111:role/Deploy"
"#;

/// A file that somebody has tended for years.
const CONFIG: &str = "\
# my own profiles; awsauth must not touch them
[profile sandbox]
region=us-west-2
s3 =
    max_concurrent_requests = 20   # a value that other tools lose
";

/// The place where it all happens.
struct Tour {
    /// What is `~` there.
    home: tempfile::TempDir,
    /// The real program.
    program: PathBuf,
    /// What is AWS there.
    fake: FakeAws,
}

/// Goes on the tour; `whoami` is what it runs on the way.
fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("whoami") => whoami(),
        Some("code") => code(),
        Some("shell") => shell(),
        #[cfg(unix)]
        Some("team") => team(std::env::args().nth(2).as_deref()),
        _ => tour(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The first day, step by step.
fn tour() -> Result<(), Box<dyn Error>> {
    let tour = Tour { home: tempfile::tempdir()?, program: build()?, fake: FakeAws::start_standard() };
    tour.fake.world().approve_devices(Approval::AfterPolls(1));
    tour.write(".aws/config", CONFIG)?;
    tour.write(".config/awsauth/profiles.toml", MANIFEST)?;

    heading("One file describes every profile. Is it in order?");
    tour.awsauth(&["check"])?;
    heading("It becomes one block in ~/.aws/config; everything else stays byte for byte.");
    tour.awsauth(&["apply"])?;
    tour.shell("cat", &[".aws/config"])?;
    heading("The IAM user's access key goes to ~/.aws/credentials, from stdin here.");
    let key = format!("{} {}", standard::KEY_ID, standard::SECRET_KEY);
    tour.awsauth_with_input(&["keys", "add", "main"], &key)?;
    tour.awsauth_with_input(&["keys", "add", "base"], &key)?;
    heading("IAM + MFA: one code, and every role through main needs none.");
    tour.awsauth(&["login", "main", "prod", "--token-code", &tour.code()])?;
    heading("A role that asks for a code of its own.");
    tour.awsauth(&["login", "audit", "--token-code", &tour.code()])?;
    heading("SSO: one approval (the fake approves by itself), and roles from there.");
    tour.awsauth(&["login", "read", "jump", "--no-browser"])?;
    heading("What is there now?");
    tour.awsauth(&["status"])?;
    heading("A signed call as each of them; `tour whoami` asks STS who it is.");
    let own = std::env::current_exe()?;
    for profile in ["main", "prod", "audit", "read", "jump"] {
        tour.awsauth(&["exec", profile, "--", &own.display().to_string(), "whoami"])?;
    }
    heading("Everything again: nothing is asked, nothing is called.");
    tour.fake.clear();
    tour.awsauth(&["login", "--all"])?;
    tour.awsauth(&["apply", "--check"])?;
    println!("\ncalls to AWS meanwhile: {}", tour.fake.requests().len());
    heading("And out.");
    tour.awsauth(&["logout", "--all"])?;
    Ok(())
}

/// A shell in such a HOME, with the fake behind it until the shell ends.
fn shell() -> Result<(), Box<dyn Error>> {
    let tour = Tour { home: tempfile::tempdir()?, program: build()?, fake: FakeAws::start_standard() };
    tour.write(".aws/config", CONFIG)?;
    tour.write("profiles.toml", MANIFEST)?;
    tour.write("key.csv", &csv(standard::KEY_ID, standard::SECRET_KEY))?;
    println!(
        "profiles.toml is a manifest (`mkdir -p .config/awsauth && mv profiles.toml .config/awsauth/` puts it in its place) and \
         key.csv an access key for it; `mfa-code` shows a code, `whoami-aws` asks STS."
    );
    tour.open_shell(standard::MFA_SERIAL)
}

/// A shell on the machine of a new member of the team of `fixtures/team`.
#[cfg(unix)]
fn team(user: Option<&str>) -> Result<(), Box<dyn Error>> {
    let members = [team::ALICE, team::BOB];
    let user = user.unwrap_or(team::ALICE.user);
    let member = members.into_iter().find(|member| member.user == user).ok_or("there is no such member")?;
    let tour = Tour { home: tempfile::tempdir()?, program: build()?, fake: FakeAws::start(World::team(user)) };
    tour.write(".aws/config", CONFIG)?;
    let server = tempfile::tempdir()?;
    let repository = server.path().join("aws-profiles");
    Command::new("cp").arg("-r").args([&project().join("fixtures/team"), &repository]).status()?;
    // What a member adds is no part of the repository.
    fs::remove_dir_all(repository.join("people"))?;
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "The team's profiles"]] {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=team", "-c", "user.email=team@example.com"]).args(args).current_dir(&repository);
        if !git.env("GIT_CONFIG_GLOBAL", "/dev/null").status()?.success() {
            return Err("git could not make the team's repository".into());
        }
    }
    let url = GitServer::start(server.path()).url("aws-profiles");
    tour.write("key.csv", &csv(member.key_id, member.secret_key))?;
    println!(
        "You are {user}, new in the team. `awsauth join {url}` sets this machine up. key.csv is an access key of yours in the \
         account 111122223333; `mfa-code` shows a code of your device there, `whoami-aws` asks STS.\n\
         A change that you commit in {} comes with `awsauth update`.",
        repository.display()
    );
    tour.open_shell(member.mfa_serial)
}

/// An access key as the console gives it.
fn csv(key_id: &str, secret_key: &str) -> String {
    format!("Access key ID,Secret access key\r\n{key_id},{secret_key}\r\n")
}

/// Shows the next code of Alice's device, as the fake behind [`shell`] has it.
fn code() -> Result<(), Box<dyn Error>> {
    let mut code = String::new();
    TcpStream::connect(format!("127.0.0.1:{}", std::env::var("TOUR_PORT")?))?.read_to_string(&mut code)?;
    println!("{code}");
    Ok(())
}

/// The sources of it all.
fn project() -> &'static Path {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"));
    examples.parent().unwrap_or(examples)
}

/// Builds the real program beside this example, in the same profile; `tests/packages` names one that is installed.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    if let Some(installed) = std::env::var_os("AWSAUTH_TOUR_PROGRAM") {
        return Ok(installed.into());
    }
    let own = std::env::current_exe()?;
    let dir = own.parent().and_then(Path::parent).ok_or("the example is not in a target directory")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // With the example, as it is there already: what both need is then built once, with the same features.
    cargo.args(["build", "--locked", "--bin", "awsauth", "--example", "tour"]).current_dir(project());
    if dir.ends_with("release") {
        cargo.arg("--release");
    }
    if !cargo.status()?.success() {
        return Err("awsauth could not be built".into());
    }
    Ok(dir.join(format!("awsauth{}", std::env::consts::EXE_SUFFIX)))
}

/// What the next commands show.
fn heading(text: &str) {
    println!("\n\x1b[1m{text}\x1b[0m");
}

impl Tour {
    /// Writes a file in HOME, and its directory.
    fn write(&self, path: &str, text: &str) -> Result<(), Box<dyn Error>> {
        let path = self.home.path().join(path);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        Ok(fs::write(path, text)?)
    }

    /// The next code of Alice's device.
    fn code(&self) -> String {
        self.fake.world().next_code(standard::MFA_SERIAL)
    }

    /// Opens a shell in the HOME, where `mfa-code` shows the next code of a device, until it ends.
    fn open_shell(&self, serial: &'static str) -> Result<(), Box<dyn Error>> {
        self.fake.world().approve_devices(Approval::OnVisit);
        // Whoever connects is told the next code.
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let world = self.fake.world().clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                drop((&connection).write_all(world.next_code(serial).as_bytes()));
            }
        });
        let own = std::env::current_exe()?.display().to_string();
        self.write("bin/mfa-code", &format!("#!/bin/sh\nTOUR_PORT={port} exec {own} code\n"))?;
        let by_name = format!("[ -z \"$AWS_PROFILE\" ] || exec awsauth exec \"$AWS_PROFILE\" -- {own} whoami");
        self.write("bin/whoami-aws", &format!("#!/bin/sh\n{by_name}\nexec {own} whoami\n"))?;
        for script in ["bin/mfa-code", "bin/whoami-aws"] {
            Command::new("chmod").arg("+x").arg(self.home.path().join(script)).status()?;
        }
        println!("SSO logins are approved by opening the page, with `curl -L` for one. `exit` ends it all.");
        let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
        self.prepare(&mut Command::new(shell))?.env("TERM", "xterm-256color").status()?;
        Ok(())
    }

    /// Runs awsauth.
    fn awsauth(&self, args: &[&str]) -> Result<(), Box<dyn Error>> {
        self.awsauth_with_input(args, "")
    }

    /// Runs awsauth with something on stdin.
    fn awsauth_with_input(&self, args: &[&str], input: &str) -> Result<(), Box<dyn Error>> {
        let shown: Vec<&str> = args.iter().map(|arg| arg.rsplit("/examples/").next().unwrap_or(arg)).collect();
        self.run(Command::new(&self.program).args(args), &format!("awsauth {}", shown.join(" ")), input)
    }

    /// Runs another program.
    fn shell(&self, program: &str, args: &[&str]) -> Result<(), Box<dyn Error>> {
        self.run(Command::new(program).args(args), &format!("{program} ~/{}", args.join(" ")), "")
    }

    /// Runs a program in the HOME, its output going where this one's goes.
    fn run(&self, command: &mut Command, shown: &str, input: &str) -> Result<(), Box<dyn Error>> {
        println!("\n$ {shown}");
        self.write(".input", input)?;
        let input = fs::File::open(self.home.path().join(".input"))?;
        let status = self.prepare(command)?.stdin(input).status()?;
        if status.success() { Ok(()) } else { Err(format!("`{shown}` ended with {status}").into()) }
    }

    /// Gives a command the HOME, the fake, and nothing else of this environment.
    fn prepare<'c>(&self, command: &'c mut Command) -> Result<&'c mut Command, Box<dyn Error>> {
        let own = self.program.parent().map(Path::to_path_buf).into_iter().chain([self.home.path().join("bin")]);
        let machine = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(own.chain(std::env::split_paths(&machine)))?;
        command.env_clear().envs(self.fake.env()).env("HOME", self.home.path()).env("PATH", path);
        Ok(command.current_dir(self.home.path()))
    }
}

/// Asks STS who the environment's credentials belong to, with a signature of its own.
fn whoami() -> Result<(), Box<dyn Error>> {
    let var = |name| std::env::var(name);
    let endpoint = var("AWS_ENDPOINT_URL")?;
    let host = endpoint.strip_prefix("http://").ok_or("the endpoint is not the tour's own")?;
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers = vec![("host", host.to_owned()), ("x-amz-date", stamp.clone())];
    headers.extend(var("AWS_SESSION_TOKEN").ok().map(|token| ("x-amz-security-token", token)));
    let request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        body: b"Action=GetCallerIdentity&Version=2011-06-15".to_vec(),
        keep_alive: false,
    };
    let key_id = var("AWS_ACCESS_KEY_ID").map_err(|_| "nobody is signed in here: `AWS_PROFILE=main whoami-aws`")?;
    let region = var("AWS_REGION")?;
    let signed: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = signed.join(";");
    let claim = Claim { key_id: &key_id, date: &stamp[..8], region: &region, service: "sts", signed, signature: "" };
    let signature = claim.expected(&request, &var("AWS_SECRET_ACCESS_KEY")?);
    let scope = format!("{key_id}/{}/{region}/sts/aws4_request", &stamp[..8]);
    let mut text = "POST / HTTP/1.1\r\n".to_owned();
    for (name, value) in &headers {
        write!(text, "{name}: {value}\r\n")?;
    }
    write!(
        text,
        "authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        request.body.len()
    )?;
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(&[text.as_bytes(), &request.body].concat())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let arn = answer.split_once("<Arn>").and_then(|(_, rest)| rest.split_once("</Arn>"));
    println!("{}", arn.ok_or("AWS did not say who it is")?.0);
    Ok(())
}
