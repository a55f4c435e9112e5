//! Console sign-ins: a day that goes well, and what is said when it does not.

use super::Transcript;
use crate::login::sign_in::{self, MANIFEST};
use crate::scene::Scene;

/// Opens the page, and goes where it sends the browser.
const BROWSER: &str = r#"exec bash -c '
get() {
  rest=${1#http://} host=${1#http://} host=${host%%/*}
  exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
  printf "GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" "${rest#*/}" "$host" >&3
  cat <&3
}
get "$(get "$1" | sed -n "s/^location: //p" | tr -d "\r")" >/dev/null' bash "$1"
"#;

#[test]
fn a_day_without_an_access_key() {
    let scene = Scene::new();
    scene.home.manifest(MANIFEST);
    let browser = scene.home.script("browser", BROWSER);
    let scene = scene.env("BROWSER", browser.to_str().unwrap());
    let mut day = Transcript::new(&scene.home);
    day.says("A sign-in to the console needs no access key.");
    day.runs("awsauth apply --yes");
    day.runs("cat ~/.aws/config");
    day.runs("awsauth status");
    day.runs("awsauth exec batch -- true");
    day.runs("awsauth login batch --flow pkce");
    day.runs("awsauth status");
    day.runs("awsauth graph");
    day.says("Somebody else is signed in to the console.");
    scene.aws.world().sign_in_as("arn:aws:sts::111122223333:assumed-role/Admin/bob@example.com");
    day.runs("awsauth login me --force --flow pkce");
    day.says("The password was changed.");
    sign_in::expire(&scene);
    scene.aws.world().refuse_refresh(Some("USER_CREDENTIALS_CHANGED The user's credentials were changed"));
    scene.aws.world().sign_in_as("arn:aws:iam::111122223333:user/alice");
    day.runs("awsauth login me --flow pkce");
    day.says("The policy lacks a permission.");
    scene.aws.world().refuse_refresh(Some("INSUFFICIENT_PERMISSIONS You are not authorized to perform this action"));
    sign_in::expire(&scene);
    day.runs("awsauth login me");
    day.says("There is no terminal to paste a code at.");
    day.runs("awsauth login me --force --no-browser </dev/null");
    day.says("The end of the day.");
    day.runs("awsauth logout batch --yes");
    day.is("console");
}
