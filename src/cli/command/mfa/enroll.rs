//! Owns `awsauth mfa enroll`: a virtual device from its making to the first login.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_of_users;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::mfa::codes::{check_terminal, no_answer, with_two_codes};
use crate::cli::mfa::device::{MOST, short_name, usable};
use crate::cli::mfa::place::SerialPlace;
use crate::cli::mfa::seed::agree_to_keep;
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::flow::{MfaDeviceItem, Operation, Problem, Totp, VirtualDevice, step_at};
use crate::model::MfaSerial;
use crate::prompt::{self, Echo, Prompt as _, Question, Terminal};
use crate::render::QrCode;
use crate::secret::Secret;
use crate::store::Seeds;
use crate::system::clock;
use crate::system::files::{atomic, disk};
use crate::system::host::Host;

/// Lines of the terminal that the question below the code takes.
const QUESTION: usize = 2;
/// RFC 3986 §2.3.
const LABEL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Make a virtual MFA device, show its QR code, and enable it
///
/// The device is made for the IAM user whose access key the profile has. An authenticator app scans the QR code; two codes
/// that it shows one after the other enable the device. Its ARN then becomes the profile's `mfa_serial`, in
/// profiles.local.toml.
///
/// The first device is made with the access key itself. A further one is made through the MFA session, since policies
/// usually demand MFA for that. AWS shows the seed of a device once, and awsauth writes it nowhere but into --qr-file, and
/// with --keep-seed into the keyring.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth mfa enroll main
  awsauth mfa enroll main --device-name alice-tablet --qr-file code.png
  awsauth mfa enroll main --keep-seed")]
pub(super) struct Args {
    /// Profile with an IAM user's key, or one that goes through it
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_of_users))]
    name: String,
    /// Name of the device [default: the user's name]
    #[arg(long, value_name = "DEVICE", value_parser = device_name)]
    device_name: Option<String>,
    /// Also write the QR code to a new file (.png, .svg)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    qr_file: Option<PathBuf>,
    /// Also show the seed as text
    #[arg(long)]
    show_seed: bool,
    /// Keep the seed in the keyring for later logins
    ///
    /// Both factors are then on one machine: whoever can use your unlocked keyring can log in to AWS as you. This needs
    /// store = "keyring" in `[settings]` of profiles.local.toml. Scan the code all the same: the keyring is no backup.
    #[arg(long)]
    keep_seed: bool,
    /// Do not ask before the seed is kept
    #[arg(long, requires = "keep_seed")]
    yes: bool,
}

/// IAM's `VirtualMFADeviceName`; its ARN has at most 256 characters (aws-facts §11).
fn device_name(text: &str) -> Result<String, &'static str> {
    let is_fit = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let fits = !text.is_empty() && text.len() <= 128 && text.chars().all(is_fit);
    if fits { Ok(text.to_owned()) } else { Err("use 1 to 128 letters, digits and _+=,.@-") }
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    check_terminal(&format!("mfa enroll {}", args.name), app.host)?;
    let file = args.qr_file.as_deref().map(QrFile::new).transpose()?;
    let service = service(app)?;
    if args.keep_seed {
        agree_to_keep(service.manifest.store(), args.yes, app.out)?;
        service.keyring.check_writable().map_err(|error| explain::keyring::failure(&error, &error))?;
    }
    let mut user = DeviceUser::find(&args.name, &service, app)?;
    service.manifest.warn_of_errors();
    let place = user.owner.map(|owner| SerialPlace::of(owner, app)).transpose()?;
    place.as_ref().map_or(Ok(()), SerialPlace::check)?;
    let devices = user.devices()?;
    let name = args.device_name.as_deref().unwrap_or(&user.name).to_owned();
    let enabled = enabled_with_seed(&name, &devices, &user).filter(|_| args.keep_seed);
    let serial = if let Some(serial) = enabled {
        app.out.say(&format!("{} has {} already, and its seed is in the keyring", user.name, serial.as_str()));
        serial
    } else {
        prepare(&devices, &mut user, &args.name)?;
        make(name, &user, file.as_ref(), args, app)?
    };
    let is_chosen = keep(&serial, &devices, place.as_ref(), &user, app)?;
    let (mfa_serial, seed_kept) = (serial.as_str(), service.seeds.has(serial.as_str()));
    if app.out.json {
        app.out.document(EnrolledJson { profile: &args.name, user: &user.name, mfa_serial, seed_kept })?;
    } else if is_chosen {
        let code = if seed_kept { "which takes its codes from the keyring" } else { "with the device's next code" };
        app.out.say(&format!("next: `awsauth login {}`, {code}", args.name));
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct EnrolledJson<'a> {
    profile: &'a str,
    user: &'a str,
    mfa_serial: &'a str,
    seed_kept: bool,
}

