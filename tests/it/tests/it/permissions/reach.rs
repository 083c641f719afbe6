//! Records that a caller does not reach are not there, whatever is asked.

use kontor_testkit::{Api, both};
use serde_json::json;

use super::{acting, deal, role, team, user, word};

both!(
    what_others_own_is_not_there,
    a_team_sees_the_teams,
    seeing_is_not_changing,
    relations_do_not_lead_further,
    lines_follow_their_document,
    taken_values_do_not_say_by_whom,
    files_are_of_those_who_asked
);

async fn what_others_own_is_not_there(api: Api) {
    let mark = word("mark");
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let own = role(&api, &[("deal", "*", "own", json!(null)), ("user", "read", "all", json!(null))]).await;
    let mine = deal(&api, &me, json!({"next_step": mark, "amount": "10", "external_id": word("mine")})).await;
    let key = word("theirs");
    let theirs = deal(&api, &other, json!({"next_step": mark, "amount": "500", "external_id": key})).await;
    let seller = acting(&api, &me, &own);
    let here = format!("filter[next_step]={mark}");

    let list = seller.get(&format!("/v1/deals?{here}&count=exact")).await.expect(200);
    assert_eq!((list.ids(), &list.page()["total"]), (vec![mine.clone()], &json!(1)));
    let search = json!({"filter": {"field": "next_step", "value": mark}, "count": "exact", "sort": ["amount"]});
    assert_eq!(seller.post("/v1/deals/search", search).await.expect(200).ids(), [mine.clone()]);
    let sum = json!({"filter": {"field": "next_step", "value": mark},
        "measures": [{"fn": "sum", "field": "amount", "as": "total"}, {"fn": "count", "as": "n"}]});
    assert_eq!(seller.post("/v1/deals/aggregate", sum).await.expect(200).rows(), [json!({"total": "10", "n": 1})]);
    let words = seller.get("/v1/deals?q=deal&limit=500").await.expect(200).ids();
    assert!(words.contains(&mine) && !words.contains(&theirs));

    for way in ["", "/history", "/timeline", "/shares"] {
        let hidden = seller.get(&format!("/v1/deals/{theirs}{way}")).await.refused(404_001);
        let absent = seller.get(&format!("/v1/deals/104512398120374272{way}")).await.refused(404_001);
        assert_eq!(hidden.detail(), absent.detail(), "{way}");
    }
    let _ = seller.get(&format!("/v1/deals/by/external_id/{key}")).await.refused(404_001);
    let _ = seller.patch(&format!("/v1/deals/{theirs}"), json!({"amount": "1"})).await.refused(404_001);
    let _ = seller.put(&format!("/v1/deals/{theirs}"), json!({"name": "x"})).await.refused(404_001);
    let _ = seller.delete(&format!("/v1/deals/{theirs}")).await.refused(404_001);
    let _ = seller.post(&format!("/v1/deals/{theirs}/restore"), json!({})).await.refused(404_001);
    let batch = json!({"operations": [{"op": "update", "id": theirs, "data": {"amount": "1"}}, {"op": "update", "id": mine, "data": {"amount": "11"}}]});
    let results = seller.post("/v1/deals/batch", batch).await.expect(207);
    assert_eq!((&results.rows()[0]["error_code"], &results.rows()[1]["status"]), (&json!(404_001), &json!(200)));
    assert_eq!(api.get(&format!("/v1/deals/{theirs}")).await.expect(200).data()["amount"], "500");

    let _ = seller.delete(&format!("/v1/deals/{mine}")).await.expect(200);
    let _ = api.delete(&format!("/v1/deals/{theirs}")).await.expect(200);
    let bin = seller.get(&format!("/v1/deals?deleted=true&{here}")).await.expect(200);
    assert_eq!(bin.ids(), [mine], "the bin is no way around");
    let _ = seller.get("/v1/contacts").await.refused(403_000);
}

