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
    /// Since when it accepts again, while what waits for its own next try is sent before that.
    pub back_since: Option<i64>,
    /// Events behind this number are looked at again, up to the other one.
    pub recover: Option<(i64, i64)>,
}

const COLUMNS: [(&str, Kind); 8] = [
    ("secret", Kind::Text),
    ("previous", Kind::Text),
    ("previous_until", Kind::Int),
    ("failing_since", Kind::Int),
    ("recover_from", Kind::Int),
    ("recover_to", Kind::Int),
    ("failures", Kind::Int),
    ("back_since", Kind::Int),
];

/// Failures in a row that are counted: as many as open the circuit.
const COUNTED: i64 = crate::breaker::MOST as i64;

/// See [`State::health`].
type Health = [(&'static str, Option<i64>); 3];

/// What a turn shows of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub accepted: bool,
    /// How many attempts were.
    pub refused: i64,
    /// Of the circuit, after it.
    pub is_closed: bool,
}

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
                back_since: int(7),
            }
        }))
    }

    /// Takes in what a turn showed at `now`; `changed` is when somebody last changed the endpoint.
    pub fn seen(&mut self, turn: Turn, changed: i64, now: i64) {
        let was_away = self.failures >= COUNTED;
        if turn.refused > 0 {
            self.back_since = None;
        } else if turn.accepted && was_away {
            self.back_since = Some(now);
        }
        if turn.accepted && turn.is_closed {
            (self.failing_since, self.failures) = (None, 0);
        } else if turn.refused > 0 {
            // Whoever changed the endpoint has perhaps mended it.
            if self.failing_since.is_none_or(|since| since < changed) {
                (self.failing_since, self.failures) = (Some(now), 0);
            }
            let counted = self.failures.saturating_add(turn.refused).min(COUNTED);
            self.failures = if turn.is_closed { counted } else { COUNTED };
        }
    }

    /// What turns change, by column.
    pub fn health(&self) -> Health {
        [("failing_since", self.failing_since), ("failures", Some(self.failures)), ("back_since", self.back_since)]
    }

    /// What is to be written for its health to be kept as it is, where it was like this.
    pub fn change(&self, before: Health, endpoint: Id) -> Option<Write> {
        let moved = self.health().into_iter().zip(before).filter(|(now, before)| now != before);
        let moved: Vec<_> = moved.map(|((name, now), _)| (name, Kind::Int, now.into())).collect();
        (!moved.is_empty()).then(|| set(endpoint, moved))
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

#[cfg(test)]
mod tests {
    use super::*;

    const AWAY: Turn = Turn { accepted: false, refused: 16, is_closed: false };
    const WELL: Turn = Turn { accepted: true, refused: 0, is_closed: true };
    const MIXED: Turn = Turn { accepted: true, refused: 1, is_closed: true };

    fn after(turns: &[Turn]) -> (Option<i64>, i64, Option<i64>) {
        let mut state = State::default();
        for (now, turn) in (1..).zip(turns) {
            state.seen(*turn, 0, now);
        }
        (state.failing_since, state.failures, state.back_since)
    }

    #[test]
    fn an_endpoint_is_back_once_it_accepts_after_ten_refusals() {
        assert_eq!(after(&[WELL]), (None, 0, None));
        assert_eq!(after(&[AWAY, AWAY]), (Some(1), 10, None));
        assert_eq!(after(&[AWAY, WELL]), (None, 0, Some(2)));
        assert_eq!(after(&[AWAY, WELL, WELL]), (None, 0, Some(2)));
        assert_eq!(after(&[AWAY, WELL, MIXED]), (None, 0, None));
        assert_eq!(after(&[AWAY, MIXED]), (None, 0, None));
        let few = Turn { accepted: false, refused: 9, is_closed: true };
        assert_eq!(after(&[few, WELL]), (None, 0, None));
        // It went away in the middle of a turn.
        let leaving = Turn { accepted: true, ..AWAY };
        assert_eq!(after(&[leaving]), (Some(1), 10, None));
        assert_eq!(after(&[leaving, WELL]), (None, 0, Some(2)));
    }

    #[test]
    fn a_change_of_the_endpoint_begins_the_count_anew() {
        let mut state = State { failing_since: Some(5), failures: 7, ..State::default() };
        let before = state.health();
        assert_eq!(state.change(before, Id(1)), None);
        state.seen(Turn { accepted: false, refused: 1, is_closed: true }, 6, 9);
        assert_eq!((state.failing_since, state.failures), (Some(9), 1));
        let values = vec![("failing_since", Kind::Int, 9.into()), ("failures", Kind::Int, 1.into())];
        assert_eq!(state.change(before, Id(1)), Some(set(Id(1), values)));
    }
}
