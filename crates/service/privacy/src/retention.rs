//! How long records are kept: per object a number of days without a change, and what happens then.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_catalog::ObjectDef;
use kontor_jobs::{Ended, Handler, Job, NewJob, Rules, Run, Schedule};
use kontor_model::changes::Step;
use kontor_model::time::{DAY_MS, datetime_text};
use kontor_model::{Change, Changes, Error, ErrorCode, Fault, Id, Kind, Op, Result, SpaceId, Value, name};
use kontor_records::{Access, Answer, Ctx, Outcome};
use kontor_store::{Batch, ColumnRef, Cond, Expr, Lane, OnConflict, Select, Which, Write, system};
use serde_json::{Value as J, json};

use crate::graph::{has_personal, is_personal};
use crate::request::{self, DUE_MS};
use crate::service::Privacy;

/// The kind of its jobs.
pub const JOB: &str = "retention";
/// When the rules run, by the clock of the workspace.
const NIGHTLY: &str = "0 3 * * *";
/// What runs by night waits for what somebody waits for.
const BEHIND_OTHERS: i64 = -10;
/// Records of one turn.
const TURN: u64 = 200;
const MOST_DAYS: i64 = 36_500;

/// What happens to a record that is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It goes to the bin.
    Delete,
    /// Its personal fields are emptied, as by an erasure.
    Anonymise,
}

impl Action {
    pub const ALL: &'static [Action] = &[Action::Delete, Action::Anonymise];

    pub const fn name(self) -> &'static str {
        match self {
            Action::Delete => "delete",
            Action::Anonymise => "anonymise",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

/// How long the records of an object are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub object: String,
    /// Since the last change.
    pub days: i64,
    pub action: Action,
    /// Unix milliseconds.
    pub last_run_at: Option<i64>,
    /// Records of the last run.
    pub last_count: Option<i64>,
}

impl Rule {
    pub fn json(&self) -> J {
        json!({
            "object": self.object, "days": self.days, "action": self.action.name(),
            "last_run_at": self.last_run_at.map(datetime_text), "last_count": self.last_count,
        })
    }

    fn write(&self) -> Write {
        let columns = [
            ("object", Kind::Text),
            ("days", Kind::Int),
            ("action", Kind::Text),
            ("last_run_at", Kind::Int),
            ("last_count", Kind::Int),
        ];
        Write::Insert {
            table: system::PRIVACY_RETENTION.into(),
            columns: columns.map(|(name, kind)| ColumnRef::new(name, kind)).into(),
            values: vec![
                self.object.as_str().into(),
                self.days.into(),
                self.action.name().into(),
                self.last_run_at.into(),
                self.last_count.into(),
            ],
            on_conflict: OnConflict::Replace,
            search: None,
        }
    }
}

/// Runs retention.
pub(crate) struct Retain(pub Arc<Privacy>);

impl Handler for Retain {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn rules(&self) -> Rules {
        Rules { per_workspace: Some(1), ..Rules::default() }
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Ended>> {
        Box::pin(self.0.retain(run))
    }
}

impl Privacy {
    /// All rules of a space, by object.
    ///
    /// # Errors
    /// The database's.
    pub async fn rules(&self, space: SpaceId) -> Result<Vec<Rule>> {
        let columns = [
            ("object", Kind::Text),
            ("days", Kind::Int),
            ("action", Kind::Text),
            ("last_run_at", Kind::Int),
            ("last_count", Kind::Int),
        ];
        let columns: Vec<Expr> = columns.map(|(name, kind)| Expr::column(name, kind)).to_vec();
        let select =
            Select::new(space, system::PRIVACY_RETENTION, columns).order(Expr::column("object", Kind::Text), false);
        let rows = self.records.store().rows(select).await?;
        Ok(rows
            .iter()
            .filter_map(|row| match row.as_slice() {
                [Value::Text(object), Value::Int(days), Value::Text(action), ran, count] => Some(Rule {
                    object: object.clone(),
                    days: *days,
                    action: Action::from_name(action)?,
                    last_run_at: ran.as_i64(),
                    last_count: count.as_i64(),
                }),
                _ => None,
            })
            .collect())
    }

