//! Actions of records: a service plans what an action does as changes, and the pipeline carries them out together.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_catalog::ObjectDef;
use kontor_model::{Changes, Error, ErrorCode, Id, Json, Kind, Op, Result, Step, Value};
use kontor_store::{Cond, Expr, Which, Write};

use crate::change::{Answer, Outcome};
use crate::counters::Counters;
use crate::fetch::literal;
use crate::rights::{Action as Right, Reach};
use crate::{Access, Ctx, Found, Records, Sight};

pub use crate::input::Input;

/// How often an action is planned anew when others change what it stands on.
pub(crate) const ATTEMPTS: usize = 32;
/// How often a value that is taken may have been taken just now.
const RACES: usize = 3;

/// What an action was asked: of which record, with what.
#[derive(Debug)]
pub struct Asked {
    pub record: Found,
    pub input: Input,
}

/// What an action does, and what of it is the answer.
#[derive(Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    pub gives: Gives,
}

/// Which steps are the answer.
#[derive(Debug, Default)]
pub enum Gives {
    /// The record of the first step.
    #[default]
    First,
    /// The record of this step.
    Step(usize),
    /// The records of steps, by name; null for none.
    Named(Vec<(&'static str, Option<usize>)>),
}

impl Plan {
    /// Does this one thing and answers with its record.
    pub fn one(step: Step) -> Self {
        Self { steps: vec![step], gives: Gives::First }
    }

    /// Does this, too.
    #[must_use]
    pub fn and(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds a step and says its number.
    pub fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }
}

/// What an action gave.
pub enum Given<'a> {
    One(&'a Outcome),
    Named(Vec<(&'static str, Option<&'a Outcome>)>),
}

/// An action of an object, declared in [`kontor_model::Object::actions`].
pub trait Act: Send + Sync {
    fn object(&self) -> &'static str;

    fn name(&self) -> &'static str;

    /// What it does.
    ///
    /// # Errors
    /// 422000 naming the rule that refuses it; what is wrong with the input; the database's.
    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>>;
}

/// An action on its way.
pub struct Call<'a> {
    pub object: &'a str,
    pub action: &'a str,
    pub id: Id,
    pub if_match: Option<i64>,
    pub body: &'a Json,
}

/// Makes the answer from what an action gave.
pub type RenderGiven<'a> = &'a (dyn Fn(Given<'_>) -> Answer + Send + Sync);

/// Whether another commit took what the plan stands on: a version, a value that has to be unique, a number of a series.
pub(crate) fn overtaken(error: &Error, attempt: usize, takes_numbers: bool) -> bool {
    match error.code() {
        ErrorCode::VersionMoved => true,
        ErrorCode::NotUnique => attempt < RACES,
        ErrorCode::Conflict => takes_numbers,
        _ => false,
    }
}

impl Records {
    /// Every action that is known: object and name.
    pub fn actions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.acts.iter().map(|act| (act.object(), act.name()))
    }

    /// Does an action, all of it or nothing.
    ///
    /// # Errors
    /// 404000 for an action that the object does not have, 404001, 403, 412000; 409000 after too many lost races; those
    /// of the action.
    pub async fn act(&self, ctx: &Ctx, call: Call<'_>, render: RenderGiven<'_>) -> Result<Answer> {
        self.act_and(ctx, call, render, &[], &|| Vec::new()).await
    }

    /// As [`Records::act`], with further steps and, made behind the answer, writes of the same commit.
    ///
    /// # Errors
    /// As [`Records::act`]; 409000 when one of the writes did not hold.
    pub async fn act_and(
        &self,
        ctx: &Ctx,
        call: Call<'_>,
        render: RenderGiven<'_>,
        more: &[Step],
        also: &(dyn Fn() -> Vec<Write> + Send + Sync),
    ) -> Result<Answer> {
        let def = ctx.catalog.require(call.object)?.clone();
        let action = def.actions.iter().find(|action| action.name == call.action);
        let act = self.acts.iter().find(|act| act.object() == def.name && act.name() == call.action);
        let (Some(action), Some(act)) = (action, act) else {
            return Err(Error::new(ErrorCode::NoRoute, format!("{} have no action {}", def.plural, call.action)));
        };
        if action.open {
            ctx.caller.may(Access::Read, &def)?
        } else {
            self.may_act(ctx, &def)?
        };
        let mut turn = None;
        for attempt in 1..=ATTEMPTS {
            let record = self.acted_on(ctx, &def, call.id, action.open).await?;
            if let Some(wanted) = call.if_match.filter(|version| *version != record.version()) {
                let detail = format!("the record is at version {}, not {wanted}; read it again", record.version());
                return Err(Error::new(ErrorCode::VersionMoved, detail).with_version(record.version()));
            }
            let input = Input::check(action, call.body, ctx.settings())?;
            let counters = Counters::default();
            let asked = Asked { record, input };
            let plan = {
                let sight = Sight::new(self, ctx, self.clock().now_ms(), None, &counters);
                act.plan(&sight, &asked).await?
            };
            let Plan { mut steps, gives } = plan;
            let named = steps.iter().any(|step| step.name.is_some());
            steps.extend(more.iter().cloned().map(|step| if named { literal(step, "") } else { step }));
            let changes = Changes { steps, whole: true, allow_duplicates: true, ..Changes::default() };
            let answer = |results: &[Result<Outcome>]| {
                let of = |step: usize| results.get(step).and_then(|result| result.as_ref().ok());
                let given = match &gives {
                    Gives::First => of(0).map(Given::One),
                    Gives::Step(step) => of(*step).map(Given::One),
                    Gives::Named(named) => {
                        Some(Given::Named(named.iter().map(|(name, step)| (*name, step.and_then(of))).collect()))
                    }
                };
                let nothing = || Answer { status: 500, headers: Vec::new(), body: Vec::new() };
                given.map_or_else(nothing, render)
            };
            let numbers = counters.writes();
            let others = |_: &[Result<Outcome>]| numbers.iter().cloned().chain(also()).collect();
            let outcome = self.change_and(ctx, changes, true, &answer, &others).await;
            match outcome {
                // Planned anew, it finds what the other has done, or the version that the caller does not mean.
                Err(error) if attempt < ATTEMPTS && overtaken(&error, attempt, !numbers.is_empty()) => {
                    ctx.trace.add_retry();
                    if turn.is_none() {
                        turn = Some(self.act_turn(call.id).await);
                    }
                }
                outcome => return outcome,
            }
        }
        Err(Error::new(ErrorCode::Conflict, "others change the record at the same time, again and again; repeat"))
    }

    /// Whether the caller does things to records of this object at all.
    fn may_act(&self, ctx: &Ctx, def: &ObjectDef) -> Result<()> {
        ctx.caller.may(Access::Write, def)?;
        if ctx.caller.policy.rule(&def.name).update == Reach::None {
            let detail = format!("the role {} may not change {}", ctx.caller.policy.role, def.plural);
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
        Ok(())
    }

    /// The record, when the caller may read and change it; only read it where the action is open.
    async fn acted_on(&self, ctx: &Ctx, def: &Arc<ObjectDef>, id: Id, open: bool) -> Result<Found> {
        let whole = ctx.whole.require(&def.name)?.clone();
        let by_id = Cond::Test { left: Expr::column("id", Kind::Int), op: Op::Eq, right: Value::Int(id.0) };
        let select = ctx.records_of(&whole, Which::Live, whole.exprs.clone()).filter(by_id);
        let work = self.working(ctx, &whole, select).await?.remove(&id).ok_or_else(Error::not_found)?;
        if !open && !self.reachable(ctx, Right::Update, &whole, vec![id.0]).await?.contains(&id.0) {
            let detail = format!(
                "the role {} may change only some of the {} that it sees, and not this one",
                ctx.caller.policy.role, def.plural
            );
            return Err(Error::new(ErrorCode::Forbidden, detail));
        }
        Ok(Found { id, work })
    }
}
