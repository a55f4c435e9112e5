//! MFA devices: virtual ones from their seed to their end. The QR code is a stub: a PNG of one pixel.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::error::{Refusal, escape_xml};
use super::super::mfa::Device;
use super::super::state::State;
use super::super::validate::{CODE, Checks, NAME, PATH, SERIAL};
use super::keys::date;
use super::{Call, limit, no_such, page};

/// Devices of a user, of all kinds.
const MOST: usize = 8;
/// One pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let (name, path) = (call.get("VirtualMFADeviceName"), call.get("Path"));
    let mut checks = Checks::default();
    checks.required("virtualMFADeviceName", name, &NAME);
    checks.optional("path", path, &PATH);
    checks.finish()?;
    let path = path.unwrap_or("/");
    if !(path.starts_with('/') && path.ends_with('/')) {
        let words = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
                     characters and/or / characters.";
        return Err(Refusal::new(400, "ValidationError", words));
    }
    let serial = format!("arn:aws:iam::{}:mfa{path}{}", call.account, name.unwrap_or_default());
    if state.devices.contains_key(&serial) {
        let words = "MFADevice entity at the same path and name already exists.";
        return Err(Refusal::new(409, "EntityAlreadyExists", words));
    }
    let seed = state.ids.seed();
    state.devices.insert(serial.clone(), Device::unassigned(&seed));
    Ok(format!(
        "    <VirtualMFADevice>\n      <SerialNumber>{}</SerialNumber>\n      \
         <Base32StringSeed>{}</Base32StringSeed>\n      <QRCodePNG>{PIXEL}</QRCodePNG>\n    </VirtualMFADevice>\n",
        escape_xml(&serial),
        BASE64_STANDARD.encode(seed)
    ))
}

pub(super) fn enable(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let (serial, codes) = serial_and_codes(call)?;
    let (arn, now) = (call.user(state).arn.clone(), state.now());
    let owned = state.devices.values().filter(|device| device.owner.as_deref() == Some(&arn)).count();
    let device = state.devices.get_mut(&serial).filter(|_| is_in(&serial, &call.account));
    let device = device.ok_or_else(|| unknown(&serial))?;
    if device.owner.is_some() {
        let words = format!("MFA Device entity with serial number {serial} already exists.");
        return Err(Refusal::new(409, "EntityAlreadyExists", words));
    }
    if owned >= MOST {
        return Err(limit("MFADevicesPerUser", MOST));
    }
    if !device.accept_pair(&codes, now) {
        return Err(wrong_codes());
    }
    (device.owner, device.enabled) = (Some(arn), Some(now));
    Ok(String::new())
}

pub(super) fn resync(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let (serial, codes) = serial_and_codes(call)?;
    let now = state.now();
    if owned(state, call, &serial)?.accept_pair(&codes, now) { Ok(String::new()) } else { Err(wrong_codes()) }
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let (arn, name) = (call.user(state).arn.clone(), call.user(state).name().to_owned());
    let owned = state.devices.iter().filter(|(_, device)| device.owner.as_deref() == Some(&arn));
    let item = |(serial, device): (&String, &Device)| {
        format!(
            "        <UserName>{name}</UserName>\n        <SerialNumber>{}</SerialNumber>\n        \
             <EnableDate>{}</EnableDate>\n",
            escape_xml(serial),
            date(device.enabled.unwrap_or_default())
        )
    };
    let items: Vec<String> = owned.map(item).collect();
    page(call, "MFADevices", &items)
}

pub(super) fn list_virtual(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let wanted = match call.get("AssignmentStatus") {
        None | Some("Any") => None,
        Some("Assigned") => Some(true),
        Some("Unassigned") => Some(false),
        Some(_) => return Err(Refusal::new(400, "ValidationError", "Invalid AssignmentStatus")),
    };
    let user = |arn: &str| {
        let user = state.users.iter().find(|user| user.arn == arn).expect("devices of users who exist");
        format!(
            "        <User>\n          <Path>/</Path>\n          <UserName>{}</UserName>\n          \
             <UserId>{}</UserId>\n          <Arn>{arn}</Arn>\n          <CreateDate>2020-01-01T00:00:00Z</CreateDate>\n        \
             </User>\n",
            user.name(),
            super::super::ids::entity_id("AIDA", arn)
        )
    };
    let virtual_ones =
        state.devices.iter().filter(|(serial, _)| is_in(serial, &call.account) && serial.contains(":mfa/"));
    let item = |(serial, device): (&String, &Device)| {
        let owner = device.owner.as_deref().map(user).unwrap_or_default();
        let enabled = device.enabled.map(|at| format!("        <EnableDate>{}</EnableDate>\n", date(at)));
        format!("        <SerialNumber>{}</SerialNumber>\n{owner}{}", escape_xml(serial), enabled.unwrap_or_default())
    };
    let items: Vec<String> = virtual_ones
        .filter(|(_, device)| wanted.is_none_or(|assigned| device.owner.is_some() == assigned))
        .map(item)
        .collect();
    page(call, "VirtualMFADevices", &items)
}

pub(super) fn deactivate(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let serial = serial(call)?;
    let device = owned(state, call, &serial)?;
    (device.owner, device.enabled) = (None, None);
    Ok(String::new())
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let serial = serial(call)?;
    let device = state.devices.get(&serial).filter(|_| is_in(&serial, &call.account));
    if device.ok_or_else(|| unknown(&serial))?.owner.is_some() {
        let words = "MFA VirtualDevice in use. Must deactivate first.";
        return Err(Refusal::new(409, "DeleteConflict", words));
    }
    state.devices.remove(&serial);
    Ok(String::new())
}

fn serial(call: &Call<'_>) -> Result<String, Refusal> {
    let mut checks = Checks::default();
    checks.required("serialNumber", call.get("SerialNumber"), &SERIAL);
    checks.finish()?;
    Ok(call.get("SerialNumber").unwrap_or_default().to_owned())
}

fn serial_and_codes(call: &Call<'_>) -> Result<(String, [String; 2]), Refusal> {
    let codes = [call.get("AuthenticationCode1"), call.get("AuthenticationCode2")];
    let mut checks = Checks::default();
    checks.required("serialNumber", call.get("SerialNumber"), &SERIAL);
    checks.required("authenticationCode1", codes[0], &CODE);
    checks.required("authenticationCode2", codes[1], &CODE);
    checks.finish()?;
    Ok((serial(call)?, codes.map(|code| code.unwrap_or_default().to_owned())))
}

/// The device of the user whom a call is about.
fn owned<'s>(state: &'s mut State, call: &Call<'_>, serial: &str) -> Result<&'s mut Device, Refusal> {
    let arn = call.user(state).arn.clone();
    let device = state.devices.get_mut(serial).filter(|device| device.owner.as_deref() == Some(&arn));
    device.ok_or_else(|| unknown(serial))
}

/// True for the serial of a device of the account.
fn is_in(serial: &str, account: &str) -> bool {
    !serial.starts_with("arn:") || serial.split(':').nth(4) == Some(account)
}

fn unknown(serial: &str) -> Refusal {
    no_such(format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

fn wrong_codes() -> Refusal {
    Refusal::new(403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
}
