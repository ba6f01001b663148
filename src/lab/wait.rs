//! Waiting for a condition.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::LabError;

/// How a condition stands.
pub enum Poll<T> {
    /// It holds.
    Ready(T),
    /// Not yet; ask again.
    NotYet,
}

/// Asks every `every` until the condition holds, for at most `within`. Cancellation is dropping the future.
///
/// # Errors
/// Returns an error if the question fails for good, or the deadline passes: `what` then says what was waited
/// for.
pub async fn until<T, F>(
    what: &str,
    within: Duration,
    every: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<T, LabError>
where
    F: Future<Output = Result<Poll<T>, LabError>>,
{
    let began = Instant::now();
    let deadline = began + within;
    loop {
        match tokio::time::timeout_at(deadline, ask()).await {
            Ok(Ok(Poll::Ready(value))) => {
                tracing::debug!(what, took = ?began.elapsed(), "a wait");
                return Ok(value);
            }
            Ok(Ok(Poll::NotYet)) if Instant::now() < deadline => sleep(every).await,
            Ok(Err(error)) => return Err(error),
            Ok(Ok(Poll::NotYet)) | Err(_) => {
                return Err(LabError::Deadline { what: what.to_owned(), within });
            }
        }
    }
}

/// The longest rest between two questions to a server that says no.
const LONGEST_REST: Duration = Duration::from_millis(250);

/// How long to leave a server in peace that has said no for `so_far`: it makes a process for each question
/// and writes a line into its log. `least`, and one percent of the time so far where that is more.
#[must_use]
pub fn rest(so_far: Duration, least: Duration) -> Duration {
    (so_far / 100).clamp(least, LONGEST_REST.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_starts_for_long_is_asked_less_and_less_often() {
        let least = Duration::from_millis(4);
        let questions = |whole: Duration| {
            let (mut at, mut asked) = (Duration::ZERO, 0);
            while at < whole {
                assert!(rest(at, least) <= (at / 100).max(least), "more than one percent at {at:?}");
                // A refusal itself takes two milliseconds.
                at += rest(at, least) + Duration::from_millis(2);
                asked += 1;
            }
            asked
        };
        assert_eq!(rest(Duration::from_millis(400), least), least);
        let asked = [400, 7_000, 3_600_000].map(|millis| questions(Duration::from_millis(millis)));
        assert!(asked[0] <= 67 && asked[1] <= 330 && asked[2] <= 15_000, "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_hangs_ends_at_the_deadline() {
        let started = Instant::now();
        let waited: Result<(), _> =
            until("see it", Duration::from_mins(10), Duration::from_secs(1), std::future::pending).await;
        assert!(matches!(waited, Err(LabError::Deadline { .. })));
        assert_eq!(started.elapsed(), Duration::from_mins(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_condition_is_seen_at_the_first_question_after_it_holds() {
        let mut asked = 0;
        let waited = until("count to three", Duration::from_mins(1), Duration::from_secs(1), || {
            asked += 1;
            let now = asked;
            async move { Ok(if now < 3 { Poll::NotYet } else { Poll::Ready(now) }) }
        });
        assert_eq!(waited.await.ok(), Some(3));
    }
}
