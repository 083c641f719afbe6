//! Who began in the same time, and what they did in the times after it: customers by the month of their first order,
//! leads by the month they came in.

mod question;
mod sizes;

use std::collections::BTreeMap;

use kontor_catalog::ObjectDef;
use kontor_model::Result;
use kontor_questions::filters;
use kontor_records::Sight;
use serde_json::{Map, Value as J, json};

pub use question::Question;
use question::{Figures, What};

use super::pages::{self, Ask};
use super::period::{day_of, index};
use super::{all, amount, ask, count, money, own, per_cent};
use crate::table::{Table, plain};

/// Those who began together, of one currency.
struct Cohort {
    began: J,
    members: i64,
    /// By the number of periods since.
    figures: Vec<i64>,
}

/// Cohorts by the period that they began in and by currency.
#[derive(Default)]
struct Cohorts(BTreeMap<(i64, String), Cohort>);

impl Cohorts {
    fn of(&mut self, began: &J, period: i64, currency: &J, question: &Question) -> &mut Cohort {
        let empty = || Cohort { began: began.clone(), members: 0, figures: vec![0; question.periods] };
        self.0.entry((period, plain(currency))).or_insert_with(empty)
    }
}

impl Cohort {
    fn add(&mut self, after: i64, figure: i64) {
        let place = usize::try_from(after).ok();
        if let Some(own) = place.and_then(|place| self.figures.get_mut(place)) {
            *own += figure;
        }
    }
}

/// The question with the words of the object that it is asked of.
struct Asked<'a> {
    question: &'a Question,
    def: &'a ObjectDef,
    member: String,
    date: J,
    /// Amounts are never added up across currencies.
    by_currency: bool,
}

/// The result: a row for each cohort, with a column for each period since.
///
/// # Errors
/// 400003 for fields that do not fit; 422000 when too much would be read.
pub async fn table(sight: &Sight<'_>, question: &Question, object: &str, zone: &str) -> Result<Table> {
    let def = sight.ctx().catalog.require(object)?.clone();
    let mut member = question.member.clone();
    filters::path(&def, &mut member);
    let bucketed = |path: &str| match own::moment(sight, &def, path) {
        true => json!({"field": path, "bucket": question.bucket.name(), "time_zone": zone}),
        false => json!({"field": path, "bucket": question.bucket.name()}),
    };
    let by_currency = question.what.field().is_some_and(|path| is_money(&def, path));
    let asked = Asked { question, def: &def, member, date: bucketed(&question.date), by_currency };
    let cohorts = match &question.since {
        Some(since) => dated(sight, &asked, since, bucketed(since), zone).await?,
        None => first_events(sight, &asked).await?,
    };
    Ok(shown(question, by_currency, cohorts))
}

fn is_money(def: &ObjectDef, path: &str) -> bool {
    def.field(path).is_some_and(|(_, field)| field.spec().name() == "money")
}

/// Where members began is a date of theirs.
async fn dated(sight: &Sight<'_>, asked: &Asked<'_>, since: &str, began: J, zone: &str) -> Result<Cohorts> {
    let Asked { question, .. } = asked;
    let mut cohorts = Cohorts::default();
    for (began, members) in sizes::of(sight, asked.def, &asked.member, since, question, zone).await? {
        if let Some(day) = day_of(&began).filter(|_| !asked.by_currency) {
            cohorts.of(&began, index(day, question.bucket), &J::Null, question).members = members;
        }
    }
    let mut groups = vec![began, asked.date.clone()];
    groups.extend(asked.by_currency.then(|| json!("currency")));
    let mut measures = vec![json!({"fn": "count_distinct", "field": asked.member, "as": "members"})];
    measures.extend(question.what.measure());
    let mut conditions = question.within(since, own::moment(sight, asked.def, since).then_some(zone));
    conditions.extend(question.events());
    let body = json!({"filter": all(conditions), "group_by": groups, "measures": measures, "limit": 10_000});
    for row in ask(sight, &asked.def.name, &body).await? {
        let (began, at) = (row.get(since).cloned().unwrap_or_default(), row.get(&question.date).and_then(day_of));
        let Some((first, at)) = day_of(&began).zip(at) else { continue };
        let currency = row.get("currency").cloned().unwrap_or_default();
        let (first, at) = (index(first, question.bucket), index(at, question.bucket));
        cohorts.of(&began, first, &currency, question).add(at - first, figure(&question.what, &row));
    }
    if asked.by_currency {
        // Of a currency are those who have ever had an amount in it.
        let mut body = body;
        if let Some(groups) = body.get_mut("group_by").and_then(J::as_array_mut) {
            groups.retain(|group| *group != asked.date);
        }
        for row in ask(sight, &asked.def.name, &body).await? {
            let began = row.get(since).cloned().unwrap_or_default();
            let Some(day) = day_of(&began) else { continue };
            let currency = row.get("currency").cloned().unwrap_or_default();
            cohorts.of(&began, index(day, question.bucket), &currency, question).members += count(&row, "members");
        }
    }
    Ok(cohorts)
}

