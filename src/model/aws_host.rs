//! Owns which hosts are AWS's own, as opposed to those below AWS's domains at which customers answer: a bucket, a load
//! balancer, an API, a machine of EC2. Hosts come in lower case.

use super::Region;

/// What the hosts of AWS's services end in, in every partition: botocore's partitions.json, `dnsSuffix` and
/// `dualStackDnsSuffix` (aws-facts §6).
const SUFFIXES: [&str; 14] = [
    ".amazonaws.com",
    ".api.aws",
    ".amazonaws.com.cn",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
    ".api.amazonwebservices.eu",
    ".c2s.ic.gov",
    ".api.aws.ic.gov",
    ".sc2s.sgov.gov",
    ".api.aws.scloud",
    ".cloud.adc-e.uk",
    ".api.cloud-aws.adc-e.uk",
    ".csp.hci.ic.gov",
    ".api.aws.hci.ic.gov",
];
/// What stands for a region where a service has none (botocore's endpoint rules).
const GLOBAL: [&str; 2] = ["global", "us-gov"];
/// The services whose name has several parts, without `-fips`, from the endpoint rules and endpoints.json of botocore 1.44.5.
/// Every other name of that form is a customer's: `ID.execute-api`, `NAME.elb`, `ID.iot`.
const OF_SEVERAL: &[&str] = &[
    "a2i-runtime.sagemaker",
    "admin.wickr",
    "api.detective",
    "api.ecr",
    "api.ecr-public",
    "api.iot-tunneling",
    "api.iotdeviceadvisor",
    "api.iotmanagedintegrations",
    "api.iottwinmaker",
    "api.iotwireless",
    "api.mediatailor",
    "api.pricing",
    "api.sagemaker",
    "api.sustainability",
    "api.tunneling.iot",
    "catalog.marketplace",
    "cn.transcribe",
    "controlplane.payment-cryptography",
    "data-ats.iot",
    "data.ats.iot",
    "data.iot",
    "data.iottwinmaker",
    "data.jobs.iot",
    "data.mediastore",
    "data.qapps",
    "dataplane.payment-cryptography",
    "edge.sagemaker",
    "entitlement.marketplace",
    "featurestore-runtime.sagemaker",
    "fips.batch",
    "fips.eks",
    "fips.transcribe",
    "gateway-runtime.sagemaker",
    "inferencerouter-runtime.sagemaker",
    "ingest.timestream",
    "job-runtime.sagemaker",
    "maps.geo",
    "metering.marketplace",
    "metrics.sagemaker",
    "models.lex",
    "participant.connect",
    "places.geo",
    "portal.sso",
    "query.timestream",
    "routes.geo",
    "runtime.lex",
    "runtime.sagemaker",
    "s3-control.dualstack",
    "s3.dualstack",
    "sms-voice.pinpoint",
    "streams.dynamodb",
    "subscribe.mediaconvert",
    "training-session-runtime.sagemaker",
    "verification.signer",
];
/// What S3 has in front of the name of a VPC endpoint, as a word and not as the name of a bucket (S3 user guide, on
/// interface endpoints).
const OF_S3: [&str; 3] = ["bucket.", "accesspoint.", "control."];
/// What the hosts of access portals end in (AWS CLI 2.35.13, aws-facts §4.6).
const PORTAL_SUFFIXES: [&str; 8] = [
    ".awsapps.com",
    ".awsapps.cn",
    ".app.aws",
    ".portal.amazonaws.com",
    ".portal.amazonaws.com.cn",
    ".portal.amazonaws.eu",
    ".api.amazonwebservices.eu",
    ".app.amazonwebservices.com.cn",
];
/// The hosts that all portals share (the same).
const PORTALS: [&str; 4] = [
    "identitycenter.amazonaws.com",
    "identitycenter.amazonaws.com.cn",
    "identitycenter.amazonaws.eu",
    "identitycenter.us-gov.amazonaws.com",
];

/// Who answers at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answerer {
    /// One of AWS's services, and never a customer.
    Aws,
    /// S3: one of AWS's services, but the first part of a request's path is the name of a bucket, whoever has that.
    Buckets,
    /// Perhaps a customer of AWS's, since the host is below one of its domains and has not the form of a service's.
    Customer,
    /// Anybody.
    Other,
}

