//! Dashboards that are followed: what changes comes by the stream, without another request.

use std::time::{Duration, Instant};

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};

use super::live::kept;
use super::report;
use crate::events::PATIENCE;
use crate::events::stream::Stream;
use crate::permissions::{acting, deal, role, user, word};
use crate::support::NO_ID;

both_alone!(a_won_deal_comes_by_itself, a_reader_is_told_of_its_own, it_ends_with_the_right_to_see_it);
both!(it_is_its_owners_until_it_is_shared);

fn won() -> Value {
    json!({"name": "Won", "target_object": "deal", "chart": "number", "definition": {
        "filter": {"field": "stage.kind", "value": "won"},
        "measures": [{"fn": "count", "as": "deals"}, {"fn": "sum", "field": "amount", "as": "total"}]}})
}

fn by_stage() -> Value {
    json!({"name": "By stage", "target_object": "deal", "live": true,
        "definition": {"group_by": ["stage_id"], "measures": [{"fn": "count", "as": "deals"}]}})
}

async fn dashboard(api: &Api, reports: &[&str]) -> String {
    let layout: Vec<Value> = reports.iter().map(|id| json!({"report_id": id, "x": 0, "y": 0})).collect();
    api.create("/v1/dashboards", json!({"name": "D", "layout": layout, "shared": true})).await
}

/// The next tile, and the id it came with.
async fn tile(stream: &mut Stream) -> (Option<i64>, Value) {
    loop {
        let (id, name, data) = stream.part().await.expect("the stream goes on");
        if name.as_deref() == Some("tile") {
            return (id.and_then(|id| id.parse().ok()), data);
        }
    }
}

/// The next result of a tile that is so.
async fn until(stream: &mut Stream, place: usize, is: impl Fn(&Value) -> bool) -> (Option<i64>, Value) {
    loop {
        let (id, data) = tile(stream).await;
        if data["tile"] == place && is(&data["result"]["rows"]) {
            return (id, data);
        }
    }
}

