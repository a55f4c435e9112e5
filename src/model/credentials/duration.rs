//! Owns session lengths within the bounds of STS (botocore's model, aws-facts §6).

use thiserror::Error;

/// The reasons for which a number of seconds can't be a session's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    #[error("{0} seconds is less than the 900 that AWS allows at least")]
    TooShort(i64),
    #[error("{seconds} seconds is more than the {most} that {call} allows")]
    TooLong { seconds: i64, most: i64, call: &'static str },
}

/// Seconds that a session lasts, within what its call allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionDuration(i32);

impl SessionDuration {
    /// STS refuses more to a chained role (aws-facts §0.8).
    pub(crate) const CHAINED_MOST: i32 = 3600;

    /// A length for `GetSessionToken`: 900 to 129,600 seconds.
    pub(crate) fn for_session_token(seconds: i64) -> Result<Self, DurationError> {
        Self::within(seconds, 129_600, "GetSessionToken")
    }

    /// A length for `GetFederationToken`: 900 to 129,600 seconds.
    pub(crate) fn for_federation_token(seconds: i64) -> Result<Self, DurationError> {
        Self::within(seconds, 129_600, "GetFederationToken")
    }

    /// A length for the console session of a role: 900 to 43,200 seconds (aws-facts §8).
    pub(crate) fn for_console(seconds: i64) -> Result<Self, DurationError> {
        Self::within(seconds, 43_200, "the console")
    }

    /// A length for `AssumeRole`: 900 to 43,200 seconds.
    pub(crate) fn for_role(seconds: i64) -> Result<Self, DurationError> {
        Self::within(seconds, 43_200, "AssumeRole")
    }

    fn within(seconds: i64, most: i64, call: &'static str) -> Result<Self, DurationError> {
        if seconds < 900 {
            return Err(DurationError::TooShort(seconds));
        }
        match i32::try_from(seconds) {
            Ok(checked) if seconds <= most => Ok(Self(checked)),
            _ => Err(DurationError::TooLong { seconds, most, call }),
        }
    }

    pub(crate) fn seconds(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_each_call_are_inclusive() {
        assert_eq!(SessionDuration::for_role(900).unwrap().seconds(), 900);
        assert_eq!(SessionDuration::for_role(43_200).unwrap().seconds(), 43_200);
        assert!(SessionDuration::for_role(43_201).is_err());
        assert!(SessionDuration::for_session_token(129_600).is_ok());
        assert!(SessionDuration::for_session_token(i64::MAX).is_err());
        assert_eq!(SessionDuration::for_session_token(899), Err(DurationError::TooShort(899)));
    }
}
