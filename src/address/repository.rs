//! Owns the addresses of git repositories that may be cloned.

use thiserror::Error;

use super::url::WebAddress;

/// An address that git gets from an https or ssh server, or from a server of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepositoryAddress {
    text: String,
    protocol: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum RepositoryAddressError {
    #[error("this is no address of a git repository")]
    Odd,
    #[error("this is a path of this machine, and no address of a git server")]
    Local,
    /// Such as `ext::`, which is the name of a program.
    #[error("git would run a program of its own for this address")]
    Helper,
    #[error("repositories are fetched with https or ssh, and nothing else")]
    Scheme,
    #[error("anybody on the way could change what comes from there: it needs https or ssh")]
    Open,
    #[error("there is a password in the address")]
    Password,
}

/// A longer one is taken for a token, which servers take in the user's place: GitLab's have 26 characters, GitHub's 40.
const LONGEST_USER: usize = 24;

impl RepositoryAddress {
    pub(crate) fn parse(text: &str) -> Result<Self, RepositoryAddressError> {
        use RepositoryAddressError::{Helper, Local, Odd, Open, Password, Scheme};
        if text.is_empty()
            || text.starts_with('-')
            || text.contains(|one: char| one.is_control() || one.is_whitespace())
        {
            return Err(Odd);
        }
        let before_path = text.split('/').next().unwrap_or_default();
        if before_path.contains("::") && !before_path.contains('[') {
            return Err(Helper);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            // As scp has it: `user@host:path`. A drive of Windows has one letter.
            let (host, path) = before_path.split_once(':').filter(|(host, _)| host.len() > 1).ok_or(Local)?;
            if path.contains('@') {
                return Err(Password);
            }
            let is_path = !path.starts_with('-') && text.len() > host.len() + 1;
            check_host(host)?;
            return if is_path { Ok(Self::of(text, "ssh")) } else { Err(Odd) };
        };
        let (authority, path) = rest.split_once('/').ok_or(Odd)?;
        if path.trim_matches('/').is_empty() && scheme != "file" {
            return Err(Odd);
        }
        let protocol = match scheme {
            "https" => "https",
            "ssh" => "ssh",
            "http" => "http",
            "git" => "git",
            "file" => return Err(Local),
            _ => return Err(Scheme),
        };
        check_host(authority)?;
        if authority.find('@').is_some_and(|length| length > LONGEST_USER) {
            return Err(Password);
        }
        let is_here = || WebAddress::parse(&format!("http://{authority}/")).is_some_and(|address| address.is_here);
        if matches!(protocol, "http" | "git") && !is_here() {
            return Err(Open);
        }
        Ok(Self::of(text, protocol))
    }

    fn of(text: &str, protocol: &'static str) -> Self {
        Self { text: text.to_owned(), protocol }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// git's protocols that may serve it. A person's own `insteadOf` may turn https into ssh.
    pub(crate) fn protocols(&self) -> String {
        if matches!(self.protocol, "https" | "ssh") { "https:ssh".to_owned() } else { self.protocol.to_owned() }
    }

    /// The repository's name, for a directory: the last part of its path.
    pub(crate) fn name(&self) -> String {
        let path = self.text.trim_end_matches('/');
        let last = path.rsplit(['/', ':']).next().unwrap_or_default();
        let last = last.strip_suffix(".git").unwrap_or(last);
        let name: String = last.chars().filter(|one| one.is_ascii_alphanumeric() || "._-".contains(*one)).collect();
        let name = name.trim_start_matches(['.', '-']);
        if name.is_empty() { "team".to_owned() } else { name.to_owned() }
    }
}

/// A host, perhaps with a user before it and a port behind it. Neither may look like an option of ssh.
fn check_host(authority: &str) -> Result<(), RepositoryAddressError> {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains(':') {
        return Err(RepositoryAddressError::Password);
    }
    let is_word = |text: &str, more: &str| {
        !text.starts_with('-') && text.chars().all(|one| one.is_ascii_alphanumeric() || more.contains(one))
    };
    let is_sound = !host.is_empty() && is_word(host, ".-_:[]") && is_word(user, ".-_+~%@");
    if is_sound { Ok(()) } else { Err(RepositoryAddressError::Odd) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_ssh_and_servers_of_this_machine_are_fetched_from() {
        for (text, name) in [
            ("https://github.com/corp/aws-profiles.git", "aws-profiles"),
            ("https://[2001:db8::1]/aws/", "aws"),
            ("ssh://git@git.example.com:2222/corp/aws.git", "aws"),
            ("git@github.com:corp/aws.git", "aws"),
            ("https://alice@dev.azure.com/corp/_git/aws", "aws"),
            ("git.example.com:aws", "aws"),
            ("git://127.0.0.1:9418/..odd", "odd"),
            ("http://localhost:8080/aws", "aws"),
            ("git@github.com:%2d/", "2d"),
        ] {
            assert_eq!(RepositoryAddress::parse(text).map(|address| address.name()), Ok(name.to_owned()), "{text}");
        }
    }

    #[test]
    fn programs_files_options_and_open_ways_are_refused() {
        use RepositoryAddressError::{Helper, Local, Odd, Open, Password, Scheme};
        for (text, error) in [
            ("", Odd),
            ("-u/tmp/x", Odd),
            ("--upload-pack=x", Odd),
            ("https://a b/c", Odd),
            ("https://example.com/a\nb", Odd),
            ("https://example.com", Odd),
            ("https://example.com/", Odd),
            ("https:///aws", Odd),
            ("ssh://-oProxyCommand=x/aws", Odd),
            ("ssh://-oProxyCommand@host/aws", Odd),
            ("-oProxyCommand=x:aws", Odd),
            ("a@-oProxyCommand:aws", Odd),
            ("host:-x", Odd),
            ("host:", Odd),
            ("https://evil.example\\@github.com/a", Odd),
            ("ext::sh -c x", Odd),
            ("ext::sh", Helper),
            ("fd::17", Helper),
            ("ext::https://example.com/a", Helper),
            ("file:///tmp/aws", Local),
            ("/tmp/aws", Local),
            ("../aws", Local),
            ("aws", Local),
            ("C:/aws", Local),
            ("./host:aws", Local),
            ("ftp://example.com/aws", Scheme),
            ("rsync://example.com/aws", Scheme),
            ("http://example.com/aws", Open),
            ("git://example.com/aws", Open),
            ("http://127.0.0.1.example.com/aws", Open),
            ("https://alice:secret@example.com/aws", Password),
            ("https://glpat-ABCDEFGHIJKLMNOPQRST@example.com/aws", Password),
            ("alice:secret@example.com:aws", Password),
        ] {
            assert_eq!(RepositoryAddress::parse(text), Err(error), "{text:?}");
        }
    }
}
