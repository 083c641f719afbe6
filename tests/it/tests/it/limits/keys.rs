//! Limits of a credential, its day, its space, and of an address.

use kontor_testkit::{Api, Backend, Place, both, both_alone};
use serde_json::json;

use super::{limited, said, wait};
use crate::support::{add_space, customer};

both!(without_limits_nothing_is_said);
both_alone!(
    every_answer_says_what_is_left,
    a_key_is_refused_and_waiting_helps,
    a_polite_tenant_never_notices_a_noisy_one,
    a_day_is_used_up_and_remembered,
    a_space_has_a_limit_for_all_its_keys,
    what_is_dear_costs_more,
    guesses_are_refused_and_neighbours_are_not,
    guessing_at_once_does_not_help,
    an_address_has_a_limit_before_it_says_who_it_is,
    commands_of_the_installation_are_not_limited,
    a_command_with_a_key_waits_as_it_is_told
);

const LIST: &str = "/v1/customers?limit=1";

async fn without_limits_nothing_is_said(api: Api) {
    for _ in 0..150 {
        let reply = api.get(LIST).await.expect(200);
        assert!(reply.header("ratelimit").is_empty() && reply.header("ratelimit-policy").is_empty());
    }
}

async fn every_answer_says_what_is_left(backend: Backend) {
    let server = limited(backend).start().await;
    let api = server.api().as_role("admin", &[]);
    let first = api.get(LIST).await.expect(200);
    let policy = first.header("ratelimit-policy");
    assert_eq!(policy, "\"key\";q=100;w=10, \"day\";q=50000;w=86400, \"space\";q=1000;w=5, \"ip\";q=500;w=10");
    assert_eq!((said(&first, "key", "r"), said(&first, "key", "t"), said(&first, "day", "r")), (99, 1, 49_999));
    assert!(said(&first, "day", "t") <= 86_400);
    // Also what is refused for another reason, and what nobody signed.
    for refused in [api.get("/v1/customers?limit=501").await, api.get("/v1/nothing").await] {
        assert!(refused.status >= 400 && said(&refused, "key", "r") < 100, "{refused}");
    }
    for unsigned in
        [api.anonymous().get(LIST).await.refused(401_000), api.anonymous().get("/nowhere").await.refused(404_000)]
    {
        assert_eq!(unsigned.header("ratelimit-policy"), "\"ip\";q=500;w=10");
    }
    // Whoever looks after the process is not limited.
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert!(api.anonymous().get(path).await.expect(200).header("ratelimit").is_empty(), "{path}");
    }
}

async fn a_key_is_refused_and_waiting_helps(backend: Backend) {
    let server = limited(backend).start().await;
    let api = server.api().as_role("admin", &["--rate-per-second", "1", "--burst", "3"]);
    let mut admitted = 0;
    let refused = loop {
        let reply = api.post("/v1/customers", customer()).await;
        if reply.status == 429 {
            break reply;
        }
        admitted += 1;
        assert!(admitted < 100, "{reply}");
    };
    assert!(admitted >= 3);
    let refused = refused.refused(429_000);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.json["retry"], json!({"retryable": true, "after_seconds": 1}));
    assert_eq!(said(&refused, "key", "r"), 0);
    assert!(refused.header("ratelimit-policy").contains("\"key\";q=3;w=3"), "{refused}");
    wait(&refused).await;
    let _ = api.get(LIST).await.expect(200);
    // What was refused was not done.
    assert_eq!(server.api().get("/v1/customers?count=exact").await.expect(200).page()["total"], admitted);
    // The key's own limit is not that of others.
    let _ = server.api().get(LIST).await.expect(200);
}

async fn a_polite_tenant_never_notices_a_noisy_one(backend: Backend) {
    let server = limited(backend).start().await;
    add_space(&server, "sandbox");
    // Another space, another key, and both from one address.
    let polite = server.api().as_role("admin", &["--space", "sandbox"]);
    let noisy = server.api().as_role("admin", &["--rate-per-second", "1", "--burst", "20"]);
    let shouting = tokio::spawn(async move {
        let mut refused = 0;
        for _ in 0..300 {
            refused += u32::from(noisy.get(LIST).await.status == 429);
        }
        refused
    });
    for _ in 0..90 {
        let _ = polite.get(LIST).await.expect(200);
    }
    assert!(shouting.await.unwrap() > 0);
}

async fn a_day_is_used_up_and_remembered(backend: Backend) {
    let mut server = limited(backend).start().await;
    let key = server.place().key("admin", &["--per-day", "5"]);
    let api = server.api().with_key(&key);
    let begun = today();
    for left in (0..5).rev() {
        let reply = api.get(LIST).await.expect(200);
        assert_eq!(said(&reply, "day", "r"), left, "{reply}");
    }
    let refused = api.get(LIST).await.refused(429_001);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "{refused}");
    assert!(refused.detail().contains("00:00 UTC"), "{refused}");
    // An orderly end writes it down.
    assert!(server.terminate().await.success());
    let server = server.restart().await;
    let reply = server.api().with_key(&key).get(LIST).await;
    if today() == begun {
        let _ = reply.refused(429_001);
    }
}

