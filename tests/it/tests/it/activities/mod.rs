//! The business of `activities`.

use std::time::{Duration, Instant};

use kontor_model::time::{datetime_text, parse_datetime};
use kontor_testkit::{Api, both, unique};
use serde_json::{Value, json};

both!(
    each_kind_is_completed_and_reopened,
    what_is_over_is_not_completed,
    completed_at_follows_the_status,
    a_meeting_moves_with_its_end_and_its_reminder,
    nothing_ends_before_it_begins,
    a_reminder_comes_once,
    what_is_done_reminds_of_nothing
);

const KINDS: [(&str, &str); 5] =
    [("tasks", "open"), ("calls", "planned"), ("meetings", "planned"), ("notes", "open"), ("emails", "open")];

async fn made(api: &Api, path: &str, fields: Value) -> String {
    let mut body = json!({"subject": unique("Offer")});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    api.create(path, body).await
}

async fn actions(api: &Api, at: &str) -> Vec<String> {
    api.get(&format!("{at}/history")).await.expect(200).texts("action").into_iter().rev().collect()
}

async fn each_kind_is_completed_and_reopened(api: Api) {
    for (kind, first) in KINDS {
        let path = format!("/v1/{kind}");
        let at = format!("{path}/{}", made(&api, &path, json!({"status": "in_progress"})).await);
        let done = api.post(&format!("{at}/complete"), json!({"outcome": "They sign."})).await.expect(200);
        assert_eq!((&done.data()["status"], &done.data()["outcome"]), (&json!("done"), &json!("They sign.")), "{kind}");
        assert!(done.data()["completed_at"].is_string(), "{kind}");
        let again = api.post(&format!("{at}/reopen"), json!({})).await.expect(200);
        assert_eq!((&again.data()["status"], &again.data()["completed_at"]), (&json!(first), &json!(null)), "{kind}");
        let at_nine = json!({"at": "2026-03-01T09:00:00Z"});
        let done = api.post(&format!("{at}/complete"), at_nine).await.expect(200);
        assert_eq!(
            (&done.data()["completed_at"], &done.data()["outcome"]),
            (&json!("2026-03-01T09:00:00.000Z"), &json!("They sign."))
        );
        assert_eq!(actions(&api, &at).await, ["create", "complete", "reopen", "complete"], "{kind}");
    }
}

async fn what_is_over_is_not_completed(api: Api) {
    for status in ["done", "cancelled"] {
        let at = format!("/v1/tasks/{}", made(&api, "/v1/tasks", json!({"status": status})).await);
        for (action, body) in [("complete", json!({})), ("reschedule", json!({"due_at": "2027-01-01"}))] {
            let reply = api.post(&format!("{at}/{action}"), body).await.refused(422_000);
            assert!(reply.detail().contains("activity_state") && reply.detail().contains(status), "{reply}");
        }
    }
    let at = format!("/v1/tasks/{}", made(&api, "/v1/tasks", json!({})).await);
    let _ = api.post(&format!("{at}/reopen"), json!({})).await.refused(422_000);
    let future = api.post(&format!("{at}/complete"), json!({"at": "2999-01-01T00:00:00Z"})).await.refused(400_001);
    assert_eq!(future.faults()[0]["field"], "at");
    let unknown = api.post(&format!("{at}/complete"), json!({"result": "x"})).await.refused(400_002);
    assert_eq!(unknown.faults()[0]["field"], "result");
    assert_eq!(api.get(&at).await.expect(200).data()["version"], 1);
}

async fn completed_at_follows_the_status(api: Api) {
    let at = format!("/v1/tasks/{}", made(&api, "/v1/tasks", json!({})).await);
    let done = api.patch(&at, json!({"status": "done"})).await.expect(200);
    assert_eq!(done.data()["completed_at"], done.data()["updated_at"]);
    let open = api.patch(&at, json!({"status": "open"})).await.expect(200);
    assert!(open.data()["completed_at"].is_null());
    let noted = api.post("/v1/notes", json!({"subject": "x"})).await.expect(201);
    assert_eq!(noted.data()["completed_at"], noted.data()["created_at"], "a note is done when it is made");
    let sent = api.post("/v1/tasks", json!({"subject": "x", "completed_at": "2026-01-01T00:00:00Z"})).await;
    assert_eq!(sent.refused(400_001).faults()[0]["field"], "completed_at");
}

