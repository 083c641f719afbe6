//! Seals what was committed, behind the commits: one process of an installation at a time, by a lease.
//!
//! The lease only saves work. What keeps the chain whole is that two seals of one number cannot both be committed: the
//! one that loses looks again.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_model::{Clock, Error, Kind, Op, Result, SpaceId};
use kontor_store::system;
use kontor_store::{CommitError, Expr, Lease, Select, Store};

use crate::digest::Hash;
use crate::row::{self, Row};
use crate::seal::{self, Seal};
use crate::stream::compare;
use crate::{Signer, late};

/// Entries are sealed this long after they were made: almost every commit has ended by then, in whatever order.
pub const SETTLE_MS: i64 = 2_000;
/// How much older than the newest sealed one an entry may be and still come late: a clock may have been set.
pub const LATE_MS: i64 = 26 * 3_600_000;
/// What is looked through for late entries often, and how often.
const SOON: (i64, i64) = (15 * 60_000, 60_000);
const ALL: (i64, i64) = (LATE_MS, 3_600_000);
const LEASE_MS: i64 = 30_000;
/// Most entries of one seal.
const MOST: u64 = 1_024;

/// One space's chain as the sealer left it.
struct Chain {
    last: Option<Seal>,
    soon_at: i64,
    all_at: i64,
}

/// Makes seals while it holds the lease.
pub struct Sealer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    signer: Signer,
    lease: Lease,
    chains: HashMap<SpaceId, Chain>,
}

fn id_at(ms: i64) -> i64 {
    ms.saturating_mul(1 << 18)
}

impl Sealer {
    /// `holder` is who this process is; no other that runs may have the same.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, signer: Signer, holder: String) -> Self {
        let lease = Lease::new(store.clone(), clock.clone(), "sealer", holder, false).lasting(LEASE_MS);
        Self { store, clock, signer, lease, chains: HashMap::new() }
    }

    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Seals what is there in these spaces, if no other process does; says how many entries, none without the lease.
    ///
    /// # Errors
    /// The database's; a chain that was begun with another key.
    pub async fn tick(&mut self, spaces: &[SpaceId]) -> Result<Option<usize>> {
        if !self.lease.hold().await? {
            self.chains.clear();
            return Ok(None);
        }
        let mut sealed = 0;
        for space in spaces {
            sealed += self.seal(*space).await?;
        }
        Ok(Some(sealed))
    }

    /// Seals one space; for those who know that nobody else does.
    ///
    /// # Errors
    /// As [`Sealer::tick`].
    pub async fn seal(&mut self, space: SpaceId) -> Result<usize> {
        let outcome = self.catch_up(space).await;
        if !matches!(outcome, Ok(Some(_))) {
            // Another was quicker, or something failed: what is known may be wrong.
            self.chains.remove(&space);
        }
        Ok(outcome?.unwrap_or(0))
    }

    /// None when another process has sealed meanwhile.
    async fn catch_up(&mut self, space: SpaceId) -> Result<Option<usize>> {
        let now = self.clock.now_ms();
        let mut chain = match self.chains.remove(&space) {
            Some(chain) => chain,
            None => Chain { last: seal::last(&*self.store, space).await?, soon_at: 0, all_at: 0 },
        };
        if let Some(last) = chain.last.as_ref().filter(|last| last.key != self.signer.id()) {
            return Err(Error::internal(format!(
                "the audit of space {space} is sealed with the key {}, and this process has {}: give it the installation's \
                 master key (KONTOR_MASTER_KEY)",
                last.key,
                self.signer.id()
            )));
        }
        let mut sealed = 0;
        loop {
            let watermark = chain.last.as_ref().map_or(i64::MIN, |s| s.watermark);
            let select = Select::new(space, system::AUDIT, row::columns())
                .filter(compare("id", Op::Gt, watermark))
                .filter(compare("id", Op::Lte, id_at(now - SETTLE_MS)))
                .order(Expr::column("id", Kind::Int), false)
                .limit(MOST);
            let rows: Vec<Row> = self.store.rows(select).await?.into_iter().filter_map(Row::read).collect();
            if rows.is_empty() {
                break;
            }
            let full = rows.len() as u64 == MOST;
            if !self.add(space, &mut chain, &rows, now).await? {
                return Ok(None);
            }
            sealed += rows.len();
            if !full {
                break;
            }
        }
        if let Some(watermark) = chain.last.as_ref().map(|s| s.watermark) {
            let window = if now - chain.all_at >= ALL.1 {
                (chain.all_at, chain.soon_at) = (now, now);
                Some(ALL.0)
            } else if now - chain.soon_at >= SOON.1 {
                chain.soon_at = now;
                Some(SOON.0)
            } else {
                None
            };
            if let Some(window) = window {
                let from = watermark.saturating_sub(id_at(window));
                let rows = late::find(&*self.store, space, from, watermark).await?;
                if !rows.is_empty() {
                    tracing::info!(space = space.0, entries = rows.len(), "late entries of the audit were found");
                    if !self.add(space, &mut chain, &rows, now).await? {
                        return Ok(None);
                    }
                    sealed += rows.len();
                    // There may be more.
                    (chain.all_at, chain.soon_at) = (0, 0);
                }
            }
        }
        self.chains.insert(space, chain);
        Ok(Some(sealed))
    }

    /// Whether the seal was the next.
    async fn add(&self, space: SpaceId, chain: &mut Chain, rows: &[Row], now: i64) -> Result<bool> {
        let mut entries: Vec<(i64, Hash)> = Vec::with_capacity(rows.len());
        for row in rows {
            // One that contradicts itself is sealed all the same, with a hash that nothing has: verification finds it.
            entries.push((row.id, row.hash(space).unwrap_or_default()));
        }
        let seal = Seal::next(space, chain.last.as_ref(), &entries, now, &self.signer);
        match self.store.commit(seal.batch(space)).await {
            Ok(()) => {
                // The next seal needs its numbers and hash only.
                chain.last = Some(Seal { leaves: Vec::new(), ..seal });
                Ok(true)
            }
            Err(CommitError::Unique { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets another process seal at once.
    pub async fn release(&mut self) {
        self.lease.release().await;
    }
}
