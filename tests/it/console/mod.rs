//! `console`: the link for each kind of credentials, what makes none, and the browser.

#[cfg(feature = "real-clients")]
mod browsers;
mod links;
mod opening;
mod refusals;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::scene::Scene;
use crate::support::sandbox::Run;

/// A link, taken apart.
#[derive(Debug)]
struct Link {
    /// All before `?`.
    page: String,
    /// What is behind it, decoded, in its order.
    params: Vec<(String, String)>,
}

impl Link {
    fn parse(url: &str) -> Self {
        let (page, query) = url.trim_end().split_once('?').unwrap();
        let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), decode(value))
        };
        Self { page: page.to_owned(), params: query.split('&').map(pair).collect() }
    }

    /// The printed link, whose run said that it is a secret.
    #[track_caller]
    fn printed(run: Run) -> Self {
        let run = run.ok();
        assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
        assert!(run.stderr.contains("handle it like a password"), "{}", run.stderr);
        Self::parse(&run.stdout)
    }

    fn names(&self) -> Vec<&str> {
        self.params.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    fn get(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(key, _)| key == name);
        &found.unwrap_or_else(|| panic!("{name}: {self:?}")).1
    }
}

/// The parameters of the one request of an operation.
#[track_caller]
fn sent(scene: &Scene, operation: &str) -> BTreeMap<String, String> {
    let requests = scene.aws.requests();
    let mut found = requests.into_iter().filter(|request| request.operation == operation);
    let request = found.next().unwrap_or_else(|| panic!("no {operation}"));
    assert!(found.next().is_none(), "{operation} was called twice");
    request.params
}
