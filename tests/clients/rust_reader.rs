//! Prints who Rust's `aws-config` is: the ARN of `GetCallerIdentity` for the profile in `AWS_PROFILE`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its whole purpose is to print")]

use std::process::ExitCode;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_sdk_sts::error::DisplayErrorContext;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.expect("a current-thread runtime needs nothing").block_on(identity()) {
        Ok(arn) => {
            println!("{arn}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Asks STS with whatever the default chain finds; without TLS, since the fake is on loopback.
async fn identity() -> Result<String, String> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .load()
        .await;
    let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let answer = answer.map_err(|error| DisplayErrorContext(error).to_string())?;
    Ok(answer.arn().unwrap_or_default().to_owned())
}
