//! One line of metrics for each invocation, in CloudWatch's embedded metric format.
//!
//! Dimensions stay few: account and Region are plain properties of the line, searchable in Logs
//! Insights, or every account and Region would cost its own dozen of custom metrics.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wallwalk_model::Time;

/// Metrics of one invocation.
#[derive(Clone, Debug)]
pub struct Metrics {
    function: &'static str,
    values: BTreeMap<&'static str, (u64, &'static str)>,
    properties: Map<String, Value>,
}

impl Metrics {
    /// Metrics of `function`.
    #[must_use]
    pub fn new(function: &'static str) -> Self {
        Self { function, values: BTreeMap::new(), properties: Map::new() }
    }

    /// Adds `n` to a count.
    pub fn count(&mut self, name: &'static str, n: usize) {
        self.add(name, n, "Count");
    }

    /// Adds milliseconds.
    pub fn millis(&mut self, name: &'static str, millis: u128) {
        self.add(name, usize::try_from(millis).unwrap_or(usize::MAX), "Milliseconds");
    }

    /// Adds seconds.
    pub fn seconds(&mut self, name: &'static str, seconds: i64) {
        self.add(name, usize::try_from(seconds).unwrap_or(0), "Seconds");
    }

    /// A property that is no dimension.
    pub fn property(&mut self, name: &str, value: impl Into<Value>) {
        self.properties.insert(name.to_owned(), value.into());
    }

    fn add(&mut self, name: &'static str, n: usize, unit: &'static str) {
        let slot = self.values.entry(name).or_insert((0, unit));
        slot.0 = slot.0.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
    }

    /// The line.
    #[must_use]
    pub fn line(&self, now: Time) -> String {
        let metrics: Vec<Value> = self.values.iter().map(|(name, (_, unit))| json!({"Name": name, "Unit": unit})).collect();
        let mut line = self.properties.clone();
        line.insert("Function".into(), json!(self.function));
        for (name, (value, _)) in &self.values {
            line.insert((*name).to_owned(), json!(value));
        }
        let namespace = json!([{"Namespace": "wallwalk", "Dimensions": [["Function"]], "Metrics": metrics}]);
        line.insert("_aws".into(), json!({"Timestamp": now.millis(), "CloudWatchMetrics": namespace}));
        Value::Object(line).to_string()
    }

    /// Writes the line to standard output, where CloudWatch Logs picks it up.
    pub fn emit(&self, now: Time) {
        use std::io::Write as _;
        // A function without a standard output has nobody to tell.
        let _ = writeln!(std::io::stdout().lock(), "{}", self.line(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_declares_every_metric_it_carries() {
        let mut metrics = Metrics::new("scan");
        metrics.count("FindingsOpened", 2);
        metrics.count("FindingsOpened", 1);
        metrics.millis("ScanMillis", 12);
        metrics.property("account", "111122223333");
        let line: Value = serde_json::from_str(&metrics.line(Time::from_millis(7))).unwrap();
        assert_eq!(line["FindingsOpened"], 3);
        assert_eq!(line["_aws"]["Timestamp"], 7);
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert_eq!(declared.len(), 2);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Function"]]));
    }
}
