//! Owns how fast a service is asked, and how long to wait before asking again. Must not read the clock or draw lots:
//! `now` is the time since some fixed start, `draw` a number from 0 to 1.

use std::time::Duration;

use super::Problem;

/// How much is asked at once before the rate holds: less than the quota of a second, since requests that leave at a rate do
/// not arrive at it, and a complaint costs more than a few of them.
const BURST: u32 = 15;
/// The portal's quota as users report it: 20 requests a second for a whole organisation (aws-facts §4.7).
const BASE: Duration = Duration::from_millis(50);
/// As slow as it gets.
const SLOWEST: Duration = Duration::from_secs(1);
/// Answers that arrive so soon after a slow-down were asked for before it.
const ECHO: Duration = Duration::from_millis(500);
/// The longest wait before a request is sent again.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How often a busy service is asked in all.
const TRIES_WHILE_THROTTLED: u32 = 10;
/// How often a failing one is.
const TRIES_WHILE_FAILING: u32 = 4;
/// How often one that can't be reached is; each try may take its time.
const TRIES_WHILE_UNREACHABLE: u32 = 2;

/// A rate that gives way when the service says so, and comes back.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Between two requests.
    interval: Duration,
    /// When the next one would be due if none were let through early.
    due: Duration,
    slowed_at: Option<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: BASE, due: Duration::ZERO, slowed_at: None }
    }
}

impl Pace {
    /// Takes the next turn; returns how long to wait for it.
    pub(crate) fn turn(&mut self, now: Duration) -> Duration {
        let due = self.due.max(now);
        self.due = due + self.interval;
        let head_start = if self.slowed_at.is_none() { self.interval * (BURST - 1) } else { Duration::ZERO };
        due.saturating_sub(now + head_start)
    }

    /// The service said that this is too fast.
    pub(crate) fn slow_down(&mut self, now: Duration) {
        if self.slowed_at.is_some_and(|at| now < at + ECHO) {
            return;
        }
        self.interval = (self.interval * 2).min(SLOWEST);
        self.due = self.due.max(now + self.interval);
        self.slowed_at = Some(now);
    }

    /// The service served a request.
    pub(crate) fn speed_up(&mut self) {
        self.interval = (self.interval * 19 / 20).max(BASE);
    }
}

/// How long to wait before a request is sent again that has been sent `tries` times, if that makes sense: back-off that
/// doubles, and the whole of it by lot, so that many who failed together do not come back together.
pub(crate) fn pause_before_retry(problem: Problem, tries: u32, draw: f64) -> Option<Duration> {
    let most = match problem {
        Problem::Throttled => TRIES_WHILE_THROTTLED,
        Problem::ServerFault => TRIES_WHILE_FAILING,
        Problem::Unreachable => TRIES_WHILE_UNREACHABLE,
        _ => 0,
    };
    let longest = Duration::from_millis(200).saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_WAIT);
    (tries < most).then(|| longest.mul_f64(draw.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// When each of `count` requests that all want to go at once is sent.
    fn sent(pace: &mut Pace, now: Duration, count: usize) -> Vec<Duration> {
        (0..count).map(|_| now + pace.turn(now)).collect()
    }

    #[test]
    fn some_go_at_once_and_then_twenty_a_second() {
        let sent = sent(&mut Pace::default(), at(5), 200);
        assert_eq!((sent[0], sent[14], sent[15], sent[199]), (at(5), at(5), at(55), at(5 + 185 * 50)));
        let fullest = (0..200).map(|first| {
            sent.iter().filter(|at| **at >= sent[first] && **at < sent[first] + Duration::from_secs(1)).count()
        });
        assert!(fullest.max() <= Some(35), "no second sees more than the burst and the rate");
    }

    #[test]
    fn after_a_pause_there_is_a_burst_again_and_not_more() {
        let mut pace = Pace::default();
        drop(sent(&mut pace, at(0), 100));
        let sent = sent(&mut pace, at(60_000), 16);
        assert_eq!((sent[14], sent[15]), (at(60_000), at(60_050)));
    }

    #[test]
    fn twenty_complaints_at_once_halve_the_rate_once_and_success_brings_it_back() {
        let mut pace = Pace::default();
        drop(sent(&mut pace, at(0), 20));
        for _ in 0..20 {
            pace.slow_down(at(10));
        }
        assert_eq!(pace.interval, at(100));
        let sent = sent(&mut pace, at(10), 3);
        assert!(sent[1] == sent[0] + at(100) && sent[0] >= at(100), "{sent:?}");
        pace.slow_down(at(600));
        assert_eq!(pace.interval, at(200));
        for _ in 0..100 {
            pace.speed_up();
        }
        assert_eq!(pace.interval, BASE);
    }

    #[test]
    fn waits_grow_and_end() {
        let wait = |tries| pause_before_retry(Problem::Throttled, tries, 1.0);
        assert_eq!((wait(1), wait(2), wait(9), wait(10)), (Some(at(400)), Some(at(800)), Some(LONGEST_WAIT), None));
        assert_eq!(pause_before_retry(Problem::ServerFault, 1, 0.5), Some(at(200)));
        assert_eq!(pause_before_retry(Problem::ServerFault, 4, 0.5), None);
        assert_eq!(pause_before_retry(Problem::NotAssigned, 1, 0.5), None);
    }
}
