//! What can be made to go wrong: one fault for one coming request of an operation, throttling, latency.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::error::Refusal;

/// Something that happens to one request in place of, or before, its answer.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// An error of the operation's own protocol; the request is not carried out.
    Status {
        /// The HTTP status.
        status: u16,
        /// The code, such as `SlowDownException` or `Throttling`.
        code: String,
        /// The message; control characters reach the client.
        message: String,
    },
    /// The request is carried out, half of the answer's body is sent, and the connection closes.
    Truncate,
    /// A web page with status 200, as from a captive portal; the request is not carried out.
    Garbage,
    /// No answer until [`World::release`](super::World::release); then the request is carried out as usual.
    Hang,
    /// The request is carried out, and there is no answer until [`World::release`](super::World::release).
    Silent,
    /// Every SSO login ends; then the request is carried out.
    SignOut,
    /// The connection closes without an answer; the request is not carried out.
    Close,
    /// The request is carried out after a while.
    Delay(Duration),
    /// Any answer at all; the request is not carried out.
    Raw {
        /// The HTTP status.
        status: u16,
        /// Headers, such as `content-type`.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: String,
    },
}

impl Fault {
    /// A [`Fault::Status`].
    pub(crate) fn status(status: u16, code: &str, message: &str) -> Self {
        Self::Status { status, code: code.to_owned(), message: message.to_owned() }
    }
}

impl Fault {
    /// A [`Fault::Raw`].
    pub(crate) fn raw(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self::Raw { status, headers, body: body.to_owned() }
    }
}

/// Faults that wait for their requests.
#[derive(Default)]
pub(crate) struct Faults {
    /// Per operation, first in, first out.
    queued: BTreeMap<String, VecDeque<Option<Fault>>>,
    /// How many more portal requests are throttled.
    pub(crate) throttled: u32,
    /// The portal's quota, if it has one.
    pub(crate) quota: Option<Quota>,
    /// Added before every answer.
    pub(crate) latency: Duration,
}

impl Faults {
    /// Lets a coming request of `operation` meet `fault`.
    pub(crate) fn push(&mut self, operation: &str, fault: Fault) {
        self.queued.entry(operation.to_owned()).or_default().push_back(Some(fault));
    }

    /// Lets a coming request of `operation` meet nothing.
    pub(crate) fn pass(&mut self, operation: &str) {
        self.queued.entry(operation.to_owned()).or_default().push_back(None);
    }

    /// The fault that a request of `operation` meets now.
    pub(crate) fn take(&mut self, operation: &str) -> Option<Fault> {
        self.queued.get_mut(operation)?.pop_front().flatten()
    }

    /// The refusal that a portal request meets while throttled, or over the quota.
    pub(crate) fn take_throttle(&mut self) -> Option<Refusal> {
        let is_over = self.quota.as_mut().is_some_and(|quota| !quota.take(Instant::now()));
        if let Some(left) = self.throttled.checked_sub(1) {
            self.throttled = left;
        } else if !is_over {
            return None;
        }
        Some(Refusal::new(429, "TooManyRequestsException", "Rate exceeded"))
    }
}

/// So many requests a second, and as many at once after a pause: a bucket that fills at that rate.
#[derive(Debug)]
pub(crate) struct Quota {
    rate: f64,
    filled: f64,
    at: Instant,
}

impl Quota {
    /// A full bucket for `rate` requests a second.
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate: rate.into(), filled: rate.into(), at: Instant::now() }
    }

    /// Takes one request out of the bucket, if there is one in it.
    fn take(&mut self, now: Instant) -> bool {
        self.filled = (self.filled + now.duration_since(self.at).as_secs_f64() * self.rate).min(self.rate);
        self.at = now;
        let is_in = self.filled >= 1.0;
        if is_in {
            self.filled -= 1.0;
        }
        is_in
    }
}
