//! Which policy counts for a ticket, and by which hours.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use kontor_model::{Id, Op, Result, Value};
use kontor_records::{Found, Sight};

use super::terms::Targets;
use crate::clock::{Clock, Hours, holidays, week};
use crate::ticket::Row;

/// What was promised: how soon, by which clock.
#[derive(Debug, Clone)]
pub(crate) struct Agreement {
    pub policy: Id,
    pub targets: Targets,
    pub clock: Clock,
}

/// The policies in force, and the queues of some tickets.
pub(crate) struct Agreements {
    by_policy: HashMap<i64, Agreement>,
    by_queue: HashMap<i64, i64>,
    by_priority: HashMap<String, i64>,
}

impl Agreements {
    /// Reads what may count for these tickets: three look-ups at most.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(sight: &Sight<'_>, tickets: &[Row<'_>]) -> Result<Self> {
        let many = u64::from(u32::MAX);
        let mut out = Self { by_policy: HashMap::new(), by_queue: HashMap::new(), by_priority: HashMap::new() };
        let policies = sight.find("sla_policy", &[("active", Op::Eq, Value::Bool(true))], many).await?;
        if policies.is_empty() {
            return Ok(out);
        }
        let queues: Vec<i64> = tickets.iter().filter_map(|row| row.int("queue_id")).collect();
        if !queues.is_empty() {
            let queues = sight.find("queue", &[("id", Op::In, Value::Ints(queues))], many).await?;
            out.by_queue = queues.iter().filter_map(|queue| Some((queue.id.0, queue.int("sla_policy_id")?))).collect();
        }
        let hours: Vec<i64> = policies.iter().filter_map(|policy| policy.int("business_hours_id")).collect();
        let mut clocks = HashMap::new();
        if !hours.is_empty() {
            for found in sight.find("business_hours", &[("id", Op::In, Value::Ints(hours))], many).await? {
                clocks.insert(found.id.0, clock(&found, &sight.settings().time_zone));
            }
        }
        for policy in policies {
            if let Some(priority) = policy.value("priority").as_str() {
                out.by_priority.entry(priority.to_owned()).or_insert(policy.id.0);
            }
            let clock = policy.int("business_hours_id").and_then(|id| clocks.get(&id)).cloned().unwrap_or_default();
            out.by_policy.insert(policy.id.0, Agreement { policy: policy.id, targets: targets(&policy), clock });
        }
        Ok(out)
    }

    /// The ticket's own policy, else its queue's, else the one of its priority.
    pub fn for_ticket(&self, row: &Row<'_>) -> Option<&Agreement> {
        let own = row.int("sla_policy_id");
        let of_queue = row.int("queue_id").and_then(|queue| self.by_queue.get(&queue).copied());
        let of_priority = self.by_priority.get(row.text("priority")).copied();
        [own, of_queue, of_priority].into_iter().flatten().find_map(|policy| self.by_policy.get(&policy))
    }
}

fn targets(policy: &Found) -> Targets {
    Targets {
        first_response: policy.int("first_response_minutes"),
        next_response: policy.int("next_response_minutes"),
        resolution: policy.int("resolution_minutes"),
    }
}

/// The clock of business hours. Those that were kept before their form was checked count always.
fn clock(hours: &Found, zone: &str) -> Clock {
    let json = |path: &str| serde_json::from_str(hours.text(path)).ok();
    let zone = Some(hours.text("time_zone")).filter(|own| !own.is_empty()).unwrap_or(zone);
    let week = json("hours").and_then(|json| week(&json).ok());
    let holidays = json("holidays").and_then(|json| holidays(&json).ok()).unwrap_or_default();
    let hours = week.zip(TimeZone::get(zone).ok()).map(|(week, zone)| Hours { zone, week, holidays });
    Clock { hours, pauses: Vec::new() }
}
