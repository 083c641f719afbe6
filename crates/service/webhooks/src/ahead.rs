//! What waits for its own next try, sent before that: once an endpoint accepts again after its circuit was open. The
//! first goes alone, and it ends with the first that is refused, so an endpoint that comes and goes costs a message no
//! more than a try each time.

use kontor_model::{Kind, Op, Result, Value};
use kontor_store::{Cond, Expr};

use crate::worker::Worker;

/// The last that was looked at, of all that wait in the order in which they are due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ahead {
    next_at: i64,
    sequence: i64,
}

fn test(name: &str, op: Op, right: Value) -> Cond {
    Cond::Test { left: Expr::column(name, Kind::Int), op, right }
}

impl Ahead {
    /// Those behind it, as a stretch of the index.
    fn rest(self) -> Cond {
        let later = test("next_at", Op::Gt, self.next_at.into());
        let same = test("sequence", Op::Gt, self.sequence.into());
        Cond::And(vec![test("next_at", Op::Gte, self.next_at.into()), Cond::Or(vec![later, same])])
    }
}

impl Worker {
    /// Sends the first of what waits and is not due, at most so many; after the last the endpoint is as any other.
    pub(crate) async fn send_ahead(&mut self, most: usize) -> Result<()> {
        let most = if self.ahead.is_some() { self.hooks.clone().turn(most).await } else { 1 };
        let behind = match self.ahead {
            Some(ahead) => ahead.rest(),
            None => test("next_at", Op::IsNull, Value::Bool(false)),
        };
        let mut waiting = self.waiting(behind, most).await?;
        let Some(last) = waiting.last() else {
            return self.write(vec![self.keep(vec![("back_since", Kind::Int, Value::Null)])]).await;
        };
        self.ahead = Some(Ahead { next_at: last.next_at.unwrap_or_default(), sequence: last.sequence });
        let now = self.hooks.now();
        waiting.retain(|delivery| delivery.asked_until().is_none_or(|until| until <= now));
        if waiting.is_empty() { Ok(()) } else { self.send_due(waiting).await }
    }
}