/// Members begin with their first event.
async fn first_events(sight: &Sight<'_>, asked: &Asked<'_>) -> Result<Cohorts> {
    let Asked { question, .. } = asked;
    let bounds = question.bounds.map(|bound| bound.map(|day| index(day, question.bucket)));
    let mut cohorts = Cohorts::default();
    let mut groups = vec![asked.date.clone()];
    groups.extend(asked.by_currency.then(|| json!("currency")));
    let measures = question.what.measure().unwrap_or_else(|| json!({"fn": "count", "as": "figure"}));
    let conditions = question.events();
    let ask = Ask { object: &asked.def.name, key: &asked.member, conditions, groups, measures: json!([measures]) };
    pages::each(sight, &ask, |rows| {
        let mut events: Vec<(i64, &Map<String, J>)> = rows
            .iter()
            .filter_map(|row| Some((index(day_of(row.get(&question.date)?)?, question.bucket), row)))
            .collect();
        events.sort_by_key(|(at, _)| *at);
        let Some((first, began)) = events.first().and_then(|(at, row)| Some((*at, row.get(&question.date)?))) else {
            return;
        };
        let [from, to] = bounds;
        if from.is_some_and(|from| first < from) || to.is_some_and(|to| first > to) {
            return;
        }
        let mut seen = Vec::new();
        for (at, row) in &events {
            let currency = row.get("currency").cloned().unwrap_or_default();
            let cohort = cohorts.of(began, first, &currency, question);
            if !seen.contains(&currency) {
                cohort.members += 1;
                seen.push(currency);
            }
            let figure = if question.what == What::Members { 1 } else { figure(&question.what, row) };
            cohort.add(at - first, figure);
        }
    })
    .await?;
    Ok(cohorts)
}

/// What is counted of a row; sums in ten-thousandths.
fn figure(what: &What, row: &Map<String, J>) -> i64 {
    match what {
        What::Members => count(row, "members"),
        What::Count => count(row, "figure"),
        What::Sum(_) => match row.get("figure").and_then(J::as_i64) {
            Some(whole) => whole.saturating_mul(10_000),
            None => amount(row, "figure"),
        },
    }
}

fn shown(question: &Question, by_currency: bool, cohorts: Cohorts) -> Table {
    let periods = (0..question.periods).map(|period| format!("period_{period}"));
    let head = ["cohort"].into_iter().chain(by_currency.then_some("currency")).chain(["members"]);
    let mut table = Table::new(head.map(str::to_owned).chain(periods));
    for ((_, currency), cohort) in cohorts.0 {
        let written = |figure: &i64| match (&question.what, question.figures) {
            (_, Figures::Share) => per_cent(*figure, cohort.members),
            (What::Sum(_), Figures::Whole) => money(*figure),
            (_, Figures::Whole) => json!(figure),
        };
        let mut row = vec![cohort.began.clone()];
        row.extend(by_currency.then(|| json!(currency)));
        row.push(json!(cohort.members));
        row.extend(cohort.figures.iter().map(written));
        table.rows.push(row);
    }
    table
}
