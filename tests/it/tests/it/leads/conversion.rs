//! `POST /v1/leads/{id}/convert`.

use kontor_testkit::{Api, both, serial, unique};
use serde_json::{Value, json};

use super::{act, domain, lead, read};
use crate::support::NO_ID;

both!(
    a_lead_becomes_a_company_a_contact_and_a_deal,
    a_lead_is_converted_once,
    of_many_conversions_at_once_one_is_done,
    what_is_there_is_found,
    a_private_address_names_no_company,
    what_is_named_is_taken,
    all_of_it_or_nothing,
    a_dollar_is_a_dollar,
    in_the_right_of_the_caller,
);

async fn a_lead_becomes_a_company_a_contact_and_a_deal(api: Api) {
    let (name, domain) = (unique("Acme"), domain());
    let user = api.create("/v1/users", json!({"name": unique("User")})).await;
    let at = lead(&api, json!({
        "company_name": name, "email": format!("maria@{domain}"), "phone": "+49 30 901820", "title": "Buyer", "city": "Berlin",
        "country": "DE", "estimated_value": "5000", "currency": "USD", "tags": ["fair"], "owner_id": user,
    }))
    .await;
    let before = read(&api, &at).await;
    let given = act(&api, &at, "convert", json!({"deal": {"next_step": "Call"}})).await.expect(200);
    let (company, contact, deal) = (&given.data()["company"], &given.data()["contact"], &given.data()["deal"]);
    assert_eq!(
        (&company["name"], &company["domain"], &company["city"]),
        (&json!(name), &json!(domain), &json!("Berlin"))
    );
    assert_eq!((&contact["company_id"], &contact["last_name"]), (&company["id"], &before["last_name"]));
    assert_eq!((&contact["email"], &contact["phone"]), (&before["email"], &before["phone"]));
    assert_eq!(contact["phone_original"], "+49 30 901820");
    assert_eq!((&contact["title"], &contact["tags"]), (&json!("Buyer"), &json!(["fair"])));
    let stages = [&company["lifecycle_stage"], &contact["lifecycle_stage"]];
    assert_eq!(stages, [&json!("opportunity"); 2]);
    assert_eq!((&deal["company_id"], &deal["contact_id"]), (&company["id"], &contact["id"]));
    assert_eq!((&deal["name"], &deal["amount"], &deal["currency"]), (&json!(name), &json!("5000"), &json!("USD")));
    assert_eq!(
        (&deal["next_step"], &deal["probability"]),
        (&json!("Call"), &json!(10)),
        "it stands in the first stage"
    );
    for part in [company, contact, deal] {
        assert_eq!(part["owner_id"], json!(user));
    }
    let after = read(&api, &at).await;
    assert_eq!((&after["status"], &after["company_id"]), (&json!("converted"), &company["id"]));
    assert_eq!((&after["contact_id"], &after["deal_id"]), (&contact["id"], &deal["id"]));
    assert!(after["converted_at"].is_string(), "{after}");
    assert_eq!(read(&api, &format!("/v1/deals/{}", deal["id"].as_str().unwrap())).await, *deal);
    let done = api.get(&format!("{at}/history")).await.expect(200).texts("action");
    assert_eq!(done.iter().filter(|action| *action == "convert").count(), 1, "{done:?}");
}

async fn a_lead_is_converted_once(api: Api) {
    let at = lead(&api, json!({"company_name": unique("Acme")})).await;
    let given = act(&api, &at, "convert", json!({})).await.expect(200);
    assert_eq!(given.data()["deal"], json!(null), "none was asked for");
    assert_eq!(given.data()["contact"]["lifecycle_stage"], "qualified");
    assert!(given.data()["company"]["id"].is_string());
    let refused = act(&api, &at, "convert", json!({"deal": {}})).await.refused(422_000);
    assert!(refused.detail().starts_with("lead_state") && refused.detail().contains("converted"), "{refused}");
    assert_eq!(read(&api, &at).await["deal_id"], json!(null));
}

