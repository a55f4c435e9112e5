//! `awsauth mfa`: devices of IAM users, at a terminal and with an authenticator app.

mod choice;
mod devices;
mod enroll;
mod policy;
pub(crate) mod terminal;

use crate::scene::{MANIFEST, Scene};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, SECRET_KEY, USER};
use crate::support::fake_aws::{User, World};

/// A person's own file.
pub(crate) const OWN: &str = ".config/awsauth/profiles.local.toml";
/// Alice's first device.
pub(crate) const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";

/// The manifest with the device of `main` as written here, and what each person supplies.
pub(crate) fn manifest(serial: &str, required: &str) -> String {
    let manifest = MANIFEST.replacen("arn:aws:iam::111122223333:mfa/alice", serial, 1);
    format!("[required_vars]\n{required} = \"it is yours\"\n\n{manifest}")
}

/// A world in which Alice has no device.
pub(crate) fn world() -> World {
    let world = World::standard();
    world.add_user(User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY));
    world
}

/// Alice's first day: a key, no device, and nothing of hers in the manifest.
pub(crate) fn first_day() -> Scene {
    let scene = Scene::in_world(world());
    scene.home.manifest(&manifest("${device}", "device"));
    scene
}
