//! Owns the names of the files that stand for one profile, key or device each. Must not know what the files hold.

use std::collections::HashSet;
use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use sha1::Digest as _;

use crate::model::ProfileName;
use crate::system::files::private::{self, FileOwner};

/// File systems allow 255 bytes, and the names of temporary files are longer.
const LONGEST_STEM: usize = 200;
/// Characters of a profile's name that a file's name must not have.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'/').add(b'\\').add(b':').add(b'%').add(b'.').add(b'@').add(b'+');

/// The names of a directory's files, read once, so that a profile without a file costs no look for it.
pub(crate) struct FileNames {
    profiles: HashSet<String>,
    has_others: bool,
}

impl FileNames {
    pub(super) fn read(dir: &Path) -> Self {
        let files = private::list(dir, FileOwner::Awsauth).unwrap_or_default();
        let profiles: HashSet<String> = files.iter().filter_map(|path| name_of(path)).collect();
        Self { has_others: profiles.len() < files.len(), profiles }
    }

    /// False if the profile has no file.
    pub(crate) fn may_have(&self, profile: &ProfileName) -> bool {
        self.has_others || self.profiles.contains(profile.as_str())
    }
}

/// The profile whose session is at `path`, read from the path alone; none if it was too long for that.
pub(super) fn name_of(path: &Path) -> Option<String> {
    let (escaped, _) = path.file_stem()?.to_str()?.rsplit_once('+')?;
    Some(percent_decode_str(escaped).decode_utf8().ok()?.into_owned())
}

/// True for the names that [`file_stem`] gives.
pub(super) fn is_own_name(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_digest = stem.len() == 40 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest || name_of(path).is_some_and(|name| file_stem(&name) == stem)
}

/// The name of a profile's files without its extension, such as `prod+0a1b2c3d`.
///
/// The digest tells `Prod` from `prod` where the file system ignores case, and `con` from the device of that name on Windows.
pub(super) fn file_stem(name: &str) -> String {
    let digest = hex::encode(sha1::Sha1::digest(name));
    let escaped = utf8_percent_encode(name, ESCAPED).to_string();
    if escaped.len() <= LONGEST_STEM { format!("{escaped}+{}", &digest[..8]) } else { digest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_profiles_share_a_file_where_case_is_ignored_and_none_is_a_device_of_windows() {
        let stem = |name: &str| file_stem(name).to_lowercase();
        let names = ["prod", "Prod", "PROD", "con", "CON", "nul", "com1"];
        let stems: HashSet<String> = names.into_iter().map(stem).collect();
        assert_eq!(stems.len(), names.len(), "{stems:?}");
        assert!(["con", "nul", "com1"].iter().all(|device| !stems.contains(*device)));
    }
}
