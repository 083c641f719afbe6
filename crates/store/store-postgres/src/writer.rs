//! Group writers: each takes what waits, sends it as one pipelined transaction and commits once for all. Plain inserts
//! are put together first; when anything fails nothing of the group is done and it is sent again as it was written.
//! What fails then is run alone, so that no batch ever suffers for another and every answer is the batch's own.

use std::borrow::Borrow;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::{MaybeDone, maybe_done};
use kontor_model::{Kind as KindOf, SpaceId, Value};
use kontor_store::{CommitError, StoreError};
use tokio::time::timeout;
use tokio_postgres::Error;
use tokio_postgres::types::{ToSql, Type};

use crate::connect::{Conn, Slot};
use crate::error::{Kind, describe, kind, store_error, taken};
use crate::merge::{self, Plan};
use crate::options::PostgresOptions;
use crate::param::{Param, type_of};
use crate::queue::{Job, Queue};
use crate::role::{self, Standing};

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// How often a group is tried before its batches are run one by one.
const PASSES: usize = 4;
/// How often a batch is tried that met another transaction.
const TRIES: u32 = 8;

pub struct Writer {
    pub number: usize,
    pub slot: Slot,
    pub queue: Arc<Queue>,
    pub standing: Standing,
    pub options: PostgresOptions,
}

/// What became of a transaction.
enum Pass {
    Done,
    /// Nothing was done; these batches are why.
    Failed(Vec<(usize, CommitError)>),
    /// Nothing was done; the same may pass when it is tried again.
    Again(StoreError),
    /// Nothing was done; the time was up.
    Slow,
    /// The connection broke while the server was committing.
    Unknown(String),
}

type Sent<'a> = Pin<Box<MaybeDone<Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>>>>>;

impl Writer {
    /// Writes until it is aborted.
    pub async fn run(self) {
        loop {
            let group = self.queue.take(self.number).await;
            let count = group.len();
            self.answer(group).await;
            self.queue.done(self.number, count);
        }
    }

    async fn answer(&self, mut group: Vec<Job>) {
        let mut alone = Vec::new();
        if let Some(plan) = merge::merged(&group).filter(|_| self.options.prepare)
            && let Ok(done @ (Pass::Done | Pass::Unknown(_))) =
                self.pass(plan, self.options.statement_timeout / 4).await
        {
            let outcome = if let Pass::Unknown(why) = done { Err(unknown(&why).into()) } else { Ok(()) };
            group.drain(..).for_each(|job| reply(job, outcome.clone()));
        }
        for pass in 0..PASSES {
            if group.len() < 2 {
                break;
            }
            // A group that waits for a lock of another process is given up early: only one batch may be to blame.
            match self.pass(merge::apart(&group), self.options.statement_timeout / 4).await {
                Ok(Pass::Done) => {
                    group.drain(..).for_each(|job| reply(job, Ok(())));
                }
                Ok(Pass::Failed(failed)) => {
                    let mut kept = Vec::with_capacity(group.len());
                    for (n, job) in group.into_iter().enumerate() {
                        let list = if failed.iter().any(|(failed, _)| *failed == n) { &mut alone } else { &mut kept };
                        list.push(job);
                    }
                    group = kept;
                }
                Ok(Pass::Again(_)) => pause(u32::try_from(pass).unwrap_or(0)).await,
                Ok(Pass::Slow) => break,
                Ok(Pass::Unknown(why)) => {
                    group.drain(..).for_each(|job| reply(job, Err(unknown(&why).into())));
                }
                Err(error) => {
                    group.drain(..).for_each(|job| reply(job, Err(error.clone().into())));
                }
            }
        }
        for job in group.into_iter().chain(alone) {
            let jobs = [job];
            let outcome = self.alone(&jobs).await;
            jobs.into_iter().for_each(|job| reply(job, outcome.clone()));
        }
    }

