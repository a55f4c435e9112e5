//! Who gets an answer, and who does not.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::mpsc;

use super::*;
use crate::support::fake_aws::Fault;

#[test]
fn the_answer_has_what_every_sdk_needs() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let (status, document) = served.endpoint.ask();
    let session = scene.session("prod");
    assert_eq!(status, 200);
    assert_eq!(document["AccessKeyId"], session["access_key_id"]);
    assert_eq!(document["SecretAccessKey"], session["secret_access_key"]);
    assert_eq!(document["Token"], session["session_token"]);
    // Rust and JavaScript read no other form.
    let end = document["Expiration"].as_str().unwrap();
    assert!(end.len() == 20 && end.ends_with('Z'), "{end}");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn each_profile_has_a_token_of_its_own() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "read"]);
    let mut served = Served::of(scene.home.command(["serve", "prod", "read"]), &scene);
    let prod = served.endpoint.clone();
    let mut token = String::new();
    while !token.starts_with("AWS_CONTAINER_AUTHORIZATION_TOKEN=") {
        token.clear();
        assert!(served.stdout.read_line(&mut token).unwrap() > 0);
    }
    let token = token.trim_end().split_once('=').unwrap().1.to_owned();
    assert_ne!(token, prod.token);
    assert_eq!(prod.key(), scene.access_key_of("prod"));
    assert_eq!(Endpoint { token, ..prod }.key(), scene.access_key_of("read"));
}

#[test]
fn a_wrong_request_is_refused_without_a_hint() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let endpoint = &served.endpoint;
    let (host, token) = (endpoint.address.to_string(), &endpoint.token);
    let right = format!("Authorization: {token}\r\n");
    // Once it serves, it has said what it says at its start.
    endpoint.key();
    let before = scene.home.read("err");
    let refused = |line: &str, host: &str, headers: &str, status: &str| {
        let answer = received(endpoint.send(&request(line, host, headers)));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{line} {host} {headers}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, format!("{status}\n"), "{line} {host} {headers}");
    };
    for headers in [
        String::new(),
        "Authorization: \r\n".to_owned(),
        "Authorization: wrong\r\n".to_owned(),
        format!("Authorization: {}\r\n", &token[..token.len() - 1]),
        format!("Authorization: {token}0\r\n"),
        format!("Authorization: {}\r\n", token.to_uppercase()),
        format!("Authorization: Bearer {token}\r\n"),
        format!("{right}{right}"),
        format!("X-{right}"),
    ] {
        refused("GET /credentials", &host, &headers, "403 Forbidden");
    }
    for path in ["/", "/credentials/", "/credentials?a", "/prod", &format!("/credentials?token={token}")] {
        refused(&format!("GET {path}"), &host, &right, "403 Forbidden");
    }
    for method in ["POST", "PUT", "HEAD", "OPTIONS", "get"] {
        let line = format!("{method} /credentials");
        refused(&line, &host, &right, "405 Method Not Allowed");
    }
    let port = endpoint.address.port();
    for host in
        ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "127.0.0.1:1", &format!("0.0.0.0:{port}")]
    {
        refused("GET /credentials", host, &right, "421 Misdirected Request");
    }
    let long = format!("{right}X: {}\r\n", "x".repeat(10_000));
    refused("GET /credentials", &host, &long, "431 Request Header Fields Too Large");
    assert_eq!(endpoint.key(), scene.access_key_of("prod"), "it goes on");
    assert_eq!(scene.home.read("err"), before, "refusals are not told");
}

