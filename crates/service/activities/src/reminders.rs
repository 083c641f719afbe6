//! Reminders: the event `reminded` of a task, a call or a meeting at its time, once.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Change, Changes, ErrorCode, Id, Json, Kind, Mode, Op, Result, Step, Value};
use kontor_records::{Answer, Ctx, Records, Sweep};
use kontor_store::{Cond, Expr, Order, Which};

use crate::activity::REMINDING;

/// How many of a kind are told in one go.
const AT_ONCE: u64 = 200;

/// See the module.
pub(crate) struct Reminders;

impl Sweep for Reminders {
    fn name(&self) -> &'static str {
        "reminders"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let now = records.clock().now_ms();
            let mut done = 0;
            for kind in REMINDING {
                for (id, version) in due(records, ctx, kind, now).await? {
                    let changes = Changes { steps: vec![remind(kind, id, version, now)], ..Changes::default() };
                    let nothing = |_: &[Result<_>]| Answer { status: 200, headers: Vec::new(), body: Vec::new() };
                    match records.change(ctx, changes, true, &nothing).await {
                        Ok(_) => done += 1,
                        // Another was quicker, or it is gone: there is nothing left to do.
                        Err(error) if matches!(error.code(), ErrorCode::VersionMoved | ErrorCode::NotFound) => {}
                        Err(error) if error.code().status() >= 500 => return Err(error),
                        Err(error) => tracing::warn!(kind, id = id.0, %error, "a reminder could not be told"),
                    }
                }
            }
            Ok(done)
        }
        .boxed()
    }
}

/// What reminds by now, the earliest first.
async fn due(records: &Records, ctx: &Ctx, kind: &str, now: i64) -> Result<Vec<(Id, i64)>> {
    let at = || Expr::column("next_reminder_at", Kind::Int);
    let columns = vec![Expr::column("id", Kind::Int), Expr::column("version", Kind::Int)];
    let mut select = ctx
        .records_of(ctx.whole.require(kind)?, Which::Live, columns)
        .filter(Cond::Test { left: at(), op: Op::Lte, right: Value::Int(now) })
        .limit(AT_ONCE);
    select.order = vec![Order { by: at(), descending: false }];
    let rows = records.store().rows(select).await?;
    Ok(rows.iter().filter_map(|row| Some((Id(row.first()?.as_i64()?), row.get(1)?.as_i64()?))).collect())
}

fn remind(kind: &str, id: Id, version: i64, now: i64) -> Step {
    let data = Json::Object(vec![
        ("next_reminder_at".to_owned(), Json::Null),
        ("reminded_at".to_owned(), Json::String(kontor_model::time::datetime_text(now))),
    ]);
    let object = kind.to_owned();
    Step::of_service(Change::Update { object, id, if_match: Some(version), mode: Mode::Merge, data })
        .told("remind", "reminded")
}
