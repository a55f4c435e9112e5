//! The browser: what it is started with, and where it is sent.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use super::Link;
use crate::browser::get;
use crate::scene::Scene;
use crate::support::fake_aws::SECRET_MARK;
use crate::support::sandbox::Run;

/// Runs awsauth with a browser that tells its arguments to the test, which goes to the page and hands out what came back.
fn opened(args: &[&str]) -> (Scene, String, Run) {
    opened_with(args, "")
}

/// The same with these personal settings, in which PROGRAM is the browser.
fn opened_with(args: &[&str], settings: &str) -> (Scene, String, Run) {
    let scene = Scene::with_batch();
    let browser = scene.home.script("browser", "printf '%s' \"$*\" > \"$HOME/opened\"\n");
    let pipe = scene.home.pipe("opened");
    let browser = browser.to_str().unwrap();
    scene.home.write(".config/awsauth/profiles.local.toml", settings.replace("PROGRAM", browser));
    let scene = if settings.is_empty() { scene.env("BROWSER", browser) } else { scene };
    let mut command = scene.home.command(args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let ended = pipe.clone();
    let run = std::thread::spawn(move || {
        let run: Run = child.wait_with_output().unwrap().into();
        // Without a browser, nobody else ends the wait for it.
        drop(std::fs::File::options().read(true).write(true).open(ended).unwrap());
        run
    });
    let address = std::fs::read_to_string(pipe).unwrap();
    let location = address.starts_with("http://127.0.0.1:").then(|| {
        let strange = get(address.split('?').next().unwrap());
        assert_eq!(strange.status, 404, "{strange:?}");
        assert!(!strange.head.contains("location"), "{strange:?}");
        let answer = get(&address);
        assert_eq!(answer.status, 303, "{answer:?}");
        assert!(
            answer.head.contains("Cache-Control: no-store") && answer.head.contains("Referrer-Policy: no-referrer")
        );
        answer.head.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap().to_owned()
    });
    (scene, location.unwrap_or(address), run.join().unwrap())
}

#[test]
fn the_browser_is_sent_to_the_console_once_and_its_command_line_holds_no_secret() {
    let (scene, location, run) = opened(&["console", "batch", "-v"]);
    let run = run.ok();
    assert!(!run.stderr.contains(SECRET_MARK) && run.stdout.is_empty(), "{}", run.stderr);
    assert!(run.stderr.contains("batch: your browser opens https://console.aws.amazon.com/"), "{}", run.stderr);
    assert_eq!(Link::parse(&location).names(), ["Action", "Issuer", "Destination", "SigninToken"]);
    assert_eq!(get(&location).status, 200);
    assert_eq!(scene.calls(), ["AssumeRole", "GetSigninToken", "ConsolePage"]);
}

#[test]
fn the_portals_link_is_opened_as_it_is() {
    let (_, address, run) = opened(&["console", "read", "--service", "ec2"]);
    assert!(address.starts_with("https://corp.awsapps.com/start/#/console?account_id=123456789012&"), "{address}");
    assert!(run.ok().stderr.contains("read: your browser opens https://console.aws.amazon.com/ec2/"));
}

#[test]
fn json_tells_that_it_was_opened_and_not_where() {
    let (_, _, run) = opened(&["console", "batch", "--json"]);
    let run = run.ok();
    assert_eq!((&run.json()["opened"], run.json().get("url")), (&true.into(), None));
    assert!(!run.stdout.contains(SECRET_MARK));
}

#[test]
fn a_browser_that_can_not_be_started_is_told() {
    let scene = Scene::with_batch().env("BROWSER", "no-such-browser");
    for name in ["read", "batch"] {
        let run = scene.run(&["console", name]).exits(6);
        assert!(
            run.stderr.contains("no browser could be started") && run.stderr.contains("`--print`"),
            "{}",
            run.stderr
        );
    }
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "the exit code of macOS's `open` tells nothing")]
fn a_browser_that_fails_while_it_is_waited_for_ends_the_wait() {
    let scene = Scene::with_batch();
    let browser = scene.home.script("late", "read line <\"$HOME/go\"\nexit 3\n");
    // For writing and reading, as opening it waits for nobody then.
    let go = std::fs::File::options().read(true).write(true).open(scene.home.pipe("go")).unwrap();
    let scene = scene.env("BROWSER", browser.to_str().unwrap());
    let mut child = scene.home.command(["console", "batch"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line.starts_with("waiting for `")));
    (&go).write_all(b"go\n").unwrap();
    let rest: Vec<String> = stderr.collect();
    let rest = rest.join("\n");
    assert!(rest.contains("late` has failed, and no browser came") && rest.contains("BROWSER names another"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(6));
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "the exit code of macOS's `open` tells nothing")]
fn requests_of_others_do_not_hide_that_the_browser_has_failed() {
    let scene = Scene::with_batch();
    let browser = scene.home.script("late", "printf '%s' \"$*\" > \"$HOME/opened\"\nread line <\"$HOME/go\"\nexit 3\n");
    // For writing and reading, as opening it waits for nobody then.
    let go = std::fs::File::options().read(true).write(true).open(scene.home.pipe("go")).unwrap();
    let pipe = scene.home.pipe("opened");
    let scene = scene.env("BROWSER", browser.to_str().unwrap());
    let child = scene.home.command(["console", "batch"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let address = std::fs::read_to_string(pipe).unwrap();
    let (host, _) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    // An answer means that the browser counts as started.
    assert_eq!(get(&format!("http://{host}/console?wrong")).status, 404);
    let request = format!("GET /console?wrong HTTP/1.1\r\nHost: {host}\r\n\r\n");
    (&go).write_all(b"go\n").unwrap();
    // More often than awsauth looks whether the browser runs. Nobody listens any more when it has given up.
    while let Ok(mut stream) = std::net::TcpStream::connect(host) {
        drop(stream.write_all(request.as_bytes()));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let run = Run::from(child.wait_with_output().unwrap()).exits(6);
    assert!(run.stderr.contains("late` has failed, and no browser came"), "{}", run.stderr);
}

#[test]
#[cfg_attr(target_os = "macos", ignore = "the exit code of macOS's `open` tells nothing")]
fn a_browser_that_fails_soon_after_its_start_is_told_of_where_nobody_comes_back() {
    let scene = Scene::with_batch();
    // Later than most failures, which are seen within a quarter of a second.
    let browser = scene.home.script("late", "sleep 0.5\nexit 3\n");
    let run = scene.env("BROWSER", browser.to_str().unwrap()).run(&["console", "read"]).exits(6);
    assert!(
        run.stderr.contains("late`: it ended with exit code 3") && run.stderr.contains("BROWSER names another"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_persons_own_settings_name_the_browser() {
    let settings = "[settings]\nbrowser = [\"PROGRAM\", \"-P\", \"{profile}\", \"--app={url}\"]\n";
    let (_, words, run) = opened_with(&["console", "read"], settings);
    run.ok();
    assert!(words.starts_with("-P read --app=https://corp.awsapps.com/start/#/console?account_id="), "{words}");
}

#[test]
fn a_tag_has_a_browser_of_its_own() {
    let settings = "[settings]\nbrowser = [\"no-such-browser\"]\n\
                    browser_by_tag = { money = { firefox-container = \"{account}\", program = [\"PROGRAM\"] } }\n\
                    [profiles.read]\ntags = [\"other\", \"money\"]\n";
    let (_, words, run) = opened_with(&["console", "read"], settings);
    run.ok();
    let link = words.strip_prefix("--new-tab ext+container:").expect(&words);
    let link = Link::parse(&format!("?{link}"));
    assert_eq!(link.names(), ["name", "url", "color", "icon"]);
    assert_eq!(link.get("name"), "123456789012");
    assert!(link.get("url").starts_with("https://corp.awsapps.com/start/#/console?account_id="));
}

#[test]
fn a_browser_of_the_settings_that_every_user_can_write_to_is_not_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::with_batch();
    let browser = scene.home.script("browser", "touch \"$HOME/opened\"\n");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o777)).unwrap();
    let settings = format!("[settings]\nbrowser = [\"{}\"]\n", browser.display());
    scene.home.write(".config/awsauth/profiles.local.toml", settings);
    let run = scene.run(&["console", "read"]).exits(6);
    assert!(run.stderr.contains("is not run: every user of this machine can write to ~/browser"), "{}", run.stderr);
    assert!(!scene.home.path("opened").exists());
}

#[test]
fn a_refused_browser_is_told_even_if_others_are_missing() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::with_batch();
    let browser = scene.home.script("google-chrome", "touch \"$HOME/opened\"\n");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o777)).unwrap();
    let settings = "[settings]\nbrowser = { chromium-profile = \"x\" }\n";
    scene.home.write(".config/awsauth/profiles.local.toml", settings);
    let scene = scene.env("PATH", browser.parent().unwrap().to_str().unwrap());
    let run = scene.run(&["console", "read"]).exits(6);
    assert!(run.stderr.contains("`google-chrome` is not run: every user of this machine can write"), "{}", run.stderr);
    assert!(!scene.home.path("opened").exists());
}

#[test]
fn a_browser_of_the_settings_that_can_not_be_started_is_told() {
    let scene = Scene::with_batch();
    scene.home.write(".config/awsauth/profiles.local.toml", "[settings]\nbrowser = [\"no-such-browser\"]\n");
    let run = scene.run(&["console", "read"]).exits(6);
    assert!(run.stderr.contains("`browser` of [settings] names another browser"), "{}", run.stderr);
}
