//! Owns what a person sees while a login runs: each step in words, and how far it is. Must not decide anything.

use std::cell::OnceCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::ui::out::Out;
use crate::flow::{DeviceAuthorization, seconds_to_next_code};
use crate::model::SsoAccess;
use crate::provider::Notice;
use crate::system::clock;

/// With fewer steps than this, no lines tell how far it is where there is no terminal.
const FEW: usize = 20;

/// The talk of one login.
pub(crate) struct Progress {
    out: Out,
    is_terminal: bool,
    bar: OnceCell<ProgressBar>,
}

impl Progress {
    /// Talk on stderr; a bar there if that `is_terminal`.
    pub(crate) fn new(out: Out, is_terminal: bool) -> Self {
        Self { out, is_terminal, bar: OnceCell::new() }
    }

    /// Tells what happened.
    pub(crate) fn tell(&self, notice: &Notice<'_>) {
        match notice {
            Notice::Progress { done, total } => return self.show(*done, *total),
            Notice::Listed { done, total } => return self.show_accounts(*done, *total),
            _ => {}
        }
        let tell = || tell(notice, self.out);
        match self.bar.get() {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    fn show(&self, done: usize, total: usize) {
        if self.is_terminal && total > 1 {
            self.bar.get_or_init(|| bar(total, "{bar:30} {pos} of {len} sessions")).set_position(done as u64);
        } else if total >= FEW && done * 10 / total > (done - 1) * 10 / total {
            self.out.say(&format!("{done} of {total} sessions"));
        }
    }

    fn show_accounts(&self, done: usize, total: usize) {
        if self.is_terminal && total > 1 {
            let words = "{bar:30} {pos} of {len} accounts, {eta} left";
            self.bar.get_or_init(|| bar(total, words)).set_position(done as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize, words: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(words) {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}

fn tell(notice: &Notice<'_>, out: Out) {
    match notice {
        Notice::Progress { .. } | Notice::Listed { .. } => {}
        Notice::Calling { operation, subject } => out.detail(&format!("{subject}: calling {operation}")),
        Notice::Obtained { profile } => out.detail(&format!("{profile}: new session")),
        Notice::CodeRefused { serial, clock_skew } => out.warn(&format!(
            "this code of {} is wrong, or was used before. Wait for the next code, in {} s",
            serial.as_str(),
            seconds_to_next_code(clock::now(), *clock_skew)
        )),
        Notice::Waiting { subject, holder } => {
            let holder = holder.map(|pid| format!(" (process {pid})")).unwrap_or_default();
            out.say(&format!("{subject}: waiting for another awsauth{holder} that is renewing the same…"));
        }
        Notice::TokenRejected { access } => {
            out.detail(&format!("AWS does not take the kept token for {}", access.token_key()));
        }
        Notice::NoState { cause } => {
            let cure = "set AWSAUTH_STATE_DIR to a directory that only you can write to";
            out.warn(&format!("new credentials are handed out without being kept: {cause}; {cure}"));
        }
        Notice::NotKept { what, cause } => out.warn(&format!("{what} could not be written: {cause}")),
        Notice::OnlyByDevice { access } => {
            out.warn(&format!("a login without an `sso_session` goes with a code only: {}", access.token_key()));
        }
        Notice::NoListener { cause } => {
            out.warn(&format!("no page can come back to this machine ({cause}); a code is used instead"));
        }
        Notice::Page { access, page, opened } => tell_page(access, page, *opened, out),
        Notice::Approval { access, authorization, opened } => tell_approval(access, authorization, *opened, out),
    }
}

/// A page that comes back by itself.
fn tell_page(access: &SsoAccess, page: &str, opened: bool, out: Out) {
    let (opening, otherwise) = if opened {
        ("Your browser opens this page", "If it does not, open the page by hand, on this machine. On another one,")
    } else {
        ("Open this page in a browser on this machine", "It comes back here by itself. If you are at another machine,")
    };
    out.say(&format!("{opening} to approve the login to {}:", access.token_key()));
    out.say("");
    out.say(&format!("    {page}"));
    out.say("");
    out.say(otherwise);
    out.say("press Ctrl-C and run the same command with `--flow device`.");
    out.say("Approve only if you started this login yourself. Waiting for up to 10 minutes…");
}

/// A page that asks for a code.
fn tell_approval(access: &SsoAccess, authorization: &DeviceAuthorization, opened: bool, out: Out) {
    let page = authorization.verification_uri_complete.as_ref().unwrap_or(&authorization.verification_uri);
    let opened = if opened { "Your browser opens" } else { "Open" };
    out.say(&format!("{opened} this page to approve the login to {}:", access.token_key()));
    out.say("");
    out.say(&format!("    {page}"));
    out.say("");
    out.say(&format!("It must show this code: {}", authorization.user_code));
    let minutes = authorization.expires_in.as_secs().div_ceil(60);
    let time = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    out.say(&format!("Approve only if you started this login yourself. Waiting for up to {time}…"));
}
