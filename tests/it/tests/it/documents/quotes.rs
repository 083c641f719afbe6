//! `/v1/quotes/{id}/pdf`, its letter, and `/public/quotes/{token}`

use kontor_testkit::{Api, Backend, Reply, Server, both_alone};
use serde_json::{Value, json};

use super::sending::letters;
use super::{customer, firm, is_pdf, rate};

both_alone!(
    a_quote_is_accepted_by_its_link,
    a_quote_is_rejected_or_runs_out,
    a_quote_is_said_to_be_sent,
    what_was_sent_stays
);

async fn draft(api: &Api, more: Value) -> String {
    let tax = rate(api, "0.19", json!({})).await;
    let mut body = json!({"valid_until": "2199-12-31", "notes": "<script>alert(1)</script>", "lines": [
        {"description": "Chair <b>", "quantity": "3", "unit_price": "10", "tax_rate_id": tax}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("/v1/quotes/{}", api.create("/v1/quotes", body).await)
}

/// The path of the link in the newest letter.
async fn link(api: &Api, count: usize) -> String {
    let letters = letters(api, "quote", count).await;
    let letter = api.get(&format!("/v1/outbox/{}", letters.last().unwrap()["id"].as_str().unwrap())).await.expect(200);
    let text = letter.data()["text"].as_str().unwrap().to_owned();
    let at = text.find("/public/quotes/").unwrap_or_else(|| panic!("no link in {text}"));
    text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn page(api: &Api, path: &str) -> Reply {
    api.anonymous().request("GET", path).header("accept", "text/html").send().await
}

async fn form(api: &Api, path: &str, body: &str) -> Reply {
    let request = api.anonymous().request("POST", path).header("accept", "text/html");
    request.body("application/x-www-form-urlencoded", body.to_owned()).send().await
}

async fn a_quote_is_accepted_by_its_link(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let quote = draft(&api, json!({"customer_id": customer(&api, json!({})).await})).await;
    assert!(api.get(&format!("{quote}/pdf")).await.refused(422_000).detail().starts_with("legal_entity_missing: "));
    let _ = firm(&api).await;
    let drafted = is_pdf(api.get(&format!("{quote}/pdf")).await);
    assert!(drafted.header("content-disposition").contains("Angebot-Q-"), "{drafted}");
    let sent = api.post(&format!("{quote}/send"), json!({})).await.expect(200);
    assert_eq!(sent.data()["status"], "sent");
    let path = link(&api, 1).await;
    let shown = page(&api, &path).await.expect(200);
    let text = shown.text();
    assert!(text.contains("lang=\"de\"") && text.contains("35,70 EUR") && text.contains("Annehmen"), "{text}");
    assert!(
        !text.contains("<script>") && text.contains("&lt;script&gt;") && text.contains("Chair &lt;b&gt;"),
        "{text}"
    );
    assert!(shown.header("content-security-policy").contains("default-src 'none'"), "{shown}");
    let data = api.anonymous().get(&path).await.expect(200);
    assert_eq!((data.data()["status"].clone(), data.data()["total"].clone()), (json!("sent"), json!("35.7")));
    let _ = is_pdf(api.anonymous().get(&format!("{path}?format=pdf")).await);
    // Not without a name, not with another answer, not by a link that was tampered with.
    let _ = form(&api, &path, "answer=accept&name=+").await.expect(400);
    let _ = form(&api, &path, "answer=maybe").await.expect(400);
    let _ = page(&api, &format!("{path}A")).await.expect(404);
    let _ = api.anonymous().get(&format!("{path}A")).await.refused(404_001);
    let _ = api.anonymous().get(&path.replace("/quotes/", "/papers/")).await.refused(404_001);
    assert_eq!(api.get(&quote).await.expect(200).data()["status"], "sent");
    let accepted = form(&api, &path, "answer=accept&name=Ada+Lovelace").await;
    assert_eq!(accepted.status, 303, "{accepted}");
    assert!(accepted.header("location").ends_with(&path), "{accepted}");
    let now = api.get(&quote).await.expect(200);
    assert_eq!(
        (now.data()["status"].clone(), now.data()["answered_by"].clone()),
        (json!("accepted"), json!("Ada Lovelace"))
    );
    let id = now.id();
    let orders = api.get(&format!("/v1/orders?filter[quote_id]={id}")).await;
    let orders = if orders.status == 200 { orders } else { api.get("/v1/orders").await.expect(200) };
    let made: Vec<&Value> = orders.rows().iter().filter(|order| order["quote_id"] == json!(id)).collect();
    assert_eq!(made.len(), 1, "{orders}");
    assert_eq!(made[0]["total"], now.data()["total"]);
    let used = page(&api, &path).await.expect(200).text();
    assert!(used.contains("angenommen") && used.contains("Ada Lovelace") && !used.contains("<form"), "{used}");
    let twice = api.anonymous().post(&path, json!({"answer": "accept", "name": "Eve"})).await.refused(422_000);
    assert!(twice.detail().starts_with("quote_state: the quote is accepted"), "{twice}");
    let orders = api.get("/v1/orders").await.expect(200);
    assert_eq!(orders.rows().iter().filter(|order| order["quote_id"] == json!(id)).count(), 1);
}

async fn a_quote_is_rejected_or_runs_out(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let _ = firm(&api).await;
    let buyer = customer(&api, json!({"language": "en"})).await;
    let quote = draft(&api, json!({"customer_id": buyer})).await;
    let _ = api.post(&format!("{quote}/send"), json!({"to": "boss@sued.example"})).await.expect(200);
    let path = link(&api, 1).await;
    let rejected = api.anonymous().post(&path, json!({"answer": "reject", "reason": "Too dear"})).await.expect(200);
    assert_eq!(rejected.data()["status"], "rejected");
    assert_eq!(api.get(&quote).await.expect(200).data()["reject_reason"], "Too dear");
    assert!(page(&api, &path).await.expect(200).text().contains("was rejected"));
    let _ = api.anonymous().post(&path, json!({"answer": "accept", "name": "Ada"})).await.refused(422_000);
    // A new version closes the old link, and is answered by its own.
    let next = api.post(&format!("{quote}/revise"), json!({})).await.expect(201);
    let next = format!("/v1/quotes/{}", next.id());
    let _ = api.post(&format!("{next}/send"), json!({})).await.expect(200);
    let second = link(&api, 2).await;
    assert_ne!(second, path);
    let third = api.post(&format!("{next}/revise"), json!({})).await.expect(201);
    assert!(page(&api, &second).await.expect(200).text().contains("no longer valid"));
    let _ = api.anonymous().post(&second, json!({"answer": "accept", "name": "Ada"})).await.refused(422_000);
    assert_eq!(api.get(&format!("/v1/quotes/{}", third.id())).await.expect(200).data()["status"], "draft");
    // One that came from elsewhere, and ran out there: nothing is ordered by it.
    let orders = api.get("/v1/orders").await.expect(200);
    assert!(orders.rows().is_empty(), "{orders}");
}

async fn a_quote_is_said_to_be_sent(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let buyer = customer(&api, json!({})).await;
    // Without who makes the offer nothing is mailed, unless it is asked for.
    let quote = draft(&api, json!({"customer_id": buyer})).await;
    let refused = api.post(&format!("{quote}/send"), json!({"to": "a@b.example"})).await.refused(422_000);
    assert!(refused.detail().starts_with("legal_entity_missing: "), "{refused}");
    let _ = api.post(&format!("{quote}/send"), json!({})).await.expect(200);
    let _ = firm(&api).await;
    let other = draft(&api, json!({"customer_id": buyer})).await;
    let both = json!({"to": "a@b.example", "mail": false});
    assert!(api.post(&format!("{other}/send"), both).await.refused(422_000).detail().starts_with("quote_mail: "));
    let _ = api.post(&format!("{other}/send"), json!({"mail": false})).await.expect(200);
    let nobody = draft(&api, json!({})).await;
    let _ = api.post(&format!("{nobody}/send"), json!({})).await.expect(200);
    assert!(api.get("/v1/outbox").await.expect(200).rows().iter().all(|row| row["purpose"] != "quote"));
}

async fn what_was_sent_stays(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let entity = firm(&api).await;
    let company = json!({"name": "Süd AG", "billing_street": "Ring 1", "billing_city": "München",
        "billing_postal_code": "80331", "billing_country": "DE"});
    let company = api.create("/v1/companies", company).await;
    let contact =
        api.create("/v1/contacts", json!({"first_name": "Eva", "last_name": "Alt", "email": "eva@sued.example"})).await;
    let buyer =
        customer(&api, json!({"name": "Süd AG", "company_id": company, "contact_id": contact, "language": "en-GB"}))
            .await;
    let tax = rate(&api, "0.19", json!({})).await;
    let body = json!({"valid_until": "2199-12-31", "customer_id": buyer, "lines": [
        {"description": "Chair", "quantity": "3", "unit_price": "10", "tax_rate_id": tax}]});
    let quote = format!("/v1/quotes/{}", api.create("/v1/quotes", body).await);
    assert!(api.get(&quote).await.expect(200).data()["as_sent"].is_null());
    let _ = api.post(&format!("{quote}/send"), json!({})).await.expect(200);
    let path = link(&api, 1).await;
    let printed = is_pdf(api.get(&format!("{quote}/pdf")).await);
    let (page_then, data_then) =
        (page(&api, &path).await.expect(200).text(), api.anonymous().get(&path).await.expect(200));
    let kept = api.get(&quote).await.expect(200).data().clone();
    assert_eq!((&kept["as_sent"]["seller"]["name"], &kept["sent_to"]["name"]), (&json!("Nord GmbH"), &json!("Süd AG")));
    assert_eq!(kept["as_sent"]["seller"]["iban"], "DE75512108001245126199");
    // Everybody moves, and is called otherwise; the tax is another.
    let own = format!("/v1/legal_entities/{}", entity["id"].as_str().unwrap());
    let then =
        json!({"name": "Nord SE", "vat_id": "DE987654321", "iban": null, "address_city": "Kiel", "language": "en"});
    let _ = api.patch(&own, then).await.expect(200);
    let _ = api
        .patch(&format!("/v1/companies/{company}"), json!({"billing_city": "Ulm", "billing_street": "Tor 9"}))
        .await
        .expect(200);
    let _ = api
        .patch(&format!("/v1/customers/{buyer}"), json!({"name": "Süd SE", "language": "de", "tax_id": "DE111111111"}))
        .await
        .expect(200);
    let _ = api.patch(&format!("/v1/contacts/{contact}"), json!({"last_name": "Neu"})).await.expect(200);
    let _ = api.patch(&format!("/v1/tax_rates/{tax}"), json!({"name": "Another", "rate": "0.25"})).await;
    assert_eq!(is_pdf(api.get(&format!("{quote}/pdf")).await).body, printed.body, "the same to the byte");
    assert_eq!(page(&api, &path).await.expect(200).text(), page_then);
    assert_eq!(api.anonymous().get(&path).await.expect(200).data(), data_then.data());
    // Nobody writes them by hand.
    for field in ["as_sent", "sent_to"] {
        let _ = api.patch(&quote, json!({field: {"seller": {"name": "Eve"}, "name": "Eve"}})).await;
        assert_eq!(api.get(&quote).await.expect(200).data()[field], kept[field]);
    }
    // The next version is of today.
    let next = api.post(&format!("{quote}/revise"), json!({})).await.expect(201);
    assert!(next.data()["as_sent"].is_null() && next.data()["sent_to"].is_null(), "{next}");
    let next = format!("/v1/quotes/{}", next.id());
    let _ = api.post(&format!("{next}/send"), json!({"mail": false})).await.expect(200);
    let kept = api.get(&next).await.expect(200).data().clone();
    assert_eq!((&kept["as_sent"]["seller"]["name"], &kept["sent_to"]["name"]), (&json!("Nord SE"), &json!("Süd SE")));
    assert_ne!(is_pdf(api.get(&format!("{quote}/pdf")).await).body, is_pdf(api.get(&format!("{next}/pdf")).await).body);
    // Who is erased is in no quote any more; who made the offer stays as it was.
    let _ = crate::privacy::ask(&api, "erasure", "contact", &contact).await;
    let after = api.get(&quote).await.expect(200);
    assert!(after.data()["sent_to"].is_null() && !after.text().contains("Alt"), "{after}");
    assert_eq!(after.data()["as_sent"]["seller"]["name"], "Nord GmbH");
    let _ = is_pdf(api.get(&format!("{quote}/pdf")).await);
}
