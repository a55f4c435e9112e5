//! Owns the page of the console that is opened: services by the names that people know, or a path.

use clap_complete::CompletionCandidate;

use crate::cli::exit::Exit;
use crate::cli::explain::nearest;
use crate::cli::ui::failure::Failure;
use crate::model::{Partition, Region};

/// A service's name and its path in the console (aws-facts §8.4).
const SERVICES: [(&str, &str); 63] = [
    ("acm", "acm/home"),
    ("apigateway", "apigateway/home"),
    ("apigw", "apigateway/home"),
    ("athena", "athena/home"),
    ("billing", "billing/home"),
    ("ce", "cost-management/home"),
    ("cf", "cloudfront/home"),
    ("cfn", "cloudformation/home"),
    ("cloudformation", "cloudformation/home"),
    ("cloudfront", "cloudfront/home"),
    ("cloudmap", "cloudmap/home"),
    ("cloudtrail", "cloudtrail/home"),
    ("cloudwatch", "cloudwatch/home"),
    ("codecommit", "codesuite/codecommit/home"),
    ("codedeploy", "codedeploy/home"),
    ("codepipeline", "codepipeline/home"),
    ("config", "config/home"),
    ("ct", "cloudtrail/home"),
    ("cw", "cloudwatch/home"),
    ("ddb", "dynamodbv2/home"),
    ("dms", "dms/v2/home"),
    ("dx", "directconnect/v2/home"),
    ("dynamodb", "dynamodbv2/home"),
    ("eb", "elasticbeanstalk/home"),
    ("ec2", "ec2/v2/home"),
    ("ecr", "ecr/home"),
    ("ecs", "ecs/home"),
    ("eks", "eks/home"),
    ("eventbridge", "events/home"),
    ("events", "events/home"),
    ("gd", "guardduty/home"),
    ("grafana", "grafana/home"),
    ("guardduty", "guardduty/home"),
    ("iam", "iam/home"),
    ("kms", "kms/home"),
    ("lambda", "lambda/home"),
    ("logs", "cloudwatch/home#logsV2:log-groups"),
    ("mwaa", "mwaa/home"),
    ("param", "systems-manager/parameters"),
    ("r53", "route53/v2/home"),
    ("ram", "ram/home"),
    ("rds", "rds/home"),
    ("redshift", "redshiftv2/home"),
    ("route53", "route53/v2/home"),
    ("s3", "s3/home"),
    ("sagemaker", "sagemaker/home"),
    ("secretsmanager", "secretsmanager/home"),
    ("securityhub", "securityhub/home"),
    ("ses", "ses/home"),
    ("sfn", "states/home"),
    ("sm", "secretsmanager/home"),
    ("sns", "sns/v3/home"),
    ("sqs", "sqs/v3/home"),
    ("ssm", "systems-manager/home"),
    ("sso", "singlesignon/home"),
    ("states", "states/home"),
    ("stepfn", "states/home"),
    ("stepfunctions", "states/home"),
    ("tra", "trustedadvisor/home"),
    ("trustedadvisor", "trustedadvisor/home"),
    ("vpc", "vpc/home"),
    ("waf", "wafv2/home"),
    ("wafv2", "wafv2/homev2"),
];

/// A portal's link with the path goes into the browser's command line, which has at most 32,767 characters on Windows.
const LONGEST: usize = 2_000;

/// For completion.
pub(crate) fn service_names() -> Vec<CompletionCandidate> {
    SERVICES.iter().map(|(name, _)| CompletionCandidate::new(*name)).collect()
}

/// The help that lists the names.
pub(crate) fn service_help() -> String {
    let names = SERVICES.map(|(name, _)| name).join(", ");
    format!("Service, or a path of the console: /s3/buckets\n\nServices: {names}")
}

/// The address of the page in `region`: the console's first one, a service's, or that of a path.
pub(crate) fn address(service: Option<&str>, region: &Region) -> Result<String, Failure> {
    let path = match service {
        None => "console/home",
        Some(path) if path.contains('/') => checked(path)?,
        Some(name) => of_service(name)?,
    };
    let (page, fragment) = path.split_once('#').map_or((path, None), |(page, fragment)| (page, Some(fragment)));
    let mut address = format!("{}/{page}", Partition::of_region(region.as_str()).console_url());
    let has_region = page.split(['?', '&']).skip(1).any(|parameter| parameter.starts_with("region="));
    if !has_region {
        let separator = if page.contains('?') { '&' } else { '?' };
        address = format!("{address}{separator}region={}", region.as_str());
    }
    Ok(fragment.map_or_else(|| address.clone(), |fragment| format!("{address}#{fragment}")))
}

