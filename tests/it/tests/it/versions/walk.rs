//! Nothing is forgotten: every object and every route in both versions.

use kontor_rest::routes::{Access, ROUTES};
use kontor_testkit::{Api, both};
use serde_json::Value;

use crate::support::examples::Examples;
use crate::support::filled;

both!(every_object_is_the_same_in_both_versions, every_route_is_there_in_both_versions);

/// A value of version 1 as version 2 has it, by the field's type.
fn newer(value: &Value, kind: &str) -> Value {
    let text = value.as_str();
    match (kind, text) {
        ("date", Some(day)) => kontor_model::time::parse_date(day).unwrap().checked_mul(86_400_000).into(),
        ("datetime", Some(moment)) => kontor_model::time::parse_datetime(moment).unwrap().into(),
        _ => value.clone(),
    }
}

/// The names of fields with their types, by path.
async fn fields(api: &Api, version: &str, object: &str) -> Vec<(String, String)> {
    let fields = api.get(&format!("/{version}/metadata/objects/{object}/fields")).await.expect(200);
    let of = |field: &Value, name: &str| field[name].as_str().unwrap().to_owned();
    fields.rows().iter().map(|field| (of(field, "path"), of(field, "type"))).collect()
}

async fn every_object_is_the_same_in_both_versions(api: Api) {
    let examples = Examples::of(&api).await;
    let (mut gone_round, mut times) = (0, 0);
    for object in examples.routed() {
        let path = examples.path(object);
        let body = examples.body(&api, object).await;
        let made = api.post(&format!("{path}?allow_duplicates=true"), body).await.expect(201);
        let (mut older, newer_path) = (made.data().clone(), path.replacen("/v1/", "/v2/", 1));
        // A secret is said once.
        older.as_object_mut().unwrap().remove("secret");
        let read = api.get(&format!("{newer_path}/{}", made.id())).await.expect(200);
        let pairs = fields(&api, "v1", object).await.into_iter().zip(fields(&api, "v2", object).await);
        for ((name_1, kind), (name_2, kind_2)) in pairs.filter(|((name, _), _)| !name.starts_with("custom.")) {
            assert_eq!(kind, kind_2, "{object}.{name_1}");
            assert_eq!(read.data()[&name_2], newer(&older[&name_1], &kind), "{object}.{name_2}");
            times += usize::from(["date", "datetime"].contains(&kind.as_str()));
        }
        assert_eq!(read.data().as_object().unwrap().len(), older.as_object().unwrap().len(), "{object}");
        // And back: what version 2 reads may be sent there, and changes nothing in version 1.
        let whole = api.put(&format!("{newer_path}/{}", made.id()), read.data().clone()).await.expect(200);
        assert_eq!(whole.header("etag"), made.header("etag"), "{object}");
        let again = api.get(&format!("{path}/{}", made.id())).await.expect(200);
        assert_eq!(again.data(), &older, "{object}");
        let with_lines = if older.get("lines").is_some() { "&expand=lines" } else { "" };
        let list = api.get(&format!("{newer_path}?filter[id]={}{with_lines}", made.id())).await.expect(200);
        assert_eq!(list.rows()[0], *read.data(), "{object}: one shape in lists and reads");
        gone_round += 1;
    }
    assert!(gone_round >= 40 && times > 2 * gone_round, "{gone_round} objects, {times} times");
}

async fn every_route_is_there_in_both_versions(api: Api) {
    let mut called = 0;
    for route in ROUTES.iter().filter(|route| route.path.starts_with("/v1/")) {
        let path = filled(route).replacen("/v1/", "/v2/", 1);
        let reply = api.request(route.method, &path).send().await;
        assert!(reply.error_code() != 404_000 && reply.status != 405 && reply.status < 500, "{reply}");
        let anonymous = api.anonymous().request(route.method, &path).send().await;
        assert_eq!(anonymous.error_code() == 401_000, route.access != Access::Open, "{anonymous}");
        called += 1;
    }
    assert!(called >= 30, "{called} routes");
    let _ = api.get("/v3/customers").await.refused(404_000);
}
