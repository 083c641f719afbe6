//! `/v1/notifications` and `/v1/channel_preferences`: who is told of what, and by which way.

mod channels;

use kontor_testkit::{Api, both, both_alone, unique};
use serde_json::{Value, json};

use crate::permissions::{acting, user, word};
use crate::webhooks::{quick, until};

both!(
    who_gets_something_is_told,
    each_sees_their_own,
    what_was_read_counts_no_more,
    a_lead_of_a_team_hears_of_deals,
    a_preference_can_be_read
);
both_alone!(a_webhook_that_is_off_is_told);

/// The notifications of a user, once there are as many.
pub async fn of(api: &Api, user: &str, count: usize) -> Vec<Value> {
    let path = format!("/v1/notifications?filter[owner_id]={user}&sort=id&limit=100");
    until(&format!("{count} notifications of {user}"), async || {
        let rows = api.get(&path).await.expect(200).rows().to_vec();
        (rows.len() >= count).then_some(rows)
    })
    .await
}

async fn task(api: &Api, assignee: &str) -> String {
    api.create("/v1/tasks", json!({"subject": unique("Call back"), "assignee_id": assignee})).await
}

async fn who_gets_something_is_told(api: Api) {
    let me = user(&api, None).await;
    let id = task(&api, &me).await;
    let news = of(&api, &me, 1).await;
    let [first] = news.as_slice() else { panic!("{news:?}") };
    assert!(first["title"].as_str().unwrap().starts_with("You have the task Call back"), "{first}");
    assert_eq!((&first["related_to_object"], &first["related_to_id"]), (&json!("task"), &json!(id)));
    assert_eq!((&first["event_type"], &first["read_at"]), (&json!("kontor.task.created"), &json!(null)));
    // What concerns nobody anew is not told; what is given to somebody else is theirs.
    let _ = api.patch(&format!("/v1/tasks/{id}"), json!({"priority": "high"})).await.expect(200);
    let other = user(&api, None).await;
    let _ = api.patch(&format!("/v1/tasks/{id}"), json!({"assignee_id": other})).await.expect(200);
    let ticket = api.create("/v1/tickets", json!({"subject": unique("Help")})).await;
    let _ = api.post(&format!("/v1/tickets/{ticket}/assign"), json!({"assignee_id": other})).await.expect(200);
    let theirs = of(&api, &other, 2).await;
    assert_eq!(theirs[0]["related_to_id"], json!(id));
    assert!(theirs[1]["title"].as_str().unwrap().starts_with("You have ticket "), "{theirs:?}");
    // The log is read in order: what comes behind shows that nothing came before.
    assert_eq!(of(&api, &me, 1).await.len(), 1);
    // Nobody is told of what they did themselves.
    let own = acting(&api, &other, "member");
    let mine = task(&own, &other).await;
    let _ = task(&api, &other).await;
    assert!(of(&api, &other, 3).await.iter().all(|news| news["related_to_id"] != json!(mine)));
}

async fn each_sees_their_own(api: Api) {
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let _ = task(&api, &me).await;
    let id = of(&api, &me, 1).await[0]["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/notifications/{id}");
    for role in ["manager", "member", "sales", "read-only"] {
        let stranger = acting(&api, &other, role);
        let _ = stranger.get(&at).await.refused(404_001);
        assert!(stranger.get("/v1/notifications").await.expect(200).rows().iter().all(|news| news["id"] != json!(id)));
        let _ = stranger.post(&format!("{at}/read"), json!({})).await.refused(404_001);
        let _ = stranger.patch(&at, json!({"read_at": null})).await.refused(404_001);
        let aimed = json!({"title": "Hello", "owner_id": me});
        let reply = stranger.post("/v1/notifications", aimed).await.refused(422_000);
        assert!(reply.detail().starts_with("own_only"), "{reply}");
        let mine = acting(&api, &me, role);
        assert_eq!(mine.get(&at).await.expect(200).id(), id);
        let _ = mine.post(&format!("{at}/unread"), json!({})).await.expect(200);
    }
    let preference = json!({"channel": "email", "event_type": "kontor.deal.won"});
    let mine = acting(&api, &me, "sales");
    let made = mine.post("/v1/channel_preferences", preference).await.expect(201);
    assert_eq!(made.data()["owner_id"], json!(me));
    let at = format!("/v1/channel_preferences/{}", made.id());
    let _ = acting(&api, &other, "member").get(&at).await.refused(404_001);
    let reply = mine.patch(&at, json!({"owner_id": other})).await.refused(422_000);
    assert!(reply.detail().starts_with("own_only"), "{reply}");
}

