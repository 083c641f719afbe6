//! HTTP itself.

use kontor_testkit::{Api, both};

use crate::support::customer;

both!(
    headers_that_are_too_large,
    ten_megabytes_of_headers,
    requests_that_are_none,
    bodies_that_lie_about_their_length,
    encodings_that_nobody_asked_for,
    many_requests_on_one_connection
);

async fn headers_that_are_too_large(api: Api) {
    let request =
        |bytes: usize| api.request("GET", "/v1/customers?limit=1").header("x-long", &"x".repeat(bytes)).send();
    let _ = request(16 << 10).await.expect(200);
    let _ = request(40 << 10).await.refused(431_000);
    let mut many = api.request("GET", "/v1/customers?limit=1");
    for i in 0..90 {
        many = many.header(&format!("x-{i}"), &"y".repeat(400));
    }
    let _ = many.send().await.refused(431_000);
}

async fn ten_megabytes_of_headers(api: Api) {
    let mut bytes = b"GET /v1/customers HTTP/1.1\r\nhost: test\r\nx-long: ".to_vec();
    bytes.resize(10 << 20, b'x');
    bytes.extend_from_slice(b"\r\nconnection: close\r\n\r\n");
    let reply = api.raw(&bytes).await;
    assert!(matches!(reply.status, 0 | 400 | 431), "{}", reply.head);
    let mut bytes = b"GET /v1/customers HTTP/1.1\r\nhost: test\r\n".to_vec();
    for i in 0..100_000 {
        bytes.extend_from_slice(format!("x-{i}: y\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    let reply = api.raw(&bytes).await;
    assert!(matches!(reply.status, 0 | 400 | 431), "{}", reply.head);
    let _ = api.get("/v1/customers?limit=1").await.expect(200);
}

async fn requests_that_are_none(api: Api) {
    for bytes in [
        &b"\r\n\r\n\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/customers\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/cust\xff\xfeomers HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"POST /v1/customers HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish of another kind",
    ] {
        // Whoever waits for more learns that none will come; here it is enough that nobody falls over.
        let reply = api.raw_and_close(bytes).await;
        assert!(reply.status < 500, "{:?}: {}", String::from_utf8_lossy(bytes), reply.head);
    }
    let _ = api.get("/v1/customers?limit=1").await.expect(200);
}

async fn bodies_that_lie_about_their_length(api: Api) {
    let key = api.key().unwrap();
    let body = customer().to_string();
    let head = |framing: &str| {
        format!(
            "POST /v1/customers HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\nconnection: close\r\n{framing}\r\n\r\n"
        )
    };
    // Both framings at once are how requests are smuggled (RFC 9112, 6.3).
    let smuggled = format!(
        "{}0\r\n\r\nGET /v1/customers HTTP/1.1\r\nhost: a\r\n\r\n",
        head(&format!("content-length: {}\r\ntransfer-encoding: chunked", body.len()))
    );
    let reply = api.raw(smuggled.as_bytes()).await;
    assert!(reply.status == 0 || (400..500).contains(&reply.status), "{}", reply.head);
    assert!(!String::from_utf8_lossy(&reply.body).contains("HTTP/1.1 200"), "a second answer");
    // Shorter than the body: the rest is not a part of it.
    let short = format!("{}{body}", head(&format!("content-length: {}", body.len() - 1)));
    assert_eq!(api.raw(short.as_bytes()).await.error_code(), 400_000);
    let chunked = format!("{}{:x}\r\n{body}\r\n0\r\n\r\n", head("transfer-encoding: chunked"), body.len());
    assert_eq!(api.raw(chunked.as_bytes()).await.status, 201);
    let endless =
        format!("{}{}", head("transfer-encoding: chunked"), format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(20));
    assert_eq!(api.raw(endless.as_bytes()).await.error_code(), 413_000);
}

async fn encodings_that_nobody_asked_for(api: Api) {
    for encoding in ["gzip", "deflate", "br", "zstd", "x-unknown"] {
        let request = api
            .request("POST", "/v1/customers")
            .header("content-encoding", encoding)
            .body("application/json", vec![0x1f, 0x8b, 8, 0]);
        let _ = request.send().await.refused(415_000);
    }
    let whole = api.get("/v1/metadata/objects").await.expect(200);
    let packed = api.request("GET", "/v1/metadata/objects").header("accept-encoding", "gzip").send().await;
    assert_eq!((packed.status, packed.header("content-encoding"), &packed.body[..2]), (200, "gzip", &[0x1f, 0x8b][..]));
    assert!(packed.body.len() < whole.body.len() / 2);
}

async fn many_requests_on_one_connection(api: Api) {
    let key = api.key().unwrap();
    let one = format!("GET /v1/customers?limit=1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n\r\n");
    let last = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let reply = api.raw(format!("{}{last}", one.repeat(50)).as_bytes()).await;
    let text = format!("{}\r\n\r\n{}", reply.head, String::from_utf8_lossy(&reply.body));
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 51);
}
