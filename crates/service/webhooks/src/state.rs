//! What is kept of an endpoint besides its record.

use std::collections::HashSet;

use kontor_model::{Id, Kind, Result, SpaceId, Value};
use kontor_records::Sealing;
use kontor_store::{ColumnRef, Expr, OnConflict, Select, Set, Store, Write, system};

use crate::Secret;

/// How long messages are signed with the old secret too.
const OVERLAP_MS: i64 = 24 * 3_600_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    secret: Option<String>,
    previous: Option<String>,
    previous_until: Option<i64>,
    /// Since when nothing was accepted.
    pub failing_since: Option<i64>,
    /// Attempts that were refused since then, as far as they are counted.
    pub failures: i64,
    /// Events behind this number are looked at again, up to the other one.
    pub recover: Option<(i64, i64)>,
}

const COLUMNS: [(&str, Kind); 7] = [
    ("secret", Kind::Text),
    ("previous", Kind::Text),
    ("previous_until", Kind::Int),
    ("failing_since", Kind::Int),
    ("recover_from", Kind::Int),
    ("recover_to", Kind::Int),
    ("failures", Kind::Int),
];

fn key(endpoint: Id) -> Vec<(ColumnRef, Value)> {
    vec![system::key("endpoint_id", Kind::Int, endpoint.0)]
}

/// Sets some of an endpoint's columns.
pub(crate) fn set(endpoint: Id, values: Vec<(&str, Kind, Value)>) -> Write {
    Write::Update {
        table: system::WEBHOOK_STATE.into(),
        keys: key(endpoint),
        set: values.into_iter().map(|(name, kind, value)| (ColumnRef::new(name, kind), Set::To(value))).collect(),
        must: false,
        search: None,
    }
}

impl State {
    /// The endpoint's; none where nobody was ever shown a secret: a copy in a sandbox, one that came in a batch. Such a
    /// one is sent nothing.
    pub async fn of(store: &dyn Store, space: SpaceId, endpoint: Id) -> Result<Option<Self>> {
        let columns: Vec<Expr> = COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect();
        let select =
            Select::new(space, system::WEBHOOK_STATE, columns).equals("endpoint_id", Kind::Int, endpoint.0).limit(1);
        Ok(store.rows(select).await?.pop().map(|row| {
            let text = |place: usize| row.get(place).and_then(Value::as_str).map(str::to_owned);
            let int = |place: usize| row.get(place).and_then(Value::as_i64);
            Self {
                secret: text(0),
                previous: text(1),
                previous_until: int(2),
                failing_since: int(3),
                recover: int(4).zip(int(5)),
                failures: int(6).unwrap_or_default(),
            }
        }))
    }

    /// The endpoints of a space that have a secret.
    pub async fn with_secrets(store: &dyn Store, space: SpaceId) -> Result<HashSet<i64>> {
        let select = Select::new(space, system::WEBHOOK_STATE, vec![Expr::column("endpoint_id", Kind::Int)]);
        Ok(store.rows(select).await?.iter().filter_map(|row| row.first()?.as_i64()).collect())
    }

    fn insert(endpoint: Id, sealed: &str) -> Write {
        Write::Insert {
            table: system::WEBHOOK_STATE.into(),
            columns: [("endpoint_id", Kind::Int), ("secret", Kind::Text)].map(|(n, k)| ColumnRef::new(n, k)).into(),
            values: vec![endpoint.0.into(), sealed.into()],
            on_conflict: OnConflict::Keep,
            search: None,
        }
    }

    /// The row of a new endpoint.
    pub fn first(sealing: &dyn Sealing, endpoint: Id, secret: &Secret) -> Result<Write> {
        Ok(Self::insert(endpoint, &sealing.seal(endpoint.0, secret.key())?))
    }

    /// Another secret takes over; the one before signs beside it for a day. The moment until which.
    pub fn rotate(&self, sealing: &dyn Sealing, endpoint: Id, secret: &Secret, now: i64) -> Result<(Write, i64)> {
        let until = now + OVERLAP_MS;
        let sealed = sealing.seal(endpoint.0, secret.key())?;
        let write = set(
            endpoint,
            vec![
                ("secret", Kind::Text, sealed.into()),
                ("previous", Kind::Text, self.secret.clone().into()),
                ("previous_until", Kind::Int, until.into()),
            ],
        );
        Ok((write, until))
    }

    /// What signs now, the newest first.
    pub fn secrets(&self, sealing: &dyn Sealing, endpoint: Id, now: i64) -> Result<Vec<Secret>> {
        let previous = self.previous.as_ref().filter(|_| self.previous_until.is_some_and(|until| until > now));
        let sealed = self.secret.iter().chain(previous);
        sealed.map(|sealed| sealing.unseal(endpoint.0, sealed).map(Secret::of)).collect()
    }
}
