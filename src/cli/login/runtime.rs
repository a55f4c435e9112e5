//! Owns the asynchronous runtime, which only commands that talk to AWS start.

use tokio::runtime::Runtime;

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::system::interrupt;

/// Runs on the calling thread alone.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::new(Exit::Unavailable, "can't start the network runtime").because(&error))
}

/// Runs `work` on a runtime of its own, until it is done or the person presses Ctrl-C.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let listener = interrupt::listen();
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            result = work => Ok(result),
            () = listener.pressed() => Err(Failure::one_line(Exit::Interrupted, "interrupted")),
        }
    });
    // Name resolution runs in a thread that can't be stopped, and may go on for a minute.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::run;

    #[test]
    fn what_the_system_searches_for_is_not_waited_for_at_the_end() {
        let (end, ended) = channel();
        let (tell, told) = channel();
        run(async {
            tokio::task::spawn_blocking(move || tell.send(ended.recv_timeout(Duration::from_secs(20)).is_ok()));
        })
        .unwrap();
        end.send(()).expect("the search goes on");
        assert!(told.recv().unwrap());
    }
}
