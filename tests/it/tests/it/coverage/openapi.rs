//! The document and the server say the same.

use kontor_rest::routes::{OTHERS, RECORDS, ROUTES};
use kontor_testkit::{Api, both};
use serde_json::{Value, json};

use crate::support::{NO_ID, examples::Examples, notes};

both!(
    every_path_of_the_document_is_there,
    every_route_is_in_the_document,
    a_custom_object_is_in_the_document_of_its_space,
    every_reference_leads_somewhere,
    every_action_does_its_example_or_refuses_as_it_says,
    every_rule_of_the_services_is_in_the_document,
    every_rule_of_the_services_is_provoked
);

/// The services of the business: what may refuse a caller in them is documented.
const SERVICES: [&str; 8] =
    ["contacts", "activities", "leads", "sales", "invoicing", "support", "marketing", "reporting"];
/// Refusals of public pages, which have no operation of an object.
const OF_PAGES: [&str; 1] = ["form_time"];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn document(api: &Api) -> Value {
    api.get("/openapi/v1.json").await.expect(200).json
}

async fn every_path_of_the_document_is_there(api: Api) {
    let document = document(&api.anonymous()).await;
    let mut called = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = path
            .replace("{id}", NO_ID)
            .replace("{share}", NO_ID)
            .replace("{value}", "nobody")
            .replace("{object}", "customer")
            .replace("{file}", "index.html")
            .replace("{page}", "forms")
            .replace("{token}", "none");
        let filled = filled.replace("{field}", if path.contains("/by/") { "external_id" } else { "name" });
        // A stream goes on until one side ends it: one that is refused ends.
        let filled = if path == "/v1/events/stream" { format!("{filled}?after=x") } else { filled };
        assert!(!filled.contains('{'), "{path}");
        for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
            let request = api.request(&method.to_uppercase(), &filled);
            // An empty object is no record of anything, so that nothing is made or changed.
            let reply = if matches!(*method, "get" | "delete") {
                request.send().await
            } else {
                request.json(&json!({"no such member": 1})).send().await
            };
            assert!(reply.error_code() != 404_000 && reply.status != 405 && reply.status < 500, "{reply}");
            let declared = &item[*method]["responses"];
            let status = reply.status.to_string();
            let ranged = format!("{}XX", reply.status / 100);
            assert!(
                declared.get(&status).is_some() || declared.get(&ranged).is_some() || declared.get("default").is_some(),
                "{status} is not declared: {reply}"
            );
            called += 1;
        }
    }
    assert!(called > 500, "{called}");
}

async fn every_route_is_in_the_document(api: Api) {
    let document = document(&api.anonymous()).await;
    let examples = Examples::of(&api).await;
    for route in ROUTES.iter().chain(kontor_oauth::ROUTES) {
        let plain = route.path.replace("{*", "{");
        let of_records = RECORDS.iter().any(|other| other.path == route.path && other.method == route.method);
        let paths: Vec<String> = if of_records {
            examples.routed().map(|object| plain.replace("/v1/{collection}", &examples.path(object))).collect()
        } else if route.of_object {
            let acting = examples.doing(if route.method == "GET" { "views" } else { "actions" }).flat_map(
                |(object, actions)| {
                    let at = format!("{}/{{id}}", examples.path(object));
                    actions.into_iter().map(move |action| format!("{at}/{action}"))
                },
            );
            acting.collect()
        } else {
            vec![plain]
        };
        assert!(!paths.is_empty(), "{} {}", route.method, route.path);
        for path in paths {
            let operation = &document["paths"][&path][route.method.to_lowercase()];
            assert!(operation.is_object(), "{} {path}", route.method);
            assert_eq!(operation["x-visibility"], route.mark.name(), "{} {path}", route.method);
            if OTHERS.iter().chain(kontor_oauth::ROUTES).any(|other| other.operation == route.operation) {
                assert_eq!(operation["operationId"], route.operation);
            }
        }
    }
}

