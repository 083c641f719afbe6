//! Rules that refuse what was asked of a record in the wrong state, each by its name.

use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, unique};
use serde_json::{Value, json};

both!(
    a_team_without_anybody_takes_no_turns,
    what_is_not_in_use_is_not_said,
    what_came_in_is_not_sent,
    a_pipeline_without_an_end_ends_nothing,
    a_report_that_is_not_live_has_nothing_to_count_anew,
    a_run_that_is_over_is_not_stopped,
    a_workflow_has_the_trigger_that_it_has,
    a_tracked_segment_is_not_frozen,
    a_way_that_goes_on_is_not_resumed,
    money_has_an_end,
    more_comments_than_move_stay,
    a_form_without_inputs_is_no_form,
    whom_a_campaign_waits_for_stays,
);
both_alone!(records_are_gone_through_once);

fn by(reply: Reply, rule: &str) {
    let refused = reply.refused(422_000);
    assert!(refused.detail().starts_with(rule), "{rule}: {refused}");
}

async fn does(api: &Api, path: &str, body: Value) -> Reply {
    api.post(path, body).await
}

async fn ticket(api: &Api, more: Value) -> String {
    let mut body = json!({"subject": unique("Printer")});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("/v1/tickets/{}", api.create("/v1/tickets", body).await)
}

async fn a_team_without_anybody_takes_no_turns(api: Api) {
    let team = api.create("/v1/teams", json!({"name": unique("Team")})).await;
    let empty = api.create("/v1/queues", json!({"name": unique("Queue"), "team_id": team})).await;
    let alone = api.create("/v1/queues", json!({"name": unique("Queue")})).await;
    for queue in [json!(empty), json!(alone)] {
        let at = ticket(&api, json!({"queue_id": queue})).await;
        by(does(&api, &format!("{at}/assign"), json!({})).await, "assign_round_robin");
    }
}

async fn what_is_not_in_use_is_not_said(api: Api) {
    let at = ticket(&api, json!({})).await;
    let canned = json!({"name": unique("Old"), "body": "Hello", "active": false});
    let canned = api.create("/v1/canned_replies", canned).await;
    by(does(&api, &format!("{at}/reply"), json!({"canned_reply_id": canned})).await, "canned_reply_inactive");
}

async fn what_came_in_is_not_sent(api: Api) {
    let done = api.create("/v1/emails", json!({"subject": unique("Old"), "status": "done"})).await;
    by(does(&api, &format!("/v1/emails/{done}/send"), json!({"to": "a@b.example"})).await, "email_state");
}

async fn a_pipeline_without_an_end_ends_nothing(api: Api) {
    let pipeline = api.create("/v1/pipelines", json!({"name": unique("Endless"), "position": 9_100})).await;
    let stage = json!({"name": "New", "pipeline_id": pipeline, "position": 1, "probability": 10});
    let _ = api.create("/v1/stages", stage).await;
    let deal = api.create("/v1/deals", json!({"name": unique("Deal"), "pipeline_id": pipeline})).await;
    by(does(&api, &format!("/v1/deals/{deal}/win"), json!({})).await, "no_stage");
    by(does(&api, &format!("/v1/deals/{deal}/lose"), json!({"reason": "price"})).await, "no_stage");
}

async fn a_report_that_is_not_live_has_nothing_to_count_anew(api: Api) {
    let report = json!({"name": unique("Report"), "kind": "aggregate", "target_object": "deal",
        "definition": {"group_by": ["stage_id"], "measures": [{"fn": "count", "as": "deals"}]}});
    let report = api.create("/v1/reports", report).await;
    by(does(&api, &format!("/v1/reports/{report}/rebuild"), json!({})).await, "report_live");
}

/// A workflow with a button; its address.
async fn workflow(api: &Api, steps: Value) -> String {
    let body = json!({"name": unique("Flow"), "active": true, "trigger_kind": "button", "steps": steps});
    format!("/v1/workflows/{}", api.create("/v1/workflows", body).await)
}

async fn a_run_that_is_over_is_not_stopped(api: Api) {
    let at = workflow(&api, json!([{"kind": "wait", "days": 3}, {"kind": "stop"}])).await;
    let run = does(&api, &format!("{at}/run"), json!({})).await.expect(201).id();
    let run = format!("/v1/workflow_runs/{run}");
    let _ = does(&api, &format!("{run}/pause"), json!({})).await.expect(200);
    by(does(&api, &format!("{run}/pause"), json!({})).await, "run_paused");
    let _ = does(&api, &format!("{run}/cancel"), json!({})).await.expect(200);
    for action in ["pause", "cancel"] {
        by(does(&api, &format!("{run}/{action}"), json!({})).await, "run_finished");
    }
}

