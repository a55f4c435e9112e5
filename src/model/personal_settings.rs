//! Owns one person's settings for awsauth on their machine, which a team's manifest can't have. Must not know their file.

use super::{CommandLine, ConsoleBrowsers};
use crate::address::AllowedHost;

/// Personal settings; none where awsauth's own default holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) mfa_process: Option<CommandLine>,
    /// The way to approve an SSO login.
    pub(crate) sso_flow: Option<SsoFlow>,
    /// The place where `credential-process` may ask the person.
    pub(crate) prompt: Option<PromptPlace>,
    /// Hosts that a manifest may name.
    pub(crate) allow_hosts: Option<Vec<AllowedHost>>,
    pub(crate) store: Option<SecretStore>,
    pub(crate) console_browsers: ConsoleBrowsers,
}

/// The places for long-term keys and sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SecretStore {
    /// `~/.aws/credentials` and the state directory.
    #[default]
    File,
    /// The system's keyring: Secret Service, Keychain or Credential Manager.
    Keyring,
}

impl SecretStore {
    pub(crate) const ALL: [Self; 2] = [Self::File, Self::Keyring];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Keyring => "keyring",
        }
    }
}

/// The ways to approve an SSO login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SsoFlow {
    /// A code that is compared on a page, on any machine (RFC 8628).
    Device,
    /// A page of the browser on this machine (RFC 7636).
    Pkce,
}

impl SsoFlow {
    pub(crate) const ALL: [Self; 2] = [Self::Device, Self::Pkce];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Pkce => "pkce",
        }
    }
}

/// A place to ask a person while an SDK owns the standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptPlace {
    /// The terminal that the SDK was started from.
    Tty,
}

impl PromptPlace {
    pub(crate) const ALL: [Self; 1] = [Self::Tty];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tty => "tty",
        }
    }
}
