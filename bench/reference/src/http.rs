//! The routes: no credential, no permission, no logging, no metrics. That is what the ratio measures.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use axum::routing::get;
use axum::{Router, routing::post};
use kontor_bench_reference::rows::Contact;
use serde::Deserialize;

use crate::store::{Read, Store, Write};

type Answer = Response<Body>;

pub fn router(store: Store) -> Router {
    Router::new()
        .route("/hello", get(hello))
        .route("/contacts", get(page).post(create))
        .route("/contacts/batch", post(batch))
        .route("/contacts/{id}", get(one).put(replace).delete(delete))
        .route("/search", get(search))
        .route("/aggregate", get(aggregate))
        .with_state(store)
}

async fn hello() -> Answer {
    json(StatusCode::OK, Bytes::from_static(b"{\"status\":200,\"data\":\"hello\"}"))
}

async fn one(State(store): State<Store>, Path(id): Path<i64>) -> Answer {
    reply(StatusCode::OK, store.read(Read::One(id)).await)
}

#[derive(Deserialize)]
struct PageQuery {
    city: String,
    /// `created_at,id` of the last row of the page before.
    after: Option<String>,
}

async fn page(State(store): State<Store>, Query(query): Query<PageQuery>) -> Answer {
    let after = query.after.as_deref().and_then(|after| after.split_once(','));
    let after = after.and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    reply(StatusCode::OK, store.read(Read::Page { city: query.city, after }).await)
}

#[derive(Deserialize)]
struct SearchQuery {
    q: String,
}

async fn search(State(store): State<Store>, Query(query): Query<SearchQuery>) -> Answer {
    reply(StatusCode::OK, store.read(Read::Search(query.q)).await)
}

async fn aggregate(State(store): State<Store>) -> Answer {
    reply(StatusCode::OK, store.read(Read::Aggregate).await)
}

async fn create(State(store): State<Store>, body: Bytes) -> Answer {
    match serde_json::from_slice(&body) {
        Ok(contact) => reply(StatusCode::CREATED, store.write(Write::Create(contact)).await),
        Err(error) => refuse(&error),
    }
}

async fn replace(State(store): State<Store>, Path(id): Path<i64>, body: Bytes) -> Answer {
    match serde_json::from_slice(&body) {
        Ok(contact) => reply(StatusCode::OK, store.write(Write::Replace(id, contact)).await),
        Err(error) => refuse(&error),
    }
}

async fn delete(State(store): State<Store>, Path(id): Path<i64>) -> Answer {
    reply(StatusCode::OK, store.write(Write::Delete(id)).await)
}

#[derive(Deserialize)]
struct Batch {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    data: Contact,
}

async fn batch(State(store): State<Store>, body: Bytes) -> Answer {
    match serde_json::from_slice::<Batch>(&body) {
        Ok(batch) => {
            let contacts = batch.operations.into_iter().map(|operation| operation.data).collect();
            reply(StatusCode::OK, store.write(Write::Batch(contacts)).await)
        }
        Err(error) => refuse(&error),
    }
}

fn reply(status: StatusCode, result: anyhow::Result<Option<Bytes>>) -> Answer {
    match result {
        Ok(Some(body)) => json(status, body),
        Ok(None) => json(StatusCode::NOT_FOUND, Bytes::from_static(b"{\"status\":404}")),
        Err(error) => {
            let body = serde_json::json!({"status": 500, "detail": format!("{error:#}")});
            json(StatusCode::INTERNAL_SERVER_ERROR, body.to_string().into())
        }
    }
}

fn refuse(error: &serde_json::Error) -> Answer {
    json(StatusCode::BAD_REQUEST, serde_json::json!({"status": 400, "detail": error.to_string()}).to_string().into())
}

fn json(status: StatusCode, body: Bytes) -> Answer {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