#[test]
fn whatever_comes_it_goes_on_serving() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let endpoint = &served.endpoint;
    let right = format!("Authorization: {}\r\n", endpoint.token);
    let good = request("GET /credentials", &endpoint.address.to_string(), &right);
    let mut random = fastrand::Rng::with_seed(17);
    for _ in 0..500 {
        let mut bytes = good.clone();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(0..bytes.len());
            match random.u8(0..4) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, random.u8(..)),
                _ => bytes.splice(at..at, std::iter::repeat_n(random.u8(..), random.usize(0..9000))).for_each(drop),
            }
        }
        let mut stream = TcpStream::connect(endpoint.address).unwrap();
        drop(stream.write_all(&bytes));
        // Half of them leave without waiting, which an unfinished request would do for ever.
        if bytes.ends_with(b"\r\n\r\n") && random.bool() {
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            drop(stream.read(&mut [0; 4096]));
        }
    }
    let silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(endpoint.address).unwrap()).collect();
    assert_eq!(endpoint.key(), scene.access_key_of("prod"));
    drop(silent);
}

#[test]
fn where_few_files_may_be_open_idle_connections_keep_nobody_out() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut shell = scene.home.program("sh".as_ref());
    shell.args(["-c", "ulimit -n 64; exec \"$0\" serve prod", env!("CARGO_BIN_EXE_awsauth")]);
    let served = Served::of(shell, &scene);
    let silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(served.endpoint.address).unwrap()).collect();
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"));
    // More than would be closed for want of files.
    let is_closed = |mut stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).is_ok()
    };
    assert_eq!(silent[..60].iter().position(|stream| !is_closed(stream)), None);
}

#[cfg(target_os = "linux")]
#[test]
fn it_listens_on_loopback_and_nowhere_else() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let fds = std::fs::read_dir(format!("/proc/{}/fd", served.child.id())).unwrap();
    let own: Vec<String> = fds
        .filter_map(|fd| {
            std::fs::read_link(fd.unwrap().path()).ok()?.to_str()?.strip_prefix("socket:[").map(str::to_owned)
        })
        .map(|inode| inode.trim_end_matches(']').to_owned())
        .collect();
    let listening = ["tcp", "tcp6", "udp", "udp6"].iter().flat_map(|table| {
        let text = std::fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let addresses: Vec<String> = listening
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            own.iter().any(|inode| words.get(9) == Some(&inode.as_str())).then(|| words[1].to_owned())
        })
        .collect();
    assert_eq!(addresses, [format!("0100007F:{:04X}", served.endpoint.address.port())]);
}

#[test]
fn every_interface_at_once_is_refused_and_another_address_is_warned_of() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    for all in ["0.0.0.0", "::", "::ffff:0.0.0.0"] {
        let run = scene.run(&["serve", "prod", "--listen", all]).exits(2);
        assert!(run.stderr.contains("is every interface of this machine"), "{}", run.stderr);
    }
    let run = scene.run(&["serve", "prod", "--listen", "192.0.2.1"]).exits(6);
    assert!(run.stderr.contains("this machine has no address 192.0.2.1"), "{}", run.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = scene.run(&["serve", "prod", "--port", &port]).exits(6);
    assert!(run.stderr.contains(&format!("another program listens at port {port}")), "{}", run.stderr);
    let run = scene.run(&["serve", "base"]).exits(4);
    assert!(run.stderr.contains("base: its credentials are no session"), "{}", run.stderr);
}

