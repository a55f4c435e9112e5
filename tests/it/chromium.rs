//! A real browser: Chromium opens the page, is sent back, and shows what came of it, in light and dark. The screenshots are
//! kept in `target/chromium`, to be looked at.

use std::path::{Path, PathBuf};

use crate::readers::client::tool;
use crate::scene::Scene;
use crate::support::fake_aws::Consent;
use crate::support::sandbox::Run;

/// What a browser made of a page.
struct Shown {
    /// The page, as it stands there.
    html: String,
    /// What the browser had to say, messages of its console among it.
    log: String,
    /// The picture.
    picture: PathBuf,
}

/// How the person likes pages.
#[derive(Debug, Clone, Copy)]
enum Look {
    Light,
    Dark,
}

/// Logs in to `read` with Chromium as `BROWSER`.
fn log_in(scene: Scene, look: Look, name: &str) -> (Scene, Run, Shown) {
    let picture = pictures().join(format!("{name}-{look:?}.png").to_lowercase());
    let theme = match look {
        Look::Light => "preferredColorScheme=1",
        Look::Dark => "preferredColorScheme=0",
    };
    let script = format!(
        "'{}' --headless --no-sandbox --disable-gpu --no-first-run --no-proxy-server --hide-scrollbars \
         --disable-background-networking --disable-component-update --user-data-dir=\"$HOME/profile\" \
         --blink-settings={theme} --enable-logging=stderr --window-size=900,640 --screenshot='{}' --dump-dom \"$1\" \
         >\"$HOME/page.html\" 2>\"$HOME/log\"\necho done >\"$HOME/done\"\n",
        tool("AWSAUTH_TEST_CHROMIUM").display(),
        picture.display()
    );
    let browser = scene.home.script("browser", &script);
    let done = scene.home.pipe("done");
    let scene = scene.env("BROWSER", browser.to_str().unwrap());
    let run = scene.run(&["login", "read", "--flow", "pkce"]);
    // Otherwise there is nothing to wait for.
    assert!(run.stderr.contains("Your browser opens this page"), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(done).unwrap(), "done\n");
    let shown = Shown { html: scene.home.read("page.html"), log: scene.home.read("log"), picture };
    (scene, run, shown)
}

/// Where the pictures go.
fn pictures() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/chromium");
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

impl Shown {
    /// The picture, if the browser liked everything: a policy that is not kept is told on its console.
    #[track_caller]
    fn picture(&self) -> Vec<u8> {
        assert!(!self.log.contains("CONSOLE"), "{}", self.log);
        let bytes = std::fs::read(&self.picture).unwrap();
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 4096, "{} bytes", bytes.len());
        bytes
    }
}

#[test]
fn chromium_comes_back_from_the_page_and_shows_that_it_worked() {
    let [light, dark] = [Look::Light, Look::Dark].map(|look| {
        let (scene, run, shown) = log_in(Scene::new(), look, "granted");
        let run = run.ok();
        assert!(run.stderr.contains("read: valid for"), "{}", run.stderr);
        assert!(shown.html.contains("<h1>You are logged in to corp</h1>"), "{}\n{}", shown.html, shown.log);
        assert_eq!(scene.calls(), ["RegisterClient", "AuthorizePage", "CreateToken", "GetRoleCredentials"]);
        shown.picture()
    });
    assert_ne!(light, dark);
}

#[test]
fn chromium_shows_a_no_in_the_words_of_aws_as_text() {
    let [light, dark] = [Look::Light, Look::Dark].map(|look| {
        let scene = Scene::new();
        scene.aws.world().consent(Consent::Deny);
        let (_, run, shown) = log_in(scene, look, "denied");
        assert!(run.exits(5).stderr.contains("<b>denied</b>"));
        assert!(shown.html.contains("<h1>The login was denied</h1>"), "{}\n{}", shown.html, shown.log);
        assert!(shown.html.contains("&lt;b&gt;denied&lt;/b&gt;"), "{}", shown.html);
        shown.picture()
    });
    assert_ne!(light, dark);
}
