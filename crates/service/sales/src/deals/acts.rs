//! What is done to deals.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Fault, Id, Op, Result, Value};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use super::place::{Stage, first};
use super::standing::Kind;

/// Moves it to another stage.
pub(crate) struct Move;
/// Says that it is won.
pub(crate) struct Win;
/// Says that it is lost.
pub(crate) struct Lose;
/// Takes it up again.
pub(crate) struct Reopen;

/// The stage that a deal is in.
async fn current(sight: &Sight<'_>, deal: &Found) -> Result<Option<Stage>> {
    Ok(sight.referred("stage", deal.value("stage_id")).await?.as_ref().map(Stage::read))
}

/// Refuses what is done to open deals only.
fn open(stage: Option<&Stage>, what: &str) -> Result<()> {
    match stage.map(|stage| stage.terms.kind) {
        Some(kind) if kind.is_closed() => {
            let detail = format!("the deal is {}; only an open deal is {what}; reopen it first", kind.name());
            Err(refusal("deal_closed", detail))
        }
        _ => Ok(()),
    }
}

/// Ends a deal in the first stage of a kind.
async fn close(
    sight: &Sight<'_>,
    asked: &Asked,
    kind: Kind,
    told: (&'static str, &'static str),
    mut fields: Vec<(&str, Value)>,
) -> Result<Plan> {
    let deal = &asked.record;
    open(current(sight, deal).await?.as_ref(), kind.name())?;
    let Some(stage) = first(sight, deal.int("pipeline_id"), kind).await? else {
        let detail = format!("the deal's pipeline has no stage of the kind {}; make one", kind.name());
        return Err(refusal("no_stage", detail));
    };
    fields.push(("stage_id", stage.id.0.into()));
    fields.push(("pipeline_id", stage.pipeline.into()));
    fields.push(("close_date", asked.input.int("close_date").unwrap_or_else(|| sight.today()).into()));
    Ok(Plan::one(sight.update(deal, &fields)?.told(told.0, told.1)))
}

impl Act for Move {
    fn object(&self) -> &'static str {
        "deal"
    }

    fn name(&self) -> &'static str {
        "move"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let deal = &asked.record;
            let from = current(sight, deal).await?;
            open(from.as_ref(), "moved")?;
            let to = named(sight, asked).await?;
            if from.as_ref().is_some_and(|from| from.id == to.id) {
                return Err(refusal("same_stage", format!("the deal is in the stage {} already", to.name)));
            }
            let reason: Value = asked.input.text("reason").into();
            let told = match to.terms.kind {
                Kind::Won => {
                    let fields = [("stage_id", to.id.0.into()), ("close_date", close_date(sight, asked))];
                    sight.update(deal, &fields)?.told("win", "won")
                }
                Kind::Lost => {
                    let close_date = close_date(sight, asked);
                    let fields = [("stage_id", to.id.0.into()), ("close_date", close_date), ("lost_reason", reason)];
                    sight.update(deal, &fields)?.told("lose", "lost")
                }
                Kind::Open => {
                    let fields = [("stage_id", to.id.0.into()), ("moved_reason", reason)];
                    sight.update(deal, &fields)?.told("move", "moved")
                }
            };
            Ok(Plan::one(told))
        }
        .boxed()
    }
}

fn close_date(sight: &Sight<'_>, asked: &Asked) -> Value {
    asked.input.int("close_date").unwrap_or_else(|| sight.today()).into()
}

/// The stage that the caller names; of the deal's own pipeline.
async fn named(sight: &Sight<'_>, asked: &Asked) -> Result<Stage> {
    let id = asked.input.reference("stage_id").unwrap_or(Id(0));
    let stage = Stage::read(&sight.visible("stage", id).await?);
    let pipeline = asked.record.int("pipeline_id");
    if pipeline.is_some() && stage.pipeline != pipeline {
        let message = format!("is the stage {} of another pipeline; name one of the deal's own", stage.name);
        return Err(Fault::new("stage_id", "not_allowed", message).value(id.to_string()).into());
    }
    Ok(stage)
}

impl Act for Win {
    fn object(&self) -> &'static str {
        "deal"
    }

    fn name(&self) -> &'static str {
        "win"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        close(sight, asked, Kind::Won, ("win", "won"), Vec::new()).boxed()
    }
}

impl Act for Lose {
    fn object(&self) -> &'static str {
        "deal"
    }

    fn name(&self) -> &'static str {
        "lose"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        let reason = vec![("lost_reason", asked.input.text("reason").into())];
        close(sight, asked, Kind::Lost, ("lose", "lost"), reason).boxed()
    }
}

impl Act for Reopen {
    fn object(&self) -> &'static str {
        "deal"
    }

    fn name(&self) -> &'static str {
        "reopen"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let deal = &asked.record;
            let from = current(sight, deal).await?;
            let Some(from) = from.filter(|stage| stage.terms.kind.is_closed()) else {
                return Err(refusal("deal_open", "the deal is open; only a won or lost deal is reopened"));
            };
            let to = match asked.input.reference("stage_id") {
                Some(_) => named(sight, asked).await?,
                None => before(sight, deal, &from).await?,
            };
            if to.terms.kind.is_closed() {
                return Err(closed_stage(&to));
            }
            let fields = [("stage_id", to.id.0.into()), ("moved_reason", Value::Null)];
            Ok(Plan::one(sight.update(deal, &fields)?.told("reopen", "reopened")))
        }
        .boxed()
    }
}

fn closed_stage(stage: &Stage) -> Error {
    let detail = format!("the stage {} is a {} one; name an open stage", stage.name, stage.terms.kind.name());
    refusal("closed_stage", detail)
}

/// The stage that a deal was in before it was closed, else the first of its pipeline.
async fn before(sight: &Sight<'_>, deal: &Found, closed: &Stage) -> Result<Stage> {
    let of = [("deal_id", Op::Eq, deal.id.0.into()), ("next_stage_id", Op::Eq, closed.id.0.into())];
    if let Some(visit) = sight.sorted("stage_visit", &of, &["-left_at", "-id"], 1).await?.pop()
        && let Some(stage) = sight.referred("stage", visit.value("stage_id")).await?.as_ref().map(Stage::read)
        && !stage.terms.kind.is_closed()
        && stage.pipeline == closed.pipeline
    {
        return Ok(stage);
    }
    let pipeline = deal.int("pipeline_id");
    first(sight, pipeline, Kind::Open)
        .await?
        .ok_or_else(|| refusal("no_stage", "the deal's pipeline has no open stage; make one"))
}