/// The device of that name, if an earlier run has enabled it and kept its seed.
fn enabled_with_seed(name: &str, devices: &[MfaDeviceItem], user: &DeviceUser<'_>) -> Option<MfaSerial> {
    let seeds = &user.caller.service.seeds;
    let is_it = |device: &&MfaDeviceItem| short_name(&device.serial) == name && seeds.has(&device.serial);
    devices.iter().find(is_it).and_then(|device| MfaSerial::new(&device.serial).ok())
}

/// Makes the device, shows its code, and enables it.
fn make(
    name: String,
    user: &DeviceUser<'_>,
    file: Option<&QrFile>,
    args: &Args,
    app: App<'_>,
) -> Result<MfaSerial, Failure> {
    let device = create(name, user, args, app.out)?;
    let is_under_way = Cell::new(false);
    let enabled = show(&device, user, file, args, app).and_then(|()| enable(&device, user, &is_under_way, app.out));
    let delete = |file: &QrFile| format!("delete {}: whoever has it has the device", Paths::shown(&file.path));
    enabled.map_err(|failure| {
        if let Some(file) = file.filter(|file| disk::exists(&file.path)) {
            app.out.warn(&delete(file));
        }
        half_made(failure, &device.serial, is_under_way.get(), user, &args.name)
    })?;
    if let Some(file) = file.filter(|file| disk::exists(&file.path)) {
        app.out.say(&format!("once the device works, {}", delete(file)));
    }
    Ok(device.serial)
}

/// Refuses where another device can't be made or is not needed, and signs with the MFA session if there is a device already.
fn prepare(devices: &[MfaDeviceItem], user: &mut DeviceUser<'_>, name: &str) -> Result<(), Failure> {
    if devices.len() >= MOST {
        let message = format!("{} has {MOST} MFA devices, the most that AWS allows", user.name);
        return Err(Failure::new(Exit::Refused, message).hint(format!("`awsauth mfa remove {name}` makes room")));
    }
    match usable(devices).first() {
        Some(device) if user.owner.is_some() && user.serial().is_none() => {
            let message = format!("{} has the MFA device {} already", user.name, device.as_str());
            let failure = Failure::new(Exit::Refused, message);
            Err(failure.hint(format!("`awsauth login {name}` takes it over; after that, a further one can be made")))
        }
        Some(_) => user.with_mfa(),
        None => Ok(()),
    }
}

/// Makes the device, under another name if this one is taken. With --keep-seed its seed is kept before the device is enabled: an
/// enabled one whose seed is lost would be of no use.
fn create(mut name: String, user: &DeviceUser<'_>, args: &Args, out: Out) -> Result<VirtualDevice, Failure> {
    loop {
        let call = user.aws().create_virtual_mfa_device(user.caller.signer(), &name);
        match user.try_call(Operation::CreateVirtualMFADevice, call)? {
            Err(error) if error.problem == Problem::AlreadyExists => {
                let left = left_by_an_earlier_run(&name, user)?;
                if let Some(device) = left.as_ref().map(|left| kept(left, user)).transpose()?.flatten() {
                    out.say(&format!("going on with {}, whose seed is in the keyring", device.serial.as_str()));
                    return Ok(device);
                }
                name = free_name(name, left, user, out)?;
            }
            Ok(device) => {
                let kept = keep_seed(&device, &user.caller.service.seeds, args);
                return match kept {
                    Ok(()) => Ok(device),
                    Err(failure) => Err(half_made(failure, &device.serial, false, user, &args.name)),
                };
            }
            Err(error) => return Err(user.refused(&error)),
        }
    }
}

/// The device of that name, if it was made and not enabled.
fn left_by_an_earlier_run(name: &str, user: &DeviceUser<'_>) -> Result<Option<MfaSerial>, Failure> {
    // Who may not list them can still take another name.
    let list = user.aws().list_unassigned_mfa_devices(user.caller.signer());
    let unassigned = user.try_call(Operation::ListVirtualMFADevices, list)?.unwrap_or_default();
    let of_account = user.identity.arn.split(":user/").next().unwrap_or_default();
    let serial = MfaSerial::new(&format!("{of_account}:mfa/{name}")).ok();
    Ok(serial.filter(|serial| unassigned.iter().any(|device| device.serial == serial.as_str())))
}

/// The device with its seed, if the keyring has that.
fn kept(serial: &MfaSerial, user: &DeviceUser<'_>) -> Result<Option<VirtualDevice>, Failure> {
    let seeds = &user.caller.service.seeds;
    if !seeds.has(serial.as_str()) {
        return Ok(None);
    }
    let seed = seeds.get(serial.as_str()).map_err(|error| explain::keyring::failure(&error, &error))?;
    Ok(seed.map(|seed| VirtualDevice { serial: serial.clone(), seed }))
}

