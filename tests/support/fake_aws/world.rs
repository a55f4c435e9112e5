//! The handle through which tests shape the world, before and while the server runs. Rules live with the services.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::fault::{Fault, Quota};
use super::mfa::Device;
use super::people::{Assignment, IamPolicy, Role, SsoInstance, User};
use super::sso::{Approval, Consent, Decision};
use super::state::State;

/// Everything that the fake AWS knows; clones share it.
#[derive(Clone)]
pub(crate) struct World {
    /// The state and the signal that it has changed.
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl World {
    /// A world with nobody in it.
    pub(crate) fn new() -> Self {
        Self { shared: Arc::new((Mutex::new(State::new()), Condvar::new())) }
    }

    /// The state, locked.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes everyone who waits for a change.
    pub(super) fn notify(&self) {
        self.shared.1.notify_all();
    }

    /// Waits until `done` holds; `false` when `limit` passes first.
    pub(super) fn wait_until(&self, limit: Duration, mut done: impl FnMut(&State) -> bool) -> bool {
        let waited = self.shared.1.wait_timeout_while(self.lock(), limit, |state| !done(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Adds a user, or replaces the one with the same ARN; MFA devices start afresh.
    pub(crate) fn add_user(&self, user: User) {
        let mut state = self.lock();
        state.devices.retain(|_, device| device.owner.as_ref() != Some(&user.arn));
        for serial in &user.devices {
            state.devices.insert(serial.clone(), Device::new(serial, &user.arn));
        }
        state.users.retain(|known| known.arn != user.arn);
        state.users.push(user);
    }

    /// Adds a role, or replaces the one with the same ARN.
    pub(crate) fn add_role(&self, role: Role) {
        let mut state = self.lock();
        state.roles.retain(|known| known.arn != role.arn);
        state.roles.push(role);
    }

    /// Adds an SSO instance, or replaces the one with the same start URL.
    pub(crate) fn add_sso(&self, instance: SsoInstance) {
        let mut state = self.lock();
        state.sso.instances.retain(|known| known.start_url != instance.start_url);
        state.sso.instances.push(Arc::new(instance));
    }

    /// Activates or deactivates a long-term key.
    pub(crate) fn set_key_active(&self, key_id: &str, active: bool) {
        let mut state = self.lock();
        for key in state.users.iter_mut().flat_map(|user| &mut user.keys).filter(|key| key.id == key_id) {
            key.active = active;
        }
    }

    /// What a user may do in IAM from now on.
    pub(crate) fn set_iam_policy(&self, user_arn: &str, policy: IamPolicy) {
        for user in self.lock().users.iter_mut().filter(|user| user.arn == user_arn) {
            user.policy = policy;
        }
    }

    /// Lets the first calls that a key signs be refused, for keys that are made from now on.
    pub(crate) fn refuse_new_keys(&self, calls: u32) {
        self.lock().refusals_of_new_keys = calls;
    }

    /// The ids of a user's keys, and whether they are active.
    pub(crate) fn keys(&self, user_arn: &str) -> Vec<(String, bool)> {
        let state = self.lock();
        let keys = state.users.iter().filter(|user| user.arn == user_arn).flat_map(|user| &user.keys);
        keys.map(|key| (key.id.clone(), key.active)).collect()
    }

    /// The serials of a user's devices; of devices that are nobody's for none.
    pub(crate) fn devices(&self, user_arn: Option<&str>) -> Vec<String> {
        let state = self.lock();
        let owned = state.devices.iter().filter(|(_, device)| device.owner.as_deref() == user_arn);
        owned.map(|(serial, _)| serial.clone()).collect()
    }

    /// An administrator takes a device from its user, and deletes it.
    pub(crate) fn remove_device(&self, serial: &str) {
        self.lock().devices.remove(serial);
    }

    /// Denies a principal (user ARN or role ARN) a role, whatever the trust policy says.
    pub(crate) fn deny(&self, principal: &str, role_arn: &str) {
        self.lock().denied.insert((principal.to_owned(), role_arn.to_owned()));
    }

    /// Assigns a role of an account to the person of an SSO instance.
    pub(crate) fn assign(&self, start_url: &str, account: &str, account_name: &str, role: &str) {
        let mut state = self.lock();
        for instance in state.sso.instances.iter_mut().filter(|instance| instance.start_url == start_url) {
            Arc::make_mut(instance).assignments.push(Assignment {
                account: account.to_owned(),
                account_name: account_name.to_owned(),
                role: role.to_owned(),
            });
        }
    }

    /// Takes an assignment away; access tokens stay valid.
    pub(crate) fn unassign(&self, account: &str, role: &str) {
        for instance in &mut self.lock().sso.instances {
            Arc::make_mut(instance).assignments.retain(|known| known.account != account || known.role != role);
        }
    }

    /// Lets an account be listed that is gone when its roles are asked for.
    pub(crate) fn close_account(&self, account: &str) {
        self.lock().sso.closed.insert(account.to_owned());
    }

    /// The next valid code of a virtual MFA device: each call is one 30 s step later. Codes of the step before and
    /// the step after are valid too, each of them once.
    ///
    /// # Panics
    /// When nobody owns the device.
    pub(crate) fn next_code(&self, serial: &str) -> String {
        let mut state = self.lock();
        let now = state.now();
        state.devices.get_mut(serial).expect("the world must have this MFA device").next_code(now)
    }

    /// Puts the server's clock ahead (or, negative, behind) of the machine's.
    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.lock().clock_offset = seconds;
    }

    /// Lifetime of every AWS session handed out from now on, in place of the requested one. Zero and less: already
    /// expired.
    pub(crate) fn set_session_lifetime(&self, seconds: Option<i64>) {
        self.lock().session_lifetime = seconds;
    }

    /// How the person meets device authorizations that start from now on. At first [`Approval::Immediately`].
    pub(crate) fn approve_devices(&self, approval: Approval) {
        self.lock().sso.approval = approval;
    }

    /// How the person meets pages for authorization codes that are opened from now on. At first [`Consent::Immediately`].
    pub(crate) fn consent(&self, consent: Consent) {
        self.lock().sso.consent = consent;
    }

    /// Lifetime of authorization codes in seconds (at first 300).
    pub(crate) fn set_code_lifetime(&self, seconds: i64) {
        self.lock().sso.code_lifetime = seconds;
    }

    /// Who signs in to the console from now on; at first Alice.
    pub(crate) fn sign_in_as(&self, arn: &str) {
        arn.clone_into(&mut self.lock().signin.person);
    }

    /// Lifetime of a console sign-in's credentials in seconds (at first 900, the most).
    pub(crate) fn set_sign_in_lifetime(&self, seconds: i64) {
        self.lock().signin.lifetime = seconds;
    }

    /// Refuses to refresh console sign-ins, with the service's word and a message.
    pub(crate) fn refuse_refresh(&self, message: Option<&'static str>) {
        self.lock().signin.refusal = message;
    }

    /// Ends every console sign-in on the server.
    pub(crate) fn end_sign_ins(&self) {
        self.lock().signin.end_all();
    }

    /// The person approves a user code; `false` when no such code waits.
    pub(crate) fn approve(&self, user_code: &str) -> bool {
        self.lock().sso.decide(user_code, Decision::Approved)
    }

    /// The person denies a user code; `false` when no such code waits.
    pub(crate) fn refuse(&self, user_code: &str) -> bool {
        self.lock().sso.decide(user_code, Decision::Denied)
    }

    /// User codes that wait for the person, oldest first.
    pub(crate) fn user_codes(&self) -> Vec<String> {
        self.lock().sso.waiting()
    }

    /// The polling interval in seconds (at first 1). 0: no limit on polling.
    pub(crate) fn set_interval(&self, seconds: i64) {
        self.lock().sso.interval = seconds;
    }

    /// Lifetime of device and user codes in seconds (at first 600).
    pub(crate) fn set_device_lifetime(&self, seconds: i64) {
        self.lock().sso.device_lifetime = seconds;
    }

    /// Lifetime of SSO access tokens in seconds (at first 3600). Zero and less: already expired.
    pub(crate) fn set_token_lifetime(&self, seconds: i64) {
        self.lock().sso.token_lifetime = seconds;
    }

    /// Lifetime of client registrations in seconds (at first 90 days).
    pub(crate) fn set_registration_lifetime(&self, seconds: i64) {
        self.lock().sso.registration_lifetime = seconds;
    }

    /// Forgets every registered client.
    pub(crate) fn forget_clients(&self) {
        self.lock().sso.clients.clear();
    }

    /// Ends every SSO login on the server: all access and refresh tokens are dead.
    pub(crate) fn end_sso_logins(&self) {
        self.lock().sso.end_all();
    }

    /// Lets the next request of an operation meet a fault; several queue up.
    pub(crate) fn fail_next(&self, operation: &str, fault: Fault) {
        self.lock().faults.push(operation, fault);
    }

    /// Lets a request of an operation meet a fault after `count` others that meet none.
    pub(crate) fn fail_after(&self, operation: &str, count: usize, fault: Fault) {
        let mut state = self.lock();
        (0..count).for_each(|_| state.faults.pass(operation));
        state.faults.push(operation, fault);
    }

    /// Answers the next `count` portal requests with 429.
    pub(crate) fn throttle_next(&self, count: u32) {
        self.lock().faults.throttled = count;
    }

    /// Lets the portal take so many requests a second, and no more at once.
    pub(crate) fn set_portal_quota(&self, rate: u32) {
        self.lock().faults.quota = Some(Quota::new(rate));
    }

    /// Added before every answer.
    pub(crate) fn set_latency(&self, latency: Duration) {
        self.lock().faults.latency = latency;
    }

    /// Lets every request go on that hangs now ([`Fault::Hang`]).
    pub(crate) fn release(&self) {
        self.lock().releases += 1;
        self.notify();
    }
}
