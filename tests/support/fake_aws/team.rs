//! The AWS of the team whose repository is `fixtures/team`: three portals, and two members with keys and MFA devices.

use super::people::{Role, SsoInstance, User, sso_role_arn};
use super::standard::{ACCOUNT, AUDIT_ROLE, EXTERNAL_ID};
use super::world::World;

/// A member of the team.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// The IAM user's name.
    pub(crate) user: &'static str,
    /// The long-term key.
    pub(crate) key_id: &'static str,
    /// Its secret, which carries [`super::SECRET_MARK`].
    pub(crate) secret_key: &'static str,
    /// The virtual MFA device.
    pub(crate) mfa_serial: &'static str,
}

/// Works on payments.
pub(crate) const ALICE: Member = Member {
    user: "alice",
    key_id: "AKIAALICEEXAMPLEKEY2",
    secret_key: "SECRETMARK/alice+long/term/key/EXAMPLE00",
    mfa_serial: "arn:aws:iam::111122223333:mfa/alice",
};
/// Works with Northwind.
pub(crate) const BOB: Member = Member {
    user: "bob.smith",
    key_id: "AKIABOBEXAMPLE4KEY27",
    secret_key: "SECRETMARK/bobs+long/term/key/EXAMPLE000",
    mfa_serial: "arn:aws:iam::111122223333:mfa/bob.smith",
};

/// The portals, each with the team's list of what it shows.
const PORTALS: [(&str, &str); 3] = [
    ("https://corp.awsapps.com/start", include_str!("../../../fixtures/team/accounts/corp.toml")),
    ("https://northwind.awsapps.com/start", include_str!("../../../fixtures/team/accounts/northwind.toml")),
    ("https://fabrikam.awsapps.com/start", include_str!("../../../fixtures/team/accounts/fabrikam.toml")),
];
/// Accounts of one person's own behind the first portal.
const PERSONAL: [(&str, &str, &str); 2] =
    [("123456789012", "playground", "ReadOnly"), ("333344445555", "bob-lab", "Admin")];

impl World {
    /// What `fixtures/team` describes; `person` is the name in the role sessions of SSO.
    ///
    /// # Panics
    /// When one of its lists of accounts can't be read.
    pub(crate) fn team(person: &str) -> Self {
        let world = Self::new();
        for Member { user, key_id, secret_key, mfa_serial } in [ALICE, BOB] {
            world.add_user(User::new(ACCOUNT, user).with_key(key_id, secret_key).with_mfa(mfa_serial));
        }
        let audit = Role::new(AUDIT_ROLE).trusting(ACCOUNT).needing_mfa();
        world.add_role(audit.with_external_id(EXTERNAL_ID).with_max_session(14_400));
        for (start_url, list) in PORTALS {
            world.add_sso(SsoInstance::new(start_url, person));
            let list: toml_edit::DocumentMut = list.parse().expect("the list must be TOML");
            for (name, account) in list["accounts"].as_table().into_iter().flatten() {
                let id = account["id"].as_str().expect("an account must have a number");
                world
                    .add_role(Role::new(&format!("arn:aws:iam::{id}:role/BreakGlass")).trusting(ACCOUNT).needing_mfa());
                let terraform = Role::new(&format!("arn:aws:iam::{id}:role/automation/Terraform"));
                world.add_role(terraform.trusting(&sso_role_arn(id, "Admin")));
                let roles = account["roles"].as_array().into_iter().flatten();
                for role in roles.filter_map(toml_edit::Value::as_str) {
                    world.assign(start_url, id, name, role);
                }
            }
        }
        for (id, name, role) in PERSONAL {
            world.assign(PORTALS[0].0, id, name, role);
        }
        world
    }
}
