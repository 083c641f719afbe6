//! Calendars: a user's feed under its link, and one appointment as a file.

use kontor_testkit::{Api, Reply, both, unique};
use serde_json::{Value, json};

both!(a_feed_shows_what_is_planned, a_link_can_be_closed, a_calendar_is_its_users, one_appointment_is_a_file);

/// Some days from when the record was made.
async fn day(api: &Api, days: i64) -> String {
    let note = api.post("/v1/notes", json!({"subject": "x"})).await.expect(201);
    let now = kontor_model::time::parse_datetime(note.data()["created_at"].as_str().unwrap()).unwrap();
    kontor_model::time::datetime_text(now / 3_600_000 * 3_600_000 + days * 86_400_000)
}

/// A user of its own, and the API in its name.
async fn person(api: &Api) -> (Api, String) {
    let user = api.create("/v1/users", json!({"name": unique("Ada")})).await;
    (api.as_role("member", &["--user", &user]), user)
}

/// The path of a feed's link.
async fn link(api: &Api, feed: &str) -> String {
    let url = api.get(&format!("/v1/calendar_feeds/{feed}/link")).await.expect(200).data()["url"].clone();
    let url = url.as_str().unwrap();
    assert!(url.ends_with(".ics"), "{url}");
    url[url.find("/public/").unwrap()..].to_owned()
}

/// The calendar with its lines put together again.
async fn calendar(api: &Api, path: &str) -> String {
    let reply = api.anonymous().get(path).await.expect(200);
    assert_eq!(reply.header("content-type"), "text/calendar; charset=utf-8");
    let text = reply.text();
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    text.replace("\r\n ", "")
}

/// The lines of the event with this in its summary.
fn event<'t>(calendar: &'t str, subject: &str) -> Vec<&'t str> {
    let events = calendar.split("BEGIN:VEVENT\r\n").skip(1);
    let found = events.map(|event| event.split("END:VEVENT").next().unwrap()).find(|event| event.contains(subject));
    found.map(|event| event.split("\r\n").collect()).unwrap_or_default()
}

async fn made(api: &Api, path: &str, fields: Value) -> Reply {
    api.post(path, fields).await.expect(201)
}

async fn a_feed_shows_what_is_planned(api: Api) {
    let (mine, me) = person(&api).await;
    let feed = made(&mine, "/v1/calendar_feeds", json!({"name": "Phone, mine"})).await;
    assert_eq!(feed.data()["user_id"], json!(me));
    let path = link(&mine, &feed.id()).await;
    let (start, end, due) = (day(&api, 3).await, day(&api, 4).await, day(&api, 5).await);
    let subject = unique("Review; budget, part");
    let fields = json!({"subject": subject, "body": "Room 3\nBring \\ paper", "start_at": start, "end_at": end,
        "remind_at": day(&api, 2).await, "assignee_id": me});
    let meeting = made(&api, "/v1/meetings", fields).await;
    let (task, call, old, others) = (unique("Task"), unique("Call"), unique("Old"), unique("Others"));
    let _ = made(&api, "/v1/tasks", json!({"subject": task, "due_at": due, "owner_id": me})).await;
    let _ =
        made(&api, "/v1/calls", json!({"subject": call, "start_at": start, "duration_minutes": 15, "assignee_id": me}))
            .await;
    let _ =
        made(&api, "/v1/calls", json!({"subject": old, "start_at": "2020-01-01T00:00:00Z", "assignee_id": me})).await;
    let bob = api.create("/v1/users", json!({"name": "Bob"})).await;
    let _ = made(&api, "/v1/meetings", json!({"subject": others, "start_at": start, "assignee_id": bob})).await;
    let text = calendar(&api, &path).await;
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.contains("X-WR-CALNAME:Phone\\, mine\r\n"));
    let escaped = subject.replace(';', "\\;").replace(',', "\\,");
    let shown = event(&text, &escaped);
    let utc = |moment: &str| format!("{}Z", moment[..19].replace(['-', ':'], ""));
    for line in [
        format!("DTSTART:{}", utc(&start)),
        format!("DTEND:{}", utc(&end)),
        format!("SUMMARY:{escaped}"),
        "DESCRIPTION:Room 3\\nBring \\\\ paper".to_owned(),
        "STATUS:CONFIRMED".to_owned(),
        "SEQUENCE:0".to_owned(),
        "BEGIN:VALARM".to_owned(),
    ] {
        assert!(shown.contains(&line.as_str()), "{line}: {shown:?}");
    }
    let uid = shown.iter().find(|line| line.starts_with("UID:")).unwrap().to_string();
    assert!(uid.contains(&meeting.id()));
    assert!(!event(&text, &task).is_empty() && !event(&text, &call).is_empty());
    assert!(event(&text, &old).is_empty() && event(&text, &others).is_empty());
    // The same is not sent again; what moves keeps its name.
    let first = api.anonymous().get(&path).await.expect(200);
    let tag = first.header("etag").to_owned();
    let again = api.anonymous().request("GET", &path).header("if-none-match", &tag).send().await;
    assert_eq!((again.status, again.text().len()), (304, 0));
    let at = format!("/v1/meetings/{}", meeting.id());
    let _ = api.post(&format!("{at}/reschedule"), json!({"start_at": end})).await.expect(200);
    let text = calendar(&api, &path).await;
    let moved = event(&text, &escaped);
    assert!(moved.contains(&uid.as_str()) && moved.contains(&"SEQUENCE:1"), "{moved:?}");
    let _ = api.patch(&at, json!({"status": "cancelled"})).await.expect(200);
    assert!(event(&calendar(&api, &path).await, &escaped).contains(&"STATUS:CANCELLED"));
}

