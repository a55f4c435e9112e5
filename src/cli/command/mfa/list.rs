//! Owns `awsauth mfa list`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_of_users;
use crate::cli::exit::Exit;
use crate::cli::keys::owner::KeyOwner;
use crate::cli::login::service::LoginService;
use crate::cli::mfa::device::{DeviceKind, short_name, warn_of_other_serial};
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::names::few;
use crate::cli::ui::out::Out;
use crate::flow::MfaDeviceItem;
use crate::model::MfaSerial;
use crate::render::{Cell, header, table_within};

/// The columns that a narrow terminal shortens and then drops, the first one first.
const EXPENDABLE: [usize; 3] = [4, 3, 0];

/// Show the MFA devices of IAM users
///
/// A user has eight devices at most. AWS takes codes of virtual and hardware devices. Security keys and passkeys have none:
/// they are for the console, and no profile can use them. AWS is asked with the MFA session if one is kept, else with the
/// access key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth mfa list
  awsauth mfa list main --json")]
pub(super) struct Args {
    /// Profile with an IAM user's key, or one that goes through it [default: all]
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_of_users))]
    name: Option<String>,
}

#[derive(Serialize)]
struct DeviceRow {
    user: String,
    account: String,
    mfa_serial: String,
    kind: &'static str,
    /// False if no profile can use it.
    has_codes: bool,
    enabled_at: Option<String>,
    /// True if the keyring has its seed.
    seed_kept: bool,
    /// Profiles that name it.
    profiles: Vec<String>,
}

#[derive(Serialize)]
struct DeviceListJson {
    devices: Vec<DeviceRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorJson>,
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let service = service(app)?;
    let (mut devices, mut failures) = (Vec::new(), Vec::new());
    for name in names(args, &service)? {
        match rows(&name, &service, app) {
            Ok(rows) => devices.extend(rows),
            Err(failure) if args.name.is_some() || failure.exit == Exit::Interrupted => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    service.manifest.warn_of_errors();
    let exit = failures.first().map_or(Exit::Done, |failure| failure.exit);
    if out.json {
        out.document(DeviceListJson { devices, errors: failures.iter().map(Failure::document).collect() })?;
        return Ok(exit);
    }
    if !devices.is_empty() {
        let (text, is_whole) = table_within(&table(&devices), out.columns_of_data(host), &EXPENDABLE);
        out.print_table(&text, is_whole)?;
    } else if failures.is_empty() {
        out.say("no MFA device yet: `awsauth mfa enroll NAME` makes one");
    }
    for failure in &failures {
        failure.say_as_warning(out);
    }
    Ok(exit)
}

/// The profile that was named, or one for each key that is stored.
fn names(args: &Args, service: &LoginService<'_>) -> Result<Vec<String>, Failure> {
    if let Some(name) = &args.name {
        return Ok(vec![name.clone()]);
    }
    let misplaced = service.misplaced_keys();
    let owners = service.manifest.catalog.profiles().iter().filter_map(KeyOwner::of);
    let mut owners: Vec<_> =
        owners.filter(|owner| service.has_key(owner.profile) || misplaced.contains_key(owner.section)).collect();
    let mut seen = Vec::new();
    owners.retain(|owner| {
        let is_new = !seen.contains(&owner.section);
        seen.push(owner.section);
        is_new
    });
    if owners.is_empty() {
        let failure = Failure::new(Exit::Login, "no profile has an IAM user's access key yet");
        return Err(failure.hint("`awsauth keys add NAME` stores one"));
    }
    Ok(owners.iter().map(|owner| owner.profile.name.to_string()).collect())
}

fn rows(name: &str, service: &LoginService<'_>, app: App<'_>) -> Result<Vec<DeviceRow>, Failure> {
    let mut user = DeviceUser::find(name, service, app)?;
    user.with_kept_mfa()?;
    let devices = user.devices()?;
    say_other_seeds(name, &devices, &user, app.out);
    warn_of_other_serial(&devices, &user, app)?;
    Ok(devices.into_iter().map(|device| row(device, &user, service)).collect())
}

/// Names seeds that a broken-off enrolment left.
fn say_other_seeds(name: &str, devices: &[MfaDeviceItem], user: &DeviceUser<'_>, out: Out) {
    for serial in user.caller.service.seeds.serials() {
        let account = MfaSerial::new(&serial).ok().and_then(|serial| serial.account().map(str::to_owned));
        if account.as_deref() != Some(user.identity.account.as_str()) || devices.iter().any(|one| one.serial == serial)
        {
            continue;
        }
        let (user, device) = (&user.name, short_name(&serial));
        out.say(&format!(
            "the keyring has the seed of {serial}, which is no device of {user}: `awsauth mfa enroll {name} --device-name \
             {device} --keep-seed` goes on with it, `awsauth mfa remove {name} {serial} --seed-only` deletes it"
        ));
    }
}

fn row(device: MfaDeviceItem, user: &DeviceUser<'_>, service: &LoginService<'_>) -> DeviceRow {
    let kind = DeviceKind::of(&device.serial);
    let profiles = service.manifest.catalog.profiles().iter();
    let named = profiles.filter(|profile| profile.mfa_serial().is_some_and(|serial| serial.as_str() == device.serial));
    DeviceRow {
        user: user.name.clone(),
        account: user.identity.account.as_str().to_owned(),
        kind: kind.as_str(),
        has_codes: kind != DeviceKind::SecurityKey,
        enabled_at: device.enabled_at.map(|time| time.to_string()),
        seed_kept: service.seeds.has(&device.serial),
        profiles: named.map(|profile| profile.name.to_string()).collect(),
        mfa_serial: device.serial,
    }
}

fn table(devices: &[DeviceRow]) -> Vec<Vec<Cell>> {
    let row = |device: &DeviceRow| {
        let kind = match device {
            DeviceRow { has_codes: false, kind, .. } => format!("{kind}, console only"),
            DeviceRow { seed_kept: true, kind, .. } => format!("{kind}, seed in the keyring"),
            DeviceRow { kind, .. } => (*kind).to_owned(),
        };
        let day = device.enabled_at.as_deref().and_then(|time| time.split('T').next()).unwrap_or("-");
        let used = if device.profiles.is_empty() { "-".to_owned() } else { few(&device.profiles) };
        [&device.user, &device.mfa_serial, &kind, day, &used].map(Cell::from).to_vec()
    };
    std::iter::once(header(["USER", "MFA SERIAL", "KIND", "ENABLED", "USED BY"]))
        .chain(devices.iter().map(row))
        .collect()
}
