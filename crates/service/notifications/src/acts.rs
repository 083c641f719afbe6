//! What can be done to notifications.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Op, Result, Value};
use kontor_records::{Act, Asked, Plan, Sight};

use crate::NOTIFICATION;

/// Marked in one commit; those before them are so old that nobody counts them.
const MOST: u64 = 1_000;

pub(crate) fn all() -> Vec<Arc<dyn Act>> {
    vec![Arc::new(Mark { name: "read", read: true }), Arc::new(Mark { name: "unread", read: false }), Arc::new(ReadAll)]
}

struct Mark {
    name: &'static str,
    read: bool,
}

impl Act for Mark {
    fn object(&self) -> &'static str {
        NOTIFICATION
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let at = match (self.read, asked.record.int("read_at")) {
                (true, Some(at)) => Value::Int(at),
                (true, None) => Value::Int(sight.now()),
                (false, _) => Value::Null,
            };
            Ok(Plan::one(sight.update(&asked.record, &[("read_at", at)])?))
        }
        .boxed()
    }
}

struct ReadAll;

impl Act for ReadAll {
    fn object(&self) -> &'static str {
        NOTIFICATION
    }

    fn name(&self) -> &'static str {
        "read_all"
    }

    fn plan<'a>(&'a self, sight: &'a Sight<'a>, asked: &'a Asked) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let own = &asked.record;
            let now = [("read_at", Value::Int(own.int("read_at").unwrap_or_else(|| sight.now())))];
            let mut plan = Plan::one(sight.update(own, &now)?);
            let before = [
                ("owner_id", Op::Eq, own.value("owner_id").clone()),
                ("id", Op::Lt, Value::Int(own.id.0)),
                ("read_at", Op::IsNull, Value::Bool(true)),
            ];
            for record in sight.sorted(NOTIFICATION, &before, &["-id"], MOST).await? {
                plan.push(sight.update(&record, &[("read_at", Value::Int(sight.now()))])?);
            }
            Ok(plan)
        }
        .boxed()
    }
}
