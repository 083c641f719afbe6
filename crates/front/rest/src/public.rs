//! `/public/{page}/{token}` (api.md 1): the pages that are open to whoever has their link. A program that accepts JSON
//! gets the three-layer answer, a browser a page.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION,
    REFERRER_POLICY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use kontor_http::{body, envelope, reply};
use kontor_model::show::escape_html;
use kontor_model::{Error, ErrorCode, Json, Result, SpaceId};
use kontor_records::{Ctx, Knock, Shown, Ticket};
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::{Api, at, percent};

/// The most fields of a form, and the longest text of one.
const FIELDS: usize = 100;

/// Makes the program's own way into a space; none for a space that is not there.
pub type Enter = Box<dyn Fn(SpaceId, String) -> BoxFuture<'static, Result<Ctx>> + Send + Sync>;

/// What the pages need.
pub struct Public {
    pub api: Arc<Api>,
    pub enter: Enter,
}

/// The handlers of [`crate::routes::PUBLIC`].
pub fn router(public: &Arc<Public>) -> Router {
    let (shows, takes) = (public.clone(), public.clone());
    let show = move |_: Arc<Api>, call: Call| show(shows.clone(), call);
    let take = move |_: Arc<Api>, call: Call| take(takes.clone(), call);
    Router::new().route("/public/{page}/{token}", get(at(&public.api, show)).post(at(&public.api, take)))
}

/// # Errors
/// 404000 for a page that there is none, 404001 for a link that opens nothing; to a browser they are a page.
async fn show(public: Arc<Public>, call: Call) -> Result<Response<Body>> {
    let shown = async {
        let input = form(call.uri().query().unwrap_or_default())?;
        let (page, ticket) = opened(&public, &call)?;
        let ctx = (public.enter)(ticket.space, call.request_id().to_owned()).await?;
        let knock = knock(&call, &page, &ticket, input);
        public.api.records.welcome(&ctx, &knock).await
    };
    match shown.await {
        Ok(shown) => answer(&call, shown),
        Err(error) => refused(&call, error),
    }
}

/// # Errors
/// As [`show`]; 415000 for a body that is neither JSON nor a form; what the page says to what was sent.
async fn take(public: Arc<Public>, call: Call) -> Result<Response<Body>> {
    let shown = async {
        let (page, ticket) = opened(&public, &call)?;
        let input = sent(&call)?;
        let ctx = (public.enter)(ticket.space, call.request_id().to_owned()).await?;
        let knock = knock(&call, &page, &ticket, input);
        public.api.records.take(&ctx, &knock).await
    };
    match shown.await {
        Ok(shown) => answer(&call, shown),
        Err(error) => refused(&call, error),
    }
}

/// A person reads what is wrong as a page, and goes back to what they filled in; a program gets the problem.
fn refused(call: &Call, error: Error) -> Result<Response<Body>> {
    let status = error.code().status();
    if wants_json(&call.headers) || status >= 500 || status == 429 {
        return Err(error);
    }
    let title = if status == 404 { "This link opens nothing" } else { "This could not be taken" };
    let mut html = format!("<h1>{title}</h1>");
    let faults: String = error
        .faults()
        .iter()
        .map(|f| format!("<li>{}: {}</li>", escape_html(&f.field), escape_html(&f.message)))
        .collect();
    if status == 404 {
        html.push_str("<p>It may have been closed, or not be complete.</p>");
    } else if faults.is_empty() {
        html.push_str(&format!("<p>{}</p>", escape_html(error.detail())));
    } else {
        html.push_str(&format!("<ul>{faults}</ul>"));
    }
    if status != 404 {
        html.push_str("<p class=\"quiet\">Go back, and change it.</p>");
    }
    let mut response = page(&Shown { html, title: title.to_owned(), ..Shown::default() });
    *response.status_mut() = StatusCode::from_u16(status).map_err(Error::internal)?;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn opened(public: &Public, call: &Call) -> Result<(String, Ticket)> {
    let (page, token) = (call.part(1)?, call.part(2)?);
    // `…/calendar/{token}.ics`: programs like a name with an ending.
    let token = token.split('.').next().unwrap_or_default();
    let ticket = public.api.records.ticket(&page, token)?;
    Ok((page, ticket))
}

fn knock<'a>(call: &'a Call, page: &'a str, ticket: &'a Ticket, input: Json) -> Knock<'a> {
    let language = call.headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Knock { page, ticket, input, ip: call.admitted.origin().ip, language: language.chars().take(200).collect() }
}

