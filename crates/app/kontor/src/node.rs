//! A process's node number, leased from the store, so that no two make the same id.

use std::sync::Arc;
use std::time::Duration;

use kontor_model::id::NODES;
use kontor_model::{Clock, Error, IdGenerator, Kind, Result, Value};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, Select, Set, Store, Write};

const LEASE_MS: i64 = 60_000;
/// How often a lease is renewed.
pub const RENEW: Duration = Duration::from_secs(15);

/// A node number that is ours while it is renewed.
pub struct NodeLease {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    holder: String,
    node: i64,
}

impl NodeLease {
    /// Leases a free number and gives it to `ids`. `holder` is who this process is; no other that runs may have the
    /// same. When no number is free, the one that its holder left behind longest ago (killed, again and again) is.
    ///
    /// # Errors
    /// All 64 are leased to others; the database's.
    pub async fn take(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<IdGenerator>,
        holder: String,
    ) -> Result<Self> {
        let mut lease = Self { store, clock, ids, holder, node: -1 };
        lease.acquire().await?;
        Ok(lease)
    }

    async fn acquire(&mut self) -> Result<()> {
        for _ in 0..8 {
            let columns = vec![
                Expr::column("node", Kind::Int),
                Expr::column("expires_at", Kind::Int),
                Expr::column("holder", Kind::Text),
            ];
            let rows = self.store.rows(Select::new(INSTALLATION, system::NODE_LEASE, columns)).await?;
            let now = self.clock.now_ms();
            let Some((node, seen)) = choose(&rows, &self.holder, now) else {
                return Err(Error::internal("all 64 node numbers are leased; stop a process or wait a minute"));
            };
            match self.store.commit(self.claim(node, seen, now)).await {
                Ok(()) => {
                    self.node = node;
                    self.ids.set_node(node);
                    return Ok(());
                }
                Err(CommitError::Store(error)) => return Err(error.into()),
                // Another process was quicker: look again.
                Err(CommitError::Guard { .. } | CommitError::Unique { .. }) => {}
            }
        }
        Err(Error::internal("no node number could be leased; too many processes start at once"))
    }

    fn claim(&self, node: i64, seen: Option<i64>, now: i64) -> Batch {
        let mut batch = Batch::new(INSTALLATION);
        let expires = now + LEASE_MS;
        match seen {
            None => batch.insert(
                system::NODE_LEASE,
                vec![
                    ("node", Kind::Int, node.into()),
                    ("holder", Kind::Text, self.holder.clone().into()),
                    ("expires_at", Kind::Int, expires.into()),
                ],
            ),
            Some(seen) => batch.writes.push(Write::Update {
                table: system::NODE_LEASE.into(),
                keys: vec![system::key("node", Kind::Int, node), system::key("expires_at", Kind::Int, seen)],
                set: vec![
                    (ColumnRef::new("holder", Kind::Text), Set::To(self.holder.clone().into())),
                    (ColumnRef::new("expires_at", Kind::Int), Set::To(expires.into())),
                ],
                must: true,
                search: None,
            }),
        }
        batch
    }

    fn update(&self, expires: i64) -> Batch {
        let mut batch = Batch::new(INSTALLATION);
        batch.writes.push(Write::Update {
            table: system::NODE_LEASE.into(),
            keys: vec![
                system::key("node", Kind::Int, self.node),
                system::key("holder", Kind::Text, self.holder.as_str()),
            ],
            set: vec![(ColumnRef::new("expires_at", Kind::Int), Set::To(expires.into()))],
            must: true,
            search: None,
        });
        batch
    }

    /// Renews; a lease that was lost is taken anew under another number.
    ///
    /// # Errors
    /// The database's.
    pub async fn renew(&mut self) -> Result<()> {
        match self.store.commit(self.update(self.clock.now_ms() + LEASE_MS)).await {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => self.acquire().await,
        }
    }

    /// Gives the number back.
    pub async fn release(self) {
        self.store.commit(self.update(0)).await.ok();
    }
}

/// How many processes hold a lease: those that run, and for a minute those that were killed.
///
/// # Errors
/// The database's.
pub async fn processes(store: &dyn Store, clock: &dyn Clock) -> Result<usize> {
    let columns = vec![Expr::column("holder", Kind::Text), Expr::column("expires_at", Kind::Int)];
    let rows = store.rows(Select::new(INSTALLATION, system::NODE_LEASE, columns)).await?;
    Ok(holders(&rows, clock.now_ms()))
}

/// One that was killed and started again on its data directory is one, with two leases.
fn holders(rows: &[Vec<Value>], now: i64) -> usize {
    let live = rows.iter().filter(|row| row.get(1).and_then(Value::as_i64).is_some_and(|expires| expires >= now));
    let mut names: Vec<&str> = live.filter_map(|row| row.first().and_then(Value::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

/// The number to claim, with the end of its lease as it was seen.
fn choose(rows: &[Vec<Value>], holder: &str, now: i64) -> Option<(i64, Option<i64>)> {
    let known = |node: i64| {
        let row = rows.iter().find(|row| row.first() == Some(&Value::Int(node)))?;
        Some((row.get(1)?.as_i64()?, row.get(2).and_then(Value::as_str) == Some(holder)))
    };
    let seen: Vec<(i64, Option<(i64, bool)>)> = (0..NODES).map(|node| (node, known(node))).collect();
    let free = seen.iter().find(|(_, lease)| lease.is_none_or(|(expires, _)| expires < now));
    let ours = || seen.iter().filter(|(_, lease)| lease.is_some_and(|(_, ours)| ours)).min_by_key(|(_, lease)| *lease);
    free.or_else(ours).map(|(node, lease)| (*node, lease.map(|(expires, _)| expires)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leases(of: impl Fn(i64) -> (i64, &'static str)) -> Vec<Vec<Value>> {
        (0..NODES).map(|node| vec![node.into(), of(node).0.into(), of(node).1.into()]).collect()
    }

    #[test]
    fn a_process_counts_once_and_while_it_runs() {
        let lease = |holder: &str, expires: i64| vec![Value::from(holder), Value::from(expires)];
        assert_eq!(holders(&[], 100), 0);
        assert_eq!(holders(&[lease("a", 150), lease("b", 99), lease("a", 200), lease("c", 100)], 100), 2);
    }

    #[test]
    fn a_free_number_comes_first_and_then_ones_own() {
        assert_eq!(choose(&[], "me", 100), Some((0, None)));
        assert_eq!(choose(&leases(|node| (if node == 7 { 99 } else { 200 }, "you")), "me", 100), Some((7, Some(99))));
        assert_eq!(choose(&leases(|_| (200, "you")), "me", 100), None);
        let rows = leases(|node| if node % 2 == 0 { (300 - node, "me") } else { (150, "you") });
        assert_eq!(choose(&rows, "me", 100), Some((62, Some(238))));
    }
}
