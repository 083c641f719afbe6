//! A masked copy of live.

use kontor_testkit::{Api, Backend, Server, both_alone};
use serde_json::json;

use super::{answered, census, done, dump, enter, id, make, path};

both_alone!(a_copy_has_every_id_and_no_person, a_copy_is_refreshed_and_dropped);

/// In every text of the live space, and nowhere in a copy.
const CANARY: &str = "Zwieselbach";

struct Live {
    contact: String,
    customer: String,
    deal: String,
    user: String,
    binned: String,
    thing: String,
    things: String,
}

/// Records of many kinds, each with the canary.
async fn fill(api: &Api) -> Live {
    let said = |text: &str| format!("{CANARY} {text}");
    let user = api
        .create("/v1/users", json!({"name": said("Ada"), "email": "ada@zwieselbach.example", "phone": "+442071838750"}))
        .await;
    let team = api.create("/v1/teams", json!({"name": said("team"), "description": said("of friends")})).await;
    let _ = api.patch(&format!("/v1/users/{user}"), json!({"team_id": team})).await.expect(200);
    let company = api
        .create(
            "/v1/companies",
            json!({"name": said("AG"), "domain": "zwieselbach.example", "website": "https://zwieselbach.example/", "phone": "+442071838750",
                "city": CANARY, "billing_street": said("Strasse 1"), "description": said("as it was"), "tags": [CANARY], "owner_id": user,
                "external_id": said("1")}),
        )
        .await;
    let contact = api
        .create(
            "/v1/contacts",
            json!({"first_name": "Maria", "last_name": CANARY, "email": "maria@zwieselbach.example", "phone": "+442071838750",
                "company_id": company, "birthday": "1990-04-01", "title": said("chief")}),
        )
        .await;
    let customer = api
        .create(
            "/v1/customers",
            json!({"name": said("GmbH"), "mobile": "13812345678", "customer_type": "vip", "contact_id": contact, "tax_id": CANARY}),
        )
        .await;
    let deal = api
        .create(
            "/v1/deals",
            json!({"name": said("deal"), "company_id": company, "amount": "1234.50", "owner_id": user}),
        )
        .await;
    let _ = api
        .create(
            "/v1/notes",
            json!({"subject": said("note"), "body": said("called"), "related_to_object": "contact",
            "related_to_id": contact, "participants": [{"email": "maria@zwieselbach.example", "contact_id": contact}]}),
        )
        .await;
    let _ = api.post(&format!("/v1/deals/{deal}/shares"), json!({"user_id": user, "level": "read"})).await.expect(201);
    let fields = json!([
        {"name": "plate", "type": "text", "max": 16, "required": true, "unique": true, "searched": true},
        {"name": "keeper", "type": "reference", "object": "contact"},
        {"name": "mail", "type": "email"}, {"name": "tale", "type": "long_text"}, {"name": "papers", "type": "json"},
        {"name": "fuel", "type": "enum", "values": ["petrol", "diesel"]},
    ]);
    let things = api.object("thing", fields).await;
    let thing = api
        .create(
            &things.path,
            json!({"plate": CANARY, "keeper_id": contact, "mail": "x@zwieselbach.example", "tale": said("once"), "fuel": "diesel",
                "papers": {CANARY: CANARY}}),
        )
        .await;
    for n in 0..20 {
        let _ = api.create(&things.path, json!({"plate": format!("P-{n}")})).await;
    }
    let remark = json!({"name": "remark", "type": "text", "max": 40});
    let _ = api.post("/v1/metadata/objects/contact/fields", remark).await.expect(201);
    let _ = api.patch(&format!("/v1/contacts/{contact}"), json!({"custom": {"remark": CANARY}})).await.expect(200);
    let binned = api.create("/v1/contacts", json!({"last_name": CANARY})).await;
    let _ = api.delete(&format!("/v1/contacts/{binned}")).await.expect(200);
    Live { contact, customer, deal, user, binned, thing, things: things.path }
}

fn is_clean(text: &str) {
    let text = text.to_lowercase();
    for canary in ["zwieselbach", "maria", "442071838750", "13812345678"] {
        assert!(!text.contains(canary), "{canary} in {}", text.get(..4_000).unwrap_or(&text));
    }
}

