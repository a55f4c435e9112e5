//! The settings of a profile that change where requests go hold in what `env`, `exec` and `use` set, and for awsauth's own
//! calls.

use crate::scene::{CREDENTIALS, MANIFEST, Scene, long_term_keys};
use crate::support::fake_aws::{FakeAws, World};
use crate::support::proxy::{Manner, Proxy};
use crate::support::sandbox::{Run, Sandbox};

/// A HOME that knows nothing of a fake AWS, with `main` at that endpoint.
fn home(endpoint: &str) -> Sandbox {
    let home = Sandbox::new();
    home.manifest(&at(endpoint));
    home.write(CREDENTIALS, long_term_keys());
    home
}

/// The manifest with `main` at that endpoint.
fn at(endpoint: &str) -> String {
    with_settings("main", &format!("endpoint_url = \"{endpoint}\""))
}

/// The manifest with these settings for a profile.
fn with_settings(profile: &str, settings: &str) -> String {
    let header = format!("[profiles.{profile}]\n");
    assert!(MANIFEST.contains(&header));
    MANIFEST.replace(&header, &format!("{header}settings = {{ {settings} }}\n"))
}

/// The variables in the output of `env` that have one of these words in their names.
fn variables(run: &Run, words: &[&str]) -> Vec<String> {
    let is_meant = |line: &&str| words.iter().any(|word| line.split('=').next().unwrap().contains(word));
    let mut lines: Vec<String> = run.stdout.lines().filter(is_meant).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn awsauth_asks_the_endpoint_of_the_profile_and_its_session_is_no_other_endpoints() {
    let aws = FakeAws::start(World::standard());
    let home = home(&aws.url());
    let code = aws.world().next_code(crate::support::fake_aws::standard::MFA_SERIAL);
    home.run(["login", "main", "--token-code", &code]).ok();
    assert_eq!(aws.operations(), ["GetSessionToken"]);
    home.run(["credential-process", "main"]).ok();
    for manifest in [MANIFEST.to_owned(), at("http://127.0.0.1:9")] {
        home.manifest(&manifest);
        assert_eq!(home.run(["credential-process", "main"]).exits(5).stdout, "");
    }
    home.manifest(&at(&aws.url()));
    home.run(["credential-process", "main"]).ok();
    assert_eq!(aws.operations(), ["GetSessionToken"]);
}

#[test]
fn the_variables_say_the_same_as_the_settings() {
    let settings = "endpoint_url = \"http://127.0.0.1:9/x\", use_fips_endpoint = true, use_dualstack_endpoint = false, \
                    ignore_configured_endpoint_urls = false, s3 = { endpoint_url = \"http://localhost:4566\" }";
    let home = Sandbox::new();
    home.manifest(&with_settings("base", &format!("{settings} }}\noutput = \"yaml\" #")));
    home.write(CREDENTIALS, long_term_keys());
    let run = home.run(["exec", "base", "--", "env"]).ok();
    let expected = [
        "DEFAULT_OUTPUT=yaml",
        "ENDPOINT_URL=http://127.0.0.1:9/x",
        "ENDPOINT_URL_S3=http://localhost:4566",
        "IGNORE_CONFIGURED_ENDPOINT_URLS=false",
        "USE_DUALSTACK_ENDPOINT=false",
        "USE_FIPS_ENDPOINT=true",
    ];
    let all = ["AWSAUTH_", "AWS_"].iter().flat_map(|prefix| expected.map(|line| format!("{prefix}{line}")));
    assert_eq!(variables(&run, &["ENDPOINT", "OUTPUT"]), all.collect::<Vec<_>>());
    let printed = home.run(["env", "base", "--json"]).ok().json();
    assert_eq!(printed["environment"]["AWS_ENDPOINT_URL"], "http://127.0.0.1:9/x");
    let of_many = home.run(["exec", "--all", "--no-login", "--", "env"]);
    assert!(of_many.stdout.contains("AWS_USE_FIPS_ENDPOINT=true"), "{}", of_many.stdout);
}

#[test]
fn a_variable_of_the_persons_own_wins_and_stays_and_awsauths_own_goes_with_the_profile() {
    let home = home("http://127.0.0.1:9");
    home.write(CREDENTIALS, long_term_keys().replace("[main-long-term]", "[local]"));
    home.manifest(
        "[profiles.base]\npattern = \"iam\"\n[profiles.local]\npattern = \"iam\"\noutput = \"yaml\"\n\
         settings = { endpoint_url = \"http://127.0.0.1:9\", use_fips_endpoint = true }\n",
    );
    let awsauth = env!("CARGO_BIN_EXE_awsauth");
    let bash = |script: &str| -> Run {
        let script = script
            .replace("use ", &format!("{awsauth} env --shell bash "))
            .replace('[', "eval \"$(")
            .replace(']', ")\"");
        home.program("/bin/bash".as_ref()).args(["-euc", &script]).output().unwrap().into()
    };
    let left = |script: &str| variables(&bash(&format!("{script}; env")).ok(), &["ENDPOINT", "OUTPUT"]);
    let set = [
        "AWSAUTH_DEFAULT_OUTPUT=yaml",
        "AWSAUTH_ENDPOINT_URL=http://127.0.0.1:9",
        "AWSAUTH_USE_FIPS_ENDPOINT=true",
        "AWS_DEFAULT_OUTPUT=yaml",
        "AWS_ENDPOINT_URL=http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT=true",
    ];
    assert_eq!(left("[use local]"), set);
    for next in ["[use base]", "[use --unset]"] {
        assert_eq!(left(&format!("[use local]; {next}")), [""; 0], "{next}");
        let own = format!("export AWS_ENDPOINT_URL=http://127.0.0.1:7; [use local]; {next}");
        assert_eq!(left(&own), ["AWS_ENDPOINT_URL=http://127.0.0.1:7"], "{next}");
        let changed = format!("[use local]; AWS_DEFAULT_OUTPUT=text; {next}");
        assert_eq!(left(&changed), ["AWS_DEFAULT_OUTPUT=text"], "{next}");
    }
    let child = bash(&format!("[use local]; {awsauth} exec base -- env"));
    assert_eq!(variables(&child.ok(), &["ENDPOINT", "OUTPUT"]), [""; 0]);
}

#[test]
fn an_endpoint_that_awsauth_has_set_for_one_profile_is_asked_for_no_other() {
    let [one, other] = [(), ()].map(|()| FakeAws::start(World::standard()));
    let home = home(&other.url());
    let code = other.world().next_code(crate::support::fake_aws::standard::MFA_SERIAL);
    let set = |name: &str| {
        let mut command = home.command(["login", "main", "--token-code", &code]);
        command.env("AWS_ENDPOINT_URL", one.url()).env(name, one.url());
        Run::from(command.output().unwrap())
    };
    set("AWSAUTH_ENDPOINT_URL").ok();
    assert_eq!((one.operations().len(), other.operations()), (0, vec!["GetSessionToken".to_owned()]));
    // One of the person's own comes before the profile's, as for AWS's SDKs.
    let home = self::home("http://127.0.0.1:9");
    let code = one.world().next_code(crate::support::fake_aws::standard::MFA_SERIAL);
    let mut command = home.command(["login", "main", "--token-code", &code]);
    Run::from(command.env("AWS_ENDPOINT_URL", one.url()).output().unwrap()).ok();
    assert_eq!(one.operations(), ["GetSessionToken"]);
}

/// The host that a command asks first, where a proxy is between.
fn asked(home: &Sandbox, args: &[&str], variables: &[(&str, &str)]) -> String {
    let proxy = Proxy::start(Manner::Close);
    let mut command = home.command(args);
    command.env("HTTPS_PROXY", format!("http://{}", proxy.address())).envs(variables.iter().copied());
    assert_eq!(Run::from(command.output().unwrap()).code, Some(6), "{args:?}");
    let requests = proxy.requests();
    requests[0][0].split(' ').nth(1).unwrap().trim_end_matches(":443").to_owned()
}

#[test]
fn fips_and_dual_stack_endpoints_of_sts_are_asked_as_the_profile_or_the_caller_says() {
    let home = Sandbox::new();
    home.write(CREDENTIALS, long_term_keys());
    let login = ["login", "main", "--token-code", "123456"];
    let (fips, dual) = ("use_fips_endpoint = true", "use_dualstack_endpoint = true");
    let (fips_variable, dual_variable) = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT");
    for (settings, variables, host) in [
        ("", &[][..], "sts.ap-northeast-1.amazonaws.com"),
        (fips, &[], "sts-fips.ap-northeast-1.amazonaws.com"),
        (dual, &[], "sts.ap-northeast-1.api.aws"),
        ("", &[(fips_variable, "true")], "sts-fips.ap-northeast-1.amazonaws.com"),
        ("", &[(dual_variable, "TRUE")], "sts.ap-northeast-1.api.aws"),
        (fips, &[(fips_variable, "false")], "sts.ap-northeast-1.amazonaws.com"),
        // Set for another profile.
        ("", &[(fips_variable, "true"), ("AWSAUTH_USE_FIPS_ENDPOINT", "true")], "sts.ap-northeast-1.amazonaws.com"),
    ] {
        home.manifest(&with_settings("main", settings));
        assert_eq!(asked(&home, &login, variables), host, "{settings} {variables:?}");
    }
}

#[test]
fn dual_stack_endpoints_of_oidc_and_the_portal_are_asked_as_the_profile_or_the_caller_says() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["read"]);
    scene.expire("read");
    let plain = [("AWS_ENDPOINT_URL_SSO", ""), ("AWS_ENDPOINT_URL_SSO_OIDC", ""), ("AWS_ENDPOINT_URL", "")];
    let dual = [&plain[..], &[("AWS_USE_DUALSTACK_ENDPOINT", "true")]].concat();
    let settings = with_settings("read", "use_dualstack_endpoint = true");
    let process = ["credential-process", "read"];
    for (manifest, variables, host) in [
        (MANIFEST, &plain[..], "oidc.us-east-1.amazonaws.com"),
        (&settings, &plain, "oidc.us-east-1.api.aws"),
        (MANIFEST, &dual, "oidc.us-east-1.api.aws"),
    ] {
        scene.home.manifest(manifest);
        assert_eq!(asked(&scene.home, &process, variables), host, "{variables:?}");
    }
}

/// Such a session opens the console for whoever has it, and other users can listen on this machine.
#[test]
fn no_profile_leads_the_session_that_opens_the_console_elsewhere() {
    let scene = Scene::new();
    let manifest = with_settings("read", "endpoint_url = \"http://127.0.0.1:9\"");
    scene.home.manifest(&manifest);
    scene.logged_in(&["read"]);
    let console = ["console", "read", "--federation", "--print"];
    let unset = [("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_SIGNIN", "")];
    assert_eq!(asked(&scene.home, &console, &unset), "ap-northeast-1.signin.aws.amazon.com");
}
