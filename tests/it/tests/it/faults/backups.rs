//! Backups while others write: whole, equal, and never trusted when a byte has changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use kontor_testkit::{Api, Server, binary};
use serde_json::Value;

use super::journal::Writers;
use super::{a_while, any, rounds};

/// A command of the product on a directory of its own.
fn kontor(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).arg("--data").arg(data).env_remove("KONTOR_DATABASE_URL").stdin(Stdio::null());
    command.output().expect("the binary runs")
}

/// Every record of every collection of the journal, with its history.
async fn everything(api: &Api) -> BTreeMap<String, (Value, Value)> {
    let mut all = BTreeMap::new();
    let objects = api.get("/v1/metadata/objects").await.expect(200);
    let collections =
        objects.texts("plural").into_iter().filter(|plural| plural == "customers" || plural.starts_with("paper"));
    for collection in collections {
        let mut next = format!("/v1/{collection}?limit=500&sort=id");
        loop {
            let page = api.get(&next).await.expect(200);
            for row in page.rows() {
                let id = row["id"].as_str().unwrap();
                let history = api.get(&format!("/v1/{collection}/{id}/history?limit=500")).await.expect(200);
                all.insert(format!("{collection}/{id}"), (row.clone(), history.data().clone()));
            }
            let Some(cursor) = page.page()["next_cursor"].as_str() else { break };
            next = format!("/v1/{collection}?limit=500&sort=id&cursor={cursor}");
        }
    }
    all
}

/// Puts a backup in place of the server's database and starts it.
async fn restored(mut server: Server, backup: &Path) -> Server {
    let _ = server.terminate().await;
    let output = server.place().output(&["restore", "--force", &backup.to_string_lossy()]);
    assert!(output.status.success(), "{output:?}");
    server.restart().await
}

#[tokio::test]
async fn a_backup_is_equal_and_whole() {
    let server = Server::builder().start().await;
    let api = server.api();
    let mut writers = Writers::new(&api, 16).await;
    let file = |name: &str| server.place().root().join(name);
    let (busy, quiet) = (file("busy.backup"), file("quiet.backup"));
    writers.start(&api);
    a_while(500, 800).await;
    let (place, to) = (server.place().clone(), busy.clone());
    let output = tokio::task::spawn_blocking(move || place.output(&["backup", &to.to_string_lossy()])).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    a_while(100, 200).await;
    let _ = writers.end(true).await;
    let _ = writers.audit(&api).await;
    let output = server.place().output(&["backup", &quiet.to_string_lossy()]);
    assert!(output.status.success(), "{output:?}");
    let before = everything(&api).await;

    // What was taken while others wrote is an earlier moment of the same: a part of the records, each with a beginning
    // of its history.
    let server = restored(server, &busy).await;
    let then = everything(&server.api()).await;
    assert!(!then.is_empty() && then.len() < before.len(), "{} of {}", then.len(), before.len());
    for (place, (record, history)) in &then {
        let (_, whole) = &before[place];
        let (part, whole) = (history.as_array().unwrap(), whole.as_array().unwrap());
        assert_eq!(record["version"].as_u64().unwrap() as usize, part.len(), "{place}");
        assert_eq!(&whole[whole.len() - part.len()..], part, "{place}");
    }
    let server = restored(server, &quiet).await;
    assert_eq!(everything(&server.api()).await, before);
    assert_eq!(writers.census(&server.api()).await, before.len());
    let kept = server.place().data().join("kontor.db.before-restore");
    assert!(kept.is_file(), "what was there is kept");
    eprintln!("{} records of a quiet backup equal; {} of one under load whole", before.len(), then.len());
}

/// What was committed before a crash is still only in the log: it is kept with the database that is put aside.
#[tokio::test]
async fn what_is_put_aside_is_whole() {
    let mut server = Server::builder().start().await;
    let backup = server.place().root().join("empty.backup");
    assert!(server.place().output(&["backup", &backup.to_string_lossy()]).status.success());
    let id = server.api().create("/v1/customers", crate::support::customer()).await;
    server.kill();
    let output = server.place().output(&["restore", "--force", &backup.to_string_lossy()]);
    assert!(output.status.success(), "{output:?}");
    let data = server.place().data();
    let mut server = server.restart().await;
    let _ = server.api().get(&format!("/v1/customers/{id}")).await.refused(404_001);
    let _ = server.terminate().await;
    for end in ["", "-wal"] {
        let aside = data.join(format!("kontor.db.before-restore{end}"));
        if aside.exists() {
            std::fs::rename(aside, data.join(format!("kontor.db{end}"))).unwrap();
        }
    }
    let server = server.restart().await;
    let _ = server.api().get(&format!("/v1/customers/{id}")).await.expect(200);
}

#[tokio::test]
async fn a_changed_byte_is_found() {
    let server = Server::builder().start().await;
    let api = server.api();
    let mut writers = Writers::new(&api, 8).await;
    writers.start(&api);
    a_while(500, 700).await;
    let _ = writers.end(true).await;
    let root = server.place().root().to_owned();
    let (backup, changed, data) = (root.join("a.backup"), root.join("changed.backup"), root.join("elsewhere"));
    assert!(server.place().output(&["backup", &backup.to_string_lossy()]).status.success());
    let sound = std::fs::read(&backup).unwrap();
    let count = rounds(40, 1_000);
    let refuse = |bytes: &[u8], what: &str| {
        std::fs::write(&changed, bytes).unwrap();
        let output = kontor(&["restore", &changed.to_string_lossy()], &data);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{what} was not found");
        assert!(said.contains("not a sound backup") && !said.contains("panicked"), "{what}: {said}");
        assert!(!data.join("kontor.db").exists(), "{what} was put in place");
    };
    for _ in 0..count {
        let mut bytes = sound.clone();
        let at = any(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << any(8);
        refuse(&bytes, &format!("a changed bit at {at} of {}", bytes.len()));
    }
    refuse(&sound[..sound.len() / 2], "half a backup");
    refuse(&sound[..sound.len() - 1], "a backup without its last byte");
    refuse(&[&sound[..], b"x"].concat(), "a byte too many");
    refuse(b"", "an empty file");
    std::fs::write(&changed, &sound).unwrap();
    assert!(kontor(&["restore", &changed.to_string_lossy()], &data).status.success());
    eprintln!("{count} changed bits in a backup of {} bytes: each refused", sound.len());
}

/// Damage in the database itself: the doctor names it, and the server neither dies of it nor hides it.
#[tokio::test]
async fn a_damaged_database_is_reported() {
    let mut server = Server::builder().start().await;
    let mut writers = Writers::new(&server.api(), 8).await;
    writers.start(&server.api());
    a_while(300, 400).await;
    let _ = writers.end(true).await;
    let _ = server.terminate().await;
    let file = server.place().data().join("kontor.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // The heads of every fourth page: structure, not content.
    for page in bytes.chunks_mut(4_096).skip(1).step_by(4) {
        page[..8].fill(0xA5);
    }
    std::fs::write(&file, bytes).unwrap();
    let output = server.place().output(&["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("wrong"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let output = server.place().output(&["backup", &server.place().root().join("b.backup").to_string_lossy()]);
    assert!(!output.status.success(), "damage is not backed up as if it were sound");
}
