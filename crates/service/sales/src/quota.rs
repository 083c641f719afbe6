//! What somebody should sell in some time.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Fault, Field, FieldType, Object, Result};
use kontor_records::{Hook, Sight, Touched, Verdict};

pub(crate) fn sales_quota() -> Object {
    Object::new(crate::SERVICE, "sales_quota", "sales_quotas")
        .doc("What its owner, a team or a territory should sell in a period; forecasts are held against it.")
        .owned()
        .named_by("id")
        .field(Field::new("period_start", FieldType::date()).required().indexed().doc("The first day."))
        .field(Field::new("period_end", FieldType::date()).required().doc("The last day."))
        .field(Field::new("amount", FieldType::price()).required())
        .field(Field::reference("team", "team").indexed().doc("Whose it is, in place of the owner's."))
        .field(Field::reference("territory", "territory").indexed().doc("What it is for, in place of the owner."))
}

/// A period does not end before it begins.
pub(crate) struct Periods;

impl Hook for Periods {
    fn objects(&self) -> &'static [&'static str] {
        &["sales_quota"]
    }

    fn meet<'a>(&'a self, _sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            let ends = |t: &Touched<'_>| t.field("period_start").1.as_i64().zip(t.field("period_end").1.as_i64());
            let back = |t: &&Touched<'_>| !t.is_gone() && ends(t).is_some_and(|(start, end)| end < start);
            let fault = || Fault::new("period_end", "range", "must not be before period_start").into();
            let both = |t: &&Touched<'_>| {
                !t.is_gone() && ["team_id", "territory_id"].iter().all(|field| !t.field(field).1.is_null())
            };
            let one =
                || Fault::new("territory_id", "not_allowed", "goes without team_id; make a quota for each").into();
            let late = touched.iter().filter(back).map(|t| Verdict::Refuse { step: t.step, error: fault() });
            let double = touched.iter().filter(both).map(|t| Verdict::Refuse { step: t.step, error: one() });
            Ok(late.chain(double).collect())
        }
        .boxed()
    }
}