/// Who answers at that host. A service's is `SERVICE`, `SERVICE.REGION`, or an interface endpoint of it in a VPC, below one
/// of AWS's suffixes.
pub(crate) fn answerer(host: &str) -> Answerer {
    match SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)) {
        Some(front) => match service(front) {
            Some(service) if has_buckets(service) => Answerer::Buckets,
            Some(_) => Answerer::Aws,
            None => Answerer::Customer,
        },
        None => Answerer::Other,
    }
}

/// The service whose host that is, in front of the suffix; none if it has not the form of one.
fn service(front: &str) -> Option<&str> {
    match front.strip_suffix(".vpce") {
        Some(endpoint) => behind_vpc_endpoint(endpoint),
        None => match front.rsplit_once('.') {
            None => Some(front).filter(|front| is_label(front)),
            Some((service, place)) => {
                (is_place(place) && (is_label(service) || is_of_several(service))).then_some(service)
            }
        },
    }
}

/// `vpce-ID.SERVICE.REGION`. A service of a customer's own is `vpce-svc-ID` there, and which API answers at
/// `execute-api` is said by a header.
fn behind_vpc_endpoint(text: &str) -> Option<&str> {
    let text = OF_S3.iter().find_map(|front| text.strip_prefix(front)).unwrap_or(text);
    let (id, rest) = text.split_once('.')?;
    let (service, region) = rest.rsplit_once('.')?;
    let is_service = is_label(service) && !service.starts_with("vpce-svc-") && service != "execute-api";
    let is_whole = id.starts_with("vpce-") && Region::new(region).is_ok() && (is_service || is_of_several(service));
    is_whole.then_some(service)
}

/// S3 in all its forms: `s3`, `s3-fips`, `s3-REGION`, `s3.dualstack`, `s3express-ZONE`. `s3tables` and the like are services
/// of their own, whose paths begin with words of their own.
fn has_buckets(service: &str) -> bool {
    let first = service.split('.').next().unwrap_or_default();
    first == "s3" || first.starts_with("s3-") || first.starts_with("s3express-")
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && !text.contains('.')
}

fn is_place(text: &str) -> bool {
    GLOBAL.contains(&text) || Region::new(text).is_ok()
}

fn is_of_several(text: &str) -> bool {
    let plain: Vec<&str> = text.split('.').map(|part| part.strip_suffix("-fips").unwrap_or(part)).collect();
    OF_SEVERAL.contains(&&*plain.join("."))
}

