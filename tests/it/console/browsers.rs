//! Real browsers: Chromium and Firefox are sent to the sign-in page. The screenshots are kept in `target/pictures`, to be looked
//! at.

use std::path::PathBuf;

use crate::pictures::picture;
use crate::readers::client::tool;
use crate::scene::Scene;

/// Opens consoles with `browser`, a shell script's line, and waits for its end after each. Returns the scene and the pictures.
fn shown(browser: &str, names: &[&str], file: &str, settings: &str) -> (Scene, Vec<PathBuf>) {
    let scene = Scene::with_batch();
    let script = format!("{browser} >\"$HOME/page.html\" 2>\"$HOME/log\"\necho done >\"$HOME/done\"\n");
    let program = scene.home.script("browser", &script);
    let done = scene.home.pipe("done");
    let program = program.to_str().unwrap();
    scene.home.write(".config/awsauth/profiles.local.toml", settings.replace("PROGRAM", program));
    let mut scene = scene.env("BROWSER", program);
    let mut pictures = Vec::new();
    for name in names {
        let to = picture(&format!("console-{file}-{name}.png"));
        drop(std::fs::remove_file(&to));
        scene = scene.env("PICTURE", to.to_str().unwrap());
        let run = scene.run(&["console", name, "--service", "logs"]).ok();
        assert!(run.stderr.contains(&format!("{name}: your browser opens")), "{}", run.stderr);
        assert_eq!(std::fs::read_to_string(&done).unwrap(), "done\n");
        let bytes = std::fs::read(&to).unwrap_or_else(|error| panic!("{error}: {}", scene.home.read("log")));
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 4096, "{} bytes", bytes.len());
        pictures.push(to);
    }
    (scene, pictures)
}

/// How the page was asked for.
#[track_caller]
fn user_agent(scene: &Scene) -> String {
    let requests = scene.aws.requests();
    let page = requests.into_iter().rfind(|request| request.operation == "ConsolePage").unwrap();
    assert_eq!(page.status, 200);
    assert_eq!(
        page.params["Destination"],
        "https://console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1#logsV2:log-groups"
    );
    page.user_agent
}

fn chromium() -> String {
    format!(
        "'{}' --headless --no-sandbox --disable-gpu --no-first-run --no-proxy-server --hide-scrollbars \
         --disable-background-networking --disable-component-update --user-data-dir=\"$HOME/chromium\" \
         --window-size=1000,500 --screenshot=\"$PICTURE\" --dump-dom \"$@\"",
        tool("AWSAUTH_TEST_CHROMIUM").display()
    )
}

#[test]
fn chromium_is_signed_in() {
    let (scene, _) = shown(&chromium(), &["batch"], "chromium", "");
    assert!(user_agent(&scene).contains("Chrom"));
    let page = scene.home.read("page.html");
    assert!(page.contains("<h1>Signed in to the console</h1>") && page.contains("assumed-role/Batch"), "{page}");
}

#[test]
fn chromium_has_a_profile_of_its_own_for_each_console() {
    let settings = "[settings]\nbrowser = { chromium-profile = \"{profile}\", program = [\"PROGRAM\"] }\n";
    let (scene, _) = shown(&chromium(), &["batch", "base"], "chromium-profile", settings);
    assert!(scene.home.has("chromium/batch/Preferences") && scene.home.has("chromium/base/Preferences"));
    assert!(scene.home.read("page.html").contains("federated-user/alice"));
}

#[test]
fn firefox_is_signed_in() {
    let firefox = format!(
        "'{}' --headless --no-remote --profile \"$HOME/firefox\" --window-size 1000,500 --screenshot \"$PICTURE\" \"$@\"",
        tool("AWSAUTH_TEST_FIREFOX").display()
    );
    let browser = format!("mkdir -p \"$HOME/firefox\"; {firefox}");
    let (scene, _) = shown(&browser, &["batch"], "firefox", "");
    assert!(user_agent(&scene).contains("Firefox"), "{}", user_agent(&scene));
}
