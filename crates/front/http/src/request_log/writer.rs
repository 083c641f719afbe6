//! Lines become rows: at most 500 in a commit, at most a second after they were finished.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use kontor_model::{Id, IdGenerator, Kind, Op, Result, SpaceId, Value};
use kontor_store::system::{self, INSTALLATION, REQUEST_LOG};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, OnConflict, Select, Store, StoreError, Write};
use kontor_telemetry::metrics::{Counter, counter};
use tokio::sync::mpsc;

use super::{Line, RequestLog, masked};
use crate::error_type;

/// Rows of a commit.
const MOST: usize = 500;
const PAUSE: Duration = Duration::from_secs(1);
/// Rows that one round of a sweep removes.
const SWEPT: u64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// Writes what the door left.
pub struct Writer {
    store: Arc<dyn Store>,
    ids: Arc<IdGenerator>,
    receiver: mpsc::Receiver<Line>,
    log: Weak<RequestLog>,
    lost: Counter,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn Store>,
        ids: Arc<IdGenerator>,
        receiver: mpsc::Receiver<Line>,
        log: Weak<RequestLog>,
    ) -> Self {
        let lost = counter("request_log_lines_dropped_total", "Finished requests that the request log has lost.", &[]);
        Self { store, ids, receiver, log, lost }
    }

    /// Works until the log is gone and everything is written.
    pub async fn run(mut self) {
        let mut lines = Vec::with_capacity(MOST);
        loop {
            let got = self.receiver.recv_many(&mut lines, MOST).await;
            if got == 0 {
                return;
            }
            // Those that are finished meanwhile go along.
            let pause = tokio::time::sleep(PAUSE);
            tokio::pin!(pause);
            while lines.len() < MOST {
                let room = MOST - lines.len();
                tokio::select! {
                    () = &mut pause => break,
                    got = self.receiver.recv_many(&mut lines, room) => if got == 0 { break },
                }
            }
            self.write(&mut lines).await;
        }
    }

    async fn write(&self, lines: &mut Vec<Line>) {
        let sandboxes = match self.sandboxes(lines).await {
            Ok(sandboxes) => sandboxes,
            Err(error) => {
                tracing::warn!(%error, "spaces were not looked up; the request log goes without bodies");
                HashMap::new()
            }
        };
        let mut by_space: HashMap<SpaceId, Vec<Write>> = HashMap::new();
        for line in lines.drain(..) {
            let keeps_bodies = sandboxes.get(&line.space).copied().unwrap_or(false);
            by_space.entry(line.space).or_default().push(self.insert(line, keeps_bodies));
        }
        for (space, writes) in by_space {
            let count = writes.len() as u64;
            if let Err(error) = self.store.commit(Batch { space, writes }).await {
                self.lost.add(count);
                tracing::warn!(lines = count, error = ?error, "lines of the request log were not written");
            }
        }
    }

    /// Which of the lines' spaces are sandboxes; those that are not known yet are looked up.
    async fn sandboxes(&self, lines: &[Line]) -> Result<HashMap<SpaceId, bool>, StoreError> {
        let log = self.log.upgrade();
        let known = |space: SpaceId| log.as_ref().and_then(|log| log.sandbox(space));
        let mut out: HashMap<SpaceId, bool> =
            lines.iter().filter_map(|line| Some((line.space, known(line.space)?))).collect();
        if lines.iter().all(|line| out.contains_key(&line.space)) {
            return Ok(out);
        }
        let columns = [("id", Kind::Int), ("kind", Kind::Text)].map(|(name, kind)| Expr::column(name, kind)).to_vec();
        let rows = self.store.rows(Select::new(INSTALLATION, system::SPACE, columns)).await?;
        let all: Vec<(SpaceId, bool)> = rows
            .iter()
            .filter_map(|row| Some((SpaceId(row.first()?.as_i64()?), row.get(1)?.as_str()? == "sandbox")))
            .collect();
        if let Some(log) = log {
            log.learn(all.iter().copied());
        }
        out.extend(all);
        Ok(out)
    }

    fn insert(&self, line: Line, keeps_bodies: bool) -> Write {
        let body =
            |bytes: Option<bytes::Bytes>| Value::from(bytes.filter(|_| keeps_bodies).and_then(|bytes| masked(&bytes)));
        let optional = |text: Option<&str>| text.map_or(Value::Null, Value::text);
        let micros = |us: u128| Value::Int(i64::try_from(us).unwrap_or(i64::MAX));
        let db = Duration::from_secs_f64(line.db_ms.max(0.0) / 1_000.0);
        Write::Insert {
            table: table(),
            columns: columns(),
            values: vec![
                Value::Int(self.ids.next().0),
                Value::Int(line.at),
                Value::text(&*line.request_id),
                Value::Int(line.credential.0),
                line.user.map_or(Value::Null, |Id(id)| Value::Int(id)),
                line.impersonator.map_or(Value::Null, |Id(id)| Value::Int(id)),
                optional(line.version.map(kontor_model::ApiVersion::name)),
                Value::text(line.method.as_str()),
                Value::text(&*line.route),
                Value::Int(line.status.into()),
                line.error.map_or(Value::Null, |code| Value::Int(code.number().into())),
                optional(line.error.map(|code| error_type(code.error_type()))),
                micros(line.duration.as_micros()),
                micros(db.as_micros()),
                Value::Int(line.retries.into()),
                optional(line.downstream),
                body(line.request_body),
                body(line.response_body),
            ],
            on_conflict: OnConflict::Fail,
            search: None,
        }
    }
}