    /// Sets the rule of an object.
    ///
    /// # Errors
    /// 403; 404001 for an object that is none; 400001 for days that are too few or too many, for one that the law
    /// keeps, and for one without personal fields that is to be anonymised; the database's.
    pub async fn set_rule(&self, ctx: &Ctx, object: &str, days: i64, action: Action) -> Result<Rule> {
        ctx.caller.may_manage(Access::Admin)?;
        let def = self.retained(ctx, object)?;
        let mut faults = Vec::new();
        if !(1..=MOST_DAYS).contains(&days) {
            faults.push(Fault::new("days", "range", format!("must be from 1 to {MOST_DAYS}")));
        }
        if def.kept_by_law {
            let message = format!("the law keeps {}: no rule can remove them", def.plural);
            faults.push(Fault::new("object", "kept_by_law", message));
        }
        if action == Action::Anonymise && !has_personal(&def) {
            let message = format!("{} has no personal field; use delete", def.name);
            faults.push(Fault::new("action", "unsuited", message));
        }
        if !faults.is_empty() {
            return Err(Error::from_faults(faults));
        }
        let rule = Rule { object: def.name.clone(), days, action, last_run_at: None, last_count: None };
        let entry = self.records.audit_write(ctx, "retention", "update", &rule.json())?;
        let batch = Batch { space: ctx.space(), writes: vec![rule.write(), entry] };
        self.records.store().commit(batch).await?;
        Ok(rule)
    }

    fn retained(&self, ctx: &Ctx, object: &str) -> Result<Arc<ObjectDef>> {
        let found = ctx.catalog.object(object).or_else(|| ctx.catalog.collection(object)).filter(|def| def.routed);
        found.cloned().ok_or_else(|| {
            let routed = ctx.catalog.objects().filter(|def| def.routed).map(|def| def.name.as_str());
            let hint = name::hint(object, routed);
            Error::new(ErrorCode::NotFound, format!("there is no object \"{object}\"{hint}"))
        })
    }

    /// Removes the rule of an object.
    ///
    /// # Errors
    /// 403; 404001 when there is none; the database's.
    pub async fn remove_rule(&self, ctx: &Ctx, object: &str) -> Result<()> {
        ctx.caller.may_manage(Access::Admin)?;
        let def = self.retained(ctx, object)?;
        let rules = self.rules(ctx.space()).await?;
        let rule = rules.iter().find(|rule| rule.object == def.name).ok_or_else(Error::not_found)?;
        let entry = self.records.audit_write(ctx, "retention", "delete", &rule.json())?;
        let keys = vec![system::key("object", Kind::Text, def.name.as_str())];
        let delete = Write::Delete { table: system::PRIVACY_RETENTION.into(), keys, must: false, search: false };
        let batch = Batch { space: ctx.space(), writes: vec![delete, entry] };
        self.records.store().commit(batch).await.map_err(Into::into)
    }

    /// How many records each rule would meet now; nothing is changed.
    ///
    /// # Errors
    /// 403; the database's.
    pub async fn dry_run(&self, ctx: &Ctx) -> Result<Vec<J>> {
        ctx.caller.may_manage(Access::Admin)?;
        let mut outcomes = Vec::new();
        for rule in self.rules(ctx.space()).await? {
            let Some(def) = ctx.catalog.object(&rule.object).cloned() else { continue };
            let mut select = self.too_old(ctx, &def, &rule);
            select.columns = vec![Expr::Count].into();
            let rows = self.records.store().rows(select).await?;
            let count = rows.first().and_then(|row| row.first()?.as_i64()).unwrap_or(0);
            outcomes.push(json!({
                "object": rule.object, "action": rule.action.name(), "days": rule.days, "records": count,
                "unchanged_since": datetime_text(self.limit(&rule)),
            }));
        }
        Ok(outcomes)
    }

    fn limit(&self, rule: &Rule) -> i64 {
        self.records.clock().now_ms() - rule.days * DAY_MS
    }

    fn too_old(&self, ctx: &Ctx, def: &Arc<ObjectDef>, rule: &Rule) -> Select {
        let mut select = Select::new(ctx.space(), def.table_name().clone(), vec![Expr::column("id", Kind::Int)]);
        select.from = def.source(Which::Live);
        select.lane = Lane::Slow;
        let left = Expr::column("updated_at", Kind::Int);
        select.filter(Cond::Test { left, op: Op::Lt, right: Value::Int(self.limit(rule)) })
    }

    /// Starts a run of all rules.
    ///
    /// # Errors
    /// 403; the database's.
    pub async fn start_retention(&self, ctx: &Ctx, render: &(dyn Fn(&Job) -> Answer + Send + Sync)) -> Result<Answer> {
        ctx.caller.may_manage(Access::Admin)?;
        let new = NewJob {
            kind: JOB.to_owned(),
            input: json!({}),
            created_by: ctx.caller.user_id,
            key_id: Some(ctx.caller.key_id),
            ..NewJob::default()
        };
        let (job, enqueue) = self.jobs.enqueue_job(ctx.space(), new);
        let answer = render(&job);
        let entry = self.records.audit_record(ctx, "retention", job.id, "run", &json!({}))?;
        let mut writes = vec![enqueue, entry];
        writes.extend(self.records.idempotency_writes(ctx, &answer));
        self.records.store().commit(Batch { space: ctx.space(), writes }).await?;
        self.jobs.wake();
        Ok(answer)
    }

