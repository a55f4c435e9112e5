//! Owns the browsers in which a person wants consoles to be opened. Must not know their file, or start anything.

use sha2::{Digest as _, Sha256};

use super::{CommandLine, Profile};

/// The colours and icons of containers in Firefox (aws-facts §8.5).
const COLORS: [&str; 8] = ["blue", "turquoise", "green", "yellow", "orange", "red", "pink", "purple"];
const ICONS: [&str; 12] = [
    "fingerprint",
    "briefcase",
    "dollar",
    "cart",
    "gift",
    "vacation",
    "food",
    "fruit",
    "pet",
    "tree",
    "chill",
    "circle",
];

/// A browser for consoles. In names, and in the arguments of a `Program`, `{profile}` and `{account}` stand for
/// those of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConsoleBrowser {
    /// `{url}` stands for the page, which comes last otherwise.
    Program(CommandLine),
    /// A container of Firefox, by its name.
    FirefoxContainer { name: String, program: Option<CommandLine> },
    /// A profile of Chromium and its kin, by the name of its directory.
    ChromiumProfile { name: String, program: Option<CommandLine> },
}

/// The browser for every console, and those for profiles with certain tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConsoleBrowsers {
    pub(crate) usual: Option<ConsoleBrowser>,
    pub(crate) by_tag: Vec<(String, ConsoleBrowser)>,
}

impl ConsoleBrowsers {
    /// The browser of the first tag that has one.
    pub(crate) fn of(&self, profile: &Profile) -> Option<&ConsoleBrowser> {
        let of_tag = |tag: &String| self.by_tag.iter().find(|(name, _)| name == tag).map(|(_, browser)| browser);
        profile.tags.iter().find_map(of_tag).or(self.usual.as_ref())
    }
}

/// The looks of a container, so that each profile can be told at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContainerLooks<'p> {
    pub(crate) color: &'p str,
    pub(crate) icon: &'p str,
}

impl Profile {
    /// Those in the profile's `settings`, else some that its name gives.
    pub(crate) fn container_looks(&self) -> ContainerLooks<'_> {
        let digest = Sha256::digest(self.name.as_str());
        let pick = |all: &[&'static str], byte: u8| all[usize::from(byte) % all.len()];
        let of_setting = |keys: &[&str], all: &[&str]| {
            keys.iter().filter_map(|key| self.setting(key)).find(|value| all.contains(value))
        };
        ContainerLooks {
            color: of_setting(&["granted_color", "color"], &COLORS).unwrap_or_else(|| pick(&COLORS, digest[0])),
            icon: of_setting(&["granted_icon"], &ICONS).unwrap_or_else(|| pick(&ICONS, digest[1])),
        }
    }
}
