//! Guessing in bulk and all at once, at everything that can be guessed: a handful is compared, the rest is turned away,
//! and a neighbour behind the same address goes on. `make walk` guesses ten thousand times.

use std::collections::BTreeMap;

use futures::StreamExt;
use kontor_testkit::{Api, Backend, Reply, Server, both_alone};
use serde_json::{Value, json};

use super::person::{PASSWORD, Person, code, sign_in};
use crate::oauth::browser::{Browser, Human, form, hidden};
use crate::oauth::party::App;

both_alone!(
    clients_secrets_are_not_guessed,
    devices_codes_are_not_guessed,
    second_factors_are_not_guessed,
    passwords_and_keys_are_not_guessed
);

/// What is compared of a burst, at most.
const COMPARED: usize = 10;

fn guesses() -> usize {
    let rounds = std::env::var("KONTOR_FAULTS_ROUNDS").ok().and_then(|text| text.parse::<usize>().ok());
    rounds.map_or(300, |rounds| (rounds * 10).clamp(300, 10_000))
}

/// Answers by what they say.
type Said = BTreeMap<&'static str, usize>;

/// Sends many at once; `compared` says which of the answers came of a comparison.
async fn burst<F: Future<Output = Reply>>(attempt: impl Fn(usize) -> F, compared: impl Fn(&Reply) -> bool) -> Said {
    let answers: Vec<Reply> = futures::stream::iter(0..guesses()).map(attempt).buffer_unordered(64).collect().await;
    let mut said = Said::new();
    for reply in answers {
        assert!(reply.status < 500, "{reply}");
        *said.entry(if compared(&reply) { "compared" } else { "turned away" }).or_default() += 1;
    }
    said
}

/// A handful was compared. The full run takes minutes, and each has a handful of its own.
#[track_caller]
fn is_a_handful(what: &str, said: &Said) {
    let compared = said.get("compared").copied().unwrap_or_default();
    let most = COMPARED.max(guesses() / 100);
    assert!(compared <= most, "{what}: {said:?}");
    assert!(said["turned away"] >= guesses() - most, "{what}: {said:?}");
}

/// A server with limits, an administrator, a neighbour behind the same address, and somebody who is guessed at.
struct Town {
    /// Held so that it runs.
    _server: Server,
    api: Api,
    neighbour: Api,
    ada: Person,
}

impl Town {
    async fn new(backend: Backend) -> Self {
        let builder = Server::builder().backend(backend).env("KONTOR_LIMITS", "on");
        let free = ["KONTOR_RATE_IP_PER_SECOND", "KONTOR_RATE_SPACE_PER_SECOND"];
        let server = free.iter().fold(builder, |builder, name| builder.env(name, "0")).start().await;
        let unlimited = ["--rate-per-second", "0", "--per-day", "0"];
        let (api, neighbour) = (server.api().as_role("admin", &unlimited), server.api().as_role("member", &unlimited));
        let ada = Person::new(&api, "member").await;
        let town = Self { _server: server, api, neighbour, ada };
        town.goes_on().await;
        town
    }

    /// The neighbour is not concerned.
    async fn goes_on(&self) {
        let _ = self.neighbour.get("/v1/customers?limit=1").await.expect(200);
    }
}

async fn clients_secrets_are_not_guessed(backend: Backend) {
    let town = Town::new(backend).await;
    let app = App::confidential(&town.api).await;
    client_secrets(&town.api, &app).await;
    town.goes_on().await;
}

async fn devices_codes_are_not_guessed(backend: Backend) {
    let town = Town::new(backend).await;
    user_codes(&town.api, &town.ada).await;
    town.goes_on().await;
}

async fn second_factors_are_not_guessed(backend: Backend) {
    let town = Town::new(backend).await;
    second_factors(&town.api, &town.ada).await;
    town.goes_on().await;
}

async fn passwords_and_keys_are_not_guessed(backend: Backend) {
    let town = Town::new(backend).await;
    let Town { api, ada, .. } = &town;
    let said = burst(|_| sign_in(api, &ada.email, "Falsches-Passwort-1234"), |reply| reply.status == 401).await;
    is_a_handful("a password", &said);
    town.goes_on().await;
    let said = burst(
        |n| {
            let guess = api.with_key(&format!("ak_guess{n:026}"));
            async move { guess.get("/v1/customers?limit=1").await }
        },
        |reply| reply.status == 401,
    )
    .await;
    is_a_handful("a key", &said);
    town.goes_on().await;
}

