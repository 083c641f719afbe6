//! Texts: NUL, lone surrogates, limits in characters of four bytes, letters that turn or vanish.

use kontor_testkit::{Api, both, encode, unique};
use serde_json::json;

use crate::support::{customer, notes};

both!(
    nul_is_refused_everywhere,
    lone_surrogates_are_no_text,
    limits_count_characters,
    strange_letters_come_back_as_they_were,
    an_excerpt_is_short
);

async fn nul_is_refused_everywhere(api: Api) {
    let papers = notes(&api).await;
    for field in ["title", "remark", "external_id"] {
        let mut body = json!({"title": "a"});
        body[field] = json!("a\u{0}b");
        let reply = api.post(&papers.path, body).await.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], field);
    }
    let boxes = api.object("box", json!([{"name": "content", "type": "json"}, {"name": "words", "type": "tags"}, {"name": "long", "type": "long_text"}, {"name": "link", "type": "url"}])).await;
    for body in [
        json!({"content": {"a": "x\u{0}"}}),
        json!({"content": {"x\u{0}": 1}}),
        json!({"words": ["\u{0}"]}),
        json!({"long": "\u{0}"}),
        json!({"link": "https://a.example/\u{0}"}),
    ] {
        let _ = api.post(&boxes.path, body).await.refused(400_001);
    }
    for body in [
        json!({"filter": {"field": "title", "value": "\u{0}"}}),
        json!({"filter": {"field": "\u{0}", "value": "a"}}),
        json!({"sort": ["\u{0}"]}),
        json!({"cursor": "\u{0}"}),
        json!({"fields": ["\u{0}"]}),
    ] {
        let reply = api.post(&papers.at("search"), body).await;
        assert_eq!(reply.status, 400, "{reply}");
    }
    let reply = api.post(&papers.at("search"), json!({"q": "a\u{0}b"})).await;
    assert!(reply.status == 200 || reply.status == 400, "{reply}");
    for parameter in ["q=%00", "filter[title]=%00", "filter[%00]=a", "sort=%00", "%00=1", "cursor=%00"] {
        let _ = api.get(&format!("{}?{parameter}", papers.path)).await.refused(400_000);
    }
    let _ = api.get(&papers.at("%00")).await.refused(400_000);
    let _ = api.post("/v1/metadata/objects", json!({"name": "a\u{0}", "fields": []})).await.refused(400_001);
    let _ = api
        .post("/v1/metadata/objects", json!({"name": "nul_label", "label": "a\u{0}", "fields": []}))
        .await
        .refused(400_001);
}

async fn lone_surrogates_are_no_text(api: Api) {
    for bad in [r#"{"name":"\ud800"}"#, r#"{"name":"\udc00\ud800"}"#, r#"{"name":"a\ud83d"}"#, r#"{"\ud800":1}"#] {
        let _ = api.request("POST", "/v1/customers").body("application/json", bad).send().await.refused(400_000);
    }
    let papers = notes(&api).await;
    let whole = r#"{"title":"\ud83d\ude00"}"#;
    let made = api.request("POST", &papers.path).body("application/json", whole).send().await.expect(201);
    assert_eq!(made.data()["title"], "😀");
}

async fn limits_count_characters(api: Api) {
    let papers = notes(&api).await;
    for letter in ["a", "é", "北", "😀"] {
        for (field, max) in [("title", 40), ("remark", 4_000), ("external_id", 255)] {
            let mut body = json!({"title": "a"});
            body[field] = json!(letter.repeat(max));
            assert_eq!(api.post(&papers.path, body.clone()).await.expect(201).data()[field], letter.repeat(max));
            body[field] = json!(letter.repeat(max + 1));
            let reply = api.post(&papers.path, body).await.refused(400_001);
            assert_eq!(
                (&reply.faults()[0]["field"], &reply.faults()[0]["code"]),
                (&json!(field), &json!("too_long")),
                "{letter}"
            );
        }
    }
    let long = api.object("essay", json!([{"name": "body", "type": "long_text"}])).await;
    let most = "😀".repeat(100_000);
    assert_eq!(api.post(&long.path, json!({"body": most})).await.expect(201).data()["body"], most);
    let _ = api.post(&long.path, json!({"body": format!("{most}x")})).await.refused(400_001);
}

async fn strange_letters_come_back_as_they_were(api: Api) {
    let papers = notes(&api).await;
    for text in [
        "\u{202e}evil",
        "a\u{200b}b",
        "👩‍👩‍👧‍👦",
        "\u{7f}",
        "\u{1}\u{1f}",
        "\"\\/\u{8}\u{c}",
        "</script><script>",
        "=cmd|' /C calc'!A0",
        "\u{2028}\u{2029}",
        "\u{fffe}\u{10ffff}",
        "%s%n{}${jndi}",
        " leading and trailing ",
    ] {
        let id = api.create(&papers.path, json!({"title": text})).await;
        assert_eq!(api.get(&papers.at(&id)).await.expect(200).data()["title"], text);
        let found =
            api.post(&papers.at("search"), json!({"filter": {"field": "title", "value": text}})).await.expect(200);
        assert_eq!(found.ids(), [id.clone()], "{text:?}");
        let by_url = api.get(&format!("{}?filter[title]={}", papers.path, encode(text))).await.expect(200);
        assert_eq!(by_url.ids(), [id.clone()], "{text:?}");
        let _ = api.delete(&papers.at(&id)).await.expect(200);
    }
}

async fn an_excerpt_is_short(api: Api) {
    let long = "😀".repeat(100_000);
    let mut body = customer();
    body["customer_type"] = json!(long);
    let reply = api.post("/v1/customers", body).await.refused(400_006);
    assert!(reply.faults()[0]["value"].as_str().unwrap().chars().count() <= 201);
    let mut body = json!({"name": unique("a")});
    body[&long] = json!(1);
    let reply = api.post("/v1/customers", body).await.refused(400_001);
    assert!(reply.body.len() < 1 << 20, "{}", reply.body.len());
}
