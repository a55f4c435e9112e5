//! AWS Toolkit for VS Code. VS Code is not here: the JavaScript SDK, which the Toolkit is made of, goes its ways.

use super::{Machine, code};
use crate::readers::client::{script, tool};
use crate::support::sandbox::Run;

#[test]
fn the_toolkit_gets_every_profile_after_apply_and_login_and_asks_for_a_code_where_the_page_says_so() {
    let machine = Machine::new(&[]);
    let [lines] = code("VS Code", "sh");
    machine.run(&lines).ok();
    let ask = || {
        let mut node = machine.home.sandbox.program(&tool("AWSAUTH_TEST_NODE"));
        Run::from(node.arg(script("toolkit.mjs")).arg(tool("AWSAUTH_TEST_NODE_DIR")).output().unwrap()).ok().json()
    };
    let found = ask();
    let is = |name: &str| found[name].as_str().unwrap_or_default();
    let expected = crate::readers::IDENTITIES.iter().map(|profile| (profile.profile, profile.arn));
    for (name, arn) in expected.chain([("main-long-term", super::MAIN)]) {
        assert!(is(name).starts_with(arn), "{name}: {found}");
    }
    assert_eq!(is("audit"), "asks for a code");
    let manifest = crate::readers::home::MANIFEST;
    machine.home.sandbox.manifest(&manifest.replace("external_id", "credential_process = true\nexternal_id"));
    machine.run("awsauth apply --yes").ok();
    assert!(ask()["audit"].as_str().unwrap().starts_with(crate::readers::AUDIT.arn));
}
