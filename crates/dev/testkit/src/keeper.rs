//! A watchman: when the process that a server belongs to is gone, however it went, the server goes too.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Place, postgres};

const SCRIPT: &str = r#"
while kill -0 "$1" 2>/dev/null && [ -d "$2" ]; do sleep 0.3; done
[ -d "$2" ] || exit 0
[ -s "$2/pid" ] && kill -9 "$(cat "$2/pid")"
sleep 0.2
rm -rf "$2"
[ -n "$3" ] && psql -q "$4" -c "DROP DATABASE IF EXISTS $3 WITH (FORCE)"
"#;

/// Watches `owner`. Without `psql` the next test that makes a database removes this one.
pub fn watch(owner: u32, place: &Place) {
    watch_database(owner, place.root(), place.database().unwrap_or_default());
}

/// The same for a database without a server; it goes with the folder.
pub fn watch_database(owner: u32, root: &Path, database: &str) {
    let watchman = Command::new("sh")
        .args(["-c", SCRIPT, "keeper", &owner.to_string()])
        .arg(root)
        .args([database, &postgres::url("postgres")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    if let Err(why) = watchman {
        eprintln!("nobody watches over {}: {why}", root.display());
    }
}