/// Whether that host is one where AWS has access portals of IAM Identity Center.
pub(crate) fn is_portal(host: &str) -> bool {
    let mut fronts = PORTAL_SUFFIXES.iter().filter_map(|suffix| host.strip_suffix(suffix));
    PORTALS.contains(&host) || fronts.any(|front| !front.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_every_partition_are_aws_s_own() {
        for host in [
            "sts.amazonaws.com",
            "sts.eu-west-1.amazonaws.com",
            "sts-fips.us-east-1.amazonaws.com",
            "sts.us-gov-west-1.amazonaws.com",
            "sts.cn-north-1.amazonaws.com.cn",
            "sts.eusc-de-east-1.amazonaws.eu",
            "sts.us-iso-east-1.c2s.ic.gov",
            "sts.us-isob-east-1.sc2s.sgov.gov",
            "sts.eu-isoe-west-1.cloud.adc-e.uk",
            "sts.us-isof-south-1.csp.hci.ic.gov",
            "ec2.us-east-1.api.aws",
            "ec2.cn-north-1.api.amazonwebservices.com.cn",
            "s3tables.us-east-1.amazonaws.com",
            "s3vectors.us-east-1.api.aws",
            "api.ecr.eu-west-1.amazonaws.com",
            "runtime-fips.lex.us-east-1.amazonaws.com",
            "a2i-runtime.sagemaker-fips.us-east-1.amazonaws.com",
            "portal.sso.eu-west-1.amazonaws.com",
            "iam.us-gov.amazonaws.com",
            "api.tunneling.iot-fips.us-east-1.amazonaws.com",
            "data.jobs.iot.us-east-1.api.aws",
            "iam.global.api.aws",
            "execute-api.us-east-1.amazonaws.com",
            "vpce-0a1b2c3d-4e5f6a7b.sts.us-east-1.vpce.amazonaws.com",
            "vpce-0a1b2c3d-4e5f6a7b-us-east-1a.api.ecr.us-east-1.vpce.amazonaws.com",
            "vpce-0a1b2c3d-4e5f6a7b.sts.cn-north-1.vpce.amazonaws.com.cn",
        ] {
            assert_eq!(answerer(host), Answerer::Aws, "{host}");
        }
    }

    #[test]
    fn s3_is_aws_s_own_and_takes_a_path_for_a_bucket() {
        for host in [
            "s3.amazonaws.com",
            "s3.us-east-1.amazonaws.com",
            "s3.cn-north-1.amazonaws.com.cn",
            "s3-us-west-2.amazonaws.com",
            "s3-fips.us-gov-west-1.amazonaws.com",
            "s3-accelerate.amazonaws.com",
            "s3-external-1.amazonaws.com",
            "s3-accesspoint.us-east-1.amazonaws.com",
            "s3-outposts.us-east-1.api.aws",
            "s3-control.dualstack.us-east-1.amazonaws.com",
            "s3-website-us-east-1.amazonaws.com",
            "s3-website.us-east-2.amazonaws.com",
            "s3express-use1-az4.us-east-1.amazonaws.com",
            "s3.dualstack.us-east-1.amazonaws.com",
            "s3-fips.dualstack.us-east-1.amazonaws.com",
            "bucket.vpce-0a1b2c3d-4e5f6a7b.s3.us-east-1.vpce.amazonaws.com",
            "vpce-0a1b2c3d-4e5f6a7b.s3.us-east-1.vpce.amazonaws.com",
        ] {
            assert_eq!(answerer(host), Answerer::Buckets, "{host}");
        }
    }

    #[test]
    fn what_customers_answer_at_and_what_only_looks_like_aws_is_not() {
        for host in [
            "evil.example",
            "amazonaws.com",
            "api.aws",
            "evilamazonaws.com",
            "sts.amazonaws.com.evil.example",
            "sts.us-east-1.amazonaws.com.cn.evil.example",
            "sts.amazonaws.co",
            "sts.evil-amazonaws.com",
            "evil.lambda-url.us-east-1.on.aws",
            "d111111abcdef8.cloudfront.net",
        ] {
            assert_eq!(answerer(host), Answerer::Other, "{host}");
        }
        for host in [
            "evil.s3.amazonaws.com",
            "evil.s3.us-east-1.amazonaws.com",
            "evil.s3-us-west-2.amazonaws.com",
            "evil.s3.dualstack.us-east-1.amazonaws.com",
            "evil.s3-website-us-east-1.amazonaws.com",
            "evil.s3-website.us-east-2.amazonaws.com",
            "sts.us-east-1.s3.amazonaws.com",
            "evil-111122223333.s3-accesspoint.us-east-1.amazonaws.com",
            "evil.execute-api.us-east-1.amazonaws.com",
            "evil-1.us-east-1.elb.amazonaws.com",
            "evil-1.elb.us-east-1.amazonaws.com",
            "ec2-203-0-113-5.us-west-2.compute.amazonaws.com",
            "ec2-203-0-113-5.compute-1.amazonaws.com",
            "search-evil.us-east-1.es.amazonaws.com",
            "evil.appsync-api.us-east-1.amazonaws.com",
            "a1b2.iot.us-east-1.amazonaws.com",
            "111122223333.dkr.ecr.us-east-1.amazonaws.com",
            "s-1.server.transfer.us-east-1.amazonaws.com",
            "vpce-0a1b.vpce-svc-0a1b.us-east-1.vpce.amazonaws.com",
            "vpce-0a1b.execute-api.us-east-1.vpce.amazonaws.com",
            "evil.vpce-0a1b.s3.us-east-1.vpce.amazonaws.com",
            "evil.s3.us-east-1.vpce.amazonaws.com",
            "vpce-0a1b.vpce.amazonaws.com",
        ] {
            assert_eq!(answerer(host), Answerer::Customer, "{host}");
        }
    }

    #[test]
    fn portals_are_those_of_aws_cli() {
        for host in [
            "corp.awsapps.com",
            "d-9067abcdef.awsapps.com",
            "start.home.awsapps.cn",
            "ssoins-1234.portal.eu-west-1.app.aws",
            "ssoins-1234.us-east-1.portal.amazonaws.com",
            "identitycenter.amazonaws.com",
            "identitycenter.us-gov.amazonaws.com",
        ] {
            assert!(is_portal(host), "{host}");
        }
        for host in [
            "awsapps.com",
            ".awsapps.com",
            "evilawsapps.com",
            "corp.awsapps.com.evil.example",
            "evil.identitycenter.amazonaws.com",
            "evil.s3.amazonaws.com",
            "sso.corp.example",
        ] {
            assert!(!is_portal(host), "{host}");
        }
    }
}
