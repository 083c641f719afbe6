//! Quotes that nobody answered in time.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::time::day_in;
use kontor_model::{Change, Changes, ErrorCode, Id, Json, Kind, Mode, Op, Result, Step, Value};
use kontor_records::{Answer, Ctx, Outcome, Records, Sweep};
use kontor_store::{Cond, Expr, Which};

/// Quotes that are looked at together.
const AT_ONCE: u64 = 200;

/// Sent quotes become expired on the day after their last, in the workspace's time zone.
pub(crate) struct Expiry;

impl Sweep for Expiry {
    fn name(&self) -> &'static str {
        "quotes"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let def = ctx.whole.require("quote")?;
            let today = day_in(records.clock().now_ms(), &ctx.settings().time_zone);
            let columns = vec![Expr::column("id", Kind::Int), Expr::column("version", Kind::Int)];
            let select = ctx.records_of(def, Which::Live, columns).equals("status", Kind::Text, "sent");
            let left = Expr::column("valid_until", Kind::Int);
            let select = select.filter(Cond::Test { left, op: Op::Lt, right: Value::Int(today) }).limit(AT_ONCE);
            let mut done = 0;
            for row in records.store().rows(select).await? {
                let whole = |place: usize| row.get(place).and_then(Value::as_i64);
                let (Some(id), Some(version)) = (whole(0), whole(1)) else { continue };
                done += usize::from(expire(records, ctx, Id(id), version).await?);
            }
            Ok(done)
        }
        .boxed()
    }
}

/// Whether it was this process that did it.
async fn expire(records: &Records, ctx: &Ctx, id: Id, version: i64) -> Result<bool> {
    let data = Json::Object(vec![("status".to_owned(), "expired".into())]);
    let object = "quote".to_owned();
    let change = Change::Update { object, id, if_match: Some(version), mode: Mode::Merge, data };
    let changes = Changes { steps: vec![Step::of_service(change).told("expire", "expired")], ..Changes::default() };
    let nothing = |_: &[Result<Outcome>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
    match records.change(ctx, changes, true, &nothing).await {
        Ok(_) => Ok(true),
        // Another process, or a person, was quicker.
        Err(error) if matches!(error.code(), ErrorCode::VersionMoved | ErrorCode::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}
