//! Times of mail that a clock wrote which has been set back since. Without this what is due at once, and what is to be
//! tried again, would wait for as long as the clock was set back.

use kontor_model::{Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, Cond, Expr, Select, Set, Write, system};

use crate::message::State;
use crate::outbox::{Outbox, failed};

/// Messages of one commit.
const AT_ONCE: u64 = 500;

impl Outbox {
    /// Brings messages forward that were put in, or off, by a clock that has been set back; says how many. What is not to
    /// leave before a moment that somebody chose stays.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn mend(&self, space: SpaceId) -> Result<usize> {
        let now = self.parts.clock.now_ms();
        let int = |name: &str| Expr::column(name, Kind::Int);
        let test = |name: &str, op: Op, right: i64| Cond::Test { left: int(name), op, right: right.into() };
        let (mut mended, mut behind) = (0, i64::MIN);
        loop {
            let columns = ["id", "tries", "next_at", "planned_at"].map(int).to_vec();
            let select = Select::new(space, system::OUTBOX, columns)
                .equals("state", Kind::Text, State::Queued.name())
                .filter(test("planned_at", Op::Gt, now + kontor_model::clock::NOTICED_MS))
                .filter(test("id", Op::Gt, behind))
                .order(int("id"), false)
                .limit(AT_ONCE);
            let rows = self.parts.store.rows(select).await?;
            let mut batch = Batch::new(space);
            for row in &rows {
                let &[Value::Int(id), Value::Int(tries), Value::Int(next), Value::Int(planned)] = row.as_slice() else {
                    continue;
                };
                behind = behind.max(id);
                if let Some(at) = moved((tries, next, planned), now) {
                    batch.writes.push(set(Id(id), (tries, next), at, now));
                }
            }
            if !batch.writes.is_empty() {
                mended += batch.writes.len();
                self.parts.store.commit(batch).await.map_err(failed)?;
            }
            if (rows.len() as u64) < AT_ONCE {
                break;
            }
        }
        if mended > 0 {
            tracing::info!(space = space.0, mended, "mail waits no longer by a clock that was set back");
        }
        Ok(mended)
    }
}

/// When a message is due that was to wait from `planned` until `next`; none for a moment that was chosen.
fn moved((tries, next, planned): (i64, i64, i64), now: i64) -> Option<i64> {
    let pause = next.saturating_sub(planned);
    (tries > 0 || pause <= 0).then(|| now.saturating_add(pause.max(0)))
}

fn set(id: Id, (tries, next): (i64, i64), at: i64, now: i64) -> Write {
    let to = |name: &str, ms: i64| (ColumnRef::new(name, Kind::Int), Set::To(ms.into()));
    Write::Update {
        table: system::OUTBOX.into(),
        keys: vec![
            system::key("id", Kind::Int, id.0),
            system::key("state", Kind::Text, State::Queued.name()),
            system::key("tries", Kind::Int, tries),
            system::key("next_at", Kind::Int, next),
        ],
        set: vec![to("next_at", at), to("planned_at", now)],
        must: false,
        search: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_begin_anew_and_chosen_moments_stay() {
        let hour = 3_600_000;
        // At once, in five seconds again, not before tomorrow.
        assert_eq!(moved((0, hour, hour), 0), Some(0));
        assert_eq!(moved((1, hour + 5_000, hour), 10), Some(5_010));
        assert_eq!(moved((0, hour + 86_400_000, hour), 0), None);
    }
}
