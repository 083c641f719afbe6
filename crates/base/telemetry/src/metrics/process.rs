//! What the system says of this process, under the names of the Prometheus client libraries. Linux only; elsewhere
//! nothing is rendered.

use std::fmt::Write;
use std::fs::{read_dir, read_to_string};

/// Ticks per second of `/proc/PID/stat` (proc(5)); 100 on every architecture that Kontor is built for.
const TICKS: u64 = 100;

pub(super) fn render(text: &mut String) {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let mut put = |name: &str, kind: &str, help: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
    };
    let bytes = |label: &str| field(&status, label).map(|kib| (kib * 1024).to_string());
    put("process_resident_memory_bytes", "gauge", "Resident memory.", bytes("VmRSS:"));
    put("process_virtual_memory_bytes", "gauge", "Virtual memory.", bytes("VmSize:"));
    put("process_threads", "gauge", "Threads.", field(&status, "Threads:").map(|n| n.to_string()));
    // The listing itself holds one descriptor open.
    let open = read_dir("/proc/self/fd").ok().map(|fds| fds.count().saturating_sub(1).to_string());
    put("process_open_fds", "gauge", "Open file descriptors.", open);
    let limits = read_to_string("/proc/self/limits").unwrap_or_default();
    put(
        "process_max_fds",
        "gauge",
        "File descriptors allowed.",
        field(&limits, "Max open files").map(|n| n.to_string()),
    );
    put("process_cpu_seconds_total", "counter", "Processor time, user and system.", cpu_seconds());
}

/// The number that follows the label at the start of a line.
fn field(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
}

fn cpu_seconds() -> Option<String> {
    let stat = read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields after it.
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = after_name.next()?.parse().ok()?;
    let system: u64 = after_name.next()?.parse().ok()?;
    let ticks = user + system;
    Some(format!("{}.{:02}", ticks / TICKS, ticks % TICKS))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn memory_and_descriptors_are_there() {
        let mut text = String::new();
        super::render(&mut text);
        for name in
            ["process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_cpu_seconds_total"]
        {
            let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
            assert!(line.split(' ').nth(1).unwrap().parse::<f64>().is_ok(), "{line}");
        }
    }
}
