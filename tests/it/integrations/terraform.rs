//! Terraform with its AWS provider, which is Go's SDK.

use std::io::Write as _;
use std::process::Stdio;

use super::{MAIN, Machine, PROD, code};
use crate::readers::client::tool;
use crate::readers::home::Home;
use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY};
use crate::support::proxy::{Manner, Proxy};
use crate::support::sandbox::Run;
use crate::support::tls::{Authority, TlsFront, Validity};

/// Asks AWS who one is.
const WHO: &str = r#"
data "aws_caller_identity" "me" {}
output "me" { value = data.aws_caller_identity.me.arn }
"#;

/// A machine with a directory of Terraform's, from which AWS is reached by its own names. Go's SDK takes a role without asking
/// `AWS_ENDPOINT_URL`.
struct Directory {
    machine: Machine,
    proxy: Proxy,
    _front: TlsFront,
}

impl Directory {
    fn new(configuration: &str) -> Self {
        let machine = Machine::new(&[("terraform", "AWSAUTH_TEST_TERRAFORM")]);
        let authority = Authority::new("AWS");
        let identity = authority.identity("*.us-east-1.amazonaws.com", Validity::Good);
        let front = TlsFront::start(identity, &machine.home.fake.url());
        machine.home.sandbox.write("ca.pem", authority.pem());
        machine.home.sandbox.write("main.tf", configuration);
        let directory = Self { machine, proxy: Proxy::start(Manner::LeadTo(front.address())), _front: front };
        let plugins = tool("AWSAUTH_TEST_TERRAFORM_PLUGINS");
        directory.run(&format!("terraform init -plugin-dir='{}'", plugins.display()), &[]).ok();
        directory
    }

    /// Runs lines, with a person who says yes.
    fn run(&self, lines: &str, variables: &[(&str, &str)]) -> Run {
        let mut command = self.machine.shell(lines);
        command.env_remove("AWS_ENDPOINT_URL").env("HTTPS_PROXY", format!("http://{}", self.proxy.address()));
        command.env("AWS_CA_BUNDLE", self.machine.home.sandbox.path("ca.pem"));
        command.env("TF_CLI_ARGS", "-no-color").env("CHECKPOINT_DISABLE", "1").envs(variables.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdin.take().unwrap().write_all(b"yes\n"));
        child.wait_with_output().unwrap().into()
    }
}

#[test]
fn terraform_is_prod_by_name_and_by_the_endpoint_and_another_profile_where_a_provider_says_so() {
    let [lines] = code("Terraform", "sh");
    let [provider] = code("Terraform", "hcl");
    let other = "data \"aws_caller_identity\" \"other\" { provider = aws.main }\n\
                 output \"other\" { value = data.aws_caller_identity.other.arn }\n";
    let directory = Directory::new(&format!("{WHO}{provider}{other}"));
    let [plan, apply] = lines.lines().collect::<Vec<_>>().try_into().unwrap();
    let run = directory.run(plan, &[]).ok();
    assert!(run.stdout.contains(&format!("+ me    = \"{PROD}")), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("+ other = \"{MAIN}\"")), "{}", run.stdout);
    // The provider itself takes the role.
    assert!(directory.machine.home.fake.count("AssumeRole") > 0);
    directory.machine.home.fake.clear();
    let run = directory.run(apply, &[]).ok();
    assert!(run.stdout.contains("Apply complete!") && run.stdout.contains(&format!("me = \"{PROD}")), "{}", run.stdout);
    assert!(run.stdout.ends_with(&format!("other = \"{MAIN}\"\n")), "{}", run.stdout);
    assert_eq!(directory.machine.home.fake.count("AssumeRole"), 0);
}

#[test]
fn keys_in_the_environment_win_and_a_role_with_a_code_of_its_own_needs_the_endpoint() {
    let [lines] = code("Terraform", "sh");
    let directory = Directory::new(WHO);
    let [plan, apply] = lines.lines().collect::<Vec<_>>().try_into().unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    let run = directory.run(plan, &keys).ok();
    assert!(run.stdout.contains(&format!("me = \"{MAIN}\"")), "{}", run.stdout);
    let run = directory.run(&plan.replace("prod", "audit"), &[]).exits(1);
    assert!(run.stderr.contains("MFA"), "{}", run.stderr);
    let run = directory.run(&apply.replace("prod", "audit"), &[]).ok();
    assert!(run.stdout.contains("me = \"arn:aws:sts::777788889999:assumed-role/Audit/"), "{}", run.stdout);
}

/// Asks twice, and lets something happen between.
const LONG_RUN: &str = r#"
data "aws_caller_identity" "me" {}
resource "terraform_data" "hours" {
  provisioner "local-exec" { command = "./hours" }
  depends_on = [data.aws_caller_identity.me]
}
data "aws_caller_identity" "later" { depends_on = [terraform_data.hours] }
output "me" { value = data.aws_caller_identity.later.arn }
"#;

#[test]
fn a_run_goes_on_with_a_new_login_and_without_one_ends_with_the_command_to_run() {
    let [lines] = code("Terraform", "sh");
    let directory = Directory::new(LONG_RUN);
    let Home { fake, sandbox } = &directory.machine.home;
    // So little that Go's SDK asks before every call.
    fake.world().set_session_lifetime(Some(200));
    let logout = "awsauth logout --all --yes";
    sandbox.run(logout.split(' ').skip(1)).ok();
    sandbox.run(["login", "--token-code", &fake.world().next_code(MFA_SERIAL), "prod"]).ok();
    let code = fake.world().next_code(MFA_SERIAL);
    sandbox.script("hours", &format!("{logout} && awsauth login prod --token-code {code}\n"));
    fake.clear();
    let apply = lines.lines().last().unwrap();
    let run = directory.run(apply, &[]).ok();
    assert!(run.stdout.contains(&format!("me = \"{PROD}")), "{}", run.stdout);
    let keys: Vec<_> = fake.requests().into_iter().map(|request| request.access_key_id).collect();
    assert_ne!(keys.first(), keys.last());
    sandbox.script("hours", &format!("{logout}\n"));
    let run = directory.run(&format!("rm terraform.tfstate; {apply}"), &[]).exits(1);
    let words = run.stderr.replace('\n', " ");
    assert!(words.contains("LoginRequired: prod: not logged in; run awsauth login prod"), "{words}");
}
