//! `GET /v1/{collection}/{id}/{view}`: what can be read of a record besides its fields.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use kontor_catalog::ObjectDef;
use kontor_http::{envelope, reply};
use kontor_model::{Error, ErrorCode, Json, Result, View, name};
use kontor_records::{Glance, Sheet};

use crate::Api;
use crate::call::Call;

/// # Errors
/// 404000 for a view that the object does not have, 406000, 400000 for parameters; those of
/// [`kontor_records::Records::look`].
pub async fn look(api: Arc<Api>, call: Call) -> Result<Response<Body>> {
    let (ctx, def) = api.of(&call).await?;
    let wanted = call.part(3)?;
    let Some(view) = def.views.iter().find(|known| known.name == wanted) else {
        return Err(unknown(&def, &wanted));
    };
    let names: Vec<&str> = view.input.iter().map(|field| field.name.as_str()).collect();
    let params = call.params(&names)?;
    let given = names.iter().filter_map(|name| Some(((*name).to_owned(), sent(view, name, params.get(name)?))));
    let input = Json::Object(given.collect());
    let media = media(view, &call.headers)?;
    let id = call.id(2)?;
    let glance = Glance { object: &def.name, view: &view.name, id, input: &input, media };
    Ok(match api.records.look(&ctx, glance).await? {
        Sheet::Json(data) => reply::json(StatusCode::OK, envelope::single(200, &data, call.request_id())),
        Sheet::File { media, name, bytes } => file(&media, &name, bytes)?,
    })
}

/// A parameter as the field would be sent in a body.
fn sent(view: &View, name: &str, text: &str) -> Json {
    let field = view.input.iter().find(|field| field.name == name);
    match field.map(|field| field.spec().name()) {
        Some("integer") => Json::Number(text.to_owned()),
        Some("bool") if text == "true" || text == "false" => Json::Bool(text == "true"),
        _ => Json::String(text.to_owned()),
    }
}

/// The declared type that is wanted most (RFC 9110, 12.5.1, by their order in the header).
fn media(view: &View, headers: &HeaderMap) -> Result<String> {
    let first = view.media.first().cloned().unwrap_or_default();
    let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else { return Ok(first) };
    let ranges = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    for range in ranges {
        let major = range.strip_suffix("/*");
        let fits = |one: &&String| {
            range == "*/*" || **one == range || major.is_some_and(|major| one.split('/').next() == Some(major))
        };
        if let Some(found) = view.media.iter().find(fits) {
            return Ok(found.clone());
        }
    }
    Err(Error::new(ErrorCode::NotAcceptable, format!("{} is answered as {}", view.name, view.media.join(", "))))
}

fn file(media: &str, name: &str, bytes: Vec<u8>) -> Result<Response<Body>> {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(media).map_err(Error::internal)?);
    let disposition = format!("attachment; filename=\"{plain}\"");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(Error::internal)?);
    Ok(response)
}

fn unknown(def: &ObjectDef, view: &str) -> Error {
    let names = || def.views.iter().map(|known| known.name.as_str());
    let hint = name::hint(view, names());
    let all: Vec<&str> = ["history", "timeline", "shares"].into_iter().chain(names()).collect();
    Error::new(ErrorCode::NoRoute, format!("{} have no \"{view}\"{hint}; they have {}", def.plural, all.join(", ")))
}