async fn what_was_read_counts_no_more(api: Api) {
    let me = user(&api, None).await;
    for _ in 0..4 {
        let _ = task(&api, &me).await;
    }
    let all = of(&api, &me, 4).await;
    let mine = acting(&api, &me, "member");
    let unread = async || {
        let path = "/v1/notifications?filter[read_at][is_null]=true&count=exact&limit=1";
        mine.get(path).await.expect(200).page()["total"].as_i64().unwrap()
    };
    assert_eq!(unread().await, 4);
    let id = |n: usize| all[n]["id"].as_str().unwrap();
    let read = mine.post(&format!("/v1/notifications/{}/read", id(3)), json!({})).await.expect(200);
    assert!(read.data()["read_at"].is_string());
    assert_eq!(unread().await, 3);
    let _ = mine.post(&format!("/v1/notifications/{}/unread", id(3)), json!({})).await.expect(200);
    let _ = mine.post(&format!("/v1/notifications/{}/read_all", id(2)), json!({})).await.expect(200);
    assert_eq!(unread().await, 1, "what came later stays unread");
}

async fn a_lead_of_a_team_hears_of_deals(api: Api) {
    let lead = user(&api, None).await;
    let team = api.create("/v1/teams", json!({"name": word("Team"), "manager_id": lead})).await;
    let seller = user(&api, Some(&team)).await;
    let deal = api.create("/v1/deals", json!({"name": unique("Deal"), "owner_id": seller})).await;
    let _ = api.post(&format!("/v1/deals/{deal}/win"), json!({})).await.expect(200);
    let news = of(&api, &lead, 1).await;
    assert_eq!((&news[0]["related_to_id"], &news[0]["event_type"]), (&json!(deal), &json!("kontor.deal.won")));
}

async fn a_preference_can_be_read(api: Api) {
    let me = user(&api, None).await;
    let mine = acting(&api, &me, "member");
    for (body, field) in [
        (json!({"channel": "email", "event_type": "Deal Won"}), "event_type"),
        (json!({"channel": "email", "quiet_from": "8pm", "quiet_until": "07:00"}), "quiet_from"),
        (json!({"channel": "email", "quiet_from": "20:00"}), "quiet_until"),
        (json!({"channel": "chat"}), "address"),
        (json!({"channel": "chat", "address": "ftp://chat.example"}), "address"),
    ] {
        let reply = mine.post("/v1/channel_preferences", body.clone()).await;
        assert_eq!(reply.status, 400, "{body} {reply}");
        assert!(reply.faults().iter().any(|fault| fault["field"] == field), "{body} {reply}");
    }
}

async fn a_webhook_that_is_off_is_told(backend: kontor_testkit::Backend) {
    let (address, inbox) = crate::mail::server(&[]).await;
    let server = quick(backend).env("KONTOR_MAIL_SMTP_URL", &format!("smtp://{address}")).start().await;
    let api = server.api();
    let role = api.get("/v1/roles?filter[name]=admin").await.expect(200).ids().remove(0);
    let address = format!("{}@example.com", kontor_testkit::serial());
    let admin = json!({"name": unique("User"), "email": address, "role_id": role});
    let admin = api.create("/v1/users", admin).await;
    let calm = json!({"name": unique("User"), "email": format!("calm-{address}"), "role_id": role});
    let calm = api.create("/v1/users", calm).await;
    let no_mail = json!({"channel": "email", "event_type": "kontor.webhook_endpoint.*", "enabled": false});
    let _ = acting(&api, &calm, "admin").post("/v1/channel_preferences", no_mail).await.expect(201);
    let keeper = user(&api, None).await;
    let own = acting(&api, &keeper, "admin");
    let sink = crate::webhooks::Sink::saying(&[crate::webhooks::Says::Status(410, "")]).await;
    let _ = crate::webhooks::endpoint(&own, &sink.url, json!({"event_types": ["kontor.contact.created"]})).await;
    let _ = crate::webhooks::contact(&api).await;
    let news = of(&api, &keeper, 1).await;
    assert_eq!(news[0]["event_type"], json!("kontor.webhook_endpoint.disabled"), "{news:?}");
    // Administrators are told as well, by mail, too, unless they want none.
    for admin in [&admin, &calm] {
        let news = of(&api, admin, 1).await;
        assert!(news[0]["body"].as_str().unwrap().contains("it answered 410"), "{news:?}");
    }
    assert!(of(&api, &calm, 1).await[0]["email_due_at"].is_null());
    let letter = async || {
        let all = inbox.lock().unwrap().clone();
        all.into_iter().find(|(to, _)| to.contains(&address))
    };
    let (to, text) = until("a letter", letter).await;
    assert!(!to.contains("calm") && text.contains("A webhook was switched off"), "{text}");
}
