//! Makes one call: paced, counted, tried again where that may help, given up with a reason.
//!
//! It knows no operation and keeps no answer.

use std::collections::BTreeMap;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;
use tokio::sync::Semaphore;
use wallwalk_model::{Gap, GapReason};

use super::call::Call;
use super::pace::{Pacer, backoff};
use super::run::Pending;
use super::tap::Tap;
use super::trouble::{Remedy, Trouble, not_understood};
use super::{Options, Progress, Report};

/// Calls under way at one time.
pub(super) const MOST_AT_ONCE: usize = 16;
/// Tries of a call that is throttled.
const MOST_THROTTLED: u32 = 8;
/// Tries of a call that fails in a way that may pass.
const MOST_FAILED: u32 = 3;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) enum Miss {
    /// The call was made and refused.
    Refused(Refusal),
    /// The deadline came first: it was not made, and nothing is to be said about it.
    Stopped,
}

/// A call that was given up.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    call: Call,
    reason: GapReason,
    /// The service's code.
    pub(super) code: String,
    detail: String,
}

impl Refusal {
    /// The gap it leaves.
    pub(super) fn gap(&self) -> Gap {
        Gap::new(self.call.name(), self.reason, self.detail.clone())
    }

    /// Whether the service said that what was asked about does not exist.
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }

    /// Whether the service's message holds `words`.
    pub(super) fn says(&self, words: &str) -> bool {
        self.detail.contains(words)
    }

    /// Whether another question may succeed where this one did not: it was neither denied nor throttled.
    pub(super) fn is_about_the_question(&self) -> bool {
        self.reason == GapReason::Failed && !self.code.is_empty()
    }
}

/// An answer of `call` that cannot be right, told in words of ours.
pub(super) fn odd(call: Call, detail: impl Into<String>) -> Miss {
    Miss::Refused(Refusal { call, reason: GapReason::Failed, code: String::new(), detail: detail.into() })
}

/// That something was left unasked on purpose, told in words of ours.
pub(super) fn not_asked(call: Call, detail: impl Into<String>) -> Miss {
    Miss::Refused(Refusal { call, reason: GapReason::NotAsked, code: String::new(), detail: detail.into() })
}

/// What the SDK made of a call.
type Answer<T, E> = Result<T, SdkError<E, HttpResponse>>;

