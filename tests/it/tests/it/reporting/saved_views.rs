//! Views of lists that people keep: their own, and those that they let others see.

use kontor_testkit::{Api, both, serial};
use serde_json::{Value, json};

use crate::permissions::{acting, role, user, word};

both!(
    a_view_is_its_owners_until_it_is_shared,
    a_definition_is_held_against_the_catalogue,
    a_field_that_has_gone_breaks_no_view,
    everybody_has_a_default_view_of_each_object,
);

/// Two sellers who may see deals and keep views, and nothing else.
async fn sellers(api: &Api) -> [(String, Api); 2] {
    let reads = ["deal", "user", "company", "stage"].map(|object| (object, "read", "all", json!(null)));
    let name = role(api, &reads).await;
    let (one, other) = (user(api, None).await, user(api, None).await);
    [(one.clone(), acting(api, &one, &name)), (other.clone(), acting(api, &other, &name))]
}

fn big_deals(mark: &str) -> Value {
    json!({"name": mark, "target_object": "deal", "definition": {
        "columns": [{"field": "name", "width": 240}, {"field": "amount"}, {"field": "company.city", "width": 120}],
        "filter": {"and": [{"field": "amount", "op": "gte", "value": "1000"}, {"field": "stage.kind", "value": "open"}]},
        "sort": ["-amount", "company.name"], "q": "pro"}})
}

async fn a_view_is_its_owners_until_it_is_shared(api: Api) {
    let [(me, seller), (_, other)] = sellers(&api).await;
    let mark = word("mark");
    let made = seller.post("/v1/saved_views", big_deals(&mark)).await.expect(201);
    let at = format!("/v1/saved_views/{}", made.id());
    let data = made.data();
    assert_eq!((&data["owner_id"], &data["shared"], &data["kind"]), (&json!(me), &json!(false), &json!("list")));
    assert_eq!(data["definition"], big_deals(&mark)["definition"]);
    let list = format!("/v1/saved_views?filter[name]={mark}");

    // Others do not see it, and who manages the space does not either.
    let manager = acting(&api, &user(&api, None).await, "admin");
    for stranger in [&other, &manager] {
        let _ = stranger.get(&at).await.refused(404_001);
        let _ = stranger.patch(&at, json!({"name": "Mine"})).await.refused(404_001);
        let _ = stranger.delete(&at).await.refused(404_001);
        let _ = stranger.get(&format!("{at}/history")).await.refused(404_001);
        let _ = stranger.post(&format!("{at}/set_default"), json!({})).await.refused(404_001);
        assert!(stranger.get(&list).await.expect(200).ids().is_empty());
        let found = stranger.post("/v1/saved_views/search", json!({"q": mark})).await.expect(200);
        assert!(found.ids().is_empty());
    }
    assert_eq!(seller.get(&list).await.expect(200).ids(), [made.id()]);

    // What is shared is read by all, and changed by its owner and who manages.
    let _ = seller.patch(&at, json!({"shared": true})).await.expect(200);
    assert_eq!(other.get(&list).await.expect(200).ids(), [made.id()]);
    let _ = other.patch(&at, json!({"name": "Mine"})).await.refused(403_000);
    let _ = other.delete(&at).await.refused(403_000);
    let _ = manager.patch(&at, json!({"description": "For the review."})).await.expect(200);
    let _ = seller.patch(&at, json!({"shared": false})).await.expect(200);
    let _ = other.get(&at).await.refused(404_001);
    let _ = manager.get(&at).await.refused(404_001);

    // Nobody puts a view among another's.
    let mut foreign = big_deals(&word("mark"));
    foreign["owner_id"] = json!(me);
    let refused = other.post("/v1/saved_views", foreign).await.refused(422_000);
    assert!(refused.detail().starts_with("own_only"), "{refused}");
    let _ = seller.delete(&at).await.expect(200);
    let _ = seller.get(&at).await.refused(404_001);
}

