//! Owns the questions of `init` to a person at a terminal. Must not write.

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::import::files::AwsSnapshots;
use crate::cli::init::answers::{Answers, IamUser, Portal};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::model::{AccountId, MfaSerial, Region, StartUrl, StartUrlError};
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
        fits: |text| text.trim().is_empty() || start_url(text).is_ok_and(|url| url.as_str().contains('.')),
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
        fits: |text| text.trim().is_empty() || iam_user(text).is_some(),
        complaint: "12 digits, as the console shows them at your name, or an ARN such as arn:aws:iam::111122223333:mfa/alice; Enter \
                    leaves it out",
        ..TYPED
    })?;
    let iam_user = match iam_user(&account) {
        Some(user @ IamUser { mfa_device_name: None, .. }) => Some(IamUser { mfa_device_name: device()?, ..user }),
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
    fits: |text| text.trim().is_empty() || Region::new(text.trim()).is_ok(),
    complaint: "a region looks like eu-west-1",
    ..TYPED
};

/// Without an answer the portal is left out: its address is of no use alone.
const PORTAL_REGION: Question<'static> = Question {
    text: "Region of that portal:",
    help: "the portal shows it at \"Access keys\"; Enter leaves the portal out",
    ..REGION
};

/// Asks once more for a region that is misspelt; one that is newer than awsauth needs a yes.
fn region(question: Question<'_>, app: App<'_>) -> Result<Option<Region>, Failure> {
    loop {
        let Ok(region) = Region::new(&answer(question)?) else { return Ok(None) };
        let Some(near) = explain::near_region(&region) else { return Ok(Some(region)) };
        app.out.warn(&format!("`{}` is not a region that awsauth knows{near}", region.as_str()));
        if prompt::confirm(&format!("Take `{}` all the same?", region.as_str()), false).map_err(given_up)? {
            return Ok(Some(region));
        }
    }
}

fn device() -> Result<Option<String>, Failure> {
    let name = answer(Question {
        text: "Name of your MFA device:",
        help: "Enter if you are not sure: the first login finds it",
        fits: |text| text.trim().is_empty() || device_name(text).is_ok(),
        complaint: "the end of its ARN, behind `mfa/`, without `:`; Enter leaves it to the first login",
        ..TYPED
    })?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// An address as people copy it, also without `https://`.
pub(crate) fn start_url(text: &str) -> Result<StartUrl, StartUrlError> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    StartUrl::new(&whole).map(|(url, _)| url)
}

/// The user of an account, which the console shows as `1111-2222-3333` too, or of the ARN of the user or the MFA device.
fn iam_user(text: &str) -> Option<IamUser> {
    let text = text.trim();
    let arn = MfaSerial::new(&text.replacen(":user/", ":mfa/", 1)).ok().filter(|serial| serial.partition().is_some());
    let digits = text.replace(['-', ' '], "");
    Some(IamUser {
        account: AccountId::new(arn.as_ref().and_then(MfaSerial::account).unwrap_or(&digits)).ok()?,
        partition: arn.as_ref().and_then(MfaSerial::partition),
        mfa_device_name: arn.and_then(|_| text.split_once(":mfa/")).map(|(_, name)| name.to_owned()),
    })
}

/// The name of a virtual device, with its path.
pub(crate) fn device_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    let fits = !name.contains(':') && MfaSerial::new(&format!("arn:aws:iam::111122223333:mfa/{name}")).is_ok();
    if fits { Ok(name.to_owned()) } else { Err("a name has letters, digits and _+=,.@-/") }
}

fn answer(question: Question<'_>) -> Result<String, Failure> {
    Ok(Terminal.ask(question).map_err(given_up)?.expose().trim().to_owned())
}

fn given_up(error: NoAnswer) -> Failure {
    match error {
        NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
        other => Failure::of(Exit::Usage, &other),
    }
}
