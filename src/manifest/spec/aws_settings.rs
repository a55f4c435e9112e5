//! Owns the AWS settings that a profile may have, and those that it must not have, with the reason. Sources: the AWS SDKs and
//! Tools Reference Guide, and AWS CLI's configuration variables. A few settings of other programs, which tell nobody where
//! credentials come from, are carried along (aws-facts §12).

use SettingType::{Empty, Endpoint, Flag, Nested, Number, Size, Text, Word};

#[derive(Debug, Clone, Copy)]
pub(crate) enum SettingType {
    /// Any text that the config file can hold, such as this.
    Text(&'static str),
    /// Nothing but the empty text: any other one names a program.
    Empty,
    Word(&'static [&'static str]),
    Flag,
    /// The least value, and an example.
    Number(i64, i64),
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
}

impl SettingSpec {
    /// As JSON, which is valid TOML as well.
    pub(crate) fn example(&self) -> String {
        match self.takes {
            Text(example) => format!("\"{example}\""),
            Empty => "\"\"".to_owned(),
            Word(words) => format!("\"{}\"", words[0]),
            Flag => "true".to_owned(),
            Number(_, example) => example.to_string(),
            Size => "\"64MB\"".to_owned(),
            Endpoint => "\"http://localhost:4566\"".to_owned(),
            Nested(list) => format!("{{\"{}\": {}}}", list[0].name, list[0].example()),
        }
    }
}

const fn setting(name: &'static str, takes: SettingType, doc: &'static str) -> SettingSpec {
    SettingSpec { name, takes, doc }
}

const CHECKSUM: SettingType = Word(&["when_supported", "when_required"]);
const REGIONAL: SettingType = Word(&["regional", "legacy"]);

const S3: &[SettingSpec] = &[
    setting("addressing_style", Word(&["path", "virtual", "auto"]), "Where bucket names stand in URLs."),
    setting(
        "endpoint_url",
        Endpoint,
        "The URL for requests to S3: on this machine (http is allowed), or on a host in `allow_hosts` of your own \
         profiles.local.toml.",
    ),
    setting("max_bandwidth", Text("50MB/s"), "The most bandwidth to use."),
    setting("max_concurrent_requests", Number(1, 20), "The most requests at one time."),
    setting("max_queue_size", Number(1, 10_000), "The most tasks in the queue."),
    setting("multipart_chunksize", Size, "The size of each part of a multipart transfer."),
    setting("multipart_threshold", Size, "The size from which files are transferred in parts."),
    setting("payload_signing_enabled", Flag, "Sign request bodies."),
    setting("preferred_transfer_client", Word(&["crt", "classic", "auto", "default"]), "The client for transfers."),
    setting("target_bandwidth", Text("5Gb/s"), "The bandwidth that the CRT client aims for."),
    setting("us_east_1_regional_endpoint", REGIONAL, "The endpoint for us-east-1."),
    setting("use_accelerate_endpoint", Flag, "Use S3 Transfer Acceleration."),
    setting("use_dualstack_endpoint", Flag, "Use endpoints that answer over IPv6 too."),
];

