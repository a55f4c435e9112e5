//! What a person gets wrong: on the command line, in the manifest, in AWS's files.

use super::Transcript;
use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, Scene};
use crate::support::sandbox::Sandbox;

#[test]
fn mistakes_on_the_command_line() {
    let scene = Scene::new();
    let mut day = Transcript::new(&scene.home);
    for words in [
        "awsauth lgoin prod",
        "awsauth login",
        "awsauth login prdo",
        "awsauth login PROD",
        "awsauth login 'x-*'",
        "awsauth login --tag nobody",
        "awsauth login crop",
        "awsauth status corp",
        "awsauth logout corp",
        "awsauth env corp",
        "awsauth exec prod",
        "awsauth exec -- true",
        "awsauth exec base -- no-such-program",
        "awsauth exec base -- 'a | b'",
        "awsauth env prod --shell csh",
        "awsauth use prod",
        "awsauth status --check --min-ttl 5x",
        "awsauth list --why nobody",
        "awsauth keys add read",
        "awsauth keys add nobody",
        "awsauth discover nobody",
        "awsauth vars --set nobody",
        "awsauth apply --adopt --undo",
    ] {
        day.runs(words);
    }
    day.is("command-line");
}

#[test]
fn mistakes_in_the_manifest() {
    let scene = Scene::new();
    let mut day = Transcript::new(&scene.home);
    day.says("One profile is wrong: the others go on.");
    scene.change_manifest("source_profile = \"base\"", "source_profile = \"bse\"");
    for words in ["check", "apply", "list", "status", "login audit", "env base --shell sh", "credential-process audit"]
    {
        day.runs(&format!("awsauth {words}"));
    }
    day.says("Several mistakes are told at once.");
    scene.home.manifest(
        "regoin = \"x\"\n\n[sso_sessions.corp]\nsso_start_url = \"http://corp.awsapps.com/start/\"\nsso_region = \"us-east1\"\n\n\
         [profiles.one]\npattern = \"sso\"\nsso_session = \"crop\"\nsso_account_id = \"12345678901\"\n\n\
         [profiles.two]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:user/${user}\"\nduration_seconds = 1\n",
    );
    day.runs("awsauth check");
    scene.home.manifest("[profiles.one\npattern = \"sso\"\n");
    day.runs("awsauth check");
    day.runs("awsauth status");
    scene.home.manifest("version = 2\n");
    day.runs("awsauth check");
    scene.home.manifest(&format!("{MANIFEST}\n[settings]\nprompt = \"tty\"\n"));
    day.runs("awsauth check");
    day.is("manifest-mistakes");
}

#[test]
fn what_apply_does_not_touch() {
    let home = Sandbox::new();
    home.manifest(MANIFEST);
    let mut day = Transcript::new(&home);
    for (what, config) in [
        ("A section of the same name outside the block.", "[profile prod]\nregion = us-east-1\n"),
        ("A file that AWS CLI can't read.", "[profile a]\nregion = x\n[profile a]\nnonsense\n"),
        ("Two begin markers.", "# >>> awsauth >>>\n# >>> awsauth >>>\n# <<< awsauth <<<\n"),
    ] {
        day.says(what);
        home.write(CONFIG, config);
        day.runs("awsauth apply");
        day.runs("awsauth apply --adopt");
    }
    day.says("A block that was edited by hand.");
    home.write(CONFIG, "");
    day.runs("awsauth apply --yes");
    home.write(CONFIG, home.read(CONFIG).replace("duration_seconds = 14400", "duration_seconds = 3600"));
    day.runs("awsauth apply");
    day.runs("awsauth apply --check --force");
    day.says("A long-term key where a session would go.");
    home.write(CONFIG, "");
    home.write(
        CREDENTIALS,
        "[main]\naws_access_key_id = AKIAALICEEXAMPLEKEY2\naws_secret_access_key = SECRETMARK/alice+long/term/key/EXAMPLE00\n",
    );
    day.runs("awsauth apply");
    day.runs("awsauth apply --adopt");
    day.is("apply-refuses");
}
