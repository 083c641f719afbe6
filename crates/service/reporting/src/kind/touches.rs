//! Which campaigns touched the people behind won deals, and how a deal's amount is shared among them.

use std::collections::{BTreeSet, HashMap, HashSet};

use kontor_model::time::{DAY_MS, parse_datetime};
use kontor_model::{Id, Result};
use kontor_records::{Sight, refusal};
use serde_json::{Map, Value as J, json};

use super::amount;
use super::pages::{self, Ask};
use super::period::day_of;
use crate::definition::Definition;

/// How a deal is shared among the campaigns that touched it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Model {
    /// All of it to the earliest.
    First,
    /// All of it to the latest before the deal was won.
    Last,
    /// The same part to each.
    #[default]
    Linear,
}

impl Model {
    pub const NAMES: &'static [&'static str] = &["first", "last", "linear"];

    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "first" => Some(Model::First),
            "last" => Some(Model::Last),
            "linear" => Some(Model::Linear),
            _ => None,
        }
    }
}

/// The most deals that are shared out.
const MOST_DEALS: usize = 100_000;
/// People whose memberships are asked for at once.
const AT_ONCE: usize = 500;

/// A won deal and what led to it.
#[derive(Debug, Clone, Default)]
pub struct Deal {
    pub currency: String,
    /// In ten-thousandths.
    pub amount: i64,
    /// Until when a touch counts, Unix milliseconds.
    until: i64,
    contact: Option<Id>,
    leads: Vec<Id>,
    touches: Vec<Touch>,
}

/// When a campaign (by its id) touched somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Touch {
    at: i64,
    campaign: Id,
}

impl Deal {
    /// The campaigns and the part of the amount that is owed to each; the parts add up to the amount.
    pub fn shared(&self, model: Model) -> Vec<(Id, i64)> {
        let touches = || self.touches.iter().filter(|touch| touch.at <= self.until);
        let chosen: BTreeSet<Id> = match model {
            Model::First => touches().min().map(|touch| touch.campaign).into_iter().collect(),
            Model::Last => touches().max().map(|touch| touch.campaign).into_iter().collect(),
            Model::Linear => touches().map(|touch| touch.campaign).collect(),
        };
        let count = i64::try_from(chosen.len()).unwrap_or(i64::MAX).max(1);
        let (part, rest) = (self.amount.div_euclid(count), self.amount.rem_euclid(count));
        let parts = (0..count).map(|place| part + i64::from(place < rest));
        chosen.into_iter().zip(parts).collect()
    }
}

fn id(row: &Map<String, J>, name: &str) -> Option<Id> {
    row.get(name)?.as_str()?.parse().ok()
}

fn moment(row: &Map<String, J>, name: &str) -> Option<i64> {
    match row.get(name)? {
        J::String(text) => parse_datetime(text).ok(),
        J::Number(ms) => ms.as_i64(),
        _ => None,
    }
}

/// The campaign that a record names itself: whenever it was written down, it led to the deal.
fn named(row: &Map<String, J>, until: i64) -> Option<Touch> {
    let at = moment(row, "created_at").map_or(until, |at| at.min(until));
    Some(Touch { at, campaign: id(row, "campaign_id")? })
}

/// The deals that were won within the bounds, with their touches.
///
/// # Errors
/// 422000 when there are too many; those of the aggregates.
pub async fn won(sight: &Sight<'_>, definition: &Definition) -> Result<Vec<Deal>> {
    let mut deals = deals(sight, definition).await?;
    leads(sight, &mut deals).await?;
    let mut by_contact: HashMap<Id, Vec<Id>> = HashMap::new();
    let mut by_lead: HashMap<Id, Vec<Id>> = HashMap::new();
    for (id, deal) in &deals {
        deal.contact.iter().for_each(|contact| by_contact.entry(*contact).or_default().push(*id));
        deal.leads.iter().for_each(|lead| by_lead.entry(*lead).or_default().push(*id));
    }
    members(sight, "contact_id", &by_contact, &mut deals).await?;
    members(sight, "lead_id", &by_lead, &mut deals).await?;
    Ok(deals.into_values().collect())
}

