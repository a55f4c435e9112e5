//! Owns checked values: names, ARNs, profiles and their chains. Constructors are the only way in. Must not know TOML or INI.

mod arn;
mod catalog;
mod chain;
mod command_line;
mod console_browser;
mod credentials;
mod external;
mod glob;
mod login_session;
mod name;
mod personal_settings;
mod profile;
mod region;
mod routing;
mod sso;
mod strings;

pub(crate) use self::glob::Glob;
pub(crate) use arn::{AccountId, MfaSerial, MfaSerialError, Partition, RoleArn};
pub(crate) use catalog::Catalog;
pub(crate) use chain::{Chain, Renewal, Root};
pub(crate) use command_line::{CommandLine, ProgramError};
pub(crate) use console_browser::{ConsoleBrowser, ConsoleBrowsers};
pub(crate) use credentials::duration::{DurationError, SessionDuration};
pub(crate) use credentials::fingerprint::{ChainFingerprint, KeyFingerprint, SecretPlace, Session};
pub(crate) use credentials::{Credentials, KeySecret, LongTermKey, is_sendable, utc};
pub(crate) use external::{CredentialProcess, Destination, ExternalError, ExternalSource, Externals};
pub(crate) use login_session::{LoginSession, LoginToken};
pub(crate) use name::{NameError, ProfileName, SessionName};
pub(crate) use personal_settings::{PromptPlace, SecretStore, Settings, SsoFlow};
pub(crate) use profile::{
    CredentialMethod, CredentialSource, Kind, Pattern, Profile, Role, RoleSource, Setting, SettingValue,
    default_long_term,
};
pub(crate) use region::{KNOWN_REGIONS, Region};
pub(crate) use routing::Routing;
pub(crate) use sso::portal_host::foreign_portal;
pub(crate) use sso::token::{ClientUse, SsoClient, SsoToken};
pub(crate) use sso::{ListedAccount, SsoAccess, SsoSession, StartUrl, StartUrlError, UrlChange};
pub(crate) use strings::{ConfigText, ExternalId, RoleSessionName, SsoRoleName, TextError};
