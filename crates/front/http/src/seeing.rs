//! What is open to who sees as another user does: what reads records or describes them, and nothing that has an effect or
//! is about credentials, sessions and tokens. A route that is not known to be harmless is closed.

use axum::http::Method;
use kontor_model::{Error, ErrorCode};

use crate::route::Access;
use crate::table::Row;

/// Routes for any credential that show no more than records do, behind the version.
const OPEN: &[&str] = &["/me", "/events", "/events/stream", "/metadata/workflow_steps"];

/// # Errors
/// 403000 for anything else.
pub fn only_reads(template: &str, row: &Row) -> Result<(), Error> {
    let is_open = match (row.method == Method::GET, row.access) {
        (true, Access::Open | Access::Read) => true,
        (true, Access::Signed) => template.get(3..).is_some_and(|path| OPEN.contains(&path)),
        // A search is a question, whatever its method.
        (false, Access::Read) => row.kept,
        _ => false,
    };
    if is_open {
        return Ok(());
    }
    let detail = format!(
        "this token is there to see what another user sees: it changes nothing and shows no credentials; {} {template} is closed to it",
        row.method
    );
    Err(Error::new(ErrorCode::Forbidden, detail))
}
