//! Owns the calls to IAM: access keys and MFA devices of a user.

use std::error::Error;

use aws_sdk_iam::types::{AssignmentStatusType, StatusType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::client::{Aws, Retry};
use super::error::{expect, expect_sendable, expect_short, invalid};
use crate::flow::{
    AccessKeyItem, CallError, CodePair, KeyStatus, LastUse, MfaDeviceItem, Operation, Paging, Signer, VirtualDevice,
};
use crate::model::{LongTermKey, MfaSerial};
use crate::secret::Secret;

/// In bytes. AWS's longest are serials, with 256.
const LONGEST_TEXT: usize = 512;

impl Aws {
    fn answer<T, E>(
        &self,
        operation: Operation,
        signer: Signer<'_>,
        answer: Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        answer.map_err(|error| self.failed_at(operation, signer.routing, error))
    }

    /// Sent once, since each call makes another key.
    pub(crate) async fn create_access_key(&self, signer: Signer<'_>, user: &str) -> Result<LongTermKey, CallError> {
        let operation = Operation::CreateAccessKey;
        let call = self.iam(operation, signer, Retry::No)?.create_access_key().user_name(user);
        let answer = self.answer(operation, signer, call.send().await)?;
        let key = expect(operation, answer.access_key, "AccessKey")?;
        let sendable = |text, name| expect_sendable(operation, Some(text), name);
        Ok(LongTermKey {
            access_key_id: sendable(key.access_key_id, "AccessKeyId")?,
            secret_access_key: Secret::new(sendable(key.secret_access_key, "SecretAccessKey")?),
        })
    }

    pub(crate) async fn list_access_keys(
        &self,
        signer: Signer<'_>,
        user: &str,
    ) -> Result<Vec<AccessKeyItem>, CallError> {
        let operation = Operation::ListAccessKeys;
        let client = self.iam(operation, signer, Retry::Yes)?;
        pages(operation, async |marker| {
            let call = client.list_access_keys().user_name(user).set_marker(marker);
            let answer = self.answer(operation, signer, call.send().await)?;
            let item = |key: aws_sdk_iam::types::AccessKeyMetadata| {
                Ok(AccessKeyItem {
                    id: expect_short(operation, key.access_key_id, "AccessKeyId", LONGEST_TEXT)?,
                    status: status(&expect(operation, key.status, "Status")?),
                    created_at: key.create_date.and_then(time),
                })
            };
            let items = answer.access_key_metadata.into_iter().map(item).collect::<Result<_, _>>()?;
            Ok((items, answer.marker.filter(|_| answer.is_truncated)))
        })
        .await
    }

    pub(crate) async fn deactivate_access_key(
        &self,
        signer: Signer<'_>,
        user: &str,
        key_id: &str,
    ) -> Result<(), CallError> {
        let operation = Operation::UpdateAccessKey;
        let client = self.iam(operation, signer, Retry::Yes)?;
        let call = client.update_access_key().user_name(user).access_key_id(key_id).status(StatusType::Inactive);
        self.answer(operation, signer, call.send().await).map(drop)
    }

    pub(crate) async fn delete_access_key(
        &self,
        signer: Signer<'_>,
        user: &str,
        key_id: &str,
    ) -> Result<(), CallError> {
        let operation = Operation::DeleteAccessKey;
        let client = self.iam(operation, signer, Retry::Yes)?;
        let call = client.delete_access_key().user_name(user).access_key_id(key_id);
        self.answer(operation, signer, call.send().await).map(drop)
    }

    pub(crate) async fn access_key_last_used(&self, signer: Signer<'_>, key_id: &str) -> Result<LastUse, CallError> {
        let operation = Operation::GetAccessKeyLastUsed;
        let call = self.iam(operation, signer, Retry::Yes)?.get_access_key_last_used().access_key_id(key_id);
        let answer = self.answer(operation, signer, call.send().await)?;
        let Some(last) = answer.access_key_last_used else { return Ok(LastUse::default()) };
        // A key that was never used has "N/A" for both.
        let text = |text: String, name| match text.as_str() {
            "" | "N/A" => Ok(None),
            _ => expect_short(operation, Some(text), name, LONGEST_TEXT).map(Some),
        };
        Ok(LastUse {
            at: last.last_used_date.and_then(time),
            service: text(last.service_name, "ServiceName")?,
            region: text(last.region, "Region")?,
        })
    }

    /// Sent once: AWS shows the seed once, and a second call finds the name taken.
    pub(crate) async fn create_virtual_mfa_device(
        &self,
        signer: Signer<'_>,
        name: &str,
    ) -> Result<VirtualDevice, CallError> {
        let operation = Operation::CreateVirtualMFADevice;
        let call = self.iam(operation, signer, Retry::No)?.create_virtual_mfa_device().virtual_mfa_device_name(name);
        let answer = self.answer(operation, signer, call.send().await)?;
        let device = expect(operation, answer.virtual_mfa_device, "VirtualMFADevice")?;
        let seed = expect(operation, device.base32_string_seed, "Base32StringSeed")?;
        let seed = String::from_utf8(seed.into_inner()).ok().filter(|seed| is_base32(seed)).map(Secret::new);
        let serial = MfaSerial::new(&device.serial_number);
        Ok(VirtualDevice {
            serial: serial.map_err(|_| invalid(operation, "SerialNumber", "is no serial that STS takes"))?,
            seed: seed.ok_or_else(|| invalid(operation, "Base32StringSeed", "is not base32"))?,
        })
    }

    /// Sent once, since a code is good once.
    pub(crate) async fn enable_mfa_device(
        &self,
        signer: Signer<'_>,
        user: &str,
        serial: &MfaSerial,
        codes: CodePair,
    ) -> Result<(), CallError> {
        let operation = Operation::EnableMFADevice;
        let call = self.iam(operation, signer, Retry::No)?.enable_mfa_device().user_name(user);
        let call = call.serial_number(serial.as_str()).authentication_code1(codes.first.expose());
        let call = call.authentication_code2(codes.second.expose());
        self.answer(operation, signer, call.send().await).map(drop)
    }

    /// Sent once, since a code is good once.
    pub(crate) async fn resync_mfa_device(
        &self,
        signer: Signer<'_>,
        user: &str,
        serial: &MfaSerial,
        codes: CodePair,
    ) -> Result<(), CallError> {
        let operation = Operation::ResyncMFADevice;
        let call = self.iam(operation, signer, Retry::No)?.resync_mfa_device().user_name(user);
        let call = call.serial_number(serial.as_str()).authentication_code1(codes.first.expose());
        let call = call.authentication_code2(codes.second.expose());
        self.answer(operation, signer, call.send().await).map(drop)
    }

    /// The devices of a user, of all kinds.
    pub(crate) async fn list_mfa_devices(
        &self,
        signer: Signer<'_>,
        user: &str,
    ) -> Result<Vec<MfaDeviceItem>, CallError> {
        let operation = Operation::ListMFADevices;
        let client = self.iam(operation, signer, Retry::Yes)?;
        pages(operation, async |marker| {
            let call = client.list_mfa_devices().user_name(user).set_marker(marker);
            let answer = self.answer(operation, signer, call.send().await)?;
            let item = |device: aws_sdk_iam::types::MfaDevice| {
                device_item(operation, device.serial_number, Some(device.user_name), time(device.enable_date))
            };
            let items = answer.mfa_devices.into_iter().map(item).collect::<Result<_, _>>()?;
            Ok((items, answer.marker.filter(|_| answer.is_truncated)))
        })
        .await
    }

    /// The virtual devices of the account that are no user's.
    pub(crate) async fn list_unassigned_mfa_devices(
        &self,
        signer: Signer<'_>,
    ) -> Result<Vec<MfaDeviceItem>, CallError> {
        let operation = Operation::ListVirtualMFADevices;
        let client = self.iam(operation, signer, Retry::Yes)?;
        pages(operation, async |marker| {
            let call = client.list_virtual_mfa_devices().assignment_status(AssignmentStatusType::Unassigned);
            let answer = self.answer(operation, signer, call.set_marker(marker).send().await)?;
            let item = |device: aws_sdk_iam::types::VirtualMfaDevice| {
                let user = device.user.map(|user| user.user_name);
                device_item(operation, device.serial_number, user, device.enable_date.and_then(time))
            };
            let items = answer.virtual_mfa_devices.into_iter().map(item).collect::<Result<_, _>>()?;
            Ok((items, answer.marker.filter(|_| answer.is_truncated)))
        })
        .await
    }

    /// Takes a device from its user.
    pub(crate) async fn deactivate_mfa_device(
        &self,
        signer: Signer<'_>,
        user: &str,
        serial: &str,
    ) -> Result<(), CallError> {
        let operation = Operation::DeactivateMFADevice;
        let client = self.iam(operation, signer, Retry::Yes)?;
        let call = client.deactivate_mfa_device().user_name(user).serial_number(serial);
        self.answer(operation, signer, call.send().await).map(drop)
    }

    /// AWS refuses a device that is still a user's.
    pub(crate) async fn delete_virtual_mfa_device(&self, signer: Signer<'_>, serial: &str) -> Result<(), CallError> {
        let operation = Operation::DeleteVirtualMFADevice;
        let call = self.iam(operation, signer, Retry::Yes)?.delete_virtual_mfa_device().serial_number(serial);
        self.answer(operation, signer, call.send().await).map(drop)
    }
}

fn device_item(
    operation: Operation,
    serial: String,
    user_name: Option<String>,
    enabled_at: Option<Timestamp>,
) -> Result<MfaDeviceItem, CallError> {
    let serial = expect_short(operation, Some(serial), "SerialNumber", LONGEST_TEXT)?;
    Ok(MfaDeviceItem { serial, user_name, enabled_at })
}

/// All items of a list. `call` takes the marker of a page, and returns its items and the marker of the next page.
async fn pages<T>(
    operation: Operation,
    call: impl AsyncFn(Option<String>) -> Result<(Vec<T>, Option<String>), CallError>,
) -> Result<Vec<T>, CallError> {
    let (mut paging, mut items, mut next) = (Paging::default(), Vec::new(), None);
    loop {
        let (page, marker) = call(next).await?;
        items.extend(page);
        next = paging.next(marker).map_err(|error| invalid(operation, "Marker", &format!("never ends: {error}")))?;
        if next.is_none() {
            return Ok(items);
        }
    }
}

fn status(status: &StatusType) -> KeyStatus {
    match status {
        StatusType::Active => KeyStatus::Active,
        StatusType::Expired => KeyStatus::Expired,
        _ => KeyStatus::Inactive,
    }
}

fn time(time: DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

/// RFC 4648 §6. It is put into an address, and shown.
fn is_base32(seed: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    let letters = seed.trim_end_matches('=');
    !letters.is_empty() && letters.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_could_forge_an_address_is_refused() {
        for (seed, expected) in
            [("GEZDGNBV", true), ("GEZDGNA=", true), ("", false), ("A&issuer=x", false), ("a", false)]
        {
            assert_eq!(is_base32(seed), expected, "{seed}");
        }
    }
}
