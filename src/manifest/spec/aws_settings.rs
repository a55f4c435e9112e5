//! Owns the list of AWS settings that a profile may carry, and of those that it must not, with the reason. From the
//! AWS SDKs and Tools Reference Guide and AWS CLI's configuration variables.

#[derive(Debug, Clone, Copy)]
pub(crate) enum SettingType {
    /// Any text that the config file can hold.
    Text,
    /// Nothing but the empty text: any other one names a program.
    Empty,
    Word(&'static [&'static str]),
    Flag,
    /// A whole number, at least this.
    Number(i64),
    /// A size such as `64MB`, or a number of bytes.
    Size,
    /// A URL of this machine, or of a host that the person allows.
    Endpoint,
    Nested(&'static [SettingSpec]),
}

#[derive(Debug)]
pub(crate) struct SettingSpec {
    pub(crate) name: &'static str,
    pub(crate) takes: SettingType,
    pub(crate) doc: &'static str,
    /// A value as JSON.
    pub(crate) example: &'static str,
}

const fn known(name: &'static str, takes: SettingType, doc: &'static str, example: &'static str) -> SettingSpec {
    SettingSpec { name, takes, doc, example }
}

const CHECKSUM: SettingType = SettingType::Word(&["when_supported", "when_required"]);
const REGIONAL: SettingType = SettingType::Word(&["legacy", "regional"]);

const S3: &[SettingSpec] = &[
    known(
        "addressing_style",
        SettingType::Word(&["path", "virtual", "auto"]),
        "How bucket names stand in URLs.",
        "\"path\"",
    ),
    known(
        "endpoint_url",
        SettingType::Endpoint,
        "The URL that requests to S3 go to: this machine (over http too), or a host that `allow_hosts` in your own \
         profiles.local.toml has.",
        "\"http://localhost:4566\"",
    ),
    known("max_bandwidth", SettingType::Text, "The most bandwidth to use.", "\"50MB/s\""),
    known("max_concurrent_requests", SettingType::Number(1), "The most requests at one time.", "20"),
    known("max_queue_size", SettingType::Number(1), "The most tasks in the queue.", "10000"),
    known("multipart_chunksize", SettingType::Size, "The size of one part.", "\"16MB\""),
    known("multipart_threshold", SettingType::Size, "The size from which on parts are used.", "\"64MB\""),
    known("payload_signing_enabled", SettingType::Flag, "Whether bodies are signed.", "true"),
    known(
        "preferred_transfer_client",
        SettingType::Word(&["auto", "classic", "crt", "default"]),
        "Which client does transfers.",
        "\"crt\"",
    ),
    known("target_bandwidth", SettingType::Text, "The bandwidth that the CRT client aims at.", "\"5Gb/s\""),
    known("us_east_1_regional_endpoint", REGIONAL, "Which endpoint serves us-east-1.", "\"regional\""),
    known("use_accelerate_endpoint", SettingType::Flag, "Whether S3 Transfer Acceleration is used.", "true"),
    known("use_dualstack_endpoint", SettingType::Flag, "Whether IPv6 endpoints are used.", "true"),
];

