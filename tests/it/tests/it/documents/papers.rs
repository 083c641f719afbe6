//! `GET /v1/{invoices,credit_notes}/{id}/{pdf,ubl}`

use kontor_testkit::{Backend, Server, both_alone};
use serde_json::json;

use super::{customer, draft, element, finalized, firm, is_pdf, rate};
use crate::support::NO_ID;

both_alone!(an_invoice_is_printed_and_written_for_machines, what_is_missing_is_named, what_was_issued_stays);

async fn an_invoice_is_printed_and_written_for_machines(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let invoice = draft(&api, &customer(&api, json!({"payment_terms": "net_14"})).await).await;
    let refused = api.get(&format!("{invoice}/pdf")).await.refused(422_000);
    assert!(refused.detail().starts_with("legal_entity_missing: "), "{refused}");
    let _ = firm(&api).await;
    let drafted = is_pdf(api.get(&format!("{invoice}/pdf")).await);
    assert_eq!(drafted.header("content-disposition"), "attachment; filename=\"Rechnung.pdf\"");
    let refused = api.get(&format!("{invoice}/ubl")).await.refused(422_000);
    assert!(refused.detail().starts_with("invoice_draft: "), "{refused}");
    let _ = api.post(&format!("{invoice}/finalize"), json!({"issue_date": "2026-11-21"})).await.expect(200);
    let printed = is_pdf(api.get(&format!("{invoice}/pdf?language=en")).await);
    assert_eq!(printed.header("content-disposition"), "attachment; filename=\"Invoice-2026-00001.pdf\"");
    assert!(printed.body.len() > 10_000, "with its fonts");
    let xml = api.get(&format!("{invoice}/ubl?profile=xrechnung")).await.expect(200);
    assert_eq!(xml.header("content-type"), "application/xml");
    let text = xml.text();
    let is = |name: &str, expected: &str| assert_eq!(element(&text, name), expected, "{text}");
    is("cbc:InvoiceTypeCode", "380");
    is("cbc:ID", "2026-00001");
    is("cbc:DueDate", "2026-12-05");
    is("cbc:LineExtensionAmount", "813.00");
    is("cbc:PayableAmount", "963.87");
    is("cbc:BuyerReference", "04011000-12345-34");
    is("cbc:CustomizationID", "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0");
    assert!(text.contains("unitCode=\"H87\"") && text.contains("unitCode=\"HUR\""), "{text}");
    let note = api.post(&format!("{invoice}/credit"), json!({"reason": "came back <broken> & late"})).await.expect(201);
    let note = format!("/v1/credit_notes/{}", note.id());
    let _ = is_pdf(api.get(&format!("{note}/pdf")).await);
    let text = api.get(&format!("{note}/ubl?profile=peppol")).await.expect(200).text();
    assert_eq!(element(&text, "cbc:CreditNoteTypeCode"), "381");
    assert!(
        text.contains("<cac:InvoiceDocumentReference>") && text.contains("came back &lt;broken&gt; &amp; late"),
        "{text}"
    );
    // Nobody else's, nothing else.
    for (path, code) in [
        (format!("/v1/invoices/{NO_ID}/pdf"), 404_001),
        (format!("/v1/invoices/{NO_ID}/ubl"), 404_001),
        (format!("{invoice}/pdf?language=fr"), 400_006),
        (format!("{invoice}/ubl?profile=zugferd"), 400_006),
        (format!("{invoice}/docx"), 404_000),
    ] {
        let _ = api.get(&path).await.refused(code);
    }
    let _ = api.request("GET", &format!("{invoice}/pdf")).header("accept", "text/html").send().await.refused(406_000);
    let _ = api.anonymous().get(&format!("{invoice}/pdf")).await.refused(401_000);
    let _ = is_pdf(api.as_role("read-only", &["--scopes", "invoices:read"]).get(&format!("{invoice}/pdf")).await);
    let _ = api.as_role("read-only", &["--scopes", "deals:read"]).get(&format!("{invoice}/pdf")).await.refused(403_001);
    let void = finalized(&api, &customer(&api, json!({})).await).await;
    let _ = api.post(&format!("{void}/void"), json!({"reason": "wrong"})).await.expect(200);
    let _ = is_pdf(api.get(&format!("{void}/pdf")).await);
    assert!(api.get(&format!("{void}/ubl")).await.refused(422_000).detail().starts_with("invoice_void: "));
}

