//! Whose address a request is counted for.

use kontor_testkit::{Api, Backend, Reply, both_alone};

use super::limited;

both_alone!(a_client_cannot_choose_its_address, behind_a_trusted_proxy_each_client_counts);

async fn from(api: &Api, header: &str, value: &str) -> Reply {
    api.request("GET", "/nowhere").header(header, value).send().await
}

async fn a_client_cannot_choose_its_address(backend: Backend) {
    let server = limited(backend).env("KONTOR_RATE_IP_PER_SECOND", "1").env("KONTOR_RATE_IP_BURST", "10").start().await;
    let api = server.api().anonymous();
    let mut refused = false;
    for n in 0..200 {
        let reply = from(&api, "x-forwarded-for", &format!("203.0.113.{n}")).await;
        assert!(reply.header("strict-transport-security").is_empty());
        refused |= reply.status == 429;
    }
    assert!(refused, "every address it made up was believed");
    assert!(!server.log().contains("203.0.113."), "an address that a client made up is in the log");
}

async fn behind_a_trusted_proxy_each_client_counts(backend: Backend) {
    let server = limited(backend)
        .env("KONTOR_TRUSTED_PROXIES", "127.0.0.0/8")
        .env("KONTOR_RATE_IP_PER_SECOND", "1")
        .env("KONTOR_RATE_IP_BURST", "10")
        .start()
        .await;
    let api = server.api().anonymous();
    // The proxy adds the right-most; what stands before it is the client's own invention.
    let mut refused = None;
    for n in 0..200 {
        let reply = from(&api, "x-forwarded-for", &format!("10.1.1.{n}, 203.0.113.7")).await;
        if reply.status == 429 {
            refused = Some(reply.refused(429_000));
            break;
        }
    }
    refused.expect("a refusal");
    // A /64 of IPv6 is one client.
    let mut refused = false;
    for n in 0..200 {
        refused |= from(&api, "x-forwarded-for", &format!("2001:db8:1:2::{n:x}")).await.status == 429;
    }
    assert!(refused, "an IPv6 client has as many limits as addresses");
    // Others go on.
    let _ = from(&api, "x-forwarded-for", "203.0.113.8").await.refused(404_000);
    let _ = from(&api, "forwarded", "for=\"[2001:db8:1:3::1]:4711\"").await.refused(404_000);
    // The request log is written behind the answer.
    let mut looked = 0;
    while !server.log().contains("203.0.113.8") {
        looked += 1;
        assert!(looked < 1_000, "the client's address is not in the request log");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let reply = from(&api, "x-forwarded-proto", "https").await;
    assert_eq!(reply.header("strict-transport-security"), "max-age=63072000");
}
