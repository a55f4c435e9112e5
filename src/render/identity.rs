//! Owns the environment variables of an AWS identity, and the changes that give a program another one. Must not read the
//! environment.

use std::collections::BTreeMap;

use crate::model::{Credentials, ProfileName, utc};
use crate::secret::Secret;

/// The regions that [`EnvChange::to`] sets beside the identity: AWS CLI reads the first, boto3 the second (aws-facts §3).
pub(crate) const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The region that awsauth has set. Another one was set by somebody else since, and is left alone.
pub(crate) const OWN_REGION: &str = "AWSAUTH_REGION";

/// A setting of a profile that programs get by a variable.
#[derive(Debug)]
pub(crate) struct CarriedSetting {
    /// The setting; a point leads into a nested block.
    key: &'static str,
    /// AWS's variable of the same meaning. One that the person has set wins, as it does for AWS's SDKs.
    pub(crate) variable: &'static str,
    /// The variable with the same value that shows that awsauth has set it, and may unset it.
    pub(crate) mark: &'static str,
}

/// Settings that change the destination of requests, and `output`.
pub(crate) const CARRIED_SETTINGS: [CarriedSetting; 6] = [
    carried("endpoint_url", "AWS_ENDPOINT_URL", "AWSAUTH_ENDPOINT_URL"),
    carried("s3.endpoint_url", "AWS_ENDPOINT_URL_S3", "AWSAUTH_ENDPOINT_URL_S3"),
    carried(
        "ignore_configured_endpoint_urls",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWSAUTH_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ),
    carried("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", "AWSAUTH_USE_FIPS_ENDPOINT"),
    carried("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", "AWSAUTH_USE_DUALSTACK_ENDPOINT"),
    carried("output", "AWS_DEFAULT_OUTPUT", "AWSAUTH_DEFAULT_OUTPUT"),
];

const fn carried(key: &'static str, variable: &'static str, mark: &'static str) -> CarriedSetting {
    CarriedSetting { key, variable, mark }
}

/// The variables that carry or select an identity: one that a profile does not set must not remain from another profile.
///
/// Variables about the way to AWS are no identity, and remain unless awsauth set them: endpoints, files (`AWS_CONFIG_FILE`,
/// `AWS_SHARED_CREDENTIALS_FILE`), CA, retries, FIPS, `AWS_EC2_METADATA_DISABLED` (keys in the environment are taken before
/// the metadata service is asked). Regions stay too, unless awsauth set them or the profile has one.
pub(crate) const IDENTITY_VARIABLES: [&str; 36] = [
    // What every SDK signs with (aws-facts §7). botocore takes AWS_SECURITY_TOKEN for a session's token.
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
    // JavaScript's SDK only.
    "AWS_CREDENTIAL_SCOPE",
    // Older spellings, which Go's and Java 1's SDK read if the usual ones are missing, Java even before those.
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    // A file of keys from the days of the EC2 tools; botocore reads it.
    "AWS_CREDENTIAL_FILE",
    // The profile: boto3 asks for the second first (aws-facts §3), and JavaScript's SDK takes it before keys.
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    // A role by a web token, as in Kubernetes and GitHub Actions.
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    // A role by an endpoint, as in ECS and EKS, and the word that opens it.
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    // What other tools of this kind leave beside the keys that they set. Prompts show it, and aws-vault refuses to run
    // where AWS_VAULT is set, so it must not name an old identity.
    "AWS_VAULT",
    "AWS_SESSION_EXPIRATION",
    "AWSUME_PROFILE",
    "AWSUME_EXPIRATION",
    "AWSU_PROFILE",
    "AWS_SSO",
    "AWS_SSO_PROFILE",
    "AWS_SSO_ACCOUNT_ID",
    "AWS_SSO_ROLE_NAME",
    "AWS_SSO_ROLE_ARN",
    "AWS_SSO_SESSION_EXPIRATION",
    "GRANTED_SSO",
    "GRANTED_SSO_START_URL",
    "GRANTED_SSO_ROLE_NAME",
    "GRANTED_SSO_ACCOUNT_ID",
    "GRANTED_SSO_REGION",
    // awsauth's own word for prompts.
    "AWSAUTH_PROFILE",
];

