//! The workflows that a space begins with. They are data like any other: to be changed, switched off or deleted.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_model::{Kind, Op, Result, Value};
use kontor_records::{Ctx, Plan, Planner, Records, Sight, Sweep};
use kontor_store::{Expr, Select, system};
use serde_json::{Value as J, json};

use crate::WORKFLOW;
use crate::engine::lost;
use crate::rights::Rights;

/// The series whose number says what a space has been given already.
const SERIES: &str = "shipped workflows";
/// The owner of a space, by its `external_id`.
const OWNER: &str = "owner";

/// Those that are shipped; a further one goes to the end.
pub fn shipped() -> Vec<J> {
    vec![
        json!({
            "external_id": "shipped-lead-created",
            "name": "New lead: tell its owner",
            "description": "Tells the owner of a lead that somebody or something else made.",
            "event_type": "kontor.lead.created",
            "condition": "record.owner_id and record.owner_id != event.actor.user_id",
            "steps": [{"kind": "notify", "title": "New lead: {{ record.name }}", "body": "{{ record.interest }}"}],
        }),
        json!({
            "external_id": "shipped-deal-won",
            "name": "Deal won: customer and draft of an invoice",
            "description": "Finds or makes the customer of a deal that was won, and drafts the invoice, unless there is an order or an invoice for it already.",
            "event_type": "kontor.deal.won",
            "condition": "record.company_id and record.amount",
            "steps": [
                {"kind": "find", "name": "invoices", "object": "invoice", "limit": 1, "filter": {"field": "deal_id", "value": "{{ record.id }}"}},
                {"kind": "find", "name": "orders", "object": "order", "limit": 1, "filter": {"field": "deal_id", "value": "{{ record.id }}"}},
                {"kind": "stop", "when": "steps.invoices.count or steps.orders.count", "reason": "there is an order or an invoice for it already"},
                {"kind": "find", "name": "customers", "object": "customer", "limit": 1, "filter": {"field": "company_id", "value": "{{ record.company_id }}"}},
                {"kind": "branch", "if": "steps.customers.count", "then": [
                    {"kind": "create", "name": "invoice", "object": "invoice", "data": draft("{{ steps.customers.records[0].id }}")},
                ], "else": [
                    {"kind": "find", "name": "companies", "object": "company", "limit": 1, "filter": {"field": "id", "value": "{{ record.company_id }}"}},
                    {"kind": "create", "name": "customer", "object": "customer", "data": {
                        "name": "{{ steps.companies.records[0].name }}", "mobile": "{{ steps.companies.records[0].phone | replace(\"+86\", \"\") }}",
                        "customer_type": "standard", "company_id": "{{ record.company_id }}",
                        "contact_id": "{{ record.contact_id }}", "owner_id": "{{ record.owner_id }}",
                     }, "on_error": [
                        {"kind": "notify", "title": "No customer yet for the deal {{ record.name }}",
                         "body": "It was won, and the company has not what a customer needs, such as a mobile number. Make the customer, and the invoice can be drafted."},
                        {"kind": "stop", "reason": "the company has not what a customer needs"},
                    ]},
                    {"kind": "create", "name": "first_invoice", "object": "invoice", "data": draft("{{ steps.customer.id }}")},
                ]},
                {"kind": "notify", "title": "Drafted the invoice for the deal {{ record.name }}"},
            ],
        }),
        json!({
            "external_id": "shipped-lead-qualified",
            "name": "Lead qualified: nurture sequence",
            "description": "Puts a lead that was qualified into the active sequence that is called Nurture, where there is one.",
            "event_type": "kontor.lead.qualified",
            "condition": "record.email",
            "steps": [
                {"kind": "find", "name": "sequences", "object": "sequence", "limit": 1, "filter": {"and": [
                    {"field": "name", "value": "Nurture"}, {"field": "active", "value": true}]}},
                {"kind": "action", "when": "steps.sequences.count", "object": "sequence",
                 "id": "{{ steps.sequences.records[0].id }}", "action": "enrol", "body": {"lead_id": "{{ record.id }}"},
                 "on_error": "continue"},
            ],
        }),
    ]
}

