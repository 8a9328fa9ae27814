//! Figures: what a scan of an account costs, by the number of workloads — calls, time, memory.
//!
//! `scan-bench WALLWALK [WORKLOADS…] [--pace FACTOR]` runs the command WALLWALK against generated
//! estates, each once cold and once warm (with the state of the first scan). It asserts nothing:
//! figures depend on the machine, which serves the estate at the same time.

#![expect(clippy::print_stdout, reason = "a program that measures prints what it measured")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use wallwalk_standin::{Estate, Options, Standin};

const SIZES: &[usize] = &[100, 1_000, 10_000];
/// Clock ticks in a second, as `/proc` counts them on Linux.
const TICKS: f64 = 100.0;

struct Figures {
    wall: Duration,
    cpu_seconds: f64,
    peak_mib: u64,
    calls: BTreeMap<String, u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut pace, mut words) = ("1".to_owned(), Vec::new());
    let mut arguments = env::args().skip(1);
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--pace" => pace = arguments.next().ok_or("`--pace` needs a factor")?,
            _ => words.push(word),
        }
    }
    let (program, sizes) = words.split_first().ok_or("name the built `wallwalk` to be measured")?;
    let sizes = sizes.iter().map(|text| text.parse()).collect::<Result<Vec<usize>, _>>()?;
    println!("| Workloads | Scan | API calls | Wall | CPU | Peak memory |\n| ---: | --- | ---: | ---: | ---: | ---: |");
    let mut by_operation = BTreeMap::new();
    for size in if sizes.is_empty() { SIZES } else { &sizes } {
        let standin = Standin::start(Estate::generated(*size, 1), Options::default())?;
        let state = env::temp_dir().join(format!("wallwalk-scan-bench-{}-{size}", process::id()));
        for scan in ["cold", "warm"] {
            standin.reset_calls();
            let figures = measured(Path::new(program), &standin, &state, &pace)?;
            let Figures { wall, cpu_seconds, peak_mib, calls } = figures;
            let total: u64 = calls.values().sum();
            println!("| {size} | {scan} | {total} | {:.1} s | {cpu_seconds:.1} s | {peak_mib} MiB |", wall.as_secs_f64());
            for (call, count) in calls {
                by_operation.entry(call).or_insert_with(BTreeMap::new).insert((*size, scan), count);
            }
        }
        fs::remove_dir_all(&state)?;
    }
    println!("\ncalls by operation, cold/warm:");
    for (call, counts) in by_operation {
        let counts: Vec<String> = counts.iter().map(|((size, scan), count)| format!("{size} {scan} {count}")).collect();
        println!("  {call}: {}", counts.join(", "));
    }
    Ok(())
}

fn measured(program: &Path, standin: &Standin, state: &PathBuf, pace: &str) -> Result<Figures, Box<dyn Error>> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["scan", "--quiet", "--format", "asff", "--pace", pace, "--state"])
        .arg(state)
        .env("AWS_ENDPOINT_URL", standin.url())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "EXAMPLEKEYID")
        .env("AWS_SECRET_ACCESS_KEY", "not a secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdout(Stdio::null())
        .spawn()?;
    let process = format!("/proc/{}", child.id());
    let mut peak_mib = 0;
    // A process that has ended stays readable until it is waited for.
    let ended = loop {
        let stat = fs::read_to_string(format!("{process}/stat"))?;
        let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
        if fields.first() == Some(&"Z") {
            break fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>();
        }
        let status = fs::read_to_string(format!("{process}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak_mib = peak_mib.max(peak.unwrap_or_default() / 1024);
        thread::sleep(Duration::from_millis(20));
    };
    let wall = start.elapsed();
    let status = child.wait()?;
    if !matches!(status.code(), Some(0 | 1 | 3)) {
        return Err(format!("the scan ended with {status}").into());
    }
    Ok(Figures { wall, cpu_seconds: ended / TICKS, peak_mib, calls: standin.calls() })
}
