//! Events that a consumer could not deal with: dead letters, each with its reason, shown and replayed.

use kontor_model::{Error, ErrorCode, Kind, Op, Result, SpaceId, Value};
use kontor_records::{Ctx, Records};
use kontor_store::{Batch, ColumnRef, CommitError, Cond, Expr, OnConflict, Select, Set, Store, Write, system};

use crate::consumer::{Consumer, Handled, handle};
use crate::{Event, by_ids, shown};

/// The most of a page.
const MOST: u64 = 500;
/// Of a reason that is kept, in characters.
const REASON: usize = 2_000;

/// An event that a consumer has put aside. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    pub consumer: String,
    pub event_id: i64,
    pub sequence: i64,
    pub kind: String,
    pub at: i64,
    pub tries: i64,
    pub reason: String,
    /// When somebody asked for it to be dealt with again.
    pub replay_at: Option<i64>,
}

/// Which of them are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    pub consumer: Option<String>,
    pub event_id: Option<i64>,
    /// Those that somebody has asked for.
    pub only_asked: bool,
    /// Only those before this place of the list: its number in the log, and its consumer.
    pub before: Option<(i64, String)>,
    /// 1 to 500.
    pub limit: u64,
}

const COLUMNS: [(&str, Kind); 8] = [
    ("consumer", Kind::Text),
    ("event_id", Kind::Int),
    ("sequence", Kind::Int),
    ("type", Kind::Text),
    ("at", Kind::Int),
    ("tries", Kind::Int),
    ("reason", Kind::Text),
    ("replay_at", Kind::Int),
];

impl Dead {
    fn of(row: &[Value]) -> Option<Self> {
        let [
            Value::Text(consumer),
            Value::Int(event_id),
            Value::Int(sequence),
            Value::Text(kind),
            Value::Int(at),
            Value::Int(tries),
            Value::Text(reason),
            replay_at,
        ] = row
        else {
            return None;
        };
        Some(Self {
            consumer: consumer.clone(),
            event_id: *event_id,
            sequence: *sequence,
            kind: kind.clone(),
            at: *at,
            tries: *tries,
            reason: reason.clone(),
            replay_at: replay_at.as_i64(),
        })
    }

    fn keys(&self) -> Vec<(ColumnRef, Value)> {
        vec![
            system::key("consumer", Kind::Text, self.consumer.as_str()),
            system::key("event_id", Kind::Int, self.event_id),
        ]
    }

    fn update(&self, set: Vec<(&str, Kind, Value)>) -> Write {
        let set = set.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), Set::To(value))).collect();
        Write::Update { table: system::EVENT_DEAD.into(), keys: self.keys(), set, must: true, search: None }
    }

    /// Asks for it to be dealt with again, as a write: the consumer does when its turn comes.
    pub fn ask_write(&self, now: i64) -> Write {
        self.update(vec![("replay_at", Kind::Int, now.into())])
    }

    /// Gives it up for good, as a write.
    pub fn drop_write(&self) -> Write {
        Write::Delete { table: system::EVENT_DEAD.into(), keys: self.keys(), must: true, search: false }
    }
}

/// A row for an event that is put aside now.
pub(crate) fn put_write(consumer: &str, event: &Event, tries: u32, error: &Error, now: i64) -> Write {
    let row: Vec<(&str, Kind, Value)> = vec![
        ("consumer", Kind::Text, consumer.into()),
        ("event_id", Kind::Int, event.id.into()),
        ("sequence", Kind::Int, event.sequence.into()),
        ("type", Kind::Text, event.kind.as_str().into()),
        ("at", Kind::Int, now.into()),
        ("tries", Kind::Int, i64::from(tries).into()),
        ("reason", Kind::Text, reason(error).into()),
    ];
    let (columns, values): (Vec<_>, Vec<_>) =
        row.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), value)).unzip();
    Write::Insert {
        table: system::EVENT_DEAD.into(),
        columns: columns.into(),
        values,
        on_conflict: OnConflict::Keep,
        search: None,
    }
}

/// Why, as administrators may read it: what only the log may hold is in the log.
fn reason(error: &Error) -> String {
    let said = format!("{} (error {})", error.detail(), error.code().number());
    said.chars().take(REASON).collect()
}

/// Dead letters of a space, the newest event first.
///
/// # Errors
/// The database's.
pub async fn dead(store: &dyn Store, space: SpaceId, which: &Which) -> Result<Vec<Dead>> {
    let column = |name: &str, kind: Kind| Expr::column(name, kind);
    let mut select =
        Select::new(space, system::EVENT_DEAD, COLUMNS.map(|(name, kind)| Expr::column(name, kind)).to_vec())
            .order(column("sequence", Kind::Int), true)
            .order(column("consumer", Kind::Text), true)
            .limit(which.limit.clamp(1, MOST + 1));
    if let Some(consumer) = &which.consumer {
        select = select.equals("consumer", Kind::Text, consumer.as_str());
    }
    if let Some(id) = which.event_id {
        select = select.equals("event_id", Kind::Int, id);
    }
    if which.only_asked {
        select = select.filter(Cond::Test { left: column("replay_at", Kind::Int), op: Op::Gt, right: Value::Int(0) });
    }
    select.after = which.before.clone().map(|(sequence, consumer)| vec![Value::Int(sequence), Value::Text(consumer)]);
    Ok(store.rows(select).await?.iter().filter_map(|row| Dead::of(row)).collect())
}

/// Deals again with what was asked for. `ctx` is the program's own; whoever calls holds the lease of the consumers. What
/// fails again stays, with its new reason. How many were dealt with.
///
/// # Errors
/// The database's.
pub async fn replay(records: &Records, ctx: &Ctx, consumer: &dyn Consumer, asked: &[Dead]) -> Result<u64> {
    let store = records.store();
    let mut done = 0;
    for letter in asked.iter().filter(|letter| letter.consumer == consumer.name()) {
        let rows = by_ids(&**store, ctx.space(), vec![letter.event_id]).await?;
        let event = shown(records, ctx, rows).await?.into_iter().next();
        let outcome = match &event {
            None => Err(Error::new(ErrorCode::RuleRefused, "the event is no longer kept")),
            Some(event) => handle(records, ctx, consumer, event, letter.drop_write()).await,
        };
        let mut batch = Batch::new(ctx.space());
        match outcome {
            Ok(Handled::Done) => {
                done += 1;
                continue;
            }
            Ok(Handled::Nothing) => {
                done += 1;
                batch.writes.push(letter.drop_write());
            }
            Err(error) if error.code() == ErrorCode::Conflict => continue,
            Err(error) => {
                let cause = error.internal_text().unwrap_or(error.detail());
                tracing::warn!(consumer = letter.consumer, sequence = letter.sequence, cause, "a replay failed");
                batch.writes.push(letter.update(vec![
                    ("replay_at", Kind::Int, Value::Null),
                    ("at", Kind::Int, records.clock().now_ms().into()),
                    ("tries", Kind::Int, (letter.tries + 1).into()),
                    ("reason", Kind::Text, reason(&error).into()),
                ]));
            }
        }
        match store.commit(batch).await {
            // Somebody has dropped it meanwhile.
            Ok(()) | Err(CommitError::Guard { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}
