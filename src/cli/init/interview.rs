//! Owns the questions of `init` to a person at a terminal. Must not write.

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::init::answers::{Answers, IamUser, Portal};
use crate::cli::mfa::device::device_name;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::model::{AccountId, MfaSerial, Region, StartUrl, StartUrlError};
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
        help: "12 digits, or the ARN of your MFA device",
        fits: |text| text.is_empty() || iam_user(text).is_some(),
        complaint: "an account has 12 digits, a device's ARN looks like arn:aws:iam::111122223333:mfa/alice; Enter leaves it out",
        ..TYPED
    })?;
    let iam_user = match iam_user(&account) {
        Some(IamUser { account, mfa_device: None }) => Some(IamUser { account, mfa_device: device()? }),
        found => found,
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

fn device() -> Result<Option<String>, Failure> {
    let name = answer(Question {
        text: "Name of your MFA device:",
        help: "often your user name; Enter: the first login finds it",
        fits: |text| text.is_empty() || device_name(text).is_ok(),
        complaint: "letters, digits and _+=,.@-; Enter leaves it to the first login",
        ..TYPED
    })?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// An address as people copy it, also without `https://`.
pub(crate) fn start_url(text: &str) -> Result<StartUrl, StartUrlError> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    StartUrl::new(&whole).map(|(url, _)| url)
}

/// The user of an account, which the console shows as `1111-2222-3333` too, or of an MFA device's ARN.
fn iam_user(text: &str) -> Option<IamUser> {
    let serial = MfaSerial::new(text).ok();
    let (account, mfa_device) = match serial.as_ref().and_then(MfaSerial::account) {
        Some(account) => (account, text.split_once(":mfa/").map(|(_, name)| name.to_owned())),
        None => (&*text.replace(['-', ' '], ""), None),
    };
    Some(IamUser { account: AccountId::new(account).ok()?, mfa_device })
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
