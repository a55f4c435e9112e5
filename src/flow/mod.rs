//! Owns what a login does next: whether a session still serves, which steps are left, how to go on after an answer.
//! Must not be async, call anything, or read the clock.

mod approval;
mod call;
mod device;
mod freshness;
mod mfa;
mod operation;
mod paging;
mod pkce;
mod problem;
mod skew;
mod steps;
mod token;

pub(crate) use approval::{Machine, Preference};
pub(crate) use call::{
    AccountItem, Answer, AssumeRole, CallError, CreateToken, DeviceAuthorization, GetRoleCredentials, GetSessionToken,
    Grant, Granted, LONGEST_CODE, ListAccountRoles, ListAccounts, ListPage, MfaProof, RegisterClient,
    StartDeviceAuthorization, shortened,
};
pub(crate) use device::{Outcome, Polling};
pub(crate) use freshness::{Freshness, judge, seconds_left};
pub(crate) use mfa::{MAX_TRIES, MfaCode};
pub(crate) use operation::Operation;
pub(crate) use paging::{Endless, Paging};
pub(crate) use pkce::{CALLBACK_PATH, Callback, Pkce, redirect_uri, registered_redirect_uri};
pub(crate) use problem::{Problem, TransportError};
pub(crate) use skew::{ClockSkew, is_intolerable, seconds_to_next_code};
pub(crate) use steps::{Needs, Steps};
pub(crate) use token::{TokenUse, decide, is_reusable};
