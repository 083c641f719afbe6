//! A chain to play with.

use std::sync::Arc;

use kontor_model::clock::FixedClock;
use kontor_model::{Clock, Id, SpaceId, Value};
use kontor_store::{Batch, CommitError, Schema, Select, Store, Write, system};
use kontor_store_sqlite::{SqliteOptions, SqliteStore};

use crate::{Head, NewEntry, Report, Sealer, Signer, Who, verify};

pub const SPACE: SpaceId = SpaceId(7);
pub const START: i64 = 1_790_000_000_000;

pub struct House {
    pub store: Arc<SqliteStore>,
    pub clock: Arc<FixedClock>,
    pub signer: Signer,
    _directory: tempfile::TempDir,
}

impl House {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(SqliteOptions::new(directory.path().join("audit.db"))).unwrap());
        store.migrate(Arc::new(Schema { version: 1, oldest: 1, tables: system::tables() })).await.unwrap();
        Self { store, clock: Arc::new(FixedClock::at(START)), signer: Signer::new([7; 32]), _directory: directory }
    }

    pub fn sealer(&self, holder: &str) -> Sealer {
        Sealer::new(self.store.clone(), self.clock.clone(), self.signer.clone(), holder.to_owned())
    }

    /// An entry made at this moment.
    pub fn entry(&self, at: i64, n: i64, action: &str, record: i64) -> Write {
        NewEntry {
            id: Id((at << 18) | n),
            at,
            object: "contact",
            record_id: record,
            version: n,
            action,
            who: Who { user_id: Some(Id(1)), key_id: Some(Id(2)), ip: "192.0.2.7".parse().ok(), ..Who::default() },
            request_id: "r",
            changes: format!("{{\"email\":[null,\"{n}@example.org\"]}}"),
        }
        .write()
        .unwrap()
    }

    pub async fn commit(&self, writes: Vec<Write>) {
        self.store.commit(Batch { space: SPACE, writes }).await.unwrap();
    }

    pub async fn try_commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.store.commit(Batch { space: SPACE, writes }).await
    }

    pub async fn verify(&self, head: Option<&Head>) -> Report {
        verify(&*self.store, SPACE, &self.signer, head).await.unwrap()
    }

    /// `seals` seals of `each` entries, three hours apart, of which some are erased and one came late.
    pub async fn filled(seals: i64, each: i64) -> Self {
        let house = Self::new().await;
        let mut sealer = house.sealer("a");
        for seal in 0..seals {
            let at = house.clock.now_ms();
            house.commit((0..each).map(|n| house.entry(at + n, seal * each + n + 1, "update", n + 1)).collect()).await;
            house.clock.advance(10_800_000);
            assert_eq!(sealer.seal(SPACE).await.unwrap(), usize::try_from(each).unwrap());
        }
        let at = house.clock.now_ms();
        let order = house.entry(at, 4_000, "purge", 3);
        house.commit(vec![crate::redact::record(3, at), order]).await;
        house.clock.advance(10_800_000);
        assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
        house.commit(vec![house.entry(at - 60_000, 4_001, "create", 99)]).await;
        house.clock.advance(10_800_000);
        assert_eq!(sealer.seal(SPACE).await.unwrap(), 1);
        house
    }

    /// Whole rows of a table, as inserts.
    pub async fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        let columns =
            columns(table).into_iter().map(|c| kontor_store::Expr::column(&c.name, c.kind)).collect::<Vec<_>>();
        let select =
            Select::new(SPACE, table, columns).order(kontor_store::Expr::column("id", kontor_model::Kind::Int), false);
        self.store.rows(select).await.unwrap()
    }
}

/// The columns of a table, the id first.
pub fn columns(table: &str) -> Vec<kontor_store::ColumnRef> {
    let tables = system::tables();
    let found = tables.iter().find(|t| t.name == table).unwrap();
    found.columns.iter().map(|c| kontor_store::ColumnRef::new(&c.name, c.kind)).collect()
}
