//! Owns what other programs leave in AWS's files, and what each of these means (aws-facts §12). Must not know patterns.

use super::left::Why;
use super::read::AwsProfile;
use crate::ini::split_words;

/// The meaning of a `credential_process`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// The program does what the profile's other keys say, for the profile itself.
    Itself(&'static str),
    /// A long-term key of the profile's own, in the keyring of that program.
    OwnKey(&'static str),
    /// A role of IAM Identity Center, through the portal that is known by this name.
    Role {
        portal: String,
        account: String,
        role: String,
    },
    /// It starts itself again and again.
    Loop,
    Other(Why),
}

/// Programs with a login of their own.
const LOGINS: [(&str, &str); 9] = [
    ("leapp", "Leapp knows what it logs in to; the file does not say it"),
    ("saml2aws", "saml2aws logs in to it with SAML"),
    ("okta-aws-cli", "okta-aws-cli logs in to it through Okta"),
    ("gimme-aws-creds", "gimme-aws-creds logs in to it through Okta"),
    ("aws-azure-login", "aws-azure-login logs in to it with SAML"),
    ("aws_signing_helper", "IAM Roles Anywhere gives it credentials for a certificate"),
    ("op", "1Password has its key"),
    ("pass", "pass has its key"),
    ("vault", "Vault gives it credentials"),
];

/// Keys with which other programs note what the profile's own keys say already, or what awsauth does in their place. None
/// of AWS's tools reads them.
const REPLACED: [&str; 11] = [
    "common_fate_generated_from",
    "granted_registry_key",
    "granted_skip_credential_process_validation",
    "granted_sso_account_id",
    "granted_sso_region",
    "granted_sso_registration_scopes",
    "granted_sso_role_name",
    "granted_sso_start_url",
    "sso_account_name",
    "sso_auto_populated",
    "long_term_profile",
];

pub(super) fn is_replaced(key: &str) -> bool {
    REPLACED.contains(&key)
}

/// Keys by which a program changes its own calls to AWS in a way that awsauth can't.
pub(super) fn objection(key: &str) -> Option<&'static str> {
    Some(match key {
        "session_tags" | "transitive_session_tags" | "source_identity" => {
            "aws-vault sends it with its calls, and awsauth does not"
        }
        "mfa_process" => "it names a program that aws-vault starts for a code",
        "web_identity_token_process" => "it names a program that aws-vault starts for a token",
        "jump_role_arn" => "aws-runas takes a second role, and awsauth does not",
        _ if key.starts_with("saml_") || key.starts_with("azure_") || key.starts_with("google_") => {
            "another program logs in to it with SAML"
        }
        _ if key.starts_with("web_identity_auth_") => "aws-runas logs in to it through another identity provider",
        _ => return None,
    })
}

/// Reads the command line of a `credential_process` of that profile.
pub(super) fn process(command: &str, profile: &AwsProfile) -> Process {
    let words = split_words(command).unwrap_or_default();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.first() == Some(&"env") {
        let variables = words.iter().skip(1).take_while(|word| word.contains('=')).count();
        words.drain(..=variables);
    }
    let Some((program, arguments)) = words.split_first() else {
        return Process::Other(Why::new("AWS's tools can't start its `credential_process`"));
    };
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let program = program.strip_suffix(".exe").unwrap_or(program);
    let named = option(arguments, "--profile");
    let is_own = named == Some(profile.name.as_str());
    let is_sso_util = || profile.has("sso_auto_populated") && arguments.contains(&"credential-process");
    match program {
        "granted" | "dgranted" if is_own && profile.has("granted_sso_start_url") => Process::Itself("granted"),
        "granted" | "dgranted" if is_own => Process::OwnKey("granted"),
        "aws-vault" if arguments.contains(&profile.name.as_str()) => Process::OwnKey("aws-vault"),
        "aws-vault" => Process::Other(Why::new("aws-vault gives it the credentials of another profile of its own")),
        "aws-sso" => aws_sso(arguments),
        _ if is_sso_util() && is_own => Process::Itself("aws-sso-util"),
        "aws"
            if arguments.contains(&"export-credentials")
                && (is_own || named.is_none() && profile.name == "default") =>
        {
            Process::Loop
        }
        "aws" if arguments.contains(&"export-credentials") => {
            Process::Other(Why::new("it hands on the credentials of another profile"))
        }
        _ => {
            let known = LOGINS.iter().find(|(name, _)| *name == program).map(|(_, reason)| (*reason).to_owned());
            Process::Other(Why::new(known.unwrap_or_else(|| format!("the program `{program}` gives it credentials"))))
        }
    }
}

/// `aws-sso -S NAME process --arn arn:aws:iam::ACCOUNT:role/ROLE`
fn aws_sso(arguments: &[&str]) -> Process {
    let portal = option(arguments, "-S").or(option(arguments, "--sso")).unwrap_or("Default");
    let arn = option(arguments, "--arn").or(option(arguments, "-a"));
    let parts: Vec<&str> = arn.unwrap_or_default().splitn(6, ':').collect();
    let (account, role) = match parts[..] {
        [_, _, "iam", _, account, resource] => (account, resource.strip_prefix("role/").unwrap_or_default()),
        _ => (
            option(arguments, "--account").or(option(arguments, "-A")).unwrap_or_default(),
            option(arguments, "--role").or(option(arguments, "-R")).unwrap_or_default(),
        ),
    };
    if account.is_empty() || role.is_empty() {
        return Process::Other(Why::new("its command line does not say which role aws-sso-cli takes"));
    }
    Process::Role { portal: portal.to_owned(), account: account.to_owned(), role: role.to_owned() }
}

/// The value of an option, in the next word or after a `=`.
fn option<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(name)? {
        "" => words.get(at + 1).copied(),
        rest => rest.strip_prefix('='),
    })
}

/// The reason why a session in the credentials file is left to the program that wrote it.
pub(super) fn session(profile: &AwsProfile) -> Why {
    if profile.has("manager") || profile.name.starts_with("autoawsume-") {
        return Why::new("awsume writes a session there");
    }
    if profile.name.ends_with("-awsrunas") {
        return Why::new("aws-runas writes a session there");
    }
    if profile.has("x_principal_arn") || profile.has("x_security_token_expires") {
        return Why::new("another program logs in to it with SAML, and writes a session there");
    }
    Why::new("another program writes a session there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_their_value_behind_a_blank_or_an_equals_sign() {
        let words = ["process", "--profile=a", "-S", "Corp One", "--arn", "x"];
        assert_eq!((option(&words, "--profile"), option(&words, "-S")), (Some("a"), Some("Corp One")));
        assert_eq!((option(&words, "--arn"), option(&words, "--pro"), option(&words, "x")), (Some("x"), None, None));
    }

    #[test]
    fn the_role_of_aws_sso_cli_is_in_its_arn() {
        let role = |account: &str| Process::Role {
            portal: "Corp".to_owned(),
            account: account.to_owned(),
            role: "Admin".to_owned(),
        };
        let words = ["-S", "Corp", "process", "--arn", "arn:aws:iam::000011112222:role/Admin"];
        assert_eq!(aws_sso(&words), role("000011112222"));
        assert_eq!(aws_sso(&["-S", "Corp", "process", "-A", "1", "-R", "Admin"]), role("1"));
        assert!(matches!(aws_sso(&["process"]), Process::Other(_)));
    }
}
