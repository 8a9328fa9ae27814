//! One line of log and one of metrics for each scan.

use crate::clock;
use crate::metrics::Metrics;
use crate::scan::Done;

/// Tells what a scan did: a log line for people, a metrics line for alarms.
pub fn tell(function: &'static str, done: &Done) {
    for problem in &done.problems {
        tracing::warn!(account = done.place.account, region = done.place.region, "{problem}");
    }
    log(done);
    let mut metrics = Metrics::new(function);
    fill(&mut metrics, done);
    metrics.emit(clock::now());
}

fn log(done: &Done) {
    let (account, region) = (done.place.account.as_str(), done.place.region.as_str());
    if let Some(reason) = done.skipped {
        tracing::info!(account, region, scope = done.kind, reason, "scan skipped");
        return;
    }
    tracing::info!(
        account,
        region,
        scope = done.kind,
        scan = done.scan,
        facts = done.read.facts,
        gaps = done.read.gaps,
        api_calls = done.report.calls.values().sum::<u64>(),
        throttled = done.report.throttled,
        waited_ms = u64::try_from(done.report.waited.as_millis()).unwrap_or(u64::MAX),
        opened = done.changes.opened.len(),
        worse = done.changes.worse.len(),
        resolved = done.changes.resolved.len(),
        obscured = done.changes.obscured.len(),
        unchanged = done.changes.unchanged,
        unknown = done.changes.unknown,
        imported = done.imported,
        alerts = done.alerts,
        pending = done.pending,
        conflicts = done.conflicts,
        continued = done.continued,
        ms = u64::try_from(done.millis).unwrap_or(u64::MAX),
        "scan done"
    );
}

fn fill(metrics: &mut Metrics, done: &Done) {
    metrics.property("account", done.place.account.as_str());
    metrics.property("region", done.place.region.as_str());
    metrics.property("scan", done.scan.as_str());
    metrics.property("scope", done.kind);
    if done.skipped.is_some() {
        metrics.count("ScansSkipped", 1);
        return;
    }
    metrics.count(if done.continued { "ScansContinued" } else { "ScansCompleted" }, 1);
    metrics.millis("ScanMillis", done.millis);
    metrics.count("FactsRead", done.read.facts);
    metrics.count("Gaps", done.read.gaps);
    let calls = usize::try_from(done.report.calls.values().sum::<u64>()).unwrap_or(usize::MAX);
    metrics.count("ApiCalls", calls);
    metrics.count("Throttles", usize::try_from(done.report.throttled).unwrap_or(usize::MAX));
    metrics.millis("WaitedMillis", done.report.waited.as_millis());
    metrics.count("FindingsOpened", done.changes.opened.len());
    metrics.count("FindingsResolved", done.changes.resolved.len());
    metrics.count("FindingsUnchanged", done.changes.unchanged);
    metrics.count("FindingsUnknown", done.changes.unknown);
    metrics.count("Imported", done.imported);
    metrics.count("ImportFailed", done.refused);
    metrics.count("AlertsSent", done.alerts);
    metrics.count("OutboxPending", done.pending);
    metrics.seconds("OutboxOldestSeconds", done.oldest_pending_seconds);
    metrics.count("StateConflicts", usize::try_from(done.conflicts).unwrap_or(usize::MAX));
    if let Some(lag) = done.event_lag_seconds {
        metrics.seconds("EventLagSeconds", lag);
    }
}
