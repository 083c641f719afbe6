//! Answers of the engine as responses: envelope, `Location`, `ETag` (api.md 5 and 6).

use axum::body::Body;
use axum::http::header::ETAG;
use axum::http::{HeaderValue, Response, StatusCode};
use kontor_http::{envelope, etag, hash, reply};
use kontor_model::{Error, Result};
use kontor_records::{Answer, Done, Given, Listing, Outcome, Record};

use crate::call::Call;

/// A record that was read: 200, or 304 when the caller has this version. An answer with expanded references depends on
/// more than the version, and is always sent.
///
/// # Errors
/// 400000 for a malformed `If-None-Match`.
pub fn record(call: &Call, record: &Record, expanded: bool) -> Result<Response<Body>> {
    let version = record.version.to_string();
    let tag = tag(&format!("\"{version}\""))?;
    let known = etag::if_none_match(&call.headers)?;
    if !expanded && known.is_some_and(|tags| tags.weakly(&version)) {
        return Ok(reply::not_modified(tag));
    }
    let mut response = reply::json(StatusCode::OK, envelope::single(200, &record.data, call.request_id()));
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// A page with its weak tag, or 304.
///
/// # Errors
/// 400000 for a malformed `If-None-Match`.
pub fn listing(call: &Call, listing: &Listing) -> Result<Response<Body>> {
    let page = envelope::Page {
        limit: listing.limit,
        offset: listing.offset,
        has_more: listing.has_more,
        next_cursor: listing.next_cursor.as_deref(),
        total: listing.total,
        total_is_minimum: listing.total_is_minimum,
    };
    let mut around = Vec::with_capacity(128);
    envelope::write_page(&page, &mut around);
    let digest = format!("{:016x}", hash::digest(&listing.data) ^ hash::digest(&around).rotate_left(1));
    let tag = tag(&format!("W/\"{digest}\""))?;
    if call.method != axum::http::Method::POST
        && etag::if_none_match(&call.headers)?.is_some_and(|tags| tags.weakly(&digest))
    {
        return Ok(reply::not_modified(tag));
    }
    let mut response = reply::json(StatusCode::OK, envelope::list(&listing.data, Some(&page), call.request_id()));
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

fn tag(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(Error::internal)
}

/// The status of what was done.
pub const fn status(done: Done) -> u16 {
    match done {
        Done::Created => 201,
        Done::Updated | Done::Unchanged | Done::Deleted | Done::Restored | Done::Purged => 200,
    }
}

/// The answer to the change of one record, as it is kept under its key.
pub fn changed(results: &[Result<Outcome>], request_id: &str) -> Answer {
    match results.first() {
        Some(Ok(outcome)) => done(outcome, request_id),
        // An atomic change answers with its refusal before anything is rendered.
        _ => Answer { status: 500, headers: Vec::new(), body: Vec::new() },
    }
}

/// The answer to an action.
pub fn given(given: &Given<'_>, request_id: &str) -> Answer {
    let named = match given {
        Given::One(outcome) => return done(outcome, request_id),
        Given::Named(named) => named,
    };
    let mut data = b"{".to_vec();
    for (i, (name, outcome)) in named.iter().enumerate() {
        if i > 0 {
            data.push(b',');
        }
        kontor_model::show::write_string(name, &mut data);
        data.push(b':');
        data.extend_from_slice(outcome.map_or(b"null".as_slice(), |outcome| &outcome.data));
    }
    data.push(b'}');
    Answer { status: 200, headers: Vec::new(), body: envelope::single(200, &data, request_id) }
}

fn done(outcome: &Outcome, request_id: &str) -> Answer {
    let status = status(outcome.done);
    let mut headers = Vec::new();
    if !matches!(outcome.done, Done::Deleted | Done::Purged) {
        headers.push(("etag".to_owned(), format!("\"{}\"", outcome.version)));
    }
    if outcome.done == Done::Created {
        headers.push(("location".to_owned(), format!("/v1/{}/{}", outcome.def.plural, outcome.id)));
    }
    Answer { status, headers, body: envelope::single(status, &outcome.data, request_id) }
}

/// Results of many operations: the envelope with 200, or 207 when some were refused.
pub fn results<'a>(results: impl Iterator<Item = Result<&'a Outcome, &'a Error>>, request_id: &str) -> Answer {
    let mut data = Vec::with_capacity(1_024);
    let mut refused = false;
    for (i, result) in results.enumerate() {
        if i > 0 {
            data.push(b',');
        }
        match result {
            Ok(outcome) => {
                data.extend_from_slice(b"{\"status\":");
                kontor_model::show::write_int(i64::from(status(outcome.done)), &mut data);
                data.extend_from_slice(b",\"data\":");
                data.extend_from_slice(&outcome.data);
            }
            Err(error) => {
                refused = true;
                data.push(b'{');
                kontor_http::write_members(error, false, &mut data);
            }
        }
        data.push(b'}');
    }
    let status = if refused { 207 } else { 200 };
    let mut all = Vec::with_capacity(data.len() + 2);
    all.push(b'[');
    all.append(&mut data);
    all.push(b']');
    Answer { status, headers: Vec::new(), body: envelope::single(status, &all, request_id) }
}

/// As [`results`], with operations that were refused before the engine saw them in their places.
pub fn interleaved(malformed: &[Result<(), Error>], done: &[Result<Outcome>], request_id: &str) -> Answer {
    let mut done = done.iter().map(Result::as_ref);
    let all = malformed.iter().filter_map(|place| match place {
        Err(error) => Some(Err(error)),
        Ok(()) => done.next(),
    });
    results(all, request_id)
}
