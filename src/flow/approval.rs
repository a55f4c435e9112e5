//! Owns which way an SSO login is approved: on a page that leads back to this machine, or with a code on any machine.

use crate::model::{SsoAccess, SsoFlow};

/// What is known about the machine and the person's place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each found in its own place")]
pub(crate) struct Machine {
    /// `BROWSER` names a program.
    pub(crate) names_browser: bool,
    /// Pages have somewhere to be shown: X11, Wayland, macOS, Windows.
    pub(crate) has_display: bool,
    /// The person sits at another machine, which an SSH session comes from.
    pub(crate) is_remote: bool,
    /// Nobody sits here at all.
    pub(crate) is_ci: bool,
    /// A container: 127.0.0.1 of the person's browser is another one.
    pub(crate) is_container: bool,
    /// Windows Subsystem for Linux: the browser may be Windows' own, and 127.0.0.1 with it.
    pub(crate) is_wsl: bool,
}

impl Machine {
    /// Whether a browser that is started here is seen by the person.
    pub(crate) fn shows_browser(self) -> bool {
        self.names_browser || (!self.is_remote && !self.is_ci && (self.has_display || self.is_wsl))
    }

    /// Whether a browser that is started here can come back to 127.0.0.1 of this machine.
    fn reaches_loopback(self) -> bool {
        let is_elsewhere = self.is_remote || self.is_ci || self.is_container;
        !is_elsewhere && if self.is_wsl { self.names_browser } else { self.shows_browser() }
    }
}

/// What decides on the way: what was said now, what was said once, and the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preference {
    /// `--flow`.
    pub(crate) given: Option<SsoFlow>,
    /// `[settings] sso_flow` of the person's own file.
    pub(crate) setting: Option<SsoFlow>,
    /// Whether a browser may be opened at all.
    pub(crate) may_open: bool,
    /// Where it all happens.
    pub(crate) machine: Machine,
}

impl Preference {
    /// Whether a page was asked for that `access` does not have.
    pub(crate) fn is_overruled(&self, access: &SsoAccess) -> bool {
        self.given == Some(SsoFlow::Pkce) && self.flow(access) == SsoFlow::Device
    }

    /// The way for `access`. The legacy form has no refresh token to gain, and AWS CLI knows it only with device codes
    /// (aws-facts §4.5).
    pub(crate) fn flow(&self, access: &SsoAccess) -> SsoFlow {
        let fitting = if self.may_open && self.machine.reaches_loopback() { SsoFlow::Pkce } else { SsoFlow::Device };
        match access {
            SsoAccess::Legacy { .. } => SsoFlow::Device,
            SsoAccess::Session(_) => self.given.or(self.setting).unwrap_or(fitting),
        }
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
