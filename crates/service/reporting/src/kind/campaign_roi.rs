//! What campaigns cost and what they brought: won deals, shared among the campaigns that touched their people.

use std::collections::BTreeMap;

use kontor_model::{Id, Json, Result};
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

use super::pages::{self, Ask};
use super::period::day_of;
use super::touches::{self, Model};
use super::{all, amount, ask, count, money, per_cent};
use crate::definition::{self, Definition};
use crate::table::Table;

/// What is asked: days and a pipeline of won deals, and how they are shared.
pub struct Question {
    common: Definition,
    model: Model,
}

impl Question {
    /// # Errors
    /// 400001 with all faults, under `definition`.
    pub fn of(json: Option<&Json>) -> Result<Self> {
        let mut members = definition::members(json, &["from", "to", "pipeline_id", "model"])?;
        let common = Definition::read(&mut members);
        let model = match members.string("model") {
            None => Model::default(),
            Some(name) => Model::from_name(name).unwrap_or_else(|| {
                members.fault("model", "not_allowed", format!("must be one of {}", Model::NAMES.join(", ")));
                Model::default()
            }),
        };
        members.done()?;
        Ok(Self { common, model })
    }

    /// With other bounds, where there are some.
    ///
    /// # Errors
    /// 400001 for bounds that exclude each other.
    pub fn between(self, (from, to): (Option<i64>, Option<i64>)) -> Result<Self> {
        Ok(Self { common: self.common.between(from, to)?, ..self })
    }

    /// Whether a campaign ran in the time that is asked about; one without dates always did.
    fn ran(&self, row: &Map<String, J>) -> bool {
        let day = |name: &str| row.get(name).and_then(day_of);
        let is_over = day("ends_on").zip(self.common.from).is_some_and(|(end, from)| end < from);
        let is_to_come = day("starts_on").zip(self.common.to).is_some_and(|(start, to)| start > to);
        !is_over && !is_to_come
    }
}

/// What deals brought a campaign, in one currency; amounts in ten-thousandths.
#[derive(Default)]
struct Brought {
    deals: i64,
    amount: i64,
}

pub async fn table(sight: &Sight<'_>, question: &Question) -> Result<Table> {
    let mut brought: BTreeMap<(Id, String), Brought> = BTreeMap::new();
    for deal in touches::won(sight, &question.common).await? {
        for (campaign, part) in deal.shared(question.model) {
            let own = brought.entry((campaign, deal.currency.clone())).or_default();
            own.deals += 1;
            own.amount += part;
        }
    }
    let members = members(sight, &[]).await?;
    let responses = members_who_responded(sight).await?;
    let mut table = Table::new([
        "campaign_id",
        "campaign",
        "currency",
        "won_amount",
        "cost",
        "net_amount",
        "roi",
        "deals",
        "members",
        "responses",
        "budget",
    ]);
    let groups = ["name", "currency", "budget", "cost", "starts_on", "ends_on"];
    let groups = groups.iter().map(|name| json!(name)).collect();
    let ask = Ask { object: "campaign", key: "id", conditions: Vec::new(), groups, measures: json!([]) };
    pages::each(sight, &ask, |rows| {
        for row in rows {
            let of = |name: &str| row.get(name).cloned().unwrap_or_default();
            let Some(id) = of("id").as_str().and_then(|text| text.parse::<Id>().ok()) else { continue };
            let own = of("currency").as_str().unwrap_or_default().to_owned();
            let currencies = brought.range((id, String::new())..).take_while(|((other, _), _)| *other == id);
            let mut figures: BTreeMap<&str, &Brought> =
                currencies.map(|((_, name), one)| (name.as_str(), one)).collect();
            let nothing = Brought::default();
            if figures.is_empty() && !question.ran(row) {
                continue;
            }
            // Its cost is in its own currency; a campaign that names none has the one that it brought.
            let own = if own.is_empty() { figures.keys().next().map_or("", |name| *name).to_owned() } else { own };
            figures.entry(&own).or_insert(&nothing);
            for (currency, figure) in figures {
                let is_own = currency == own;
                let cost = (is_own && !of("cost").is_null()).then(|| amount(row, "cost"));
                let net = figure.amount - cost.unwrap_or(0);
                let name = if currency.is_empty() { J::Null } else { json!(currency) };
                let counted = |of: &BTreeMap<Id, i64>| json!(is_own.then(|| of.get(&id).copied().unwrap_or(0)));
                table.rows.push(vec![
                    json!(id.to_string()),
                    of("name"),
                    name,
                    money(figure.amount),
                    cost.map_or(J::Null, money),
                    money(net),
                    cost.map_or(J::Null, |cost| per_cent(net, cost)),
                    json!(figure.deals),
                    counted(&members),
                    counted(&responses),
                    if is_own { of("budget") } else { J::Null },
                ]);
            }
        }
    })
    .await?;
    Ok(table)
}

async fn members_who_responded(sight: &Sight<'_>) -> Result<BTreeMap<Id, i64>> {
    members(sight, &[json!({"field": "responded_at", "op": "is_null", "value": false})]).await
}

/// How many members campaigns have.
async fn members(sight: &Sight<'_>, conditions: &[J]) -> Result<BTreeMap<Id, i64>> {
    let body = json!({"filter": all(conditions.to_vec()), "group_by": ["campaign_id"], "limit": 10_000,
        "measures": [{"fn": "count", "as": "n"}]});
    let rows = ask(sight, "campaign_member", &body).await?;
    let read = |row: &Map<String, J>| Some((row.get("campaign_id")?.as_str()?.parse().ok()?, count(row, "n")));
    Ok(rows.iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let read = |text: &str| Question::of(Some(&Json::parse_str(text).unwrap()));
        assert_eq!(read(r#"{"model": "last"}"#).unwrap().model, Model::Last);
        assert_eq!(read("{}").unwrap().model, Model::Linear);
        for (bad, field) in
            [(r#"{"model": "middle"}"#, "definition.model"), (r#"{"bucket": "day"}"#, "definition.bucket")]
        {
            assert_eq!(read(bad).err().unwrap().faults()[0].field, field, "{bad}");
        }
    }

    #[test]
    fn a_campaign_ran_when_it_did() {
        let question = Question {
            common: Definition { from: Some(10), to: Some(20), ..Definition::default() },
            model: Model::default(),
        };
        let row = |text: &str| serde_json::from_str::<Map<String, J>>(text).unwrap();
        assert!(question.ran(&row(r#"{"starts_on": null}"#)));
        assert!(question.ran(&row(r#"{"starts_on": "1970-01-21", "ends_on": "1970-03-01"}"#)));
        assert!(!question.ran(&row(r#"{"starts_on": "1970-01-22"}"#)));
        assert!(!question.ran(&row(r#"{"ends_on": "1970-01-10"}"#)));
    }
}
