//! A home directory in which a person has done what the documentation says: apply, add a key, log in. Knows no reader.

use crate::scene::expire;
use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY};
use crate::support::fake_aws::{Approval, FakeAws};
use crate::support::sandbox::Sandbox;

/// All four patterns, with each of their variants.
pub(crate) const MANIFEST: &str = include_str!("home.toml");

/// How profiles get their credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// By what AWS's own settings say.
    Native,
    /// By `credential_process`, all of them.
    Process,
}

/// A home and the AWS that it talks to.
pub(crate) struct Home {
    /// The AWS.
    pub(crate) fake: FakeAws,
    /// The home.
    pub(crate) sandbox: Sandbox,
}

impl Home {
    /// Runs `apply`, `keys add` and `login` for all profiles.
    pub(crate) fn ready(variant: Variant) -> Self {
        let fake = FakeAws::start_standard();
        fake.world().approve_devices(Approval::Immediately);
        fake.world().set_interval(0);
        let sandbox = Sandbox::with_aws(&fake);
        sandbox.manifest(&match variant {
            Variant::Native => MANIFEST.to_owned(),
            Variant::Process => MANIFEST.replace("[defaults]", "[defaults]\ncredential_process = true"),
        });
        sandbox.run(["apply", "--yes"]).ok();
        add_key(&sandbox, "main");
        add_key(&sandbox, "base");
        for names in [&["main", "prod"][..], &["audit"]] {
            let code = fake.world().next_code(MFA_SERIAL);
            sandbox.run([&["login", "--token-code", &code], names].concat()).ok();
        }
        sandbox.run(["login", "--no-browser", "read", "legacy", "jump"]).ok();
        Self { fake, sandbox }
    }

    /// Lets the kept session of a profile be over.
    pub(super) fn expire(&self, profile: &str) {
        expire(&self.sandbox, profile);
    }

    /// The key that signed the last `GetCallerIdentity`, which must have been accepted.
    #[track_caller]
    pub(super) fn signer(&self) -> String {
        assert_eq!(self.fake.unexpected().len(), 0, "{:#?}", self.fake.unexpected());
        let last = self.fake.requests().into_iter().rfind(|request| request.operation == "GetCallerIdentity").unwrap();
        assert_eq!(last.status, 200);
        last.access_key_id.expect("GetCallerIdentity must be signed")
    }
}

/// Puts Alice's long-term key in place for a profile. Not verified: moto knows no account but its own.
pub(super) fn add_key(sandbox: &Sandbox, profile: &str) {
    sandbox.run_with_input(["keys", "add", "--no-verify", profile], &format!("{KEY_ID}\n{SECRET_KEY}\n")).ok();
}
