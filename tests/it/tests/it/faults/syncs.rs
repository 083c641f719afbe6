//! Every fifth sync fails (libfiu), then the process is killed: what was acknowledged is there all the same.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use kontor_testkit::Server;

use super::journal::Writers;
use super::{a_while, rounds, skipped};

#[tokio::test]
async fn syncs_that_fail_lose_nothing() {
    // Where Debian's libfiu0 puts it, unless it was unpacked elsewhere.
    let folder = PathBuf::from(std::env::var_os("FIU_LIBRARIES").unwrap_or_else(|| "/usr/lib/fiu".into()));
    if !folder.join("fiu_posix_preload.so").is_file() {
        return skipped("syncs that fail", "libfiu is not installed");
    }
    let preload = format!("{0}/fiu_run_preload.so {0}/fiu_posix_preload.so", folder.display());
    let fifo = std::env::temp_dir().join(format!("kontor-fiu-{}", std::process::id()));
    let beside = folder.parent().unwrap_or(&folder).display().to_string();
    let mut server = Server::builder()
        .env("LD_PRELOAD", &preload)
        .env("LD_LIBRARY_PATH", &beside)
        .env("FIU_CTRL_FIFO", &fifo.to_string_lossy())
        .start()
        .await;
    let mut writers = Writers::new(&server.api(), 32).await;
    let seen = writers.seen.clone();
    let count = rounds(3, 100);
    for _ in 0..count {
        let before = seen.refused.load(Ordering::Relaxed);
        tell(&fifo, server.pid().expect("it runs"), "enable_random name=posix/io/sync/*,probability=0.2");
        writers.start(&server.api());
        a_while(300, 600).await;
        assert!(server.pid().is_some_and(|pid| fs::metadata(format!("/proc/{pid}")).is_ok()), "the process lives");
        server.kill();
        let _ = writers.end(false).await;
        assert!(seen.refused.load(Ordering::Relaxed) > before, "no sync failed");
        server = server.restart().await;
        let _ = writers.audit(&server.api()).await;
    }
    let stored = writers.census(&server.api()).await;
    let (acknowledged, refused) = (seen.acknowledged.load(Ordering::Relaxed), seen.refused.load(Ordering::Relaxed));
    eprintln!(
        "{count} kills while syncs fail: {acknowledged} acknowledged, {refused} refused; {stored} records, all as acknowledged"
    );
}

/// Sends a command to the library inside a process.
fn tell(fifo: &std::path::Path, pid: u32, command: &str) {
    let end = |which: &str| format!("{}-{pid}.{which}", fifo.display());
    let mut into = File::options().write(true).open(end("in")).expect("libfiu listens");
    writeln!(into, "{command}").expect("a command");
    drop(into);
    assert_eq!(fs::read_to_string(end("out")).expect("an answer").trim(), "0", "{command}");
}