async fn a_won_deal_comes_by_itself(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let one = api.create("/v1/deals", json!({"name": "One", "amount": "900", "currency": "EUR"})).await;
    let other = api.create("/v1/deals", json!({"name": "Other", "amount": "5", "currency": "EUR"})).await;
    let (first, second) = (report(&api, won()).await, report(&api, by_stage()).await);
    let _ = kept(&api, &second, |_| true).await;
    let path = format!("/v1/dashboards/{}/stream", dashboard(&api, &[&first, &second]).await);
    let mut stream = Stream::at(&api, &path, None).await;
    let head = stream.head.to_lowercase();
    assert!(head.contains(" 200 ") && head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("cache-control: no-store") && head.contains("x-accel-buffering: no"), "{head}");

    // Every tile as it is.
    let (id, name, data) = stream.part().await.unwrap();
    assert_eq!((id, name.as_deref(), &data["tile_count"]), (None, Some("dashboard"), &json!(2)));
    let (_, begins) = tile(&mut stream).await;
    assert_eq!((&begins["tile"], &begins["name"], &begins["report_id"]), (&json!(0), &json!("Won"), &json!(first)));
    assert_eq!(begins["result"]["rows"], json!([{"deals": 0, "total": null}]));
    let (_, stages) = tile(&mut stream).await;
    assert_eq!((&stages["tile"], stages["result"]["rows"].as_array().unwrap().len()), (&json!(1), 1));

    // A deal is won: both tiles are others by that.
    let begun = Instant::now();
    let _ = api.post(&format!("/v1/deals/{one}/win"), json!({})).await.expect(200);
    let (_, seen) = until(&mut stream, 0, |rows| rows[0]["deals"] == 1).await;
    assert_eq!(seen["result"]["rows"], json!([{"deals": 1, "total": "900"}]));
    eprintln!("a won deal was on the dashboard after {} ms", begun.elapsed().as_millis());

    // A connection that breaks goes on with the last id: what nothing has touched does not come again.
    let _ = api.patch(&format!("/v1/deals/{other}"), json!({"amount": "7"})).await.expect(200);
    let _ = api.post(&format!("/v1/deals/{other}/win"), json!({})).await.expect(200);
    let (_, seen) = until(&mut stream, 0, |rows| rows[0]["deals"] == 2).await;
    assert_eq!(seen["result"]["rows"][0]["total"], "907");
    let _ = stream.rest().await;
    assert!(stream.last.is_some(), "with the last tile a reader has everything");
    let mut again = Stream::at(&api, &path, stream.last).await;
    drop(stream);
    let said = again.rest().await;
    assert!(said.len() == 1 && said[0]["tile_count"] == 2, "{said:?}");
    let mut stream = again;
    let third = api.create("/v1/deals", json!({"name": "Third", "amount": "1", "currency": "EUR"})).await;
    let _ = api.post(&format!("/v1/deals/{third}/win"), json!({})).await.expect(200);
    let (_, seen) = until(&mut stream, 0, |rows| rows[0]["deals"] == 3).await;
    assert_eq!(seen["result"]["rows"][0]["total"], "908");

    // A layout that is another is told, too.
    let layout = json!([{"report_id": second, "x": 0, "y": 0}]);
    let dashboard = path.split('/').nth(3).unwrap();
    let _ = api.patch(&format!("/v1/dashboards/{dashboard}"), json!({"layout": layout})).await.expect(200);
    loop {
        let (_, name, data) = stream.part().await.unwrap();
        if name.as_deref() == Some("dashboard") && data["tile_count"] == 1 {
            break;
        }
    }
    assert!(Stream::at(&api, &path, Some(i64::MAX)).await.head.contains(" 400 "));
    let _ = api.request("GET", &path).header("last-event-id", "x").send().await.refused(400_005);
    let _ = api.get(&format!("/v1/dashboards/{NO_ID}/stream")).await.refused(404_001);
    let _ = api.get(&format!("{path}?after=1")).await.refused(400_000);
    let _ = api.anonymous().get(&path).await.refused(401_000);
}

async fn a_reader_is_told_of_its_own(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let all = json!(null);
    let own = role(
        &api,
        &[
            ("deal", "*", "own", all.clone()),
            ("report", "read", "all", all.clone()),
            ("dashboard", "read", "all", all.clone()),
            ("stage", "read", "all", all),
        ],
    )
    .await;
    let reader = acting(&api, &me, &own);
    let (mine, theirs) =
        (deal(&api, &me, json!({"amount": "10"})).await, deal(&api, &other, json!({"amount": "500"})).await);
    let counted = report(&api, by_stage()).await;
    assert_eq!(kept(&api, &counted, |_| true).await[0]["deals"], 2);
    let path = format!("/v1/dashboards/{}/stream", dashboard(&api, &[&report(&api, won()).await, &counted]).await);
    let mut stream = Stream::at(&reader, &path, None).await;
    let (_, begins) = until(&mut stream, 1, |_| true).await;
    // Of a live report, too, they get what they may see and not what is kept.
    assert_eq!((&begins["result"]["rows"][0]["deals"], &begins["result"]["live"]), (&json!(1), &json!(false)));
    let _ = api.post(&format!("/v1/deals/{theirs}/win"), json!({})).await.expect(200);
    let mut whole = Stream::at(&api, &path, None).await;
    let (_, seen) = until(&mut whole, 0, |rows| rows[0]["deals"] == 1).await;
    assert_eq!(seen["result"]["rows"][0]["total"], "500");
    let _ = api.post(&format!("/v1/deals/{mine}/win"), json!({})).await.expect(200);
    let (_, seen) = until(&mut whole, 0, |rows| rows[0]["deals"] == 2).await;
    assert_eq!(seen["result"]["rows"][0]["total"], "510");
    // Never was it one deal of five hundred.
    let (_, seen) = tile(&mut stream).await;
    assert_eq!((&seen["tile"], &seen["result"]["rows"]), (&json!(0), &json!([{"deals": 1, "total": "10"}])));
}

