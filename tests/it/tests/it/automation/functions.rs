//! Steps that call functions of others.

use kontor_testkit::{Api, Backend, both, both_alone, unique};
use serde_json::{Value, json};

use super::cloud::{ACCESS_KEY, ACCOUNT, AWS_SECRET, AZURE_KEY, Cloud, FUNCTION};
use super::{history, pressed};
use crate::accounts::secrets::kept;
use crate::permissions::{acting, user};
use crate::webhooks::quick;

both!(what_is_missing_is_named, steps_have_a_form);
both_alone!(
    lambda_is_called_signed,
    azure_is_given_its_key_and_nobody_else,
    google_is_given_a_token_that_is_kept,
    the_secrets_lie_nowhere
);

/// A credential with its secret; its id and its name.
async fn credential(api: &Api, fields: Value, secret: impl Into<Value>) -> (String, String) {
    let name = unique("cred");
    let mut body = json!({"name": name});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let id = api.create("/v1/function_credentials", body).await;
    let set = api.put(&format!("/v1/function_credentials/{id}/secret"), json!({"secret": secret.into()})).await;
    assert!(set.expect(200).data()["secret_set_at"].is_string());
    (id, name)
}

fn error(run: &Value) -> &str {
    run["error"].as_str().unwrap_or_default()
}

async fn lambda_is_called_signed(backend: Backend) {
    let server = quick(backend).start().await;
    let (api, cloud) = (server.api(), Cloud::new().await);
    let aws = json!({"provider": "aws", "region": "eu-central-1", "access_key_id": ACCESS_KEY, "url": cloud.url});
    let (_, name) = credential(&api, aws.clone(), AWS_SECRET).await;
    let company = unique("Acme");
    let step = json!({"kind": "function", "name": "scored", "credential": name, "function": FUNCTION, "qualifier": "live",
        "body": {"n": "{{ input.n }}"},
        "result": {"score": "{{ response.body.score }}", "said": "{{ response.body.score }} of {{ input.n }} ({{ response.status }})",
            "key": "{{ response.body.key }}"}});
    let steps = json!([step, {"kind": "create", "object": "company", "name": "made",
        "data": {"name": "{{ input.name }} {{ steps.scored.said }}", "size": "{{ steps.scored.score }}"}}]);
    let run = pressed(&api, steps, json!({"n": 7, "name": company})).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let lines = history(&api, &run).await;
    let output = &lines[0]["output"];
    assert_eq!((&output["score"], &output["said"]), (&json!(8), &json!("8 of 7 (200)")));
    assert!(output["key"].as_str().unwrap().starts_with("wf_"), "{output}");
    assert_eq!(
        lines[0]["input"],
        json!({"credential": name, "function": FUNCTION, "qualifier": "live", "body": {"n": 7}})
    );
    assert_eq!(lines[1]["input"]["data"]["name"], json!(format!("{company} 8 of 7 (200)")));
    // A function that fails does so once; its reason is the step's.
    let broken = json!([{"kind": "function", "credential": name, "function": "broken"}]);
    let run = pressed(&api, broken, json!({})).await;
    assert!(error(&run).contains("the function failed: boom"), "{run}");
    assert_eq!(cloud.asked("/functions/broken/"), 1);
    // Signed with another secret, it is not let in.
    let (_, other) = credential(&api, aws, "another-secret-access-key").await;
    let run = pressed(&api, json!([{"kind": "function", "credential": other, "function": "x"}]), json!({})).await;
    assert!(error(&run).contains("answered 403"), "{run}");
}

