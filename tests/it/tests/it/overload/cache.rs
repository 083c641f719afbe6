//! Answers that are given again: never after a change, never to someone who sees something else.

use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, serial, unique};
use serde_json::{Value, json};

use super::metric;
use crate::support::add_space;

both_alone!(spaces_are_apart);

both!(
    every_read_sees_the_change_before_it,
    users_of_one_role_see_their_own,
    what_is_private_stays_so_behind_a_relation,
    hidden_fields_stay_hidden,
    a_share_comes_and_goes,
    a_role_that_changes_and_a_user_who_goes,
    versions_are_apart,
    a_tag_works_on_an_answer_that_is_kept,
    a_new_field_is_there_at_once,
    equal_questions_at_once_are_all_answered,
);

fn word(begins: &str) -> String {
    format!("{begins}{}", serial())
}

/// The answer twice: as it is read, and as it is kept.
async fn twice(api: &Api, path: &str) -> Reply {
    let (first, second) = (api.get(path).await, api.get(path).await);
    assert_eq!((first.status, &first.json["data"]), (second.status, &second.json["data"]), "{first} {second}");
    if first.status == 200 {
        let ids = [&first, &second].map(|reply| reply.json["meta"]["request_id"].as_str().unwrap().to_owned());
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids, [&first, &second].map(|reply| reply.header("x-request-id").to_owned()));
        assert_eq!(first.header("etag"), second.header("etag"));
        assert_eq!(second.header("cache-control"), first.header("cache-control"));
        assert_eq!((second.header("age"), second.header("warning")), ("", ""));
    }
    second
}

