//! A loopback AWS that is as strict as the real one: STS, IAM, SSO OIDC, the SSO portal and the
//! sign-in service, with its federation endpoint, on one port.
//!
//! It owns its [`World`] (who exists, who may do what, what time it is) and a record of every request. It must not
//! know awsauth: clients find it through `AWS_ENDPOINT_URL` like any other endpoint.
//!
//! Known to be more lenient than AWS: one port serves all regions, so a call to the wrong region is not noticed.

mod authorize;
mod caller;
mod error;
mod fault;
mod federation;
pub(crate) mod http;
mod iam;
mod ids;
mod mfa;
mod oidc;
mod people;
mod portal;
mod record;
mod route;
mod server;
mod signin;
pub(crate) mod sigv4;
mod sso;
pub(crate) mod standard;
mod state;
mod sts;
pub(crate) mod team;
mod validate;
mod world;

use std::time::Duration;

pub(crate) use fault::Fault;
pub(crate) use mfa::code_of_seed;
pub(crate) use people::{IamPolicy, Role, SsoInstance, User};
pub(crate) use record::Recorded;
pub(crate) use sso::{Approval, Consent};
pub(crate) use world::World;

/// Text that stands in every secret, session token, SSO token and client secret that the fake hands out.
pub(crate) const SECRET_MARK: &str = "SECRETMARK";

/// A running fake AWS; dropping it stops the server and closes every connection.
pub(crate) struct FakeAws {
    /// What the server knows; outlives the server.
    world: World,
    /// The listening side.
    server: server::Server,
}

impl FakeAws {
    /// Serves `world` on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When loopback cannot be bound.
    pub(crate) fn start(world: World) -> Self {
        let server = server::Server::start(&world).expect("loopback must be bindable");
        Self { world, server }
    }

    /// Serves [`World::standard`].
    pub(crate) fn start_standard() -> Self {
        Self::start(World::standard())
    }

    /// The world behind the server, to change while it runs.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// `http://127.0.0.1:PORT`, without a final slash.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Environment variables that point AWS clients here and nowhere else.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", self.url().as_str()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("NO_PROXY", "127.0.0.1,localhost"),
            ("no_proxy", "127.0.0.1,localhost"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Every request since the start or the last [`clear`](Self::clear), in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.world.lock().records.clone()
    }

    /// How many requests of one operation have arrived.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.world.lock().count(operation)
    }

    /// The operations in the order of arrival.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.world.lock().records.iter().map(|record| record.operation.clone()).collect()
    }

    /// Requests that no service of the fake knows (answered 404).
    pub(crate) fn unexpected(&self) -> Vec<Recorded> {
        let mut records = self.requests();
        records.retain(|record| record.service == record::UNEXPECTED);
        records
    }

    /// Forgets the recorded requests; sessions, tokens and used codes stay.
    pub(crate) fn clear(&self) {
        self.world.lock().records.clear();
    }

    /// Waits until `count` requests of `operation` have arrived; `false` when `limit` passes first.
    pub(crate) fn wait_for(&self, operation: &str, count: usize, limit: Duration) -> bool {
        self.world.wait_until(limit, |state| state.count(operation) >= count)
    }

    /// Waits until `count` requests of `operation` have been carried out; `false` when `limit` passes first.
    pub(crate) fn wait_until_done(&self, operation: &str, count: usize, limit: Duration) -> bool {
        let is_done = |record: &&Recorded| record.operation == operation && record.status != 0;
        self.world.wait_until(limit, |state| state.records.iter().filter(is_done).count() >= count)
    }
}