/// Every setting that a profile may carry, by name.
pub(crate) const SETTINGS: &[SettingSpec] = &[
    setting(
        "account_id_endpoint_mode",
        Word(&["preferred", "disabled", "required"]),
        "Use endpoints with the account id.",
    ),
    setting("auth_scheme_preference", Text("sigv4a,sigv4"), "The order in which signing schemes are tried."),
    setting("aws_account_id", Text("123456789012"), "The account's number, for other programs."),
    setting("cli_auto_prompt", Word(&["on-partial", "on", "off"]), "AWS CLI's auto-prompt."),
    setting("cli_binary_format", Word(&["raw-in-base64-out", "base64"]), "How AWS CLI reads binary parameters."),
    setting(
        "cli_error_format",
        Word(&["enhanced", "json", "yaml", "text", "table", "legacy"]),
        "How AWS CLI prints errors.",
    ),
    setting("cli_follow_urlparam", Flag, "Let AWS CLI fetch URLs that are given as parameters."),
    setting(
        "cli_history",
        Word(&["disabled", "enabled"]),
        "AWS CLI's record of commands and answers; `enabled` only in your own profiles.local.toml.",
    ),
    setting("cli_pager", Empty, "AWS CLI's pager; only the empty text, for no pager, is allowed here."),
    setting("cli_timestamp_format", Word(&["iso8601", "wire", "none"]), "How AWS CLI prints times."),
    setting("color", Text("ff0000"), "A colour for AWS Extend Switch Roles; no tool of AWS's reads it."),
    setting(
        "defaults_mode",
        Word(&["standard", "legacy", "in-region", "cross-region", "mobile", "auto"]),
        "The SDKs' set of defaults.",
    ),
    setting("disable_request_compression", Flag, "Send request bodies uncompressed."),
    setting("ec2_metadata_v1_disabled", Flag, "Never fall back to version 1 of the instance metadata service."),
    setting("endpoint_discovery_enabled", Word(&["auto", "true", "false"]), "Discover endpoints."),
    setting(
        "endpoint_url",
        Endpoint,
        "The URL for requests to all services: on this machine (http is allowed), or on a host in `allow_hosts` of \
         your own profiles.local.toml.",
    ),
    setting("granted_color", Text("red"), "The colour of its console in granted; no tool of AWS's reads it."),
    setting("granted_icon", Text("briefcase"), "The icon of its console in granted; no tool of AWS's reads it."),
    setting("ignore_configured_endpoint_urls", Flag, "Ignore configured endpoint URLs."),
    setting(
        "image",
        Text("https://example.com/a.png"),
        "An image for AWS Extend Switch Roles; no tool of AWS's reads it.",
    ),
    setting(
        "include_profile",
        Text("base"),
        "The section that aws-vault takes more settings from; no tool of AWS's reads it.",
    ),
    setting("max_attempts", Number(1, 5), "The most attempts for one request."),
    setting("metadata_service_num_attempts", Number(1, 2), "The most attempts to reach the instance metadata service."),
    setting("metadata_service_timeout", Number(1, 2), "Seconds to wait for the instance metadata service."),
    setting("parameter_validation", Flag, "Let AWS CLI check parameters before it sends them."),
    setting("parent_profile", Text("base"), "The older name of `include_profile`."),
    setting("request_checksum_calculation", CHECKSUM, "When requests get a checksum."),
    setting(
        "request_min_compression_size_bytes",
        Number(0, 10_240),
        "The size from which request bodies are compressed.",
    ),
    setting("response_checksum_validation", CHECKSUM, "When checksums of responses are checked."),
    setting("retry_mode", Word(&["standard", "adaptive", "legacy"]), "How requests are retried."),
    setting("s3", Nested(S3), "Settings of `aws s3`."),
    setting("s3_disable_express_session_auth", Flag, "Use no sessions with S3 Express One Zone."),
    setting("s3_disable_multiregion_access_points", Flag, "Refuse multi-Region access points."),
    setting("s3_us_east_1_regional_endpoint", REGIONAL, "The endpoint for us-east-1."),
    setting("s3_use_arn_region", Flag, "Send requests to the region of an ARN."),
    setting("sdk_ua_app_id", Text("payments"), "The application's name in the user agent."),
    setting("sigv4a_signing_region_set", Text("us-west-2, us-east-1"), "The regions that a SigV4a signature is for."),
    setting("sts_regional_endpoints", REGIONAL, "The endpoints of STS."),
    setting("tcp_keepalive", Flag, "Send keep-alive packets on open connections."),
    setting("use_dualstack_endpoint", Flag, "Use endpoints that answer over IPv6 too."),
    setting("use_fips_endpoint", Flag, "Use FIPS endpoints."),
];

/// Values that make a program keep, log or send more than it would, each with the reason: a shared file can't give them.
const PERSONAL: [(&str, &str, &str); 1] =
    [("cli_history", "enabled", "AWS CLI would keep every command and answer in a file, credentials too")];

/// Returns the reason why only the person's own file may give that value, if so.
pub(crate) fn personal(name: &str, value: &str) -> Option<&'static str> {
    PERSONAL.iter().find(|(one, what, _)| *one == name && *what == value).map(|(.., reason)| *reason)
}

pub(crate) const NAMES_A_PROGRAM: &str = "it names a program, and a manifest can't run one";

/// Returns the reason why a setting is refused. It covers documented names and families of names only; an unknown name is
/// another finding.
pub(crate) fn refusal(name: &str) -> Option<&'static str> {
    const ORIGIN: &str = "it changes where credentials come from";
    let name = name.to_ascii_lowercase();
    // The environment variable of a setting has its name after `AWS_`.
    Some(match bare(&name) {
        "credential_process" | "cli_legacy_plugin_path" | "mfa_process" | "plugins" => NAMES_A_PROGRAM,
        "role_arn"
        | "source_profile"
        | "credential_source"
        | "sso_session"
        | "sso_start_url"
        | "sso_region"
        | "sso_account_id"
        | "sso_role_name"
        | "web_identity_token_file"
        | "login_session"
        | "ec2_metadata_service_endpoint"
        | "ec2_metadata_service_endpoint_mode" => ORIGIN,
        "ca_bundle" => "it names a file outside the manifest's directory; set AWS_CA_BUNDLE instead",
        "services" => "it names a section whose addresses awsauth can't check; use `endpoint_url`, for S3 that of `s3`",
        _ if name.starts_with("aws_") && ["key", "token", "secret"].iter().any(|word| name.contains(word)) => {
            "keys and tokens are secrets, and the manifest holds none"
        }
        _ if name.starts_with("awsauth_") => "it is awsauth's own",
        _ => return None,
    })
}

fn bare(name: &str) -> &str {
    name.strip_prefix("aws_").unwrap_or(name)
}

/// Finds a setting by its own name, or by that of its environment variable.
pub(crate) fn of_variable(name: &str) -> Option<&'static SettingSpec> {
    find(SETTINGS, bare(&name.to_ascii_lowercase()))
}

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