async fn a_team_sees_the_teams(api: Api) {
    let mark = word("mark");
    let squad = team(&api).await;
    let (me, mate, stranger) = (user(&api, Some(&squad)).await, user(&api, Some(&squad)).await, user(&api, None).await);
    let name = role(&api, &[("deal", "read", "team", json!(null)), ("deal", "update", "own", json!(null))]).await;
    let mut deals = Vec::new();
    for owner in [&me, &mate, &stranger] {
        deals.push(deal(&api, owner, json!({"next_step": mark})).await);
    }
    let seller = acting(&api, &me, &name);
    let mut seen = seller.get(&format!("/v1/deals?filter[next_step]={mark}")).await.expect(200).ids();
    seen.sort();
    let mut team: Vec<String> = deals[..2].to_vec();
    team.sort();
    assert_eq!(seen, team);
    let _ = seller.patch(&format!("/v1/deals/{}", deals[0]), json!({"next_step": mark})).await.expect(200);
    let _ = seller.patch(&format!("/v1/deals/{}", deals[1]), json!({"next_step": "x"})).await.refused(403_000);
    let _ = seller.patch(&format!("/v1/deals/{}", deals[2]), json!({"next_step": "x"})).await.refused(404_001);
    // Who leads a team reaches it without being a member.
    let _ = api.patch(&format!("/v1/teams/{squad}"), json!({"manager_id": stranger})).await.expect(200);
    let leader = acting(&api, &stranger, &name);
    assert_eq!(leader.get(&format!("/v1/deals?filter[next_step]={mark}")).await.expect(200).ids().len(), 3);
}

async fn seeing_is_not_changing(api: Api) {
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let name = role(&api, &[("deal", "read", "all", json!(null)), ("deal", "update", "own", json!(null))]).await;
    let seller = acting(&api, &me, &name);
    let theirs = deal(&api, &other, json!({"external_id": word("k")})).await;
    let before = api.get(&format!("/v1/deals/{theirs}")).await.expect(200);
    let _ = seller.get(&format!("/v1/deals/{theirs}")).await.expect(200);
    let _ = seller.patch(&format!("/v1/deals/{theirs}"), json!({"amount": "1"})).await.refused(403_000);
    let _ = seller.delete(&format!("/v1/deals/{theirs}")).await.refused(403_000);
    let _ = seller.post("/v1/deals", json!({"name": "x"})).await.refused(403_000);
    let key = before.data()["external_id"].as_str().unwrap();
    let _ = seller.put(&format!("/v1/deals/by/external_id/{key}"), json!({"amount": "1"})).await.refused(403_000);
    let composite = json!({"operations": [{"op": "update", "object": "deal", "id": theirs, "data": {"amount": "1"}}]});
    let _ = seller.post("/v1/composite", composite).await.refused(403_000);
    assert_eq!(api.get(&format!("/v1/deals/{theirs}")).await.expect(200).data(), before.data());
}

async fn relations_do_not_lead_further(api: Api) {
    let mark = word("mark");
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let company = json!({"name": word("Secret"), "city": "Hidden", "owner_id": other});
    let company = api.post("/v1/companies?allow_duplicates=true", company).await.expect(201).id();
    let mine = deal(&api, &me, json!({"next_step": mark, "company_id": company})).await;
    let name = role(&api, &[("deal", "*", "own", json!(null)), ("company", "read", "own", json!(null))]).await;
    let seller = acting(&api, &me, &name);
    let expanded = seller.get(&format!("/v1/deals/{mine}?expand=company")).await.expect(200);
    assert_eq!((&expanded.data()["company_id"], &expanded.data()["company"]), (&json!(company), &json!(null)));
    for (filter, found) in [("filter[company.city]=Hidden", 0), ("filter[company.city][is_null]=true", 1)] {
        let list = seller.get(&format!("/v1/deals?filter[next_step]={mark}&{filter}")).await.expect(200);
        assert_eq!(list.ids().len(), found, "{filter}");
    }
    let groups = json!({"filter": {"field": "next_step", "value": mark}, "group_by": ["company.city"], "measures": [{"fn": "count", "as": "n"}]});
    let groups = seller.post("/v1/deals/aggregate", groups).await.expect(200);
    assert_eq!(groups.rows(), [json!({"company.city": null, "n": 1})]);
    let hidden = seller.patch(&format!("/v1/deals/{mine}"), json!({"company_id": company})).await;
    assert_eq!(hidden.status, 200, "what is there already is no new reference: {hidden}");
    let fresh = json!({"name": "x", "company_id": company});
    let refused = seller.post("/v1/deals", fresh).await.refused(400_001);
    let absent =
        seller.post("/v1/deals", json!({"name": "x", "company_id": "104512398120374272"})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["message"], absent.faults()[0]["message"]);
}

