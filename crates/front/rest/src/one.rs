//! A change of one record: engine in, answer out.

use axum::body::Body;
use axum::http::Response;
use kontor_http::reply;
use kontor_model::{Change, Changes, Result};
use kontor_records::Ctx;

use crate::call::Call;
use crate::{Api, answers, params};

impl Api {
    /// Carries out one change; the query string may say `allow_duplicates=true`.
    pub(crate) async fn one(&self, ctx: &Ctx, call: &Call, change: Change) -> Result<Response<Body>> {
        let allow_duplicates = call.params(params::CHANGE)?.flag("allow_duplicates")?;
        self.commit_one(ctx, call, Changes { allow_duplicates, ..change.into() }).await
    }

    /// As [`Api::one`], for changes that take no parameters and no body.
    pub(crate) async fn bare(&self, ctx: &Ctx, call: &Call, change: Change) -> Result<Response<Body>> {
        call.params(&[])?;
        let body = kontor_http::body::object_or_empty(&call.body)?;
        crate::members::Members::of(&body, "", &[])?.done()?;
        self.commit_one(ctx, call, change.into()).await
    }

    async fn commit_one(&self, ctx: &Ctx, call: &Call, changes: Changes) -> Result<Response<Body>> {
        let request_id = call.admitted.request_id.clone();
        let render = move |results: &[Result<kontor_records::Outcome>]| answers::changed(results, &request_id);
        Ok(reply::answer(self.records.change(ctx, changes, true, &render).await?))
    }
}
