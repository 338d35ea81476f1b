//! What the figures were taken on.

use std::fs::read_to_string;

/// Processor, cores, memory, kernel, and how busy the machine is, in one line.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| kib(&text)).unwrap_or_default();
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let gib = memory as f64 / (1024.0 * 1024.0);
    format!(
        "{cores} cores ({cpu}), {gib:.0} GiB, Linux {}, load average before the run {load}",
        kernel.trim()
    )
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str) -> Option<u64> {
    text.trim_end_matches(" kB").parse().ok()
}
