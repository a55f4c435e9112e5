//! Owns how many things are written in one line.

/// The first eight names, and the number of the others if these are more than two: `a, b and 3 more`.
pub(crate) fn few<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    first(8, names)
}

/// The first `most` names, and the number of the others if these are more than two.
pub(crate) fn first<T: AsRef<str>>(most: usize, names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<T> = names.into_iter().collect();
    let listed = |names: &[T]| names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0..=2 => listed(&names),
        more => format!("{} and {more} more", listed(&names[..most])),
    }
}

/// `1 profile`, `2 profiles`
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn the_first_names_are_told_and_how_many_more_there_are() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
        assert_eq!(few(&names[..10]), "a, b, c, d, e, f, g, h, i, j");
        assert_eq!(few(names), "a, b, c, d, e, f, g, h and 3 more");
    }
}