async fn a_workflow_has_the_trigger_that_it_has(api: Api) {
    let body = json!({"name": unique("Flow"), "active": true, "trigger_kind": "schedule", "schedule": "0 9 1 1 *",
        "steps": [{"kind": "stop"}]});
    let at = format!("/v1/workflows/{}", api.create("/v1/workflows", body).await);
    by(does(&api, &format!("{at}/run"), json!({})).await, "workflow_trigger");
    by(api.get(&format!("{at}/hook")).await, "workflow_trigger");
}

async fn a_tracked_segment_is_not_frozen(api: Api) {
    let conditions = json!({"field": "city", "op": "eq", "value": unique("City")});
    let body = json!({"name": unique("Segment"), "conditions": conditions, "tracked": true});
    let segment = api.create("/v1/segments", body).await;
    by(does(&api, &format!("/v1/segments/{segment}/freeze"), json!({})).await, "segment_tracked");
}

async fn a_way_that_goes_on_is_not_resumed(api: Api) {
    let sequence = json!({"name": unique("Nurture"), "active": true, "reply_to": "ann@acme.example"});
    let sequence = api.create("/v1/sequences", sequence).await;
    let step = json!({"sequence_id": sequence, "position": 10, "kind": "wait", "delay_minutes": 600});
    let _ = api.create("/v1/sequence_steps", step).await;
    let contact = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let enrolled = does(&api, &format!("/v1/sequences/{sequence}/enrol"), json!({"contact_id": contact})).await;
    let at = format!("/v1/enrolments/{}", enrolled.expect(201).id());
    by(does(&api, &format!("{at}/resume"), json!({})).await, "enrolment_state");
}

async fn money_has_an_end(api: Api) {
    let customer = api.create("/v1/customers", crate::support::customer()).await;
    let line = json!({"description": "All of it", "unit_price": "90000000000000", "quantity": 1});
    let order = json!({"customer_id": customer, "currency": "EUR", "lines": vec![line; 12]});
    by(does(&api, "/v1/orders", order).await, "amount_too_large");
}

async fn more_comments_than_move_stay(api: Api) {
    let (from, into) = (ticket(&api, json!({})).await, ticket(&api, json!({})).await);
    let id = |at: &str| at.rsplit('/').next().unwrap().to_owned();
    for _ in 0..2 {
        let comment = json!({"ticket_id": id(&from), "body": "And now?"});
        let _ = crate::support::batch(&api, "/v1/ticket_comments", std::iter::repeat_n(comment, 451)).await;
    }
    by(does(&api, &format!("{from}/merge"), json!({"into_id": id(&into)})).await, "merge_comments");
}

async fn a_form_without_inputs_is_no_form(api: Api) {
    let form = api.create("/v1/forms", json!({"name": unique("Form")})).await;
    by(api.get(&format!("/v1/forms/{form}/embed")).await, "no_inputs");
}

async fn whom_a_campaign_waits_for_stays(api: Api) {
    let template = json!({"name": unique("Offer"), "subject": "Hello", "body_text": "leave: {{ unsubscribe_url }}"});
    let template = api.create("/v1/templates", template).await;
    let conditions = json!({"field": "city", "op": "eq", "value": unique("City")});
    let segment = api.create("/v1/segments", json!({"name": unique("Segment"), "conditions": conditions})).await;
    let campaign =
        json!({"name": unique("Spring"), "channel": "email", "template_id": template, "segment_id": segment});
    let campaign = api.create("/v1/campaigns", campaign).await;
    let later = json!({"at": "2199-01-01T00:00:00Z"});
    let _ = does(&api, &format!("/v1/campaigns/{campaign}/launch"), later).await.expect(200);
    by(api.delete(&format!("/v1/segments/{segment}")).await, "segment_used");
}

/// What is asked for twice before it was begun.
async fn records_are_gone_through_once(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "3600").start().await;
    let api = server.api();
    let at = format!("/v1/territories/{}", api.create("/v1/territories", json!({"name": unique("North")})).await);
    let mut refused = None;
    for _ in 0..200 {
        let reply = does(&api, &format!("{at}/assign"), json!({})).await;
        if reply.status == 422 {
            refused = Some(reply);
            break;
        }
    }
    by(refused.expect("one that comes before the records are gone through"), "assignment_pending");
}