/// Every setting that a profile may carry, by name.
pub(crate) const SETTINGS: &[SettingSpec] = &[
    known(
        "account_id_endpoint_mode",
        SettingType::Word(&["preferred", "disabled", "required"]),
        "Whether endpoints name the account.",
        "\"preferred\"",
    ),
    known("auth_scheme_preference", SettingType::Text, "The order of signing schemes.", "\"sigv4a,sigv4\""),
    known(
        "cli_auto_prompt",
        SettingType::Word(&["on", "on-partial", "off"]),
        "AWS CLI's auto-prompt.",
        "\"on-partial\"",
    ),
    known(
        "cli_binary_format",
        SettingType::Word(&["base64", "raw-in-base64-out"]),
        "How AWS CLI reads binary parameters.",
        "\"raw-in-base64-out\"",
    ),
    known("cli_follow_urlparam", SettingType::Flag, "Whether AWS CLI fetches URLs given as parameters.", "false"),
    known(
        "cli_history",
        SettingType::Word(&["enabled", "disabled"]),
        "Whether AWS CLI records commands and answers; `enabled` only in your own profiles.local.toml.",
        "\"disabled\"",
    ),
    known("cli_pager", SettingType::Empty, "AWS CLI's pager; the empty one, which is none, can stand here.", "\"\""),
    known(
        "cli_timestamp_format",
        SettingType::Word(&["none", "iso8601", "wire"]),
        "How AWS CLI prints times.",
        "\"iso8601\"",
    ),
    known(
        "defaults_mode",
        SettingType::Word(&["legacy", "standard", "in-region", "cross-region", "mobile", "auto"]),
        "The SDKs' set of defaults.",
        "\"standard\"",
    ),
    known("disable_request_compression", SettingType::Flag, "Whether request bodies stay uncompressed.", "true"),
    known(
        "ec2_metadata_v1_disabled",
        SettingType::Flag,
        "Whether version 1 of the instance metadata is refused.",
        "true",
    ),
    known(
        "endpoint_discovery_enabled",
        SettingType::Word(&["true", "false", "auto"]),
        "Whether endpoints are discovered.",
        "\"auto\"",
    ),
    known(
        "endpoint_url",
        SettingType::Endpoint,
        "The URL that requests to all services go to: this machine (over http too), or a host that `allow_hosts` in your own \
         profiles.local.toml has.",
        "\"http://localhost:4566\"",
    ),
    known(
        "ignore_configured_endpoint_urls",
        SettingType::Flag,
        "Whether configured endpoint URLs are ignored.",
        "true",
    ),
    known("max_attempts", SettingType::Number(1), "The most attempts for one request.", "5"),
    known(
        "metadata_service_num_attempts",
        SettingType::Number(1),
        "The most attempts to reach instance metadata.",
        "2",
    ),
    known("metadata_service_timeout", SettingType::Number(1), "Seconds to wait for instance metadata.", "2"),
    known("parameter_validation", SettingType::Flag, "Whether AWS CLI checks parameters before sending.", "true"),
    known("request_checksum_calculation", CHECKSUM, "When requests get a checksum.", "\"when_required\""),
    known("request_min_compression_size_bytes", SettingType::Number(0), "The least size to compress.", "10240"),
    known("response_checksum_validation", CHECKSUM, "When checksums of responses are checked.", "\"when_required\""),
    known(
        "retry_mode",
        SettingType::Word(&["legacy", "standard", "adaptive"]),
        "How requests are retried.",
        "\"adaptive\"",
    ),
    known("s3", SettingType::Nested(S3), "Settings of `aws s3`.", "{\"addressing_style\": \"path\"}"),
    known("s3_disable_express_session_auth", SettingType::Flag, "Whether S3 Express sessions are off.", "true"),
    known(
        "s3_disable_multiregion_access_points",
        SettingType::Flag,
        "Whether multi-region access points are off.",
        "true",
    ),
    known("s3_us_east_1_regional_endpoint", REGIONAL, "Which endpoint serves us-east-1.", "\"regional\""),
    known("s3_use_arn_region", SettingType::Flag, "Whether the region of an ARN is used.", "true"),
    known("sdk_ua_app_id", SettingType::Text, "The application's name in the user agent.", "\"payments\""),
    known(
        "sigv4a_signing_region_set",
        SettingType::Text,
        "The regions of a SigV4a signature.",
        "\"us-west-2, us-east-1\"",
    ),
    known("sts_regional_endpoints", REGIONAL, "Whether STS's regional endpoints are used.", "\"regional\""),
    known("tcp_keepalive", SettingType::Flag, "Whether connections are kept alive.", "true"),
    known("use_dualstack_endpoint", SettingType::Flag, "Whether IPv6 endpoints are used.", "true"),
    known("use_fips_endpoint", SettingType::Flag, "Whether FIPS endpoints are used.", "true"),
];

