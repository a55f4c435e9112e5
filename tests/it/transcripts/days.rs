//! Days on which everything goes well: a person's first, a team's, and the move from a config file of years.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Transcript;
use crate::diff::{commit, git};
use crate::scene::{CREDENTIALS, MANIFEST, Scene};
use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY, USER_ARN};
use crate::support::fake_aws::team::ALICE;
use crate::support::fake_aws::{FakeAws, Fault, IamPolicy, World};
use crate::support::git_server::GitServer;
use crate::support::sandbox::Sandbox;
use crate::team::{clone, cloned, fixture};

#[test]
fn a_first_day() {
    let aws = FakeAws::start_standard();
    let home = Sandbox::with_aws(&aws);
    let mut day = Transcript::new(&home);
    day.says("Nothing is set up yet.");
    day.runs("awsauth");
    day.runs("awsauth status");
    day.runs("awsauth init");
    day.runs("awsauth check");
    day.says("The manifest describes each pattern once.");
    home.manifest(MANIFEST);
    day.runs("awsauth check");
    day.runs("awsauth list");
    day.types("awsauth apply", &[("Write this?", "y")]);
    day.runs("cat ~/.aws/config");
    day.runs("awsauth status");
    day.says("Keys, then logins.");
    day.types("awsauth keys add main", &[("Access key ID", KEY_ID), ("Secret access key", SECRET_KEY)]);
    home.write("base.key", format!("{KEY_ID} {SECRET_KEY}\n"));
    day.runs("awsauth keys add base <base.key");
    day.runs("awsauth keys list");
    let code = aws.world().next_code(MFA_SERIAL);
    day.types("awsauth login main prod", &[("MFA code for", &code)]);
    day.runs("awsauth login read jump --no-browser");
    day.set("CODE", aws.world().next_code(MFA_SERIAL));
    day.runs("awsauth login audit --token-code $CODE");
    day.runs("awsauth login --all");
    day.runs("awsauth status");
    day.runs("awsauth graph");
    day.runs("awsauth env prod --shell bash");
    day.runs("awsauth exec read -- sh -c 'echo $AWS_ACCESS_KEY_ID'");
    day.types("awsauth logout prod", &[("End all of them?", "y")]);
    day.runs("awsauth logout --all");
    day.runs("awsauth apply --undo --yes");
    day.is("first-day");
}

#[test]
fn the_days_of_a_key() {
    let scene = Scene::new();
    fs::set_permissions(scene.home.path(CREDENTIALS), fs::Permissions::from_mode(0o600)).unwrap();
    let mut days = Transcript::new(&scene.home);
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    days.says("The user's policy demands MFA for all that is about keys.");
    days.runs("awsauth keys list main");
    days.runs("awsauth keys rotate main");
    days.set("CODE", scene.code());
    days.runs("awsauth login main --token-code $CODE");
    days.runs("awsauth keys list main");
    days.says("A new key is not known everywhere at once.");
    scene.aws.world().refuse_new_keys(1);
    days.runs("awsauth keys rotate main");
    days.says("Its answer is lost on the way; the next run cleans up.");
    days.set("CODE", scene.code());
    days.runs("awsauth login main --token-code $CODE");
    days.runs("awsauth keys list main");
    scene.aws.world().fail_next("CreateAccessKey", Fault::Truncate);
    days.runs("awsauth keys rotate main --delete");
    days.runs("awsauth keys rotate main --delete");
    days.says("The last day.");
    let code = scene.code();
    days.types("awsauth keys remove main", &[("MFA code for", &code), ("It is the user's only active key.", "y")]);
    days.runs("awsauth keys list main");
    days.is("keys");
}

#[test]
fn a_day_in_a_team() {
    let aws = FakeAws::start(World::team(ALICE.user));
    aws.world().set_interval(0);
    let home = cloned(Some(&aws));
    let mut day = Transcript::new(&home);
    day.says("A clone of the team's repository is in place; the personal value is missing.");
    day.runs("awsauth check --team");
    day.runs("awsauth check");
    day.runs("awsauth vars");
    day.runs(&format!("awsauth vars --set user={}", ALICE.user));
    day.runs("awsauth check");
    day.runs("awsauth apply --yes");
    home.write("main.key", format!("{} {}\n", ALICE.key_id, ALICE.secret_key));
    day.runs("awsauth keys add main <main.key");
    day.says("Work.");
    day.runs("awsauth list 'payments-*'");
    day.runs("awsauth list --why payments-dev.tf");
    day.set("CODE", aws.world().next_code(ALICE.mfa_serial));
    day.runs("awsauth login 'payments-*' --token-code $CODE --no-browser");
    day.runs("awsauth status 'payments-*'");
    day.runs("awsauth login corp");
    day.runs("awsauth exec 'payments-*.tf' -- sh -c 'echo region $AWS_REGION'");
    day.runs("awsauth discover corp --dry-run");
    day.runs("awsauth logout 'payments-*'");
    day.is("team-day");
}

