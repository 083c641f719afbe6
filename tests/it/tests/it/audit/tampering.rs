//! Whatever is done to the rows of a chain past the product, `kontor audit verify` says so: edits of any column,
//! removals, insertions, exchanges and cut-off ends, by chance. `make walk` does it a thousand times.

use std::path::Path;

use kontor_model::id::first_at;
use kontor_model::{Clock, SystemClock};
use kontor_testkit::{Backend, Place, Server, both_alone};
use serde_json::json;

use super::{sealed, verify};

both_alone!(no_tampering_goes_unseen);

/// In the suite; at most `ALL` by `KONTOR_FAULTS_ROUNDS`.
const FEW: usize = 20;
const ALL: usize = 1_000;

const TEXTS: [&str; 6] = ["object", "action", "request_id", "changes", "credential", "ip"];
const NUMBERS: [&str; 8] =
    ["at", "record_id", "version", "user_id", "key_id", "impersonator_id", "space", "redacted_at"];
const BYTES: [&str; 2] = ["salt", "commitment"];
const SEAL_NUMBERS: [&str; 5] = ["first_id", "last_id", "entries", "watermark", "sealed_at"];
const SEAL_BYTES: [&str; 5] = ["leaves", "root", "previous", "hash", "signature"];

/// Rows of the copy, by which everything is undone.
struct Chain<'a> {
    place: &'a Place,
    entries: Vec<String>,
    seals: Vec<String>,
    space: String,
}

fn column(place: &Place, question: &str) -> Vec<String> {
    place.rows(question).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

impl<'a> Chain<'a> {
    fn copied(place: &'a Place) -> Self {
        place.sql(
            "CREATE TABLE kept_audit AS SELECT * FROM audit; CREATE TABLE kept_audit_seal AS SELECT * FROM audit_seal",
        );
        let space = column(place, "SELECT space FROM audit_seal WHERE space <> 0 LIMIT 1").remove(0);
        let entries = column(place, &format!("SELECT id FROM audit WHERE space = {space} ORDER BY id"));
        let seals = column(place, &format!("SELECT id FROM audit_seal WHERE space = {space} ORDER BY id"));
        Self { place, entries, seals, space }
    }

    fn undo(&self) {
        self.place.sql(
            "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept_audit; DELETE FROM audit_seal; INSERT INTO audit_seal SELECT * FROM kept_audit_seal",
        );
    }

    fn bytes(&self, n: u64) -> String {
        let digits = format!("{n:016x}");
        if self.place.backend == Backend::Sqlite { format!("x'{digits}'") } else { format!("'\\x{digits}'") }
    }

    /// One thing that an intruder does.
    fn tampering(&self, any: impl Fn(u64) -> u64) -> String {
        let pick = |of: &[String]| of[usize::try_from(any(of.len() as u64)).unwrap()].clone();
        let name = |of: &[&'static str]| of[usize::try_from(any(of.len() as u64)).unwrap()];
        let (one, space) = (pick(&self.entries), &self.space);
        let entry = format!("space = {space} AND id = {one}");
        let seal = format!("space = {space} AND id = {}", pick(&self.seals));
        match any(11) {
            0 | 1 => {
                let column = name(&TEXTS);
                format!("UPDATE audit SET {column} = COALESCE({column}, '') || 'x' WHERE {entry}")
            }
            2 | 3 => {
                let column = name(&NUMBERS);
                format!("UPDATE audit SET {column} = COALESCE({column}, 0) + {} WHERE {entry}", 1 + any(1_000))
            }
            4 => format!("UPDATE audit SET {} = {} WHERE {entry}", name(&BYTES), self.bytes(any(u64::MAX))),
            5 => format!("DELETE FROM audit WHERE {entry}"),
            6 => {
                // Two entries exchange their places.
                let other = loop {
                    let other = pick(&self.entries);
                    if other != one {
                        break other;
                    }
                };
                format!(
                    "UPDATE audit SET id = -1 WHERE {entry}; UPDATE audit SET id = {one} WHERE space = {space} AND id = {other}; \
                     UPDATE audit SET id = {other} WHERE space = {space} AND id = -1"
                )
            }
            // Among those of the last 26 hours it would be one that was committed late (docs/guide/audit.md).
            7 => {
                let old = first_at(SystemClock.now_ms() - 27 * 3_600_000).0 + 1;
                format!(
                    "INSERT INTO audit (space, id, at, object, record_id, version, action) \
                     SELECT space, {old}, at, object, record_id, version, action FROM audit WHERE {entry}"
                )
            }
            8 => {
                let column = name(&SEAL_NUMBERS);
                format!("UPDATE audit_seal SET {column} = {column} + {} WHERE {seal}", 1 + any(1_000))
            }
            9 => format!("UPDATE audit_seal SET {} = {} WHERE {seal}", name(&SEAL_BYTES), self.bytes(any(u64::MAX))),
            // The end is cut off, with or without what it sealed.
            _ if any(2) == 0 => {
                let from = pick(&self.seals);
                format!(
                    "DELETE FROM audit WHERE space = {space} AND id >= (SELECT first_id FROM audit_seal WHERE space = {space} AND id = {from}); \
                     DELETE FROM audit_seal WHERE space = {space} AND id >= {from}"
                )
            }
            _ => format!("DELETE FROM audit_seal WHERE {seal}"),
        }
    }
}

async fn no_tampering_goes_unseen(backend: Backend) {
    let rounds = std::env::var("KONTOR_FAULTS_ROUNDS").ok().and_then(|text| text.parse().ok());
    let rounds = rounds.map_or(FEW, |wanted: usize| wanted.clamp(FEW, ALL));
    let mut server = Server::builder().backend(backend).start().await;
    let api = server.api();
    for part in 0..3 {
        for n in 0..10 {
            let id = api.create("/v1/contacts", json!({"last_name": format!("Roe {part} {n}")})).await;
            let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"city": "Berlin"})).await.expect(200);
        }
        sealed(&api).await;
    }
    let _ = server.terminate().await;
    let head = server.place().root().join("head.ndjson");
    let said = checked(&server, &head);
    assert!(said.0, "{}", said.1);
    let place = server.place().clone();
    let chain = Chain::copied(&place);
    assert!(chain.entries.len() >= 60 && chain.seals.len() >= 3, "{} {}", chain.entries.len(), chain.seals.len());
    let any = |end: u64| super::any(end);
    for round in 0..rounds {
        let done = chain.tampering(any);
        place.sql(&done);
        let (held, said) = checked(&server, &head);
        assert!(!held, "{backend:?}: unseen: {done}\n{said}");
        chain.undo();
        if round % 10 == 0 {
            let (held, said) = checked(&server, &head);
            assert!(held, "{backend:?}: what was undone is sound: {said}");
        }
    }
    eprintln!("{}: {rounds} of {rounds} found", backend.name());
}

fn checked(server: &Server, head: &Path) -> (bool, String) {
    verify(server, &["--head", head.to_str().unwrap()])
}
