//! Owns the limit on the bytes of an answer: an endless one would fill the memory until the time limit. Headers need none, since
//! hyper takes 100 of them in 400 KiB.

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

/// The most bytes of a body. AWS's longest are pages of 100 accounts, with some 20 KiB.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;

/// A connector whose answers end with an error beyond [`LARGEST`].
#[derive(Debug)]
pub(super) struct Limited(pub(super) Connector);

impl HttpConnector for Limited {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        let limited = |body| SdkBody::from_body_1_x(http_body_util::Limited::new(body, LARGEST));
        HttpConnectorFuture::new(async move { Ok(answer.await?.map(limited)) })
    }
}