fn draft(customer: &str) -> J {
    json!({"customer_id": customer, "deal_id": "{{ record.id }}", "currency": "{{ record.currency }}",
        "owner_id": "{{ record.owner_id }}",
        "lines": [{"description": "{{ record.name }}", "quantity": "1", "unit_price": "{{ record.amount }}"}]})
}

pub(crate) struct Shipping;

impl Sweep for Shipping {
    fn name(&self) -> &'static str {
        "shipped workflows"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn run<'a>(&'a self, records: &'a Records, ctx: &'a Ctx) -> BoxFuture<'a, Result<usize>> {
        async move {
            let all = shipped();
            let given = given(records, ctx).await?;
            let left: Vec<J> = all.into_iter().skip(given).collect();
            if left.is_empty() {
                return Ok(0);
            }
            let ship = Ship { left };
            let also = |done: &[kontor_records::Carried]| {
                let last = i64::try_from(given + done.len()).unwrap_or_default();
                vec![counted(given, last)]
            };
            let done = lost(records.carry(ctx, kontor_model::Id(0), &ship, &also).await)?;
            Ok(done.map_or(0, |done| done.len()))
        }
        .boxed()
    }
}

/// How many a space has been given.
async fn given(records: &Records, ctx: &Ctx) -> Result<usize> {
    let select = Select::new(ctx.space(), system::COUNTER, vec![Expr::column("last", Kind::Int)])
        .equals("series", Kind::Text, SERIES)
        .limit(1);
    let rows = records.store().rows(select).await?;
    let last = rows.first().and_then(|row| row.first()?.as_i64()).unwrap_or_default();
    Ok(usize::try_from(last).unwrap_or_default())
}

fn counted(before: usize, last: i64) -> kontor_store::Write {
    use kontor_store::{ColumnRef, OnConflict, Set, Write};
    let before = i64::try_from(before).unwrap_or_default();
    if before == 0 {
        return Write::Insert {
            table: system::COUNTER.into(),
            columns: [ColumnRef::new("series", Kind::Text), ColumnRef::new("last", Kind::Int)].into(),
            values: vec![Value::text(SERIES), Value::Int(last)],
            on_conflict: OnConflict::Fail,
            search: None,
        };
    }
    Write::Update {
        table: system::COUNTER.into(),
        keys: vec![system::key("series", Kind::Text, SERIES), system::key("last", Kind::Int, before)],
        set: vec![(ColumnRef::new("last", Kind::Int), Set::To(Value::Int(last)))],
        must: true,
        search: None,
    }
}

struct Ship {
    left: Vec<J>,
}

impl Planner for Ship {
    fn plan<'a>(&'a self, sight: &'a Sight<'a>) -> BoxFuture<'a, Result<Plan>> {
        async move {
            let owner = sight.find("user", &[("external_id", Op::Eq, Value::text(OWNER))], 1).await?.pop();
            // A space that is not furnished yet.
            let Some(owner) = owner else { return Ok(Plan::default()) };
            let rights = Rights::of(sight.ctx()).json().to_string();
            let mut plan = Plan::default();
            for workflow in &self.left {
                let text = |name: &str| Value::text(workflow[name].as_str().unwrap_or_default());
                let fields = [
                    ("external_id", text("external_id")),
                    ("name", text("name")),
                    ("description", text("description")),
                    ("event_type", text("event_type")),
                    ("condition", text("condition")),
                    ("steps", Value::Json(workflow["steps"].to_string())),
                    ("active", Value::Bool(true)),
                    ("owner_id", Value::Int(owner.id.0)),
                    ("rights", Value::Json(rights.clone())),
                ];
                plan.push(sight.create(WORKFLOW, &fields)?);
            }
            Ok(plan)
        }
        .boxed()
    }
}
