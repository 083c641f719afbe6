//! Templates: what is refused when it is saved, how it looks filled, a test to oneself.

use kontor_testkit::{Api, Backend, both, both_alone, unique};
use serde_json::json;

use super::{contact, mailing, mails};

both!(
    what_cannot_be_filled_is_not_saved,
    a_preview_is_filled,
    a_text_is_seen_before_it_is_saved,
    a_loop_without_end_is_refused
);
both_alone!(a_test_goes_to_the_caller);

async fn what_cannot_be_filled_is_not_saved(api: Api) {
    let name = unique("Template");
    for (field, source, line, words) in [
        ("body_text", "Hello\n{{ person.first_nme }}", "line 2", "did you mean \"first_name\""),
        ("body_html", "{{ contact.frist_name }}", "line 1", "frist_name"),
        ("subject", "{{ person.name | uper }}", "line 1", "did you mean \"upper\""),
        ("body_text", "a\nb\n{% if person.name %}", "line 3", ""),
        ("body_text", "{% set a = 1 %}", "line 1", "there are if, elif, else and for"),
        ("body_text", "{% include \"/etc/passwd\" %}", "line 1", "include"),
        ("body_text", "{{ \"x\" * 1000000000 }}", "line 1", "operator *"),
        ("body_text", "{{ person.__class__ }}", "line 1", "__class__"),
    ] {
        let refused = api.post("/v1/templates", json!({"name": name, field: source})).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], field, "{refused}");
        let message = refused.faults()[0]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(line) && message.contains(words), "{source}: {message}");
    }
    let long = "x".repeat(64 * 1024 + 1);
    let refused = api.post("/v1/templates", json!({"name": name, "body_text": format!("{{# #}}{long}")})).await;
    assert_eq!(refused.status, 400, "{refused}");
}

async fn a_preview_is_filled(api: Api) {
    let company = api.create("/v1/companies?allow_duplicates=true", json!({"name": unique("Acme <&>")})).await;
    let contact = contact(&api, json!({"company_id": company, "country": "DE"})).await;
    let lead = api
        .create(
            "/v1/leads?allow_duplicates=true",
            json!({"last_name": "Lo", "company_name": "Lo & Co", "estimated_value": "1234.5", "currency": "EUR"}),
        )
        .await;
    let id = api
        .create("/v1/templates", json!({"name": unique("T"), "subject": "{{ person.first_name | default(\"you\") }}\nand more",
            "body_html": "{{ person.company_name }} {% if lead %}{{ lead.estimated_value | money(lead.currency) }}{% endif %}"}))
        .await;
    let at = format!("/v1/templates/{id}/preview");
    let shown = api.get(&format!("{at}?contact_id={contact}")).await.expect(200).data().clone();
    assert_eq!(shown["subject"], "Zoé and more", "a subject is one line");
    assert!(shown["html"].as_str().unwrap().starts_with("Acme &lt;&amp;&gt;"), "{shown}");
    assert!(shown["text"].as_str().unwrap().starts_with("Acme <&>"), "{shown}");
    let shown = api.get(&format!("{at}?lead_id={lead}")).await.expect(200).data().clone();
    assert_eq!(
        (shown["subject"].as_str(), shown["html"].as_str()),
        (Some("you and more"), Some("Lo &amp; Co 1,234.50 EUR"))
    );
    let _ = api.get(&at).await.refused(422_000);
    let _ = api.get(&format!("{at}?contact_id={contact}&lead_id={lead}")).await.refused(422_000);
    let _ = api.get(&format!("{at}?contact_id={}", crate::support::NO_ID)).await.refused(404_001);
    // What only contacts have is not there for a lead.
    let of_contacts =
        api.create("/v1/templates", json!({"name": unique("T"), "body_text": "{{ contact.birthday }}"})).await;
    let refused = api.get(&format!("/v1/templates/{of_contacts}/preview?lead_id={lead}")).await.refused(422_000);
    assert!(refused.detail().starts_with("template_"), "{refused}");
}

async fn a_text_is_seen_before_it_is_saved(api: Api) {
    let contact = contact(&api, json!({"country": "DE"})).await;
    let at = "/v1/templates/preview";
    let text = json!({"subject": "Hello {{ person.first_name }}", "body_html": "<p>{{ contact.country }}</p>", "contact_id": contact});
    let shown = api.post(at, text.clone()).await.expect(200);
    assert_eq!(shown.data(), &json!({"subject": "Hello Zoé", "text": "DE", "html": "<p>DE</p>"}));
    let named = format!("/v1/templates?filter[subject]={}", kontor_testkit::encode("Hello {{ person.first_name }}"));
    assert!(api.get(&named).await.expect(200).ids().is_empty(), "nothing is kept");
    // What could not be saved is not shown either, by the same faults.
    for (field, source) in [("subject", "{{ person.first_nme }}"), ("body_text", "{% include \"x\" %}")] {
        let refused = api.post(at, json!({field: source, "contact_id": contact})).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], field, "{refused}");
    }
    let long = "x".repeat(300);
    let _ = api.post(at, json!({"subject": long, "contact_id": contact})).await.refused(400_001);
    let _ = api.post(at, json!({"body": "x", "contact_id": contact})).await.refused(400_002);
    let _ = api.post(at, json!({"subject": "x"})).await.refused(422_000);
    let _ = api.post(at, json!({"subject": "x", "contact_id": crate::support::NO_ID})).await.refused(404_001);
    let endless = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}";
    let _ = api.post(at, json!({"body_text": endless, "contact_id": contact})).await.refused(422_000);
    // Who may not write templates has none to look at before it is saved.
    let _ = api.as_role("support", &[]).post(at, text).await.refused(403_000);
}

async fn a_loop_without_end_is_refused(api: Api) {
    let endless = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}";
    let id = api.create("/v1/templates", json!({"name": unique("Endless"), "body_text": endless})).await;
    let contact = contact(&api, json!({})).await;
    let refused = api.get(&format!("/v1/templates/{id}/preview?contact_id={contact}")).await.refused(422_000);
    assert!(refused.detail().starts_with("template_work"), "{refused}");
}

async fn a_test_goes_to_the_caller(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let contact = contact(&api, json!({"email": "zoe@else.example"})).await;
    let template = super::template(&api).await;
    let user = api.create("/v1/users", json!({"name": "Mo", "email": "mo@house.example"})).await;
    let mo = api.as_role("marketing", &["--user", &user]);
    let _ = mo.post(&format!("/v1/templates/{template}/test_send"), json!({"contact_id": contact})).await.expect(200);
    let taken = mails(&inbox, 1).await;
    assert_eq!(taken[0].0, "mo@house.example");
    assert!(taken[0].1.contains("Subject: "), "{}", taken[0].1);
    let _ = mo.post(&format!("/v1/templates/{template}/test_send"), json!({})).await.refused(422_000);
}
