//! What the log says has happened since, without what it says of each event.

use kontor_model::{Kind, Op, Result, SpaceId};
use kontor_store::{Expr, Select, Store, system};

use crate::log::compare;

/// Types of events behind the number `after`, each with the number of its last one, whoever may see them.
///
/// # Errors
/// The database's.
pub async fn touched(store: &dyn Store, space: SpaceId, after: i64) -> Result<Vec<(String, i64)>> {
    let kind = || Expr::column("type", Kind::Text);
    let last = Expr::Max(Box::new(Expr::column("sequence", Kind::Int)));
    let mut select =
        Select::new(space, system::EVENT, vec![kind(), last]).filter(compare("sequence", Op::Gt, after.max(0)));
    select.group.push(kind());
    let rows = store.rows(select).await?;
    Ok(rows.iter().filter_map(|row| Some((row.first()?.as_str()?.to_owned(), row.get(1)?.as_i64()?))).collect())
}

/// The object that a type of events is about: `deal` of `kontor.deal.won`.
pub fn object_of(kind: &str) -> &str {
    kind.split('.').nth(1).unwrap_or_default()
}
