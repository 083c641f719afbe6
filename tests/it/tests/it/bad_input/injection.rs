//! SQL in every place that takes a name or a value: refused as what it is, or kept as the text it is.

use kontor_testkit::{Api, both, encode, query};
use serde_json::{Value, json};

use crate::support::{batch, notes};

both!(
    values_are_values,
    names_are_names,
    aggregates_take_no_expressions,
    metadata_take_no_expressions,
    addresses_take_no_expressions
);

const SQL: &[&str] = &[
    "' OR '1'='1",
    "'; DROP TABLE r_customers; --",
    "\"; DELETE FROM custom_records; --",
    "1 UNION SELECT hash FROM api_key",
    "title) OR (1=1",
    "title, (SELECT hash FROM api_key LIMIT 1)",
    "title; SELECT pg_sleep(10)",
    "1/**/OR/**/1=1",
    "title COLLATE NOCASE",
    "rowid",
    "custom->>'x'",
    "$1",
    "?1",
    ":space",
    "{title}",
    "title\\",
    "deleted_at",
    "space",
];

async fn values_are_values(api: Api) {
    let papers = api
        .object(
            "paper",
            json!([{"name": "title", "type": "text", "searched": true}, {"name": "rank", "type": "integer"}]),
        )
        .await;
    let ids = batch(&api, &papers.path, SQL.iter().map(|sql| json!({"title": sql, "external_id": sql}))).await;
    for (sql, id) in SQL.iter().zip(&ids) {
        assert_eq!(api.get(&papers.at(id)).await.expect(200).data()["title"], *sql);
        for op in ["eq", "in", "contains", "starts_with"] {
            let value = if op == "in" { json!([sql]) } else { json!(sql) };
            let found = api
                .post(&papers.at("search"), json!({"filter": {"field": "title", "op": op, "value": value}}))
                .await
                .expect(200);
            assert!(found.ids().contains(id), "{op} {sql}");
            assert!(op != "eq" || found.rows().len() == 1, "{sql}");
        }
        let by = api.get(&papers.at(&format!("by/external_id/{}", encode(sql)))).await.expect(200);
        assert_eq!(by.id(), *id, "{sql}");
        let _ = api.get(&query(&papers.path, &[("filter[rank]", sql)])).await.refused(400_001);
        let _ = api.get(&query(&papers.path, &[("filter[created_at][gt]", sql)])).await.refused(400_001);
        let _ = api.get(&query(&papers.path, &[("filter[id]", sql)])).await.refused(400_001);
        let found = api.get(&query(&papers.path, &[("q", sql)])).await;
        assert!(matches!(found.error_code(), 0 | 400_003), "{sql}: {found}");
        let _ = api.get(&query(&papers.path, &[("cursor", sql)])).await.refused(400_005);
        let _ = api.get(&query(&papers.path, &[("limit", sql)])).await.refused(400_004);
        let _ = api.get(&query(&papers.path, &[("offset", sql)])).await.refused(400_004);
        let _ = api.get(&query(&papers.path, &[("count", sql)])).await.refused(400_000);
    }
    assert_eq!(api.get(&format!("{}?count=exact&limit=1", papers.path)).await.expect(200).page()["total"], SQL.len());
}

async fn names_are_names(api: Api) {
    let papers = notes(&api).await;
    for sql in SQL {
        let refused = async |reply: kontor_testkit::Reply| {
            assert!(matches!(reply.error_code(), 400_000 | 400_002 | 400_003), "{sql}: {reply}");
            reply.is_problem();
        };
        refused(api.get(&query(&papers.path, &[("sort", sql)])).await).await;
        refused(api.get(&query(&papers.path, &[("sort", &format!("-{sql}"))])).await).await;
        refused(api.get(&query(&papers.path, &[("fields", sql)])).await).await;
        refused(api.get(&query(&papers.path, &[("expand", sql)])).await).await;
        refused(api.get(&query(&papers.path, &[(&format!("filter[{sql}]"), "1")])).await).await;
        refused(api.get(&query(&papers.path, &[(&format!("filter[owner.{sql}]"), "1")])).await).await;
        refused(api.get(&query(&papers.path, &[(&format!("filter[title][{sql}]"), "1")])).await).await;
        refused(api.get(&query("/v1/customers", &[(&format!("filter[custom.{sql}]"), "1")])).await).await;
        refused(api.get(&query(&papers.path, &[(sql, "1")])).await).await;
        for body in [
            json!({"sort": [sql]}),
            json!({"fields": [sql]}),
            json!({"expand": [sql]}),
            json!({"filter": {"field": sql, "value": 1}}),
            json!({"filter": {"field": "title", "op": sql, "value": 1}}),
            json!({sql.to_string(): 1}),
        ] {
            refused(api.post(&papers.at("search"), body).await).await;
        }
        let _ = api.post(&papers.path, json!({"title": "a", sql.to_string(): 1})).await.refused(400_002);
        refused(api.get(&papers.at(&format!("by/{}/x", encode(sql)))).await).await;
    }
}

