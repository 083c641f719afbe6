//! Bodies that the request log keeps of a sandbox. A live space keeps none, and of a path only its template.

use std::time::Duration;

use kontor_model::{Kind, Op, Result, SpaceId, Value};
use kontor_store::system::{self, INSTALLATION, REQUEST_LOG};
use kontor_store::{Batch, ColumnRef, Cond, Expr, Select, Set, Store, Write};

/// Lines that are looked through at once; a body has 16 KiB at most.
const PAGE: usize = 200;
/// What stands in the place of a body.
const ERASED: &str = "[erased]";
const BODIES: [&str; 2] = ["request_body", "response_body"];
/// After so long a finished request has its line: it is written up to a second behind the answer.
pub(crate) const BEHIND: Duration = Duration::from_secs(2);

/// Whether the request log keeps bodies of this space.
///
/// # Errors
/// The database's.
pub(crate) async fn are_kept(store: &dyn Store, space: SpaceId) -> Result<bool> {
    let select = Select::new(INSTALLATION, system::SPACE, vec![Expr::column("kind", Kind::Text)]);
    let rows = store.rows(select.equals("id", Kind::Int, space.0).limit(1)).await?;
    Ok(rows.first().and_then(|row| row.first()?.as_str()) == Some("sandbox"))
}

/// Empties the bodies that name somebody; says of how many lines.
///
/// # Errors
/// The database's.
pub(crate) async fn forget(
    store: &dyn Store,
    space: SpaceId,
    names: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<u64> {
    let (mut after, mut emptied) = (i64::MIN, 0);
    loop {
        let id = || Expr::column("id", Kind::Int);
        let columns = [id()].into_iter().chain(BODIES.map(|name| Expr::column(name, Kind::Text))).collect::<Vec<_>>();
        let select = Select::new(space, REQUEST_LOG, columns)
            .filter(Cond::Test { left: id(), op: Op::Gt, right: after.into() })
            .order(id(), false)
            .limit(PAGE as u64);
        let rows = store.rows(select).await?;
        let mut batch = Batch::new(space);
        for row in &rows {
            let Some((Value::Int(id), bodies)) = row.split_first() else { continue };
            after = *id;
            let named = BODIES.iter().zip(bodies).filter(|(_, body)| body.as_str().is_some_and(names));
            let set: Vec<_> =
                named.map(|(name, _)| (ColumnRef::new(name, Kind::Text), Set::To(Value::text(ERASED)))).collect();
            if !set.is_empty() {
                let keys = vec![system::key("id", Kind::Int, *id)];
                let table = REQUEST_LOG.into();
                batch.writes.push(Write::Update { table, keys, set, must: false, search: None });
                emptied += 1;
            }
        }
        if !batch.writes.is_empty() {
            store.commit(batch).await?;
        }
        if rows.len() < PAGE {
            return Ok(emptied);
        }
    }
}