async fn a_copy_has_every_id_and_no_person(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    let made = fill(&live).await;
    let sandbox = make(&live, "masked", "live").await;
    let job = done(&live, &sandbox).await;
    assert_eq!(job["progress"]["done"], job["progress"]["total"], "{job}");
    let shown = live.get(&path(&sandbox)).await.expect(200);
    assert_eq!((shown.data()["state"].as_str(), shown.data()["from"].as_str()), (Some("ready"), Some("live")));
    let inside = enter(&live, &sandbox).await;

    // The same records, and nobody in them.
    for path in [
        format!("/v1/contacts/{}", made.contact),
        format!("/v1/customers/{}", made.customer),
        format!("/v1/deals/{}?expand=company,owner", made.deal),
        format!("/v1/users/{}", made.user),
        format!("{}/{}?expand=keeper", made.things, made.thing),
        "/v1/notes".to_owned(),
        "/v1/companies".to_owned(),
        "/v1/teams".to_owned(),
    ] {
        let _ = live.get(&path).await.expect(200);
        is_clean(&inside.get(&path).await.expect(200).text());
    }
    let contact = inside.get(&format!("/v1/contacts/{}", made.contact)).await.expect(200);
    let data = contact.data();
    let name = format!("{} {}", data["first_name"].as_str().unwrap(), data["last_name"].as_str().unwrap());
    assert_eq!(data["name"], json!(name));
    assert!(data["email"].as_str().unwrap().ends_with("_test@masked.invalid"), "{contact}");
    let customer = inside.get(&format!("/v1/customers/{}", made.customer)).await.expect(200);
    let mobile = customer.data()["mobile"].as_str().unwrap();
    assert!(mobile.len() == 11 && mobile.starts_with("154"), "{customer}");
    assert_eq!(
        (customer.data()["customer_type"].as_str(), customer.data()["contact_id"].as_str()),
        (Some("vip"), Some(&*made.contact))
    );
    let deal = inside.get(&format!("/v1/deals/{}", made.deal)).await.expect(200);
    assert_eq!((deal.data()["amount"].as_str(), deal.data()["owner_id"].as_str()), (Some("1234.5"), Some(&*made.user)));
    let thing = inside.get(&format!("{}/{}", made.things, made.thing)).await.expect(200);
    assert_eq!((thing.data()["fuel"].as_str(), thing.data()["papers"].is_null()), (Some("diesel"), true), "{thing}");

    // What is written in the copy follows the rules of live, and the search knows the masked words only.
    assert_eq!(inside.get(&format!("/v1/contacts?q={CANARY}")).await.expect(200).rows().len(), 0);
    let word = data["last_name"].as_str().unwrap();
    assert!(!inside.get(&format!("/v1/contacts?q={word}")).await.expect(200).rows().is_empty(), "{word}");
    let plate = thing.data()["plate"].as_str().unwrap();
    let _ = inside.post(&made.things, json!({"plate": plate})).await.refused(409_001);
    let _ = inside.patch(&format!("/v1/contacts/{}", made.contact), json!({"title": "tester"})).await.expect(200);
    assert_ne!(live.get(&format!("/v1/contacts/{}", made.contact)).await.expect(200).data()["title"], "tester");

    // In the bin there, in the bin here.
    let _ = inside.get(&format!("/v1/contacts/{}", made.binned)).await.refused(404_001);
    let _ = inside.post(&format!("/v1/contacts/{}/restore", made.binned), json!({})).await.expect(200);
    assert_eq!(inside.get(&format!("/v1/deals/{}/shares", made.deal)).await.expect(200).rows().len(), 1);

    // Not one byte in a row; nothing of live's credentials, audit or logs.
    is_clean(&dump(server.place(), &id(&sandbox)));
    assert!(
        dump(server.place(), server.place().texts("SELECT id FROM space WHERE kind = 'live'")[0].as_str())
            .contains(CANARY)
    );
    let held: Vec<String> = census(server.place(), &id(&sandbox)).into_iter().map(|(table, _)| table).collect();
    for table in ["job", "idempotency", "outbox", "api_key"] {
        assert!(!held.contains(&table.to_owned()), "{held:?}");
    }
}

async fn a_copy_is_refreshed_and_dropped(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let live = server.api();
    let made = fill(&live).await;
    let sandbox = make(&live, "copy", "live").await;
    done(&live, &sandbox).await;
    let inside = enter(&live, &sandbox).await;
    let contact = format!("/v1/contacts/{}", made.contact);
    let before = inside.get(&contact).await.expect(200);
    let stray = inside.create("/v1/contacts", json!({"last_name": "Stray"})).await;

    // What has changed in live changes here; what was made here goes; the same names become the same.
    let _ = live.patch(&contact, json!({"country": "AT"})).await.expect(200);
    let late = live.create("/v1/contacts", json!({"last_name": format!("{CANARY} late")})).await;
    let reply = live.post(&format!("{}/refresh", path(&sandbox)), json!({})).await.expect(202);
    let _ = live.post(&format!("{}/refresh", path(&sandbox)), json!({})).await.refused(409_000);
    let _ = live.post(&format!("{}/keys", path(&sandbox)), json!({"name": "x"})).await.refused(409_000);
    done(&live, reply.data()).await;
    let after = answered(&inside, &contact).await;
    assert_eq!((after.data()["country"].as_str(), &after.data()["name"]), (Some("AT"), &before.data()["name"]));
    let _ = inside.get(&format!("/v1/contacts/{stray}")).await.refused(404_001);
    is_clean(&inside.get(&format!("/v1/contacts/{late}")).await.expect(200).text());
    is_clean(&dump(server.place(), &id(&sandbox)));

    // Making and refreshing are written down in live, in the name of who asked.
    let entries = live.get("/v1/audit?object=sandbox").await.expect(200);
    let actions: Vec<&str> = entries.rows().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["refresh", "create"], "{entries}");
    let keys = live.get("/v1/audit?object=api_key").await.expect(200);
    assert!(keys.text().contains(&id(&sandbox)), "{keys}");

    // Nothing is left of one that is dropped, its keys included.
    let reply = live.delete(&path(&sandbox)).await.expect(202);
    done(&live, reply.data()).await;
    let _ = live.get(&path(&sandbox)).await.refused(404_001);
    assert_eq!(census(server.place(), &id(&sandbox)), []);
    let keys = server.place().texts(&format!("SELECT count(*) FROM api_key WHERE key_space = {}", id(&sandbox)));
    assert_eq!(keys, ["0"]);
    let reply = inside.get("/v1/contacts").await;
    assert!(matches!(reply.error_code(), 401_001 | 503_000), "{reply}");
    let _ = live.get(&contact).await.expect(200);
}
