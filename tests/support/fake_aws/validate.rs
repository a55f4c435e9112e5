//! Constraints of the parameters of STS and IAM, with all violations in one `ValidationError` worded as AWS does. Pure.

use super::error::Refusal;

/// What a text parameter must look like.
pub(crate) struct Shape {
    /// Fewest and most characters.
    pub(crate) length: (usize, usize),
    /// The pattern, as AWS prints it.
    pub(crate) pattern: &'static str,
    /// Characters allowed besides `\w`; digits only when `None`.
    pub(crate) besides: Option<&'static str>,
}

/// `SerialNumber`.
pub(crate) const SERIAL: Shape = Shape { length: (9, 256), pattern: r"[\w+=/:,.@-]*", besides: Some("+=/:,.@-") };
/// Names of users and virtual MFA devices.
pub(crate) const NAME: Shape = Shape { length: (1, 128), pattern: r"[\w+=,.@-]+", besides: Some("+=,.@-") };
/// Paths of IAM.
pub(crate) const PATH: Shape = Shape {
    length: (1, 512),
    pattern: r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
    besides: Some("!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"),
};
/// `AccessKeyId`.
pub(crate) const KEY_ID: Shape = Shape { length: (16, 128), pattern: r"[\w]+", besides: Some("") };
/// `TokenCode`.
pub(crate) const CODE: Shape = Shape { length: (6, 6), pattern: r"[\d]*", besides: None };
/// `RoleSessionName`.
pub(crate) const SESSION_NAME: Shape = Shape { length: (2, 64), pattern: r"[\w+=,.@-]*", besides: Some("+=,.@-") };
/// The `Name` of a federated user.
pub(crate) const FEDERATED_NAME: Shape = Shape { length: (2, 32), pattern: r"[\w+=,.@-]*", besides: Some("+=,.@-") };
/// `ExternalId`.
pub(crate) const EXTERNAL_ID: Shape =
    Shape { length: (2, 1224), pattern: r"[\w+=,.@:\/-]*", besides: Some("+=,.@:/-") };
/// `RoleArn`, whose pattern is all printable characters.
pub(crate) const ROLE_ARN: Shape = Shape {
    length: (20, 2048),
    pattern: r"[\u0009\u000A\u000D\u0020-\u007E\u0085]+",
    besides: Some(" !\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"),
};

/// Violations found so far.
#[derive(Default)]
pub(crate) struct Checks(Vec<String>);

impl Checks {
    /// A parameter that must be there.
    pub(crate) fn required(&mut self, name: &str, value: Option<&str>, shape: &Shape) {
        match value {
            None => {
                self.0.push(format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"));
            }
            Some(_) => self.optional(name, value, shape),
        }
    }

    /// A parameter that may be left out.
    pub(crate) fn optional(&mut self, name: &str, value: Option<&str>, shape: &Shape) {
        let Some(value) = value else { return };
        let (min, max) = shape.length;
        let length = value.chars().count();
        if length < min {
            self.violation(name, value, &format!("have length greater than or equal to {min}"));
        }
        if length > max {
            self.violation(name, value, &format!("have length less than or equal to {max}"));
        }
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let fits = value.chars().all(|letter| match shape.besides {
            None => letter.is_ascii_digit(),
            Some(besides) => word(letter) || besides.contains(letter),
        });
        if !fits {
            self.violation(name, value, &format!("satisfy regular expression pattern: {}", shape.pattern));
        }
    }

    /// A number within bounds; `default` when it is left out.
    pub(crate) fn number(&mut self, name: &str, value: Option<&str>, bounds: (i64, i64), default: i64) -> i64 {
        let Some(text) = value else { return default };
        let Ok(number) = text.parse::<i64>() else {
            self.violation(name, text, "be an integer");
            return default;
        };
        if number < bounds.0 {
            self.violation(name, text, &format!("have value greater than or equal to {}", bounds.0));
        }
        if number > bounds.1 {
            self.violation(name, text, &format!("have value less than or equal to {}", bounds.1));
        }
        number
    }

    /// Notes one violation.
    fn violation(&mut self, name: &str, value: &str, constraint: &str) {
        self.0.push(format!("Value '{value}' at '{name}' failed to satisfy constraint: Member must {constraint}"));
    }

    /// The refusal that lists all violations, if there are any.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        let count = self.0.len();
        let noun = if count == 1 { "error" } else { "errors" };
        if count == 0 {
            return Ok(());
        }
        Err(invalid(format!("{count} validation {noun} detected: {}", self.0.join("; "))))
    }
}

/// A `ValidationError`.
pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}
