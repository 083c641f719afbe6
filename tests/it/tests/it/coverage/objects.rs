//! Every object that has routes goes round once.

use kontor_testkit::{Api, Backend, Server, both, both_alone};
use serde_json::{Value, json};

use crate::support::examples::Examples;

both!(every_object_goes_round);
// Examples are rules, too, which would hold for the stories of others.
both_alone!(every_example_of_the_document_is_taken);

async fn every_object_goes_round(api: Api) {
    let examples = Examples::of(&api).await;
    let mut gone_round = 0;
    for object in examples.routed() {
        let path = examples.path(object);
        let body = examples.body(&api, object).await;
        let made = api.post(&format!("{path}?allow_duplicates=true"), body.clone()).await;
        assert_eq!(made.status, 201, "{object} {body}: {made}");
        let id = made.id();
        let at = format!("{path}/{id}");
        for (field, value) in body.as_object().unwrap() {
            let stored = &made.data()[field];
            let same = stored == value
                || matches!((stored.as_str(), value.as_str()), (Some(a), Some(b)) if a.trim_end_matches('0') == b.trim_end_matches('0'));
            assert!(same, "{object}.{field}: sent {value}, got {stored}");
        }
        // A secret is answered once, when it is made.
        let mut kept = made.data().clone();
        kept.as_object_mut().unwrap().remove("secret");
        assert_eq!(*api.get(&at).await.expect(200).data(), kept, "{object}");
        let external = body["external_id"].as_str().unwrap();
        // A list has the lines of documents when they are asked for.
        let with_lines = if made.data().get("lines").is_some() { "&expand=lines" } else { "" };
        let list = api.get(&format!("{path}?filter[external_id]={external}&count=exact{with_lines}")).await.expect(200);
        assert_eq!((list.ids(), &list.page()["total"]), (vec![id.clone()], &json!(1)), "{object}");
        assert_eq!(list.rows()[0], kept, "{object}: one shape in lists and reads");
        let again = api.put(&format!("{path}/by/external_id/{external}"), json!({})).await.expect(200);
        assert_eq!((again.id(), &again.data()["version"]), (id.clone(), &made.data()["version"]), "{object}");
        let changed = api.patch(&at, json!({"external_id": format!("{external}-x")})).await.expect(200);
        assert_eq!(changed.data()["external_id"], format!("{external}-x"), "{object}");
        let whole = api.put(&at, changed.data().clone()).await.expect(200);
        assert_eq!(
            without_moving(whole.data()),
            without_moving(changed.data()),
            "{object}: what was read may be sent back"
        );
        let deleted = api.delete(&at).await.expect(200);
        assert_eq!(deleted.data()["deleted"], true, "{object}");
        let _ = api.get(&at).await.refused(404_001);
        let restored = api.request("POST", &format!("{at}/restore")).send().await.expect(200);
        assert_eq!(without_moving(restored.data()), without_moving(whole.data()), "{object}");
        let actions = api.get(&format!("{at}/history")).await.expect(200).texts("action");
        assert!(
            actions.starts_with(&["restore".to_owned(), "delete".to_owned()])
                && actions.last().is_some_and(|a| a == "create"),
            "{object}: {actions:?}"
        );
        let counted = api
            .post(
                &format!("{path}/aggregate"),
                json!({"filter": {"field": "id", "value": id}, "measures": [{"fn": "count", "as": "n"}]}),
            )
            .await
            .expect(200);
        assert_eq!(counted.rows()[0]["n"], 1, "{object}");
        let _ = api.post(&format!("{at}/purge"), json!({})).await.expect(200);
        gone_round += 1;
    }
    assert!(gone_round >= 40, "only {gone_round} objects have routes");
}

/// A record without what every write moves.
fn without_moving(record: &Value) -> Value {
    let mut record = record.clone();
    for name in ["version", "updated_at"] {
        record.as_object_mut().unwrap().remove(name);
    }
    record
}

/// The example of a create stands in the document so that it can be copied.
async fn every_example_of_the_document_is_taken(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let examples = Examples::of(&api).await;
    let document = api.get("/openapi/v1.json").await.expect(200).json;
    for object in examples.routed() {
        let path = examples.path(object);
        let post = &document["paths"][&path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let schema = post.as_str().unwrap().trim_start_matches('#');
        let example = &document.pointer(schema).unwrap()["examples"][0];
        assert!(example.is_object(), "{object} has no example");
        let reply = api.post(&format!("{path}?allow_duplicates=true"), example.clone()).await;
        // References of an example lead nowhere, and its unique values may be taken by now; nothing else is wrong.
        let excused = reply.faults().iter().all(|fault| fault["code"] == "not_found" || fault["code"] == "taken");
        assert!(reply.status == 201 || (matches!(reply.status, 400 | 409) && excused), "{object} {example}: {reply}");
    }
}