async fn a_link_can_be_closed(api: Api) {
    let (admin, (api, user)) = (api.clone(), person(&api).await);
    let feed = api.create("/v1/calendar_feeds", json!({"name": "Phone"})).await;
    let first = link(&api, &feed).await;
    let guest = api.anonymous();
    let _ = guest.get(&first).await.expect(200);
    let _ = api.post(&format!("/v1/calendar_feeds/{feed}/renew"), json!({})).await.expect(200);
    let second = link(&api, &feed).await;
    assert_ne!(first, second);
    let _ = guest.get(&first).await.refused(404_001);
    let _ = guest.get(&second).await.expect(200);
    // Who does not work here any more has no calendar.
    let _ = admin.patch(&format!("/v1/users/{user}"), json!({"active": false})).await.expect(200);
    let _ = guest.get(&second).await.refused(404_001);
    let _ = admin.patch(&format!("/v1/users/{user}"), json!({"active": true})).await.expect(200);
    let _ = guest.get(&second).await.expect(200);
    let _ = admin.delete(&format!("/v1/calendar_feeds/{feed}")).await.expect(200);
    let _ = guest.get(&second).await.refused(404_001);
    let forged = second.replace(".ics", "A.ics");
    let _ = guest.get(&forged).await.refused(404_001);
    let _ = guest.get(&second.replace("/calendar/", "/satisfaction/")).await.refused(404_001);
}

async fn a_calendar_is_its_users(api: Api) {
    let (mine, me) = person(&api).await;
    let feed = mine.create("/v1/calendar_feeds", json!({"name": "Phone"})).await;
    // Nobody's calendar is had by calling it one's own.
    let (other, _) = person(&api).await;
    let refused = other.post("/v1/calendar_feeds", json!({"name": "Theirs", "user_id": me})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "user_id");
    let owned = other.post("/v1/calendar_feeds", json!({"name": "Theirs", "owner_id": me})).await;
    if owned.status == 201 {
        assert_ne!(owned.data()["user_id"], json!(me));
    }
    for caller in [&other, &api] {
        let _ = caller.get(&format!("/v1/calendar_feeds/{feed}/link")).await.refused(403_000);
    }
}

async fn one_appointment_is_a_file(api: Api) {
    let subject = unique("Lunch");
    let fields = json!({"subject": subject, "start_at": "2027-03-01T11:00:00+01:00", "duration_minutes": 45});
    let meeting = made(&api, "/v1/meetings", fields).await;
    let file = api.get(&format!("/v1/meetings/{}/ics", meeting.id())).await.expect(200);
    assert!(file.header("content-type").starts_with("text/calendar"), "{file}");
    let text = file.text();
    let shown = event(&text, &subject);
    assert!(shown.contains(&"DTSTART:20270301T100000Z") && shown.contains(&"DTEND:20270301T104500Z"), "{shown:?}");
    let task = made(&api, "/v1/tasks", json!({"subject": "x"})).await;
    let refused = api.get(&format!("/v1/tasks/{}/ics", task.id())).await.refused(422_000);
    assert!(refused.detail().contains("no_time"), "{refused}");
}
