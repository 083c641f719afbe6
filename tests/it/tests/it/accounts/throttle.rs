//! Guessing is slow, tells nothing, and does not lock the holder out.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::person::{PASSWORD, Person, address, sign_in, user};

both!(wrong_passwords_are_throttled, a_crowd_of_guesses_is_counted_one_by_one, unknown_and_wrong_look_the_same);
both_alone!(a_stranger_does_not_lock_the_holder_out, one_address_cannot_try_everyone);

const WRONG: &str = "Falsches-Passwort-1234";

fn plain(mut reply: Value) -> Value {
    reply.as_object_mut().unwrap().remove("meta");
    reply
}

/// Guesses until the wait is some seconds long: longer than the next attempt takes. How many guesses were compared.
async fn guess<F: Future<Output = (u64, u32)>>(mut attempt: impl FnMut() -> F) -> usize {
    let mut compared = 0;
    for _ in 0..400 {
        match attempt().await {
            (401_001, _) => compared += 1,
            (429_000, wait) if wait >= 4 => return compared,
            (429_000, _) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            (code, _) => panic!("{code}"),
        }
    }
    panic!("guessing is not slowed down");
}

async fn wrong(api: &Api, email: &str) -> (u64, u32) {
    let reply = sign_in(api, email, WRONG).await;
    (reply.error_code(), reply.header("retry-after").parse().unwrap_or_default())
}

async fn wrong_passwords_are_throttled(api: Api) {
    let ada = Person::new(&api, "member").await;
    let compared = guess(|| wrong(&api, &ada.email)).await;
    assert!((5..=8).contains(&compared), "{compared} guesses were compared");
    // Not even the right one, from the same place.
    let _ = sign_in(&api, &ada.email, PASSWORD).await.refused(429_000);
    // Others are not concerned; who waits gets in, and the count begins anew.
    let _ = Person::new(&api, "member").await.again().await;
    super::person::until(|| async { (sign_in(&api, &ada.email, PASSWORD).await.status == 200).then_some(()) }).await;
    for _ in 0..4 {
        let _ = sign_in(&api, &ada.email, WRONG).await.refused(401_001);
    }
    let _ = sign_in(&api, &ada.email, PASSWORD).await.expect(200);
}

async fn a_crowd_of_guesses_is_counted_one_by_one(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let (api, email) = (api.clone(), ada.email.clone());
        guesses.spawn(async move { sign_in(&api, &email, WRONG).await.error_code() });
    }
    let codes = guesses.join_all().await;
    let tried = codes.iter().filter(|code| **code == 401_001).count();
    assert!(codes.iter().all(|code| [401_001, 429_000, 503_000].contains(code)), "{codes:?}");
    assert!(tried <= 10, "{tried} guesses were compared");
}

async fn unknown_and_wrong_look_the_same(api: Api) {
    let ada = Person::new(&api, "member").await;
    let nobody = address();
    // Invited, and without a password yet.
    let invited = address();
    let id = user(&api, &invited).await;
    let _ = super::person::invite(&api, &id, "member").await;
    for _ in 0..4 {
        let known = plain(sign_in(&api, &ada.email, WRONG).await.refused(401_001).json);
        assert_eq!(plain(sign_in(&api, &nobody, WRONG).await.refused(401_001).json), known);
        assert_eq!(plain(sign_in(&api, &invited, WRONG).await.refused(401_001).json), known);
    }
    for email in [&ada.email, &nobody, &invited] {
        assert!(guess(|| wrong(&api, email)).await <= 4);
    }
}

/// Signs in from another of this machine's addresses; the error's code, and how long to wait.
async fn from(ip: &str, api: &Api, email: &str, password: &str) -> (u64, u32) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(format!("{ip}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(api.address().parse().unwrap()).await.unwrap();
    let body = json!({"email": email, "password": password}).to_string();
    let head = format!(
        "POST /v1/auth/sign_in HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        api.address(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let json: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let wait = answer.lines().find_map(|line| line.strip_prefix("retry-after: ")?.trim().parse().ok());
    (json["error_code"].as_u64().unwrap_or_default(), wait.unwrap_or_default())
}

async fn a_stranger_does_not_lock_the_holder_out(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let ada = Person::new(&api, "member").await;
    let _ = guess(|| from("127.0.0.2", &api, &ada.email, WRONG)).await;
    assert_eq!(from("127.0.0.3", &api, &ada.email, PASSWORD).await.0, 429_000);
    // The holder has signed in from here before.
    let _ = sign_in(&api, &ada.email, PASSWORD).await.expect(200);
    // What was counted outlives the process.
    let server = server.restart().await;
    let api = server.api();
    let mut compared = 0;
    while from("127.0.0.2", &api, &ada.email, WRONG).await.0 == 401_001 {
        compared += 1;
    }
    assert!(compared <= 3, "{compared}");
}

async fn one_address_cannot_try_everyone(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_LIMITS", "on").start().await;
    let api = server.api();
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(from("127.0.0.2", &api, &address(), WRONG).await.0);
    }
    assert!(codes[..10].iter().all(|code| *code == 401_001) && codes.contains(&429_000), "{codes:?}");
    assert_eq!(from("127.0.0.3", &api, &address(), WRONG).await.0, 401_001);
}