async fn what_is_missing_is_named(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let _ = api.post("/v1/legal_entities", json!({"name": "Nord GmbH"})).await.expect(201);
    let buyer = api.create("/v1/customers", crate::support::customer()).await;
    let free = rate(&api, "0", json!({"category": "exempt"})).await;
    let body = json!({"customer_id": buyer, "currency": "EUR", "lines": [
        {"description": "Work", "unit_price": "10"}, {"description": "Course", "unit_price": "10", "tax_rate_id": free}]});
    let invoice = format!("/v1/invoices/{}", api.create("/v1/invoices", body).await);
    let _ = api.post(&format!("{invoice}/finalize"), json!({})).await.expect(200);
    let refused = api.get(&format!("{invoice}/ubl")).await.refused(422_000);
    assert!(refused.detail().starts_with("einvoice_incomplete: "), "{refused}");
    let named: Vec<String> = refused.fault_codes().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        named,
        [
            "legal_entity.address_country",
            "legal_entity.vat_id",
            "billing_country",
            "lines.0.tax_rate_id",
            "lines.1.tax_rate_id"
        ]
    );
    let more = api.get(&format!("{invoice}/ubl?profile=xrechnung")).await.refused(422_000);
    assert!(more.faults().len() > named.len(), "{more}");
    // The paper does without.
    let _ = is_pdf(api.get(&format!("{invoice}/pdf")).await);
    let dinars = json!({"customer_id": customer(&api, json!({})).await, "currency": "KWD", "lines": [{"description": "Work", "unit_price": "10.125"}]});
    let dinars = format!("/v1/invoices/{}", api.create("/v1/invoices", dinars).await);
    let _ = api.post(&format!("{dinars}/finalize"), json!({})).await.expect(200);
    assert!(api.get(&format!("{dinars}/ubl")).await.refused(422_000).detail().starts_with("einvoice_currency: "));
    // A role that does not see all that is printed sees no paper.
    let mask = json!({"role_id": role(&api).await, "target_object": "invoice", "action": "read", "reach": "all", "field_mask": {"hidden": ["total"]}});
    let _ = api.post("/v1/permissions", mask).await.expect(201);
    let _ = api.as_role("clerk", &[]).get(&format!("{invoice}/pdf")).await.refused(403_000);
    let _ = api.as_role("clerk", &[]).get(&format!("{invoice}/ubl")).await.refused(403_000);
}

async fn role(api: &kontor_testkit::Api) -> String {
    api.create("/v1/roles", json!({"name": "clerk"})).await
}

async fn what_was_issued_stays(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let entity = firm(&api).await;
    let person = json!({"first_name": "Eva", "last_name": "Alt"});
    let person = api.create("/v1/contacts", person).await;
    let buyer = customer(&api, json!({"language": "en-GB", "contact_id": person})).await;
    let invoice = finalized(&api, &buyer).await;
    let before = api.get(&format!("{invoice}/ubl")).await.expect(200).text();
    let printed = is_pdf(api.get(&format!("{invoice}/pdf")).await);
    assert!(printed.header("content-disposition").contains("Invoice-"), "in the customer's language");
    let path = format!("/v1/legal_entities/{}", entity["id"].as_str().unwrap());
    let _ = api.patch(&path, json!({"name": "Nord SE", "iban": null, "address_city": "Kiel"})).await.expect(200);
    let _ = api
        .patch(&format!("/v1/customers/{buyer}"), json!({"email": "new@sued.example", "language": "de"}))
        .await
        .expect(200);
    let _ = api.patch(&format!("/v1/contacts/{person}"), json!({"last_name": "Neu"})).await.expect(200);
    assert_eq!(api.get(&format!("{invoice}/ubl")).await.expect(200).text(), before);
    assert_eq!(is_pdf(api.get(&format!("{invoice}/pdf")).await).body, printed.body, "the same to the byte");
    let next = finalized(&api, &buyer).await;
    let after = api.get(&format!("{next}/ubl")).await.expect(200).text();
    assert!(
        after.contains("Nord SE") && after.contains("Kiel") && !after.contains("DE75512108001245126199"),
        "{after}"
    );
    // What was paid since is no part of it.
    let _ = api.post(&format!("{invoice}/pay"), json!({"amount": "100", "method": "cash"})).await.expect(201);
    assert_eq!(api.get(&format!("{invoice}/ubl")).await.expect(200).text(), before);
}
