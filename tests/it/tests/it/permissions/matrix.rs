//! Every shipped role × every object × every verb × one's own record, a colleague's and a stranger's: what happens is
//! what the table says, and what is refused has changed nothing.

use std::collections::BTreeMap;

use kontor_testkit::{Api, Backend, Reply, Server, both_alone, serial};
use serde_json::{Value, json};

use super::table::{May, ROLES, Whose, expected};
use super::{acting, team, user};
use crate::support::examples::Examples;
use crate::walk::dump::{Dump, difference, dump, still};

both_alone!(every_role_does_what_the_table_says);

/// Parts of other records, which are reached as those are.
const PARTS: &[(&str, &str)] = &[
    ("deal_line", "deal"),
    ("quote_line", "quote"),
    ("order_line", "order"),
    ("invoice_line", "invoice"),
    ("payment", "invoice"),
    ("ticket_comment", "ticket"),
    ("campaign_member", "campaign"),
];

/// What only its owner sees, whatever the role: told in `notifications`, `reporting::saved_views` and
/// `reporting::dashboards`.
const PRIVATE: &[&str] =
    &["notification", "channel_preference", "system_alert", "saved_view", "default_view", "dashboard"];

/// What changes although a request was refused, and may: who called, and how often.
const COUNTED: [&str; 4] = ["request_log", "day_use", "api_key", "session"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Create,
    Read,
    Update,
    Delete,
    /// Open it to others: as a change.
    Share,
    /// For administrators only.
    Purge,
}

impl Action {
    fn allowed(self, may: &May, whose: Whose, manages: bool) -> bool {
        match self {
            Action::Create => may.create,
            Action::Read => may.read.covers(whose),
            Action::Update | Action::Share => may.update.covers(whose),
            Action::Delete => may.delete.covers(whose),
            Action::Purge => manages,
        }
    }
}

/// A record that roles try themselves on.
struct Target {
    object: String,
    path: String,
    id: String,
    key: String,
    whose: Whose,
    /// What makes another one.
    body: Value,
}

/// One way to do something to a record.
struct Way {
    action: Action,
    method: &'static str,
    path: String,
    body: Option<Value>,
}

