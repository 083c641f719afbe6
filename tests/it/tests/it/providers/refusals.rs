//! Answers that are not believed.

use kontor_testkit::{Backend, both_alone, serial};
use serde_json::{Value, json};

use super::keys::Key;
use super::{Door, ada, refused, server, with};
use crate::oauth::browser::Browser;
use crate::oauth::signed::now;

both_alone!(
    a_wrong_token_opens_nothing,
    a_state_is_of_one_browser_and_good_once,
    an_answer_is_of_its_own_provider,
    who_the_provider_does_not_vouch_for
);

type Tamper = fn(&mut Value, &mut Value);

/// What is done to a token, and what the page says.
const TAMPERED: &[(&str, Tamper)] = &[
    ("not the answer to this sign-in", |_, claims| claims["nonce"] = json!("other")),
    ("not the answer to this sign-in", |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
    ("another issuer", |_, claims| claims["iss"] = json!("https://evil.example")),
    ("for another application", |_, claims| claims["aud"] = json!("other")),
    ("for several applications", |_, claims| claims["aud"] = json!(["other", super::fake::CLIENT])),
    ("given to another application", |_, claims| claims["azp"] = json!("other")),
    ("expired", |_, claims| claims["exp"] = json!(now() - 120)),
    ("of the future", |_, claims| claims["iat"] = json!(now() + 300)),
    ("of the future", |_, claims| claims["nbf"] = json!(now() + 300)),
    ("too old", |_, claims| claims["iat"] = json!(now() - 3_600)),
    ("do not belong together", |_, claims| claims["at_hash"] = json!("AAAA")),
    ("who it is about", |_, claims| claims["sub"] = json!("")),
    ("not signed in a way", |header, _| header["alg"] = json!("none")),
    ("not signed in a way", |header, _| header["alg"] = json!("HS256")),
    ("not signed in a way", |header, _| header["crit"] = json!(["exp"])),
    ("does not publish", |header, _| header["alg"] = json!("ES256")),
    ("of another type", |header, _| header["typ"] = json!("at+jwt")),
];

async fn a_wrong_token_opens_nothing(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    for (wanted, tamper) in TAMPERED {
        door.fake.tamper(tamper);
        let said = door.refuse(ada(&serial())).await;
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    door.fake.will(|will| (will.tamper, will.stranger) = (None, Some(Key::of("EdDSA"))));
    let said = door.refuse(ada(&serial())).await;
    assert!(said.contains("signature of its token is wrong"), "{said}");
    door.fake.will(|will| will.stranger = None);
    let _ = door.enter(ada(&serial())).await;
}

async fn a_state_is_of_one_browser_and_good_once(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    let mut browser = Browser::new(&api);
    let asked = door.leave(&mut browser, &[]).await;
    let code = door.fake.approve(&asked, ada(&serial()));
    let issuer = door.fake.issuer();
    let answer = [("code", code.as_str()), ("state", asked["state"].as_str()), ("iss", issuer.as_str())];
    // Another browser, with or without a sign-in of its own, is not the one that began.
    let mut other = Browser::new(&api);
    let reply = door.come_back(&mut other, &answer).await;
    assert!(refused(&other, &reply).contains("another browser"));
    let theirs = door.leave(&mut other, &[]).await;
    let reply = door.come_back(&mut other, &answer).await;
    assert!(refused(&other, &reply).contains("another browser"));
    let reply = door.come_back(&mut other, &[("code", &code), ("state", &theirs["state"]), ("iss", &issuer)]).await;
    assert!(refused(&other, &reply).contains("invalid_grant"), "the code is bound to the verifier of the other");
    for wrong in
        [vec![("code", code.as_str())], vec![("code", code.as_str()), ("state", "x")], vec![("state", "")], vec![]]
    {
        let reply = door.come_back(&mut browser, &wrong).await;
        let _ = refused(&browser, &reply);
    }
    // Of another provider of the same browser.
    let second = Door::new(&api, json!({"domains": ["second.example"]})).await;
    let reply = second.come_back(&mut browser, &answer).await;
    assert!(refused(&browser, &reply).contains("unknown"));
    // The code went to the provider with a wrong verifier, and is dead there: a new one for the same state.
    let fresh = door.fake.approve(&asked, ada(&serial()));
    let answer = [("code", fresh.as_str()), ("state", asked["state"].as_str()), ("iss", issuer.as_str())];
    let _ = door.come_back(&mut browser, &answer).await.expect(303);
    let mut jar = Browser::new(&api);
    let reply = door.come_back(&mut jar, &answer).await;
    let _ = refused(&jar, &reply);
    let again = door.come_back(&mut browser, &answer).await;
    assert!(again.status == 400 && again.text().contains("used already"), "{again}");
}

async fn an_answer_is_of_its_own_provider(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    for (more, wanted) in [
        (vec![("iss", "https://evil.example")], "another provider"),
        (vec![], "does not say whose"),
        (
            vec![("iss", "own"), ("error", "access_denied"), ("error_description", "<b>x</b>")],
            "refuses (access_denied)",
        ),
        (vec![("iss", "own"), ("error", "<script>alert(1)</script>")], "refuses (scriptalert1script)"),
        (vec![("iss", "own"), ("code", "")], "no code"),
        (vec![("iss", "own"), ("code", "guessed")], "invalid_grant"),
    ] {
        let mut browser = Browser::new(&api);
        let asked = door.leave(&mut browser, &[]).await;
        let code = door.fake.approve(&asked, ada(&serial()));
        let issuer = door.fake.issuer();
        let mut answer = vec![("state", asked["state"].as_str())];
        if more.iter().all(|(name, _)| *name != "code") {
            answer.push(("code", &code));
        }
        answer.extend(more.iter().map(|(name, value)| (*name, if *value == "own" { issuer.as_str() } else { *value })));
        let reply = door.come_back(&mut browser, &answer).await;
        let said = refused(&browser, &reply);
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

async fn who_the_provider_does_not_vouch_for(backend: Backend) {
    let server = server(backend).await;
    let api = server.api();
    let door = Door::new(&api, json!({})).await;
    for (more, wanted) in [
        (json!({"email_verified": false}), "verified"),
        (json!({"email_verified": null}), "verified"),
        (json!({"email_verified": "yes"}), "verified"),
        (json!({"email": "ada@elsewhere.example"}), "does not vouch"),
        (json!({"email": "ada@sub.acme.example"}), "does not vouch"),
        (json!({"email": "ada@acme.example.evil.example"}), "does not vouch"),
        (json!({"email": "ada@evil.example@acme.example"}), "is none"),
        (json!({"email": null}), "e-mail address"),
        (json!({"email": "acme.example"}), "is none"),
    ] {
        let said = door.refuse(with(ada(&serial()), more.clone())).await;
        assert!(said.contains(wanted), "{more}: {said}");
    }
    // What a thin token leaves out is asked for, of the same person only.
    let subject = serial();
    let thin = json!({"sub": subject});
    door.fake.will(|will| will.userinfo = with(ada("somebody-else"), json!({})));
    assert!(door.refuse(thin.clone()).await.contains("e-mail address"));
    let full = ada(&subject);
    door.fake.will(|will| will.userinfo = full);
    let _ = door.enter(thin).await;
}
