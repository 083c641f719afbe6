//! `kill -9` in the midst of a copy, and a copy that is called off.

use std::time::Duration;

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::json;

use super::{census, done, dump, enter, id, make, path};
use crate::support::batch;

both_alone!(a_copy_goes_on_after_kills, a_copy_that_is_called_off_is_dropped);

const RECORDS: usize = 6_000;

async fn many(api: &Api) {
    for part in 0..RECORDS / 1_000 {
        let records = (0..1_000).map(|n| json!({"last_name": format!("Zwieselbach {part} {n}"), "email": format!("z{part}.{n}@zwieselbach.example")}));
        batch(api, "/v1/contacts", records).await;
    }
}

async fn a_copy_goes_on_after_kills(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    many(&server.api()).await;
    let sandbox = make(&server.api(), "copy", "live").await;
    let job = sandbox["job_url"].as_str().unwrap().to_owned();
    let mut kills = 0;
    // On PostgreSQL the next process waits until the lease of the one that died has run out.
    let goals: &[i64] = if backend == Backend::Sqlite { &[400, 2_000, 4_000] } else { &[2_000] };
    for goal in goals {
        let reached = loop {
            let job = server.api().get(&job).await.expect(200).data().clone();
            if job["state"] == "succeeded" || job["progress"]["done"].as_i64().unwrap() >= *goal {
                break job["state"] != "succeeded";
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        if reached {
            server = server.restart().await;
            kills += 1;
        }
    }
    assert!(kills > 0, "the copy was too quick to be killed");
    let live = server.api();
    let job = done(&live, &sandbox).await;
    assert_eq!(job["progress"]["done"], job["progress"]["total"], "{job}");
    let inside = enter(&live, &sandbox).await;
    let count = inside.get("/v1/contacts?limit=1&count=exact").await.expect(200);
    assert_eq!(count.page()["total"], RECORDS);
    assert!(!dump(server.place(), &id(&sandbox)).to_lowercase().contains("zwieselbach"));
}

async fn a_copy_that_is_called_off_is_dropped(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    many(&live).await;
    let sandbox = make(&live, "copy", "live").await;
    let _ = live.delete(&path(&sandbox)).await.refused(409_000);
    let job = sandbox["job_url"].as_str().unwrap();
    // In its midst: some of it is there, and more is to come.
    loop {
        let shown = live.get(job).await.expect(200).data().clone();
        match shown["state"].as_str().unwrap() {
            "running" if shown["progress"]["done"].as_i64().unwrap() > 0 => break,
            "queued" | "running" => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => panic!("the copy was over before it could be called off: {shown}"),
        }
    }
    let _ = live.post(&format!("{job}/cancel"), json!({})).await.expect(200);
    let state = loop {
        let shown = live.get(&path(&sandbox)).await.expect(200);
        if shown.data()["state"] != "creating" {
            break shown.data()["state"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let shown = live.get(job).await.expect(200).data().clone();
    assert_eq!(shown["state"], "cancelled", "{shown}");
    assert!(shown["progress"]["done"].as_i64() < shown["progress"]["total"].as_i64(), "{shown}");
    assert_ne!(census(server.place(), &id(&sandbox)), []);
    assert_eq!(state, "incomplete");
    let _ = live.post(&format!("{}/keys", path(&sandbox)), json!({"name": "x"})).await.refused(409_000);
    let reply = live.delete(&path(&sandbox)).await.expect(202);
    done(&live, reply.data()).await;
    assert_eq!(census(server.place(), &id(&sandbox)), []);
}