/// Deletes the device that an earlier run left, or asks for another name.
fn free_name(name: String, left: Option<MfaSerial>, user: &DeviceUser<'_>, out: Out) -> Result<String, Failure> {
    let Some(left) = left else {
        out.warn(&format!("the account has a device `{name}` already"));
        return other_name();
    };
    let left = left.as_str();
    out.warn(&format!(
        "{left} was made and is not enabled. If an earlier run of yours was broken off, its seed can't be read again. If \
         another run or another person is enabling it now, leave it"
    ));
    if !prompt::confirm("Delete it and make it anew?", false).map_err(|error| no_answer(&error))? {
        return other_name();
    }
    let delete = user.aws().delete_virtual_mfa_device(user.caller.signer(), left);
    match user.try_call(Operation::DeleteVirtualMFADevice, delete)? {
        Ok(()) => return Ok(name),
        Err(error) if error.problem.is_transient() => return Err(user.refused(&error)),
        Err(error) => out.warn(&format!("{error}")),
    }
    out.say("An administrator deletes it with");
    out.say(&format!("    aws iam delete-virtual-mfa-device --serial-number {left}"));
    other_name()
}

fn other_name() -> Result<String, Failure> {
    let question = Question {
        text: "Another name for the device:",
        help: "such as alice-phone",
        fits: |text| device_name(text.trim()).is_ok(),
        complaint: "letters, digits and _+=,.@-",
        echo: Echo::Shown,
        facts: &[],
    };
    Terminal.ask(question).map(|answer| answer.expose().trim().to_owned()).map_err(|error| no_answer(&error))
}

/// The new file for the code.
struct QrFile {
    path: PathBuf,
    is_svg: bool,
}

impl QrFile {
    fn new(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if extension != "png" && extension != "svg" {
            let message = format!("--qr-file is `{}`, which ends neither in .png nor in .svg", path.display());
            return Err(Failure::new(Exit::Usage, message));
        }
        if disk::exists(path) {
            return Err(Self::exists(path));
        }
        let dir = atomic::parent(path);
        if !disk::exists(dir) {
            return Err(Failure::new(Exit::Usage, format!("the directory {} does not exist", dir.display())));
        }
        atomic::check_writable(dir).map_err(|error| Failure::of(Exit::Unavailable, &error))?;
        Ok(Self { path: path.to_path_buf(), is_svg: extension == "svg" })
    }

    fn exists(path: &Path) -> Failure {
        Failure::new(Exit::Refused, format!("{} exists and is not changed", path.display())).hint("give another file")
    }

    fn write(&self, code: &QrCode) -> Result<(), Failure> {
        let bytes = if self.is_svg { Ok(code.svg().into_bytes()) } else { code.png() };
        let bytes = bytes.map_err(|error| Failure::of(Exit::Bug, &error))?;
        let is_new = atomic::create_private(&self.path, &bytes);
        if is_new.map_err(|error| Failure::of(Exit::Unavailable, &error))? {
            Ok(())
        } else {
            Err(Self::exists(&self.path))
        }
    }
}

/// Shows the code on the terminal, and the seed as text where there is no room for it.
fn show(
    device: &VirtualDevice,
    user: &DeviceUser<'_>,
    file: Option<&QrFile>,
    args: &Args,
    app: App<'_>,
) -> Result<(), Failure> {
    let out = app.out;
    out.say(&format!("Made {}. Scan this code with an authenticator app:", device.serial.as_str()));
    let code = QrCode::new(&otpauth(device, user));
    match (file, &code) {
        (Some(file), Some(code)) => {
            file.write(code)?;
            out.say(&format!("The code is also in {}.", Paths::shown(&file.path)));
        }
        (Some(_), None) => out.warn("the seed is too long for a QR code; no file was written"),
        (None, _) => {}
    }
    let room = Host::height().saturating_sub(QUESTION);
    let drawn = code.filter(|_| out.has_color_on_stderr()).and_then(|code| code.for_terminal(out.width, room));
    if drawn.is_none() {
        out.warn("this terminal is too small, or without colours, for the code; --qr-file writes it into a picture");
    }
    if drawn.is_none() || args.show_seed {
        out.say("Or type this seed into the app, as a key that is based on time:");
        out.say(&format!("    {}", device.seed.expose()));
    }
    if let Some(code) = &drawn {
        out.show(code);
    }
    Ok(())
}

