//! What can be made to go wrong: one fault for one coming request of an operation, throttling, latency.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

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
    /// The connection closes without an answer; the request is not carried out.
    Close,
    /// The request is carried out after a while.
    Delay(Duration),
}

impl Fault {
    /// A [`Fault::Status`].
    pub(crate) fn status(status: u16, code: &str, message: &str) -> Self {
        Self::Status { status, code: code.to_owned(), message: message.to_owned() }
    }
}

/// Faults that wait for their requests.
#[derive(Default)]
pub(crate) struct Faults {
    /// Per operation, first in, first out.
    queued: BTreeMap<String, VecDeque<Fault>>,
    /// How many more portal requests are throttled.
    pub(crate) throttled: u32,
    /// Added before every answer.
    pub(crate) latency: Duration,
}

impl Faults {
    /// Lets a coming request of `operation` meet `fault`.
    pub(crate) fn push(&mut self, operation: &str, fault: Fault) {
        self.queued.entry(operation.to_owned()).or_default().push_back(fault);
    }

    /// The fault that a request of `operation` meets now.
    pub(crate) fn take(&mut self, operation: &str) -> Option<Fault> {
        self.queued.get_mut(operation)?.pop_front()
    }

    /// The refusal that a portal request meets while throttled.
    pub(crate) fn take_throttle(&mut self) -> Option<Refusal> {
        self.throttled = self.throttled.checked_sub(1)?;
        Some(Refusal::new(429, "TooManyRequestsException", "Rate exceeded"))
    }
}
