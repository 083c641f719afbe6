//! The pipeline of a change: authorise → fetch → check → plan → commit, again when another change got in between.

use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{By, Change, Changes, Error, ErrorCode, Id, Result, Step};
use kontor_store::{CommitError, Write};

use crate::steps::{NO_STEP, Prepared};
use crate::{Ctx, MAX_OPERATIONS, Records, idempotency, unique};

/// How often a change that lost a race is planned anew.
const ATTEMPTS: usize = 32;
/// How often an upsert looks for the record that took its key.
const RACES: usize = 3;
/// How many records can be taken turns at side by side.
pub(crate) const TURNS: usize = 256;

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Created,
    Updated,
    /// Nothing that was sent differed from what was there.
    Unchanged,
    Deleted,
    Restored,
    Purged,
}

impl Done {
    /// The action of the audit entry, and the last part of the event's type.
    pub(crate) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Done::Created => ("create", "created"),
            Done::Updated | Done::Unchanged => ("update", "updated"),
            Done::Deleted => ("delete", "deleted"),
            Done::Restored => ("restore", "restored"),
            Done::Purged => ("purge", "purged"),
        }
    }
}

/// One record after a change.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub done: Done,
    pub def: Arc<ObjectDef>,
    pub id: Id,
    pub version: i64,
    /// The record, or `{"id":…,"deleted":true}`.
    pub data: Vec<u8>,
}

/// An answer as it is sent, and kept under its `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// `Location`, `ETag`.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Makes the answer from the results, in the order of the steps.
pub type Render<'a> = &'a (dyn Fn(&[Result<Outcome, Error>]) -> Answer + Send + Sync);

/// Makes further writes of the same commit from the results (a job's report).
pub type Also<'a> = &'a (dyn Fn(&[Result<Outcome, Error>]) -> Vec<Write> + Send + Sync);

impl Records {
    /// Carries out changes: all or nothing when `atomic`, else each step that can be.
    ///
    /// `render` makes the answer before the commit, so that it can be kept with it.
    ///
    /// # Errors
    /// For a single or atomic change its first refusal (under `operations.N` when there are several); 409000 after
    /// too many lost races; the database's.
    pub async fn change(&self, ctx: &Ctx, changes: Changes, atomic: bool, render: Render<'_>) -> Result<Answer> {
        self.change_with(ctx, changes, atomic, render, Vec::new()).await
    }

    /// As [`Records::change`], with other writes in the same commit (a job's progress).
    ///
    /// # Errors
    /// As [`Records::change`].
    pub async fn change_with(
        &self,
        ctx: &Ctx,
        changes: Changes,
        atomic: bool,
        render: Render<'_>,
        also: Vec<Write>,
    ) -> Result<Answer> {
        self.change_and(ctx, changes, atomic, render, &|_| also.clone()).await
    }

