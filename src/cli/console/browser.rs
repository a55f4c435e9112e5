//! Owns opening a link into the console in the person's browser.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::cli::app::App;
use crate::cli::console::commands::commands;
use crate::cli::console::link::SignInMethod;
use crate::cli::environment::{machine, secret_variables};
use crate::cli::exit::Exit;
use crate::cli::login::runtime::run;
use crate::cli::ui::failure::Failure;
use crate::model::{ConsoleBrowser, ConsoleBrowsers, Profile};
use crate::render::{self, PageStatus, PageText};
use crate::secret::Secret;
use crate::system::loopback::{self, Page};
use crate::system::programs::browser::{self, Opened};
use crate::system::random;

/// The path that sends the browser on.
const PATH: &str = "/console";
/// How long a browser may take to start.
const BROWSER_TIMEOUT: Duration = Duration::from_mins(1);
/// After this time, a line says what awsauth waits for.
const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// Time between two checks that the browser's program still runs.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Opens links for one profile.
pub(crate) struct Opener<'a> {
    app: App<'a>,
    method: SignInMethod,
    profile: &'a Profile,
    /// That of `[settings]`.
    browser: Option<&'a ConsoleBrowser>,
}

impl<'a> Opener<'a> {
    /// Refuses a machine whose browser the person does not see, unless they have named one.
    pub(crate) fn new(
        profile: &'a Profile,
        method: SignInMethod,
        browsers: &'a ConsoleBrowsers,
        app: App<'a>,
    ) -> Result<Self, Failure> {
        let (name, browser) = (&profile.name, browsers.of(profile));
        if browser.is_some() || machine(app.host).shows_browser() {
            return Ok(Self { app, method, profile, browser });
        }
        Err(Failure::new(Exit::Unavailable, "no browser can be opened on this machine")
            .hint(format!("`awsauth console {name} --print` writes the address for a browser elsewhere"))
            .hint("or name a browser in BROWSER"))
    }

    pub(crate) fn open(&self, link: &Secret) -> Result<(), Failure> {
        match self.method {
            // The portal's page does not report back, so a failing browser is noticed only during this wait.
            SignInMethod::Portal => self.start(link.expose(), NOTICE_AFTER).map(drop),
            SignInMethod::Federation => run(self.send_on(link))?,
        }
    }

    fn start(&self, url: &str, at_once: Duration) -> Result<Opened, Failure> {
        let host = self.app.host;
        let unset = secret_variables(host);
        let opened = match self.browser {
            Some(named) => browser::open_by(&commands(named, self.profile, url), url, host, &unset, at_once),
            None => browser::open(url, host, &unset, at_once),
        };
        opened.map_err(|error| Failure::of(Exit::Unavailable, &error).hint(self.hint()))
    }

    fn hint(&self) -> String {
        let source = match self.browser {
            Some(_) => "`browser` of [settings]",
            None => "BROWSER",
        };
        format!("`--print` writes the address; {source} names another browser")
    }

    /// Opens an address of this machine that sends the browser on, once: everybody here can read the arguments of a program, and
    /// whoever has the link is signed in.
    async fn send_on(&self, link: &Secret) -> Result<(), Failure> {
        let unable = |error| Failure::new(Exit::Unavailable, "no browser can be sent to the console").because(&error);
        let mut listener = loopback::listen(PATH).await.map_err(unable)?;
        let once = hex::encode(random::bytes::<16>().map_err(unable)?);
        let address = format!("http://127.0.0.1:{}{PATH}?{once}", listener.address().port());
        let opened = self.start(&address, browser::AT_ONCE)?;
        let begin = Instant::now();
        let mut has_said_waiting = false;
        while begin.elapsed() < BROWSER_TIMEOUT {
            match timeout(POLL_INTERVAL, listener.next_request()).await {
                Ok(request) if request.resource.expose() == once => {
                    return loopback::redirect(request, link).await.map_err(unable);
                }
                // Not waited for: another program of this machine may read its answer slowly.
                Ok(request) => {
                    tokio::spawn(async move { loopback::answer(request, &unknown_page()).await });
                }
                Err(_) => {}
            }
            if opened.has_failed() {
                return Err(self.nobody_came(&format!("`{}` has failed, and no browser came", opened.program)));
            }
            if begin.elapsed() >= NOTICE_AFTER && !std::mem::replace(&mut has_said_waiting, true) {
                let program = &opened.program;
                self.app.out.say(&format!("waiting for `{program}` to open the page, for up to a minute…"));
            }
        }
        let seconds = BROWSER_TIMEOUT.as_secs();
        Err(self.nobody_came(&format!("no browser came within {seconds} seconds: `{}` opened none", opened.program)))
    }

    fn nobody_came(&self, words: &str) -> Failure {
        Failure::new(Exit::Unavailable, words).hint(self.hint())
    }
}

fn unknown_page() -> Page {
    let text = PageText {
        status: PageStatus::Failed,
        title: "This address leads nowhere",
        quote: None,
        paragraphs: &["Run `awsauth console` again in the terminal."],
    };
    Page { status: 404, html: render::page(&text), policy: render::page_policy() }
}
