//! A company does not own itself, by however many others.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Id, Result};
use kontor_records::{Hook, Sight, Touched, Verdict};

use super::is_made;

/// The most companies above another.
const DEEPEST: usize = 50;
/// Every move takes a number of it: of two at once one is planned anew, and sees the other.
const MOVES: &str = "company_hierarchy";

/// See the module.
pub(crate) struct NoCycles;

impl Hook for NoCycles {
    fn objects(&self) -> &'static [&'static str] {
        &["company"]
    }

    fn meet<'a>(&'a self, sight: &'a Sight<'a>, touched: &'a [Touched<'a>]) -> BoxFuture<'a, Result<Vec<Verdict>>> {
        async move {
            // Nothing is below a company that is made; one that comes back from the bin may be below its own.
            let moves = |t: &&Touched<'_>| t.after.is_some() && !is_made(t) && t.changes("parent_id");
            let mut out = Vec::new();
            for company in touched.iter().filter(moves) {
                let Some(parent) = company.value("parent_id").as_i64() else { continue };
                sight.number(MOVES).await?;
                if let Some(detail) = stands_below(sight, company.id, Id(parent)).await? {
                    out.push(Verdict::refuse(company.step, "company_hierarchy", detail));
                }
            }
            Ok(out)
        }
        .boxed()
    }
}

/// Why a company cannot be below this parent.
async fn stands_below(sight: &Sight<'_>, company: Id, parent: Id) -> Result<Option<String>> {
    if parent == company {
        return Ok(Some("a company is not its own parent; leave parent_id out or name another".to_owned()));
    }
    let mut above = parent;
    for _ in 0..DEEPEST {
        let next = sight.record("company", above).await?.and_then(|found| found.reference("parent_id"));
        match next {
            None => return Ok(None),
            Some(next) if next == company => {
                let detail = format!("company {parent} belongs to this one, directly or through others; move it first");
                return Ok(Some(detail));
            }
            Some(next) => above = next,
        }
    }
    Ok(Some(format!("more than {DEEPEST} companies would stand above this one")))
}
