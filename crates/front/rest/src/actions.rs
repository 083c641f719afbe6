//! `POST /v1/{collection}/{id}/{action}` (api.md 6): what can be done to a record besides changing its fields.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use kontor_catalog::ObjectDef;
use kontor_http::{body, reply};
use kontor_model::{Error, ErrorCode, Result, name};
use kontor_records::Given;

use crate::call::Call;
use crate::{Api, answers, precondition};

/// # Errors
/// 404000 for an action that the object does not have; those of [`kontor_records::Records::act`].
pub async fn act(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let action = call.part(3)?;
    if !def.actions.iter().any(|known| known.name == action) {
        return Err(unknown(&def, &action));
    }
    call.params(&[])?;
    let id = call.id(2)?;
    let body = body::object_or_empty(&call.body)?;
    let if_match = precondition::of_id(&api.records, &ctx, &def, &call, id).await?;
    let request_id = call.admitted.request_id.clone();
    let render = move |given: Given<'_>| answers::given(&given, &request_id);
    let asked = kontor_records::Call { object: &def.name, action: &action, id, if_match, body: &body };
    Ok(reply::answer(api.records.act(&ctx, asked, &render).await?))
}

fn unknown(def: &ObjectDef, action: &str) -> Error {
    let names = || def.actions.iter().map(|known| known.name.as_str());
    let hint = name::hint(action, names());
    let detail = match names().collect::<Vec<_>>() {
        none if none.is_empty() => format!("{} have no actions", def.plural),
        all => format!("{} have no action \"{action}\"{hint}; they have {}", def.plural, all.join(", ")),
    };
    Error::new(ErrorCode::NoRoute, detail)
}
