//! How far a consumer has read: a row of the space, raised in the same commit as what the consumer did, so that an
//! event that comes again changes nothing.

use kontor_model::{Kind, Result, SpaceId, Value};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, Select, Set, Store, Write, system};

use crate::head;

/// A consumer's place in the log of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub space: SpaceId,
    pub name: String,
    /// The last event that was dealt with.
    pub sequence: i64,
}

impl Cursor {
    /// The consumer's place; a new consumer begins behind the last event.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(store: &dyn Store, space: SpaceId, name: &str, now: i64) -> Result<Self> {
        loop {
            let select = Select::new(space, system::EVENT_CURSOR, vec![Expr::column("sequence", Kind::Int)])
                .equals("name", Kind::Text, name)
                .limit(1);
            if let Some(Value::Int(sequence)) = store.rows(select).await?.first().and_then(|row| row.first()) {
                return Ok(Self { space, name: name.to_owned(), sequence: *sequence });
            }
            let last = head(store, space).await?.last;
            let mut batch = Batch::new(space);
            batch.insert(
                system::EVENT_CURSOR,
                vec![
                    ("name", Kind::Text, name.into()),
                    ("sequence", Kind::Int, last.into()),
                    ("at", Kind::Int, now.into()),
                ],
            );
            match store.commit(batch).await {
                Ok(()) | Err(CommitError::Unique { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Raises it to `sequence`: the first write of the batch with what was done. Another process that has dealt with
    /// the same events makes the batch a lost guard.
    #[must_use]
    pub fn raise(&self, sequence: i64, now: i64) -> Write {
        Write::Update {
            table: system::EVENT_CURSOR.into(),
            keys: vec![
                system::key("name", Kind::Text, self.name.as_str()),
                system::key("sequence", Kind::Int, self.sequence),
            ],
            set: vec![
                (ColumnRef::new("sequence", Kind::Int), Set::To(sequence.into())),
                (ColumnRef::new("at", Kind::Int), Set::To(now.into())),
            ],
            must: true,
            search: None,
        }
    }
}
