//! `/v1/legal_entities`

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{customer, finalized, firm, is_pdf};

both_alone!(what_is_printed_is_checked, one_is_the_default);

/// One pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async fn what_is_printed_is_checked(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let body = json!({"name": "Nord GmbH", "vat_id": "123", "iban": "DE75512108001245126198", "bic": "X",
        "electronic_address": "4012345000009", "logo": "PHN2Zy8+"});
    let refused = api.post("/v1/legal_entities", body).await.refused(400_001);
    let named: Vec<String> = refused.fault_codes().into_iter().map(|(field, _)| field).collect();
    assert_eq!(named, ["vat_id", "iban", "bic", "electronic_address", "logo"]);
    let huge = STANDARD.encode(vec![0_u8; 70_001]);
    let _ = api.post("/v1/legal_entities", json!({"name": "Nord GmbH", "logo": huge})).await.refused(400_001);
    let entity = firm(&api).await;
    let path = format!("/v1/legal_entities/{}", entity["id"].as_str().unwrap());
    let invoice = finalized(&api, &customer(&api, json!({})).await).await;
    let plain = is_pdf(api.get(&format!("{invoice}/pdf")).await).body.len();
    let _ = api.patch(&path, json!({"logo": PNG})).await.expect(200);
    let with_logo = is_pdf(api.get(&format!("{invoice}/pdf")).await).body.len();
    assert!(with_logo > plain, "{with_logo} {plain}");
    // Whose account it is that money goes to is the administrators' to say.
    let finance = api.as_role("finance", &[]);
    let _ = finance.get(&path).await.expect(200);
    let _ = finance.patch(&path, json!({"iban": "GB33BUKB20201555555555"})).await.refused(403_000);
}

async fn one_is_the_default(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let first = firm(&api).await;
    let second = api.post("/v1/legal_entities", json!({"name": "Nord Austria", "is_default": true})).await.expect(201);
    let defaults = api.get("/v1/legal_entities?filter[is_default]=true").await.expect(200);
    assert_eq!(defaults.ids(), [second.id()]);
    let invoice = finalized(&api, &customer(&api, json!({})).await).await;
    let seller = |reply: kontor_testkit::Reply| reply.data()["as_issued"]["seller"]["name"].clone();
    assert_eq!(seller(api.get(&invoice).await.expect(200)), json!("Nord Austria"));
    let draft = super::draft(&api, &customer(&api, json!({})).await).await;
    let _ = api.patch(&draft, json!({"legal_entity_id": first["id"]})).await.expect(200);
    assert_eq!(seller(api.post(&format!("{draft}/finalize"), json!({})).await.expect(200)), json!("Nord GmbH"));
}