async fn a_definition_is_held_against_the_catalogue(api: Api) {
    let [(_, seller), _] = sellers(&api).await;
    let view = |object: &str, kind: &str, definition: Value| json!({"name": "A view", "target_object": object, "kind": kind, "definition": definition});
    let unknown = seller.post("/v1/saved_views", view("deel", "list", json!({}))).await.refused(422_000);
    assert_eq!(unknown.faults()[0]["field"], "target_object");
    assert!(unknown.detail().starts_with("unknown_object"), "{unknown}");
    assert!(unknown.detail().contains("did you mean"), "{}", unknown.detail());
    for (kind, definition, field) in [
        ("list", json!({"columns": [{"field": "amuont"}]}), "definition.columns.0.field"),
        ("list", json!({"columns": [{"field": "name", "width": 5}]}), "definition.columns.0.width"),
        ("list", json!({"columns": [{"field": "company.cty"}]}), "definition.columns.0.field"),
        ("list", json!({"columns": [{}]}), "definition.columns.0.field"),
        ("list", json!({"colums": []}), "definition.colums"),
        ("list", json!({"filter": {"field": "amount", "op": "contains", "value": "1"}}), "definition"),
        ("list", json!({"filter": {"field": "amount", "op": "gte", "value": "much"}}), "definition.amount"),
        ("list", json!({"filter": {"field": "secret", "value": "1"}}), "definition"),
        ("list", json!({"sort": ["-amuont"]}), "definition"),
        ("list", json!({"sort": "amount"}), "definition.sort"),
        ("list", json!({"q": "x".repeat(300)}), "definition.q"),
        ("list", json!({"note": "x".repeat(40_000)}), "definition"),
        ("list", json!([]), "definition"),
        ("board", json!({}), "definition.group_by"),
        ("board", json!({"group_by": "amount"}), "definition.group_by"),
        ("calendar", json!({"columns": []}), "definition.date_field"),
        ("calendar", json!({"date_field": "name"}), "definition.date_field"),
    ] {
        let reply = seller.post("/v1/saved_views", view("deal", kind, definition.clone())).await.expect(400);
        assert_eq!(reply.faults()[0]["field"], field, "{definition} {}", reply.text());
    }
    for (kind, definition) in [
        ("list", json!({})),
        ("list", json!({"group_by": "amount", "deleted": true})),
        ("board", json!({"group_by": "stage_id"})),
        ("calendar", json!({"date_field": "expected_close_date"})),
    ] {
        let made = seller.post("/v1/saved_views", view("deal", kind, definition.clone())).await.expect(201);
        assert_eq!(made.data()["definition"], definition);
        let at = format!("/v1/saved_views/{}", made.id());
        let moved = seller.patch(&at, json!({"target_object": "contact"})).await.refused(422_000);
        assert!(moved.detail().starts_with("view_object"), "{moved}");
    }
    // An object that the role does not see at all cannot be asked.
    let _ = seller.post("/v1/saved_views", view("contact", "list", json!({}))).await.refused(403_000);
}

async fn a_field_that_has_gone_breaks_no_view(api: Api) {
    let name = format!("vehicle{}", serial());
    let fields = json!([{"name": "plate", "type": "text", "max": 16, "required": true},
        {"name": "fuel", "type": "enum", "values": ["petrol", "diesel"]}]);
    let object = json!({"name": name, "plural": format!("{name}s"), "label": "Vehicle", "name_field": "plate", "fields": fields});
    let _ = api.post("/v1/metadata/objects", object).await.expect(201);
    let definition = json!({"columns": [{"field": "plate"}, {"field": "fuel"}], "group_by": "fuel",
        "filter": {"field": "fuel", "value": "diesel"}});
    let view = json!({"name": "Diesels", "target_object": name, "kind": "board", "definition": definition});
    let made = api.post("/v1/saved_views", view).await.expect(201);
    let at = format!("/v1/saved_views/{}", made.id());
    let _ = api.delete(&format!("/v1/metadata/objects/{name}/fields/fuel")).await.expect(200);
    assert_eq!(api.get(&at).await.expect(200).data()["definition"], definition);
    assert_eq!(api.patch(&at, json!({"name": "Old diesels"})).await.expect(200).data()["definition"], definition);
    let _ = api.patch(&at, json!({"definition": {"group_by": "fuel"}})).await.refused(400_002);
    let mended = json!({"kind": "list", "definition": {"columns": [{"field": "plate"}]}});
    let _ = api.patch(&at, mended).await.expect(200);
}

async fn everybody_has_a_default_view_of_each_object(api: Api) {
    let [(me, seller), (_, other)] = sellers(&api).await;
    let view = |name: &str| json!({"name": name, "target_object": "deal", "shared": true});
    let one = seller.create("/v1/saved_views", view("One")).await;
    let two = seller.create("/v1/saved_views", view("Two")).await;
    let chosen = seller.post(&format!("/v1/saved_views/{one}/set_default"), json!({})).await.expect(201);
    let data = chosen.data();
    assert_eq!((&data["target_object"], &data["owner_id"]), (&json!("deal"), &json!(me)));
    // The next choice takes its place, and a colleague's stands beside it.
    let again = seller.post(&format!("/v1/saved_views/{two}/set_default"), json!({})).await.expect(200);
    assert_eq!((again.id(), &again.data()["saved_view_id"]), (chosen.id(), &json!(two)));
    let _ = other.post(&format!("/v1/saved_views/{one}/set_default"), json!({})).await.expect(201);
    let mine = "/v1/default_views?filter[target_object]=deal&expand=saved_view";
    let listed = seller.get(mine).await.expect(200);
    assert_eq!(listed.ids(), [chosen.id()]);
    assert_eq!(listed.rows()[0]["saved_view"]["name"], "Two");
    let _ = other.get(&format!("/v1/default_views/{}", chosen.id())).await.refused(404_001);
    let _ = seller.post("/v1/default_views", json!({"saved_view_id": one})).await.refused(409_001);

    // A view that goes takes the choices of it along; one's own choice can be taken back.
    let _ = seller.delete(&format!("/v1/saved_views/{one}")).await.expect(200);
    assert!(other.get(mine).await.expect(200).ids().is_empty());
    let _ = seller.delete(&format!("/v1/default_views/{}", chosen.id())).await.expect(200);
    assert!(seller.get(mine).await.expect(200).ids().is_empty());

    // What is not seen is not chosen.
    let hidden = seller.create("/v1/saved_views", json!({"name": "Own", "target_object": "deal"})).await;
    let _ = other.post("/v1/default_views", json!({"saved_view_id": hidden})).await.refused(400_001);
    let made = seller.post("/v1/default_views", json!({"saved_view_id": hidden})).await.expect(201);
    assert_eq!(made.data()["target_object"], "deal");
}