fn of_service(name: &str) -> Result<&'static str, Failure> {
    let name = name.to_ascii_lowercase();
    if let Some((_, path)) = SERVICES.iter().find(|(known, _)| *known == name) {
        return Ok(path);
    }
    let guess = nearest(&name, SERVICES.iter().map(|(known, _)| *known));
    let path =
        "`awsauth console --help` lists the names, and a path of the console works for any: `--service /ec2/home`";
    Err(Failure::new(Exit::Usage, format!("awsauth knows no service `{name}`")).hint(match guess {
        Some(guess) => format!("did you mean `{guess}`? Otherwise, {path}"),
        None => path.to_owned(),
    }))
}

/// A path without its first `/`.
fn checked(path: &str) -> Result<&str, Failure> {
    if let Some((_, place)) = path.strip_prefix("https://").and_then(|rest| rest.split_once('/')) {
        let place = format!("/{place}");
        let place = shlex::try_quote(&place).unwrap_or_default();
        return Err(Failure::new(Exit::Usage, "`--service` takes the path of an address, without its host")
            .hint(format!("`--service {place}`")));
    }
    let bare = path.strip_prefix('/').unwrap_or(path);
    if path.len() > LONGEST {
        return Err(Failure::new(Exit::Usage, format!("a path can have at most {LONGEST} characters")));
    }
    let is_path = path.chars().all(|one| one.is_ascii_graphic() && one != '\\')
        && !bare.starts_with('/')
        && !path.contains("://");
    let wrong = || Failure::new(Exit::Usage, "a path of the console begins with one `/`, and has no blanks");
    is_path.then_some(bare).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(service: Option<&str>, region: &str) -> String {
        address(service, &Region::new(region).unwrap()).unwrap()
    }

    #[test]
    fn the_page_has_its_region_before_the_part_that_stays_in_the_browser() {
        for (service, page) in [
            (None, "console/home?region=eu-west-1"),
            (Some("ec2"), "ec2/v2/home?region=eu-west-1"),
            (Some("S3"), "s3/home?region=eu-west-1"),
            (Some("logs"), "cloudwatch/home?region=eu-west-1#logsV2:log-groups"),
            (Some("/s3/buckets/b?tab=x"), "s3/buckets/b?tab=x&region=eu-west-1"),
            (Some("ec2/home?region=us-east-1#Instances:"), "ec2/home?region=us-east-1#Instances:"),
        ] {
            assert_eq!(opened(service, "eu-west-1"), format!("https://console.aws.amazon.com/{page}"));
        }
    }

    #[test]
    fn every_partition_has_a_console_of_its_own() {
        for (region, host) in [
            ("us-east-1", "console.aws.amazon.com"),
            ("cn-north-1", "console.amazonaws.cn"),
            ("us-gov-east-1", "console.amazonaws-us-gov.com"),
            ("us-iso-east-1", "console.c2shome.ic.gov"),
            ("us-isob-east-1", "console.sc2shome.sgov.gov"),
            ("eu-isoe-west-1", "console.csphome.adc-e.uk"),
            ("us-isof-south-1", "console.csphome.hci.ic.gov"),
            ("eusc-de-east-1", "console.amazonaws-eusc.eu"),
        ] {
            assert_eq!(opened(Some("iam"), region), format!("https://{host}/iam/home?region={region}"));
        }
    }

    #[test]
    fn names_are_sorted_and_misspelt_ones_guessed() {
        assert!(SERVICES.is_sorted_by(|(one, _), (other, _)| one < other));
        let region = Region::new("us-east-1").unwrap();
        let hint = |service| address(Some(service), &region).unwrap_err().hints()[0].clone();
        assert!(hint("lamda").starts_with("did you mean `lambda`?"));
        assert!(hint("quantumledgers").starts_with("`awsauth console --help` lists the names"));
        for bad in ["//evil.example/x", "https://evil.example/x", "/a b", "/a\\b", "/a\n"] {
            assert!(address(Some(bad), &region).is_err(), "{bad}");
        }
        let path = |length| format!("/{}", "x".repeat(length));
        assert!(address(Some(&path(1999)), &region).is_ok() && address(Some(&path(2000)), &region).is_err());
    }
}
