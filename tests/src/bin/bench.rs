//! Figures: how long an analysis takes, and how much memory, by the number of workloads.
//!
//! `cargo run --release --package wallwalk-tests --no-default-features --bin bench [WORKLOADS]…`
//!
//! Each size runs in a process of its own, which reads a generated snapshot from a file, so that the
//! peak of memory is that of one scan: snapshot, analysis, ledger, outbox and the state's bytes. It
//! asserts nothing: figures depend on the machine.

#![expect(clippy::print_stdout, reason = "a program that measures prints what it measured")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use wallwalk_checks::{Settings, analyse, enabled};
use wallwalk_findings::reconcile::Changes;
use wallwalk_findings::{Policy, Round, State, reconcile};
use wallwalk_model::{Snapshot, Time};
use wallwalk_publish::codec;
use wallwalk_tests::generate;

const SIZES: &[usize] = &[100, 1_000, 10_000];
const RUNS: usize = 5;
const HOUR: i64 = 3_600_000;

/// Says to a process that it is to measure one file.
const CHILD: &str = "--measure";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, file] = arguments.as_slice()
        && word == CHILD
    {
        return measure(Path::new(file));
    }
    let sizes = arguments.iter().map(|text| text.parse()).collect::<Result<Vec<usize>, _>>()?;
    println!("| Workloads | Facts | Verdicts | Findings | Analysis | First round | Unchanged round | State | Peak memory |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for size in if sizes.is_empty() { SIZES } else { &sizes } {
        let file = std::env::temp_dir().join(format!("wallwalk-bench-{}-{size}.json", std::process::id()));
        serde_json::to_writer(BufWriter::new(File::create(&file)?), &generate::snapshot(*size)?)?;
        let status = Command::new(std::env::current_exe()?).arg(CHILD).arg(&file).status();
        fs::remove_file(&file)?;
        if !status?.success() {
            return Err(format!("measuring {size} workloads failed").into());
        }
    }
    Ok(())
}

fn measure(file: &Path) -> Result<(), Box<dyn Error>> {
    let snapshot: Snapshot = serde_json::from_reader(BufReader::new(File::open(file)?))?;
    let settings = Settings::default();
    let now: Time = generate::READ_AT.parse()?;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let analysis = analyse(&snapshot, &settings, now);
        runs.push((start.elapsed(), analysis.workloads));
    }
    runs.sort();
    let (median, workloads) = runs.get(RUNS / 2).copied().unwrap_or_default();

    let verdicts = analyse(&snapshot, &settings, now).verdicts;
    let facts = snapshot.counts().facts;
    let mut state = State::new(snapshot.place.clone());
    state.snapshot = snapshot;
    let checks = enabled(&settings);
    let policy = Policy::default();
    let mut round = |now: Time, scan: &str| -> (Changes, u128) {
        let start = Instant::now();
        let round = Round { now, scan, verdicts: &verdicts, checks: &checks, complete: true, causes: &[], policy: &policy };
        let changes = reconcile(&mut state, &round);
        let taken = start.elapsed().as_millis();
        let receipts = state.outbox.iter().map(wallwalk_findings::Message::receipt).collect();
        state.acknowledge(&receipts);
        (changes, taken)
    };
    let (first, first_ms) = round(now, "first");
    let (second, second_ms) = round(now.plus_millis(HOUR), "second");
    if !second.is_empty() {
        return Err("the second round changed something".into());
    }
    let bytes = codec::encode(&state)?.len();
    println!(
        "| {workloads} | {facts} | {} | {} | {} ms | {first_ms} ms | {second_ms} ms | {} KiB | {} MiB |",
        verdicts.len(),
        first.opened.len(),
        median.as_millis(),
        bytes / 1024,
        peak_kib()? / 1024
    );
    Ok(())
}

/// The most memory this process ever had, in KiB.
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system does not tell the peak of memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
