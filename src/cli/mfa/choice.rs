//! Owns choosing one of the person's devices for profiles whose `mfa_serial` each person supplies, before a login.

use crate::cli::app::App;
use crate::cli::config::load::{Reading, is_known};
use crate::cli::exit::Exit;
use crate::cli::login::service::LoginService;
use crate::cli::mfa::codes::no_answer;
use crate::cli::mfa::device::{choose, usable};
use crate::cli::mfa::place::SerialPlace;
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::ui::failure::Failure;
use crate::flow::MfaDeviceItem;
use crate::manifest::Audience;
use crate::model::{MfaSerial, Profile};
use crate::prompt;

/// True if an `mfa_serial` is missing, or a variable of it is unset.
pub(crate) fn is_any_missing(app: App<'_>) -> bool {
    Reading::read(app.paths, Audience::Person).is_ok_and(|reading| reading.lacks_devices())
}

/// Asks IAM for the devices of the users behind the wanted profiles whose device is not known, and stores those that the
/// person chooses. Returns the profiles, as `wanted` does.
pub(crate) fn choose_missing(
    wanted: impl FnOnce(&LoginService<'_>) -> Result<Vec<String>, Failure>,
    app: App<'_>,
) -> Result<Vec<String>, Failure> {
    let names = wanted(&service(app)?)?;
    let mut last = None;
    loop {
        let service = service(app)?;
        let missing = |name: &&String| owner_without_device(name, &service).is_some();
        // A value that is stored and not found again would be asked for without end.
        let Some(name) = names.iter().find(missing).filter(|name| last.as_ref() != Some(*name)) else {
            return Ok(names);
        };
        choose_for(name, &service, app)?;
        last = Some(name.clone());
    }
}

/// The profile on the chain whose device is not known.
fn owner_without_device<'s>(name: &str, service: &'s LoginService<'_>) -> Option<&'s Profile> {
    let chain = service.manifest.catalog.chain(name)?;
    chain.mfa().find(|(_, serial)| !is_known(serial)).map(|(owner, _)| owner)
}

fn choose_for(name: &str, service: &LoginService<'_>, app: App<'_>) -> Result<(), Failure> {
    let user = DeviceUser::find(name, service, app)?;
    let Some(owner) = user.owner else { return Ok(()) };
    let place = SerialPlace::of(owner, app)?;
    place.check()?;
    let devices = user.devices()?;
    let codes = usable(&devices);
    let is_usable = |device: &MfaDeviceItem| codes.iter().any(|serial| serial.as_str() == device.serial);
    let devices: Vec<MfaDeviceItem> = devices.into_iter().filter(is_usable).collect();
    let only = if let [one] = &devices[..] { Some(one.serial.as_str()) } else { None };
    if let Some(serial) = only {
        app.out.say(&format!("{name} needs an MFA device, and {} has {serial}.", user.name));
        if !prompt::confirm("Use it?", true).map_err(|error| no_answer(&error))? {
            return Err(Failure::new(Exit::Login, format!("{name}: no MFA device was chosen"))
                .hint(format!("`awsauth mfa enroll {name}` makes another device")));
        }
    }
    let serial = choose(&devices, only, &user, app)?;
    let serial = MfaSerial::new(&serial).map_err(|error| Failure::of(Exit::Bug, &error))?;
    place.store(&serial, app)
}