impl Way {
    async fn go(&self, caller: &Api) -> Reply {
        let request = caller.request(self.method, &self.path);
        match &self.body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    /// Whether it was done: each operation of a batch says so itself.
    fn done(reply: &Reply) -> bool {
        let inner = reply.data().as_array().and_then(|all| all.first()?.get("status")?.as_u64());
        reply.status < 300 && inner.is_none_or(|status| status < 300)
    }

    fn is_refusal(reply: &Reply) -> bool {
        let inner = reply.data().as_array().and_then(|all| all.first()?.get("error_code")?.as_u64());
        matches!(inner.unwrap_or_else(|| reply.error_code()), 403_000 | 403_001)
    }
}

/// Every verb. What removes comes last, and is undone by the next.
fn ways(target: &Target) -> Vec<Way> {
    let Target { object, path, id, key, body, .. } = target;
    let at = format!("{path}/{id}");
    let touch = json!({"external_id": key});
    let operation = |op: Value| json!({"operations": [op]});
    let way = |action, method, path: String, body| Way { action, method, path, body };
    let count = json!({"filter": {"field": "id", "value": id}, "measures": [{"fn": "count", "as": "n"}]});
    let mut new = body.clone();
    new["external_id"] = json!(format!("n{}", serial()));
    vec![
        way(Action::Read, "GET", at.clone(), None),
        way(Action::Read, "GET", format!("{path}/by/external_id/{key}"), None),
        way(Action::Read, "GET", format!("{path}?filter[id]={id}"), None),
        way(Action::Read, "POST", format!("{path}/search"), Some(json!({"filter": {"field": "id", "value": id}}))),
        way(Action::Read, "POST", format!("{path}/aggregate"), Some(count)),
        way(Action::Read, "GET", format!("{at}/history"), None),
        way(Action::Read, "GET", format!("{at}/timeline"), None),
        way(Action::Read, "GET", format!("{at}/shares"), None),
        way(Action::Create, "POST", format!("{path}?allow_duplicates=true"), Some(new)),
        way(Action::Update, "PATCH", at.clone(), Some(touch.clone())),
        way(Action::Update, "PUT", format!("{path}/by/external_id/{key}"), Some(json!({}))),
        way(
            Action::Update,
            "POST",
            format!("{path}/batch"),
            Some(operation(json!({"op": "update", "id": id, "data": touch}))),
        ),
        way(
            Action::Update,
            "POST",
            format!("{path}/batch"),
            Some(operation(json!({"op": "upsert", "by": "external_id", "value": key, "data": {}}))),
        ),
        way(
            Action::Update,
            "POST",
            "/v1/composite".to_owned(),
            Some(operation(json!({"op": "update", "object": object, "id": id, "data": touch}))),
        ),
        way(Action::Share, "POST", format!("{at}/shares"), None),
        way(Action::Delete, "DELETE", at.clone(), None),
        way(Action::Delete, "POST", format!("{at}/restore"), Some(json!({}))),
        way(Action::Delete, "POST", format!("{path}/batch"), Some(operation(json!({"op": "delete", "id": id})))),
        way(Action::Delete, "POST", format!("{at}/restore"), Some(json!({}))),
        way(Action::Purge, "POST", format!("{at}/purge"), Some(json!({}))),
    ]
}

/// A role's caller: a user with a colleague.
struct Cast {
    me: String,
    mate: String,
    stranger: String,
}

async fn targets(api: &Api, examples: &Examples, cast: &Cast, objects: &BTreeMap<String, Value>) -> Vec<Target> {
    let mut all = Vec::new();
    for object in examples.routed().filter(|object| !PRIVATE.contains(object)) {
        let of = |owner: &str| Some(json!(owner));
        let cases: Vec<(Whose, Option<Value>)> = if objects[object]["owned"] == true || is_part(object) {
            vec![(Whose::Mine, of(&cast.me)), (Whose::Mates, of(&cast.mate)), (Whose::Strangers, of(&cast.stranger))]
        } else {
            vec![(Whose::Anyones, None)]
        };
        for (whose, owner) in cases {
            let mut body = examples.body(api, object).await;
            let parent = PARTS.iter().find(|(part, _)| *part == object).map(|(_, parent)| *parent);
            match (parent, owner) {
                (Some(parent), Some(owner)) => {
                    let mut whole = examples.body(api, parent).await;
                    whole["owner_id"] = owner;
                    let path = format!("{}?allow_duplicates=true", examples.path(parent));
                    body[format!("{parent}_id")] = json!(api.post(&path, whole).await.expect(201).id());
                }
                (None, Some(owner)) => body["owner_id"] = owner,
                _ => {}
            }
            let path = examples.path(object);
            let made = api.post(&format!("{path}?allow_duplicates=true"), body.clone()).await.expect(201);
            let another = examples.body(api, object).await;
            all.push(Target {
                object: object.to_owned(),
                path,
                id: made.id(),
                key: body["external_id"].as_str().unwrap().to_owned(),
                whose,
                body: another,
            });
        }
    }
    all
}

fn is_part(object: &str) -> bool {
    PARTS.iter().any(|(part, _)| *part == object)
}

/// A space's rows without what counts calls.
fn state(server: &Server, space: &str) -> Dump {
    let mut all = dump(server.place(), space);
    // Seals follow the commits by themselves; what they seal stays in.
    all.retain(|table, _| !COUNTED.contains(&table.as_str()) && table != "audit_seal");
    all
}

async fn every_role_does_what_the_table_says(backend: Backend) {
    // Nothing moves but what is asked for.
    let server = Server::builder().backend(backend).env("KONTOR_SWEEPS_EVERY_SECONDS", "86400").start().await;
    let api = server.api();
    let space = api.get("/v1/me").await.expect(200).data()["space"]["id"].as_str().unwrap().to_owned();
    let examples = Examples::of(&api).await;
    let described = api.get("/v1/metadata/objects?custom=false").await.expect(200).rows().to_vec();
    let objects: BTreeMap<String, Value> =
        described.into_iter().map(|object| (object["name"].as_str().unwrap().to_owned(), object)).collect();
    let squad = team(&api).await;
    let (mut done, mut refused) = (0, 0);
    for role in ROLES {
        let cast = Cast {
            me: user(&api, Some(&squad)).await,
            mate: user(&api, Some(&squad)).await,
            stranger: user(&api, None).await,
        };
        let caller = acting(&api, &cast.me, role);
        let targets = targets(&api, &examples, &cast, &objects).await;
        let manages = matches!(*role, "owner" | "admin");
        // What follows from making them comes to its end first.
        let before = still(2, || state(&server, &space)).await;
        let mut wrong = Vec::new();
        for target in &targets {
            let may = expected(role, &target.object);
            for mut way in ways(target) {
                if way.action == Action::Share {
                    way.body = Some(json!({"user_id": cast.stranger}));
                }
                if way.action.allowed(&may, target.whose, manages) {
                    continue;
                }
                let reply = way.go(&caller).await;
                refused += 1;
                if !Way::is_refusal(&reply) {
                    wrong.push(format!("{role} must not: {:?} {}: {reply}", target.whose, target.object));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of the refusals:\n{}", wrong.len(), shortened(&wrong));
        let said = difference(&before, &state(&server, &space));
        assert!(said.is_empty(), "{role} was refused, and changed:\n{said}");
        for target in &targets {
            let may = expected(role, &target.object);
            for mut way in ways(target) {
                if way.action == Action::Share {
                    way.body = Some(json!({"user_id": cast.stranger}));
                }
                if !way.action.allowed(&may, target.whose, manages) {
                    continue;
                }
                if way.action == Action::Purge {
                    let _ = api.delete(&format!("{}/{}", target.path, target.id)).await.expect(200);
                }
                let reply = way.go(&caller).await;
                done += 1;
                if !Way::done(&reply) {
                    wrong.push(format!("{role} may: {:?} {}: {reply}", target.whose, target.object));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of what is allowed:\n{}", wrong.len(), shortened(&wrong));
    }
    assert!(done > 5_000 && refused > 3_000, "{done} {refused}");
    eprintln!("{}: {done} allowed, {refused} refused", backend.name());
}

fn shortened(wrong: &[String]) -> String {
    wrong.iter().take(20).map(|said| said.chars().take(600).collect::<String>()).collect::<Vec<_>>().join("\n")
}