fn table() -> Arc<str> {
    static NAME: OnceLock<Arc<str>> = OnceLock::new();
    NAME.get_or_init(|| REQUEST_LOG.into()).clone()
}

/// Shared, so that the statement stays prepared.
fn columns() -> Arc<[ColumnRef]> {
    static COLUMNS: OnceLock<Arc<[ColumnRef]>> = OnceLock::new();
    let make = || {
        [
            ("id", Kind::Int),
            ("at", Kind::Int),
            ("request_id", Kind::Text),
            ("credential", Kind::Int),
            ("user_id", Kind::Int),
            ("impersonator_id", Kind::Int),
            ("version", Kind::Text),
            ("method", Kind::Text),
            ("route", Kind::Text),
            ("status", Kind::Int),
            ("error_code", Kind::Int),
            ("error_type", Kind::Text),
            ("duration_us", Kind::Int),
            ("db_us", Kind::Int),
            ("retry_count", Kind::Int),
            ("downstream", Kind::Text),
            ("request_body", Kind::Text),
            ("response_body", Kind::Text),
        ]
        .map(|(name, kind)| ColumnRef::new(name, kind))
        .into()
    };
    COLUMNS.get_or_init(make).clone()
}

/// Removes a space's lines that are older than so many days, oldest first; says how many.
///
/// # Errors
/// The database's.
pub async fn sweep(store: &dyn Store, space: SpaceId, now_ms: i64, days: u32) -> Result<usize> {
    let before = now_ms - i64::from(days) * DAY_MS;
    let mut swept = 0;
    loop {
        let select = Select::new(space, REQUEST_LOG, vec![Expr::column("id", Kind::Int)])
            .filter(Cond::Test {
                left: Expr::column("id", Kind::Int),
                op: Op::Lt,
                right: kontor_model::id::first_at(before).0.into(),
            })
            .order(Expr::column("id", Kind::Int), false)
            .limit(SWEPT);
        let rows = store.rows(select).await?;
        let mut batch = Batch::new(space);
        for id in rows.iter().filter_map(|row| row.first()?.as_i64()) {
            let keys = vec![system::key("id", Kind::Int, id)];
            batch.writes.push(Write::Delete { table: table(), keys, must: false, search: false });
        }
        let count = batch.writes.len();
        if count == 0 {
            return Ok(swept);
        }
        match store.commit(batch).await {
            Ok(()) => swept += count,
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(other) => return Err(kontor_model::Error::internal(format!("{other:?}"))),
        }
    }
}
