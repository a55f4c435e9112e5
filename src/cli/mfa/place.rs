//! Owns where the `mfa_serial` of a profile stands, and writing another device there.

use std::path::PathBuf;

use crate::cli::app::App;
use crate::cli::config::load::{Reading, is_known};
use crate::cli::config::personal;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::model::{MfaSerial, Profile};

/// The place of a profile's `mfa_serial`. Other profiles may share a variable.
pub(crate) struct SerialPlace {
    profile: String,
    /// The person's own file.
    personal: PathBuf,
    /// The personal file that has the key itself.
    key_in: Option<PathBuf>,
    variable: Option<SerialVariable>,
}

/// The one variable in the string.
struct SerialVariable {
    name: String,
    before: String,
    after: String,
    is_unset: bool,
    /// True if nothing but this serial has it.
    is_used_once: bool,
    /// The personal file that sets it.
    set_in: Option<PathBuf>,
}

impl SerialVariable {
    fn is_whole(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Its value for a serial. None if the serial does not fit.
    fn value<'s>(&self, serial: &'s MfaSerial) -> Option<&'s str> {
        let value = serial.as_str().strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        Some(value).filter(|value| !value.is_empty())
    }

    /// False if it may have another meaning than the device.
    fn may_be_set(&self) -> bool {
        self.is_unset || self.is_whole()
    }
}

impl SerialPlace {
    pub(crate) fn of(profile: &Profile, app: App<'_>) -> Result<Self, Failure> {
        let name = profile.name.as_str();
        let reading = Reading::read_assuming_devices(app.paths, Some(name))?;
        let layers = &reading.files.layers;
        let keys = reading.loaded.provenance.iter().flat_map(|provenance| &provenance.keys);
        let key = keys.into_iter().find(|key| key.key == "mfa_serial");
        let personal_file = |at| {
            let (path, _) = layers.sources().locate(at);
            layers.is_local(layers.sources().number(at)).then(|| path.to_path_buf())
        };
        let variable = key.and_then(|key| {
            let [(name, at)] = &key.variables[..] else { return None };
            let literal = layers.sources().text(key.at)?.trim_matches(['"', '\'']);
            let (before, after) = literal.split_once(&format!("${{{name}}}"))?;
            let [before, after] = [before, after].map(str::to_owned);
            let is_plain = [&before, &after].iter().all(|part| !part.contains(['\\', '$']));
            let is_unset = profile.mfa_serial().is_some_and(|serial| !is_known(serial));
            let (name, set_in) = (name.clone(), personal_file(*at));
            let mut variables = reading.loaded.variables.iter().filter(|variable| variable.name == name);
            let is_used_once = variables.all(|variable| variable.uses.len() == 1);
            is_plain.then_some(SerialVariable { name, before, after, is_unset, is_used_once, set_in })
        });
        Ok(Self {
            profile: name.to_owned(),
            key_in: key.and_then(|key| personal_file(key.at)),
            personal: reading.files.personal.clone(),
            variable,
        })
    }

    /// Refuses a personal file that can't be written, before anything is done at AWS.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        check_replaceable(&self.personal)
    }

    /// The command, or the lines, that choose the device of `user` by hand.
    pub(crate) fn by_hand(&self, serial: &MfaSerial, user: &str) -> String {
        let variable = self.variable.as_ref().and_then(|variable| Some((variable, variable.value(serial)?)));
        let fits = |(variable, value): &(&SerialVariable, &str)| {
            variable.may_be_set() || variable.set_in.is_some() && (variable.is_used_once || *value == user)
        };
        match variable.filter(fits) {
            Some((variable, value)) => format!("`awsauth vars --set {}={value}`", variable.name),
            None => {
                format!("`mfa_serial = \"{}\"` in [profiles.{}] of profiles.local.toml", serial.as_str(), self.profile)
            }
        }
    }

    pub(crate) fn store(&self, serial: &MfaSerial, app: App<'_>) -> Result<(), Failure> {
        let variable = self.variable.as_ref().filter(|variable| variable.may_be_set());
        match variable.and_then(|variable| Some((&variable.name, variable.value(serial)?))) {
            Some((name, value)) => personal::set_variables(&self.personal, &[(name.clone(), value.to_owned())], app),
            None => personal::set_of_profile(&self.personal, &self.profile, ("mfa_serial", serial.as_str()), app),
        }
    }

    /// Removes what the person's own file says of the device. A variable that is only a part of the serial stays: others use it.
    pub(crate) fn forget(&self, app: App<'_>) -> Result<(), Failure> {
        if let Some(file) = &self.key_in {
            return personal::remove_key(file, &["profiles", &self.profile], "mfa_serial", app);
        }
        let variable = self.variable.as_ref().filter(|variable| variable.is_whole());
        match variable.and_then(|variable| Some((&variable.name, variable.set_in.as_ref()?))) {
            Some((name, file)) => personal::remove_key(file, &["vars"], name, app),
            None => Ok(()),
        }
    }
}