/// Makes the calls of one reading.
pub(super) struct Asker<'a> {
    pacer: &'a Pacer,
    options: &'a Options,
    slots: Semaphore,
    stopped: AtomicBool,
    report: Mutex<Report>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(pacer: &'a Pacer, options: &'a Options) -> Self {
        Self {
            pacer,
            options,
            slots: Semaphore::new(MOST_AT_ONCE),
            stopped: AtomicBool::new(false),
            report: Mutex::new(Report { calls: BTreeMap::new(), throttled: 0, waited: Duration::ZERO }),
        }
    }

    /// What was done, and whether the deadline stopped anything.
    pub(super) fn finish(self) -> (Report, bool) {
        (self.report.into_inner().unwrap_or_else(PoisonError::into_inner), !self.stopped.into_inner())
    }

    /// Whether nothing new is to be begun. Whoever asks and hears yes has something left to do.
    pub(super) fn stops(&self) -> bool {
        let over = self.options.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if over {
            self.stopped.store(true, Ordering::Relaxed);
        }
        over
    }

    /// Asks a service that answers in JSON; gives the body as it came.
    pub(super) fn json<'f, T, E, F, S>(&'f self, call: Call, send: F) -> Pending<'f, Result<Value, Miss>>
    where
        F: Fn(Tap) -> S + Send + 'f,
        S: Future<Output = Answer<T, E>> + Send + 'f,
        T: Send + 'f,
        E: ProvideErrorMetadata + Error + Send + 'static,
    {
        Box::pin(self.ask(call, send, |answer, body| {
            let parsed = |body: &[u8]| serde_json::from_slice(body).ok().filter(Value::is_object).ok_or_else(not_understood);
            match answer {
                Ok(_) => parsed(&body),
                // The SDK's types are stricter than they need be, and what they say is not used.
                Err(SdkError::ResponseError(answer)) if answer.raw().status().is_success() => {
                    parsed(answer.raw().body().bytes().unwrap_or_default())
                }
                Err(error) => Err(Trouble::read(&error)),
            }
        }))
    }

    /// Asks a service that answers in XML; gives what the SDK made of it.
    pub(super) fn xml<'f, T, E, F, S>(&'f self, call: Call, send: F) -> Pending<'f, Result<T, Miss>>
    where
        F: Fn(Tap) -> S + Send + 'f,
        S: Future<Output = Answer<T, E>> + Send + 'f,
        T: Send + 'f,
        E: ProvideErrorMetadata + Error + Send + 'static,
    {
        Box::pin(self.ask(call, send, |answer, body| match answer {
            Ok(answer) if ends_as_it_should(&body) => Ok(answer),
            Ok(_) => Err(not_understood()),
            Err(error) => Err(Trouble::read(&error)),
        }))
    }

    /// `read` makes something of an answer and its body.
    async fn ask<T, E, F, S, R, B>(&self, call: Call, send: F, read: R) -> Result<B, Miss>
    where
        F: Fn(Tap) -> S,
        S: Future<Output = Answer<T, E>>,
        R: Fn(Answer<T, E>, Vec<u8>) -> Result<B, Trouble>,
    {
        let mut tries = Tries { throttled: 0, failed: 0 };
        loop {
            self.turn(call).await?;
            let tap = Tap::default();
            let answer = {
                // The semaphore is never closed.
                let _slot = self.slots.acquire().await;
                send(tap.clone()).await
            };
            self.answered(call);
            match read(answer, tap.body()) {
                Ok(read) => return Ok(read),
                Err(trouble) => self.refused(call, trouble, &mut tries).await?,
            }
        }
    }

    /// Waits for a token; counts the call that is going to be made.
    async fn turn(&self, call: Call) -> Result<(), Miss> {
        if self.stops() {
            return Err(Miss::Stopped);
        }
        let wait = self.pacer.take(call.bucket(), Instant::now());
        self.pause(wait).await?;
        *self.report().calls.entry(call.name().to_owned()).or_default() += 1;
        Ok(())
    }

    /// Decides about a refusal: returns after a pause if the call is to be tried again.
    async fn refused(&self, call: Call, trouble: Trouble, tries: &mut Tries) -> Result<(), Miss> {
        let (count, most) = match trouble.remedy {
            Remedy::SlowDown => {
                self.pacer.throttled(call.bucket(), Instant::now());
                self.report().throttled += 1;
                (&mut tries.throttled, MOST_THROTTLED)
            }
            Remedy::TryAgain => (&mut tries.failed, MOST_FAILED),
            Remedy::GiveUp => (&mut tries.failed, 0),
        };
        *count += 1;
        if *count >= most {
            let Trouble { reason, code, detail, .. } = trouble;
            tracing::debug!(call = call.name(), ?reason, code, "given up");
            return Err(Miss::Refused(Refusal { call, reason, code, detail }));
        }
        let wait = backoff(*count, dice());
        self.pause(wait).await
    }

    /// Waits for the service to do something that was asked of it.
    pub(super) async fn wait(&self, wait: Duration) -> Result<(), Miss> {
        self.pause(wait).await
    }

    /// Waits, unless that would take longer than there is time.
    async fn pause(&self, wait: Duration) -> Result<(), Miss> {
        if wait.is_zero() {
            return Ok(());
        }
        if self.options.deadline.is_some_and(|deadline| Instant::now() + wait >= deadline) {
            self.stopped.store(true, Ordering::Relaxed);
            return Err(Miss::Stopped);
        }
        tokio::time::sleep(wait).await;
        self.report().waited += wait;
        Ok(())
    }

    fn answered(&self, call: Call) {
        if let Some(tell) = &self.options.progress {
            let (calls, throttled) = {
                let report = self.report();
                (report.calls.values().sum(), report.throttled)
            };
            tell(&Progress { call: call.name(), calls, throttled });
        }
    }

    fn report(&self) -> std::sync::MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries of one call by what became of them.
struct Tries {
    throttled: u32,
    failed: u32,
}

/// Whether XML ends with the end of its outermost element. A body cut short reads as a shorter list.
fn ends_as_it_should(body: &[u8]) -> bool {
    let tail = body.get(body.len().saturating_sub(120)..).unwrap_or_default();
    String::from_utf8_lossy(tail).trim_end().ends_with("Response>")
}

/// A random number. The standard library seeds each of these differently.
fn dice() -> u64 {
    RandomState::new().hash_one(0_u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_that_breaks_off_is_not_whole() {
        assert!(ends_as_it_should(b"<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>\n"));
        assert!(!ends_as_it_should(b"<DescribeSubnetsResponse><subnetSet><item>"));
        assert!(!ends_as_it_should(b"<html></html>"));
        assert!(!ends_as_it_should(b""));
    }

    #[test]
    fn dice_differ() {
        assert!((0..8).map(|_| dice()).collect::<std::collections::BTreeSet<_>>().len() > 4);
    }
}
