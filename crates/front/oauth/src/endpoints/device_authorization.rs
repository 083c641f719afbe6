//! `POST /oauth/device_authorization`: a device without a browser begins (RFC 8628, 3.1 and 3.2).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use kontor_store::system::oauth::OAUTH_DEVICE;
use serde_json::json;

use crate::call::Call;
use crate::clients::metadata;
use crate::db::{self, Committed};
use crate::error::OAuthError;
use crate::mint::answer;
use crate::{OAuth, ask, random, redirect};

/// Where a device code is on its way.
pub mod state {
    pub const PENDING: i64 = 0;
    pub const ALLOWED: i64 = 1;
    pub const DENIED: i64 = 2;
    pub const USED: i64 = 3;
}

const LIFETIME_S: i64 = 600;
const INTERVAL_S: i64 = 5;

pub async fn begin(State(oauth): State<Arc<OAuth>>, request: Request<Body>) -> Result<Response<Body>, OAuthError> {
    let call = Call::of(request).await?;
    let form = call.form()?;
    let client = oauth.client(&call.headers, &form, &call.client()).await?;
    if !client.metadata.grants(metadata::DEVICE) {
        return Err(OAuthError::new("unauthorized_client", "the client did not register the device grant"));
    }
    ask::resource(&form, &oauth.issuer)?;
    let scope = ask::scope(&form, &client)?;
    let code = random::token("")?;
    // Eight letters may be taken; then others are.
    for _ in 0..5 {
        let user_code = random::user_code()?;
        let mut batch = db::batch();
        batch.writes.push(db::insert(
            OAUTH_DEVICE,
            vec![
                db::text("hash", &random::hash(&code)),
                db::text("user_code", &random::hash(&user_code)),
                db::int("client", client.id.0),
                db::text("scope", &scope.to_string()),
                db::int("state", state::PENDING),
                db::int("interval_s", INTERVAL_S),
                db::int("polled_at", 0),
                db::int("expires_at", oauth.clock.now_ms() + LIFETIME_S * 1_000),
            ],
        ));
        if db::commit(&*oauth.store, batch).await? != Committed::Done {
            continue;
        }
        let page = format!("{}/oauth/device", oauth.issuer);
        return Ok(answer(
            200,
            &json!({"device_code": code, "user_code": user_code, "verification_uri": page,
                "verification_uri_complete": redirect::with_query(&page, &[("user_code", &user_code)]),
                "expires_in": LIFETIME_S, "interval": INTERVAL_S}),
        ));
    }
    Err(kontor_model::Error::internal("no user code was free").into())
}
