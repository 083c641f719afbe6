//! Passkeys over the API: made, used alone and behind the password, seen, removed.

use kontor_testkit::authenticator::{Algorithm, Authenticator, BACKED_UP, BACKUP_ELIGIBLE, Draft, VERIFIED};
use kontor_testkit::{Api, Backend, Reply, Request, Server, both, both_alone};
use serde_json::{Value, json};

use super::person::{PASSWORD, Person, code, cookie, sign_in};

both!(
    every_algorithm_is_registered_and_signs_in,
    a_passkey_is_a_second_factor,
    a_challenge_is_for_one_session_and_once,
    a_challenge_is_for_one_browser_and_once,
    wrong_answers_are_refused,
    a_counter_that_goes_back_is_refused_and_written_down,
    passkeys_are_listed_renamed_and_removed,
    adding_and_removing_ask_for_the_password,
    the_last_factor_takes_the_codes_with_it,
    nobody_uses_anothers_passkey,
    who_is_out_stays_out,
    twenty_are_enough,
    version_2_says_the_same
);
both_alone!(an_address_without_a_domain_has_no_passkeys, guessing_is_slowed_down, an_operator_takes_passkeys_away);

/// The page's origin: browsers have passkeys for `localhost`, and for no address in numbers.
pub fn site(api: &Api) -> String {
    format!("http://localhost:{}", api.address().rsplit(':').next().unwrap())
}

/// Begins and finishes; the passkey as the answer shows it.
pub async fn add(person: &Person, device: &mut Authenticator) -> Reply {
    let options = begin(person).await;
    finish(person, device.create(&options)).await.expect(201)
}

async fn begin(person: &Person) -> Value {
    let begun = person.post("/v1/me/passkeys/begin", json!({"password": PASSWORD})).await.expect(200);
    begun.data()["options"].clone()
}

async fn finish(person: &Person, credential: Value) -> Reply {
    person.post("/v1/me/passkeys", json!({"name": "Laptop", "credential": credential})).await
}

fn device(api: &Api) -> Authenticator {
    Authenticator::new(Algorithm::EdDsa, &site(api))
}

/// What a browser is asked for, and its cookie.
async fn ask(api: &Api, body: Value) -> (Value, String) {
    let reply = api.anonymous().post("/v1/auth/passkey/begin", body).await.expect(200);
    let set = reply.header("set-cookie");
    assert!(
        set.starts_with("kontor_browser=ko_") && set.contains("HttpOnly") && set.contains("SameSite=Strict"),
        "{set}"
    );
    (reply.data()["options"].clone(), set.split(';').next().unwrap().to_owned())
}

fn answer(api: &Api, browser: &str, body: &Value) -> Request {
    api.anonymous().request("POST", "/v1/auth/passkey").header("cookie", browser).json(body)
}

/// Signs in with a passkey alone.
async fn enter(api: &Api, device: &mut Authenticator) -> Reply {
    enter_with(api, device, |_| {}).await
}

async fn enter_with(api: &Api, device: &mut Authenticator, change: impl FnOnce(&mut Draft)) -> Reply {
    let (options, browser) = ask(api, json!({})).await;
    assert_eq!(options["allowCredentials"], json!([]));
    answer(api, &browser, &json!({"credential": device.get_with(&options, change)})).send().await
}

async fn every_algorithm_is_registered_and_signs_in(api: Api) {
    let ada = Person::new(&api, "member").await;
    for algorithm in Algorithm::ALL {
        let mut device = Authenticator::new(algorithm, &site(&api));
        let options = begin(&ada).await;
        assert_eq!((&options["rp"]["id"], &options["user"]["name"]), (&json!("localhost"), &json!(ada.email)));
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert!(options["user"]["id"] != json!(ada.user), "the handle is no id");
        let _ = finish(&ada, device.create(&options)).await.expect(201);
        let reply = enter(&api, &mut device).await.expect(200);
        assert_eq!(reply.data()["session"]["amr"], json!(["pop", "user", "mfa"]), "{algorithm:?}");
        let who = ada.with(&cookie(&reply), "GET", "/v1/me").send().await.expect(200);
        assert_eq!(who.data()["user"]["id"], json!(ada.user));
    }
    // Those that are there are not made again.
    assert_eq!(begin(&ada).await["excludeCredentials"].as_array().unwrap().len(), 3);
    let who = ada.get("/v1/me").await.expect(200);
    assert_eq!(who.data()["second_factor"], json!({"totp": false, "passkeys": 3, "recovery_codes_left": 10}));
}

