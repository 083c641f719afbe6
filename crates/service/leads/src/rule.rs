//! What holds whenever a lead changes.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Result, Value};
use kontor_records::{Hook, Sight, Touched, Verdict};

use crate::{assignment, scoring, status};

/// A lead goes the ways of its states, is given to somebody and is scored.
pub(crate) struct Leads;

impl Hook for Leads {
    fn objects(&self) -> &'static [&'static str] {
        &["lead"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let leads: Vec<&Touched<'_>> = touched.iter().filter(|t| !t.is_gone()).collect();
            let mut out: Vec<Verdict> = leads.iter().filter_map(|lead| wrong_way(lead)).collect();
            let ownerless: Vec<&&Touched<'_>> = leads.iter().filter(|lead| wants_owner(sight, lead)).collect();
            if !ownerless.is_empty() {
                let rules = assignment::Rules::load(sight).await?;
                for lead in ownerless {
                    let mut owner: Value = rules.choose(sight, |path| lead.field(path).1).await?.into();
                    // What comes by a form and fits no rule is whose the form is.
                    if owner.is_null() && lead.is_by_service() {
                        let form = sight.referred("form", lead.field("form_id").1).await?;
                        owner = form.map(|form| form.value("owner_id").clone()).unwrap_or_default();
                    }
                    if !owner.is_null() {
                        out.push(Verdict::Amend { id: lead.id, field: "owner_id", value: owner });
                    }
                }
            }
            let scored = leads.iter().filter(|lead| lead.field("status").1.as_str() != Some("converted"));
            let scored: Vec<&&Touched<'_>> = scored.collect();
            if scored.is_empty() {
                return Ok(out);
            }
            let rules = scoring::Rules::load(sight).await?;
            for lead in scored.into_iter().filter(|_| !rules.is_empty()) {
                let differs = rules.score(|path| lead.field(path).1).into_iter();
                let differs = differs.filter(|(field, value)| lead.field(field).1 != value);
                out.extend(differs.map(|(field, value)| Verdict::Amend { id: lead.id, field, value }));
            }
            Ok(out)
        }
        .boxed()
    }
}

/// The refusal of a state that cannot follow, or that needs a reason.
fn wrong_way(lead: &Touched<'_>) -> Option<Verdict> {
    if lead.is_new() || lead.is_by_service() || !lead.changes("status") {
        return None;
    }
    let (before, after) = lead.field("status");
    let (from, to) = (before.as_str().unwrap_or("new"), after.as_str().unwrap_or_default());
    if !status::may_go(from, to) {
        let remedy = match (from, to) {
            ("converted", _) => "converted leads stay so",
            (_, "converted") => "use its action convert",
            _ => "a lead that has been worked on is not new again",
        };
        return Some(Verdict::refuse(
            lead.step,
            "lead_state",
            format!("the lead is {from}, and not made {to}: {remedy}"),
        ));
    }
    let reason = lead.field("unqualified_reason").1.as_str().unwrap_or_default();
    if to == "unqualified" && reason.is_empty() {
        let detail = "a lead is unqualified for a reason: send unqualified_reason, or disqualify it with one";
        return Some(Verdict::refuse(lead.step, "unqualified_reason", detail));
    }
    None
}

/// Whether it is new and nobody was named: a record without an owner is its maker's before rules are asked.
fn wants_owner(sight: &Sight<'_>, lead: &Touched<'_>) -> bool {
    let maker: Value = sight.ctx().caller.user_id.map(|user| user.0).into();
    let owner = lead.field("owner_id").1;
    // What comes out of the bin has an owner.
    let made = lead.is_new() && lead.field("version").1.as_i64() == Some(1);
    made && (owner.is_null() || *owner == maker)
}