async fn of_many_conversions_at_once_one_is_done(api: Api) {
    let name = unique("Acme");
    let at = lead(&api, json!({"company_name": name, "email": format!("a@{}", domain())})).await;
    let all = futures::future::join_all((0..6).map(|_| act(&api, &at, "convert", json!({"deal": {}})))).await;
    let done = all.iter().filter(|reply| reply.status == 200).count();
    // Who comes too late finds the lead converted or, in between, the company's domain taken.
    let late = all.iter().filter(|reply| [422_000, 409_001].contains(&reply.error_code())).count();
    assert_eq!((done, late), (1, 5), "{:?}", all.iter().map(|reply| reply.status).collect::<Vec<_>>());
    let companies = api.get(&kontor_testkit::query("/v1/companies", &[("filter[name]", &name)])).await.expect(200);
    assert_eq!(companies.rows().len(), 1);
    let deals = api.get(&kontor_testkit::query("/v1/deals", &[("filter[name]", &name)])).await.expect(200);
    assert_eq!(deals.rows().len(), 1);
}

async fn what_is_there_is_found(api: Api) {
    let (name, at_domain) = (unique("Acme Works"), domain());
    let company = api.create("/v1/companies", json!({"name": name, "domain": at_domain})).await;
    let email = format!("maria@{at_domain}");
    let contact = api.create("/v1/contacts", json!({"last_name": unique("Roe"), "email": email})).await;
    let found = async |more: Value| {
        let given = act(&api, &lead(&api, more).await, "convert", json!({})).await.expect(200);
        let id = |part: &str| given.data()[part]["id"].as_str().unwrap_or_default().to_owned();
        (id("company"), id("contact"))
    };
    // By its name in any case, and the person by the address in any case.
    let (by_name, person) = found(json!({"company_name": name.to_uppercase(), "email": email.to_uppercase()})).await;
    assert_eq!((by_name, person), (company.clone(), contact.clone()));
    // By the domain, whatever the name, or without one.
    let (by_domain, other) = found(json!({"company_name": unique("Other"), "email": format!("x@{at_domain}")})).await;
    assert_eq!(by_domain, company);
    assert_ne!(other, contact);
    assert_eq!(found(json!({"email": format!("y@{at_domain}")})).await.0, company);
    // A name that only begins alike is another company.
    let (another, _) = found(json!({"company_name": format!("{name} North")})).await;
    assert!(!another.is_empty() && another != company);
    // What was found has come further on its way, once, and is as it was otherwise.
    for path in [format!("/v1/companies/{company}"), format!("/v1/contacts/{contact}")] {
        let found = read(&api, &path).await;
        assert_eq!((&found["version"], &found["lifecycle_stage"]), (&json!(2), &json!("qualified")), "{path}");
        let changed = api.get(&format!("{path}/history")).await.expect(200).rows()[0]["changes"].clone();
        assert_eq!(changed.as_object().unwrap().keys().collect::<Vec<_>>(), ["lifecycle_stage"], "{changed}");
    }
    // What is in the bin is not found.
    let _ = api.delete(&format!("/v1/contacts/{contact}")).await.expect(200);
    assert_ne!(found(json!({"email": email})).await.1, contact);
}

