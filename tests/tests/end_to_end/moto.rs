//! A moto server of the test's own: an emulation of AWS that nobody here wrote.
//!
//! Its state lives and dies with the process. What it does not emulate faithfully stands in the
//! equality test and in the comments of the estate.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::http::{self, Headers, Request};
use crate::python;

/// The account that moto emulates.
pub(crate) const ACCOUNT: &str = "111122223333";

const PATIENCE: Duration = Duration::from_secs(120);

/// A running server, ended when it is dropped.
pub(crate) struct Moto {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Moto {
    /// Starts a server with an empty account.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(python::command("moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .env("MOTO_ACCOUNT_ID", ACCOUNT)
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto_server starts");
        let (told, address) = mpsc::channel();
        let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
        // Read to the end: a full pipe would stop the server.
        thread::spawn(move || {
            let mut said = Vec::new();
            while let Some(Ok(line)) = lines.next() {
                if let Some((_, address)) = line.split_once("Running on http://") {
                    let _ = told.send(Ok(address.trim().to_owned()));
                    for _ in lines.by_ref() {}
                    return;
                }
                said.push(line);
            }
            let _ = told.send(Err(said.join("\n")));
        });
        let address = match address.recv_timeout(PATIENCE) {
            Ok(Ok(address)) => address.parse().expect("an address"),
            Ok(Err(said)) => panic!("moto_server ended:\n{said}"),
            Err(_) => {
                let _ = child.kill();
                panic!("moto_server did not listen within {PATIENCE:?}");
            }
        };
        let moto = Self { child, address };
        // Otherwise each DescribeTasks moves the tasks on towards STOPPED.
        moto.api(
            "/moto-api/state-manager/set-transition",
            r#"{"model_name": "ecs::task", "transition": {"progression": "manual", "times": 1000000}}"#,
        );
        moto
    }

    fn api(&self, path: &str, body: &str) {
        let headers = Headers(vec![("Content-Type".into(), "application/json".into())]);
        let request = Request { method: "POST".into(), path: path.into(), headers, body: body.into() };
        let response = http::call(self.address, &request).expect("moto answers");
        assert!((200..300).contains(&response.status), "{path}: {}", String::from_utf8_lossy(&response.body));
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
