//! Prints who Rust's `aws-config` is: the ARN of `GetCallerIdentity` for the profile in `AWS_PROFILE`, and again for each line of
//! stdin if `READER_REPEATS`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its whole purpose is to print")]

use std::process::ExitCode;

use aws_config::BehaviorVersion;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_sdk_sts::error::DisplayErrorContext;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.expect("a current-thread runtime needs nothing").block_on(identity()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Asks STS with whatever the default chain finds; without TLS, since the fake is on loopback.
async fn identity() -> Result<(), String> {
    #[expect(clippy::disallowed_methods, reason = "it is no part of awsauth")]
    let repeats = std::env::var_os("READER_REPEATS").is_some();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled());
    // It would ask for credentials again only when they have seconds left.
    let loader = if repeats { loader.identity_cache(IdentityCache::no_cache()) } else { loader };
    let config = loader.load().await;
    let client = aws_sdk_sts::Client::new(&config);
    loop {
        let answer = client.get_caller_identity().send().await;
        let answer = answer.map_err(|error| DisplayErrorContext(error).to_string())?;
        println!("{}", answer.arn().unwrap_or_default());
        if !repeats || std::io::stdin().read_line(&mut String::new()).is_ok_and(|count| count == 0) {
            return Ok(());
        }
    }
}
