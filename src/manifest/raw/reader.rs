//! Owns what reading a value takes beside the value. Must not know which values there are.

use crate::manifest::hosts::Hosts;
use crate::manifest::sink::Sink;

/// Where findings go, and which hosts may be named.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) sink: Sink,
    pub(crate) hosts: Hosts<'a>,
}
