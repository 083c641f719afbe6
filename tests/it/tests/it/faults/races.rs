//! Many for one key, many for one version.

use std::time::Instant;

use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, serial};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{a_while, any, rounds};
use crate::support::{customer, notes};

both!(one_version_has_one_successor, registers_are_linearizable);
both_alone!(one_key_makes_one_record);

const RACERS: usize = 32;

async fn post(api: Api, key: String, body: Value) -> Result<Reply, String> {
    loop {
        let reply = api.request("POST", "/v1/customers").header("idempotency-key", &key).json(&body).try_send().await?;
        if reply.error_code() != 409_003 {
            return Ok(reply);
        }
        a_while(1, 10).await;
    }
}

/// Keys in groups; now and then the server is killed under a group, and its racers ask again.
async fn one_key_makes_one_record(backend: Backend) {
    let mut server = Server::builder().backend(backend).start().await;
    let (count, mut made, mut kills) = (rounds(24, 1_000), Vec::new(), 0);
    for group in 0..count.div_ceil(8) {
        let keys: Vec<(String, Value)> = (0..8.min(count - group * 8)).map(|_| (serial(), customer())).collect();
        let race = |api: &Api| {
            let mut racers = JoinSet::new();
            for (key, body) in keys.iter().flat_map(|one| std::iter::repeat_n(one, RACERS)) {
                let (key, body, api) = (key.clone(), body.clone(), api.clone());
                racers.spawn(async move { (key.clone(), post(api, key, body).await) });
            }
            racers
        };
        let mut racers = race(&server.api());
        let mut answers = Vec::new();
        if group % 3 == 1 {
            tokio::select! {
                () = a_while(1, 60) => {}
                Some(first) = racers.join_next() => answers.push(first.expect("a racer")),
            }
            server.kill();
            kills += 1;
            while let Some(answer) = racers.join_next().await {
                answers.push(answer.expect("a racer"));
            }
            server = server.restart().await;
            racers = race(&server.api());
        }
        while let Some(answer) = racers.join_next().await {
            let answer = answer.expect("a racer");
            assert!(answer.1.is_ok(), "no answer from a server that lives: {:?}", answer.1);
            answers.push(answer);
        }
        for (key, body) in &keys {
            let mut answered = answers.iter().filter(|(of, _)| of == key).filter_map(|(_, reply)| reply.as_ref().ok());
            let first = answered.next().expect("an answer").clone().expect(201);
            for reply in answered {
                assert_eq!((reply.status, reply.data()), (201, first.data()), "{reply}");
            }
            let _ = post(server.api(), key.clone(), customer()).await.expect("an answer").refused(422_001);
            made.push((key.clone(), body.clone(), first));
        }
    }
    // Once more over a kill: the same answers, one record for each key.
    let server = server.restart().await;
    let api = server.api();
    let total = api.get("/v1/customers?count=exact&limit=1").await.expect(200).page()["total"].clone();
    assert_eq!(total, made.len());
    for (key, body, first) in &made {
        let again = post(api.clone(), key.clone(), body.clone()).await.expect("an answer").expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.data()), ("true", first.data()));
    }
    eprintln!("{} keys, {RACERS} racers each, {kills} kills on {}: {total} records", made.len(), backend.name());
}

async fn one_version_has_one_successor(api: Api) {
    let papers = notes(&api).await;
    let count = rounds(8, 200);
    for _ in 0..count {
        let path = papers.at(&api.create(&papers.path, json!({"title": "a", "rank": 0})).await);
        let mut racers = JoinSet::new();
        for racer in 1..=RACERS {
            let (api, path) = (api.clone(), path.clone());
            racers.spawn(async move {
                let reply =
                    api.request("PATCH", &path).header("if-match", "\"1\"").json(&json!({"rank": racer})).send().await;
                (racer, reply)
            });
        }
        let mut winner = 0;
        for (racer, reply) in racers.join_all().await {
            if reply.status == 200 {
                assert_eq!((winner, &reply.data()["version"]), (0, &json!(2)), "{reply}");
                winner = racer;
            } else {
                let reply = reply.refused(412_000);
                assert_eq!(reply.json["current_version"], 2, "{reply}");
            }
        }
        let record = api.get(&path).await.expect(200);
        assert_eq!((&record.data()["rank"], &record.data()["version"]), (&json!(winner), &json!(2)));
    }
    eprintln!("{count} records, {RACERS} racers each: one successor each");
}

/// What one operation saw: from when to when, which version with which value.
type Seen = (Instant, Instant, u64, i64);

/// Reads, blind writes and conditional writes of one record. Versions order the writes; a value belongs to one
/// version, and no operation sees a version older than one that had been answered before it began.
async fn registers_are_linearizable(api: Api) {
    let papers = notes(&api).await;
    let (registers, clients, each) = (rounds(4, 100), 10, 20);
    for _ in 0..registers {
        let path = papers.at(&api.create(&papers.path, json!({"title": "a", "rank": 0})).await);
        let mut running = JoinSet::new();
        for client in 0..clients {
            let (api, path) = (api.clone(), path.clone());
            running.spawn(async move {
                let (mut seen, mut last): (Vec<Seen>, u64) = (Vec::new(), 1);
                for n in 0..each {
                    let value = json!({"rank": client * 1_000 + n + 1});
                    let start = Instant::now();
                    let reply = match any(3) {
                        0 => api.get(&path).await,
                        1 => api.patch(&path, value).await,
                        _ => {
                            api.request("PATCH", &path)
                                .header("if-match", &format!("\"{last}\""))
                                .json(&value)
                                .send()
                                .await
                        }
                    };
                    if reply.error_code() == 412_000 {
                        last = reply.json["current_version"].as_u64().unwrap();
                        continue;
                    }
                    // A change without a condition that lost its race again and again was not made.
                    if reply.error_code() == 409_000 {
                        continue;
                    }
                    let data = reply.expect(200).data().clone();
                    last = data["version"].as_u64().unwrap();
                    seen.push((start, Instant::now(), last, data["rank"].as_i64().unwrap()));
                }
                seen
            });
        }
        judge(running.join_all().await.concat());
    }
    eprintln!("{registers} registers, {} operations each: linearizable", clients * each);
}

fn judge(mut seen: Vec<Seen>) {
    let mut values = std::collections::HashMap::new();
    for (.., version, value) in &seen {
        assert_eq!(values.entry(*version).or_insert(*value), value, "two values of version {version}");
    }
    let mut ended: Vec<(Instant, u64)> = seen.iter().map(|(_, end, version, _)| (*end, *version)).collect();
    ended.sort_unstable();
    seen.sort_unstable();
    let (mut newest, mut ended) = (0, ended.into_iter().peekable());
    for (start, _, version, _) in seen {
        while let Some((_, version)) = ended.next_if(|(end, _)| *end < start) {
            newest = newest.max(version);
        }
        assert!(version >= newest, "version {version} after {newest} had been answered");
    }
}
