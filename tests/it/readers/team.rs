//! What real readers make of the files of the two members of `fixtures/team`.

use std::collections::BTreeSet;

use super::client::tool;
use super::{Client, Expected};
use crate::scene::CONFIG;
use crate::support::fake_aws::team::{ALICE, BOB, Member};
use crate::support::fake_aws::{Approval, FakeAws, World};
use crate::support::sandbox::{Run, Sandbox};
use crate::team;

/// One member after a first day.
struct Home {
    fake: FakeAws,
    sandbox: Sandbox,
}

impl Home {
    fn ready(name: &str, member: Member) -> Self {
        let fake = FakeAws::start(World::team(member.user));
        fake.world().approve_devices(Approval::Immediately);
        fake.world().set_interval(0);
        let sandbox = team::machine(name, Some(&fake));
        sandbox.run(["apply", "--yes"]).ok();
        for profile in ["main", "auditor"] {
            let key = format!("{}\n{}\n", member.key_id, member.secret_key);
            sandbox.run_with_input(["keys", "add", profile], &key).ok();
        }
        for profile in ["payments-prod.breakglass", "yearly-audit"] {
            let code = fake.world().next_code(member.mfa_serial);
            sandbox.run(["login", "--token-code", &code, profile]).ok();
        }
        Self { fake, sandbox }
    }

    fn log_in(&self, profiles: &[&str]) {
        self.sandbox.run([&["login", "--no-browser"], profiles].concat()).ok();
    }

    fn ask(&self, client: Client, Expected { profile, arn }: Expected) {
        self.fake.clear();
        let Run { code, stdout, stderr } = client.ask(&self.sandbox, profile);
        assert_eq!(code, Some(0), "{client:?} as {profile}: {stderr}\n{:#?}", self.fake.requests());
        assert!(stdout.starts_with(arn), "{client:?} as {profile}: {stdout}");
        assert_eq!(self.fake.unexpected().len(), 0, "{client:?} as {profile}: {:#?}", self.fake.unexpected());
    }

    /// Whom AWS CLI v2 finds in the files.
    fn listed(&self) -> BTreeSet<String> {
        let mut aws = self.sandbox.program(&tool("AWSAUTH_TEST_AWS_CLI_V2"));
        let listed = Run::from(aws.args(["configure", "list-profiles"]).output().unwrap()).ok();
        listed.stdout.lines().map(str::to_owned).collect()
    }

    /// The names in the config file, and the long-term section of the credentials file.
    fn written(&self) -> BTreeSet<String> {
        let config = self.sandbox.read(CONFIG);
        let names = config.lines().filter_map(|line| line.strip_prefix("[profile ")?.strip_suffix(']'));
        names.chain(["main-long-term"]).map(str::to_owned).collect()
    }
}

#[test]
fn every_reader_signs_as_each_kind_of_profile_that_alice_has() {
    let home = Home::ready("alice", ALICE);
    let profiles = [
        Expected { profile: "payments-dev.admin", arn: "arn:aws:sts::210021395157:assumed-role/AWSReservedSSO_Admin_" },
        Expected { profile: "payments-dev.tf", arn: "arn:aws:sts::210021395157:assumed-role/Terraform/alice" },
        Expected { profile: "payments-prod.breakglass", arn: "arn:aws:sts::210007131719:assumed-role/BreakGlass/" },
        Expected { profile: "FabView@fab-mail-live", arn: "arn:aws:sts::" },
        Expected { profile: "playground", arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ReadOnly_" },
        Expected { profile: "yearly-audit", arn: "arn:aws:sts::777788889999:assumed-role/Audit/" },
        Expected { profile: "main", arn: "arn:aws:iam::111122223333:user/alice" },
    ];
    home.log_in(&["payments-dev.tf", "FabView@fab-mail-live", "playground"]);
    for client in Client::ALL {
        for expected in profiles {
            home.ask(client, expected);
        }
    }
    assert_eq!(home.listed(), home.written());
}

#[test]
fn every_reader_signs_as_what_only_bob_has() {
    let home = Home::ready("bob", BOB);
    let profiles = [
        Expected { profile: "bob-lab.admin", arn: "arn:aws:sts::333344445555:assumed-role/AWSReservedSSO_Admin_" },
        Expected {
            profile: "northwind-orders-dev.partnerdeveloper",
            arn: "arn:aws:sts::210306663917:assumed-role/AWSReservedSSO_PartnerDeveloper_",
        },
        Expected { profile: "main", arn: "arn:aws:iam::111122223333:user/bob.smith" },
    ];
    home.log_in(&["bob-lab.admin", "northwind-orders-dev.partnerdeveloper"]);
    for client in Client::ALL {
        for expected in profiles {
            home.ask(client, expected);
        }
    }
    assert_eq!(home.listed(), home.written());
}
