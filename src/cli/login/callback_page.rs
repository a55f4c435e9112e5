//! Owns the words of the page that the browser shows after its callback.

use crate::flow::{CallError, Problem};
use crate::provider::CallbackOutcome;
use crate::render::{self, PageStatus, PageText};
use crate::system::loopback::Page;

pub(crate) fn page(outcome: &CallbackOutcome<'_>, name: &str) -> Page {
    match outcome {
        CallbackOutcome::Granted => answer(
            200,
            &PageText {
                status: PageStatus::Done,
                title: &format!("You are logged in to {name}"),
                quote: None,
                paragraphs: &["You can close this page: awsauth goes on in the terminal."],
            },
        ),
        CallbackOutcome::Refused(call) => refused(call, name),
        CallbackOutcome::IdentityMismatch { expected, actual } => answer(
            400,
            &PageText {
                status: PageStatus::Failed,
                title: "You signed in as somebody else",
                quote: Some(actual),
                paragraphs: &[&format!(
                    "The profile is for {}. Nothing was kept. Sign out of the console in this browser, and start the login \
                     again in the terminal.",
                    expected.as_str()
                )],
            },
        ),
        CallbackOutcome::Foreign => answer(
            400,
            &PageText {
                status: PageStatus::Waiting,
                title: "This page belongs to another login",
                quote: None,
                paragraphs: &[
                    "It may be left over from an earlier login, or somebody else may have led you here. Nothing was done.",
                    &format!(
                        "awsauth still waits for {name}: go on with the page that it opened last, or with the address that \
                         it shows in the terminal."
                    ),
                ],
            },
        ),
        CallbackOutcome::Unreadable => answer(
            400,
            &PageText {
                status: PageStatus::Waiting,
                title: "This is no response to the login",
                quote: None,
                paragraphs: &[&format!(
                    "The response has neither a code nor an error that can be trusted. awsauth still waits for {name}: \
                     open the address in the terminal again, or press Ctrl-C there if you have denied the login."
                )],
            },
        ),
    }
}

fn refused(call: &CallError, name: &str) -> Page {
    let (status, title, next) = match call.problem {
        Problem::NotAllowed => {
            (400, "The login was denied", "Nothing was changed. If that was not what you wanted, start")
        }
        problem if problem.is_transient() => (502, "AWS could not finish the login", "Nothing was changed. Start"),
        _ => (400, "Login failed", "Nothing was changed. Start"),
    };
    let (words, next) = (call.to_string(), format!("{next} the login to {name} again in the terminal."));
    answer(status, &PageText { status: PageStatus::Failed, title, quote: Some(&words), paragraphs: &[&next] })
}

fn answer(status: u16, text: &PageText<'_>) -> Page {
    Page { status, html: render::page(text), policy: render::page_policy() }
}