    /// Has rules run every night by the clock of the workspace, new ones at once, and removes archives that were made a
    /// month ago; for the process that looks after such things.
    ///
    /// # Errors
    /// The database's.
    pub async fn daily(&self, space: SpaceId, time_zone: &str) -> Result<()> {
        let now = self.records.clock().now_ms();
        for old in request::archives_before(&**self.records.store(), space, now - DUE_MS).await? {
            self.forget_archive(space, &old).await?;
        }
        let rules = self.rules(space).await?;
        if rules.is_empty() {
            return self.jobs.unplan(space, JOB).await;
        }
        let nightly = Schedule {
            name: JOB.to_owned(),
            kind: JOB.to_owned(),
            cron: NIGHTLY.to_owned(),
            time_zone: time_zone.to_owned(),
            priority: BEHIND_OTHERS,
            input: json!({}),
        };
        let late = rules.iter().any(|rule| rule.last_run_at.is_none_or(|at| now - at >= 2 * DAY_MS));
        self.jobs.plan(space, &nightly, late).await
    }

    async fn retain(&self, run: &Run) -> Result<Ended> {
        let (user, key) = (run.job.created_by, run.job.key_id);
        let ctx = self.as_job(run.job.space, user, key, format!("retention-{}", run.job.id)).await?;
        let mut report = Vec::new();
        let mut scrub = false;
        for rule in self.rules(ctx.space()).await? {
            let Some(def) = ctx.catalog.object(&rule.object).cloned().filter(|def| !def.kept_by_law) else { continue };
            let mut count = 0_i64;
            let mut after = i64::MIN;
            loop {
                if run.should_stop() {
                    return Ok(Ended::Stopped);
                }
                let id = || Expr::column("id", Kind::Int);
                let select = self
                    .too_old(&ctx, &def, &rule)
                    .filter(Cond::Test { left: id(), op: Op::Gt, right: Value::Int(after) })
                    .order(id(), false)
                    .limit(TURN);
                let rows = self.records.store().rows(select).await?;
                let ids: Vec<Id> = rows.iter().filter_map(|row| row.first()?.as_i64().map(Id)).collect();
                let Some(last) = ids.last() else { break };
                after = last.0;
                count += match rule.action {
                    Action::Delete => self.to_the_bin(&ctx, &def, &ids).await?,
                    Action::Anonymise => self.anonymise(&ctx, &def, &ids).await?,
                };
            }
            scrub |= count > 0 && rule.action == Action::Anonymise;
            let ran = Rule { last_run_at: Some(self.records.clock().now_ms()), last_count: Some(count), ..rule };
            let batch = Batch { space: ctx.space(), writes: vec![ran.write()] };
            self.records.store().commit(batch).await?;
            report.push(json!({"object": ran.object, "action": ran.action.name(), "records": count}));
        }
        if scrub {
            self.records.store().scrub().await?;
        }
        Ok(Ended::Succeeded(json!({"report": report})))
    }

    async fn to_the_bin(&self, ctx: &Ctx, def: &Arc<ObjectDef>, ids: &[Id]) -> Result<i64> {
        let delete = |id: &Id| Change::Delete { object: def.name.clone(), id: *id, if_match: None };
        let steps = ids.iter().map(|id| Step::from(delete(id))).collect();
        let deleted = std::sync::atomic::AtomicI64::new(0);
        let render = |results: &[Result<Outcome>]| {
            let done = results.iter().filter(|result| result.is_ok()).count();
            deleted.store(i64::try_from(done).unwrap_or(0), std::sync::atomic::Ordering::Relaxed);
            Answer { status: 200, headers: Vec::new(), body: Vec::new() }
        };
        // One that was changed or deleted meanwhile is none of ours any more.
        self.records.change(ctx, Changes { steps, ..Changes::default() }, false, &render).await?;
        Ok(deleted.into_inner())
    }

    async fn anonymise(&self, ctx: &Ctx, def: &Arc<ObjectDef>, ids: &[Id]) -> Result<i64> {
        let mut done = 0;
        for id in ids {
            let Some(record) = self.records.stored(ctx, def, *id).await? else { continue };
            let fields: Vec<usize> = def
                .fields
                .iter()
                .zip(&record.values)
                .enumerate()
                .filter(|(_, (field, value))| {
                    is_personal(def, field) && !value.is_null() && !crate::erasure::is_erased(value)
                })
                .map(|(index, _)| index)
                .collect();
            if !fields.is_empty() {
                self.records.erase(ctx, def, *id, &fields).await?;
                done += 1;
            }
        }
        Ok(done)
    }
}
