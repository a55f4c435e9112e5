//! Owns what a login does next: whether a session still serves, which steps are left, how to go on after an answer.
//! Must not be async, call anything, or read the clock.

mod call;
mod device;
mod freshness;
mod mfa;
mod pace;
mod steps;
mod token;

pub(crate) use call::{
    AssumeRole, CallError, CreateToken, DeviceAuthorization, GetRoleCredentials, GetSessionToken, Grant, Granted,
    MfaProof, Operation, Problem, RegisterClient, StartDeviceAuthorization,
};
pub(crate) use device::{Outcome, Polling};
pub(crate) use freshness::{Freshness, judge, seconds_left};
pub(crate) use mfa::{MAX_TRIES, MfaCode};
pub(crate) use pace::{Pace, pause_before_retry};
pub(crate) use steps::{Needs, Steps};
pub(crate) use token::{TokenUse, decide, is_reusable};
