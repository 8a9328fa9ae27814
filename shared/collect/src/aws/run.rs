//! One reading: what is known already, what was read now, and the forms that every reading has —
//! listings of many pages, and questions about things whose names are known.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use serde_json::Value;
use wallwalk_model::{Fact, Gap, Key, Place, Reading, Snapshot, Table, Time, arn};
use wallwalk_secrets::Key as FingerprintKey;

use super::ask::{Asker, Miss, not_asked, odd};
use super::call::Call;
use super::{Clients, Options};

/// Pages of one listing; a service that gives more is going round in circles.
const MOST_PAGES: usize = 20_000;
/// Readings that are followed at one time. The calls under way are bounded apart.
const ABREAST: usize = 32;

/// A table of a snapshot.
pub(super) type Pick<T> = fn(&mut Snapshot) -> &mut Table<T>;

/// One reading.
pub(super) struct Run<'a> {
    pub(super) clients: &'a Clients,
    pub(super) ask: Asker<'a>,
    pub(super) options: &'a Options,
    /// Key of the fingerprints.
    pub(super) key: &'a FingerprintKey,
    pub(super) place: &'a Place,
    pub(super) clock: fn() -> Time,
    /// What earlier readings found.
    pub(super) known: &'a Snapshot,
    /// Whether everything is read, so that only what is read now counts.
    pub(super) full: bool,
    now: Mutex<Snapshot>,
    wanted: Mutex<BTreeSet<Key>>,
}

/// What the pages of a listing gave.
pub(super) struct Pages {
    /// The clock before the first page was asked for.
    pub(super) at: Time,
    /// Identifiers on the pages that were read.
    pub(super) ids: BTreeSet<String>,
    /// Why there are further pages that were not read.
    pub(super) miss: Option<Miss>,
}

/// What one page gave: identifiers, and the token of the next page.
pub(super) type Page = (Vec<String>, Option<String>);

impl<'a> Run<'a> {
    pub(super) fn new(
        clients: &'a Clients,
        ask: Asker<'a>,
        (place, key, clock): (&'a Place, &'a FingerprintKey, fn() -> Time),
        (known, full, options): (&'a Snapshot, bool, &'a Options),
    ) -> Self {
        let now = Mutex::new(Snapshot::new(place.clone()));
        Self { clients, ask, options, key, place, clock, known, full, now, wanted: Mutex::default() }
    }

    pub(super) fn finish(self) -> (Snapshot, Asker<'a>) {
        (self.now.into_inner().unwrap_or_else(PoisonError::into_inner), self.ask)
    }

