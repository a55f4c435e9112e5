//! Owns guesses at misspelt names.

/// The most comparisons of one run: ten thousand wrong names among ten thousand must not take a minute.
const BUDGET: usize = 200_000;

#[derive(Debug)]
pub(crate) struct Suggester {
    left: usize,
    /// The candidates that may still be looked at, most of which are too long or too short to compare.
    looks: usize,
}

impl Default for Suggester {
    fn default() -> Self {
        Self { left: BUDGET, looks: 50 * BUDGET }
    }
}

impl Suggester {
    /// None if no candidate is near enough.
    pub(crate) fn nearest<'c>(&mut self, word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        if word.len() > 64 {
            return None;
        }
        let most = match word.chars().count() {
            0..=2 => return None,
            3..=4 => 1,
            5..=8 => 2,
            _ => 3,
        };
        let mut best = None;
        for candidate in candidates {
            if self.left == 0 || self.looks == 0 {
                return None;
            }
            self.looks -= 1;
            if candidate.len().abs_diff(word.len()) > most {
                continue;
            }
            self.left -= 1;
            let distance = strsim::osa_distance(&word.to_ascii_lowercase(), &candidate.to_ascii_lowercase());
            if distance <= most && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }

    /// Returns the nearest key, or the only one that contains `word`, as `sso_role_name` contains `sso_role`, or the
    /// longest one in it, such as `max_attempts` in `AWS_MAX_ATTEMPTS`.
    pub(crate) fn key<'c>(&mut self, word: &str, keys: impl Iterator<Item = &'c str> + Clone) -> Option<&'c str> {
        let lower = word.to_ascii_lowercase();
        let of_variable = lower.strip_prefix("aws_").and_then(|name| keys.clone().find(|key| *key == name));
        if let Some(near) = of_variable.or_else(|| self.nearest(word, keys.clone())) {
            return Some(near);
        }
        let mut longer = keys.clone().filter(|key| is_part(&lower, key));
        let shorter = keys.filter(|key| is_part(key, &lower)).max_by_key(|key| key.len());
        match (longer.next(), longer.next()) {
            (Some(only), None) => Some(only),
            (Some(_), Some(_)) => None,
            (None, _) => shorter,
        }
    }
}

/// Compares whole words.
fn is_part(part: &str, whole: &str) -> bool {
    !part.is_empty() && format!("_{whole}_").contains(&format!("_{part}_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_what_is_near_and_nothing_else() {
        let names = ["mfa_serial", "role_arn", "region"];
        let mut suggester = Suggester::default();
        assert_eq!(suggester.nearest("mfa_serail", names.into_iter()), Some("mfa_serial"));
        assert_eq!(suggester.nearest("Region", names.into_iter()), Some("region"));
        assert_eq!(suggester.nearest("colour", names.into_iter()), None);
    }

    #[test]
    fn a_key_is_guessed_from_a_part_of_it_and_from_more_than_it() {
        let names = ["region", "role_arn", "role_session_name", "sso_account_id", "sso_region", "sso_role_name"];
        let guess = |word| Suggester::default().key(word, names.into_iter());
        assert_eq!(guess("sso_role"), Some("sso_role_name"));
        assert_eq!(guess("account_id"), Some("sso_account_id"));
        assert_eq!(guess("granted_sso_region"), Some("sso_region"));
        assert_eq!(guess("AWS_REGION"), Some("region"));
        assert_eq!((guess("role"), guess("colour"), guess("")), (None, None, None));
    }
}
