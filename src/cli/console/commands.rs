//! Owns the commands that open a page in the browser that `[settings]` names.

use crate::flow::query;
use crate::model::{CommandLine, ConsoleBrowser, Profile};

/// Chromium and its kin, in the order in which they are looked for.
const CHROMIUMS: [&str; 6] =
    ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge", "brave-browser"];

/// The commands to try, each with its program first. Placeholders are filled in names, and in the arguments of a
/// [`ConsoleBrowser::Program`].
pub(crate) fn commands(browser: &ConsoleBrowser, profile: &Profile, url: &str) -> Vec<Vec<String>> {
    match browser {
        ConsoleBrowser::Program(program) => {
            let has_place = program.args().iter().any(|arg| arg.contains("{url}"));
            let args = program.args().iter().map(|arg| filled(arg, profile).replace("{url}", url));
            let words = std::iter::once(program.program().to_owned()).chain(args);
            vec![words.chain((!has_place).then(|| url.to_owned())).collect()]
        }
        ConsoleBrowser::FirefoxContainer { name, program } => {
            let program = program.as_ref().map_or_else(|| vec!["firefox".to_owned()], words);
            let tab = ["--new-tab".to_owned(), container_link(&filled(name, profile), profile, url)];
            vec![program.into_iter().chain(tab).collect()]
        }
        ConsoleBrowser::ChromiumProfile { name, program } => {
            let programs = match program {
                Some(program) => vec![words(program)],
                None => CHROMIUMS.map(|name| vec![name.to_owned()]).to_vec(),
            };
            let directory = format!("--profile-directory={}", filled(name, profile));
            let args = [&directory, "--no-first-run", "--no-default-browser-check", url].map(str::to_owned);
            programs.into_iter().map(|program| program.into_iter().chain(args.clone()).collect()).collect()
        }
    }
}

/// The link that the extension "Open external links in a container" opens (aws-facts §8.5). Only here, where the person has named
/// that browser, something else than a web address is opened.
fn container_link(name: &str, profile: &Profile, url: &str) -> String {
    let looks = profile.container_looks();
    let parameters = [("name", name), ("url", url), ("color", looks.color), ("icon", looks.icon)];
    format!("ext+container:{}", query(&parameters))
}

/// Nothing is filled in here: the manifest's check refuses placeholders in these words.
fn words(program: &CommandLine) -> Vec<String> {
    std::iter::once(program.program()).chain(program.args().iter().map(String::as_str)).map(str::to_owned).collect()
}

/// A value may become a part of a path, and the team's manifest chooses it: `../x` and `..` must lead to no other directory. No name
/// has a `~`.
fn filled(text: &str, profile: &Profile) -> String {
    let name = profile.name.as_str();
    let name = if [".", ".."].contains(&name) { name.replace('.', "~") } else { name.replace('/', "~") };
    text.replace("{profile}", &name).replace("{account}", profile.account().unwrap_or(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConfigText, Kind, Setting, SettingValue};

    const URL: &str = "http://127.0.0.1:5000/console?a&b";

    fn program(words: &[&str]) -> CommandLine {
        CommandLine::new(words.iter().map(|word| (*word).to_owned()).collect()).unwrap()
    }

    fn profile(settings: &[(&str, &str)]) -> Profile {
        let setting = |(key, value): &(&str, &str)| Setting {
            key: (*key).to_owned(),
            value: SettingValue::Text(ConfigText::new(value).unwrap()),
        };
        Profile { settings: settings.iter().map(setting).collect(), ..Profile::bare("corp/prod", Kind::Iam) }
    }

    #[test]
    fn a_program_gets_the_page_where_it_wants_it() {
        let words = |args: &[&str]| commands(&ConsoleBrowser::Program(program(args)), &profile(&[]), URL);
        assert_eq!(words(&["firefox", "-P", "{profile}"]), [["firefox", "-P", "corp~prod", URL]]);
        assert_eq!(words(&["x-{profile}", "{url}"]), [["x-{profile}", URL]]);
        assert_eq!(words(&["open", "--url={url}", "x"]), [["open", &format!("--url={URL}"), "x"]]);
    }

    #[test]
    fn no_name_of_a_profile_leads_to_another_directory() {
        for (name, part) in
            [(".", "~"), ("..", "~~"), ("../../tmp/x", "..~..~tmp~x"), ("a/b", "a~b"), ("a-b", "a-b"), ("a..b", "a..b")]
        {
            let profile = Profile::bare(name, Kind::Iam);
            assert_eq!(filled("d/{profile}+{account}", &profile), format!("d/{part}+{part}"));
        }
    }

    #[test]
    fn a_container_has_the_looks_of_its_profile() {
        let browser = ConsoleBrowser::FirefoxContainer { name: "a & {profile}".to_owned(), program: None };
        let link = |profile: &Profile| commands(&browser, profile, URL)[0].clone();
        let plain = link(&profile(&[]));
        assert_eq!(plain[..2], ["firefox", "--new-tab"]);
        let start = "ext+container:name=a%20%26%20corp~prod&url=http%3A%2F%2F127.0.0.1%3A5000%2Fconsole%3Fa%26b&color=";
        assert!(plain[2].starts_with(start), "{plain:?}");
        let set = link(&profile(&[("color", "ff0000"), ("granted_color", "red"), ("granted_icon", "tree")]));
        assert!(set[2].ends_with("&color=red&icon=tree"), "{set:?}");
    }

    #[test]
    fn each_chromium_is_tried_with_a_directory_of_the_profiles_name() {
        let name = "{account}-{profile}".to_owned();
        let all = commands(&ConsoleBrowser::ChromiumProfile { name: name.clone(), program: None }, &profile(&[]), URL);
        assert_eq!(all.len(), CHROMIUMS.len());
        let chrome = if cfg!(windows) { r"C:\chrome.exe" } else { "/opt/chrome" };
        let given = Some(program(&[chrome]));
        let one = commands(&ConsoleBrowser::ChromiumProfile { name, program: given }, &profile(&[]), URL);
        let directory = "--profile-directory=corp~prod-corp~prod";
        assert_eq!(one, [[chrome, directory, "--no-first-run", "--no-default-browser-check", URL]]);
    }
}
