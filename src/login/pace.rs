//! Owns how fast a service is asked, and how long to wait before asking again. Must not read the clock or draw lots:
//! `now` is the time since some fixed start, `draw` a number from 0 to 1.

use std::time::Duration;

use super::Problem;

/// How much is asked at once before the rate holds: less than the quota of a second, since requests that leave at a rate do
/// not arrive at it, and a complaint costs more than a few of them.
const BURST: u32 = 15;
/// The portal's quota as users report it: 20 requests a second for a whole organisation (aws-facts §4.7).
const BASE: Duration = Duration::from_millis(50);
/// As fast as it gets where the service takes more than the quota.
const FASTEST: Duration = Duration::from_micros(2500);
/// How long the quota is kept to before more is tried.
const QUIET: Duration = Duration::from_secs(1);
/// How long each rate above the quota is kept to before the next is tried: long enough for complaints to arrive.
const STEP: Duration = Duration::from_millis(250);
/// How long nothing is sent after a rate above the quota was refused: some of the service's allowance comes back.
const RECOVERY: Duration = Duration::from_millis(250);
/// How long more is not tried after it was refused the first time; each time twice as long, up to a bound.
const REST: Duration = Duration::from_secs(15);
/// The longest that it is not tried.
const LONGEST_REST: Duration = Duration::from_mins(10);
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
    /// When more than the quota is tried; none where that is never done.
    climb: Option<Climb>,
}

/// How more than the quota is tried.
#[derive(Debug)]
struct Climb {
    /// When the rate is doubled next.
    at: Duration,
    /// How long that waits after the next refusal.
    rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: BASE, due: Duration::ZERO, slowed_at: None, climb: None }
    }
}

impl Pace {
    /// From `now` on, more than the quota is tried: the portal is one organisation's, and users' reports of its quota need not
    /// hold for all. After a second at the quota, the rate doubles every quarter of a second; the first complaint puts it
    /// back to the quota, and ever longer times lie between further tries.
    pub(crate) fn may_climb(&mut self, now: Duration) {
        self.climb.get_or_insert(Climb { at: now + QUIET, rest: REST });
    }

    /// Takes the next turn; returns how long to wait for it.
    pub(crate) fn turn(&mut self, now: Duration) -> Duration {
        let due = self.due.max(now);
        self.due = due + self.interval;
        due.saturating_sub(now + self.head_start())
    }

    fn head_start(&self) -> Duration {
        if self.slowed_at.is_none() { self.interval * (BURST - 1) } else { Duration::ZERO }
    }

    /// The service said that this is too fast.
    pub(crate) fn slow_down(&mut self, now: Duration) {
        if self.slowed_at.is_some_and(|at| now < at + ECHO) {
            return;
        }
        let is_above_quota = self.interval < BASE;
        self.interval = if is_above_quota { BASE } else { (self.interval * 2).min(SLOWEST) };
        self.due = if is_above_quota { now + RECOVERY } else { self.due.max(now + self.interval) };
        self.slowed_at = Some(now);
        if let Some(climb) = &mut self.climb {
            climb.at = now + climb.rest;
            // A complaint about the quota itself says nothing of rates above it.
            if is_above_quota {
                climb.rest = climb.rest.saturating_mul(2).min(LONGEST_REST);
            }
        }
    }

