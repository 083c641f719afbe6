//! `/v1/{collection}` and `/v1/{collection}/{id}`.

mod batch;
mod conditional;
mod delete;
mod history;
mod idempotency;
mod update;
mod upsert;