    /// What was read now.
    pub(super) fn now(&self) -> MutexGuard<'_, Snapshot> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for something to be read after what is being read.
    pub(super) fn want(&self, keys: impl IntoIterator<Item = Key>) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
    }

    pub(super) fn take_wanted(&self) -> BTreeSet<Key> {
        std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records what was read.
    pub(super) fn put<T>(&self, table: Pick<T>, id: impl Into<String>, reading: Reading<T>) {
        table(&mut self.now()).insert(id.into(), reading);
    }

    /// Reads pages until there is none left. `page` records what it reads.
    pub(super) fn pages<'f, F, S>(&'f self, call: Call, page: F) -> Pending<'f, Pages>
    where
        F: Fn(Option<String>, Time) -> S + Send + 'f,
        S: Future<Output = Result<Page, Miss>> + Send + 'f,
    {
        Box::pin(self.turn_pages(call, MOST_PAGES, page))
    }

    async fn turn_pages<F, S>(&self, call: Call, most: usize, page: F) -> Pages
    where
        F: Fn(Option<String>, Time) -> S,
        S: Future<Output = Result<Page, Miss>>,
    {
        let mut pages = Pages { at: (self.clock)(), ids: BTreeSet::new(), miss: None };
        let mut tokens = BTreeSet::new();
        let mut token = None;
        loop {
            match page(token.take(), pages.at).await {
                Ok((ids, next)) => {
                    pages.ids.extend(ids);
                    match next.filter(|next| !next.is_empty()) {
                        None => return pages,
                        Some(_) if tokens.len() + 1 >= most => {
                            pages.miss = Some(not_asked(call, format!("there are more than {most} pages, and no more are read")));
                            return pages;
                        }
                        Some(next) if tokens.insert(next.clone()) => token = Some(next),
                        Some(_) => {
                            pages.miss = Some(odd(call, "the listing begins again before it ends"));
                            return pages;
                        }
                    }
                }
                Err(miss) => {
                    pages.miss = Some(miss);
                    return pages;
                }
            }
        }
    }

    /// Reads the listing `name`, records whether it was read to its end, and gives what it showed.
    ///
    /// A listing that a continued reading has behind it is not read again.
    pub(super) fn listing<'f, F, S>(&'f self, name: impl Into<String>, call: Call, page: F) -> Pending<'f, BTreeSet<String>>
    where
        F: Fn(Option<String>, Time) -> S + Send + 'f,
        S: Future<Output = Result<Page, Miss>> + Send + 'f,
    {
        self.listing_up_to(MOST_PAGES, name, call, page)
    }

    /// The same of what an account may hold more of than it is good to read: further pages are a gap.
    pub(super) fn listing_up_to<'f, F, S>(
        &'f self,
        most: usize,
        name: impl Into<String>,
        call: Call,
        page: F,
    ) -> Pending<'f, BTreeSet<String>>
    where
        F: Fn(Option<String>, Time) -> S + Send + 'f,
        S: Future<Output = Result<Page, Miss>> + Send + 'f,
    {
        let pages = Box::pin(self.turn_pages(call, most, page));
        Box::pin(self.list(name.into(), pages))
    }

    async fn list(&self, name: String, pages: Pending<'_, Pages>) -> BTreeSet<String> {
        if let Some(members) = self.listed_before(&name) {
            return members;
        }
        let Pages { at, ids, miss } = pages.await;
        match miss {
            None => self.now().listing_complete(name, at, ids.iter().cloned()),
            Some(Miss::Refused(refusal)) => self.now().listing_failed(name, at, refusal.gap()),
            Some(Miss::Stopped) => {}
        }
        ids
    }

    /// When a full reading, or the one that it continues, began the listing that it read to its end.
    pub(super) fn listed_at(&self, name: &str) -> Option<Time> {
        let complete = |snapshot: &Snapshot| Some(snapshot.listings.get(name)?.complete.as_ref()?.read_at);
        let now = complete(&self.now());
        now.or_else(|| complete(self.known).filter(|at| self.full && self.options.since.is_some_and(|since| *at >= since)))
    }

    fn listed_before(&self, name: &str) -> Option<BTreeSet<String>> {
        let since = self.options.since.filter(|_| self.full)?;
        let complete = self.known.listings.get(name)?.complete.as_ref()?;
        (complete.read_at >= since).then(|| complete.members.clone())
    }

    /// Whether a continued reading has the fact behind it.
    pub(super) fn read_before<T>(&self, table: &Table<T>, id: &str) -> bool {
        self.options
            .since
            .filter(|_| self.full)
            .is_some_and(|since| table.get(id).is_some_and(|reading| reading.read_at >= since && !matches!(reading.fact, Fact::Gap(_))))
    }

    /// Records objects from an answer; gives their ids. One without an id is not what the API documents,
    /// and an answer that holds one proves nothing.
    pub(super) fn record<T>(
        &self,
        call: Call,
        table: Pick<T>,
        at: Time,
        objects: impl IntoIterator<Item = T>,
        id: fn(&T) -> &String,
    ) -> Result<Vec<String>, Miss> {
        let mut now = self.now();
        let table: &mut Table<T> = table(&mut now);
        let mut ids = Vec::new();
        for object in objects {
            let id = id(&object).clone();
            if id.is_empty() {
                return Err(odd(call, "an object in the answer has no id"));
            }
            table.insert(id.clone(), Reading::known(at, object));
            ids.push(id);
        }
        Ok(ids)
    }

    /// Settles a question about `ids`, those `found` being recorded already: the others are absent, or
    /// unread if the answer was not complete.
    pub(super) fn settle<T>(
        &self,
        table: Pick<T>,
        ids: impl IntoIterator<Item = String>,
        found: &BTreeSet<String>,
        at: Time,
        miss: Option<&Miss>,
    ) {
        let mut now = self.now();
        for id in ids {
            if found.contains(&id) {
                continue;
            }
            let reading = match miss {
                None => Reading::absent(at),
                Some(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
                Some(Miss::Stopped) => continue,
            };
            table(&mut now).insert(id, reading);
        }
    }

    /// ARN of an ECS object of a cluster, in the long form.
    pub(super) fn ecs_arn(&self, kind: &str, cluster: &str, name: &str) -> String {
        let Place { partition, account, region } = self.place;
        format!("arn:{partition}:ecs:{region}:{account}:{kind}/{cluster}/{name}")
    }

    /// ARN of a cluster.
    pub(super) fn cluster_arn(&self, name: &str) -> String {
        let Place { partition, account, region } = self.place;
        format!("arn:{partition}:ecs:{region}:{account}:cluster/{name}")
    }
}

