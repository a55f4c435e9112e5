//! Owns the person's side of a login: the words for each notice, a progress bar, the browser. Must not decide anything.

use std::cell::OnceCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::environment::secret_variables;
use crate::cli::login::callback_page;
use crate::cli::ui::out::{Out, TalkPlace};
use crate::flow::{DeviceAuthorization, Preference, SignInFlow, seconds_to_next_code};
use crate::model::{LoginSession, SsoAccess};
use crate::provider::{CallbackOutcome, Frontend, Notice};
use crate::system::host::Host;
use crate::system::loopback::Page;
use crate::system::{clock, programs::browser};

/// Without a terminal, only logins of this many steps report progress.
const MANY_STEPS: usize = 20;

pub(crate) struct LoginFrontend<'a> {
    host: &'a Host,
    out: Out,
    may_open: bool,
    bar: OnceCell<ProgressBar>,
}

impl<'a> LoginFrontend<'a> {
    pub(crate) fn new(host: &'a Host, out: Out, preference: Preference) -> Self {
        let may_open = preference.may_open && preference.machine.shows_browser();
        Self { host, out, may_open, bar: OnceCell::new() }
    }

    fn show_progress(&self, done: usize, total: usize, template: &str) {
        if self.has_bar() && total > 1 {
            self.bar.get_or_init(|| bar(total, template)).set_position(done as u64);
        }
    }

    fn has_bar(&self) -> bool {
        self.host.stderr_is_terminal && self.out.place == TalkPlace::Stderr
    }
}

impl Frontend for LoginFrontend<'_> {
    fn notify(&self, notice: &Notice<'_>) {
        match *notice {
            Notice::Listed { done, total } => {
                self.show_progress(done, total, "{bar:30} {pos} of {len} accounts, {eta} left");
            }
            Notice::Progress { done, total } if self.has_bar() => {
                self.show_progress(done, total, "{bar:30} {pos} of {len} sessions");
            }
            Notice::Progress { done, total } => {
                // Each tenth of them.
                if total >= MANY_STEPS && done * 10 / total > (done - 1) * 10 / total {
                    self.out.say(&format!("{done} of {total} sessions"));
                }
            }
            _ => match self.bar.get() {
                Some(bar) => bar.suspend(|| say(notice, self.out)),
                None => say(notice, self.out),
            },
        }
    }

    fn open(&self, url: &str) -> bool {
        if !self.may_open {
            return false;
        }
        let opened = browser::open(url, self.host, &secret_variables(self.host), browser::AT_ONCE);
        if let (Err(error), Some(list)) = (&opened, self.host.var("BROWSER")) {
            let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
            self.out.warn(&format!("BROWSER is `{list}`, which did not start{cause}"));
        }
        opened.is_ok()
    }

    fn callback_page(&self, outcome: &CallbackOutcome<'_>, subject: &str) -> Page {
        callback_page::page(outcome, subject)
    }
}

impl Drop for LoginFrontend<'_> {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}