/// What was sent: JSON, or a form's fields.
fn sent(call: &Call) -> Result<Json> {
    let media = call.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "application/json" => body::object_or_empty(&call.body),
        "application/x-www-form-urlencoded" => {
            let text = std::str::from_utf8(&call.body);
            form(text.map_err(|_| Error::new(ErrorCode::Malformed, "the form is not UTF-8"))?)
        }
        "" if call.body.is_empty() => Ok(Json::Object(Vec::new())),
        _ => Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "send application/json or application/x-www-form-urlencoded",
        )),
    }
}

/// The fields of a form, the last of those with one name.
fn form(text: &str) -> Result<Json> {
    let mut fields: Vec<(String, Json)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent::decode(name, true, "the form")?.into_owned();
        let value = Json::String(percent::decode(value, true, "the form")?.into_owned());
        if let Some((_, slot)) = fields.iter_mut().find(|(known, _)| *known == name) {
            *slot = value;
        } else if fields.len() < FIELDS {
            fields.push((name, value));
        } else {
            return Err(Error::new(ErrorCode::TooLarge, format!("a form has at most {FIELDS} fields")));
        }
    }
    Ok(Json::Object(fields))
}

/// Whether a program asks.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    !accept.contains("text/html")
}

fn answer(call: &Call, shown: Shown) -> Result<Response<Body>> {
    let mut kept = "no-store";
    let mut response = if let Some((media, bytes)) = shown.file {
        // Asked for again and again, by programs that follow it.
        kept = "private, no-cache";
        let tag = format!("\"{}\"", STANDARD.encode(Sha256::digest(&bytes)));
        let is_known = call.headers.get(IF_NONE_MATCH).is_some_and(|known| {
            known.to_str().is_ok_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
        });
        let mut response = Response::new(if is_known { Body::empty() } else { Body::from(bytes) });
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response.headers_mut().insert(ETAG, HeaderValue::from_str(&tag).map_err(Error::internal)?);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_str(&media).map_err(Error::internal)?);
        response
    } else if wants_json(&call.headers) {
        reply::json(StatusCode::OK, envelope::single(200, &shown.data, call.request_id()))
    } else if let Some(target) = shown.redirect {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(LOCATION, HeaderValue::from_str(&target).map_err(Error::internal)?);
        response
    } else {
        page(&shown)
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    Ok(response)
}

const STYLE: &str = include_str!("public.css");

fn page(shown: &Shown) -> Response<Body> {
    let (title, language) = (escape_html(&shown.title), escape_html(&shown.language));
    let language = if language.is_empty() { "en".to_owned() } else { language.to_string() };
    let html = format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\n\
         <body><main>{}</main></body></html>\n",
        shown.html
    );
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action 'self'{}; base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(STYLE.as_bytes())),
        shown.targets.iter().map(|origin| format!(" {origin}")).collect::<String>()
    );
    let strictest = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).unwrap_or(strictest));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read() {
        let fields = form("a=1&b=%C3%A9+x&a=2&c").unwrap();
        let text = |name: &str| fields.get(name).cloned();
        assert_eq!(text("a"), Some(Json::String("2".into())));
        assert_eq!(text("b"), Some(Json::String("é x".into())));
        assert_eq!(text("c"), Some(Json::String(String::new())));
        assert!(form("a=%zz").is_err());
        let many: String = (0..=FIELDS).map(|i| format!("f{i}=x&")).collect();
        assert!(form(&many).is_err());
    }
}
