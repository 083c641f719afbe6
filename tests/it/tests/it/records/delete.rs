//! The bin: into it, out of it, and for good.

use kontor_testkit::{Api, both};
use serde_json::json;

use crate::support::{notes, plate, vehicles};

both!(
    delete_moves_to_the_bin,
    restore_brings_back,
    purge_is_for_good_and_for_admins,
    a_unique_value_in_the_bin_is_free
);

async fn delete_moves_to_the_bin(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "a"})).await;
    let reply = api.delete(&papers.at(&id)).await.expect(200);
    assert_eq!((&reply.data()["id"], &reply.data()["deleted"]), (&json!(id), &json!(true)));
    let _ = api.get(&papers.at(&id)).await.refused(404_001);
    let _ = api.patch(&papers.at(&id), json!({"title": "b"})).await.refused(404_001);
    let _ = api.delete(&papers.at(&id)).await.refused(404_001);
    assert_eq!(api.get(&papers.path).await.expect(200).ids(), Vec::<String>::new());
    assert_eq!(api.get(&format!("{}?q=a", papers.path)).await.expect(200).ids(), Vec::<String>::new());
    assert_eq!(api.get(&format!("{}?deleted=true", papers.path)).await.expect(200).ids(), [id]);
}

async fn restore_brings_back(api: Api) {
    let papers = notes(&api).await;
    let id = api.create(&papers.path, json!({"title": "aardvark", "rank": 3})).await;
    let _ = api.delete(&papers.at(&id)).await.expect(200);
    let reply = api.post(&papers.at(&format!("{id}/restore")), json!({})).await.expect(200);
    assert_eq!(
        (&reply.data()["title"], &reply.data()["rank"], &reply.data()["version"]),
        (&json!("aardvark"), &json!(3), &json!(3))
    );
    assert_eq!(api.get(&format!("{}?q=aardvark", papers.path)).await.expect(200).ids(), [id.clone()]);
    // What is there already stays as it is; no body is as good as an empty one.
    let again = api.request("POST", &papers.at(&format!("{id}/restore"))).send().await.expect(200);
    assert_eq!(again.data()["version"], 3);
    let actions: Vec<String> = api.get(&papers.at(&format!("{id}/history"))).await.expect(200).texts("action");
    assert_eq!(actions, ["restore", "delete", "create"]);
}

async fn purge_is_for_good_and_for_admins(api: Api) {
    let papers = notes(&api).await;
    let [one, two] =
        [api.create(&papers.path, json!({"title": "a"})).await, api.create(&papers.path, json!({"title": "b"})).await];
    let _ = api.delete(&papers.at(&one)).await.expect(200);
    let member = api.as_role("member", &[]);
    let _ = member.post(&papers.at(&format!("{one}/purge")), json!({})).await.refused(403_001);
    for id in [one, two] {
        let _ = api.post(&papers.at(&format!("{id}/purge")), json!({})).await.expect(200);
        let _ = api.get(&papers.at(&id)).await.refused(404_001);
        let _ = api.post(&papers.at(&format!("{id}/restore")), json!({})).await.refused(404_001);
        let _ = api.get(&papers.at(&format!("{id}/history"))).await.refused(404_001);
    }
    assert!(api.get(&format!("{}?deleted=true", papers.path)).await.expect(200).rows().is_empty());
}

async fn a_unique_value_in_the_bin_is_free(api: Api) {
    let vehicles = vehicles(&api).await;
    let body = json!({"plate": plate()});
    let first = api.create(&vehicles.path, body.clone()).await;
    let reply = api.post(&vehicles.path, body.clone()).await.refused(409_001);
    assert_eq!(reply.json["existing_ids"], json!([first]));
    let _ = api.delete(&vehicles.at(&first)).await.expect(200);
    let second = api.create(&vehicles.path, body).await;
    let reply = api.post(&vehicles.at(&format!("{first}/restore")), json!({})).await.refused(409_001);
    assert_eq!(reply.json["existing_ids"], json!([second]));
}