    /// As [`Records::change_with`], the other writes made from the results.
    ///
    /// # Errors
    /// As [`Records::change`].
    pub async fn change_and(
        &self,
        ctx: &Ctx,
        changes: Changes,
        atomic: bool,
        render: Render<'_>,
        also: Also<'_>,
    ) -> Result<Answer> {
        let count = changes.steps.len();
        if count == 0 {
            return Err(Error::new(ErrorCode::Invalid, "operations must not be empty"));
        }
        if count > MAX_OPERATIONS && !changes.whole {
            return Err(Error::new(
                ErrorCode::TooLarge,
                format!("at most {MAX_OPERATIONS} operations at once, not {count}; use an import for more"),
            ));
        }
        let place =
            |step: usize, error: Error| if count > 1 && !changes.whole { error.under_operation(step) } else { error };
        let mut refused: Vec<Option<Error>> = Vec::with_capacity(count);
        for step in &changes.steps {
            refused.push(self.authorised(ctx, step).err());
        }
        let _under_way = self.under_way.enter();
        let mut attempts = 0;
        // After the first lost race the changes of one record take turns in this process, so that all of them end.
        let mut turn = None;
        while attempts < ATTEMPTS {
            let Prepared { outcomes, mut batch, owners, posts } = if atomic && refused.iter().any(Option::is_some) {
                Prepared::empty(ctx.space())
            } else {
                self.prepare(ctx, &changes, &mut refused).await?
            };
            if atomic
                && let Some((step, error)) = refused.iter_mut().enumerate().find_map(|(i, e)| e.take().map(|e| (i, e)))
            {
                return Err(place(step, error));
            }
            let results: Vec<Result<Outcome>> = outcomes
                .into_iter()
                .zip(&mut refused)
                .map(|(outcome, error)| error.take().map_or_else(|| outcome.ok_or_else(Error::not_found), Err))
                .collect();
            let answer = render(&results);
            let own = batch.writes.len();
            let also = also(&results);
            let others = also.len();
            batch.writes.extend(also);
            batch.writes.extend(self.idempotency_writes(ctx, &answer));
            if batch.writes.is_empty() {
                return Ok(answer);
            }
            let outcome = self.commit(ctx, batch).await;
            for (slot, result) in refused.iter_mut().zip(results) {
                *slot = result.err();
            }
            match outcome {
                Ok(()) => {
                    if let Some(post) = self.post.as_ref().filter(|_| posts) {
                        post.wake();
                    }
                    return Ok(answer);
                }
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(CommitError::Guard { write } | CommitError::Unique { write, .. })
                    if write >= own && write < own + others =>
                {
                    return Err(Error::new(ErrorCode::Conflict, "another process has taken this work over"));
                }
                Err(CommitError::Unique { index, .. }) if index == idempotency::INDEX => {
                    return Err(Error::new(
                        ErrorCode::StillRunning,
                        "a request with this Idempotency-Key was finished by another process just now; send it again",
                    ));
                }
                // Another upsert of the same key was quicker: there is a record to merge into now, unless the caller
                // does not see it.
                Err(CommitError::Unique { write, index })
                    if attempts < RACES && lost_upsert(ctx, &changes, owners.get(write), &index) =>
                {
                    ctx.trace.add_retry();
                    attempts += 1;
                }
                // Another commit took the first number of a series.
                Err(CommitError::Unique { write, .. }) if owners.get(write) == Some(&NO_STEP) => {
                    ctx.trace.add_retry();
                    attempts += 1;
                    if turn.is_none() {
                        turn = Some(self.turn(None).await);
                    }
                }
                Err(CommitError::Unique { write, index }) => {
                    let step = owners.get(write).copied().unwrap_or(0);
                    let error = self.unique_error(ctx, &changes, step, &index).await?;
                    if atomic {
                        return Err(place(step, error));
                    }
                    if let Some(slot) = refused.get_mut(step) {
                        *slot = Some(error);
                    }
                }
                Err(CommitError::Guard { write }) => {
                    ctx.trace.add_retry();
                    attempts += 1;
                    if turn.is_none() {
                        let step = owners.get(write).and_then(|step| changes.steps.get(*step));
                        turn = Some(self.turn(step.map(|s| &s.change)).await);
                    }
                }
            }
        }
        Err(Error::new(
            ErrorCode::Conflict,
            "the record was changed by others at the same time, again and again; read it and repeat",
        ))
    }

    /// What [`Records::change`] would do, as far as can be said without doing it; not atomic.
    ///
    /// # Errors
    /// The database's.
    pub async fn dry_run(&self, ctx: &Ctx, changes: &Changes) -> Result<Vec<Result<Outcome>>> {
        let mut refused: Vec<Option<Error>> =
            changes.steps.iter().map(|step| self.authorised(ctx, step).err()).collect();
        let prepared = self.prepare(ctx, changes, &mut refused).await?;
        // A single change leaves the uniqueness of its values to the commit, which does not come.
        if let ([step], [Some(outcome)]) = (changes.steps.as_slice(), prepared.outcomes.as_slice())
            && let Some(error) = self.taken_by_another(ctx, &step.change, outcome).await?
            && let Some(slot) = refused.first_mut()
        {
            *slot = Some(error);
        }
        Ok(prepared
            .outcomes
            .into_iter()
            .zip(refused)
            .map(|(outcome, error)| error.map_or_else(|| outcome.ok_or_else(Error::not_found), Err))
            .collect())
    }