/// The identity variables that carry a secret, or the way to one.
pub(crate) const SECRET_VARIABLES: [&str; 11] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// True for a key for one service, such as `AWS_BEARER_TOKEN_BEDROCK`: the SDKs take it before all others.
pub(crate) fn is_bearer_token(name: &str) -> bool {
    let service = name.strip_prefix("AWS_BEARER_TOKEN_").unwrap_or_default();
    // The name itself becomes a line of a shell.
    !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The variables of an environment that matter when it gets another identity.
#[derive(Debug, Default)]
pub(crate) struct InheritedVariables {
    /// Variables of another identity.
    pub(crate) to_unset: Vec<String>,
    /// Variables of [`CARRIED_SETTINGS`] that the person has set.
    pub(crate) set_by_user: Vec<&'static str>,
}

/// The changes to an environment.
#[derive(Debug)]
pub(crate) struct EnvChange {
    pub(crate) set: Vec<(&'static str, Secret)>,
    /// None of them is in `set`.
    pub(crate) unset: Vec<String>,
}

impl EnvChange {
    /// Unsets the inherited variables.
    pub(crate) fn to_nobody(inherited: InheritedVariables) -> Self {
        Self { set: Vec::new(), unset: inherited.to_unset }
    }

    /// Sets `AWS_PROFILE` alone. Region and endpoints come from AWS's files, so those that awsauth set before are unset.
    pub(crate) fn by_name(name: &ProfileName, inherited: InheritedVariables) -> Self {
        Self::with(vec![("AWS_PROFILE", Secret::new(name.as_str()))], name, &BTreeMap::new(), inherited)
    }

    /// Sets the credentials and the destination of a profile, and unsets the other inherited variables. `values` are those of
    /// [`Profile::values`](crate::model::Profile::values).
    pub(crate) fn to(
        name: &ProfileName,
        values: &BTreeMap<String, String>,
        credentials: &Credentials,
        inherited: InheritedVariables,
    ) -> Self {
        let mut set = vec![
            ("AWS_ACCESS_KEY_ID", Secret::new(credentials.access_key_id.clone())),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone()),
        ];
        if let Some(token) = &credentials.session_token {
            set.push(("AWS_SESSION_TOKEN", token.clone()));
        }
        if let Some(expiration) = credentials.expiration {
            set.push(("AWS_CREDENTIAL_EXPIRATION", Secret::new(utc(expiration))));
        }
        Self::with(set, name, values, inherited)
    }

    /// As [`Self::to`], with `set` in place of the credentials.
    pub(crate) fn with(
        mut set: Vec<(&'static str, Secret)>,
        name: &ProfileName,
        values: &BTreeMap<String, String>,
        inherited: InheritedVariables,
    ) -> Self {
        if let Some(region) = values.get("region") {
            set.extend(REGION_VARIABLES.map(|name| (name, Secret::new(region))));
            set.push((OWN_REGION, Secret::new(region)));
        }
        for CarriedSetting { key, variable, mark } in CARRIED_SETTINGS {
            if let Some(value) = values.get(key).filter(|_| !inherited.set_by_user.contains(&variable)) {
                set.extend([variable, mark].map(|name| (name, Secret::new(value))));
            }
        }
        set.push(("AWSAUTH_PROFILE", Secret::new(name.as_str())));
        let is_left = |name: &String| !set.iter().any(|(set, _)| set == name);
        let unset = inherited.to_unset.into_iter().filter(is_left).collect();
        Self { set, unset }
    }

    /// True if `name` is the profile afterwards.
    pub(crate) fn is_to(&self, name: &ProfileName) -> bool {
        self.set.iter().any(|(variable, value)| *variable == "AWSAUTH_PROFILE" && value.expose() == name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_with_a_secret_carries_an_identity() {
        assert!(SECRET_VARIABLES.iter().all(|name| IDENTITY_VARIABLES.contains(name)));
    }

    #[test]
    fn a_bearer_token_is_known_by_its_prefix_and_its_name_is_a_word() {
        assert!(is_bearer_token("AWS_BEARER_TOKEN_BEDROCK"));
        for name in ["AWS_BEARER_TOKEN_", "AWS_BEARER_TOKEN", "AWS_BEARER_TOKEN_A;reboot", "AWS_BEARER_TOKEN_É", ""] {
            assert!(!is_bearer_token(name), "{name}");
        }
    }
}