async fn a_custom_object_is_in_the_document_of_its_space(api: Api) {
    let papers = notes(&api).await;
    let mine = document(&api).await;
    let schema = mine["paths"][&papers.path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .unwrap();
    let create = mine.pointer(schema.trim_start_matches('#')).unwrap();
    assert_eq!((&create["required"], &create["properties"]["title"]["maxLength"]), (&json!(["title"]), &json!(40)));
    assert!(document(&api.anonymous()).await["paths"].get(&papers.path).is_none(), "it is nobody else's business");
}

/// The example of an action's body with records of its own in place of those that it names.
async fn example(api: &Api, examples: &Examples, object: &str, action: &str, operation: &Value) -> Value {
    let mut body = operation["requestBody"]["content"]["application/json"]["example"].clone();
    assert!(body.is_object(), "{object} {action} has no example");
    for (path, field) in examples.inputs(object, "actions", action) {
        let is_sent = body.get(&path).is_some();
        match field["type"].as_str().unwrap_or_default() {
            "reference" if is_sent => {
                let to = field["object"].as_str().unwrap();
                // A record that callers cannot make is named as it stands.
                if examples.routed().any(|routed| routed == to) {
                    body[&path] = json!(examples.create(api, to).await);
                }
            }
            "any_reference" if is_sent => body[&path] = json!(examples.create(api, object).await),
            _ => {}
        }
    }
    body
}

/// What the document shows of an action can be sent: it is done, or refused by one of the rules that the document names.
async fn every_action_does_its_example_or_refuses_as_it_says(api: Api) {
    let document = document(&api).await;
    let examples = Examples::of(&api).await;
    let (mut done, mut refused, mut wrong) = (0, 0, Vec::new());
    for (object, actions) in examples.doing("actions") {
        for action in actions {
            let path = format!("{}/{{id}}/{action}", examples.path(object));
            let operation = &document["paths"][&path]["post"];
            let body = example(&api, &examples, object, &action, operation).await;
            let id = examples.create(&api, object).await;
            let reply = api.post(&path.replace("{id}", &id), body.clone()).await;
            let status = reply.status.to_string();
            let is_named = match reply.error_code() {
                0 => operation["responses"].get(&status).is_some(),
                422_000 => {
                    let named = &operation["responses"]["422"]["content"]["application/problem+json"]["examples"];
                    let rule = reply.json["detail"].as_str().and_then(|detail| detail.split(':').next());
                    rule.is_some_and(|rule| named.get(rule).is_some())
                }
                // A record that an example names may be none that goes with this one: a stage of another pipeline, a
                // merge that never was.
                code => {
                    let about_records =
                        reply.faults().iter().all(|fault| fault["field"].as_str().unwrap().ends_with("_id"));
                    let names_any = body.as_object().unwrap().keys().any(|name| name.ends_with("_id"));
                    names_any && matches!(code, 400_001 | 404_001) && about_records
                }
            };
            if !is_named {
                wrong.push(format!("{path} {body}: {reply}"));
            }
            if reply.status < 300 { done += 1 } else { refused += 1 }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(done >= 20 && done + refused >= 50, "{done} done and {refused} refused");
}

async fn every_reference_leads_somewhere(api: Api) {
    let document = document(&api.anonymous()).await;
    let mut pending = vec![&document];
    let mut seen = 0;
    while let Some(value) = pending.pop() {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
                    seen += 1;
                }
                pending.extend(members.values());
            }
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
    assert!(seen > 100);
}

/// Every source file below a folder.
fn sources(folder: &std::path::Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, out);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            out.push(std::fs::read_to_string(&entry).unwrap());
        }
    }
}

/// The rules that a source refuses by: the first text of a call of `refusal` or `refuse`.
fn rules(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = source.split("refusal(").skip(1).chain(source.split("refuse(").skip(1));
    let first = |call: &str| {
        let (before, rest) = call.split_once('"')?;
        let (rule, _) = rest.split_once('"')?;
        let named = before.len() <= 60 && !before.contains(['{', ';']);
        (named && !rule.is_empty() && rule.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            .then(|| rule.to_owned())
    };
    calls.filter_map(first).collect()
}

/// What the services refuse by name, the document has an example of.
/// The rules that the sources of the business refuse by.
fn all_rules() -> std::collections::BTreeSet<String> {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let mut texts = Vec::new();
    for service in SERVICES {
        sources(&crates.join("service").join(service).join("src"), &mut texts);
    }
    sources(&crates.join("engine/mailbox/src"), &mut texts);
    let all: std::collections::BTreeSet<String> = texts.iter().flat_map(|text| rules(text)).collect();
    assert!(all.len() > 70, "{all:?}");
    all
}

async fn every_rule_of_the_services_is_in_the_document(api: Api) {
    let document = document(&api.anonymous()).await;
    let mut named = std::collections::HashSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        let examples = &operation["responses"]["422"]["content"]["application/problem+json"]["examples"];
        named.extend(examples.as_object().into_iter().flat_map(|examples| examples.keys().cloned()));
    }
    let all = all_rules();
    let missing: Vec<&String> =
        all.iter().filter(|rule| !named.contains(*rule) && !OF_PAGES.contains(&rule.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Rules about more records than a story has time to make, about a moment that it cannot hold, and for credentials that
/// belong to no user, which nothing gives any more.
const BEYOND: [&str; 7] =
    ["dashboard_size", "report_size", "segment_size", "statement_size", "segment_drawing", "calendar_user", "no_user"];

/// A story names every rule that it sees refuse.
async fn every_rule_of_the_services_is_provoked(_: Api) {
    let mut stories = Vec::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"), &mut stories);
    stories.retain(|story| !story.contains("const BEYOND"));
    let missing: Vec<String> =
        all_rules().into_iter().filter(|rule| !stories.iter().any(|story| story.contains(rule.as_str()))).collect();
    let missing: Vec<&String> = missing.iter().filter(|rule| !BEYOND.contains(&rule.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
