//! SQL in every parameter of the document and in every text of every object: no fault of the server, no row more or
//! less than what was answered for, and no answer that depends on a condition smuggled in.

use kontor_testkit::{Api, Backend, Server, both, both_alone, encode, query};
use serde_json::{Value, json};

use super::rounds;
use crate::support::examples::Examples;

both!(every_parameter_is_a_value, conditions_change_nothing);
both_alone!(every_text_is_a_text);

/// Of the kinds that sqlmap tries: boolean, error, union, stacked, time; for both dialects.
const PAYLOADS: &[&str] = &[
    "'",
    "\"",
    "')",
    "' OR '1'='1",
    "1 OR 1=1--",
    "') OR ('1'='1",
    "'||(SELECT '')||'",
    "' AND 1=CAST((SELECT version()) AS int)--",
    "' AND (SELECT 1 FROM sqlite_master)--",
    "' UNION ALL SELECT NULL,NULL,NULL--",
    "1 UNION SELECT hash FROM api_key",
    "'; DROP TABLE customers; --",
    "\"; DELETE FROM customers; --",
    "'; SELECT pg_sleep(9)--",
    "' AND 1=LIKE('A',UPPER(HEX(RANDOMBLOB(900000000/2))))--",
    "$1",
    "?1",
    ":space",
    "%27%20OR%201=1",
    "\\'; --",
    "name COLLATE NOCASE",
    "(CASE WHEN 1=1 THEN id ELSE name END)",
    "/**/",
    "\u{2019} OR 1=1",
];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Some for each place, so that all have had their turn after a few places.
fn payloads(turn: &mut usize) -> impl Iterator<Item = &'static str> {
    let some = rounds(4, PAYLOADS.len());
    let first = *turn;
    *turn += some;
    (first..first + some).map(|n| PAYLOADS[n % PAYLOADS.len()])
}

async fn total(api: &Api, path: &str) -> u64 {
    api.get(&format!("{path}?count=exact&limit=1")).await.expect(200).page()["total"].as_u64().unwrap()
}

async fn every_parameter_is_a_value(api: Api) {
    let examples = Examples::of(&api).await;
    let id = examples.create(&api, "customer").await;
    let document = api.get("/openapi/v1.json").await.expect(200).json;
    let resolve = |value: &Value| match value["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).cloned().unwrap_or_default(),
        None => value.clone(),
    };
    let (mut asked, mut turn) = (0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
            let operation = &item[*method];
            let own = [&operation["parameters"], &item["parameters"]];
            let parameters: Vec<Value> = own.iter().filter_map(|list| list.as_array()).flatten().map(resolve).collect();
            for parameter in &parameters {
                let (name, place) =
                    (parameter["name"].as_str().unwrap_or_default(), parameter["in"].as_str().unwrap_or_default());
                for payload in payloads(&mut turn) {
                    let value = if place == "path" { encode(payload) } else { id.clone() };
                    let mut target = path.clone();
                    for other in parameters.iter().filter(|other| other["in"] == "path") {
                        let other = other["name"].as_str().unwrap_or_default();
                        target = target.replace(&format!("{{{other}}}"), if other == name { &value } else { &id });
                    }
                    if place == "query" {
                        target = query(&target, &[(name, payload)]);
                    }
                    let mut request = api.request(&method.to_uppercase(), &target);
                    if place == "header" && payload.is_ascii() {
                        request = request.header(name, payload);
                    }
                    // No object takes this member, so that nothing is made.
                    let body = !matches!(*method, "get" | "delete");
                    let reply = if body {
                        request.json(&json!({"no such member": payload})).send().await
                    } else {
                        request.send().await
                    };
                    assert!(reply.status < 500, "{name} = {payload}: {reply}");
                    asked += 1;
                }
            }
        }
    }
    eprintln!("{asked} requests with SQL in a parameter, no fault of the server");
}

async fn every_text_is_a_text(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let examples = Examples::of(&api).await;
    let objects: Vec<String> = examples.routed().map(str::to_owned).collect();
    let (mut asked, mut turn) = (0, 0);
    for object in objects {
        let (path, plain) = (examples.path(&object), examples.body(&api, &object).await);
        let strings: Vec<String> =
            plain.as_object().unwrap().iter().filter(|(_, v)| v.is_string()).map(|(k, _)| k.clone()).collect();
        for name in strings {
            let before = total(&api, &path).await;
            let mut made = 0;
            for (n, payload) in payloads(&mut turn).enumerate() {
                let mut body = plain.clone();
                body["external_id"] = json!(format!("{}-{object}-{name}-{n}", kontor_testkit::serial()));
                body[&name] = json!(payload);
                let reply = api.post(&format!("{path}?allow_duplicates=true"), body).await;
                assert!(reply.status < 500, "{object}.{name} = {payload}: {reply}");
                asked += 1;
                made += u64::from(reply.status == 201);
            }
            assert_eq!(total(&api, &path).await, before + made, "{object}.{name}: rows came or went");
        }
    }
    eprintln!("{asked} records with SQL in a text, no fault of the server");
}

/// What is true and what is false must give the same answer, in every field that a list filters and sorts by.
async fn conditions_change_nothing(api: Api) {
    let objects = api.get("/v1/metadata/objects?custom=false").await.expect(200).rows().to_vec();
    let mut asked = 0;
    for object in objects {
        let path = format!("/v1/{}", object["plural"].as_str().unwrap());
        if api.get(&format!("{path}?limit=1")).await.status != 200 {
            continue;
        }
        for field in object["fields"].as_array().unwrap() {
            let field = field["path"].as_str().unwrap_or_default();
            for (yes, no) in
                [("zz' OR '1'='1", "zz' OR '1'='2"), ("1) OR (1=1", "1) OR (1=2"), ("zz\" OR 1=1--", "zz\" OR 1=2--")]
            {
                let ask = async |condition: &str| {
                    let reply =
                        api.get(&query(&path, &[(&format!("filter[{field}]"), condition), ("limit", "5")])).await;
                    assert!(reply.status < 500, "{field} = {condition}: {reply}");
                    (reply.status, reply.error_code(), if reply.status == 200 { reply.rows().len() } else { 0 })
                };
                let (with_yes, with_no) = (ask(yes).await, ask(no).await);
                assert_eq!(with_yes, with_no, "{path} {field}");
                assert_eq!(with_yes.2, 0, "{path} {field} = {yes}");
                asked += 2;
            }
            for sort in [format!("{field},(SELECT 1)"), format!("-{field} DESC"), format!("{field}'")] {
                let reply = api.get(&query(&path, &[("sort", &sort)])).await;
                assert!((400..500).contains(&reply.status), "{reply}");
                asked += 1;
            }
        }
    }
    eprintln!("{asked} requests with conditions, none of them was one");
}