async fn a_meeting_moves_with_its_end_and_its_reminder(api: Api) {
    let fields = json!({"start_at": "2027-03-01T09:00:00Z", "end_at": "2027-03-01T10:00:00Z", "remind_at": "2027-03-01T08:45:00Z"});
    let at = format!("/v1/meetings/{}", made(&api, "/v1/meetings", fields).await);
    let first = api.get(&at).await.expect(200);
    assert_eq!(first.data()["due_at"], "2027-03-01T09:00:00.000Z");
    assert_eq!(first.data()["next_reminder_at"], "2027-03-01T08:45:00.000Z");
    let moved = api.post(&format!("{at}/reschedule"), json!({"start_at": "2027-03-02T11:00:00Z"})).await.expect(200);
    let moved = moved.data();
    for (field, value) in [
        ("start_at", "2027-03-02T11:00:00.000Z"),
        ("end_at", "2027-03-02T12:00:00.000Z"),
        ("due_at", "2027-03-02T11:00:00.000Z"),
        ("remind_at", "2027-03-02T10:45:00.000Z"),
        ("next_reminder_at", "2027-03-02T10:45:00.000Z"),
    ] {
        assert_eq!(moved[field], value, "{field}");
    }
    let none = api.post(&format!("{at}/reschedule"), json!({})).await.refused(400_001);
    assert_eq!(none.faults()[0]["field"], "due_at");
    let task = format!(
        "/v1/tasks/{}",
        made(&api, "/v1/tasks", json!({"due_at": "2027-03-01T09:00:00Z", "remind_at": "2027-03-01T08:00:00Z"})).await
    );
    let later = api.post(&format!("{task}/reschedule"), json!({"due_at": "2027-03-03T09:00:00Z"})).await.expect(200);
    assert_eq!(later.data()["remind_at"], "2027-03-03T08:00:00.000Z");
    assert_eq!(actions(&api, &task).await, ["create", "reschedule"]);
}

async fn nothing_ends_before_it_begins(api: Api) {
    let backwards = json!({"subject": "x", "start_at": "2027-03-01T09:00:00Z", "end_at": "2027-03-01T08:59:59Z"});
    for (kind, _) in KINDS {
        let reply = api.post(&format!("/v1/{kind}"), backwards.clone()).await.refused(400_001);
        assert_eq!(reply.fault_codes(), [("end_at".to_owned(), 400_001)], "{kind}");
    }
    let short = json!({"start_at": "2027-03-01T09:00:00Z", "end_at": "2027-03-01T09:00:00Z"});
    let at = format!("/v1/meetings/{}", made(&api, "/v1/meetings", short).await);
    let _ = api.patch(&at, json!({"start_at": "2027-03-01T09:00:01Z"})).await.refused(400_001);
    let reply = json!({"start_at": "2027-03-02T09:00:00Z", "end_at": "2027-03-01T09:00:00Z"});
    let _ = api.post(&format!("{at}/reschedule"), reply).await.refused(400_001);
}

/// A moment some seconds after a record was made.
async fn soon(api: &Api, seconds: i64) -> String {
    let note = api.post("/v1/notes", json!({"subject": "x"})).await.expect(201);
    let now = parse_datetime(note.data()["created_at"].as_str().unwrap()).unwrap();
    datetime_text(now + seconds * 1_000)
}

async fn a_reminder_comes_once(api: Api) {
    for path in ["/v1/tasks", "/v1/calls", "/v1/meetings"] {
        let remind = soon(&api, 2).await;
        let at = format!("{path}/{}", made(&api, path, json!({"remind_at": remind})).await);
        assert_eq!(api.get(&at).await.expect(200).data()["next_reminder_at"], remind);
        let begun = Instant::now();
        let told = loop {
            let record = api.get(&at).await.expect(200).data().clone();
            if !record["reminded_at"].is_null() {
                break record;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{record}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert!(
            told["next_reminder_at"].is_null() && told["reminded_at"].as_str().unwrap() >= remind.as_str(),
            "{told}"
        );
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(actions(&api, &at).await, ["create", "remind"]);
    }
}

async fn what_is_done_reminds_of_nothing(api: Api) {
    let remind = soon(&api, 3).await;
    let (done, cancelled) = (
        made(&api, "/v1/tasks", json!({"remind_at": remind})).await,
        made(&api, "/v1/tasks", json!({"remind_at": remind})).await,
    );
    let past = made(&api, "/v1/tasks", json!({"remind_at": "2026-01-01T00:00:00Z"})).await;
    let _ = api.post(&format!("/v1/tasks/{done}/complete"), json!({})).await.expect(200);
    let _ = api.patch(&format!("/v1/tasks/{cancelled}"), json!({"status": "cancelled"})).await.expect(200);
    tokio::time::sleep(Duration::from_millis(6_000)).await;
    for (id, expected) in
        [(done, vec!["create", "complete"]), (cancelled, vec!["create", "update"]), (past, vec!["create"])]
    {
        assert_eq!(actions(&api, &format!("/v1/tasks/{id}")).await, expected);
    }
}