/// The list called `field` in an answer; an answer without it is not what the API documents.
pub(super) fn list(answer: &mut Value, field: &str, call: Call) -> Result<Vec<Value>, Miss> {
    match answer.get_mut(field).map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(odd(call, format!("the answer has no `{field}`"))),
    }
}

/// The same, of texts.
pub(super) fn texts(answer: &mut Value, field: &str, call: Call) -> Result<Vec<String>, Miss> {
    let items = list(answer, field, call)?;
    Ok(items.into_iter().filter_map(|item| if let Value::String(text) = item { Some(text) } else { None }).collect())
}

/// The token of the next page.
pub(super) fn next(answer: &Value, field: &str) -> Option<String> {
    answer.get(field).and_then(Value::as_str).map(str::to_owned)
}

/// Whether two texts end in the same name: an ARN and a plain name, or two forms of one ARN.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    arn::last_segment(one) == arn::last_segment(other)
}

/// `items` in groups of at most `size`.
pub(super) fn batches(items: impl IntoIterator<Item = String>, size: usize) -> Vec<Vec<String>> {
    let items: Vec<String> = items.into_iter().collect();
    items.chunks(size.max(1)).map(<[String]>::to_vec).collect()
}

/// What a question could not answer because the service left it out.
pub(super) fn left_out(call: Call) -> Gap {
    Gap::new(call.name(), wallwalk_model::GapReason::Failed, "the answer leaves it out")
}

/// A future whose inner type nobody needs to know. Without it the compiler would have to prove of the
/// whole reading at once that it can be sent to another thread, and gives up.
pub(super) type Pending<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// Runs futures, a bounded number abreast; each is made when its turn comes.
///
/// All run on the caller's task: what they borrow need not outlive it, and there is no second task
/// to be left behind when the caller is dropped.
pub(super) fn each<'f, T: Send + 'f, F: Future<Output = T> + Send + 'f, I: IntoIterator<Item = F>>(futures: I) -> Pending<'f, Vec<T>>
where
    I::IntoIter: Send + 'f,
{
    let mut waiting = futures.into_iter();
    let mut running: Vec<Pin<Box<F>>> = Vec::new();
    let mut done = Vec::new();
    Box::pin(poll_fn(move |context| {
        loop {
            while running.len() < ABREAST {
                match waiting.next() {
                    Some(future) => running.push(Box::pin(future)),
                    None => break,
                }
            }
            if running.is_empty() {
                return Poll::Ready(std::mem::take(&mut done));
            }
            let before = done.len();
            running.retain_mut(|future| match future.as_mut().poll(context) {
                Poll::Ready(output) => {
                    done.push(output);
                    false
                }
                Poll::Pending => true,
            });
            if done.len() == before {
                return Poll::Pending;
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_future_is_run_and_no_more_than_the_bound_abreast() {
        let running = std::sync::atomic::AtomicUsize::new(0);
        let most = std::sync::atomic::AtomicUsize::new(0);
        let order = std::sync::atomic::Ordering::SeqCst;
        let outputs = each((0..100_u32).map(|n| {
            let (running, most) = (&running, &most);
            async move {
                most.fetch_max(running.fetch_add(1, order) + 1, order);
                tokio::task::yield_now().await;
                running.fetch_sub(1, order);
                n
            }
        }))
        .await;
        assert_eq!(outputs.into_iter().collect::<BTreeSet<_>>(), (0..100).collect());
        assert_eq!(most.into_inner(), ABREAST);
    }

    #[tokio::test]
    async fn nothing_to_run_ends_at_once() {
        assert!(each(Vec::<std::future::Ready<()>>::new()).await.is_empty());
    }

    #[test]
    fn batches_hold_everything_once() {
        let sizes: Vec<usize> = batches((0..23).map(|n| n.to_string()), 10).iter().map(Vec::len).collect();
        assert_eq!(sizes, [10, 10, 3]);
        assert!(batches(Vec::new(), 10).is_empty());
    }
}
