//! `/v1/jobs`: dead letters and their replay, schedules, processes that are killed and that work side by side.

mod dead_events;

use kontor_testkit::{Api, Backend, Part, Server, both_alone, postgres_url, unique};
use serde_json::{Value, json};

use crate::webhooks::until;

both_alone!(
    a_dead_letter_is_found_and_replayed,
    a_page_is_of_what_one_may_see,
    kinds_are_those_that_are_done,
    a_schedule_strikes_once,
    a_killed_import_goes_on,
    two_processes_do_nothing_twice
);

/// Starts an import of so many contacts; its address.
async fn import(api: &Api, rows: usize) -> String {
    let name = unique("Roe");
    let lines: String = (0..rows).map(|n| format!("{name} {n}\n")).collect();
    let form = [
        Part::json("options", &json!({"object": "contact", "format": "csv"})),
        Part::file("file", "contacts.csv", format!("last_name\n{lines}")),
    ];
    api.request("POST", "/v1/imports").form(&form).send().await.expect(202).header("location").to_owned()
}

async fn over(api: &Api, location: &str) -> Value {
    until(&format!("{location} is over"), async || {
        let job = api.get(location).await.expect(200).data().clone();
        (!["queued", "running"].contains(&job["state"].as_str().unwrap())).then_some(job)
    })
    .await
}

async fn contacts(api: &Api) -> Value {
    api.get("/v1/contacts?count=exact&limit=1").await.expect(200).page()["total"].clone()
}

/// What the document says is what this process has handlers for.
async fn kinds_are_those_that_are_done(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let refused = api.get("/v1/jobs?filter[kind]=nonsense").await.refused(400_006);
    let document = api.get("/openapi/v1.json").await.expect(200).json;
    let parameters = document["paths"]["/v1/jobs"]["get"]["parameters"].as_array().unwrap();
    let kind = parameters.iter().find(|parameter| parameter["name"] == "filter[kind]").unwrap();
    assert_eq!(refused.faults()[0]["allowed"], kind["schema"]["enum"], "{refused}");
    for kind in kind["schema"]["enum"].as_array().unwrap() {
        let _ = api.get(&format!("/v1/jobs?filter[kind]={}", kind.as_str().unwrap())).await.expect(200);
    }
}

async fn a_dead_letter_is_found_and_replayed(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let _ = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let export = json!({"object": "company", "format": "ndjson"});
    let started = api.post("/v1/exports", export).await.expect(202);
    let (id, location) = (started.id(), started.header("location").to_owned());
    assert_eq!(over(&api, &location).await["state"], "succeeded");
    let _ = api.post(&format!("{location}/retry"), json!({})).await.refused(422_000);
    // What it was to do is lost: it is tried for the last time, in vain.
    let place = server.place();
    let input = place.texts(&format!("SELECT input FROM job WHERE id = {id}")).remove(0);
    place.sql(&format!(
        "UPDATE job SET state = 'queued', finished_at = NULL, checkpoint = NULL, output = NULL, tries = 7, input = '{{}}' WHERE id = {id}"
    ));
    let dead = over(&api, &location).await;
    assert_eq!((&dead["state"], &dead["tries"], &dead["error_code"]), (&json!("failed"), &json!(8), &json!(500_000)));
    assert!(dead["error"].is_string() && dead["finished_at"].is_string(), "{dead}");
    let failed = api.get("/v1/jobs?filter[state]=failed&filter[kind]=export").await.expect(200);
    assert_eq!(failed.ids(), [id.clone()]);
    assert!(api.get("/v1/jobs?state=succeeded").await.expect(200).rows().is_empty());
    let _ = api.get("/v1/jobs?filter[state]=dead").await.refused(400_006);
    let _ = api.get("/v1/jobs?filter[object]=company").await.refused(400_003);
    let _ = api.as_role("member", &["--scopes", "contacts:read"]).get(&location).await.refused(404_001);
    // The cause is mended, and it goes on.
    place.sql(&format!("UPDATE job SET input = '{}' WHERE id = {id}", input.replace('\'', "''")));
    let again = api.post(&format!("{location}/retry"), json!({})).await.expect(200);
    assert_eq!((&again.data()["tries"], &again.data()["error"]), (&json!(0), &json!(null)));
    let done = over(&api, &location).await;
    assert_eq!((&done["state"], &done["error"]), (&json!("succeeded"), &json!(null)), "{done}");
    assert_eq!(api.get(&format!("{location}/result")).await.expect(200).text().lines().count(), 1);
    let audit = api.get(&format!("/v1/audit?record_id={id}")).await.expect(200);
    assert!(audit.texts("action").contains(&"retry".to_owned()), "{audit}");
}