async fn client_secrets(api: &Api, app: &App) {
    let ask = [("grant_type", "client_credentials"), ("scope", "crm:read")];
    let _ = app.token(api, &ask).await.expect(200);
    let said = burst(
        |n| {
            let wrong = App { secret: Some(format!("wrong{n}")), ..app.clone() };
            async move { wrong.token(api, &ask).await }
        },
        |reply| reply.status == 401,
    )
    .await;
    is_a_handful("a client's secret", &said);
    // The right one is not told from the wrong ones now.
    let right = app.token(api, &ask).await;
    assert!(right.status == 429 && right.header("retry-after").parse::<u32>().is_ok_and(|s| s >= 1), "{right}");
}

async fn user_codes(api: &Api, ada: &Person) {
    let public = App::public(api).await;
    let codes = public.send(api, "/oauth/device_authorization", &[("scope", "crm:read")]).await.expect(200).json;
    let mut browser = Browser::new(api);
    let reply = browser.get("/oauth/device").await.expect(303);
    let human = Human { id: ada.user.clone(), name: "Ada".into(), email: ada.email.clone(), password: PASSWORD.into() };
    let next = browser.sign_in(&human, reply.header("location")).await;
    let page = browser.get(&next).await.expect(200);
    let cookies =
        ["kontor_form", "kontor_session"].map(|name| format!("{name}={}", browser.cookie(name).unwrap())).join("; ");
    let anonymous = api.anonymous();
    let typed = |code: String| {
        let fields = hidden(&page);
        let mut fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("user_code", &code));
        let request = anonymous.request("POST", "/oauth/device").header("cookie", &cookies);
        request.body("application/x-www-form-urlencoded", form(&fields)).send()
    };
    const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    let guess = |n: usize| {
        let letter = |place: u32| char::from(LETTERS[n / 20_usize.pow(place) % 20]);
        typed(format!("BBBB-{}{}{}{}", letter(3), letter(2), letter(1), letter(0)))
    };
    let said = burst(guess, |reply| reply.text().contains("unknown")).await;
    is_a_handful("a device's code", &said);
    let right = typed(codes["user_code"].as_str().unwrap().to_owned()).await;
    // The right one is not told from the wrong ones now, at this page or at the door.
    assert!(right.status == 429 || right.status == 400 && right.text().contains("Too many"), "{right}");
}

async fn second_factors(api: &Api, ada: &Person) {
    let begun = ada.post("/v1/me/totp", json!({"password": PASSWORD})).await.expect(200);
    let secret = begun.data()["secret"].as_str().unwrap().to_owned();
    let _ = ada.post("/v1/me/totp/confirm", json!({"code": code(&secret, 0)})).await.expect(200);
    let reply = sign_in(api, &ada.email, PASSWORD).await.expect(200);
    let ticket = reply.data()["ticket"].as_str().unwrap().to_owned();
    let anonymous = api.anonymous();
    let right = [code(&secret, 0), code(&secret, 1), code(&secret, 2)];
    let guess = |n: usize| {
        let mut code = format!("{n:06}");
        if right.contains(&code) {
            code = "999999".to_owned();
        }
        let body: Value = json!({"ticket": ticket, "code": code});
        anonymous.request("POST", "/v1/auth/second_factor").json(&body).send()
    };
    // A ticket that is used up is refused as one that never was, so both are 401: the right code tells them apart.
    let said = burst(guess, |reply| reply.status == 200).await;
    assert_eq!(said.get("compared"), None, "{said:?}");
    let reply = guess_of(&anonymous, &ticket, &code(&secret, 1)).await;
    assert!(matches!(reply.status, 401 | 429), "a burst of guesses left the ticket good: {reply}");
}

async fn guess_of(api: &Api, ticket: &str, code: &str) -> Reply {
    api.post("/v1/auth/second_factor", json!({"ticket": ticket, "code": code})).await
}
