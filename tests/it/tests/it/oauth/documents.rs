//! Client ID Metadata Documents: a client is known by the address of its own description.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kontor_testkit::{Backend, Server, both_alone, query};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::browser::{Browser, human};
use super::party::{App, REDIRECT, sha256, verifier};

both_alone!(a_document_describes_a_client, inner_addresses_are_not_fetched);

/// A server of one document; how often it was asked.
async fn serve(document: impl Fn(&str) -> Value + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, own) = (Arc::new(AtomicUsize::new(0)), url.clone());
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4_096];
            let read = stream.read(&mut head).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&head[..read]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or("/").to_owned();
            let body = document(&format!("{own}{path}")).to_string();
            let redirect = path.starts_with("/moved");
            let answer = if redirect {
                format!(
                    "HTTP/1.1 302 Found\r\nlocation: {own}/client\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            } else {
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                )
            };
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    (url, asked)
}

fn description(address: &str) -> Value {
    let mut document = json!({"client_id": address, "client_name": "<b>Described</b>", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"]});
    if address.ends_with("/other") {
        document["client_id"] = json!("https://other.example/client");
    } else if address.ends_with("/secret") {
        document["token_endpoint_auth_method"] = json!("client_secret_post");
    } else if address.ends_with("/script") {
        document["redirect_uris"] = json!(["javascript:alert(1)"]);
    } else if address.ends_with("/large") {
        document["padding"] = json!("x".repeat(70_000));
    }
    document
}

fn app(client_id: String) -> App {
    App { client_id, secret: None, id: String::new() }
}

async fn a_document_describes_a_client(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_EGRESS_ALLOW", "127.0.0.1/32").start().await;
    let api = server.api();
    let (url, asked) = serve(description).await;
    let known = app(format!("{url}/client"));
    let tokens = known.tokens(&api, &[]).await;
    let _ = api.with_key(tokens["access_token"].as_str().unwrap()).get("/v1/customers?limit=1").await.expect(200);
    let _ = known.refresh(&api, tokens["refresh_token"].as_str().unwrap(), &[]).await.expect(200);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "a document is kept for an hour");
    // Its name is its own word: shown as text, with the address beside it.
    let mut browser = Browser::new(&api);
    let reply = browser.get(&known.ask(&sha256(&verifier()), &[("prompt", "consent")])).await.expect(303);
    let next = browser.sign_in(&human(&api).await, reply.header("location")).await;
    let page = browser.get(&next).await.expect(200).text();
    assert!(page.contains("&lt;b&gt;Described&lt;/b&gt;") && page.contains(&known.client_id), "{page}");
    for wrong in ["other", "secret", "script", "large", "moved", "a/../client", "client#x", ""] {
        let reply =
            Browser::new(&api).get(&app(format!("{url}/{wrong}")).ask(&sha256(&verifier()), &[])).await.expect(400);
        assert_eq!(reply.header("location"), "", "{wrong}");
    }
}

async fn inner_addresses_are_not_fetched(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let (url, asked) = serve(description).await;
    let port = url.rsplit(':').next().unwrap();
    for address in [
        format!("{url}/client"),
        format!("https://127.0.0.1:{port}/client"),
        format!("https://localhost:{port}/client"),
        format!("https://0x7f000001:{port}/client"),
        format!("https://2130706433:{port}/client"),
        format!("https://[::ffff:127.0.0.1]:{port}/client"),
        format!("https://127.1:{port}/client"),
        format!("https://user@127.0.0.1:{port}/client"),
        "https://169.254.169.254/latest".to_owned(),
    ] {
        let ask = query(
            "/oauth/authorize",
            &[("client_id", &address), ("response_type", "code"), ("redirect_uri", REDIRECT)],
        );
        let _ = Browser::new(&api).get(&ask).await.expect(400);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing inside was called");
}