/// What authenticators scan (aws-facts §11): SHA-1, six digits and 30 seconds where nothing else is said.
fn otpauth(device: &VirtualDevice, user: &DeviceUser<'_>) -> Secret {
    let name = utf8_percent_encode(short_name(device.serial.as_str()), LABEL);
    let (account, seed) = (user.identity.account.as_str(), device.seed.expose());
    Secret::new(format!("otpauth://totp/AWS:{name}@{account}?secret={seed}&issuer=AWS"))
}

/// A seed of an earlier device of that serial goes in any case.
fn keep_seed(device: &VirtualDevice, seeds: &Seeds, args: &Args) -> Result<(), Failure> {
    let serial = device.serial.as_str();
    let saved = if args.keep_seed { seeds.put(serial, &device.seed) } else { seeds.remove(serial).map(drop) };
    saved.map_err(|error| explain::save(&error))
}

/// `is_under_way` is true after a failure that leaves open if AWS has enabled the device.
fn enable(device: &VirtualDevice, user: &DeviceUser<'_>, is_under_way: &Cell<bool>, out: Out) -> Result<(), Failure> {
    let (serial, aws) = (&device.serial, user.aws());
    with_two_codes(short_name(serial.as_str()), user, out, |codes| {
        if let Some(totp) = Totp::new(&device.seed) {
            let steps = totp.steps_of(&[&codes.first, &codes.second], step_at(clock::now(), aws.clock_skew()));
            // Without the note, the next login sends one of them in vain.
            drop(user.caller.service.seeds.mark_used(serial.as_str(), &steps));
        }
        let call = aws.enable_mfa_device(user.caller.signer(), &user.name, serial, codes);
        is_under_way.set(true);
        let answer = match user.try_call(Operation::EnableMFADevice, call)? {
            // AWS may have enabled it before the answer was lost. If nobody can say, it stays under way.
            Err(error) if error.problem.is_transient() && is_enabled(serial, user)? => Ok(()),
            answer => answer,
        };
        is_under_way.set(false);
        Ok(answer)
    })?;
    out.say(&format!("enabled {} for {}", serial.as_str(), user.name));
    Ok(())
}

fn is_enabled(serial: &MfaSerial, user: &DeviceUser<'_>) -> Result<bool, Failure> {
    Ok(user.devices()?.iter().any(|device| device.serial == serial.as_str()))
}

/// Says what is left when the device was made but not enabled, or perhaps enabled.
fn half_made(failure: Failure, serial: &MfaSerial, is_under_way: bool, user: &DeviceUser<'_>, name: &str) -> Failure {
    let device = Some(short_name(serial.as_str())).filter(|device| *device != user.name);
    let device = device.map(|device| format!(" --device-name {device}")).unwrap_or_default();
    let state = if is_under_way { "may be enabled already" } else { "was made but not enabled" };
    let left = format!("{} {state}", serial.as_str());
    let (seed, next) = match user.caller.service.seeds.has(serial.as_str()) {
        true => {
            ("its seed is in the keyring", format!("`awsauth mfa enroll {name}{device} --keep-seed` goes on with it"))
        }
        false if is_under_way => ("its seed can't be read again", format!("`awsauth mfa list {name}` shows if it is")),
        false => ("its seed can't be read again", format!("`awsauth mfa enroll {name}{device}` replaces it")),
    };
    match failure.exit {
        Exit::Interrupted => Failure::one_line(Exit::Interrupted, format!("interrupted: {left}; {next}")),
        _ => failure.hint(format!("{left}, and {seed}: {next}")),
    }
}

/// Stores the serial for logins, unless the profile has another device of the user's. Returns true if logins take it.
fn keep(
    serial: &MfaSerial,
    devices: &[MfaDeviceItem],
    place: Option<&SerialPlace>,
    user: &DeviceUser<'_>,
    app: App<'_>,
) -> Result<bool, Failure> {
    let Some((place, owner)) = place.zip(user.owner) else {
        let base = &user.caller.profile.name;
        app.out.say(&format!("set `mfa_serial = \"{}\"` in the profiles whose source is {base}", serial.as_str()));
        return Ok(false);
    };
    match user.serial() {
        Some(named) if named == serial => Ok(true),
        Some(named) if devices.iter().any(|device| device.serial == named.as_str()) => {
            let (name, by_hand) = (&owner.name, place.by_hand(serial, &user.name));
            app.out.say(&format!("{name} keeps its device {}; to change to the new one: {by_hand}", named.as_str()));
            Ok(false)
        }
        _ => place.store(serial, app).map(|()| true).map_err(|failure| {
            failure.hint(format!("the device is enabled; choose it with {}", place.by_hand(serial, &user.name)))
        }),
    }
}
