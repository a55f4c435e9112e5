//! Owns the credentials that AWS gives to an EC2 instance or a container.

use std::error::Error;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials as SdkCredentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use jiff::Timestamp;

use super::client::Aws;
use crate::model::Credentials;
use crate::secret::Secret;

impl Aws {
    /// Asks the instance metadata service. The error is the words of the cause.
    pub(crate) async fn instance_credentials(&self) -> Result<Credentials, String> {
        let config = self.machine_config()?;
        let provider = ImdsCredentialsProvider::builder().configure(&config).build();
        read(provider.provide_credentials().await)
    }

    /// Asks the address that `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI` names.
    pub(crate) async fn container_credentials(&self) -> Result<Credentials, String> {
        let config = self.machine_config()?;
        let provider = EcsCredentialsProvider::builder().configure(&config).build();
        read(provider.provide_credentials().await)
    }

    fn machine_config(&self) -> Result<ProviderConfig, String> {
        let client = self.machine_client().map_err(|error| error.to_string())?;
        Ok(ProviderConfig::without_region().with_http_client(client))
    }
}

fn read(answer: Result<SdkCredentials, CredentialsError>) -> Result<Credentials, String> {
    let given = answer.map_err(|error| words(&error))?;
    let credentials = Credentials {
        access_key_id: given.access_key_id().to_owned(),
        secret_access_key: Secret::new(given.secret_access_key()),
        session_token: given.session_token().map(Secret::new),
        expiration: given.expiry().and_then(|end| Timestamp::try_from(end).ok()),
    };
    if credentials.is_sendable() { Ok(credentials) } else { Err("AWS never gives such keys".to_owned()) }
}

/// The innermost cause: what is around it are the names of the SDK's own parts.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