async fn lines_follow_their_document(api: Api) {
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let (mine, theirs) = (deal(&api, &me, json!({})).await, deal(&api, &other, json!({})).await);
    let mut lines = Vec::new();
    for deal in [&mine, &theirs] {
        let line = json!({"deal_id": deal, "description": "a line", "quantity": "1", "unit_price": "5"});
        lines.push(api.post("/v1/deal_lines", line).await.expect(201).id());
    }
    let name = role(&api, &[("deal", "*", "own", json!(null)), ("deal_line", "*", "own", json!(null))]).await;
    let seller = acting(&api, &me, &name);
    assert_eq!(seller.get("/v1/deal_lines?limit=500").await.expect(200).ids(), [lines[0].clone()]);
    let _ = seller.get(&format!("/v1/deal_lines/{}", lines[1])).await.refused(404_001);
    let _ = seller.patch(&format!("/v1/deal_lines/{}", lines[0]), json!({"quantity": "2"})).await.expect(200);
    let _ = seller.delete(&format!("/v1/deal_lines/{}", lines[1])).await.refused(404_001);
}

async fn taken_values_do_not_say_by_whom(api: Api) {
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let key = word("taken");
    let theirs = deal(&api, &other, json!({"external_id": key})).await;
    let name = role(&api, &[("deal", "*", "own", json!(null))]).await;
    let seller = acting(&api, &me, &name);
    let refused = seller.post("/v1/deals", json!({"name": "x", "external_id": key})).await.refused(409_001);
    assert!(!refused.text().contains(&theirs), "{refused}");
    let refused = seller.put(&format!("/v1/deals/by/external_id/{key}"), json!({"name": "x"})).await.refused(409_001);
    assert!(!refused.text().contains(&theirs), "{refused}");
    let batch = json!({"operations": [{"op": "create", "data": {"name": "y", "external_id": key}}, {"op": "create", "data": {"name": "z"}}]});
    let results = seller.post("/v1/deals/batch", batch).await.expect(207);
    assert!(!results.text().contains(&theirs), "{results}");
    let refused = api.post("/v1/deals", json!({"name": "x", "external_id": key})).await.refused(409_001);
    assert!(refused.text().contains(&theirs), "who sees all is helped");
}

async fn files_are_of_those_who_asked(api: Api) {
    let mark = word("mark");
    let (me, other) = (user(&api, None).await, user(&api, None).await);
    let _ = deal(&api, &me, json!({"next_step": mark})).await;
    let _ = deal(&api, &other, json!({"next_step": mark})).await;
    let name = role(&api, &[("deal", "*", "own", json!(null))]).await;
    let seller = acting(&api, &me, &name);
    let export = json!({"object": "deal", "format": "ndjson", "filter": {"field": "next_step", "value": mark}});
    let count = async |api: &Api, job: &str| {
        for _ in 0..1_200 {
            let state = api.get(&format!("/v1/jobs/{job}")).await.expect(200).data()["state"].clone();
            if state == "succeeded" {
                break;
            }
            assert_ne!(state, "failed");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        api.get(&format!("/v1/jobs/{job}/result")).await.expect(200).text().lines().count()
    };
    let own = seller.post("/v1/exports", export.clone()).await.expect(202).id();
    assert_eq!(count(&seller, &own).await, 1);
    let all = api.post("/v1/exports", export).await.expect(202).id();
    assert_eq!(count(&api, &all).await, 2);
    let _ = seller.get(&format!("/v1/jobs/{all}")).await.refused(404_001);
    let _ = seller.get(&format!("/v1/jobs/{all}/result")).await.refused(404_001);
    assert!(!seller.get("/v1/jobs").await.expect(200).ids().contains(&all));
}