async fn azure_is_given_its_key_and_nobody_else(backend: Backend) {
    let server = quick(backend).start().await;
    let (api, cloud) = (server.api(), Cloud::new().await);
    let azure = json!({"provider": "azure", "url": format!("{}/api", cloud.url)});
    let (id, name) = credential(&api, azure, AZURE_KEY).await;
    let call = |path: &str| json!([{"kind": "function", "name": "scored", "credential": name, "url": format!("{}{path}", cloud.url), "body": {"n": 1}}]);
    let run = pressed(&api, call("/api/score"), json!({})).await;
    assert_eq!(
        (&run["status"], &history(&api, &run).await[0]["output"]["score"]),
        (&json!("succeeded"), &json!(2)),
        "{run}"
    );
    for path in ["/apis/score", "/api/../other", "/other"] {
        let run = pressed(&api, call(path), json!({})).await;
        assert!(error(&run).contains("does not lie under the url"), "{path} {run}");
    }
    assert_eq!(cloud.asked("other"), 0);
    // What is larger than a step may give is taken in by its result.
    let mut large = call("/api/large");
    let run = pressed(&api, large.clone(), json!({})).await;
    assert!(error(&run).contains("more than 65536 bytes"), "{run}");
    large[0]["result"] = json!({"score": "{{ response.body.score }}"});
    let run = pressed(&api, large, json!({})).await;
    assert_eq!(history(&api, &run).await[0]["output"], json!({"score": 9}), "{run}");
    // A secret is for the address that it was given for.
    let at = format!("/v1/function_credentials/{id}");
    let _ = api.patch(&at, json!({"url": format!("{}/run", cloud.url)})).await.expect(200);
    let run = pressed(&api, call("/run/score"), json!({})).await;
    assert!(error(&run).contains("changed since its secret was set"), "{run}");
    assert_eq!(cloud.asked("/run/score"), 0);
    let _ = api.delete(&at).await.expect(200);
    let missing = json!([{"kind": "function", "credential": "{{ input.name }}", "url": cloud.url}]);
    let run = pressed(&api, missing, json!({"name": name})).await;
    assert!(error(&run).contains("there is no function credential"), "{run}");
}

async fn google_is_given_a_token_that_is_kept(backend: Backend) {
    let server = quick(backend).start().await;
    let (api, cloud) = (server.api(), Cloud::new().await);
    let google = json!({"provider": "google", "url": format!("{}/run", cloud.url)});
    let (id, name) = credential(&api, google, cloud.service_account()).await;
    let shown = api.get(&format!("/v1/function_credentials/{id}")).await.expect(200);
    assert_eq!(shown.data()["account"], ACCOUNT);
    let call =
        json!([{"kind": "function", "credential": name, "url": format!("{}/run/score", cloud.url), "body": {"n": 1}}]);
    for _ in 0..3 {
        let run = pressed(&api, call.clone(), json!({})).await;
        assert_eq!(run["status"], "succeeded", "{run}");
    }
    assert_eq!((cloud.asked("/token"), cloud.asked("/run/score")), (1, 3), "one token for all of them");
    // One that is taken no more is asked for anew, within the same attempt.
    cloud.revoke();
    let run = pressed(&api, call.clone(), json!({})).await;
    assert_eq!((&run["status"], &history(&api, &run).await[0]["attempts"]), (&json!("succeeded"), &json!(1)), "{run}");
    assert_eq!((cloud.asked("/token"), cloud.asked("/run/score")), (2, 5));
    // Another audience is another token, which this endpoint does not give.
    let _ = api.patch(&format!("/v1/function_credentials/{id}"), json!({"audience": "other"})).await.expect(200);
    let run = pressed(&api, call, json!({})).await;
    assert!(error(&run).contains("the token endpoint answered 400: invalid_grant"), "{run}");
}

async fn the_secrets_lie_nowhere(backend: Backend) {
    let mut server = quick(backend).start().await;
    let (api, cloud) = (server.api(), Cloud::new().await);
    let azure = json!({"provider": "azure", "url": format!("{}/api", cloud.url)});
    let (id, name) = credential(&api, azure, AZURE_KEY).await;
    let google = json!({"provider": "google", "url": format!("{}/run", cloud.url)});
    let (_, other) = credential(&api, google, cloud.service_account()).await;
    let call = |name: &str, path: &str| json!([{"kind": "function", "credential": name, "url": format!("{}{path}", cloud.url), "body": {"n": 1}}]);
    let run = pressed(&api, call(&name, "/api/score"), json!({})).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let run = pressed(&api, call(&other, "/run/score"), json!({})).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let private = cloud.service_account()["private_key"].as_str().unwrap().lines().nth(1).unwrap()[80..144].to_owned();
    let secrets = [AZURE_KEY.to_owned(), private];
    let at = format!("/v1/function_credentials/{id}");
    for path in [
        at.clone(),
        format!("{at}/history"),
        "/v1/function_credentials".to_owned(),
        "/v1/events?limit=500".to_owned(),
        "/v1/audit?limit=100".to_owned(),
        "/v1/request_logs?limit=100".to_owned(),
        "/v1/workflow_steps?limit=100".to_owned(),
    ] {
        let reply = api.get(&path).await.expect(200);
        for secret in &secrets {
            assert!(!reply.text().contains(secret.as_str()), "{path}: {reply}");
        }
    }
    let history = api.get(&format!("{at}/history")).await.expect(200);
    assert!(history.rows().iter().any(|entry| entry["action"] == "set_secret"), "{history}");
    server.terminate().await;
    let kept = kept(&server);
    let holds = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&name), "the look would find what is there");
    for secret in &secrets {
        assert!(!holds(secret), "{secret} is kept in plain text");
    }
}

