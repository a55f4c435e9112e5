//! Owns the questions of `init` to a person at a terminal. Must not write.

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::init::answers::{Answers, IamUser, Portal};
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::model::{AccountId, Region, StartUrl, StartUrlError};
use crate::prompt::{self, Echo, NoAnswer, Prompt as _, Question, Terminal};

/// Asks for everything that a first manifest can have. `unmanaged` is the number of profiles that could be taken over.
pub(crate) fn ask(unmanaged: usize, app: App<'_>) -> Result<Answers, Failure> {
    app.out.say("A few questions first. Enter leaves one out; Ctrl-C ends this, and nothing is written.");
    if unmanaged > 0 {
        let config = Paths::shown(&app.paths.config()?);
        let them = if unmanaged == 1 { "it" } else { "them" };
        let question = format!("{config} has {}. Take {them} over?", count(unmanaged, "profile"));
        if prompt::confirm(&question, true).map_err(given_up)? {
            return Ok(Answers { imports: true, ..Answers::default() });
        }
    }
    let portal = answer(Question {
        text: "Address of your AWS access portal, if you have one:",
        help: "such as https://corp.awsapps.com/start",
        // A host without a dot is a word such as `no`.
        fits: |text| text.is_empty() || start_url(text).is_ok_and(|url| url.as_str().contains('.')),
        complaint: "an address looks like https://corp.awsapps.com/start; Enter leaves it out",
        ..TYPED
    })?;
    let portal = match start_url(&portal) {
        Ok(start_url) => portal_region()?.map(|region| Portal { start_url, region }),
        Err(_) => None,
    };
    let account = answer(Question {
        text: "Account of your IAM user with MFA, if you have one:",
        help: "12 digits",
        fits: |text| text.is_empty() || account_id(text).is_some(),
        complaint: "an account has 12 digits; Enter leaves it out",
        ..TYPED
    })?;
    let iam_user = match account_id(&account) {
        Some(account) => Some(IamUser { account, name: user_name()? }),
        None => None,
    };
    let region = answer(Question {
        text: "Region that most of your profiles work in:",
        help: "such as eu-west-1; without one, aws wants --region",
        fits: |text| text.is_empty() || Region::new(text).is_ok(),
        complaint: REGION,
        ..TYPED
    })?;
    Ok(Answers { imports: false, portal, iam_user, region: Region::new(&region).ok() })
}

const REGION: &str = "a region looks like eu-west-1";

/// The rest of each question.
const TYPED: Question<'static> =
    Question { text: "", help: "", fits: |_| true, complaint: "", echo: Echo::Shown, facts: &[] };

/// None leaves the portal out: its address is of no use without its region.
fn portal_region() -> Result<Option<Region>, Failure> {
    let region = answer(Question {
        text: "Region of that portal:",
        help: "the portal shows it at \"Access keys\"; Enter leaves the portal out",
        fits: |text| text.is_empty() || Region::new(text).is_ok(),
        complaint: REGION,
        ..TYPED
    })?;
    Ok(Region::new(&region).ok())
}

fn user_name() -> Result<Option<String>, Failure> {
    let name = answer(Question {
        text: "Your name as an IAM user:",
        help: "goes into your own profiles.local.toml",
        fits: |text| text.is_empty() || is_user_name(text),
        complaint: "letters, digits and _+=,.@-",
        ..TYPED
    })?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// An address as people copy it, also without `https://`.
pub(crate) fn start_url(text: &str) -> Result<StartUrl, StartUrlError> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    StartUrl::new(&whole).map(|(url, _)| url)
}

/// An account as the console shows it too, `1111-2222-3333`.
fn account_id(text: &str) -> Option<AccountId> {
    AccountId::new(&text.replace(['-', ' '], "")).ok()
}

/// True for a name that IAM takes for a user.
pub(crate) fn is_user_name(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_sign)
}

fn answer(question: Question<'_>) -> Result<String, Failure> {
    Ok(Terminal.ask(question).map_err(given_up)?.expose().to_owned())
}

fn given_up(error: NoAnswer) -> Failure {
    match error {
        NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
        other => Failure::of(Exit::Usage, &other),
    }
}
