//! Owns the choice between the two ways to approve a login: in a browser on this machine that comes back here, or in any
//! browser, by a code.

use super::SignInFlow;
use crate::model::{SsoAccess, SsoFlow};

/// Facts about this machine that decide if its browser can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each found in its own place")]
pub(crate) struct Machine {
    pub(crate) names_browser: bool,
    pub(crate) has_display: bool,
    pub(crate) is_remote: bool,
    pub(crate) is_ci: bool,
    /// A container: 127.0.0.1 of the person's browser is another one.
    pub(crate) is_container: bool,
    /// Windows Subsystem for Linux: the browser may be Windows' own, and 127.0.0.1 with it.
    pub(crate) is_wsl: bool,
}

impl Machine {
    /// True if the person sees a browser that is started here.
    pub(crate) fn shows_browser(self) -> bool {
        self.names_browser || (!self.is_remote && !self.is_ci && (self.has_display || self.is_wsl))
    }

    /// True if a browser that is started here can be redirected to 127.0.0.1 of this machine.
    fn reaches_loopback(self) -> bool {
        let is_elsewhere = self.is_remote || self.is_ci || self.is_container;
        !is_elsewhere && if self.is_wsl { self.names_browser } else { self.shows_browser() }
    }
}

/// The inputs to the choice: `--flow`, then `[settings] sso_flow`, then the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preference {
    pub(crate) given: Option<SsoFlow>,
    pub(crate) setting: Option<SsoFlow>,
    pub(crate) may_open: bool,
    pub(crate) machine: Machine,
}

impl Preference {
    /// True if `--flow pkce` was given and `access` has no such flow.
    pub(crate) fn is_overruled(&self, access: &SsoAccess) -> bool {
        self.given == Some(SsoFlow::Pkce) && self.flow(access) == SsoFlow::Device
    }

    /// Chooses the flow for `access`. The legacy form gains no refresh token by PKCE, and AWS CLI uses device codes alone for it
    /// (aws-facts §4.5).
    pub(crate) fn flow(&self, access: &SsoAccess) -> SsoFlow {
        match access {
            SsoAccess::Legacy { .. } => SsoFlow::Device,
            SsoAccess::Session(_) => self.given.or(self.setting).unwrap_or(self.automatic()),
        }
    }

    /// Chooses the flow for a console sign-in. `[settings] sso_flow` is not about it.
    pub(crate) fn sign_in_flow(&self) -> SignInFlow {
        match self.given.unwrap_or(self.automatic()) {
            SsoFlow::Pkce => SignInFlow::SameDevice,
            SsoFlow::Device => SignInFlow::CrossDevice,
        }
    }

    fn automatic(&self) -> SsoFlow {
        if self.may_open && self.machine.reaches_loopback() { SsoFlow::Pkce } else { SsoFlow::Device }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Region, SessionName, SsoSession, StartUrl};

    /// A terminal without anything around it.
    const BARE: Machine = Machine {
        names_browser: false,
        has_display: false,
        is_remote: false,
        is_ci: false,
        is_container: false,
        is_wsl: false,
    };
    /// A person's own desktop.
    const DESKTOP: Machine = Machine { has_display: true, ..BARE };

    fn session() -> SsoAccess {
        SsoAccess::Session(Arc::new(SsoSession {
            name: SessionName::new("corp").unwrap(),
            start_url: StartUrl::new("https://corp.awsapps.com/start").unwrap().0,
            region: Region::new("us-east-1").unwrap(),
            scopes: Vec::new(),
        }))
    }

    fn preference(machine: Machine) -> Preference {
        Preference { given: None, setting: None, may_open: true, machine }
    }

    #[test]
    fn the_machine_decides_when_nobody_does() {
        use SsoFlow::{Device, Pkce};
        let browser = Machine { names_browser: true, ..BARE };
        let windows = Machine { is_wsl: true, ..BARE };
        for (what, machine, flow, shows) in [
            ("a desktop", DESKTOP, Pkce, true),
            ("no display", BARE, Device, false),
            ("no display, but a browser", browser, Pkce, true),
            ("a desktop over SSH, with X11 forwarded", Machine { is_remote: true, ..DESKTOP }, Device, false),
            ("a browser that SSH leads home to", Machine { is_remote: true, ..browser }, Device, true),
            ("CI with a display", Machine { is_ci: true, ..DESKTOP }, Device, false),
            ("CI with a browser", Machine { is_ci: true, ..browser }, Device, true),
            ("a container with a display", Machine { is_container: true, ..DESKTOP }, Device, true),
            ("a container with a browser", Machine { is_container: true, ..browser }, Device, true),
            ("WSL", windows, Device, true),
            ("WSL with WSLg's display", Machine { has_display: true, ..windows }, Device, true),
            ("WSL with a browser", Machine { names_browser: true, ..windows }, Pkce, true),
        ] {
            assert_eq!((preference(machine).flow(&session()), machine.shows_browser()), (flow, shows), "{what}");
        }
        let closed = Preference { may_open: false, ..preference(DESKTOP) };
        assert_eq!(closed.flow(&session()), Device, "a page that is opened by hand may be opened anywhere");
    }

    #[test]
    fn what_is_said_now_wins_over_what_was_said_once_and_both_over_the_machine() {
        use SsoFlow::{Device, Pkce};
        for (given, setting, flow) in [
            (Some(Device), Some(Pkce), Device),
            (Some(Pkce), Some(Device), Pkce),
            (None, Some(Device), Device),
            (Some(Device), None, Device),
        ] {
            let preference = Preference { given, setting, ..preference(DESKTOP) };
            assert_eq!(preference.flow(&session()), flow, "{given:?} {setting:?}");
        }
        let bare = Preference { setting: Some(Pkce), may_open: false, ..preference(BARE) };
        assert_eq!(bare.flow(&session()), Pkce);
    }

    #[test]
    fn the_legacy_form_always_uses_device_codes() {
        let url = StartUrl::new("https://corp.awsapps.com/start").unwrap().0;
        let legacy = SsoAccess::Legacy { start_url: url, region: Region::new("us-east-1").unwrap() };
        let asked = Preference { given: Some(SsoFlow::Pkce), setting: Some(SsoFlow::Pkce), ..preference(DESKTOP) };
        assert!(asked.flow(&legacy) == SsoFlow::Device && asked.is_overruled(&legacy));
        assert!(!Preference { given: None, ..asked }.is_overruled(&legacy) && !asked.is_overruled(&session()));
    }
}
