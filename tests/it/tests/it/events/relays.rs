//! Numbers without gaps, whoever gives them and whatever happens to the giver.

use std::time::Instant;

use kontor_testkit::{Api, Backend, Server, both_alone, postgres_url, unique};
use serde_json::{Value, json};

use super::stream::Stream;
use super::{PATIENCE, about, sequence};
use crate::faults::rounds;

both_alone!(numbers_have_no_gaps, a_kill_loses_no_event, old_events_go);

/// All events of contacts, from the beginning.
async fn log(api: &Api) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page = api.get(&format!("/v1/events?limit=500&after={after}")).await.expect(200);
        all.extend(page.rows().to_vec());
        page.page()["next_cursor"].as_str().unwrap().clone_into(&mut after);
        if page.page()["has_more"] == false {
            return all;
        }
    }
}

async fn make(api: Api, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let id = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
        let _ = api.patch(&format!("/v1/contacts/{id}"), json!({"title": format!("t{n}")})).await.expect(200);
        ids.push(id);
    }
    ids
}

/// Every record's events are there once and in order, and no number is missing among those of contacts.
fn is_whole(events: &[Value], ids: &[String], each: usize) {
    let numbers: Vec<i64> = events.iter().map(sequence).collect();
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "in order, each once");
    for id in ids {
        let own: Vec<i64> = events
            .iter()
            .filter(|event| event["subject"] == json!(format!("contacts/{id}")))
            .map(|event| event["data"]["record"]["version"].as_i64().unwrap())
            .collect();
        assert_eq!(own, (1..=i64::try_from(each).unwrap()).collect::<Vec<_>>(), "contacts/{id}");
    }
}

async fn numbers_have_no_gaps(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let second = match backend {
        // Two processes with a relay each.
        Backend::Postgres => Some(beside(&server).await),
        Backend::Sqlite => None,
    };
    let api = server.api();
    let before = log(&api).await;
    let mut stream = Stream::open(&api, "?type=kontor.contact.*", None).await;
    let writers: Vec<_> = (0..16)
        .map(|n| {
            let at = second.as_ref().filter(|_| n % 2 == 1).map_or_else(|| api.clone(), |other| api.at(other.url()));
            tokio::spawn(make(at, 10))
        })
        .collect();
    let mut ids = Vec::new();
    for writer in writers {
        ids.extend(writer.await.unwrap());
    }
    for id in &ids {
        let _ = about(&api, &format!("contacts/{id}"), 2).await;
    }
    let events = log(&api).await;
    is_whole(&events, &ids, 2);
    let all =
        server.place().texts("SELECT CAST(sequence AS TEXT) FROM event WHERE sequence IS NOT NULL ORDER BY sequence");
    let mut all: Vec<i64> = all.iter().map(|text| text.parse().unwrap()).collect();
    all.sort_unstable();
    assert!(all.windows(2).all(|two| two[1] == two[0] + 1), "no gaps: {all:?}");
    let of_contacts = |event: &&Value| event["type"].as_str().is_some_and(|kind| kind.starts_with("kontor.contact."));
    let ours: Vec<i64> = events.get(before.len()..).unwrap().iter().filter(of_contacts).map(sequence).collect();
    assert_eq!(ours.len(), 320);
    let mut streamed = Vec::new();
    while streamed.len() < 320 {
        streamed.push(sequence(&stream.next().await.unwrap()));
    }
    assert_eq!(streamed, ours, "a stream has every one, in order");
}

/// A second process on the same database.
async fn beside(server: &Server) -> Server {
    let database = postgres_url(server.place().database().unwrap());
    Server::builder().env("KONTOR_DATABASE_URL", &database).start().await
}

/// Killed right after a commit: what was acknowledged is in the log once the process is back.
async fn a_kill_loses_no_event(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let mut ids = Vec::new();
    for _ in 0..rounds(5, 200) {
        ids.extend(make(server.api(), 2).await);
        server.kill();
        server = server.restart().await;
    }
    for id in &ids {
        let _ = about(&server.api(), &format!("contacts/{id}"), 2).await;
    }
    is_whole(&log(&server.api()).await, &ids, 2);
}

/// What is too old is gone, and a cursor that needs it is told so.
async fn old_events_go(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "1").start().await;
    let api = server.api();
    let ids = make(api.clone(), 3).await;
    let old = about(&api, &format!("contacts/{}", ids[0]), 2).await;
    let all = about(&api, &format!("contacts/{}", ids[2]), 2).await;
    let year = 366 * 86_400_000_i64;
    server.place().sql(&format!("UPDATE event SET at = at - {year} WHERE sequence <= {}", sequence(&old[1])));
    let begun = Instant::now();
    while !api.get(&format!("/v1/events?subject=contacts/{}", ids[0])).await.expect(200).rows().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "old events are removed");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let _ = api.get(&format!("/v1/events?after={}", sequence(&old[0]) - 1)).await.refused(400_005);
    assert!(log(&api).await.contains(all.last().unwrap()), "what is younger stays");
}
