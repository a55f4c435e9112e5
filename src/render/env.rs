//! Owns environment lines for each shell, quoted so that no value can break out.

use thiserror::Error;

use crate::model::{Credentials, Profile, utc};
use crate::secret::Secret;

/// The regions that [`environment`] sets beside the identity: AWS CLI reads the first, boto3 the second (aws-facts §3).
pub(crate) const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Everything that tells an AWS SDK who it is; what is not set must not be left over from another identity.
pub(crate) const IDENTITY_VARIABLES: [&str; 14] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWSAUTH_PROFILE",
];

/// A language of environment lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    /// bash, and every other POSIX shell.
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Pwsh,
    /// cmd.exe
    Cmd,
    /// nushell
    Nu,
    /// A `.env` file.
    Dotenv,
}

/// A value that can't be written for a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{name} has a character that can't be written safely for this shell")]
pub(crate) struct Unquotable {
    /// The variable; its value is not shown.
    name: &'static str,
}

/// The variables that hand `credentials` to a program.
pub(crate) fn environment(profile: &Profile, credentials: &Credentials) -> Vec<(&'static str, Secret)> {
    let mut set = vec![
        ("AWS_ACCESS_KEY_ID", Secret::new(credentials.access_key_id.clone())),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone()),
    ];
    if let Some(token) = &credentials.session_token {
        set.push(("AWS_SESSION_TOKEN", token.clone()));
    }
    if let Some(expiration) = credentials.expiration {
        set.push(("AWS_CREDENTIAL_EXPIRATION", Secret::new(utc(expiration))));
    }
    if let Some(region) = &profile.region {
        set.extend(REGION_VARIABLES.map(|name| (name, Secret::new(region.as_str()))));
    }
    set.push(("AWSAUTH_PROFILE", Secret::new(profile.name.as_str())));
    set
}

/// Lines that set `variables`, and take away those of `stale` that are not set.
pub(crate) fn set_lines(
    variables: &[(&'static str, Secret)],
    stale: &[&str],
    shell: Shell,
) -> Result<String, Unquotable> {
    let is_set = |name: &&&str| variables.iter().any(|(set, _)| set == *name);
    let mut text: String =
        stale.iter().filter(|name| !is_set(name)).filter_map(|name| unset_line(name, shell)).collect();
    for (name, value) in variables {
        text.push_str(&set_line(name, value.expose(), shell).ok_or(Unquotable { name })?);
    }
    Ok(text)
}

/// Lines that take `stale` away.
pub(crate) fn unset_lines(stale: &[&str], shell: Shell) -> String {
    stale.iter().filter_map(|name| unset_line(name, shell)).collect()
}

fn unset_line(name: &str, shell: Shell) -> Option<String> {
    match shell {
        Shell::Bash | Shell::Zsh => Some(format!("unset {name}\n")),
        Shell::Fish => Some(format!("set -e {name}\n")),
        Shell::Pwsh => Some(format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n")),
        Shell::Cmd => Some(format!("set {name}=\r\n")),
        Shell::Nu => Some(format!("hide-env --ignore-errors {name}\n")),
        // A file of settings can't take one away.
        Shell::Dotenv => None,
    }
}

/// None where the value can't be written so that the shell gives it back as it is.
fn set_line(name: &str, value: &str, shell: Shell) -> Option<String> {
    // Nothing that AWS gives out has other characters; what has them is not worth the risk.
    if !value.chars().all(|character| (' '..='~').contains(&character)) {
        return None;
    }
    match shell {
        Shell::Bash | Shell::Zsh => Some(format!("export {name}={}\n", shlex::try_quote(value).ok()?)),
        Shell::Fish => Some(format!("set -gx {name} '{}'\n", value.replace('\\', "\\\\").replace('\'', "\\'"))),
        Shell::Pwsh => Some(format!("$Env:{name} = '{}'\n", value.replace('\'', "''"))),
        // cmd has no quoting that holds inside and outside of batch files.
        Shell::Cmd if value.contains(['"', '%', '!', '^', '&', '|', '<', '>']) => None,
        Shell::Cmd => Some(format!("set \"{name}={value}\"\r\n")),
        Shell::Nu => Some(format!("$env.{name} = \"{}\"\n", value.replace('\\', "\\\\").replace('"', "\\\""))),
        // Readers of such files disagree about escapes, but not about single quotes without one inside.
        Shell::Dotenv if value.contains('\'') => None,
        Shell::Dotenv => Some(format!("{name}='{value}'\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_is_quoted_or_refused() {
        let hostile = "'; $(touch x) `y` \"%PATH%\" \\";
        let lines = |shell| set_line("K", hostile, shell);
        assert_eq!(lines(Shell::Fish).unwrap(), "set -gx K '\\'; $(touch x) `y` \"%PATH%\" \\\\'\n");
        assert_eq!(lines(Shell::Pwsh).unwrap(), "$Env:K = '''; $(touch x) `y` \"%PATH%\" \\'\n");
        assert_eq!(lines(Shell::Nu).unwrap(), "$env.K = \"'; $(touch x) `y` \\\"%PATH%\\\" \\\\\"\n");
        assert_eq!((lines(Shell::Cmd), lines(Shell::Dotenv)), (None, None));
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Pwsh, Shell::Cmd, Shell::Nu, Shell::Dotenv] {
            for bad in ["a\nb", "a\rb", "a\0b", "\u{2019}; calc"] {
                assert_eq!(set_line("K", bad, shell), None, "{bad:?} {shell:?}");
            }
        }
    }

    #[test]
    fn what_is_not_set_is_taken_away() {
        let text = set_lines(&[("AWS_ACCESS_KEY_ID", Secret::new("AKIA"))], &IDENTITY_VARIABLES, Shell::Bash).unwrap();
        assert!(text.contains("unset AWS_SESSION_TOKEN\n") && text.contains("unset AWS_PROFILE\n"));
        assert!(text.ends_with("export AWS_ACCESS_KEY_ID=AKIA\n") && !text.contains("unset AWS_ACCESS_KEY_ID"));
    }
}
