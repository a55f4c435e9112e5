//! Owns the guess at what a misspelt name should have been.

/// How many comparisons one run makes before it stops guessing: ten thousand wrong names among ten thousand must not
/// take a minute.
const BUDGET: usize = 200_000;

/// Guesses, as long as the budget lasts.
#[derive(Debug)]
pub(super) struct Suggester {
    left: usize,
    /// How many more candidates are looked at, most of which are too long or too short.
    looks: usize,
}

impl Suggester {
    /// One with a full budget.
    pub(super) fn new() -> Self {
        Self { left: BUDGET, looks: 50 * BUDGET }
    }

    /// The candidate nearest to `word`, if one is near enough to be meant.
    pub(super) fn nearest<'c>(&mut self, word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_what_is_near_and_nothing_else() {
        let names = ["mfa_serial", "role_arn", "region"];
        let mut suggester = Suggester::new();
        assert_eq!(suggester.nearest("mfa_serail", names.into_iter()), Some("mfa_serial"));
        assert_eq!(suggester.nearest("Region", names.into_iter()), Some("region"));
        assert_eq!(suggester.nearest("colour", names.into_iter()), None);
    }
}
