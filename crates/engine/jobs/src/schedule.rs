//! Jobs by the clock: a row for each schedule, whose next stroke is moved on in the commit that puts the job in, so that
//! of many processes one does. Strokes that nobody was there for are one.

use kontor_model::time::{DAY_MS, datetime_text};
use kontor_model::{Error, ErrorCode, Id, Kind, Op, Result, SpaceId, Value};
use kontor_store::{Batch, CommitError, Cond, Expr, Select, Write, system};
use serde_json::{Value as J, json};

use crate::cron;
use crate::job::Job;
use crate::queue::{Jobs, NewJob, failed, set};

/// Schedules of one look.
const MOST: u64 = 500;

/// What puts jobs in.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Its key within a space.
    pub name: String,
    /// The kind of its jobs.
    pub kind: String,
    /// Five fields of cron, or `@daily` and the like.
    pub cron: String,
    /// IANA name of the zone by whose clock it strikes.
    pub time_zone: String,
    pub priority: i64,
    pub input: J,
}

/// A schedule and where it stands; times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub schedule: Schedule,
    pub next_at: i64,
    /// When `next_at` was decided.
    pub planned_at: i64,
    pub last_at: Option<i64>,
    pub last_job_id: Option<Id>,
}

impl Standing {
    /// As callers see it.
    pub fn json(&self) -> J {
        let Schedule { name, kind, cron, time_zone, priority, .. } = &self.schedule;
        json!({
            "name": name,
            "kind": kind,
            "cron": cron,
            "time_zone": time_zone,
            "priority": priority,
            "next_at": datetime_text(self.next_at),
            "last_at": self.last_at.map(datetime_text),
            "last_job_id": self.last_job_id.map(|id| id.to_string()),
        })
    }

    fn of(row: &[Value]) -> Option<Self> {
        let [
            Value::Text(name),
            Value::Text(kind),
            Value::Text(cron),
            Value::Text(time_zone),
            Value::Int(priority),
            input,
            Value::Int(next_at),
            Value::Int(planned_at),
            last_at,
            last_job_id,
        ] = row
        else {
            return None;
        };
        let input = input.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Some(Self {
            schedule: Schedule {
                name: name.clone(),
                kind: kind.clone(),
                cron: cron.clone(),
                time_zone: time_zone.clone(),
                priority: *priority,
                input,
            },
            next_at: *next_at,
            planned_at: *planned_at,
            last_at: last_at.as_i64(),
            last_job_id: last_job_id.as_i64().map(Id),
        })
    }
}

fn columns() -> Vec<Expr> {
    let columns = [
        ("name", Kind::Text),
        ("kind", Kind::Text),
        ("cron", Kind::Text),
        ("time_zone", Kind::Text),
        ("priority", Kind::Int),
        ("input", Kind::Json),
        ("next_at", Kind::Int),
        ("planned_at", Kind::Int),
        ("last_at", Kind::Int),
        ("last_job_id", Kind::Int),
    ];
    columns.map(|(name, kind)| Expr::column(name, kind)).to_vec()
}

