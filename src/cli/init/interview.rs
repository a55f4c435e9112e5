//! Owns the questions of `init` to a person at a terminal. Must not write.

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::import::files::AwsSnapshots;
use crate::cli::init::answers::{Answers, IamUser, Portal};
use crate::cli::mfa::device::device_name;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::model::{AccountId, MfaSerial, MfaSerialError, Region, StartUrl, StartUrlError};
use crate::prompt::{self, Echo, NoAnswer, Prompt as _, Question, Terminal};

/// Asks for everything that a first manifest can have.
pub(crate) fn ask(app: App<'_>) -> Result<Answers, Failure> {
    app.out.say("A few questions first. Enter leaves one out; Ctrl-C ends this, and nothing is written.");
    let aws_files = AwsSnapshots::read(app)?;
    let importable = aws_files.importable();
    if importable > 0 {
        let them = if importable == 1 { "it" } else { "them" };
        let question = format!("{}. Take {them} over?", aws_files.have(&count(importable, "profile")));
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
        Ok(start_url) => region(PORTAL_REGION, app)?.map(|region| Portal { start_url, region }),
        Err(_) => None,
    };
    let account = answer(Question {
        text: "Account of your IAM user with MFA, if you have one:",
        help: "12 digits, or the ARN of your MFA device",
        fits: |text| text.is_empty() || iam_user(text).is_some(),
        complaint: "an account has 12 digits: the console shows it at your name, `aws sts get-caller-identity` too; Enter leaves \
                    it out",
        ..TYPED
    })?;
    let iam_user = match iam_user(&account) {
        Some(IamUser { account, mfa_device_name: None }) => Some(IamUser { account, mfa_device_name: device()? }),
        found => found,
    };
    Ok(Answers { imports: false, portal, iam_user, region: region(REGION, app)? })
}

/// The rest of each question.
const TYPED: Question<'static> =
    Question { text: "", help: "", fits: |_| true, complaint: "", echo: Echo::Shown, facts: &[] };

const REGION: Question<'static> = Question {
    text: "Region that most of your profiles work in:",
    help: "such as eu-west-1; without one, aws wants --region",
    fits: |text| text.is_empty() || Region::new(text).is_ok(),
    complaint: "a region looks like eu-west-1",
    ..TYPED
};

/// Without an answer the portal is left out: its address is of no use alone.
const PORTAL_REGION: Question<'static> = Question {
    text: "Region of that portal:",
    help: "the portal shows it at \"Access keys\"; Enter leaves the portal out",
    ..REGION
};

/// Asks once more for a region that is misspelt, or newer than awsauth.
fn region(question: Question<'_>, app: App<'_>) -> Result<Option<Region>, Failure> {
    loop {
        let Ok(region) = Region::new(&answer(question)?) else { return Ok(None) };
        if explain::warn_of_region(&region, app.out) || prompt::confirm("Is it right?", false).map_err(given_up)? {
            return Ok(Some(region));
        }
    }
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

/// The user of an account, which the console shows as `1111-2222-3333` too, or of the ARN of the user or the MFA device.
fn iam_user(text: &str) -> Option<IamUser> {
    let (account, mfa_device_name) = match (MfaSerial::new(text), text.split(':').nth(4)) {
        (Ok(_), Some(account)) => (account.to_owned(), text.split_once(":mfa/").map(|(_, name)| name.to_owned())),
        (Err(MfaSerialError::User), Some(account)) => (account.to_owned(), None),
        _ => (text.replace(['-', ' '], ""), None),
    };
    Some(IamUser { account: AccountId::new(&account).ok()?, mfa_device_name })
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