#[test]
fn ctrl_c_ends_it_and_json_tells_the_same() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let endpoint = served.endpoint.clone();
    served.signal(rustix::process::Signal::INT);
    assert_eq!(served.end(), Some(0));
    assert!(endpoint.is_closed());

    let mut command = scene.home.command(["serve", "prod", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let document: Value = serde_json::from_str(&text).unwrap();
    let profile = &document["profiles"][0];
    let url = profile["url"].as_str().unwrap();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/credentials").unwrap().parse().unwrap();
    let endpoint = Endpoint { address, token: profile["token"].as_str().unwrap().to_owned() };
    assert_eq!((&document["version"], &profile["profile"]), (&1.into(), &"prod".into()));
    assert_eq!(profile["environment"]["AWS_CONTAINER_CREDENTIALS_FULL_URI"], url);
    assert_eq!(profile["environment"]["AWS_DEFAULT_REGION"], "ap-northeast-1");
    assert_eq!(endpoint.key(), scene.access_key_of("prod"));
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

/// The rest of a stream, which ends with the last process that has it.
fn until_the_end(stream: impl Into<OwnedFd>) -> String {
    let stream = File::from(stream.into());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(std::io::read_to_string(stream).unwrap()));
    told.recv_timeout(PATIENCE).expect("awsauth outlives its shell")
}

#[test]
fn it_ends_with_the_shell_that_started_it_even_if_that_is_during_the_login() {
    let scene = Scene::with_batch();
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let mut shell = scene.home.program("sh".as_ref());
    shell.args(["-c", "\"$0\" serve batch & wait", env!("CARGO_BIN_EXE_awsauth")]);
    let mut shell = shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    assert!(scene.aws.wait_for("AssumeRole", 1, PATIENCE));
    shell.kill().unwrap();
    shell.wait().unwrap();
    scene.aws.world().release();
    let printed = until_the_end(shell.stdout.take().unwrap());
    assert!(printed.contains("AWS_CONTAINER_AUTHORIZATION_TOKEN="), "{printed}");
}

#[test]
fn the_region_and_endpoints_are_printed_except_values_that_a_shell_would_expand() {
    let scene = Scene::new();
    let settings =
        "settings = { endpoint_url = \"http://[::1]:9/x\", s3 = { endpoint_url = \"http://127.0.0.1/$(id)\" } }\n";
    scene.change_manifest("[profiles.prod]\n", &format!("[profiles.prod]\n{settings}"));
    scene.logged_in(&["prod"]);
    let mut served = Served::start(&scene, "prod");
    served.child.kill().unwrap();
    let mut rest = String::new();
    served.stdout.read_to_string(&mut rest).unwrap();
    let expected = "AWS_REGION=ap-northeast-1\nAWS_DEFAULT_REGION=ap-northeast-1\nAWS_ENDPOINT_URL=http://[::1]:9/x\n";
    assert_eq!(rest, expected);
    let told = scene.home.read("err");
    let line = "prod: AWS_ENDPOINT_URL_S3 is left out, since a shell would change `http://127.0.0.1/$(id)`";
    assert!(told.contains(line), "{told}");
    let json = first_document(scene.home.command(["serve", "prod", "--json"]));
    assert_eq!(json["profiles"][0]["environment"]["AWS_ENDPOINT_URL_S3"], "http://127.0.0.1/$(id)");
}

/// The document that `serve` prints, which is then killed.
fn first_document(mut command: Command) -> Value {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut documents = serde_json::Deserializer::from_reader(child.stdout.take().unwrap()).into_iter();
    let document = documents.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    document
}

#[test]
fn a_file_that_others_can_read_and_one_for_several_profiles_are_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.logged_in(&["prod", "read"]);
    let told = |names: &[&str], mode: u32| {
        let file = File::create(scene.home.path("serve.env")).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = scene.home.command([&["serve"], names].concat());
        let mut child = command.stdout(file).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<String> = lines.take_while(|line| !line.starts_with("serving ")).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        lines.join("\n")
    };
    let open = "other users can read the file with the tokens: make it with `umask 077`";
    let same = "have the same names";
    for (names, mode, warning) in
        [(&["prod"][..], 0o600, None), (&["prod"], 0o644, Some(open)), (&["prod", "read"], 0o600, Some(same))]
    {
        let text = told(names, mode);
        assert!(
            text.starts_with("prod: valid for ") && text.contains("renews without a prompt for the next"),
            "{text}"
        );
        assert_eq!(text.matches("warning").count(), usize::from(warning.is_some()), "{text}");
        assert!(warning.is_none_or(|warning| text.contains(warning)), "{text}");
    }
}

#[test]
fn it_ends_with_the_shell_that_started_it() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut shell = scene.home.program("sh".as_ref());
    shell.args(["-c", "\"$0\" serve prod & wait", env!("CARGO_BIN_EXE_awsauth")]);
    let mut served = Served::of(shell, &scene);
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"));
    served.child.kill().unwrap();
    until_the_end(served.stdout.get_ref().as_fd().try_clone_to_owned().unwrap());
    assert!(served.endpoint.is_closed());
}