impl Jobs {
    /// The schedules of a space, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn schedules(&self, space: SpaceId) -> Result<Vec<Standing>> {
        let select = Select::new(space, system::JOB_SCHEDULE, columns()).order(Expr::column("name", Kind::Text), false);
        Ok(self.store.rows(select.limit(MOST)).await?.iter().filter_map(|row| Standing::of(row)).collect())
    }

    /// Makes a schedule, or brings the one of this name to what is given. `soon` is for what should not wait for the
    /// clock the first time: it strikes at once.
    ///
    /// # Errors
    /// 400001 for what is no schedule or no zone; the database's.
    pub async fn plan(&self, space: SpaceId, schedule: &Schedule, soon: bool) -> Result<()> {
        let now = self.clock.now_ms();
        let next = next(schedule, now)?;
        let known = self.schedules(space).await?.into_iter().find(|known| known.schedule.name == schedule.name);
        let mut batch = Batch::new(space);
        match known {
            Some(known) if known.schedule == *schedule && !(soon && known.next_at > now) => return Ok(()),
            Some(known) => batch.writes.push(Write::Update {
                table: system::JOB_SCHEDULE.into(),
                keys: vec![
                    system::key("name", Kind::Text, schedule.name.as_str()),
                    system::key("next_at", Kind::Int, known.next_at),
                ],
                set: vec![
                    set("kind", Kind::Text, schedule.kind.as_str()),
                    set("cron", Kind::Text, schedule.cron.as_str()),
                    set("time_zone", Kind::Text, schedule.time_zone.as_str()),
                    set("priority", Kind::Int, schedule.priority),
                    set("input", Kind::Json, Value::Json(schedule.input.to_string())),
                    set("next_at", Kind::Int, if soon { now } else { next }),
                    set("planned_at", Kind::Int, now),
                ],
                must: false,
                search: None,
            }),
            None => batch.insert(
                system::JOB_SCHEDULE,
                vec![
                    ("name", Kind::Text, schedule.name.as_str().into()),
                    ("kind", Kind::Text, schedule.kind.as_str().into()),
                    ("cron", Kind::Text, schedule.cron.as_str().into()),
                    ("time_zone", Kind::Text, schedule.time_zone.as_str().into()),
                    ("priority", Kind::Int, schedule.priority.into()),
                    ("input", Kind::Json, Value::Json(schedule.input.to_string())),
                    ("next_at", Kind::Int, if soon { now } else { next }.into()),
                    ("planned_at", Kind::Int, now.into()),
                ],
            ),
        }
        match self.store.commit(batch).await {
            // Another process has made it at the same time.
            Ok(()) | Err(CommitError::Unique { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes a schedule, if it is there.
    ///
    /// # Errors
    /// The database's.
    pub async fn unplan(&self, space: SpaceId, name: &str) -> Result<()> {
        let known = self.schedules(space).await?.into_iter().any(|known| known.schedule.name == name);
        if !known {
            return Ok(());
        }
        let mut batch = Batch::new(space);
        let keys = vec![system::key("name", Kind::Text, name)];
        batch.writes.push(Write::Delete { table: system::JOB_SCHEDULE.into(), keys, must: false, search: false });
        self.store.commit(batch).await.map_err(failed)
    }

    /// Puts in the jobs of the schedules of a space that are due; says how many.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn strike(&self, space: SpaceId) -> Result<usize> {
        let now = self.clock.now_ms();
        let due = |column: &str, op: Op, than: i64| Cond::Test {
            left: Expr::column(column, Kind::Int),
            op,
            right: than.into(),
        };
        // What was planned in the future was planned by a clock that has been set back since.
        let select = Select::new(space, system::JOB_SCHEDULE, columns())
            .filter(Cond::Or(vec![due("next_at", Op::Lte, now), due("planned_at", Op::Gt, now + 60_000)]))
            .limit(MOST);
        let mut struck = 0;
        for standing in self.store.rows(select).await?.iter().filter_map(|row| Standing::of(row)) {
            struck += usize::from(self.stroke(space, &standing, now).await?);
        }
        if struck > 0 {
            self.wake();
        }
        Ok(struck)
    }

    /// Whether a job was put in.
    async fn stroke(&self, space: SpaceId, standing: &Standing, now: i64) -> Result<bool> {
        let schedule = &standing.schedule;
        let next = match next(schedule, now) {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(schedule = schedule.name, %error, "a schedule cannot be read");
                return Ok(false);
            }
        };
        let is_due = standing.next_at <= now;
        // A clock that was set back over a stroke comes to it again; it has been.
        let next = match standing.last_at.filter(|last| *last > now && *last - now <= DAY_MS) {
            Some(last) if !is_due => cron::next(&schedule.cron, &schedule.time_zone, last).unwrap_or(next),
            _ => next,
        };
        let mut sets = vec![set("next_at", Kind::Int, next), set("planned_at", Kind::Int, now)];
        let mut batch = Batch::new(space);
        let puts = is_due && !self.is_under_way(space, standing.last_job_id).await?;
        if puts {
            let new = NewJob {
                kind: schedule.kind.clone(),
                input: schedule.input.clone(),
                priority: schedule.priority,
                ..NewJob::default()
            };
            let (id, write) = self.enqueue_write(new);
            sets.push(set("last_at", Kind::Int, now));
            sets.push(set("last_job_id", Kind::Int, id.0));
            batch.writes.push(write);
        }
        let keys = vec![
            system::key("name", Kind::Text, schedule.name.as_str()),
            system::key("next_at", Kind::Int, standing.next_at),
            system::key("planned_at", Kind::Int, standing.planned_at),
        ];
        let table = system::JOB_SCHEDULE.into();
        batch.writes.insert(0, Write::Update { table, keys, set: sets, must: true, search: None });
        match self.store.commit(batch).await {
            Ok(()) => Ok(puts),
            Err(CommitError::Guard { .. }) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether the job of the last stroke is not over yet: a schedule does not run into itself.
    async fn is_under_way(&self, space: SpaceId, last: Option<Id>) -> Result<bool> {
        let Some(id) = last else { return Ok(false) };
        match self.get(space, id).await {
            Ok(Job { state, .. }) => Ok(!state.is_over()),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn next(schedule: &Schedule, now: i64) -> Result<i64> {
    let Schedule { cron, time_zone, .. } = schedule;
    cron::check(cron, time_zone, now)
        .map_err(|why| Error::new(ErrorCode::Invalid, format!("the schedule {cron} in {time_zone}: {why}")))?;
    cron::next(cron, time_zone, now).ok_or_else(|| Error::new(ErrorCode::Invalid, "the schedule never comes"))
}