async fn deals(sight: &Sight<'_>, definition: &Definition) -> Result<HashMap<Id, Deal>> {
    let mut conditions = vec![json!({"field": "stage.kind", "op": "eq", "value": "won"})];
    conditions.extend(definition.within("close_date").into_iter().chain(definition.of_pipeline("pipeline_id")));
    let groups = ["currency", "amount", "close_date", "contact_id", "campaign_id", "created_at"];
    let groups = groups.iter().map(|name| json!(name)).collect();
    let ask = Ask { object: "deal", key: "id", conditions, groups, measures: json!([]) };
    let mut deals = HashMap::new();
    pages::each(sight, &ask, |rows| {
        for row in rows {
            let (Some(own), Some(day)) = (id(row, "id"), row.get("close_date").and_then(day_of)) else { continue };
            let text = |name: &str| row.get(name).and_then(J::as_str).unwrap_or_default().to_owned();
            let until = (day + 1).saturating_mul(DAY_MS);
            let deal = Deal {
                currency: text("currency"),
                amount: amount(row, "amount"),
                until,
                contact: id(row, "contact_id"),
                leads: Vec::new(),
                touches: named(row, until).into_iter().collect(),
            };
            deals.insert(own, deal);
        }
    })
    .await?;
    if deals.len() > MOST_DEALS {
        let detail =
            format!("{} deals were won; at most {MOST_DEALS} are shared out; narrow it by from and to", deals.len());
        return Err(refusal("report_size", detail));
    }
    Ok(deals)
}

/// The leads that became these deals, and the campaigns that brought them in.
async fn leads(sight: &Sight<'_>, deals: &mut HashMap<Id, Deal>) -> Result<()> {
    if deals.is_empty() {
        return Ok(());
    }
    let conditions = vec![
        json!({"field": "status", "op": "eq", "value": "converted"}),
        json!({"field": "deal_id", "op": "is_null", "value": false}),
    ];
    let groups = ["deal_id", "campaign_id", "created_at"].iter().map(|name| json!(name)).collect();
    let ask = Ask { object: "lead", key: "id", conditions, groups, measures: json!([]) };
    pages::each(sight, &ask, |rows| {
        for row in rows {
            let Some(deal) = id(row, "deal_id").and_then(|deal| deals.get_mut(&deal)) else { continue };
            deal.leads.extend(id(row, "id"));
            deal.touches.extend(named(row, deal.until));
        }
    })
    .await
}

/// The memberships of people: a touch is when somebody responded, else when the campaign took them up. Mail that came
/// back touched nobody.
async fn members(
    sight: &Sight<'_>,
    person: &'static str,
    people: &HashMap<Id, Vec<Id>>,
    deals: &mut HashMap<Id, Deal>,
) -> Result<()> {
    let ids: Vec<String> = people.keys().collect::<HashSet<_>>().into_iter().map(Id::to_string).collect();
    for ids in ids.chunks(AT_ONCE) {
        let conditions = vec![
            json!({"field": person, "op": "in", "value": ids}),
            json!({"field": "status", "op": "ne", "value": "bounced"}),
        ];
        let groups = [person, "campaign_id", "responded_at", "created_at"].iter().map(|name| json!(name)).collect();
        let ask = Ask { object: "campaign_member", key: "id", conditions, groups, measures: json!([]) };
        pages::each(sight, &ask, |rows| {
            for row in rows {
                let at = moment(row, "responded_at").or_else(|| moment(row, "created_at"));
                let Some((campaign, at)) = id(row, "campaign_id").zip(at) else { continue };
                let of = id(row, person).and_then(|person| people.get(&person)).into_iter().flatten();
                for deal in of {
                    if let Some(deal) = deals.get_mut(deal) {
                        deal.touches.push(Touch { at, campaign });
                    }
                }
            }
        })
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deal(amount: i64, touches: &[(i64, i64)]) -> Deal {
        let touches = touches.iter().map(|(at, campaign)| Touch { at: *at, campaign: Id(*campaign) }).collect();
        Deal { amount, until: 100, touches, ..Deal::default() }
    }

    #[test]
    fn who_is_owed_what() {
        let deal = deal(100, &[(30, 2), (10, 1), (50, 3), (40, 1), (101, 4)]);
        assert_eq!(deal.shared(Model::First), [(Id(1), 100)]);
        assert_eq!(deal.shared(Model::Last), [(Id(3), 100)], "a touch after the deal was won led to nothing");
        assert_eq!(deal.shared(Model::Linear), [(Id(1), 34), (Id(2), 33), (Id(3), 33)]);
        assert!(super::Deal::default().shared(Model::Linear).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost(amount in -1_000_000_i64..1_000_000, touches in proptest::collection::vec((0_i64..100, 1_i64..9), 1..20)) {
            for model in [Model::First, Model::Last, Model::Linear] {
                let shared = deal(amount, &touches).shared(model);
                prop_assert_eq!(shared.iter().map(|(_, part)| part).sum::<i64>(), amount);
            }
        }
    }
}
