//! When there is no room: 503000 with `Retry-After`, at once, and nothing half done.

use futures::future::join_all;
use kontor_testkit::{Api, Backend, Builder, Reply, Server, both_alone, serial};
use serde_json::json;

use super::metric;
use crate::support::add_space;

both_alone!(
    what_finds_no_room_is_refused_and_not_done,
    who_looks_after_the_process_never_waits,
    one_space_does_not_crowd_out_another,
    what_is_refused_may_be_sent_again,
    who_goes_away_leaves_room,
    a_kept_answer_is_better_than_none,
);

/// Room for one read and one change.
fn narrow(backend: Backend, queue: &str) -> Builder {
    Server::builder()
        .backend(backend)
        .env("KONTOR_OVERLOAD_MIN", "1")
        .env("KONTOR_OVERLOAD_MAX", "1")
        .env("KONTOR_OVERLOAD_QUEUE", queue)
        .env("KONTOR_OVERLOAD_WAIT_MS", "60000")
}

async fn make(api: &Api, count: usize, mark: &str) -> Vec<Reply> {
    let made = (0..count).map(|n| {
        api.request("POST", "/v1/deals").json(&json!({"name": format!("{mark} {n}"), "next_step": mark})).send()
    });
    join_all(made).await
}

fn is_refusal(reply: &Reply) -> bool {
    if reply.status == 201 || reply.status == 200 {
        return false;
    }
    assert_eq!(reply.error_code(), 503_000, "{reply}");
    reply.is_problem();
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=5).contains(&seconds), "{reply}");
    assert_eq!(reply.json["retry"], json!({"retryable": true, "after_seconds": seconds}));
    true
}

async fn what_finds_no_room_is_refused_and_not_done(backend: Backend) {
    let server = narrow(backend, "2").start().await;
    let api = server.api();
    let mark = serial();
    let replies = make(&api, 100, &mark).await;
    let refused = replies.iter().filter(|reply| is_refusal(reply)).count();
    assert!(refused > 0, "all 100 found room");
    let listed = api.get(&format!("/v1/deals?filter[next_step]={mark}&limit=500")).await.expect(200);
    assert_eq!(listed.rows().len(), 100 - refused);
    assert_eq!(metric(&api, "overload_shed_total", "write").await, refused as u64);
    assert_eq!(metric(&api, "overload_in_flight", "").await, 0);
    assert_eq!(metric(&api, "overload_queued", "").await, 0);
    assert_eq!(metric(&api, "overload_limit", "write").await, 1);
}

async fn who_looks_after_the_process_never_waits(backend: Backend) {
    let server = narrow(backend, "0").start().await;
    let api = server.api();
    let mark = serial();
    let looked = async {
        for _ in 0..20 {
            for path in ["/healthz", "/readyz", "/metrics"] {
                let reply = api.anonymous().get(path).await;
                assert_eq!(reply.status, 200, "{path}: {reply}");
            }
        }
    };
    let (replies, ()) = tokio::join!(make(&api, 200, &mark), looked);
    assert!(replies.iter().any(is_refusal));
}

async fn one_space_does_not_crowd_out_another(backend: Backend) {
    let server = narrow(backend, "20").start().await;
    add_space(&server, "sandbox");
    let (api, polite) = (server.api(), server.api().as_role("admin", &["--space", "sandbox"]));
    let (mark, other) = (serial(), serial());
    let one_by_one = async {
        for _ in 0..20 {
            assert_eq!(make(&polite, 1, &other).await[0].status, 201, "the polite space was refused");
        }
    };
    let flood = async {
        let mut refused = 0;
        for _ in 0..3 {
            refused += make(&api, 100, &mark).await.iter().filter(|reply| is_refusal(reply)).count();
        }
        refused
    };
    let (refused, ()) = tokio::join!(flood, one_by_one);
    assert!(refused > 0, "there was no flood");
}

async fn what_is_refused_may_be_sent_again(backend: Backend) {
    let server = narrow(backend, "0").start().await;
    let api = server.api();
    let mark = serial();
    let send = |n: usize| {
        let body = json!({"name": format!("{mark} {n}"), "next_step": mark});
        api.request("POST", "/v1/deals").header("idempotency-key", &format!("{mark}-{n}")).json(&body).send()
    };
    let mut open: Vec<usize> = (0..30).collect();
    let mut refused = 0;
    while !open.is_empty() {
        let replies = join_all(open.iter().map(|n| send(*n))).await;
        open = open.into_iter().zip(&replies).filter(|(_, reply)| is_refusal(reply)).map(|(n, _)| n).collect();
        refused += open.len();
    }
    assert!(refused > 0, "all found room at once");
    let listed = api.get(&format!("/v1/deals?filter[next_step]={mark}&limit=500")).await.expect(200);
    assert_eq!(listed.rows().len(), 30, "a refusal burns no key and does nothing");
    assert_eq!(send(7).await.expect(201).header("idempotent-replayed"), "true");
}

async fn who_goes_away_leaves_room(backend: Backend) {
    let server = narrow(backend, "5").start().await;
    let api = server.api();
    let mark = serial();
    for _ in 0..5 {
        let gone = (0..20).map(|n| {
            let body = json!({"name": format!("{mark} {n}")});
            let request = api.request("POST", "/v1/deals").json(&body).send();
            tokio::time::timeout(std::time::Duration::from_millis(1), request)
        });
        join_all(gone).await;
    }
    // Whatever was begun ends; then there is room for one after the other.
    while metric(&api, "overload_in_flight", "write").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for _ in 0..10 {
        assert_eq!(make(&api, 1, &mark).await[0].status, 201);
    }
    assert_eq!(metric(&api, "overload_queued", "").await, 0);
}

async fn a_kept_answer_is_better_than_none(backend: Backend) {
    let server = narrow(backend, "0").start().await;
    let api = server.api();
    let mark = serial();
    let _ = make(&api, 1, &mark).await;
    let hot = format!("/v1/deals?filter[next_step]={mark}");
    let _ = api.get(&hot).await.expect(200);
    let flood = async {
        let asked = (0..400).map(|n| {
            let (api, path) = (api.clone(), format!("/v1/deals?limit=500&filter[next_step]={mark}-{n}"));
            async move { api.get(&path).await }
        });
        join_all(asked).await
    };
    let steady = async {
        let mut stale = 0;
        for _ in 0..60 {
            let reply = api.get(&hot).await.expect(200);
            if !reply.header("warning").is_empty() {
                stale += 1;
                assert_eq!(reply.header("warning"), "110 - \"Response is Stale\"");
                assert!(reply.header("age").parse::<u64>().unwrap() < 60);
            }
        }
        stale
    };
    let (flood, stale) = tokio::join!(flood, steady);
    assert!(flood.iter().any(is_refusal), "there was no flood");
    assert_eq!(metric(&api, "cache_answers_total", "stale").await, stale);
}
