//! The world that most tests and the tour use: one user, three roles, one SSO instance.

use super::people::{Role, SsoInstance, User, sso_role_arn};
use super::world::World;

/// Alice's account.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The user's name.
pub(crate) const USER: &str = "alice";
/// The user's ARN.
pub(crate) const USER_ARN: &str = "arn:aws:iam::111122223333:user/alice";
/// Alice's long-term key.
pub(crate) const KEY_ID: &str = "AKIAALICEEXAMPLEKEY2";
/// Its secret, which carries [`super::SECRET_MARK`].
pub(crate) const SECRET_KEY: &str = "SECRETMARK/alice+long/term/key/EXAMPLE00";
/// Alice's virtual MFA device.
pub(crate) const MFA_SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";
/// Trusts Alice's account with MFA, one hour at most.
pub(crate) const ADMIN_ROLE: &str = "arn:aws:iam::444455556666:role/Admin";
/// Trusts Alice with MFA and [`EXTERNAL_ID`], four hours at most.
pub(crate) const AUDIT_ROLE: &str = "arn:aws:iam::777788889999:role/Audit";
/// What [`AUDIT_ROLE`] demands.
pub(crate) const EXTERNAL_ID: &str = "partner-42";
/// Trusts the role behind the SSO assignment.
pub(crate) const DEPLOY_ROLE: &str = "arn:aws:iam::999900001111:role/Deploy";
/// Trusts Alice's account, without MFA.
pub(crate) const BATCH_ROLE: &str = "arn:aws:iam::444455556666:role/Batch";
/// The SSO instance.
pub(crate) const START_URL: &str = "https://corp.awsapps.com/start";
/// The SSO instance's region.
pub(crate) const SSO_REGION: &str = "us-east-1";
/// The assigned account.
pub(crate) const SSO_ACCOUNT: &str = "123456789012";
/// The assigned role.
pub(crate) const SSO_ROLE: &str = "ReadOnly";

impl World {
    /// The world of this module's constants.
    pub(crate) fn standard() -> Self {
        let world = Self::new();
        world.add_user(User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_mfa(MFA_SERIAL));
        world.add_role(Role::new(ADMIN_ROLE).trusting(ACCOUNT).needing_mfa());
        world.add_role(
            Role::new(AUDIT_ROLE)
                .trusting(USER_ARN)
                .needing_mfa()
                .with_external_id(EXTERNAL_ID)
                .with_max_session(14_400),
        );
        world.add_role(Role::new(BATCH_ROLE).trusting(ACCOUNT));
        world.add_role(Role::new(DEPLOY_ROLE).trusting(&sso_role_arn(SSO_ACCOUNT, SSO_ROLE)));
        world.add_sso(SsoInstance::new(START_URL, USER).assigning(SSO_ACCOUNT, "sandbox", SSO_ROLE));
        world
    }
}
