//! `/v1/events/dead`: an event that a service cannot deal with is put aside with the reason, the rest goes on; once the
//! cause is mended it is replayed, and has its effect once.

use kontor_testkit::{Backend, Place, Server, both_alone, unique};
use serde_json::json;

use crate::notifications::of;
use crate::permissions::user;
use crate::webhooks::until;

both_alone!(a_poisoned_event_is_put_aside_and_replayed);

const POISON: &str = "Poison";

/// No notification about the poison can be written.
fn poison(place: &Place) {
    let when = format!("NEW.title LIKE '%{POISON}%'");
    match place.backend {
        Backend::Sqlite => place.sql(&format!(
            "CREATE TRIGGER poisoned BEFORE INSERT ON r_notifications WHEN {when} BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
        )),
        Backend::Postgres => place.sql(&format!(
            "CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$; \
             CREATE TRIGGER poisoned BEFORE INSERT ON r_notifications FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION poisoned()"
        )),
    }
}

fn cure(place: &Place) {
    match place.backend {
        Backend::Sqlite => place.sql("DROP TRIGGER poisoned"),
        Backend::Postgres => place.sql("DROP TRIGGER poisoned ON r_notifications"),
    }
}

async fn a_poisoned_event_is_put_aside_and_replayed(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "1").start().await;
    let api = server.api();
    assert!(api.get("/v1/events/dead").await.expect(200).rows().is_empty());
    let me = user(&api, None).await;
    poison(server.place());
    let task = |subject: String| api.create("/v1/tasks", json!({"subject": subject, "assignee_id": me}));
    let bad = task(unique(POISON)).await;
    let good = task(unique("Sound")).await;
    // The rest goes on.
    let news = of(&api, &me, 1).await;
    assert_eq!(news[0]["related_to_id"], json!(good), "{news:?}");
    let letters = api.get("/v1/events/dead?consumer=notifications").await.expect(200);
    let [letter] = letters.rows() else { panic!("{letters}") };
    assert_eq!((&letter["type"], &letter["tries"]), (&json!("kontor.task.created"), &json!(6)), "{letter}");
    let reason = letter["reason"].as_str().unwrap();
    assert!(!reason.is_empty() && !reason.contains("poisoned"), "what only the log may hold: {reason}");
    assert!(api.get("/v1/events/dead?consumer=automation").await.expect(200).rows().is_empty());
    let path = format!("/v1/events/dead/{}/replay", letter["event_id"].as_str().unwrap());
    let member = api.as_role("member", &[]);
    let _ = member.get("/v1/events/dead").await.refused(403_001);
    let _ = member.post(&path, json!({})).await.refused(403_001);
    let _ = api.post(&path, json!({"consumer": "automation"})).await.refused(404_001);
    let _ = api.post(&path, json!({"who": "automation"})).await.refused(400_002);
    // Too early: it stays, and says that it was tried once more.
    let asked = api.post(&path, json!({"consumer": "notifications"})).await.expect(202);
    assert_eq!(asked.data()["consumers"], json!(["notifications"]));
    let tried = async || {
        let letter = api.get("/v1/events/dead").await.expect(200).rows().first().cloned()?;
        (letter["tries"] == 7 && letter["replay_requested_at"].is_null()).then_some(())
    };
    until("a replay in vain", tried).await;
    cure(server.place());
    let _ = api.post(&path, json!({})).await.expect(202);
    let gone = async || api.get("/v1/events/dead").await.expect(200).rows().is_empty().then_some(());
    until("it is dealt with", gone).await;
    let news = of(&api, &me, 2).await;
    assert_eq!(news.iter().filter(|one| one["related_to_id"] == json!(bad)).count(), 1, "{news:?}");
    let _ = api.post(&path, json!({})).await.refused(404_001);
    // Nothing comes a second time.
    let _ = task(unique("Later")).await;
    assert_eq!(of(&api, &me, 3).await.len(), 3);
}