#[test]
fn a_first_manifest_from_a_few_answers() {
    let home = Sandbox::new();
    home.write("dotfiles/.git/HEAD", "ref: refs/heads/main\n");
    let mut day = Transcript::new(&home);
    let answers = [
        ("> ", "https://corp.awsapps.com/start/#/"),
        ("> ", "us-east-1"),
        ("> ", "111122223333"),
        ("> ", "alice"),
        ("> ", "eu-west-1"),
    ];
    day.types("awsauth init --link dotfiles", &answers);
    day.runs("cat dotfiles/profiles.toml");
    day.runs("awsauth check");
    day.runs("awsauth init");
    day.is("first-answers");
}

#[test]
fn a_new_member_from_one_address_to_a_signed_call() {
    let aws = FakeAws::start(World::team(ALICE.user));
    aws.world().set_interval(0);
    let remote = Sandbox::new();
    clone(&fixture(""), &remote.path("aws-profiles"));
    git(&remote, "aws-profiles", &["init", "-q"]);
    commit(&remote, "aws-profiles");
    let server = GitServer::start(&remote.path(""));
    let home = Sandbox::with_aws(&aws);
    let mut day = Transcript::new(&home);
    day.set("URL", server.url("aws-profiles"));
    day.runs("awsauth join $URL");
    let answers = [("Is this your team's repository?", "y"), ("> ", ALICE.user), ("Write this?", "y")];
    day.types("PAGER=cat awsauth join $URL | tail -n 12", &answers);
    day.runs("awsauth login payments-dev.readonly --no-browser");
    day.runs("awsauth exec payments-dev.readonly -- sh -c 'echo ${AWS_ACCESS_KEY_ID%%????????????????}'");
    day.says("After that.");
    day.runs("awsauth update");
    let manifest = remote.read("aws-profiles/profiles.toml");
    let own = "[profiles.\"ci.admin\"]\nregion = \"eu-west-1\"\n[profiles.\"ci.readonly\"]\nregion = \"eu-west-1\"\n";
    remote.write("aws-profiles/profiles.toml", format!("{manifest}\n{own}"));
    let accounts = remote.read("aws-profiles/accounts/northwind.toml");
    let kept: Vec<&str> = accounts.lines().filter(|line| !line.starts_with("northwind-orders-prod")).collect();
    remote.write("aws-profiles/accounts/northwind.toml", kept.join("\n"));
    commit(&remote, "aws-profiles");
    day.runs("awsauth update");
    let identities = home.read(".local/share/awsauth/aws-profiles/identities.toml");
    home.write(".local/share/awsauth/aws-profiles/identities.toml", identities.replace("yearly-audit", "audit"));
    day.runs("awsauth update");
    day.runs("awsauth diff");
    day.runs("awsauth diff --format markdown");
    day.is("new-member");
}

#[test]
fn a_move_from_a_config_file_of_years() {
    let aws = FakeAws::start_standard();
    let home = Sandbox::with_aws(&aws);
    for name in ["config", "credentials"] {
        let years = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/adopt/years");
        home.write(&format!(".aws/{name}"), fs::read(format!("{years}/{name}")).unwrap());
    }
    home.manifest(
        &fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/adopt/years/profiles.toml")).unwrap(),
    );
    let mut day = Transcript::new(&home);
    day.runs("awsauth check");
    day.runs("awsauth apply");
    day.runs("awsauth apply --adopt --dry-run");
    day.types("PAGER=cat awsauth apply --adopt", &[("Write this?", "y")]);
    day.runs("awsauth apply");
    day.runs("awsauth status");
    day.runs("awsauth apply --undo --dry-run");
    day.runs("awsauth apply --undo --yes");
    day.is("years");
}

#[test]
fn signing_in_and_what_each_hour_brings() {
    let scene = Scene::new();
    let mut day = Transcript::new(&scene.home);
    day.says("SSO: each profile of one session needs one approval, and its token is renewed without a person.");
    day.runs("awsauth login read --no-browser");
    scene.expire_token();
    scene.expire("read");
    day.runs("awsauth status read jump");
    day.runs("awsauth login read jump");
    day.runs("awsauth credential-process read");
    day.says("IAM: a session that is over needs a code.");
    scene.logged_in(&["main", "prod"]);
    scene.expire("main");
    scene.expire("prod");
    day.runs("awsauth status");
    day.runs("awsauth status --check main");
    day.runs("awsauth login prod");
    day.runs("awsauth credential-process prod");
    day.runs("awsauth env prod --shell fish");
    day.runs("awsauth exec prod -- true");
    day.is("hours");
}
