//! What holds whenever a deal or a line of one changes.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Error, Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict, refusal};

use super::place::{Stage, Stages};
use super::standing::{Given, Kind};
use crate::documents::totals::{Sums, weighted};
use crate::documents::{self, DEALS};

/// A deal stands in a stage of its pipeline, and has what follows from that and from its lines.
pub(crate) struct Deals;

impl Hook for Deals {
    fn objects(&self) -> &'static [&'static str] {
        &["deal", "deal_line"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let touched = documents::merged(touched);
            let worked = documents::work(sight, &touched, &DEALS).await?;
            let mut out = worked.verdicts;
            let deals: Vec<&Touched<'_>> = touched.iter().filter(|t| t.def.name == "deal" && !t.is_gone()).collect();
            let stages = Stages::load(sight, &deals).await?;
            for deal in deals {
                match Change::of(sight, deal, &stages, worked.sums.get(&deal.id)) {
                    Ok(change) => out.extend(change.verdicts(sight, deal).await?),
                    Err(error) => out.push(Verdict::Refuse { step: deal.step, error }),
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// What follows from the change of a deal.
struct Change<'s> {
    /// Where it stands, where that was not sent.
    place: Vec<(&'static str, Value)>,
    /// What follows from there.
    sets: Vec<(&'static str, Value)>,
    moved: Option<Moved<'s>>,
}

struct Moved<'s> {
    from: Option<&'s Stage>,
    to: &'s Stage,
    entered_at: i64,
}

impl<'s> Change<'s> {
    fn of(sight: &Sight<'_>, deal: &Touched<'_>, stages: &'s Stages, sums: Option<&Sums>) -> Result<Self, Error> {
        let mut out = Self { place: Vec::new(), sets: Vec::new(), moved: None };
        let after = |path: &str| deal.field(path).1;
        let amount = amount(deal, sums);
        let mut probability = after("probability").clone();
        if let Some(stage) = stages.of(deal)? {
            out.place.push(("stage_id", stage.id.0.into()));
            out.place.push(("pipeline_id", stage.pipeline.map_or_else(|| after("pipeline_id").clone(), Value::Int)));
            let before = deal.field("stage_id").0;
            let from = stages.get(before);
            let moved = !deal.is_new() && before.as_i64() != Some(stage.id.0);
            // What comes with its history has been moved elsewhere, by the rules there.
            if moved && !sight.is_history() {
                may_move(deal, from, stage)?;
            }
            if moved || deal.is_new() {
                if !is_restored(deal) && !sight.is_history() {
                    stage.admits(deal, &amount)?;
                }
                probability = out.stand(sight, deal, from, stage);
            }
            if moved {
                let since = deal.field("stage_entered_at").0.as_i64();
                let made = after("created_at").as_i64();
                let entered_at = since.or(made).unwrap_or_else(|| sight.now());
                out.sets.push(("stage_entered_at", sight.now().into()));
                out.moved = Some(Moved { from, to: stage, entered_at });
            }
            let news = after("updated_at").as_i64().unwrap_or_else(|| sight.now());
            out.sets.push(("stale_at", stage.terms.stale_at(news).into()));
        }
        let weight = amount.as_i64().zip(probability.as_i64()).map(|(amount, percent)| weighted(amount, percent));
        out.sets.push(("amount", amount));
        out.sets.push(("weighted_amount", weight.into()));
        Ok(out)
    }

    /// What the stage gives to a deal that comes into it; the probability.
    fn stand(&mut self, sight: &Sight<'_>, deal: &Touched<'_>, from: Option<&Stage>, stage: &Stage) -> Value {
        let closed = stage.terms.kind.is_closed();
        let (before, after) = deal.field("probability");
        let (was, sent) = (before.as_i64(), after.as_i64());
        let (gave, gives) = (from.and_then(|from| from.terms.probability()), stage.terms.probability());
        let probability =
            Given { before: was.as_ref(), gave: gave.as_ref(), sent: sent.as_ref(), gives: gives.as_ref() };
        let probability: Value = probability.after(closed).copied().into();
        let (before, after) = deal.field("forecast_category");
        let gave = from.map(|from| from.terms.forecast());
        let forecast =
            Given { before: before.as_str(), gave, sent: after.as_str(), gives: Some(stage.terms.forecast()) };
        let forecast: Value = forecast.after(closed).into();
        self.sets.push(("probability", probability.clone()));
        self.sets.push(("forecast_category", forecast));
        let was_closed = from.is_some_and(|from| from.terms.kind.is_closed());
        if closed && deal.field("close_date").1.is_null() && !sight.is_history() {
            self.sets.push(("close_date", sight.today().into()));
        } else if !closed && was_closed {
            self.sets.push(("close_date", Value::Null));
            self.sets.push(("lost_reason", Value::Null));
        }
        if deal.is_new() && deal.field("stage_entered_at").1.is_null() {
            self.sets.push(("stage_entered_at", deal.field("created_at").1.clone()));
        }
        probability
    }

    async fn verdicts(self, sight: &Sight<'_>, deal: &Touched<'_>) -> Result<Vec<Verdict>> {
        let amend = |(field, value): (&'static str, Value)| {
            (deal.field(field).1 != &value).then_some(Verdict::Amend { id: deal.id, field, value })
        };
        let mut out: Vec<Verdict> = self.place.into_iter().filter_map(amend).collect();
        let Some(moved) = self.moved else {
            out.extend(self.sets.into_iter().filter_map(amend));
            return Ok(out);
        };
        let (step, stay) = (deal.step, sight.now().saturating_sub(moved.entered_at).max(0) / 1_000);
        if let Some(from) = moved.from {
            let lost = moved.to.terms.kind == Kind::Lost;
            let reason = if lost { "lost_reason" } else { "moved_reason" };
            let fields = [
                ("deal_id", deal.id.0.into()),
                ("stage_id", from.id.0.into()),
                ("next_stage_id", moved.to.id.0.into()),
                ("entered_at", moved.entered_at.into()),
                ("left_at", sight.now().into()),
                ("seconds", stay.into()),
                ("moved_by_id", sight.ctx().caller.user_id.map(|user| user.0).into()),
                ("reason", deal.field(reason).1.clone()),
            ];
            out.push(Verdict::Follow { step, then: sight.create("stage_visit", &fields)? });
        }
        // An action has told what it does; a change of the stage alone is told as the action that it stands for.
        let found = if deal.is_by_service() { None } else { sight.record("deal", deal.id).await? };
        match found {
            None => out.extend(self.sets.into_iter().filter_map(amend)),
            Some(found) => {
                let (action, event) = match moved.to.terms.kind {
                    Kind::Open => ("move", "moved"),
                    Kind::Won => ("win", "won"),
                    Kind::Lost => ("lose", "lost"),
                };
                let then = sight.update(&found, &self.sets)?.told(action, event);
                out.push(Verdict::Follow { step, then });
            }
        }
        Ok(out)
    }
}

/// Whether it comes out of the bin, and so is as it was.
fn is_restored(deal: &Touched<'_>) -> bool {
    deal.is_new() && !deal.field("stage_entered_at").1.is_null()
}

/// The amount that lines give, else the one that is there.
fn amount(deal: &Touched<'_>, sums: Option<&Sums>) -> Value {
    let (before, after) = deal.field("amount");
    match sums {
        Some(sums) if sums.lines > 0 => Value::Int(sums.subtotal),
        // The last line went; what it brought went with it.
        Some(_) if !deal.is_new() && before == after && !deal.changes("currency") => Value::Null,
        _ => after.clone(),
    }
}

/// What callers may not do by changing the stage; actions have looked for themselves.
fn may_move(deal: &Touched<'_>, from: Option<&Stage>, to: &Stage) -> Result<()> {
    let closed = from.filter(|from| from.terms.kind.is_closed() && !deal.is_by_service());
    if let Some(from) = closed {
        let detail = format!("the deal is {}; reopen it first", from.terms.kind.name());
        return Err(refusal("deal_closed", detail));
    }
    let reason = deal.field("lost_reason").1.as_str().unwrap_or_default();
    if to.terms.kind == Kind::Lost && reason.is_empty() {
        let detail =
            format!("a deal goes to the stage {} with a reason: send lost_reason, or lose it with one", to.name);
        return Err(refusal("lost_reason", detail));
    }
    Ok(())
}
