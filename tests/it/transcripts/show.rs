//! `show` of each pattern, of a section that the manifest does not have, and of one that `apply` has not written yet.

use super::Transcript;
use crate::scene::{CONFIG, MANIFEST, Scene};
use crate::support::fake_aws::Approval;
use crate::support::fake_aws::standard::MFA_SERIAL;

const MORE: &str = r#"
[profiles.batch]
pattern = "role"
source_profile = "base"
role_arn = "arn:aws:iam::444455556666:role/Batch"

[profiles.vendor]
pattern = "external"

[profiles.console]
pattern = "login"
login_session = "arn:aws:iam::111122223333:user/alice"

[profiles.asked]
pattern = "iam-mfa-role"
source_profile = "base"
mfa_serial = "arn:aws:iam::111122223333:mfa/alice"
role_arn = "arn:aws:iam::777788889999:role/Audit"
external_id = "partner-42"
credential_process = true
"#;

/// What a person has beside awsauth's block.
const OWN: &str = "[profile vendor]\ncredential_process = /opt/vendor/creds --realm main --password hunter2\n
[profile deploy]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = vendor\n
[profile two]\ncredential_process = /opt/vendor/creds\naws_access_key_id = AKIAOLDEXAMPLEKEY123\naws_secret_access_key = x\n
[profile \"in quotes\"]\nregion = eu-west-1\n\n";

#[test]
fn a_profile_is_shown() {
    let scene = Scene::new();
    scene.home.manifest(&format!("{MANIFEST}{MORE}"));
    scene.home.write(CONFIG, OWN);
    scene.aws.world().approve_devices(Approval::Immediately);
    scene.aws.world().set_interval(0);
    let mut day = Transcript::new(&scene.home);
    day.says("Before `apply`.");
    day.runs("awsauth show prod");
    scene.home.run(["apply", "--yes"]).ok();
    day.says("Before a login.");
    for name in ["base", "main", "audit", "jump", "console", "asked"] {
        day.runs(&format!("awsauth show {name}"));
    }
    for names in [&["main", "prod"][..], &["audit"], &["asked"]] {
        let code = scene.aws.world().next_code(MFA_SERIAL);
        scene.home.run([&["login", "--token-code", &code], names].concat()).ok();
    }
    scene.home.run(["login", "--no-browser", "jump"]).ok();
    day.says("After it.");
    for name in ["main", "prod", "audit", "read", "jump", "batch", "asked"] {
        day.runs(&format!("awsauth show {name}"));
    }
    day.says("Sections of the person's own.");
    for name in ["vendor", "deploy", "two", "'in quotes'"] {
        day.runs(&format!("awsauth show {name}"));
    }
    day.says("A variable counts before the files, and a wrong name has none.");
    day.runs("AWS_ACCESS_KEY_ID=AKIAOTHEREXAMPLEKEY awsauth show batch | head -3");
    day.runs("awsauth show prdo");
    day.runs("awsauth show vendro");
    day.runs("awsauth show audit --json");
    day.says("Without a manifest, AWS's files are enough.");
    day.runs(
        "mv ~/.config/awsauth ~/away; awsauth show deploy | head -4; awsauth show deplo; mv ~/away ~/.config/awsauth",
    );
    day.says("A profile with errors, and one that is left from an older manifest.");
    scene.home.manifest(
        &format!("{MANIFEST}{MORE}")
            .replace("iam-mfa-role\"\nsource_profile = \"base\"", "iam-mfa-role\"\nsource_profile = \"bse\""),
    );
    day.runs("awsauth show audit | head -3");
    scene.home.manifest(MANIFEST);
    day.runs("awsauth show batch | head -1");
    day.says("A manifest that is no TOML is none of the business of a section outside it.");
    scene.home.manifest("[profiles.");
    day.runs("awsauth show two | head -1");
    day.is("show");
}
