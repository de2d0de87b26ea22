//! Timers for the headers of requests.
//!
//! Each request sets one and takes it away again: nearly none ever fires. Entering it into the runtime's list, which all
//! threads share, costs more than it does, so one that is taken away stays entered, and the next request sets it later.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// Most timers that are kept for others to take.
const MOST_SPARE: usize = 1024;

type Entered = Pin<Box<tokio::time::Sleep>>;

/// Timers that were taken away before they fired.
#[derive(Clone, Default)]
pub(crate) struct SpareTimers(Arc<Mutex<Vec<Entered>>>);

impl SpareTimers {
    fn list(&self) -> MutexGuard<'_, Vec<Entered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A timer that fires at this time or before.
    fn entered(&self, at: Instant) -> Entered {
        let spare = self.list().pop().filter(|spare| spare.deadline().into_std() <= at);
        spare.unwrap_or_else(|| Box::pin(tokio::time::sleep_until(at.into())))
    }
}

impl Timer for SpareTimers {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Waiting { at, entered: Some(self.entered(at)), spare: self.clone() })
    }
}

/// Ends at its time.
struct Waiting {
    at: Instant,
    /// Some until it is dropped. It may fire before the time; then it is set to it.
    entered: Option<Entered>,
    spare: SpareTimers,
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let at = tokio::time::Instant::from_std(self.at);
        let Some(entered) = &mut self.entered else { return Poll::Ready(()) };
        loop {
            ready!(entered.as_mut().poll(cx));
            if entered.deadline() >= at {
                return Poll::Ready(());
            }
            entered.as_mut().reset(at);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut list = self.spare.list();
        if list.len() < MOST_SPARE {
            list.extend(self.entered.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_was_taken_away_serves_the_next_one_and_fires_at_its_time() {
        let timers = SpareTimers::default();
        let start = tokio::time::Instant::now();
        let after = |seconds| (start + Duration::from_secs(seconds)).into_std();
        drop(timers.sleep_until(after(10)));
        assert_eq!(timers.list().len(), 1);
        let later = timers.sleep_until(after(25));
        assert_eq!(timers.list().len(), 0);
        later.await;
        assert_eq!(start.elapsed().as_secs(), 25);
        // It has fired, and is taken and set again.
        timers.sleep_until(after(40)).await;
        assert_eq!(start.elapsed().as_secs(), 40);
        // One that would fire too late is not taken.
        drop(timers.sleep_until(after(100)));
        timers.sleep_until(after(50)).await;
        assert_eq!(start.elapsed().as_secs(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_kept() {
        let timers = SpareTimers::default();
        let at = (tokio::time::Instant::now() + Duration::from_secs(1)).into_std();
        let many: Vec<_> = (0..=MOST_SPARE).map(|_| timers.sleep_until(at)).collect();
        drop(many);
        assert_eq!(timers.list().len(), MOST_SPARE);
    }
}
