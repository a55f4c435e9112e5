//! What happens when the browser does not come back, with the fake AWS of the integration tests behind it: only here can ten
//! minutes be none.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{Attendance, Broker, BrokerError, Notice, Ports, Renewal};
use crate::aws::{Aws, Endpoints};
use crate::login::{Machine, Preference};
use crate::model::{
    AccountId, ClientUse, ConfigText, Delivery, Kind, Profile, ProfileName, Region, SessionName, SsoAccess, SsoFlow,
    SsoRoleName, SsoSession, SsoToken, StartUrl,
};
use crate::prompt::{NoAnswer, Prompt, Question};
use crate::secret::Secret;
use crate::store::{Sessions, SsoCache};
use crate::system::clock;
use crate::system::loopback::Page;

#[expect(
    dead_code,
    unused_imports,
    clippy::disallowed_methods,
    reason = "as the integration tests have it, and less used"
)]
#[path = "../../tests/support/fake_aws/mod.rs"]
mod fake_aws;

use fake_aws::FakeAws;

/// A person who says one thing, and how often they were asked.
struct Person(Result<bool, NoAnswer>, Rc<Cell<u32>>);

impl Prompt for Person {
    fn ask(&mut self, _question: Question<'_>) -> Result<Secret, NoAnswer> {
        Err(NoAnswer::Unattended)
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        assert!(question.contains("in 0 minutes"), "{question}");
        self.1.set(self.1.get() + 1);
        std::mem::replace(&mut self.0, Err(NoAnswer::Unattended))
    }

    fn can_ask_again(&self) -> bool {
        false
    }
}

fn access() -> SsoAccess {
    SsoAccess::Session(Arc::new(SsoSession {
        name: SessionName::new("corp").unwrap(),
        start_url: StartUrl::new(fake_aws::standard::START_URL).unwrap().0,
        region: Region::new(fake_aws::standard::SSO_REGION).unwrap(),
        scopes: vec![ConfigText::new("sso:account:access").unwrap()],
    }))
}

fn profile() -> Profile {
    let kind = Kind::Sso {
        access: access(),
        account_id: AccountId::new(fake_aws::standard::SSO_ACCOUNT).unwrap(),
        role_name: SsoRoleName::new(fake_aws::standard::SSO_ROLE).unwrap(),
    };
    Profile {
        name: ProfileName::new("read").unwrap(),
        kind,
        delivery: Delivery::Native,
        region: None,
        output: None,
        description: None,
        tags: Vec::new(),
        settings: Vec::new(),
    }
}

fn cache(dir: &Path) -> SsoCache {
    SsoCache::new(dir.join("sso"), dir)
}

/// Logs in on a page to which nobody goes, with no time for it.
fn by_page(aws: &FakeAws, dir: &Path, said: Result<bool, NoAnswer>) -> (Result<SsoToken, BrokerError>, u32) {
    let asked = Rc::new(Cell::new(0));
    let endpoints = Endpoints { sso_oidc: Some(aws.url()), ..Endpoints::default() };
    let aws = Aws::new(endpoints, None, clock::now);
    let (sessions, tokens) = (Sessions::new(dir), cache(dir));
    let ports = Ports {
        aws: &aws,
        sessions: &sessions,
        tokens: &tokens,
        prompt: RefCell::new(Box::new(Person(said, Rc::clone(&asked)))),
        notify: &|_: Notice<'_>| (),
        open: &|_| false,
        page: &|_, _| Page { status: 200, html: String::new(), policy: String::new() },
        patience: Duration::ZERO,
        now: clock::now,
    };
    let machine = Machine {
        names_browser: false,
        has_display: true,
        is_remote: false,
        is_ci: false,
        is_container: false,
        is_wsl: false,
    };
    let preference = Preference { given: Some(SsoFlow::Pkce), setting: None, may_open: false, machine };
    let keys = HashMap::new();
    let broker = Broker::new(ports, &keys, &[], Attendance::Person, Renewal::Strict, preference);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(broker.by_page(&profile(), &access()));
    (result, asked.get())
}

#[test]
fn a_browser_that_does_not_come_back_leads_to_a_code_if_the_person_wants_one() {
    let aws = FakeAws::start_standard();
    let dir = tempfile::tempdir().unwrap();
    let (token, asked) = by_page(&aws, dir.path(), Ok(true));
    assert!(token.unwrap().refresh_token.is_some() && asked == 1);
    let calls = ["RegisterClient", "RegisterClient", "StartDeviceAuthorization", "CreateToken"];
    assert_eq!(aws.operations(), calls);
    let tokens = cache(dir.path());
    assert!(tokens.client(&access(), ClientUse::DeviceCode).is_some());
}

#[test]
fn a_browser_that_does_not_come_back_ends_the_login_if_nobody_wants_a_code() {
    for said in [Ok(false), Err(NoAnswer::Unattended)] {
        let aws = FakeAws::start_standard();
        let dir = tempfile::tempdir().unwrap();
        let (token, asked) = by_page(&aws, dir.path(), said);
        assert!(matches!(token, Err(BrokerError::PageTimedOut { .. })) && asked == 1, "{token:?}");
        assert_eq!(aws.operations(), ["RegisterClient"]);
        let tokens = cache(dir.path());
        assert!(tokens.client(&access(), ClientUse::AuthorizationCode).is_none(), "AWS may have forgotten it");
    }
    let aws = FakeAws::start_standard();
    let dir = tempfile::tempdir().unwrap();
    let (token, _) = by_page(&aws, dir.path(), Err(NoAnswer::Interrupted));
    assert!(token.unwrap_err().is_interrupt());
}
