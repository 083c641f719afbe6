//! Times that a clock wrote which has been set back since. Without this a lease would hold, and a pause would last, for
//! as long as the clock was set back.

use kontor_model::{Kind, Op, Result, SpaceId};
use kontor_store::{Batch, Cond, Expr, Select, Set, Write, system};

use crate::job::{Job, State, columns};
use crate::queue::{Jobs, failed, set};
use crate::run::LEASE_MS;

/// A longer pause is a time that somebody chose, and stays.
const CHOSEN_MS: i64 = 60_000;
/// Jobs of one look.
const MOST: u64 = 500;

impl Jobs {
    /// Shortens leases and pauses of a space that lie too far in the future; says how many.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn mend(&self, space: SpaceId) -> Result<usize> {
        let now = self.clock.now_ms();
        let later = |state: State, column: &str, than: i64| {
            Select::new(space, system::JOB, columns())
                .equals("state", Kind::Text, state.name())
                .filter(Cond::Test { left: Expr::column(column, Kind::Int), op: Op::Gt, right: than.into() })
                .limit(MOST)
        };
        let mut mended = 0;
        // Whoever holds it and lives renews it long before.
        for job in self.read(space, later(State::Running, "lease_until", now + 2 * LEASE_MS)).await? {
            let key = system::key("lease_until", Kind::Int, job.lease_until);
            mended += self.set_back(&job, key, vec![set("lease_until", Kind::Int, now + LEASE_MS)]).await?;
        }
        for job in self.read(space, later(State::Queued, "planned_at", now + 1_000)).await? {
            let pause = job.run_at - job.planned_at.unwrap_or(job.run_at);
            if (0..=CHOSEN_MS).contains(&pause) {
                let key = system::key("run_at", Kind::Int, job.run_at);
                let sets = vec![set("run_at", Kind::Int, now + pause), set("planned_at", Kind::Int, now)];
                mended += self.set_back(&job, key, sets).await?;
            }
        }
        Ok(mended)
    }

    async fn set_back(
        &self,
        job: &Job,
        key: (kontor_store::ColumnRef, kontor_model::Value),
        set: Vec<(kontor_store::ColumnRef, Set)>,
    ) -> Result<usize> {
        let keys = vec![system::key("id", Kind::Int, job.id.0), system::key("version", Kind::Int, job.version), key];
        let mut batch = Batch::new(job.space);
        batch.writes.push(Write::Update { table: system::JOB.into(), keys, set, must: false, search: None });
        self.store.commit(batch).await.map_err(failed)?;
        tracing::info!(job = %job.id, "a time of a job that a clock wrote which was set back since was put right");
        Ok(1)
    }
}