fn say(notice: &Notice<'_>, out: Out) {
    match notice {
        Notice::Progress { .. } | Notice::Listed { .. } => {}
        Notice::Calling { operation, subject } => out.detail(&format!("{subject}: calling {operation}")),
        Notice::Running { profile, program } => {
            out.say(&format!("{profile}: waiting for `{program}`, which gives its credentials…"));
        }
        Notice::Obtained { profile } => out.detail(&format!("{profile}: new session")),
        Notice::CodeRefused { serial, clock_skew } => out.warn(&format!(
            "this code of {} is wrong, or was used before. Wait for the next code, in {} s",
            serial.as_str(),
            seconds_to_next_code(clock::now(), *clock_skew)
        )),
        Notice::Waiting { subject, holder } => {
            let holder = holder.map(|pid| format!(" (process {pid})")).unwrap_or_default();
            out.say(&format!(
                "{subject}: another awsauth{holder} is renewing this session; if it asks you something, answer it there. Waiting…"
            ));
        }
        Notice::TokenRejected { access } => {
            out.detail(&format!("AWS rejects the kept token for {}", access.token_key()));
        }
        Notice::NoState { cause } => {
            let cure = "set AWSAUTH_STATE_DIR to a directory that only you can write to";
            out.warn(&format!("the new credentials work now but can't be kept: {cause}; {cure}"));
        }
        Notice::NotSaved { what, cause } => out.warn(&format!("{what} could not be written: {cause}")),
        Notice::DeviceFlowOnly { access } => {
            out.warn(&format!(
                "a login without an `sso_session` works only with `--flow device`, which is used now: {}",
                access.token_key()
            ));
        }
        Notice::NoListener { cause } => {
            out.warn(&format!("a browser can't come back to this machine ({cause}); `--flow device` is used instead"));
        }
        Notice::BrowserApproval { access, url, opened } => say_browser_approval(access, url, *opened, out),
        Notice::SignInEnded { profile, call } => {
            out.say(&format!("{profile}: the sign-in can't be renewed, so a new one is needed: {}", call.message));
        }
        Notice::ForeignCode => {
            out.warn("this code belongs to another sign-in page: copy it from the page that awsauth opened last");
        }
        Notice::UnreadableCode => out.warn("this is not the whole code: copy it once more"),
        Notice::SignIn { session, flow, url, opened } => say_sign_in(session, *flow, url, *opened, out),
        Notice::DeviceApproval { access, authorization, opened } => {
            say_device_approval(access, authorization, *opened, out);
        }
    }
}

fn say_browser_approval(access: &SsoAccess, url: &str, opened: bool, out: Out) {
    let (opening, otherwise) = if opened {
        (
            "Your browser opens this page",
            "If it does not, open the page yourself, on this machine. If you are at another machine,",
        )
    } else {
        ("Open this page in a browser on this machine", "It comes back here by itself. If you are at another machine,")
    };
    out.say(&format!("{opening} to approve the login to {}:", access.token_key()));
    out.say("");
    out.say(&format!("    {url}"));
    out.say("");
    out.say(otherwise);
    out.say("press Ctrl-C and run the same command with `--flow device`.");
    out.say("Approve only if you started this login yourself. Waiting for up to 10 minutes…");
}

fn say_sign_in(session: &LoginSession, flow: SignInFlow, url: &str, opened: bool, out: Out) {
    let opening = match (opened, flow) {
        (true, _) => "Your browser opens this page",
        (false, SignInFlow::SameDevice) => "Open this page in a browser on this machine",
        (false, SignInFlow::CrossDevice) => "Open this page in a browser on any machine",
    };
    out.say(&format!("{opening}. Sign in there as {}:", session.as_str()));
    out.say("");
    out.say(&format!("    {url}"));
    out.say("");
    if flow == SignInFlow::SameDevice {
        out.say("The page comes back here by itself. If you are at another machine, press Ctrl-C");
        out.say("and run the same command with `--flow device`.");
    }
    out.say("If the page shows only \"400\", sign in to the console in that browser first, or clear the cookies of its host.");
    out.say(match flow {
        SignInFlow::SameDevice => "Go on only if you started this login yourself. Waiting for up to 10 minutes…",
        SignInFlow::CrossDevice => {
            "Then the page shows a code. Paste it here, only if you started this login yourself."
        }
    });
}

fn say_device_approval(access: &SsoAccess, authorization: &DeviceAuthorization, opened: bool, out: Out) {
    let url = authorization.verification_uri_complete.as_ref().unwrap_or(&authorization.verification_uri);
    let opened = if opened { "Your browser opens" } else { "Open" };
    out.say(&format!("{opened} this page to approve the login to {}:", access.token_key()));
    out.say("");
    out.say(&format!("    {url}"));
    out.say("");
    out.say(&format!("It must show this code: {}", authorization.user_code));
    let minutes = authorization.expires_in.as_secs().div_ceil(60);
    let time = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
    out.say(&format!("Approve only if you started this login yourself. Waiting for up to {time}…"));
}