async fn what_is_missing_is_named(api: Api) {
    let make = async |fields: Value| {
        let mut body = json!({"name": unique("cred")});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        api.post("/v1/function_credentials", body).await
    };
    for (fields, place) in [
        (json!({"provider": "azure"}), "url"),
        (json!({"provider": "google"}), "url"),
        (json!({"provider": "aws", "region": "eu-central-1"}), "access_key_id"),
        (json!({"provider": "aws", "access_key_id": "A", "region": "evil.example/"}), "region"),
        (json!({"provider": "azure", "url": "https://a.example/api?code=x"}), "url"),
    ] {
        let reply = make(fields.clone()).await.expect(400);
        assert!(reply.faults().iter().any(|fault| fault["field"] == place), "{fields} {reply}");
    }
    let made = make(json!({"provider": "google", "url": "https://a.example"})).await.expect(201);
    let (name, at) = (made.data()["name"].clone(), format!("/v1/function_credentials/{}", made.id()));
    for (secret, place) in
        [(json!({"secret": "{}"}), "secret"), (json!({"secret": 7}), "secret"), (json!({}), "secret")]
    {
        let reply = api.put(&format!("{at}/secret"), secret.clone()).await.expect(400);
        assert!(reply.faults().iter().any(|fault| fault["field"] == place), "{secret} {reply}");
    }
    let _ = api.put("/v1/function_credentials/4242/secret", json!({"secret": "x"})).await.refused(404_001);
    let manager = acting(&api, &user(&api, None).await, "manager");
    let _ = manager.put(&format!("{at}/secret"), json!({"secret": "x"})).await.refused(403_000);
    // Without a secret nothing is called; a credential that is not there is said when the workflow is saved.
    let call = |name: &Value| json!([{"kind": "function", "credential": name, "url": "https://a.example/x"}]);
    let run = pressed(&api, call(&name), json!({})).await;
    assert!(error(&run).contains("has no secret; PUT /v1/function_credentials/"), "{run}");
    let steps = json!([{"kind": "branch", "if": "true", "then": call(&json!("nobody's"))}]);
    let reply = api.post("/v1/workflows", json!({"name": unique("Flow"), "steps": steps})).await.expect(400);
    assert!(reply.faults().iter().any(|fault| fault["field"] == "steps.0.then.0.credential"), "{reply}");
}

async fn steps_have_a_form(api: Api) {
    let schema = api.get("/v1/metadata/workflow_steps").await.expect(200).data().clone();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let kinds = schema["$defs"]["steps"]["items"]["oneOf"].as_array().unwrap();
    let function = kinds.iter().find(|kind| kind["properties"]["kind"]["const"] == "function").unwrap();
    assert_eq!(function["properties"]["timeout"]["maximum"], 60);
    // What the form asks for is what a workflow is refused without.
    for kind in kinds {
        let mut step = json!({"kind": kind["properties"]["kind"]["const"]});
        for member in kind["required"].as_array().unwrap().iter().filter(|member| *member != "kind") {
            let body = json!({"name": unique("Flow"), "steps": [step]});
            let reply = api.post("/v1/workflows", body).await.expect(400);
            let place = format!("steps.0.{}", member.as_str().unwrap());
            assert!(reply.faults().iter().any(|fault| fault["field"] == place.as_str()), "{step} {reply}");
            step[member.as_str().unwrap()] = json!("x");
        }
    }
}