async fn aggregates_take_no_expressions(api: Api) {
    let papers = notes(&api).await;
    let _ = batch(&api, &papers.path, [json!({"title": "a"})]).await;
    let n = json!({"fn": "count", "as": "n"});
    for sql in SQL {
        for body in [
            json!({"measures": [n], "group_by": [sql]}),
            json!({"measures": [n], "group_by": [{"field": sql, "bucket": "day"}]}),
            json!({"measures": [n], "group_by": [{"field": "created_at", "bucket": sql}]}),
            json!({"measures": [n], "group_by": [{"field": "created_at", "bucket": "day", "time_zone": sql}]}),
            json!({"measures": [{"fn": sql, "as": "n"}]}),
            json!({"measures": [{"fn": "sum", "field": sql, "as": "n"}]}),
            json!({"measures": [n], "having": [{"field": sql, "op": "gt", "value": 1}]}),
            json!({"measures": [n], "having": [{"field": "n", "op": sql, "value": 1}]}),
            json!({"measures": [n], "sort": [sql]}),
            json!({"measures": [n], "filter": {"field": sql, "value": 1}}),
        ] {
            let reply = api.post(&papers.at("aggregate"), body).await.refused(400_003);
            assert!(!reply.detail().to_lowercase().contains("syntax"), "{}", reply.detail());
        }
        // The name of a figure is the caller's own, and only a name.
        let rows = api
            .post(
                &papers.at("aggregate"),
                json!({"measures": [{"fn": "count", "as": sql}], "sort": [format!("-{sql}")]}),
            )
            .await
            .expect(200)
            .rows()
            .to_vec();
        assert_eq!(rows, [json!({sql.to_string(): 1})]);
    }
}

async fn metadata_take_no_expressions(api: Api) {
    let papers = notes(&api).await;
    for sql in SQL.iter().filter(|sql| sql.chars().any(|c| !c.is_ascii_lowercase() && c != '_')) {
        for body in [
            json!({"name": sql, "fields": []}),
            json!({"name": "x_a", "plural": sql}),
            json!({"name": "x_a", "fields": [{"name": sql, "type": "text"}]}),
            json!({"name": "x_a", "fields": [{"name": "a", "type": sql}]}),
            json!({"name": "x_a", "fields": [{"name": "a", "type": "reference", "object": sql}]}),
        ] {
            let _ = api.post("/v1/metadata/objects", body).await.refused(400_001);
        }
        let fields = format!("{}/fields", papers.metadata());
        let _ = api.post(&fields, json!({"name": sql, "type": "text"})).await.refused(400_001);
        let _ = api.patch(&format!("{fields}/title"), json!({"name": sql})).await.refused(400_001);
        let _ = api.get(&format!("/v1/metadata/objects/{}", encode(sql))).await.refused(404_001);
    }
    // What is free text in a definition stays text.
    let choices: Vec<&str> = SQL.iter().copied().filter(|sql| !sql.contains(',')).collect();
    let object = api.object("quoted", json!([{"name": "a", "type": "enum", "values": choices, "label": "'; --", "unique": true, "indexed": true}, {"name": "b", "type": "text", "default": "'; DROP TABLE x; --"}])).await;
    for sql in choices {
        let made = api.post(&object.path, json!({"a": sql})).await.expect(201);
        assert_eq!((&made.data()["a"], &made.data()["b"]), (&json!(sql), &json!("'; DROP TABLE x; --")));
        let _ = api.post(&object.path, json!({"a": sql})).await.refused(409_001);
    }
}

async fn addresses_take_no_expressions(api: Api) {
    let papers = notes(&api).await;
    let before: Value = api.get(&format!("{}?count=exact", papers.path)).await.expect(200).page()["total"].clone();
    for sql in SQL {
        let place = encode(sql);
        let _ = api.get(&format!("/v1/{place}")).await.refused(404_000);
        let _ = api.get(&papers.at(&place)).await.refused(404_001);
        let _ = api.delete(&papers.at(&place)).await.refused(404_001);
        let _ = api.get(&format!("/v1/jobs/{place}")).await.refused(404_001);
        let reply =
            api.request("GET", "/v1/customers?limit=1").header("x-request-id", &sql.replace('\\', "")).send().await;
        assert_eq!(reply.status, 200);
        let mut made = api.request("POST", &papers.path).header("idempotency-key", &sql.replace(' ', "_"));
        made = made.json(&json!({"title": "a"}));
        let _ = made.send().await.expect(201);
    }
    assert_eq!(before, 0);
    assert_eq!(api.get(&format!("{}?count=exact", papers.path)).await.expect(200).page()["total"], SQL.len());
}
