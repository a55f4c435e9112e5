//! Owns the decisions of a login as pure functions: freshness of sessions, remaining steps, the next step after a response.
//! Must not be async, call anything, or read the clock.

mod approval;
mod call;
mod device;
mod federation;
mod freshness;
mod iam;
mod login_token;
mod mfa;
mod operation;
mod paging;
mod pkce;
mod problem;
mod process_output;
mod skew;
mod steps;
mod token;
mod totp;

pub(crate) use approval::{Machine, Preference};
pub(crate) use call::{
    AccountItem, AssumeRole, CallError, CreateOAuth2Token, CreateToken, DeviceAuthorization, ErrorResponse,
    GetRoleCredentials, GetSessionToken, Grant, LONGEST_CODE, ListAccountRoles, ListAccounts, ListPage, MfaProof,
    RegisterClient, SignInGrant, SignInResponse, StartDeviceAuthorization, TokenResponse, shortened,
};
pub(crate) use device::{PollResult, Polling};
pub(crate) use federation::{GetFederationToken, GetSigninToken, login_url, portal_url};
pub(crate) use freshness::{Freshness, seconds_left};
pub(crate) use iam::{
    AccessKeyItem, CallerIdentity, CodePair, KeyStatus, LastUse, MfaDeviceItem, Signer, VirtualDevice,
};
pub(crate) use login_token::{LoginUse, SignInFlow, decide_login, pasted_query, subject};
pub(crate) use mfa::{MAX_TRIES, MfaCode};
pub(crate) use operation::Operation;
pub(crate) use paging::{Endless, Paging};
pub(crate) use pkce::{CALLBACK_PATH, Callback, Pkce, query, redirect_uri, registered_redirect_uri, uuid4};
pub(crate) use problem::{Problem, TransportError};
pub(crate) use process_output::{ProcessOutputError, read_process_output};
pub(crate) use skew::{ClockSkew, is_intolerable, seconds_to_next_code};
pub(crate) use steps::{Requirements, Step, Steps};
pub(crate) use token::{TokenUse, decide, is_reusable};
pub(crate) use totp::{Totp, step_at, step_begins_at};
