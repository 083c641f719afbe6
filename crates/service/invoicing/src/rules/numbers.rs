//! Numbers of documents, without gaps, by year.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value, time};
use kontor_records::{Hook, Sight, Touched, Verdict};

/// Object, what its numbers begin with, the field whose year counts.
const SERIES: &[(&str, &str, &str)] =
    &[("order", "O-", "order_date"), ("invoice", "", "issue_date"), ("credit_note", "CN-", "issue_date")];
/// Numbers that are looked for at once.
const AHEAD: i64 = 100;

/// Numbers new orders and credit notes, and invoices when they stop being drafts, unless they bring a number along.
pub(super) struct Numbers;

impl Hook for Numbers {
    fn objects(&self) -> &'static [&'static str] {
        &["order", "invoice", "credit_note"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let mut out = Vec::new();
            let mut given = Given::default();
            for record in super::last(touched.iter().filter(|t| !t.is_gone() && wants(t))) {
                let Some((object, prefix, date)) = SERIES.iter().find(|(object, ..)| *object == record.def.name) else {
                    continue;
                };
                let day = record.field(date).1.as_i64().unwrap_or_else(|| sight.today());
                let (year, ..) = time::civil_from_days(day);
                let number = given.next(sight, object, prefix, year).await?;
                out.push(Verdict::Amend { id: record.id, field: "number", value: number.into() });
            }
            Ok(out)
        }
        .boxed()
    }
}

fn wants(record: &Touched<'_>) -> bool {
    let (number, status) = (record.field("number").1, record.field("status").1);
    number.as_str().unwrap_or_default().is_empty() && (record.def.name != "invoice" || status.as_str() != Some("draft"))
}

/// What is known of each series in this set.
#[derive(Default)]
struct Given(BTreeMap<(String, i64), Taken>);

#[derive(Default)]
struct Taken {
    /// Numbers that records have already, up to `until`.
    by_hand: BTreeSet<String>,
    until: i64,
}

impl Given {
    /// The next number of a series that no record has brought along.
    async fn next(&mut self, sight: &Sight<'_>, object: &str, prefix: &str, year: i64) -> Result<String> {
        let taken = self.0.entry((object.to_owned(), year)).or_default();
        let text = |number: i64| format!("{prefix}{year:04}-{number:05}");
        loop {
            let number = sight.number(&format!("{object}/{year:04}")).await?;
            if number > taken.until {
                taken.until = number + AHEAD - 1;
                let texts = Value::Texts((number..=taken.until).map(text).collect());
                let found = sight.find(object, &[("number", Op::In, texts)], AHEAD as u64).await?;
                taken.by_hand.extend(found.iter().map(|record| record.text("number").to_owned()));
            }
            if !taken.by_hand.contains(&text(number)) {
                return Ok(text(number));
            }
        }
    }
}
