//! How far a consumer has read: a row of the space, raised in the same commit as what the consumer did, so that an
//! event that comes again changes nothing.

use kontor_model::{Kind, Result, SpaceId};
use kontor_store::{Batch, ColumnRef, CommitError, Expr, OnConflict, Select, Set, Store, Write, system};

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
            if let Some(known) = Self::find(store, space, name).await? {
                return Ok(known);
            }
            let last = head(store, space).await?.last;
            let new = Self { space, name: name.to_owned(), sequence: last };
            match store.commit(Batch { space, writes: vec![new.begin(now)] }).await {
                Ok(()) | Err(CommitError::Unique { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The place of a consumer that has begun.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(store: &dyn Store, space: SpaceId, name: &str) -> Result<Option<Self>> {
        let select = Select::new(space, system::EVENT_CURSOR, vec![Expr::column("sequence", Kind::Int)])
            .equals("name", Kind::Text, name)
            .limit(1);
        let rows = store.rows(select).await?;
        let sequence = rows.first().and_then(|row| row.first()?.as_i64());
        Ok(sequence.map(|sequence| Self { space, name: name.to_owned(), sequence }))
    }

    /// Its row, where it has none: one that is there stays as it is.
    #[must_use]
    pub fn begin(&self, now: i64) -> Write {
        let columns = [("name", Kind::Text), ("sequence", Kind::Int), ("at", Kind::Int)];
        Write::Insert {
            table: system::EVENT_CURSOR.into(),
            columns: columns.map(|(name, kind)| ColumnRef::new(name, kind)).into(),
            values: vec![self.name.as_str().into(), self.sequence.into(), now.into()],
            on_conflict: OnConflict::Keep,
            search: None,
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
