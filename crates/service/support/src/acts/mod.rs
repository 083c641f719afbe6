//! What can be done to tickets.

mod assign;
mod merge;
mod rate;
mod reply;
mod states;

use std::sync::Arc;

use kontor_model::Error;
use kontor_records::{Act, Found, refusal};

pub(crate) fn all() -> Vec<Arc<dyn Act>> {
    vec![
        Arc::new(assign::Assign),
        Arc::new(reply::Reply),
        Arc::new(states::Resolve),
        Arc::new(states::Reopen),
        Arc::new(states::Close),
        Arc::new(merge::Merge),
        Arc::new(rate::Rate),
    ]
}

/// 422000 of an action that a ticket's state does not allow.
fn wrong_state(ticket: &Found, allowed: &str) -> Error {
    if let Some(into) = ticket.reference("merged_into_id") {
        return refusal("ticket_merged", format!("the ticket was merged into {into}; go on there"));
    }
    refusal("ticket_state", format!("the ticket is {}; only {allowed}", ticket.text("status")))
}

/// That a ticket is in one of these states.
fn in_state(ticket: &Found, states: &[&str], allowed: &str) -> Result<(), Error> {
    let merged = ticket.reference("merged_into_id").is_some();
    if !merged && states.contains(&ticket.text("status")) { Ok(()) } else { Err(wrong_state(ticket, allowed)) }
}
