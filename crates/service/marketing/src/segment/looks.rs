//! What segments show: their members and how many there are, among those that the reader may read.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Count, Id, Json, Result};
use kontor_records::{Look, Sheet, Sight, Viewed};

use super::conditions::{Members, page};

/// `GET /v1/segments/{id}/members`
pub(crate) struct MembersOf;

impl Look for MembersOf {
    fn object(&self) -> &'static str {
        "segment"
    }

    fn name(&self) -> &'static str {
        "members"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let members = Members::of(sight, &viewed.record).await?;
            let limit = viewed.input.int("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(50);
            let query = members.after(viewed.input.reference("after"), limit);
            let (listing, rows) = page(sight, sight.ctx(), query, true).await?;
            let last = rows.last().and_then(|row| row.get("id")).cloned().unwrap_or(Json::Null);
            let shown = Json::Object(vec![
                ("object".to_owned(), Json::String(members.object)),
                ("members".to_owned(), Json::Array(rows)),
                ("has_more".to_owned(), Json::Bool(listing.has_more)),
                ("next_after".to_owned(), if listing.has_more { last } else { Json::Null }),
            ]);
            let mut out = Vec::new();
            shown.write(&mut out);
            Ok(Sheet::Json(out))
        }
        .boxed()
    }
}

/// `GET /v1/segments/{id}/count`
pub(crate) struct CountOf;

impl Look for CountOf {
    fn object(&self) -> &'static str {
        "segment"
    }

    fn name(&self) -> &'static str {
        "count"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            let members = Members::of(sight, &viewed.record).await?;
            let mut query = members.after(None::<Id>, 1);
            query.count = Count::Exact;
            let (listing, _) = page(sight, sight.ctx(), query, false).await?;
            let drawing = viewed.record.flag("drawing");
            Ok(Sheet::Json(format!("{{\"count\":{},\"drawing\":{drawing}}}", listing.total.unwrap_or(0)).into_bytes()))
        }
        .boxed()
    }
}
