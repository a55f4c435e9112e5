//! Owns what the browser shows when it comes back from AWS's page: the words, to be rendered.

use crate::flow::{CallError, Problem};
use crate::model::SsoAccess;
use crate::provider::Landing;
use crate::render::{self, PageStatus, PageText};
use crate::system::loopback::Page;

/// The answer to a browser that came back for `access`.
pub(crate) fn page(landing: &Landing<'_>, access: &SsoAccess) -> Page {
    let name = access.token_key();
    match landing {
        Landing::Granted => answer(
            200,
            &PageText {
                status: PageStatus::Done,
                title: &format!("You are logged in to {name}"),
                quote: None,
                paragraphs: &["You can close this page: awsauth goes on in the terminal."],
            },
        ),
        Landing::Refused(call) => refused(call, name),
        Landing::Foreign => answer(
            400,
            &PageText {
                status: PageStatus::Waiting,
                title: "This page belongs to another login",
                quote: None,
                paragraphs: &[
                    "It may be left over from an earlier one, or somebody else may have led you here. Nothing was done.",
                    &format!(
                        "awsauth still waits for {name}: go on with the page that it opened last, or with the address that \
                         it shows in the terminal."
                    ),
                ],
            },
        ),
        Landing::Unreadable => answer(
            400,
            &PageText {
                status: PageStatus::Waiting,
                title: "This is no answer to the login",
                quote: None,
                paragraphs: &[&format!(
                    "What came back says neither yes nor no, or can't be told from what somebody else made up. awsauth still \
                     waits for {name}: open the address in the terminal again, or press Ctrl-C there if you have \
                     denied the login, or to use `--flow device`."
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
        problem if problem.is_passing() => (502, "AWS could not finish the login", "Nothing was changed. Start"),
        _ => (400, "The login came to nothing", "Nothing was changed. Start"),
    };
    let (words, next) = (call.to_string(), format!("{next} the login to {name} again in the terminal."));
    answer(status, &PageText { status: PageStatus::Failed, title, quote: Some(&words), paragraphs: &[&next] })
}

fn answer(status: u16, text: &PageText<'_>) -> Page {
    Page { status, html: render::page(text), policy: render::page_policy() }
}
