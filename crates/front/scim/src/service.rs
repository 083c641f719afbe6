//! What there is: ServiceProviderConfig, ResourceTypes, Schemas (RFC 7644, 4).

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value as J, json};

use crate::Scim;
use crate::call::Call;
use crate::error::{Refused, absent, answer};
use crate::listing::{MOST, whole};
use crate::schema::{GROUPS, Type, USERS};

type Outcome = Result<Response<Body>, Refused>;

const TYPES: [&Type; 2] = [&USERS, &GROUPS];

pub async fn config(scim: Arc<Scim>, call: Call) -> Outcome {
    scim.ctx(&call).await?;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MOST},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "authenticationSchemes": [
            {"type": "oauthbearertoken", "name": "API key or access token", "primary": true,
             "description": "Authorization: Bearer with a credential of the space that has the scope scim."},
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{}/scim/v2/ServiceProviderConfig", scim.base)},
    });
    Ok(answer(StatusCode::OK, &body, None))
}

pub async fn types(scim: Arc<Scim>, call: Call) -> Outcome {
    scim.ctx(&call).await?;
    Ok(whole(&TYPES.map(|kind| kind.type_json(&scim.base))))
}

pub async fn one_type(scim: Arc<Scim>, call: Call) -> Outcome {
    scim.ctx(&call).await?;
    one(TYPES.iter().find(|kind| kind.name == call.last()).map(|kind| kind.type_json(&scim.base)))
}

pub async fn schemas(scim: Arc<Scim>, call: Call) -> Outcome {
    scim.ctx(&call).await?;
    Ok(whole(&TYPES.map(|kind| kind.schema_json(&scim.base))))
}

pub async fn schema(scim: Arc<Scim>, call: Call) -> Outcome {
    scim.ctx(&call).await?;
    let wanted = call.last().replace("%3A", ":").replace("%3a", ":");
    one(TYPES.iter().find(|kind| kind.schema.eq_ignore_ascii_case(&wanted)).map(|kind| kind.schema_json(&scim.base)))
}

fn one(found: Option<J>) -> Outcome {
    found.map(|body| answer(StatusCode::OK, &body, None)).ok_or_else(absent)
}