    async fn alone(&self, job: &[Job; 1]) -> Result<(), CommitError> {
        let mut last = StoreError::Unavailable("the batch was not tried".to_owned());
        for attempt in 0..TRIES {
            match self.pass(merge::apart(job), self.options.statement_timeout).await? {
                Pass::Done => return Ok(()),
                Pass::Failed(failed) => {
                    let first = failed.into_iter().next().map(|(_, error)| error);
                    return Err(
                        first.unwrap_or_else(|| StoreError::Internal("the transaction failed".to_owned()).into())
                    );
                }
                Pass::Again(error) => last = error,
                Pass::Slow => {
                    let ms = self.options.statement_timeout.as_millis();
                    return Err(StoreError::Timeout(format!("not written within {ms} ms; nothing was changed")).into());
                }
                Pass::Unknown(why) => return Err(unknown(&why).into()),
            }
            pause(attempt).await;
        }
        Err(last.into())
    }

    /// One transaction of all statements.
    async fn pass(&self, plan: Plan<'_>, limit: Duration) -> Result<Pass, StoreError> {
        let conn = self.slot.ready(self.options.acquire_timeout).await?;
        let outcome = match timeout(limit, self.send(&conn, &plan)).await {
            Ok(Ok(())) => return Ok(self.commit(&conn).await),
            Ok(Err(pass)) => pass,
            Err(_) => {
                conn.cancel().await;
                conn.give_up();
                return Ok(Pass::Slow);
            }
        };
        if !conn.client.is_closed() {
            let rolled_back = timeout(limit, conn.client.batch_execute("ROLLBACK")).await;
            if !matches!(rolled_back, Ok(Ok(()))) {
                conn.give_up();
            }
        }
        Ok(outcome)
    }

    /// Sends `BEGIN` and all statements, those of each space behind its name, and reads the answers; leaves the
    /// transaction open.
    async fn send(&self, conn: &Conn, plan: &Plan<'_>) -> Result<(), Pass> {
        let mut sent: Vec<(usize, usize, bool, Sent<'_>)> = Vec::with_capacity(plan.merged.len() + plan.rest.len());
        let merged = plan.merged.iter().map(|rows| rows.space);
        let mut space = merged.chain(plan.rest.iter().map(|(.., statement)| statement.space)).next();
        let text = match space {
            Some(space) => self.standing.transaction(BEGIN, !self.options.prepare, space),
            None => BEGIN.to_owned(),
        };
        let mut begin = command(conn, text);
        // A cancel request may meet `BEGIN` alone. What follows would then be committed statement by statement, and done
        // twice: so it waits, unless row security refuses it.
        let waits = !self.standing.refuses_strays(self.options.prepare);
        if waits {
            answer(&mut begin).await.map_err(|error| Pass::Again(store_error(&error)))?;
        }
        for rows in &plan.merged {
            sent.extend(self.turn(conn, &mut space, rows.space).map(|turn| (0, 0, false, turn)));
            match self.statement(conn, &rows.text, &rows.params).await {
                Ok(future) => sent.push((0, 0, false, Box::pin(maybe_done(future)))),
                Err(error) => return Err(failure(conn, &error, 0, 0)),
            }
        }
        for (j, w, statement) in &plan.rest {
            sent.extend(self.turn(conn, &mut space, statement.space).map(|turn| (*j, *w, false, turn)));
            match self.statement(conn, &statement.text, &statement.params).await {
                Ok(future) => sent.push((*j, *w, statement.must, Box::pin(maybe_done(future)))),
                Err(error) => return Err(failure(conn, &error, *j, *w)),
            }
        }
        // Each is put on the wire by its first poll: in this order, before any answer is waited for.
        std::future::poll_fn(|cx| {
            if !waits {
                let _ = begin.as_mut().poll(cx);
            }
            for (.., future) in &mut sent {
                let _ = future.as_mut().poll(cx);
            }
            Poll::Ready(())
        })
        .await;
        if !waits {
            answer(&mut begin).await.map_err(|error| Pass::Again(store_error(&error)))?;
        }
        let mut failed: Vec<(usize, CommitError)> = Vec::new();
        let mut again = None;
        for (j, w, must, future) in &mut sent {
            let error = match answer(future).await {
                Ok(0) if *must => CommitError::Guard { write: *w },
                Ok(_) => continue,
                Err(error) => match (kind(&error), failure(conn, &error, *j, *w)) {
                    (Kind::Follows, _) => continue,
                    (_, Pass::Failed(mut one)) => match one.pop() {
                        Some((_, error)) => error,
                        None => continue,
                    },
                    (_, other) => {
                        again.get_or_insert(other);
                        continue;
                    }
                },
            };
            if failed.last().is_none_or(|(last, _)| last != j) {
                failed.push((*j, error));
            }
        }
        match again {
            Some(pass) => Err(pass),
            None if failed.is_empty() => Ok(()),
            None => Err(Pass::Failed(failed)),
        }
    }

    /// Sets the space of the statements that follow, where it is another.
    fn turn<'a>(&self, conn: &'a Conn, last: &mut Option<SpaceId>, space: SpaceId) -> Option<Sent<'a>> {
        let same = last.replace(space) == Some(space);
        (!same && self.standing.sets_space()).then(|| command(conn, role::local(space)))
    }

    /// A statement that is on the wire once it has been polled.
    async fn statement<'a>(
        &self,
        conn: &'a Conn,
        text: &'a str,
        params: &'a [impl Borrow<(Value, KindOf)> + Sync],
    ) -> Result<Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>>, Error> {
        if !self.options.prepare {
            return Ok(Box::pin(async move {
                let bound: Vec<(Param<'_>, Type)> = params
                    .iter()
                    .map(Borrow::borrow)
                    .map(|(value, kind)| (Param(value), type_of(value, *kind)))
                    .collect();
                let bound: Vec<(&(dyn ToSql + Sync), Type)> =
                    bound.iter().map(|(p, t)| (p as &(dyn ToSql + Sync), t.clone())).collect();
                conn.client.execute_typed(text, &bound).await
            }));
        }
        let types: Vec<Type> = params.iter().map(Borrow::borrow).map(|(value, kind)| type_of(value, *kind)).collect();
        let statement = conn.prepared(text, &types).await?;
        Ok(Box::pin(async move {
            let values = params.iter().map(|param| Param(&param.borrow().0)).collect::<Vec<_>>();
            conn.client.execute_raw(&statement, values).await
        }))
    }

    async fn commit(&self, conn: &Conn) -> Pass {
        let limit = self.options.statement_timeout;
        match timeout(limit, conn.client.batch_execute("COMMIT")).await {
            Ok(Ok(())) => Pass::Done,
            Ok(Err(error)) => match kind(&error) {
                Kind::Broken => Pass::Unknown(describe(&error)),
                // The server refused: it has rolled back.
                _ => Pass::Again(store_error(&error)),
            },
            Err(_) => {
                conn.give_up();
                Pass::Unknown(format!("no answer within {} ms", limit.as_millis()))
            }
        }
    }
}