/// Password right, second factor asked for: its ticket.
async fn ticket(ada: &Person) -> String {
    let reply = sign_in(&ada.api, &ada.email, PASSWORD).await.expect(200);
    assert_eq!(reply.data()["state"], "second_factor", "{reply}");
    reply.data()["ticket"].as_str().unwrap().to_owned()
}

async fn a_passkey_is_a_second_factor(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let added = add(&ada, &mut device).await;
    let codes = added.data()["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    let reply = sign_in(&api, &ada.email, PASSWORD).await.expect(200);
    assert_eq!(reply.data()["methods"], json!(["passkey", "recovery_code"]), "{reply}");
    let one = ticket(&ada).await;
    let (options, browser) = ask(&api, json!({"ticket": one})).await;
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    // An authenticator that is told whose credential is wanted need not say whose it is.
    let credential = device.get_with(&options, |draft| draft.handle = None);
    let body = json!({"ticket": one, "credential": credential});
    // Without the ticket it is another ceremony.
    let _ = answer(&api, &browser, &json!({"credential": credential})).send().await.refused(401_001);
    let reply = answer(&api, &browser, &body).send().await.expect(200);
    assert_eq!(reply.data()["session"]["amr"], json!(["pwd", "pop", "user", "mfa"]));
    let _ = answer(&api, &browser, &body).send().await.refused(401_001);
    // A recovery code stands in.
    let body = json!({"ticket": ticket(&ada).await, "code": codes[0]});
    let reply = api.anonymous().post("/v1/auth/second_factor", body).await.expect(200);
    assert_eq!(reply.data()["session"]["amr"], json!(["pwd", "mfa"]));
    // With an authenticator app beside it either will do.
    let begun = ada.post("/v1/me/totp", json!({"password": PASSWORD})).await.expect(200);
    let secret = begun.data()["secret"].as_str().unwrap().to_owned();
    let _ = ada.post("/v1/me/totp/confirm", json!({"code": code(&secret, 0)})).await.expect(200);
    let reply = sign_in(&api, &ada.email, PASSWORD).await.expect(200);
    assert_eq!(reply.data()["methods"], json!(["passkey", "totp", "recovery_code"]));
    let body = json!({"ticket": reply.data()["ticket"], "code": code(&secret, 1)});
    let _ = api.anonymous().post("/v1/auth/second_factor", body).await.expect(200);
    let _ = ada.request("DELETE", "/v1/me/totp").json(&json!({"password": PASSWORD})).send().await.expect(200);
    let who = ada.get("/v1/me").await.expect(200);
    assert_eq!(who.data()["second_factor"], json!({"totp": false, "passkeys": 1, "recovery_codes_left": 10}));
}

async fn a_challenge_is_for_one_session_and_once(api: Api) {
    let ada = Person::new(&api, "member").await;
    let bob = Person::new(&api, "member").await;
    let (mut first, mut second) = (device(&api), device(&api));
    let options = begin(&ada).await;
    let made = first.create(&options);
    let _ = finish(&bob, made.clone()).await.refused(422_000);
    let other = ada.again().await;
    let body = json!({"credential": made});
    let _ = ada.with(&other, "POST", "/v1/me/passkeys").json(&body).send().await.refused(422_000);
    let _ = finish(&ada, made.clone()).await.expect(201);
    let _ = finish(&ada, made).await.refused(422_000);
    let _ = finish(&ada, second.create(&options)).await.refused(422_000);
    // One that was never handed out.
    let mut foreign = options.clone();
    foreign["challenge"] = json!("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    let _ = finish(&ada, second.create(&foreign)).await.refused(422_000);
    // A challenge for signing in makes nothing.
    let (asked, _) = ask(&api, json!({})).await;
    foreign["challenge"] = asked["challenge"].clone();
    let _ = finish(&ada, second.create(&foreign)).await.refused(422_000);
    // A credential is registered once.
    let again = begin(&ada).await;
    let reply = finish(&ada, first.create(&again)).await.refused(400_001);
    assert_eq!(reply.faults()[0]["code"], "taken", "{reply}");
}

async fn a_challenge_is_for_one_browser_and_once(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let _ = add(&ada, &mut device).await;
    let (options, browser) = ask(&api, json!({})).await;
    let (_, other) = ask(&api, json!({})).await;
    let body = json!({"credential": device.get(&options)});
    let _ = answer(&api, &other, &body).send().await.refused(401_001);
    let _ = api.anonymous().post("/v1/auth/passkey", body.clone()).await.refused(401_001);
    let _ = answer(&api, "kontor_browser=ko_x", &body).send().await.refused(401_001);
    let foreign = answer(&api, &browser, &body).header("origin", "https://evil.example");
    let _ = foreign.send().await.refused(403_000);
    let _ = answer(&api, &browser, &body).send().await.expect(200);
    let _ = answer(&api, &browser, &body).send().await.refused(401_001);
    // The ticket of a password is one person's.
    let bob = Person::new(&api, "member").await;
    let mut theirs = self::device(&api);
    let _ = add(&bob, &mut theirs).await;
    let (mine, yours) = (ticket(&ada).await, ticket(&bob).await);
    let (options, browser) = ask(&api, json!({"ticket": mine})).await;
    let body = json!({"ticket": yours, "credential": theirs.get(&options)});
    let _ = answer(&api, &browser, &body).send().await.refused(401_001);
    let body = json!({"ticket": mine, "credential": theirs.get(&options)});
    let _ = answer(&api, &browser, &body).send().await.refused(401_001);
    let _ = api.anonymous().post("/v1/auth/passkey/begin", json!({"ticket": "ko_x"})).await.refused(401_001);
}

async fn wrong_answers_are_refused(api: Api) {
    type Change = fn(&mut Draft);
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let making: [(&str, Change); 6] = [
        ("origin", |d| d.client_data["origin"] = json!("https://evil.example")),
        ("party", |d| d.party = "evil.example".into()),
        ("type", |d| d.client_data["type"] = json!("webauthn.get")),
        ("verified", |d| d.flags &= !VERIFIED),
        ("cut", |d| d.cut = 3),
        ("vouched for", |d| d.format = "android-key".into()),
    ];
    for (name, change) in making {
        let options = begin(&ada).await;
        let reply = finish(&ada, device.create_with(&options, change)).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "credential", "{name}: {reply}");
    }
    let options = begin(&ada).await;
    let strange = device.cose_as(-47);
    let reply = finish(&ada, device.create_with(&options, |d| d.key = Some(strange))).await.refused(400_001);
    assert!(reply.detail().contains("EdDSA, ES256 or RS256"), "{reply}");
    let options = begin(&ada).await;
    let deep = device.create_with(&options, |d| d.statement = Some([vec![0x81; 2_000], vec![1]].concat()));
    let _ = finish(&ada, deep).await.refused(400_001);
    let options = begin(&ada).await;
    let huge = device.create_with(&options, |d| d.tail = vec![0; 40_000]);
    let _ = finish(&ada, huge).await.refused(400_001);
    for bad in [json!({}), json!({"credential": 7}), json!({"credential": {}}), json!({"credential": {"id": "x"}})] {
        let _ = ada.post("/v1/me/passkeys", bad.clone()).await.refused(400_001);
        let reply = answer(&api, "kontor_browser=", &bad).send().await;
        assert!([400_001, 401_001].contains(&reply.error_code()), "{reply}");
    }
    let _ = add(&ada, &mut device).await;
    let using: [(&str, Change); 7] = [
        ("origin", |d| d.client_data["origin"] = json!("https://evil.example")),
        ("party", |d| d.party = "evil.example".into()),
        ("type", |d| d.client_data["type"] = json!("webauthn.create")),
        ("verified", |d| d.flags &= !VERIFIED),
        ("signature", |d| d.spoil = true),
        ("whose it is", |d| d.handle = Some(vec![7; 32])),
        ("whose it is is not said", |d| d.handle = None),
    ];
    for (at, (name, change)) in using.into_iter().enumerate() {
        let reply = enter_with(&api, &mut device, change).await.refused(401_001);
        assert_eq!(reply.header("set-cookie"), "", "{name}");
        // Before the count of failures makes it wait.
        if at % 3 == 2 {
            let _ = enter(&api, &mut device).await.expect(200);
        }
    }
}

async fn a_counter_that_goes_back_is_refused_and_written_down(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    device.counter = 5;
    let _ = add(&ada, &mut device).await;
    let _ = enter(&api, &mut device).await.expect(200);
    let reply = enter_with(&api, &mut device, |draft| draft.counter = 3).await.refused(401_001);
    let audit = api.get("/v1/audit?object=user&action=refuse_passkey&limit=50").await.expect(200);
    let entry = audit.rows().iter().find(|entry| entry["changes"]["user_id"] == json!(ada.user)).unwrap().clone();
    assert_eq!(entry["request_id"], json!(reply.header("x-request-id")), "{entry}");
    // The copy that is ahead goes on.
    let _ = enter(&api, &mut device).await.expect(200);
    let audit = api.get(&format!("/v1/audit?action=add_passkey&user_id={}", ada.user)).await.expect(200);
    assert_eq!(audit.rows().len(), 1, "{audit}");
}

async fn passkeys_are_listed_renamed_and_removed(api: Api) {
    let ada = Person::new(&api, "member").await;
    let bob = Person::new(&api, "admin").await;
    let mut device = device(&api);
    device.flags |= BACKUP_ELIGIBLE;
    let id = add(&ada, &mut device).await.id();
    let list = ada.get("/v1/me/passkeys").await.expect(200);
    let seen = |list: &Reply, name: &str| list.rows()[0][name].clone();
    assert_eq!((seen(&list, "name"), seen(&list, "last_used_at")), (json!("Laptop"), Value::Null));
    assert_eq!((seen(&list, "synced"), seen(&list, "backed_up")), (json!(true), json!(false)));
    assert!(!list.text().contains("public_key") && !list.text().contains("credential"), "{list}");
    let _ = enter_with(&api, &mut device, |draft| draft.flags |= BACKED_UP).await.expect(200);
    let list = ada.get("/v1/me/passkeys").await.expect(200);
    assert!(seen(&list, "last_used_at").is_string() && seen(&list, "backed_up") == json!(true), "{list}");
    let path = format!("/v1/me/passkeys/{id}");
    for other in ["PATCH", "DELETE"] {
        let body = if other == "PATCH" { json!({"name": "x"}) } else { json!({"password": PASSWORD}) };
        let _ = bob.request(other, &path).json(&body).send().await.refused(404_001);
        let _ = ada.request(other, "/v1/me/passkeys/4242").json(&body).send().await.refused(404_001);
    }
    assert!(bob.get("/v1/me/passkeys").await.expect(200).rows().is_empty());
    let _ = ada.request("PATCH", &path).json(&json!({"name": "x".repeat(61)})).send().await.refused(400_001);
    let reply = ada.request("PATCH", &path).json(&json!({"name": " Phone "})).send().await.expect(200);
    assert_eq!(reply.data()["name"], "Phone");
    let _ = ada.request("DELETE", &path).json(&json!({"password": PASSWORD})).send().await.expect(200);
    let _ = enter(&api, &mut device).await.refused(401_001);
    assert!(ada.get("/v1/me/passkeys").await.expect(200).rows().is_empty());
    let done = api.get(&format!("/v1/audit?object=user&user_id={}", ada.user)).await.expect(200).texts("action");
    assert_eq!(done, ["remove_passkey", "rename_passkey", "add_passkey", "redeem"]);
}

async fn adding_and_removing_ask_for_the_password(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let _ = ada.post("/v1/me/passkeys/begin", json!({})).await.refused(400_001);
    let _ = ada.post("/v1/me/passkeys/begin", json!({"password": "Falsches-1234-xyz"})).await.refused(401_001);
    let id = add(&ada, &mut device).await.id();
    let request = || ada.request("DELETE", &format!("/v1/me/passkeys/{id}"));
    let _ = request().json(&json!({"password": "Falsches-1234-xyz"})).send().await.refused(401_001);
    let _ = enter(&api, &mut device).await.expect(200);
    // A key is no person, and a stranger's page no page of ours.
    let _ = api.get("/v1/me/passkeys").await.refused(403_000);
    let foreign = api.anonymous().request("POST", "/v1/me/passkeys/begin").header("cookie", &ada.cookie);
    let _ = foreign
        .header("origin", "https://evil.example")
        .json(&json!({"password": PASSWORD}))
        .send()
        .await
        .refused(403_000);
}

async fn remove(person: &Person, id: &str) -> Reply {
    let request = person.request("DELETE", &format!("/v1/me/passkeys/{id}"));
    request.json(&json!({"password": PASSWORD})).send().await.expect(200)
}

async fn the_last_factor_takes_the_codes_with_it(api: Api) {
    let ada = Person::new(&api, "member").await;
    let (mut one, mut two) = (device(&api), device(&api));
    let first = add(&ada, &mut one).await.id();
    let second = add(&ada, &mut two).await;
    assert!(second.data().get("recovery_codes").is_none(), "{second}");
    let _ = remove(&ada, &first).await;
    let who = ada.get("/v1/me").await.expect(200);
    assert_eq!(who.data()["second_factor"]["recovery_codes_left"], 10);
    assert_eq!(ada.post("/v1/me/totp/recovery_codes", json!({"password": PASSWORD})).await.status, 200);
    let _ = remove(&ada, &second.id()).await;
    assert_eq!(ada.get("/v1/me").await.expect(200).data()["second_factor"]["recovery_codes_left"], 0);
    assert_eq!(sign_in(&api, &ada.email, PASSWORD).await.expect(200).data()["state"], "signed_in");
}

async fn nobody_uses_anothers_passkey(api: Api) {
    let ada = Person::new(&api, "member").await;
    let bob = Person::new(&api, "member").await;
    let (mut mine, mut theirs) = (device(&api), device(&api));
    let _ = add(&ada, &mut mine).await;
    let _ = add(&bob, &mut theirs).await;
    // Another's name on one's own key, one's own name on another's credential.
    let handle = mine.handle.clone();
    let _ = enter_with(&api, &mut theirs, |draft| draft.handle = Some(handle)).await.refused(401_001);
    let id = mine.id.clone();
    let _ = enter_with(&api, &mut theirs, |draft| draft.id = id).await.refused(401_001);
    let one = ticket(&ada).await;
    let (options, browser) = ask(&api, json!({"ticket": one})).await;
    let body = json!({"ticket": one, "credential": theirs.get(&options)});
    let _ = answer(&api, &browser, &body).send().await.refused(401_001);
    // One that nobody has registered.
    let mut unknown = device(&api);
    unknown.handle = vec![1; 32];
    let _ = enter(&api, &mut unknown).await.refused(401_001);
}

async fn who_is_out_stays_out(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let _ = add(&ada, &mut device).await;
    let path = format!("/v1/users/{}", ada.user);
    let one = ticket(&ada).await;
    let (options, browser) = ask(&api, json!({"ticket": one})).await;
    let _ = api.patch(&path, json!({"active": false})).await.expect(200);
    let _ = enter(&api, &mut device).await.refused(401_001);
    let body = json!({"ticket": one, "credential": device.get(&options)});
    let _ = answer(&api, &browser, &body).send().await.refused(401_001);
    let _ = api.patch(&path, json!({"active": true})).await.expect(200);
    let _ = enter(&api, &mut device).await.expect(200);
    let _ = api.delete(&path).await.expect(200);
    let _ = enter(&api, &mut device).await.refused(401_001);
}

async fn twenty_are_enough(api: Api) {
    let ada = Person::new(&api, "member").await;
    for _ in 0..20 {
        let _ = add(&ada, &mut device(&api)).await;
    }
    let _ = ada.post("/v1/me/passkeys/begin", json!({"password": PASSWORD})).await.refused(422_000);
    assert_eq!(ada.get("/v1/me/passkeys").await.expect(200).rows().len(), 20);
}

async fn version_2_says_the_same(api: Api) {
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let begun = ada.post("/v2/me/passkeys/begin", json!({"password": PASSWORD})).await.expect(200);
    let credential = device.create(&begun.data()["options"]);
    let made = ada.post("/v2/me/passkeys", json!({"credential": credential})).await.expect(201);
    assert!(made.data()["created_at"].is_i64() && made.data()["name"] == "Passkey", "{made}");
    let reply = api.anonymous().post("/v2/auth/passkey/begin", json!({})).await.expect(200);
    let browser = reply.header("set-cookie").split(';').next().unwrap().to_owned();
    let body = json!({"credential": device.get(&reply.data()["options"])});
    let request = api.anonymous().request("POST", "/v2/auth/passkey").header("cookie", &browser).json(&body);
    assert!(request.send().await.expect(200).data()["session"]["created_at"].is_i64());
}

async fn an_address_without_a_domain_has_no_passkeys(backend: Backend) {
    let server = Server::builder().backend(backend).env("KONTOR_PUBLIC_URL", "https://192.0.2.7").start().await;
    let api = server.api();
    let ada = Person::new(&api, "member").await;
    let reply = ada.post("/v1/me/passkeys/begin", json!({"password": PASSWORD})).await.refused(422_000);
    assert!(reply.detail().contains("public_url"), "{reply}");
    let _ = api.anonymous().post("/v1/auth/passkey/begin", json!({})).await.refused(422_000);
    let page = api.anonymous().get("/sign-in").await.expect(200);
    assert!(!page.text().contains("passkey"), "{page}");
}

async fn guessing_is_slowed_down(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let _ = add(&ada, &mut device).await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(enter_with(&api, &mut device, |draft| draft.spoil = true).await.error_code());
    }
    assert!(codes[..5].iter().all(|code| *code == 401_001) && codes.contains(&429_000), "{codes:?}");
}

async fn an_operator_takes_passkeys_away(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let ada = Person::new(&api, "member").await;
    let mut device = device(&api);
    let _ = add(&ada, &mut device).await;
    let output = server.place().output(&["users", "reset", &ada.email, "--second-factor"]);
    assert!(output.status.success());
    let _ = enter(&api, &mut device).await.refused(401_001);
    assert_eq!(sign_in(&api, &ada.email, PASSWORD).await.expect(200).data()["state"], "signed_in");
}
