//! A server of git repositories on loopback: git's own daemon, one process for each connection.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Serves every repository below a directory, until the process ends.
#[derive(Debug)]
pub(crate) struct GitServer {
    port: u16,
}

impl GitServer {
    pub(crate) fn start(dir: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let base = format!("--base-path={}", dir.display());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let stream = OwnedFd::from(stream);
                let output = stream.try_clone().expect("a socket can be duplicated");
                let mut daemon = Command::new("git");
                daemon.args([
                    "-c",
                    "safe.directory=*",
                    "daemon",
                    "--inetd",
                    "--export-all",
                    "--informative-errors",
                    &base,
                ]);
                let daemon = daemon.env_remove("HOME").stdin(stream).stdout(output).stderr(Stdio::null()).spawn();
                // The daemon ends with its connection.
                thread::spawn(move || daemon.map(|mut daemon| daemon.wait()));
            }
        });
        Self { port }
    }

    /// The address of the repository in that directory.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}", self.port)
    }
}