async fn it_ends_with_the_right_to_see_it(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let counted = report(&api, by_stage()).await;
    let board = dashboard(&api, &[&counted]).await;
    let path = format!("/v1/dashboards/{board}/stream");
    let made = api.post("/v1/api_keys", json!({"name": "follower", "role": "member"})).await.expect(201);
    let mut by_key = Stream::at(&api.with_key(made.data()["key"].as_str().unwrap()), &path, None).await;
    let mut by_other = Stream::at(&api, &path, None).await;
    let _ = (tile(&mut by_key).await, tile(&mut by_other).await);
    let _ = api.delete(&format!("/v1/api_keys/{}", made.id())).await.expect(200);
    ended(&mut by_key).await;
    let _ = api.delete(&format!("/v1/dashboards/{board}")).await.expect(200);
    ended(&mut by_other).await;
}

async fn it_is_its_owners_until_it_is_shared(api: Api) {
    let [me, other] = [user(&api, None).await, user(&api, None).await];
    let none = role(&api, &["report", "user"].map(|object| (object, "read", "all", json!(null)))).await;
    let (mine, theirs) = (acting(&api, &me, &none), acting(&api, &other, &none));
    let manager = acting(&api, &user(&api, None).await, "admin");
    let made = mine.post("/v1/dashboards", json!({"name": word("mark"), "layout": []})).await.expect(201);
    assert_eq!((&made.data()["owner_id"], &made.data()["shared"]), (&json!(me), &json!(false)));
    let at = format!("/v1/dashboards/{}", made.id());
    let list = format!("/v1/dashboards?filter[name]={}", made.data()["name"].as_str().unwrap());
    for stranger in [&theirs, &manager] {
        for path in [at.clone(), format!("{at}/data"), format!("{at}/stream"), format!("{at}/history")] {
            let _ = stranger.get(&path).await.refused(404_001);
        }
        let _ = stranger.patch(&at, json!({"name": "Mine"})).await.refused(404_001);
        assert!(stranger.get(&list).await.expect(200).ids().is_empty());
    }
    let _ = mine.get(&format!("{at}/data")).await.expect(200);
    // What is shared is read by all, and changed by its owner and who manages.
    let _ = mine.patch(&at, json!({"shared": true})).await.expect(200);
    assert_eq!(theirs.get(&list).await.expect(200).ids(), [made.id()]);
    let _ = theirs.patch(&at, json!({"name": "Mine"})).await.refused(403_000);
    let _ = manager.patch(&at, json!({"description": "For the review."})).await.expect(200);
    let _ = mine.patch(&at, json!({"shared": false})).await.expect(200);
    let _ = theirs.get(&at).await.refused(404_001);
    // Nobody puts one among another's; one without an owner is everybody's.
    let foreign = theirs.post("/v1/dashboards", json!({"name": "D", "owner_id": me})).await.refused(422_000);
    assert!(foreign.detail().starts_with("own_only"), "{foreign}");
    let nobodys = manager.create("/v1/dashboards", json!({"name": "D", "layout": []})).await;
    let _ = theirs.get(&format!("/v1/dashboards/{nobodys}")).await.refused(404_001);
    let _ = manager.patch(&format!("/v1/dashboards/{nobodys}"), json!({"owner_id": null})).await.expect(200);
    let read = theirs.get(&format!("/v1/dashboards/{nobodys}")).await.expect(200);
    assert!(read.data()["owner_id"].is_null(), "{read}");
}

async fn ended(stream: &mut Stream) {
    let begun = Instant::now();
    while stream.part().await.is_some() {
        assert!(begun.elapsed() < PATIENCE + Duration::from_secs(1));
    }
}