/// The date in UTC: the story may go on over midnight.
fn today() -> String {
    let output = std::process::Command::new("date").args(["-u", "+%F"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

async fn a_space_has_a_limit_for_all_its_keys(backend: Backend) {
    let server = limited(backend).start().await;
    let place = server.place();
    for (key, value) in [("space_per_second", "1"), ("space_burst", "10"), ("key_burst", "8")] {
        assert!(place.output(&["settings", "set", key, value]).status.success());
    }
    // Settings are read with a key, and a key is looked up anew after two seconds: these are new.
    let (one, other) = (server.api().as_role("admin", &[]), server.api().as_role("member", &[]));
    let reply = one.get(LIST).await.expect(200);
    assert!(reply.header("ratelimit-policy").contains("\"key\";q=8;"), "{reply}");
    assert!(reply.header("ratelimit-policy").contains("\"space\";q=10;w=10"), "{reply}");
    let mut refused = None;
    for turn in 0..200 {
        let reply = if turn % 2 == 0 { &one } else { &other }.get(LIST).await;
        if reply.status == 429 {
            refused = Some(reply.refused(429_000));
            break;
        }
    }
    let refused = refused.expect("a refusal");
    assert!(refused.detail().contains("all credentials of this space"), "{refused}");
    assert!(said(&refused, "key", "r") > 0, "{refused}");
    // A key without a limit takes from nobody.
    let free = server.api().as_role("admin", &["--rate-per-second", "0", "--per-day", "0"]);
    let reply = free.get(LIST).await.expect(200);
    assert_eq!(reply.header("ratelimit"), "");
}

async fn what_is_dear_costs_more(backend: Backend) {
    let server = limited(backend).start().await;
    let api = server.api().as_role("admin", &["--rate-per-second", "1", "--burst", "1000"]);
    let cheap = api.get(LIST).await.expect(200);
    assert_eq!(said(&cheap, "key", "r"), 999);
    let body = json!({"operations": [{"op": "create", "data": customer()}]});
    let dear = api.post("/v1/customers/batch", body).await.expect(200);
    let left = said(&dear, "key", "r");
    // A second or two may have given a token back.
    assert!((994..=998).contains(&left), "{dear}");
    assert_eq!(said(&dear, "day", "r"), 49_998, "a day counts requests");
}

async fn guesses_are_refused_and_neighbours_are_not(backend: Backend) {
    let server = limited(backend).start().await;
    let good = server.api();
    let _ = good.get(LIST).await.expect(200);
    let guess = |n: u32| server.api().with_key(&format!("ak_guess{n:024}"));
    for n in 0..10 {
        let _ = guess(n).get(LIST).await.refused(401_001);
    }
    for n in 10..60 {
        let refused = guess(n).get(LIST).await.refused(429_000);
        assert!(!refused.header("retry-after").is_empty() && said(&refused, "failures", "r") == 0, "{refused}");
    }
    // Not even one that is right, as long as it has not been good before: the guesser would learn it.
    let new = good.as_role("admin", &[]);
    let _ = new.get(LIST).await.refused(429_000);
    // A neighbour behind the same address goes on.
    let _ = good.get(LIST).await.expect(200);
}

async fn guessing_at_once_does_not_help(backend: Backend) {
    let server = limited(backend).start().await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..400 {
        // Well formed, so that each would have to be looked up.
        let api = server.api().with_key(&well_formed(n));
        calls.spawn(async move { api.get(LIST).await });
    }
    let replies = calls.join_all().await;
    let answered = replies.iter().filter(|reply| reply.error_code() == 401_001).count();
    // Ten in a minute; a machine that is very slow may begin another.
    assert!((10..=20).contains(&answered), "{answered}");
    for refused in replies.into_iter().filter(|reply| reply.status != 401) {
        let _ = refused.refused(429_000);
    }
}

/// A key whose checksum is right, and that nobody has.
fn well_formed(n: u32) -> String {
    crate::credentials::stranger(&format!("{n:026}"))
}

async fn an_address_has_a_limit_before_it_says_who_it_is(backend: Backend) {
    let server = limited(backend).env("KONTOR_RATE_IP_PER_SECOND", "1").env("KONTOR_RATE_IP_BURST", "20").start().await;
    let mut refused = None;
    for _ in 0..500 {
        let reply = server.api().anonymous().get("/nowhere").await;
        if reply.status == 429 {
            refused = Some(reply.refused(429_000));
            break;
        }
        let _ = reply.refused(404_000);
    }
    let refused = refused.expect("a refusal");
    assert_eq!(said(&refused, "ip", "r"), 0);
    wait(&refused).await;
    let _ = server.api().anonymous().get("/nowhere").await.refused(404_000);
}

async fn commands_of_the_installation_are_not_limited(backend: Backend) {
    let server = limited(backend)
        .env("KONTOR_RATE_KEY_PER_SECOND", "1")
        .env("KONTOR_RATE_KEY_BURST", "1")
        .env("KONTOR_RATE_KEY_PER_DAY", "1")
        .env("KONTOR_RATE_SPACE_BURST", "1")
        .env("KONTOR_RATE_SPACE_PER_SECOND", "1")
        .start()
        .await;
    let file = customers(server.place());
    let output = server.place().output(&["import", "customer", &file]);
    assert!(output.status.success(), "{output:?}");
}

/// A file with one.
fn customers(place: &Place) -> String {
    let file = place.root().join("customers.csv");
    std::fs::write(&file, "name,mobile,customer_type\n张三,13800138000,standard\n").unwrap();
    file.to_string_lossy().into_owned()
}

async fn a_command_with_a_key_waits_as_it_is_told(backend: Backend) {
    let server = limited(backend).start().await;
    // The upload takes all five: the first look at the job is refused.
    let key = server.place().key("member", &["--rate-per-second", "1", "--burst", "5"]);
    let file = customers(server.place());
    let mut command = server.place().command(&["import", "customer", &file, "--server", server.url()]);
    let output = command.env("KONTOR_API_KEY", &key).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let metrics = server.api().anonymous().get("/metrics").await.text();
    assert!(!metrics.contains("rate_limit_refusals_total{limit=\"key\"} 0\n"), "it was never refused");
}
