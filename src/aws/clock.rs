//! Owns the difference between this machine's clock and AWS's, by the `Date` of each answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::flow::ClockSkew;

/// This machine's clock, and its difference from the last answer's, which clones share.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    now: fn() -> Timestamp,
    last: Arc<Mutex<Option<ClockSkew>>>,
}

impl Clock {
    pub(super) fn new(now: fn() -> Timestamp) -> Self {
        Self { now, last: Arc::default() }
    }

    /// The difference from the `Date` of an answer that has just come.
    pub(super) fn compare(&self, answer: &HttpResponse) -> Option<ClockSkew> {
        let date = DateTimeParser::new().parse_timestamp(answer.headers().get("date")?).ok()?;
        Some((self.now)().duration_since(date).as_secs())
    }

    pub(super) fn last(&self) -> Option<ClockSkew> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(skew) = self.compare(context.response()) {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
        }
        Ok(())
    }
}