/// What a failed statement means for its transaction.
fn failure(conn: &Conn, error: &Error, job: usize, write: usize) -> Pass {
    match kind(error) {
        Kind::Broken | Kind::Again => Pass::Again(store_error(error)),
        Kind::Stale => {
            conn.forget();
            Pass::Again(store_error(error))
        }
        Kind::Follows | Kind::Final => {
            let error = match taken(error) {
                Some(index) => CommitError::Unique { write, index },
                None => store_error(error).into(),
            };
            Pass::Failed(vec![(job, error)])
        }
    }
}

/// A text without parameters that is on the wire once it has been polled.
fn command(conn: &Conn, text: String) -> Sent<'_> {
    Box::pin(maybe_done(Box::pin(async move { conn.client.batch_execute(&text).await.map(|()| 1) })))
}

async fn answer(sent: &mut Sent<'_>) -> Result<u64, Error> {
    sent.as_mut().await;
    sent.as_mut().take_output().unwrap_or(Ok(0))
}

fn unknown(why: &str) -> StoreError {
    StoreError::Unavailable(format!(
        "the connection broke during COMMIT, whether the batch was written is unknown: {why}"
    ))
}

/// The caller may have gone; its batch is done all the same.
fn reply(job: Job, outcome: Result<(), CommitError>) {
    let _ = job.reply.send(outcome);
}

/// Longer from try to try, and never the same for two writers that met.
async fn pause(attempt: u32) {
    let longest = 10u64 << attempt.min(5);
    let ms = RandomState::new().hash_one(attempt) % longest;
    tokio::time::sleep(Duration::from_millis(1 + ms)).await;
}
