//! `GET …/{id}/duplicates`.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::{make, person, shown, with, word};

both!(
    the_likeliest_comes_first,
    a_threshold_and_a_limit_cut_the_list,
    names_that_sound_alike_are_compared,
    places_are_compared,
    bad_parameters_are_named,
    what_is_common_weighs_less,
);

async fn the_likeliest_comes_first(api: Api) {
    let own = with(person(), json!({"city": "Berlin"}));
    let id = make(&api, "contacts", own.clone()).await;
    let twin = make(&api, "contacts", own.clone()).await;
    let cousin = make(&api, "contacts", with(own.clone(), json!({"first_name": "Zoe", "city": "Bonn"}))).await;
    let _ = make(&api, "contacts", person()).await;
    let gone = make(&api, "contacts", own.clone()).await;
    let _ = api.delete(&format!("/v1/contacts/{gone}")).await.expect(200);
    let reply = api.get(&format!("/v1/contacts/{id}/duplicates")).await.expect(200);
    assert_eq!(reply.ids(), [twin.clone(), cousin], "{reply}");
    let (best, next) = (&reply.rows()[0], &reply.rows()[1]);
    assert!(best["score"].as_f64().unwrap() > 0.999 && best["score"].as_f64() > next["score"].as_f64(), "{reply}");
    assert_eq!(best["record"], *api.get(&format!("/v1/contacts/{twin}")).await.expect(200).data());
    let level = |row: &serde_json::Value, field: &str| {
        let reasons = row["reasons"].as_array().unwrap();
        reasons.iter().find(|r| r["field"] == field).map(|r| r["level"].as_str().unwrap().to_owned())
    };
    assert_eq!(level(best, "email").as_deref(), Some("exact"));
    assert_eq!(level(next, "first_name").as_deref(), Some("differs"));
    assert_eq!(level(best, "birthday"), None, "what is not there says nothing");
    let weights: Vec<f64> = next["reasons"].as_array().unwrap().iter().map(|r| r["weight"].as_f64().unwrap()).collect();
    assert!(weights.iter().any(|w| *w < 0.0) && weights.windows(2).all(|w| w[0].abs() >= w[1].abs()), "{weights:?}");
}

async fn a_threshold_and_a_limit_cut_the_list(api: Api) {
    let own = person();
    let id = make(&api, "contacts", own.clone()).await;
    for _ in 0..3 {
        let _ = make(&api, "contacts", own.clone()).await;
    }
    let other = with(own.clone(), json!({"first_name": "Zoe", "email": person()["email"]}));
    let weak = make(&api, "contacts", with(other, json!({"last_name": own["last_name"]}))).await;
    let at = format!("/v1/contacts/{id}/duplicates");
    assert_eq!(api.get(&format!("{at}?limit=2")).await.expect(200).rows().len(), 2);
    assert_eq!(api.get(&at).await.expect(200).rows().len(), 3, "{weak} is unlikely");
    assert_eq!(api.get(&format!("{at}?threshold=1")).await.expect(200).rows().len(), 0);
    // Another initial is not compared by the name.
    let all = api.get(&format!("{at}?threshold=0")).await.expect(200).ids();
    assert!(all.len() >= 3 && !all.contains(&weak), "{all:?}");
}

async fn names_that_sound_alike_are_compared(api: Api) {
    let name = word("Brandt");
    let more = json!({"birthday": "1980-03-04", "city": "Köln", "country": "DE"});
    let own = with(json!({"first_name": "Katharina", "last_name": name}), more.clone());
    let id = make(&api, "contacts", own).await;
    let other =
        json!({"first_name": "Katarina", "last_name": name.replace("brandt", "brand"), "birthday": "1980-04-03"});
    let other = make(&api, "contacts", with(more, other)).await;
    assert_eq!(shown(&api, &format!("/v1/contacts/{id}")).await, [other.clone()]);
    assert_eq!(shown(&api, &format!("/v1/contacts/{other}")).await, [id], "it does not matter which one is asked");
}

async fn places_are_compared(api: Api) {
    let (name, code) = (word("Ulm"), std::process::id().to_string());
    let place = |street: &str| json!({"billing_postal_code": code, "billing_street": street, "billing_city": "Berlin"});
    let own = make(&api, "companies", with(json!({"name": format!("{name} Werke")}), place("Chausseestr. 12"))).await;
    let same =
        make(&api, "companies", with(json!({"name": format!("{name} Werk AG")}), place("Chausseestraße 12"))).await;
    let _ = make(&api, "companies", with(json!({"name": word("Nothing")}), place("Chausseestr. 12"))).await;
    assert_eq!(shown(&api, &format!("/v1/companies/{own}")).await.first(), Some(&same));
}

async fn what_is_common_weighs_less(api: Api) {
    let weight = async |id: &str| {
        let reply = api.get(&format!("/v1/contacts/{id}/duplicates?threshold=0")).await.expect(200);
        let reasons = reply.rows()[0]["reasons"].as_array().unwrap().clone();
        reasons.iter().find(|r| r["field"] == "last_name").unwrap()["weight"].as_f64().unwrap()
    };
    let (rare, common) = (word("Rar"), word("Comm"));
    let of = |name: &str| json!({"first_name": "Quirin", "last_name": name});
    let _ = make(&api, "contacts", of(&rare)).await;
    let one = make(&api, "contacts", of(&rare)).await;
    let operations = vec![json!({"op": "create", "data": of(&common)}); 64];
    let made = json!({"atomic": true, "operations": operations});
    let many = api.post("/v1/contacts/batch?allow_duplicates=true", made).await.expect(200);
    let (rare, common) = (weight(&one).await, weight(many.rows()[0]["data"]["id"].as_str().unwrap()).await);
    // 1 against 63 others: about six bits.
    assert!(rare - common > 5.9 && rare - common < 6.1, "{rare} and {common}");
}

async fn bad_parameters_are_named(api: Api) {
    let id = make(&api, "contacts", person()).await;
    let at = format!("/v1/contacts/{id}/duplicates");
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=51", "limit"),
        ("limit=x", "limit"),
        ("threshold=1.5", "threshold"),
        ("threshold=-1", "threshold"),
        ("threshold=much", "threshold"),
    ] {
        let reply = api.get(&format!("{at}?{query}")).await.expect(400);
        assert!(reply.faults().iter().any(|f| f["field"] == field), "{query}: {reply}");
    }
    let _ = api.get(&format!("{at}?least=1")).await.expect(400);
    let _ = api.get("/v1/contacts/4242/duplicates").await.refused(404_001);
    let _ = api.get("/v1/deals/4242/duplicates").await.refused(404_000);
    let _ = api.post(&at, json!({})).await.expect(404);
}
