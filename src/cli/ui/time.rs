//! Owns lengths of time as they are typed.

/// Reads `90s`, `15m`, `8h` or `1d` as seconds.
pub(crate) fn parse_time(text: &str) -> Result<i64, &'static str> {
    const SYNTAX: &str = "a number with s, m, h or d, such as 15m";
    let (number, factor) = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)]
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .ok_or(SYNTAX)?;
    let count: u32 = number.parse().map_err(|_| SYNTAX)?;
    Ok(i64::from(count) * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(["90s", "15m", "8h", "1d"].map(|text| parse_time(text).unwrap()), [90, 900, 28_800, 86_400]);
        for bad in ["", "90", "m", "-1m", "1.5h", "15 m", "1w", "１5m"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }
}
