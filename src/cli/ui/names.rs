//! Owns how many things are written in one line.

/// The first eight names, and the number of the others: `a, b and 3 more`.
pub(crate) fn few<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    first(8, names)
}

/// The first `most` names, and the number of the others.
pub(crate) fn first<T: AsRef<str>>(most: usize, names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<T> = names.by_ref().take(most).collect();
    let shown = shown.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
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
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        assert_eq!(few(&names[..8]), "a, b, c, d, e, f, g, h");
        assert_eq!(few(names), "a, b, c, d, e, f, g, h and 2 more");
    }
}
