//! Owns the names of profiles and SSO sessions: the subset that every AWS SDK reads alike (aws-facts §1.3).

use std::fmt;

use thiserror::Error;

/// The longest name that awsauth takes, in bytes; AWS documents no limit, file systems have one.
const LONGEST: usize = 128;

/// The reasons for which a text can't be a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NameError {
    #[error("a name can't be empty")]
    Empty,
    /// A program would take it for an option where the name is an argument, as in a `credential_process`.
    #[error("a name can't begin with `-`")]
    Dash,
    #[error("a name can have at most {LONGEST} characters")]
    TooLong,
    /// Some SDK reads it differently, or not at all.
    #[error("a name can't contain {0:?}")]
    Character(char),
    #[error("only `default` in lower case is the default profile; some SDKs read {0:?} as something else")]
    DefaultCase(String),
    #[error("{0:?} makes the JavaScript SDK drop the whole file")]
    Reserved(String),
}

fn checked(text: &str) -> Result<Box<str>, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.starts_with('-') {
        return Err(NameError::Dash);
    }
    if let Some(character) =
        text.chars().find(|character| !(character.is_ascii_alphanumeric() || "_.@%+:/-".contains(*character)))
    {
        return Err(NameError::Character(character));
    }
    if text.len() > LONGEST {
        return Err(NameError::TooLong);
    }
    if text != "default" && text.eq_ignore_ascii_case("default") {
        return Err(NameError::DefaultCase(text.to_owned()));
    }
    if text == "__proto__" {
        return Err(NameError::Reserved(text.to_owned()));
    }
    Ok(text.into())
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(Box<str>);

        impl $name {
            pub(crate) fn new(text: &str) -> Result<Self, NameError> {
                checked(text).map(Self)
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// A name usable as `aws --profile NAME`.
    ProfileName
}
name! {
    /// The name of an `[sso-session NAME]`.
    SessionName
}

impl From<&SessionName> for ProfileName {
    /// Both have one alphabet.
    fn from(name: &SessionName) -> Self {
        Self(name.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_portable_subset_only() {
        for good in ["prod", "a.b_c@d%e+f:g/h-i", "0", "default"] {
            assert_eq!(ProfileName::new(good).unwrap().as_str(), good);
        }
        assert_eq!(ProfileName::new(""), Err(NameError::Empty));
        for dash in ["-", "-p", "--json"] {
            assert_eq!((ProfileName::new(dash), SessionName::new(dash)), (Err(NameError::Dash), Err(NameError::Dash)));
        }
        for (bad, character) in
            [("a b", ' '), ("a]", ']'), ("a#", '#'), ("é", 'é'), ("a\n", '\n'), ("a\u{2028}", '\u{2028}')]
        {
            assert_eq!(ProfileName::new(bad), Err(NameError::Character(character)));
        }
        assert!(matches!(ProfileName::new("Default"), Err(NameError::DefaultCase(_))));
        assert!(matches!(ProfileName::new("__proto__"), Err(NameError::Reserved(_))));
        assert_eq!(ProfileName::new(&"x".repeat(129)), Err(NameError::TooLong));
    }
}
