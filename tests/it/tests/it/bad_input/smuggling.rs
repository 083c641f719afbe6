//! Requests that two readers would cut at different places (RFC 9112, 11.2): never more answers than there are requests
//! by any reading that a proxy in front may have.

use kontor_testkit::{Api, RawReply, both};

both!(
    bytes_behind_a_refused_request_are_no_request,
    what_is_framed_in_two_ways_is_refused,
    lines_that_are_folded_or_cut_wrongly_are_refused,
    extensions_of_chunks_say_nothing,
    the_host_is_that_of_the_target
);

/// The request that is hidden: its answer shows.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nhost: hidden\r\n\r\n";

fn answers(reply: &RawReply) -> usize {
    let text = format!("{}\r\n\r\n{}", reply.head, String::from_utf8_lossy(&reply.body));
    text.matches("HTTP/1.1 ").count()
}

fn is_refused(reply: &RawReply) -> bool {
    reply.status == 0 || (400..500).contains(&reply.status) || reply.status == 501
}

async fn send(api: &Api, head: &str, body: &str) -> RawReply {
    let key = api.key().unwrap();
    let text = format!("{head}\r\nhost: a\r\nauthorization: Bearer {key}\r\n{body}");
    // A server may give up on whoever closes before the answer, so only where nothing else ends the connection.
    if body.contains("connection: close") {
        api.raw(text.as_bytes()).await
    } else {
        api.raw_and_close(text.as_bytes()).await
    }
}

async fn what_is_framed_in_two_ways_is_refused(api: Api) {
    let post = "POST /v1/customers/search HTTP/1.1";
    let framings = [
        "content-length: 6\r\ncontent-length: 5",
        "content-length: 6, 5",
        "content-length: +6",
        "content-length: 6 6",
        "content-length: 0x6",
        "content-length:",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, gzip",
        "transfer-encoding: gzip",
        "transfer-encoding: \u{b}chunked",
        "transfer-encoding : chunked",
        "content-length : 6",
        "transfer-encoding\r\n: chunked",
    ];
    for framing in framings {
        let reply =
            send(&api, post, &format!("content-type: application/json\r\n{framing}\r\n\r\n{{}}0\r\n\r\n{HIDDEN}"))
                .await;
        assert!(is_refused(&reply), "{framing:?}: {}", reply.head);
        assert_eq!(answers(&reply), usize::from(reply.status != 0), "{framing:?}: {}", reply.head);
    }
    // Both: the length is not believed, and the connection ends with the answer (RFC 9112, 6.3).
    for both in [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
        "content-length: 4\r\nTransfer-Encoding: CHUNKED",
    ] {
        let reply =
            send(&api, post, &format!("content-type: application/json\r\n{both}\r\n\r\n0\r\n\r\n{HIDDEN}")).await;
        let ends = reply.head.to_ascii_lowercase().contains("\r\nconnection: close");
        assert!(ends || is_refused(&reply), "{both:?}: {}", reply.head);
        assert!(answers(&reply) <= 1, "{both:?}: {}{}", reply.head, String::from_utf8_lossy(&reply.body));
    }
}

async fn bytes_behind_a_refused_request_are_no_request(api: Api) {
    // HTTP/1.0 knows no chunks.
    let reply =
        send(&api, "POST /v1/customers HTTP/1.0", &format!("transfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"))
            .await;
    assert!(is_refused(&reply) && answers(&reply) <= 1, "{}", reply.head);
    // Refused before its body is read: the body is not the next request. A last one ends the connection, and is told from
    // the hidden one by its answer.
    let said = |reply: &RawReply, status: &str| {
        let text = format!("{}\r\n\r\n{}", reply.head, String::from_utf8_lossy(&reply.body));
        text.matches(&format!("HTTP/1.1 {status} ")).count()
    };
    let last = "GET /nowhere HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let anonymous =
        format!("POST /v1/customers HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{HIDDEN}{last}", HIDDEN.len());
    let reply = api.raw(anonymous.as_bytes()).await;
    assert_eq!((reply.status, said(&reply, "200")), (401, 0), "{}{}", reply.head, String::from_utf8_lossy(&reply.body));
    // A GET may have one.
    let get = format!(
        "GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{HIDDEN}{last}",
        HIDDEN.len()
    );
    let reply = api.raw(get.as_bytes()).await;
    let counts = (reply.status, said(&reply, "200"), said(&reply, "404"), answers(&reply));
    assert_eq!(counts, (200, 1, 1, 2), "{}{}", reply.head, String::from_utf8_lossy(&reply.body));
}

async fn lines_that_are_folded_or_cut_wrongly_are_refused(api: Api) {
    for field in [
        "x-a: 1\r\n folded: 2",
        "x-a: 1\r\n\tfolded: 2",
        "x a: 1",
        " x-a: 1",
        "x-a\u{0}: 1",
        "x-a: 1\rcontent-length: 5",
        ": nameless",
    ] {
        let reply =
            send(&api, "GET /v1/customers?limit=1 HTTP/1.1", &format!("{field}\r\nconnection: close\r\n\r\n")).await;
        assert!(is_refused(&reply), "{field:?}: {}", reply.head);
    }
    // A lone line feed may end a line (RFC 9112, 2.2): then it does so everywhere, and there is one request.
    let key = api.key().unwrap();
    let bare =
        format!("GET /v1/customers?limit=1 HTTP/1.1\nhost: a\nauthorization: Bearer {key}\nconnection: close\n\n");
    let reply = api.raw_and_close(bare.as_bytes()).await;
    assert!(answers(&reply) <= 1 && (is_refused(&reply) || reply.status == 200), "{}", reply.head);
}

async fn extensions_of_chunks_say_nothing(api: Api) {
    let post = "POST /v1/customers/search HTTP/1.1";
    let head = "content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let reply = send(&api, post, &format!("{head}2;a=b;c=\"d\"\r\n{{}}\r\n0;last\r\n\r\n")).await;
    assert_eq!((reply.status, answers(&reply)), (200, 1), "{}", reply.head);
    for wrong in [
        "2;\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "ffffffffffffffff1\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
    ] {
        let reply = send(&api, post, &format!("{head}{wrong}{HIDDEN}")).await;
        assert!(is_refused(&reply) && answers(&reply) <= 1, "{wrong:?}: {}", reply.head);
    }
    // Extensions without end.
    let reply = send(&api, post, &format!("{head}2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(1 << 20))).await;
    assert!(is_refused(&reply), "{}", reply.head);
}

async fn the_host_is_that_of_the_target(api: Api) {
    // In absolute form the field Host is ignored (RFC 9112, 3.2.2): nothing that is answered names it.
    let reply = send(&api, "GET http://other.example/healthz HTTP/1.1", "connection: close\r\n\r\n").await;
    assert_eq!((reply.status, answers(&reply)), (200, 1), "{}", reply.head);
    let metadata =
        send(&api, "GET http://evil.example/.well-known/openid-configuration HTTP/1.1", "connection: close\r\n\r\n")
            .await;
    assert!(!String::from_utf8_lossy(&metadata.body).contains("evil.example"));
    for target in ["evil.example:443", "http://", "http:///healthz", "//evil.example/healthz"] {
        let reply = send(&api, &format!("GET {target} HTTP/1.1"), "connection: close\r\n\r\n").await;
        assert!(reply.status < 500 && reply.status != 200, "{target}: {}", reply.head);
    }
}
