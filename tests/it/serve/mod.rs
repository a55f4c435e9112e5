//! The endpoint for container credentials: `serve`, and `exec --server`.

mod exec;
mod renewal;
mod requests;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::scene::Scene;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A started process with an endpoint, which is killed in the end.
struct Served {
    child: Child,
    stdout: BufReader<ChildStdout>,
    endpoint: Endpoint,
}

/// An endpoint and the token of one profile.
#[derive(Clone)]
struct Endpoint {
    address: SocketAddr,
    token: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Served {
    /// `serve` for one profile, which has a session.
    #[track_caller]
    fn start(scene: &Scene, name: &str) -> Self {
        Self::of(scene.home.command(["serve", name]), scene)
    }

    /// Anything that prints the two variables. Its stderr goes to the file `err`.
    #[track_caller]
    fn of(mut command: Command, scene: &Scene) -> Self {
        command.stdout(Stdio::piped()).stderr(File::create(scene.home.path("err")).unwrap());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (mut url, mut token) = (None, None);
        while url.is_none() || token.is_none() {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "{}", scene.home.read("err"));
            let value = |name: &str| line.trim_end().strip_prefix(name).map(str::to_owned);
            url = url.or_else(|| value("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://"));
            token = token.or_else(|| value("AWS_CONTAINER_AUTHORIZATION_TOKEN="));
        }
        let address = url.unwrap().strip_suffix("/credentials").unwrap().parse().unwrap();
        Self { child, stdout, endpoint: Endpoint { address, token: token.unwrap() } }
    }

    /// Waits for its end, and gives its exit code.
    fn end(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Endpoint {
    /// Sends these bytes.
    fn send(&self, request: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may have heard enough, and closed.
        drop(stream.write_all(request));
        stream
    }

    /// Begins to ask as an SDK does.
    fn begin(&self) -> TcpStream {
        let headers = format!("Authorization: {}\r\n", self.token);
        self.send(&request("GET /credentials", &self.address.to_string(), &headers))
    }

    /// Asks as an SDK does.
    fn ask(&self) -> (u16, Value) {
        answer(self.begin())
    }

    /// The access key that it gives.
    #[track_caller]
    fn key(&self) -> String {
        let (status, document) = self.ask();
        assert_eq!(status, 200, "{document}");
        document["AccessKeyId"].as_str().unwrap().to_owned()
    }

    fn is_closed(&self) -> bool {
        TcpStream::connect(self.address).is_err()
    }
}

/// All that comes back.
fn received(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8(answer).unwrap()
}

/// The status and the document of an answer to an SDK.
fn answer(stream: TcpStream) -> (u16, Value) {
    let answer = received(stream);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(head.lines().any(|line| line == "Cache-Control: no-store"), "{head}");
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_else(|error| panic!("{body}: {error}")))
}

/// The request of an SDK, with changes.
fn request(line: &str, host: &str, headers: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n{headers}\r\n").into_bytes()
}
