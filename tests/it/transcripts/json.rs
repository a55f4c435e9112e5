//! The one document of each command under `--json`.

use super::Transcript;
use crate::scene::Scene;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

#[test]
fn each_command_prints_one_document() {
    let scene = Scene::new();
    let mut day = Transcript::new(&scene.home);
    day.set("CODE", scene.code());
    scene.home.write("base.key", format!("{KEY_ID} {SECRET_KEY}\n"));
    for words in [
        "check",
        "apply --dry-run",
        "apply",
        "list",
        "list --why jump",
        "vars",
        "graph",
        "keys add base --force <base.key",
        "keys list base",
        "login prod read --no-browser --token-code $CODE",
        "login nobody",
        "login audit",
        "status",
        "env prod --shell sh",
        "exec prod -- sh -c 'echo hello; exit 3'",
        "exec '?r*d' -- echo hello",
        "discover corp --dry-run",
        "mfa list main",
        "mfa remove main --yes",
        "logout prod",
        "logout --all",
        "apply --undo --dry-run",
        "apply --undo --yes",
        "keys rotate base",
        "keys remove base --yes",
    ] {
        day.runs(&format!("awsauth --json {words}"));
    }
    day.says("Mistakes are documents as well.");
    scene.change_manifest("source_profile = \"base\"", "source_profile = \"bse\"");
    for words in ["check --json", "list --json", "login --json audit", "status --json"] {
        day.runs(&format!("awsauth {words}"));
    }
    day.is("json");
}