    async fn taken_by_another(&self, ctx: &Ctx, change: &Change, outcome: &Outcome) -> Result<Option<Error>> {
        let (Change::Create { data, .. } | Change::Update { data, .. } | Change::Upsert { data, .. }) = change else {
            return Ok(None);
        };
        let def = &outcome.def;
        let cx = kontor_model::field::Context { settings: ctx.settings(), country: None };
        let mut faults = Vec::new();
        for (position, field) in def.shown().filter(|(_, f)| f.unique) {
            let path = def.path(field);
            let sent = match path.strip_prefix("custom.") {
                Some(key) => data.get("custom").and_then(|c| c.get(key)),
                None => data.get(&path),
            };
            let Some(value) =
                sent.and_then(|v| field.spec().check(v, &cx).ok()).map(|c| c.value).filter(|v| !v.is_null())
            else {
                continue;
            };
            let holders = self.holders(ctx, def, position, std::slice::from_ref(&value)).await?;
            if let Some(holder) = holders.into_keys().find(|id| *id != outcome.id) {
                faults.push(unique::taken(ctx, def, field, &value, Some(holder)));
            }
        }
        Ok((!faults.is_empty()).then(|| Error::from_faults(faults)))
    }

    /// One of the turns, the same for all changes of a record.
    pub(crate) async fn turn(&self, change: Option<&Change>) -> tokio::sync::MutexGuard<'_, ()> {
        let id = match change {
            Some(
                Change::Update { id, .. }
                | Change::Delete { id, .. }
                | Change::Restore { id, .. }
                | Change::Purge { id, .. },
            ) => id.0.unsigned_abs(),
            _ => 0,
        };
        self.turns.get(place(id)).unwrap_or(&self.any_turn).lock().await
    }

    /// One of the turns of actions, the same for all of a record. It is kept while the action's changes are done, which
    /// take turns of their own: one who waits for a turn of the other kind never holds up who has it.
    pub(crate) async fn act_turn(&self, id: Id) -> tokio::sync::MutexGuard<'_, ()> {
        self.act_turns.get(place(id.0.unsigned_abs())).unwrap_or(&self.any_turn).lock().await
    }

    pub(crate) fn authorised(&self, ctx: &Ctx, step: &Step) -> Result<()> {
        if step.by == By::Service {
            return Ok(());
        }
        let def = ctx.catalog.require(step.change.object())?;
        ctx.caller.may_change(&step.change, def)
    }

    /// The refusal that a unique index gave at the commit, naming the field and the record that has the value.
    async fn unique_error(&self, ctx: &Ctx, changes: &Changes, step: usize, index: &str) -> Result<Error> {
        let Some(step) = changes.steps.get(step) else { return Ok(Error::internal(index)) };
        let def = ctx.whole.require(step.change.object())?.clone();
        let Some(field) = def.unique_field(index) else {
            return Ok(Error::internal(format!("unique index {index} belongs to no field of {}", def.name)));
        };
        let path = def.path(field);
        let Some((position, _)) = def.field(&path) else { return Ok(Error::internal(index)) };
        let value = match &step.change {
            Change::Create { data, .. } | Change::Update { data, .. } | Change::Upsert { data, .. } => {
                match path.strip_prefix("custom.") {
                    Some(key) => data.get("custom").and_then(|c| c.get(key)),
                    None => data.get(&path),
                }
            }
            _ => None,
        };
        let settings = ctx.caller.settings.clone();
        let cx = kontor_model::field::Context { settings: &settings, country: None };
        let value = value.and_then(|v| field.spec().check(v, &cx).ok()).map(|c| c.value).unwrap_or_default();
        let holder = match value.is_null() {
            true => None,
            false => self.holders(ctx, &def, position, std::slice::from_ref(&value)).await?.into_keys().next(),
        };
        Ok(unique::taken(ctx, &def, field, &value, holder).into())
    }
}

/// The turn of an id. The low bits of an id are its sequence within a millisecond: mostly nought.
fn place(id: u64) -> usize {
    usize::try_from((id ^ (id >> 18)) % TURNS as u64).unwrap_or(0)
}

/// Whether a taken value is the very key that a step upserts by.
fn lost_upsert(ctx: &Ctx, changes: &Changes, step: Option<&usize>, index: &str) -> bool {
    let Some(Change::Upsert { object, by, .. }) = step.and_then(|i| changes.steps.get(*i)).map(|s| &s.change) else {
        return false;
    };
    let def = ctx.catalog.object(object);
    def.and_then(|def| def.unique_field(index).map(|field| def.path(field))).as_ref() == Some(by)
}