async fn a_private_address_names_no_company(api: Api) {
    let at = lead(&api, json!({"email": format!("{}@gmail.com", serial())})).await;
    let given = act(&api, &at, "convert", json!({"deal": {}})).await.expect(200);
    let data = given.data();
    assert_eq!(
        (&data["company"], &data["contact"]["company_id"], &data["deal"]["company_id"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(
        (&data["deal"]["name"], &data["deal"]["contact_id"]),
        (&data["contact"]["name"], &data["contact"]["id"])
    );
    // The company of a person who is known is the lead's, too.
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let email = format!("{}@gmail.com", serial());
    let _ = api.create("/v1/contacts", json!({"last_name": "Roe", "email": email, "company_id": company})).await;
    let given = act(&api, &lead(&api, json!({"email": email})).await, "convert", json!({})).await.expect(200);
    assert_eq!(given.data()["company"]["id"], json!(company));
}

async fn what_is_named_is_taken(api: Api) {
    let company = api.create("/v1/companies", json!({"name": unique("Acme")})).await;
    let contact = api.create("/v1/contacts", json!({"last_name": unique("Roe")})).await;
    let at = lead(&api, json!({"company_name": unique("Other"), "email": format!("a@{}", domain())})).await;
    for body in [json!({"company_id": NO_ID}), json!({"contact_id": NO_ID}), json!({"company_id": contact})] {
        let _ = act(&api, &at, "convert", body).await.refused(404_001);
    }
    let body = json!({"company_id": company, "contact_id": contact, "deal": {"name": "Big", "amount": "7"}});
    let given = act(&api, &at, "convert", body).await.expect(200);
    let data = given.data();
    assert_eq!((&data["company"]["id"], &data["contact"]["id"]), (&json!(company), &json!(contact)));
    assert_eq!((&data["deal"]["name"], &data["deal"]["company_id"]), (&json!("Big"), &json!(company)));
}

async fn all_of_it_or_nothing(api: Api) {
    let name = unique("Acme");
    let at = lead(&api, json!({"company_name": name})).await;
    for (deal, code) in [
        (json!({"amount": "much"}), 400_001),
        (json!({"nmae": "x"}), 400_002),
        (json!({"stage_id": NO_ID}), 400_001),
        (json!({"lines": [{"sku": format!("NO-{}", serial())}]}), 422_000),
        (json!("x"), 400_001),
    ] {
        let _ = act(&api, &at, "convert", json!({"deal": deal})).await.refused(code);
    }
    let companies = api.get(&kontor_testkit::query("/v1/companies", &[("filter[name]", &name)])).await.expect(200);
    assert!(companies.rows().is_empty(), "{companies}");
    assert_eq!((&read(&api, &at).await["status"], &read(&api, &at).await["version"]), (&json!("new"), &json!(1)));
}

async fn a_dollar_is_a_dollar(api: Api) {
    let name = format!("$company {}", serial());
    let more = json!({"company_name": name, "first_name": "$", "title": "$$title", "email": format!("a@{}", domain())});
    let given = act(&api, &lead(&api, more).await, "convert", json!({"deal": {"next_step": "$5k"}})).await.expect(200);
    let data = given.data();
    assert_eq!((&data["company"]["name"], &data["deal"]["name"]), (&json!(name), &json!(name)));
    assert_eq!((&data["contact"]["first_name"], &data["contact"]["title"]), (&json!("$"), &json!("$$title")));
    assert_eq!(data["deal"]["next_step"], "$5k");
}

async fn in_the_right_of_the_caller(api: Api) {
    let me = api.create("/v1/users", json!({"name": unique("User")})).await;
    let role = unique("role").replace(' ', "-");
    let id = api.create("/v1/roles", json!({"name": role})).await;
    for (object, action, reach) in [
        ("lead", "*", "all"),
        ("company", "*", "own"),
        ("contact", "*", "own"),
        ("deal", "read", "all"),
        ("user", "read", "all"),
    ] {
        let body = json!({"role_id": id, "target_object": object, "action": action, "reach": reach});
        let _ = api.create("/v1/permissions", body).await;
    }
    let seller = api.as_role(&role, &["--user", &me]);
    // What the caller does not see is not found: another is made.
    let (name, at_domain) = (unique("Acme"), domain());
    let theirs = api.create("/v1/companies", json!({"name": name, "domain": at_domain})).await;
    let more = json!({"company_name": name, "email": format!("a@{at_domain}"), "owner_id": me});
    let at = lead(&api, more).await;
    let _ = act(&seller, &at, "convert", json!({"company_id": theirs})).await.refused(404_001);
    let refused = act(&seller, &at, "convert", json!({"deal": {}})).await.refused(403_000);
    assert!(refused.detail().contains("deals"), "{refused}");
    assert_eq!(read(&api, &at).await["status"], "new");
    let given = act(&seller, &at, "convert", json!({})).await.expect(200);
    assert_ne!(given.data()["company"]["id"], json!(theirs));
    assert_eq!(given.data()["company"]["domain"], json!(null), "the domain is another's");
}
