//! Whether a space lets its mail out.

use kontor_model::{Kind, Result, SpaceId};
use kontor_store::system::{self, INSTALLATION};
use kontor_store::{Expr, Select, Store};
use serde_json::Value as J;

use crate::OUTBOUND_MAIL;

/// Why a space holds its mail; None when it lets it out. A space that is not there holds everything.
///
/// # Errors
/// The database's.
pub async fn closed(store: &dyn Store, space: SpaceId) -> Result<Option<&'static str>> {
    let columns = vec![Expr::column("kind", Kind::Text), Expr::column("settings", Kind::Json)];
    let select = Select::new(INSTALLATION, system::SPACE, columns).equals("id", Kind::Int, space.0).limit(1);
    let rows = store.rows(select).await?;
    let Some([kind, settings]) = rows.first().map(Vec::as_slice) else { return Ok(Some("the space is not there")) };
    let settings: J = settings.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(verdict(kind.as_str().unwrap_or_default(), settings.get(OUTBOUND_MAIL).and_then(J::as_str)))
}

fn verdict(kind: &str, setting: Option<&str>) -> Option<&'static str> {
    match (kind, setting) {
        (_, Some("on")) | ("live", None) => None,
        ("live", _) => Some("the space holds its mail: set outbound_mail to on"),
        _ => Some("nothing leaves a sandbox: set outbound_mail to on to let its mail out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_space_lets_mail_out_by_itself() {
        assert_eq!(verdict("live", None), None);
        assert!(verdict("live", Some("off")).is_some());
        assert!(verdict("sandbox", None).is_some());
        assert!(verdict("sandbox", Some("off")).is_some());
        assert_eq!(verdict("sandbox", Some("on")), None);
        assert!(verdict("", None).is_some());
    }
}
