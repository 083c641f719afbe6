//! `/v1/{collection}` and `/v1/{collection}/{id}`.

mod actions;
mod batch;
mod conditional;
mod delete;
mod history;
mod idempotency;
mod lines;
mod update;
mod upsert;