/// Values that make a program keep, log or send more than it would, each with what that is: a shared file can't give them.
/// Of all other settings, no value does. (Other programs' words for it, such as `csm_enabled`, are no settings here.)
const PERSONAL: [(&str, &str, &str); 1] =
    [("cli_history", "enabled", "AWS CLI would keep every command and answer in a file, credentials too")];

/// Provenance only the person's own file may give that value, if so.
pub(crate) fn personal(name: &str, value: &str) -> Option<&'static str> {
    PERSONAL.iter().find(|(one, what, _)| *one == name && *what == value).map(|(.., reason)| *reason)
}

/// Provenance a setting is refused that AWS CLI would run.
pub(crate) const NAMES_A_PROGRAM: &str = "it names a program, and the manifest can't run one";

/// Provenance a setting is refused, if it is. Only documented names and families of names; what is merely unknown is refused
/// elsewhere.
pub(crate) fn refusal(name: &str) -> Option<&'static str> {
    const ORIGIN: &str = "it changes where credentials come from";
    let name = name.to_ascii_lowercase();
    // Environment variables have AWS's names with `AWS_` in front.
    Some(match bare(&name) {
        "credential_process" | "cli_legacy_plugin_path" | "mfa_process" | "plugins" => NAMES_A_PROGRAM,
        "role_arn"
        | "source_profile"
        | "credential_source"
        | "web_identity_token_file"
        | "login_session"
        | "ec2_metadata_service_endpoint"
        | "ec2_metadata_service_endpoint_mode" => ORIGIN,
        bare if bare.starts_with("sso_") => ORIGIN,
        "ca_bundle" => "it names a file outside the manifest's directory; set AWS_CA_BUNDLE instead",
        "services" => "it names a section that awsauth does not write; use `endpoint_url`",
        _ if name.starts_with("aws_") && ["key", "token", "secret"].iter().any(|word| name.contains(word)) => {
            "keys and tokens are secrets, and the manifest holds none"
        }
        _ if name.starts_with("awsauth_") => "it is awsauth's own",
        _ => return None,
    })
}

/// AWS's name of a setting, of which `name` may be the environment variable in lower case.
fn bare(name: &str) -> &str {
    name.strip_prefix("aws_").unwrap_or(name)
}

/// The setting that an environment variable of that name, or the name itself, sets.
pub(crate) fn of_variable(name: &str) -> Option<&'static SettingSpec> {
    find(SETTINGS, bare(&name.to_ascii_lowercase()))
}

/// The setting of that name in a list.
pub(crate) fn find(list: &'static [SettingSpec], name: &str) -> Option<&'static SettingSpec> {
    list.iter().find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_a_key_or_token_is_called_a_secret() {
        let is_secret = |name: &str| refusal(name).is_some_and(|reason| reason.contains("secrets"));
        for name in ["aws_access_key_id", "AWS_SECRET_ACCESS_KEY", "aws_security_token", "AWS_BEARER_TOKEN_BEDROCK"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["AWS_MAX_ATTEMPTS", "aws_region", "aws_account_id", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
            assert!(!is_secret(name), "{name}");
        }
        assert_eq!(refusal("AWS_MAX_ATTEMPTS"), None);
        assert_eq!(refusal("AWS_CA_BUNDLE"), refusal("ca_bundle"));
    }

    #[test]
    fn no_setting_is_both_known_and_refused_and_names_are_portable() {
        for known in SETTINGS.iter().chain(S3) {
            assert_eq!(refusal(known.name), None, "{}", known.name);
            assert!(
                known.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{}",
                known.name
            );
        }
        assert!(SETTINGS.is_sorted_by_key(|known| known.name) && S3.is_sorted_by_key(|known| known.name));
    }
}