/// The page is filled from what one may see, however much of others is newer.
async fn a_page_is_of_what_one_may_see(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let reader = api.as_role("member", &["--scopes", "contacts:read"]);
    let own = reader.post("/v1/exports", json!({"object": "contact", "format": "ndjson"})).await.expect(202).id();
    for _ in 0..5 {
        let _ = api.post("/v1/exports", json!({"object": "company", "format": "ndjson"})).await.expect(202);
    }
    let page = reader.get("/v1/jobs?limit=2").await.expect(200);
    assert_eq!((page.ids(), &page.page()["has_more"]), (vec![own], &json!(false)), "{page}");
    let all = api.get("/v1/jobs?limit=2").await.expect(200);
    assert_eq!((all.rows().len(), &all.page()["has_more"]), (2, &json!(true)));
    let next = all.page()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("/v1/jobs?limit=50&cursor={next}")).await.expect(200).rows().len(), 4);
}

async fn a_schedule_strikes_once(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    assert!(api.get("/v1/jobs/schedules").await.expect(200).rows().is_empty());
    let _ = api.as_role("member", &[]).get("/v1/jobs/schedules").await.refused(403_001);
    // As one that was due while nobody was there.
    server.place().sql(
        "INSERT INTO job_schedule (space, name, kind, cron, time_zone, priority, input, next_at, planned_at) \
         SELECT id, 'retention', 'retention', '0 3 * * *', 'Europe/Berlin', -10, '{}', 1, 0 FROM space",
    );
    let planned = async || api.get("/v1/jobs/schedules").await.expect(200).rows().first().cloned();
    let ran = async || planned().await.filter(|schedule| schedule["last_job_id"].is_string());
    let ran = until("its first job", ran).await;
    let job = over(&api, &format!("/v1/jobs/{}", ran["last_job_id"].as_str().unwrap())).await;
    assert_eq!(
        (&job["kind"], &job["state"], &job["priority"]),
        (&json!("retention"), &json!("succeeded"), &json!(-10))
    );
    assert_eq!((&ran["name"], &ran["cron"]), (&json!("retention"), &json!("0 3 * * *")), "{ran}");
    assert!(ran["next_at"].as_str().unwrap() > ran["last_at"].as_str().unwrap(), "{ran}");
    assert_eq!(api.get("/v1/jobs?kind=retention").await.expect(200).rows().len(), 1);
}

/// Killed in the middle: it goes on behind the last chunk, and no row is there twice.
async fn a_killed_import_goes_on(backend: Backend) {
    const ROWS: usize = 6_000;
    let mut server = Server::builder().backend(backend).start().await;
    let location = import(&server.api(), ROWS).await;
    for _ in 0..3 {
        let before = server.api().get(&location).await.expect(200).data()["progress"]["done"].clone();
        let got_on = async || {
            let job = server.api().get(&location).await.expect(200).data().clone();
            (job["progress"]["done"] != before || job["finished_at"].is_string()).then_some(())
        };
        until("it gets on", got_on).await;
        server.kill();
        server = server.restart().await;
        if backend == Backend::Postgres {
            // The lease of the dead process holds for half a minute.
            server.place().sql("UPDATE job SET lease_until = 0 WHERE state = 'running'");
        }
    }
    let job = over(&server.api(), &location).await;
    assert_eq!((&job["state"], &job["report"]["created"]), (&json!("succeeded"), &json!(ROWS)), "{job}");
    assert_eq!(contacts(&server.api()).await, json!(ROWS));
}

/// Two processes on one database, on SQLite one: every row of every file comes in once.
async fn two_processes_do_nothing_twice(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let second = match backend {
        Backend::Postgres => {
            let database = postgres_url(server.place().database().unwrap());
            Some(Server::builder().env("KONTOR_DATABASE_URL", &database).start().await)
        }
        Backend::Sqlite => None,
    };
    let api = server.api();
    let mut started = Vec::new();
    for n in 0..12 {
        let at = second.as_ref().filter(|_| n % 2 == 1).map_or_else(|| api.clone(), |other| api.at(other.url()));
        started.push(import(&at, 50).await);
    }
    for location in &started {
        let job = over(&api, location).await;
        assert_eq!((&job["state"], &job["report"]["created"]), (&json!("succeeded"), &json!(50)), "{job}");
    }
    assert_eq!(contacts(&api).await, json!(600));
    let gate: i64 = server.place().texts("SELECT CAST(version AS TEXT) FROM job_gate")[0].parse().unwrap();
    assert!(gate <= 12, "each was claimed once, by {gate} claims");
}