    /// The service served a request.
    pub(crate) fn speed_up(&mut self, now: Duration) {
        if self.interval > BASE {
            self.interval = (self.interval * 19 / 20).max(BASE);
            return;
        }
        // Where nobody waits for a turn, no faster rate is wanted.
        let is_wanted = self.due > now + self.head_start();
        if let Some(climb) = &mut self.climb
            && is_wanted
            && now >= climb.at
        {
            climb.at = now + STEP;
            self.interval = (self.interval / 2).max(FASTEST);
            // What was let through early at the old rate is not paid back at the new one.
            self.due = now + self.head_start();
        }
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
            pace.speed_up(at(600));
        }
        assert_eq!(pace.interval, BASE);
    }

    /// How a service with a latency of 50 ms was asked.
    #[derive(Debug, Default)]
    struct Run {
        took: Duration,
        complaints: usize,
        /// The most that was asked in one second.
        fullest: usize,
    }

    /// Asks `count` times, 24 at once, a service that takes `quota` a second, if it has one: a bucket as the portal's.
    fn ask(pace: &mut Pace, count: usize, quota: Option<f64>) -> Run {
        let (mut now, mut run, mut sent) = (Duration::ZERO, Run::default(), Vec::new());
        let (mut filled, mut filled_at) = (quota.unwrap_or(0.0), Duration::ZERO);
        // Each with its tries so far: those who want a turn, those who come back for one, those who are answered.
        let mut wanting: std::collections::VecDeque<u32> = std::iter::repeat_n(0, 24).collect();
        let mut leaving: Option<(Duration, u32)> = None;
        let mut returning: Vec<(Duration, u32)> = Vec::new();
        let mut answers: Vec<(Duration, u32, bool)> = Vec::new();
        let (mut fresh, mut done) = (count - 24, 0);
        while done < count {
            if leaving.is_none()
                && let Some(tries) = wanting.pop_front()
            {
                leaving = Some((now + pace.turn(now), tries));
            }
            let times = returning.iter().map(|one| one.0).chain(answers.iter().map(|one| one.0));
            now = times.chain(leaving.map(|one| one.0)).min().unwrap().max(now);
            if let Some((_, tries)) = leaving.take_if(|one| one.0 <= now) {
                let arrives = now + at(25);
                let rate = quota.unwrap_or(f64::INFINITY);
                filled = (filled + arrives.saturating_sub(filled_at).as_secs_f64() * rate).min(rate);
                filled_at = arrives;
                let is_taken = filled >= 1.0;
                filled -= if is_taken && quota.is_some() { 1.0 } else { 0.0 };
                sent.push(now);
                answers.push((now + at(50), tries, is_taken));
            }
            for (_, tries, is_taken) in answers.extract_if(.., |one| one.0 <= now) {
                if is_taken {
                    pace.speed_up(now);
                    done += 1;
                    if fresh > 0 {
                        fresh -= 1;
                        wanting.push_back(0);
                    }
                } else {
                    pace.slow_down(now);
                    run.complaints += 1;
                    let pause = pause_before_retry(Problem::Throttled, tries + 1, 0.5).unwrap();
                    returning.push((now + pause, tries + 1));
                }
            }
            wanting.extend(returning.extract_if(.., |one| one.0 <= now).map(|one| one.1));
        }
        // In the order of time.
        let second = |(place, start): (usize, &Duration)| {
            sent[place..].iter().take_while(|at| **at < *start + Duration::from_secs(1)).count()
        };
        run.fullest = sent.iter().enumerate().map(second).max().unwrap();
        Run { took: now, ..run }
    }

    fn climbing() -> Pace {
        let mut pace = Pace::default();
        pace.may_climb(at(0));
        pace
    }

    #[test]
    fn a_service_that_keeps_to_the_quota_is_asked_within_it_and_hardly_hears_of_more() {
        let run = ask(&mut climbing(), 808, Some(20.0));
        // 808 requests at 20 a second.
        assert!(run.took < at(40_400 * 11 / 10), "{run:?}");
        assert!(run.complaints < 20 && run.fullest < 50, "{run:?}");
        let never = ask(&mut Pace::default(), 808, Some(20.0));
        assert!(run.took < never.took + at(1500) && never.complaints == 0, "{run:?} {never:?}");
    }

    #[test]
    fn a_service_that_takes_more_is_asked_faster_and_faster_up_to_a_bound() {
        let run = ask(&mut climbing(), 808, None);
        // One after another, they take 40.4 s.
        assert!(run.took < at(4040), "{run:?}");
        assert!(run.fullest <= 420, "{run:?}");
        assert!(ask(&mut Pace::default(), 808, None).took > at(39_000));
    }

    #[test]
    fn a_service_that_complains_for_minutes_is_asked_for_more_again_before_long() {
        let mut pace = climbing();
        for second in 1..=200 {
            pace.slow_down(Duration::from_secs(second));
        }
        assert_eq!(pace.interval, SLOWEST);
        assert_eq!(
            pace.climb.as_ref().map(|climb| climb.rest),
            Some(REST),
            "the quota was refused, and nothing above it"
        );
        for second in 201..=400 {
            pace.interval = FASTEST;
            pace.slow_down(Duration::from_secs(second));
        }
        assert_eq!(pace.climb.as_ref().map(|climb| climb.rest), Some(LONGEST_REST));
        assert_eq!(pace.climb.map(|climb| climb.at), Some(Duration::from_secs(400) + LONGEST_REST));
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