/// Rights follow within moments.
async fn until(api: &Api, path: &str, is: impl Fn(&Reply) -> bool) -> Reply {
    for _ in 0..600 {
        let reply = api.get(path).await;
        if is(&reply) {
            return reply;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{path} never became so: {}", api.get(path).await)
}

async fn role(api: &Api, permissions: Value) -> (String, Vec<String>) {
    let name = word("role");
    let role = api.post("/v1/roles", json!({"name": name})).await.expect(201).id();
    let mut ids = Vec::new();
    for permission in permissions.as_array().unwrap() {
        let mut body = json!({"role_id": role});
        body.as_object_mut().unwrap().extend(permission.as_object().unwrap().clone());
        ids.push(api.post("/v1/permissions", body).await.expect(201).id());
    }
    (name, ids)
}

async fn user(api: &Api) -> String {
    api.post("/v1/users", json!({"name": word("User")})).await.expect(201).id()
}

async fn deal(api: &Api, body: Value) -> String {
    let mut whole = json!({"name": unique("Deal")});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    api.post("/v1/deals", whole).await.expect(201).id()
}

async fn every_read_sees_the_change_before_it(api: Api) {
    let mark = word("mark");
    let company = api.post("/v1/companies", json!({"name": unique("Firm")})).await.expect(201).id();
    let list = format!("/v1/deals?filter[next_step]={mark}&count=exact");
    let filter = json!({"field": "next_step", "value": mark});
    let search = json!({"filter": filter});
    let aggregate = json!({"measures": [{"fn": "count", "as": "n"}], "filter": filter});
    let mut ids: Vec<String> = Vec::new();
    for round in 0..8 {
        assert_eq!(twice(&api, &list).await.rows().len(), ids.len());
        assert_eq!(api.post("/v1/deals/search", search.clone()).await.expect(200).rows().len(), ids.len());
        let counted = api.post("/v1/deals/aggregate", aggregate.clone()).await.expect(200);
        let n = counted.rows().first().map_or(0, |row| row["n"].as_u64().unwrap_or_default());
        assert_eq!(n, ids.len() as u64, "{counted}");
        ids.push(deal(&api, json!({"next_step": mark, "company_id": company})).await);
        let id = &ids[round];
        let expanded = format!("/v1/deals/{id}?expand=company");
        let _ = twice(&api, &expanded).await.expect(200);
        let city = word("City");
        let _ = api.patch(&format!("/v1/companies/{company}"), json!({"city": city})).await.expect(200);
        let by_city = format!("/v1/deals?filter[company.city]={city}&limit=500");
        assert_eq!(twice(&api, &by_city).await.rows().len(), ids.len());
        assert!(twice(&api, &expanded).await.text().contains(&city), "an expanded record is read too");
        for name in [unique("first"), unique("second")] {
            let _ = api.patch(&format!("/v1/deals/{id}"), json!({"name": name})).await.expect(200);
            assert_eq!(twice(&api, &format!("/v1/deals/{id}")).await.expect(200).data()["name"], name);
        }
    }
    let gone = format!("/v1/deals/{}", ids[0]);
    let _ = api.delete(&gone).await.expect(200);
    let _ = twice(&api, &gone).await.refused(404_001);
    let _ = api.post(&format!("{gone}/restore"), json!({})).await.expect(200);
    let _ = twice(&api, &gone).await.expect(200);
}

async fn users_of_one_role_see_their_own(api: Api) {
    let (name, _) = role(&api, json!([{"target_object": "deal", "action": "*", "reach": "own"}])).await;
    let (me, you) = (user(&api).await, user(&api).await);
    let mark = word("mark");
    let (mine, yours) = (
        deal(&api, json!({"owner_id": me, "next_step": mark})).await,
        deal(&api, json!({"owner_id": you, "next_step": mark})).await,
    );
    let (first, second) = (api.as_role(&name, &["--user", &me]), api.as_role(&name, &["--user", &you]));
    let list = format!("/v1/deals?filter[next_step]={mark}");
    assert_eq!(twice(&api, &list).await.rows().len(), 2);
    assert_eq!(twice(&first, &list).await.ids(), [mine.clone()]);
    assert_eq!(twice(&second, &list).await.ids(), [yours.clone()]);
    let _ = twice(&second, &format!("/v1/deals/{yours}")).await.expect(200);
    let _ = twice(&first, &format!("/v1/deals/{yours}")).await.refused(404_001);
    // It changes hands.
    let _ = api.patch(&format!("/v1/deals/{mine}"), json!({"owner_id": you})).await.expect(200);
    assert!(twice(&first, &list).await.rows().is_empty());
    assert_eq!(twice(&second, &list).await.rows().len(), 2);
    let narrow = api.as_role("admin", &["--scopes", "contacts:read"]);
    let _ = twice(&narrow, &list).await.refused(403_001);
}

async fn what_is_private_stays_so_behind_a_relation(api: Api) {
    let fields = json!([
        {"name": "title", "type": "text", "max": 40, "required": true},
        {"name": "view", "type": "reference", "object": "saved_view", "indexed": true},
    ]);
    let papers = api.object("paper", fields).await;
    let [mine, other] = [user(&api).await, user(&api).await].map(|id| api.as_role("member", &["--user", &id]));
    let secret = word("secret");
    let view = mine.create("/v1/saved_views", json!({"name": secret, "target_object": "deal"})).await;
    let paper = mine.create(&papers.path, json!({"title": "x", "view_id": view})).await;
    let body = |name: &str| json!({"filter": {"field": "view.name", "value": name}});
    let plain = papers.path.trim_start_matches('/').to_owned();
    for path in [format!("/{plain}?expand=view"), format!("/{plain}/{paper}?expand=view")] {
        assert!(mine.get(&path).await.expect(200).text().contains(&secret));
        let read = twice(&other, &path).await.expect(200);
        assert!(!read.text().contains(&secret), "{path}: {read}");
        assert!(twice(&mine, &path).await.text().contains(&secret));
    }
    let search = format!("/{plain}/search");
    assert_eq!(mine.post(&search, body(&secret)).await.expect(200).ids(), [paper]);
    assert!(other.post(&search, body(&secret)).await.expect(200).ids().is_empty());
    let grouped = format!("/{plain}/aggregate");
    let by = json!({"group_by": ["view.name"], "measures": [{"fn": "count", "as": "n"}]});
    assert!(mine.post(&grouped, by.clone()).await.expect(200).text().contains(&secret));
    assert!(!other.post(&grouped, by).await.expect(200).text().contains(&secret));
}

async fn hidden_fields_stay_hidden(api: Api) {
    let mark = word("mark");
    let id = deal(&api, json!({"next_step": mark, "amount": "77.00"})).await;
    let everything = json!({"target_object": "*", "action": "read", "reach": "all"});
    let hidden =
        json!({"target_object": "deal", "action": "read", "reach": "all", "field_mask": {"hidden": ["amount"]}});
    let (blind, _) = role(&api, json!([everything, hidden])).await;
    let blind = api.as_role(&blind, &[]);
    for path in [format!("/v1/deals/{id}"), format!("/v1/deals?filter[next_step]={mark}")] {
        assert!(twice(&api, &path).await.expect(200).text().contains("\"amount\""));
        assert!(!twice(&blind, &path).await.expect(200).text().contains("\"amount\""), "{path}");
    }
    let search = json!({"filter": {"field": "next_step", "value": mark}});
    assert!(api.post("/v1/deals/search", search.clone()).await.text().contains("\"amount\""));
    assert!(!blind.post("/v1/deals/search", search).await.expect(200).text().contains("\"amount\""));
}

async fn a_share_comes_and_goes(api: Api) {
    let (name, _) = role(&api, json!([{"target_object": "deal", "action": "*", "reach": "own"}])).await;
    let (me, other) = (user(&api).await, user(&api).await);
    let seller = api.as_role(&name, &["--user", &me]);
    let (first, second) = (deal(&api, json!({"owner_id": other})).await, deal(&api, json!({"owner_id": other})).await);
    let path = |id: &str| format!("/v1/deals/{id}");
    let share =
        async |id: &str| api.post(&format!("{}/shares", path(id)), json!({"user_id": me})).await.expect(201).id();
    let kept = share(&first).await;
    let _ = until(&seller, &path(&first), |reply| reply.status == 200).await;
    // From here on the seller's standing does not change, only what is shared.
    let _ = twice(&seller, &path(&second)).await.refused(404_001);
    let taken = share(&second).await;
    let _ = twice(&seller, &path(&second)).await.expect(200);
    let _ = api.delete(&format!("{}/shares/{taken}", path(&second))).await.expect(200);
    let _ = twice(&seller, &path(&second)).await.refused(404_001);
    let _ = twice(&seller, &path(&first)).await.expect(200);
    let _ = api.delete(&format!("{}/shares/{kept}", path(&first))).await.expect(200);
    let _ = twice(&seller, &path(&first)).await.refused(404_001);
}

async fn a_role_that_changes_and_a_user_who_goes(api: Api) {
    let (name, permissions) = role(&api, json!([{"target_object": "deal", "action": "read", "reach": "all"}])).await;
    let me = user(&api).await;
    let caller = api.as_role(&name, &["--user", &me]);
    let path = format!("/v1/deals/{}", deal(&api, json!({})).await);
    let _ = twice(&caller, &path).await.expect(200);
    let _ = api.patch(&format!("/v1/permissions/{}", permissions[0]), json!({"reach": "own"})).await.expect(200);
    let _ = until(&caller, &path, |reply| reply.status == 404).await;
    let _ = api.patch(&format!("/v1/permissions/{}", permissions[0]), json!({"reach": "all"})).await.expect(200);
    let _ = until(&caller, &path, |reply| reply.status == 200).await;
    let _ = api.patch(&format!("/v1/users/{me}"), json!({"active": false})).await.expect(200);
    let _ = until(&caller, &path, |reply| reply.status == 401).await;
    let _ = caller.get(&path).await.refused(401_001);
}

async fn versions_are_apart(api: Api) {
    let id = deal(&api, json!({})).await;
    for _ in 0..2 {
        let older = api.get(&format!("/v1/deals/{id}")).await.expect(200);
        let newer = api.get(&format!("/v2/deals/{id}")).await.expect(200);
        assert!(older.data()["created_at"].is_string() && newer.data()["created_at"].is_i64(), "{older} {newer}");
    }
}

async fn spaces_are_apart(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    add_space(&server, "sandbox");
    let (api, elsewhere) = (server.api(), server.api().as_role("admin", &["--space", "sandbox"]));
    let id = deal(&api, json!({})).await;
    assert_eq!(twice(&api, "/v1/deals").await.ids(), [id.clone()]);
    assert!(twice(&elsewhere, "/v1/deals").await.rows().is_empty());
    let _ = twice(&api, &format!("/v1/deals/{id}")).await.expect(200);
    let _ = twice(&elsewhere, &format!("/v1/deals/{id}")).await.refused(404_001);
}

async fn a_tag_works_on_an_answer_that_is_kept(api: Api) {
    let company = api.post("/v1/companies", json!({"name": unique("Firm")})).await.expect(201).id();
    let id = deal(&api, json!({"company_id": company})).await;
    let path = format!("/v1/deals/{id}");
    let list = format!("/v1/deals?filter[id]={id}");
    let ask = async |path: &str, tag: &str| api.request("GET", path).header("if-none-match", tag).send().await;
    for path in [&path, &list] {
        let first = ask(path, "\"none\"").await.expect(200);
        let tag = first.header("etag").to_owned();
        for _ in 0..2 {
            let known = ask(path, &tag).await.expect(304);
            assert!(known.body.is_empty() && known.header("etag") == tag, "{known}");
            let _ = twice(&api, path).await.expect(200);
            let _ = ask(path, "\"other\", *").await.refused(400_000);
            let _ = ask(path, "*").await.expect(304);
        }
    }
    // Its version says nothing of the company's.
    let expanded = format!("{path}?expand=company");
    let tag = api.get(&expanded).await.expect(200).header("etag").to_owned();
    let _ = ask(&expanded, &tag).await.expect(200);
    let _ = api.patch(&path, json!({"amount": "5"})).await.expect(200);
    let _ = ask(&path, &tag).await.expect(200);
    let head = api.request("HEAD", &path).send().await.expect(200);
    assert!(head.body.is_empty() && head.header("content-length") != "0", "{head}");
}

async fn a_new_field_is_there_at_once(api: Api) {
    let id = deal(&api, json!({})).await;
    let path = format!("/v1/deals/{id}");
    let field = word("field").to_lowercase();
    let _ = twice(&api, &path).await.expect(200);
    let made = json!({"name": field, "label": "Field", "type": "text", "max": 10, "default": "x"});
    let _ = api.post("/v1/metadata/objects/deal/fields", made).await.expect(201);
    assert!(twice(&api, &path).await.expect(200).text().contains(&field));
    let _ = api.delete(&format!("/v1/metadata/objects/deal/fields/{field}")).await.expect(200);
    assert!(!twice(&api, &path).await.expect(200).text().contains(&field));
}

async fn equal_questions_at_once_are_all_answered(api: Api) {
    let mark = word("mark");
    let list = format!("/v1/deals?filter[next_step]={mark}&sort=name");
    for round in 0..5 {
        let _ = deal(&api, json!({"next_step": mark})).await;
        let asked = (0..40).map(|n| {
            let (api, list) = (api.clone(), list.clone());
            tokio::spawn(async move {
                if n % 8 == 7 {
                    // Who does not wait for the answer takes nobody's with it.
                    let request = api.request("GET", &list).send();
                    tokio::time::timeout(std::time::Duration::from_micros(500), request).await.ok();
                    return None;
                }
                Some(api.get(&list).await.expect(200))
            })
        });
        for reply in futures::future::join_all(asked).await {
            let Some(reply) = reply.unwrap() else { continue };
            assert_eq!(reply.rows().len(), round + 1, "each asked after the change");
            assert_eq!(reply.json["meta"]["request_id"], reply.header("x-request-id"));
        }
    }
}

/// On SQLite nobody else changes anything: what is unchanged is not read again.
#[tokio::test]
async fn an_unchanged_record_is_read_once() {
    let server = Server::builder().backend(Backend::Sqlite).start().await;
    let api = server.api();
    let path = format!("/v1/deals/{}", deal(&api, json!({})).await);
    let _ = api.get(&path).await.expect(200);
    let (read, kept) =
        (metric(&api, "cache_answers_total", "database").await, metric(&api, "cache_answers_total", "cache").await);
    for _ in 0..10 {
        let _ = api.get(&path).await.expect(200);
    }
    assert_eq!(metric(&api, "cache_answers_total", "database").await, read);
    assert_eq!(metric(&api, "cache_answers_total", "cache").await, kept + 10);
}

/// Two processes on one PostgreSQL: what one has written the other reads at once.
#[tokio::test]
async fn no_process_gives_what_another_has_changed() {
    if !Backend::Postgres.is_reachable() {
        return;
    }
    let server = Server::builder().backend(Backend::Postgres).start().await;
    let other = Server::builder()
        .env("KONTOR_DATABASE_URL", &kontor_testkit::postgres_url(server.place().database().unwrap()))
        .start()
        .await;
    let (one, two) = (server.api(), server.api().at(other.url()));
    let path = format!("/v1/deals/{}", deal(&one, json!({})).await);
    for round in 0..20 {
        let step = format!("Step {round}.");
        let _ = one.patch(&path, json!({"next_step": step})).await.expect(200);
        assert_eq!(twice(&two, &path).await.expect(200).data()["next_step"], step);
    }
}
