//! Owns region names.

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not the name of a region")]
pub(crate) struct RegionError(pub(crate) String);

/// A region's name, such as `eu-west-1`. New regions appear every year, so the form is checked, not a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Region(Box<str>);

/// Every region of botocore 1.44.8's partitions.json. A newer one is missing here, so nothing may fail for that.
pub(crate) const KNOWN_REGIONS: [&str; 46] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

impl Region {
    /// Takes `LETTERS-WORD[-WORD…]-NUMBER` in lower case: the form of every region in botocore's partitions.json.
    pub(crate) fn new(text: &str) -> Result<Self, RegionError> {
        let bad = || RegionError(text.to_owned());
        let (words, number) = text.rsplit_once('-').ok_or_else(bad)?;
        let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts = words.split('-').peekable();
        let first_fits = parts.peek().is_some_and(|first| (2..=4).contains(&first.len()));
        let are_words = words.contains('-')
            && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()));
        if is_number && first_fits && are_words && text.len() <= 32 { Ok(Self(text.into())) } else { Err(bad()) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_region_has_the_form_of_one() {
        assert!(KNOWN_REGIONS.is_sorted() && KNOWN_REGIONS.iter().all(|name| Region::new(name).is_ok()));
    }

    #[test]
    fn takes_the_form_of_every_partition_and_nothing_else() {
        for good in ["us-east-1", "ap-northeast-3", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "cn-north-1"] {
            assert!(Region::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "us-east",
            "us-east-1a",
            "US-EAST-1",
            "useast1",
            "us--1",
            "u-east-1",
            "us-east-1 ",
            "us-éast-1",
            "-east-1",
        ] {
            assert_eq!(Region::new(bad), Err(RegionError(bad.into())));
        }
    }
}
