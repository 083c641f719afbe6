//! What is done to leads, besides converting them.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Fault, Result};
use kontor_records::{Act, Asked, Found, Plan, Sight, refusal};

use crate::{assignment, scoring, status};

/// Says that it may buy.
pub(crate) struct Qualify;
/// Says that it will not buy.
pub(crate) struct Disqualify;
/// Gives it to somebody.
pub(crate) struct Assign;
/// Scores it anew.
pub(crate) struct Score;

/// Refuses what is not done to a lead in its state.
pub(crate) fn only_open(lead: &Found, what: &str) -> Result<()> {
    match lead.text("status") {
        open if status::is_open(open) => Ok(()),
        "unqualified" => {
            let detail =
                format!("the lead is unqualified, and not {what}; take it up again first: set its status to working");
            Err(refusal("lead_state", detail))
        }
        status => Err(refusal("lead_state", format!("the lead is {status} already; it cannot be {what}"))),
    }
}

impl Act for Qualify {
    fn object(&self) -> &'static str {
        "lead"
    }

    fn name(&self) -> &'static str {
        "qualify"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let lead = &asked.record;
            only_open(lead, "qualified")?;
            if lead.text("status") == "qualified" {
                return Err(refusal("lead_state", "the lead is qualified already"));
            }
            Ok(Plan::one(sight.update(lead, &[("status", "qualified".into())])?.told("qualify", "qualified")))
        }
        .boxed()
    }
}

impl Act for Disqualify {
    fn object(&self) -> &'static str {
        "lead"
    }

    fn name(&self) -> &'static str {
        "disqualify"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let lead = &asked.record;
            only_open(lead, "disqualified")?;
            let fields = [("status", "unqualified".into()), ("unqualified_reason", asked.input.text("reason").into())];
            Ok(Plan::one(sight.update(lead, &fields)?.told("disqualify", "disqualified")))
        }
        .boxed()
    }
}

impl Act for Assign {
    fn object(&self) -> &'static str {
        "lead"
    }

    fn name(&self) -> &'static str {
        "assign"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let lead = &asked.record;
            if lead.text("status") == "converted" {
                return Err(refusal("lead_state", "the lead is converted, and not assigned any more"));
            }
            let owner = match asked.input.reference("owner_id") {
                Some(id) => {
                    let user = sight.visible("user", id).await?;
                    if user.value("active").as_bool() == Some(false) {
                        let message = "is a user who is not active; name another";
                        return Err(Fault::new("owner_id", "not_allowed", message).value(id.to_string()).into());
                    }
                    id.0
                }
                None => {
                    let rules = assignment::Rules::load(sight).await?;
                    let chosen = rules.choose(sight, |path| lead.value(path)).await?;
                    let detail =
                        "no active assignment rule with an active user fits the lead; name owner_id or make one";
                    chosen.ok_or_else(|| refusal("no_assignment_rule", detail))?
                }
            };
            Ok(Plan::one(sight.update(lead, &[("owner_id", owner.into())])?.told("assign", "assigned")))
        }
        .boxed()
    }
}

impl Act for Score {
    fn object(&self) -> &'static str {
        "lead"
    }

    fn name(&self) -> &'static str {
        "score"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let lead = &asked.record;
            if lead.text("status") == "converted" {
                return Err(refusal("lead_state", "the lead is converted, and not scored any more"));
            }
            let rules = scoring::Rules::load(sight).await?;
            if rules.is_empty() {
                return Err(refusal("no_score_rule", "there is no active score rule; make one"));
            }
            let fields = rules.score(|path| lead.value(path));
            Ok(Plan::one(sight.update(lead, &fields)?.told("score", "scored")))
        }
        .boxed()
    }
}
