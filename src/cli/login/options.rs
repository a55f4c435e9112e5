//! Owns the options of a login that a command sets.

use std::time::Duration;

use clap::ValueEnum;

use crate::model::SsoFlow;
use crate::provider::{Attendance, RenewPolicy, UNATTENDED};
use crate::system::wait::Deadline;

#[derive(Debug, Clone, Copy)]
pub(crate) struct LoginOptions {
    pub(crate) attendance: Attendance,
    pub(crate) policy: RenewPolicy,
    pub(crate) browser: Browser,
    /// `--flow`.
    pub(crate) flow: Option<SsoFlow>,
    /// When the caller gives up; nothing is returned then.
    pub(crate) until: Option<Deadline>,
    /// How long renewals may take; a kept session is used after that.
    pub(crate) limit: Option<Duration>,
}

/// The ways to approve an SSO login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flow {
    /// You compare a code on a page, on any machine (RFC 8628)
    Device,
    /// A browser on this machine opens a page that comes back by itself (RFC 7636)
    Pkce,
}

impl From<Flow> for SsoFlow {
    fn from(flow: Flow) -> Self {
        match flow {
            Flow::Device => Self::Device,
            Flow::Pkce => Self::Pkce,
        }
    }
}

impl LoginOptions {
    /// For a program, with nobody to ask. An SDK wants one profile and gives up after a while; `exec` alone wants many, and
    /// takes the time that the portal's quota demands.
    pub(crate) fn unattended(profiles: usize) -> Self {
        Self {
            attendance: Attendance::Nobody,
            policy: RenewPolicy::BestEffort,
            browser: Browser::Never,
            flow: None,
            until: None,
            limit: (profiles <= 1).then_some(UNATTENDED),
        }
    }

    /// For a program, with a person to ask.
    pub(crate) fn in_place(until: Option<Deadline>) -> Self {
        let (attendance, policy, browser) = (Attendance::Person, RenewPolicy::BestEffort, Browser::Auto);
        Self { attendance, policy, browser, flow: None, until, limit: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Browser {
    /// Opened if the person can see it.
    Auto,
    Never,
}

/// The choice between logging in on the terminal inside another command, and failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InPlace {
    Allowed,
    Refused,
}

impl InPlace {
    pub(crate) fn unless(no_login: bool) -> Self {
        if no_login { Self::Refused } else { Self::Allowed }
    }
}

#[cfg(test)]
mod tests {
    use super::{LoginOptions, UNATTENDED};

    #[test]
    fn only_one_profile_is_waited_for_by_somebody_who_gives_up() {
        let limits = [1, 2, 600].map(|profiles| LoginOptions::unattended(profiles).limit);
        assert_eq!(limits, [Some(UNATTENDED), None, None]);
    }
}
