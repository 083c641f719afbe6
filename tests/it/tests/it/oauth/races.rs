//! Sixty-four at once: of a code and of a refresh token one use at most goes through.

use futures::future::join_all;
use kontor_testkit::{Api, Reply, both};

use super::party::{App, refused, verifier};

both!(one_of_many_refreshes, one_of_many_codes, one_of_many_decisions);

const RACERS: usize = 64;

fn winners(replies: &[Reply]) -> usize {
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        refused(reply, "invalid_grant");
    }
    replies.iter().filter(|reply| reply.status == 200).count()
}

/// How often: twenty times in the suite, a thousand times by `make walk` (`KONTOR_FAULTS_ROUNDS`).
fn rounds() -> usize {
    let wanted = std::env::var("KONTOR_FAULTS_ROUNDS").ok().and_then(|text| text.parse().ok());
    wanted.map_or(20, |wanted: usize| wanted.clamp(20, 1_000))
}

async fn one_of_many_refreshes(api: Api) {
    let app = App::public(&api).await;
    for _ in 0..rounds() {
        refreshes(&api, &app).await;
    }
}

async fn refreshes(api: &Api, app: &App) {
    let tokens = app.tokens(api, &[]).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let replies = join_all((0..RACERS).map(|_| app.refresh(api, token, &[]))).await;
    assert!(winners(&replies) <= 1);
    // It was used more than once: whoever won has nothing of it.
    for reply in replies.iter().filter(|reply| reply.status == 200) {
        refused(&app.refresh(api, reply.json["refresh_token"].as_str().unwrap(), &[]).await, "invalid_grant");
    }
}

async fn one_of_many_codes(api: Api) {
    let app = App::public(&api).await;
    for _ in 0..rounds() {
        codes(&api, &app).await;
    }
}

async fn codes(api: &Api, app: &App) {
    let verifier = verifier();
    let code = app.code(api, &verifier, &[]).await;
    let replies = join_all((0..RACERS).map(|_| app.redeem(api, &code, &verifier))).await;
    assert!(winners(&replies) <= 1);
    for reply in replies.iter().filter(|reply| reply.status == 200) {
        refused(&app.refresh(api, reply.json["refresh_token"].as_str().unwrap(), &[]).await, "invalid_grant");
    }
}

/// A double click on "Allow" gives one code.
async fn one_of_many_decisions(api: Api) {
    let app = App::public(&api).await;
    let mut browser = super::browser::Browser::new(&api);
    let ask = app.ask(&super::party::sha256(&verifier()), &[]);
    let reply = browser.get(&ask).await.expect(303);
    let next = browser.sign_in(&super::browser::human(&api).await, reply.header("location")).await;
    let page = browser.get(&next).await.expect(200);
    let fields = super::browser::hidden(&page);
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("decision", "allow"));
    let cookies =
        ["kontor_form", "kontor_session"].map(|name| format!("{name}={}", browser.cookie(name).unwrap())).join("; ");
    let body = super::browser::form(&fields);
    let anonymous = api.anonymous();
    let send = || {
        let request = anonymous.request("POST", "/oauth/authorize").header("cookie", &cookies);
        request.body("application/x-www-form-urlencoded", body.clone()).send()
    };
    let replies = join_all((0..RACERS).map(|_| send())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 1);
}
