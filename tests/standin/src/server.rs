//! Listens on loopback; a thread for each connection.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::call::Call;
use crate::fault::FaultKind;
use crate::http::{Connection, Request, Response};
use crate::services::sqs::is_empty;
use crate::wire;
use crate::world::{Fate, World, waits};

/// What the connections share.
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) url: String,
    stopped: AtomicBool,
    requests: AtomicU64,
    /// Open connections, so that they can be closed from outside.
    open: Mutex<BTreeMap<u64, TcpStream>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(world: World, url: String) -> Arc<Self> {
        let open = Mutex::new(BTreeMap::new());
        Arc::new(Self { world: Mutex::new(world), url, stopped: AtomicBool::new(false), requests: AtomicU64::new(0), open })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// Stops listening and closes every connection.
    pub(crate) fn stop(&self, address: std::net::SocketAddr) {
        self.stopped.store(true, Ordering::SeqCst);
        // The listener waits for a connection: this is the last.
        drop(TcpStream::connect(address));
        for stream in lock(&self.open).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Takes connections until it is stopped.
pub(crate) fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for (id, stream) in (0..).zip(listener.incoming()) {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if let Ok(copy) = stream.try_clone() {
            lock(&shared.open).insert(id, copy);
        }
        let shared = Arc::clone(shared);
        // A thread that cannot be made drops the connection, which the client sees.
        let _ = thread::Builder::new().name("standin".into()).spawn(move || {
            serve(stream, &shared);
            lock(&shared.open).remove(&id);
        });
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let copy = stream.try_clone();
    let Ok(mut connection) = Connection::new(stream) else { return };
    while let Ok(Some(request)) = connection.read() {
        let Some(response) = respond(request, shared) else {
            break;
        };
        if connection.write(&response).is_err() {
            break;
        }
    }
    if let Ok(stream) = copy {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// The response; `None` if the connection breaks.
fn respond(request: Request, shared: &Shared) -> Option<Response> {
    let id = format!("standin-{:08}", shared.requests.fetch_add(1, Ordering::Relaxed));
    let head = request.method == "HEAD";
    let mut call = match Call::read(request) {
        Ok(call) => call,
        Err((service, refusal)) => return Some(wire::refusal(service, &refusal, &id)),
    };
    let mut latency = Duration::ZERO;
    let (fate, caller) = {
        let mut world = shared.world();
        match world.caller(&mut call) {
            Ok(caller) => (world.fate(&mut call, &caller, &mut latency), Some(caller)),
            Err(refusal) => (Fate::Refused(refusal), None),
        }
    };
    if !latency.is_zero() {
        thread::sleep(latency);
    }
    let (mut response, afterwards) = match (fate, caller) {
        (Fate::Reset, _) => return None,
        (Fate::Html(status), _) => (html(status), Vec::new()),
        (Fate::Refused(refusal), _) => (wire::refusal(call.service, &refusal, &id), Vec::new()),
        (Fate::Worked(afterwards), caller) => {
            let until = Instant::now() + waits(&call);
            let answer = loop {
                let answer = shared.world().answer(&call, &caller.clone()?, &shared.url);
                if Instant::now() >= until || !is_empty(&answer) || shared.stopped.load(Ordering::SeqCst) {
                    break answer;
                }
                thread::sleep(Duration::from_millis(20));
            };
            let response = match answer {
                Ok(reply) => wire::answer(&call, reply, &id),
                Err(refusal) => wire::refusal(call.service, &refusal, &id),
            };
            (response, afterwards)
        }
    };
    if afterwards.contains(&FaultKind::LoseAnswer) {
        return None;
    }
    if afterwards.contains(&FaultKind::HalfAnswer) {
        response.body.truncate(response.body.len() / 2);
    }
    if head {
        response.length = Some(response.length.unwrap_or(response.body.len()));
        response.body.clear();
    }
    Some(response)
}

fn html(status: u16) -> Response {
    let page = format!("<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>Something went wrong</h1></body></html>\n");
    Response::new(status, "text/html", page)
}
