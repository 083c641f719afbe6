//! `/v1/deals`: where a deal stands and what is done to it.

use kontor_model::time::{DAY_MS, parse_datetime};
use kontor_testkit::{Api, both, unique};
use serde_json::json;

use super::{actions, deal, pipeline, read};
use crate::support::NO_ID;

both!(
    a_deal_begins_in_the_first_stage,
    a_stage_of_another_pipeline_is_refused,
    a_move_writes_what_the_stage_says_and_how_long_it_took,
    what_is_set_by_hand_stays,
    a_deal_is_won_once,
    a_lost_deal_is_not_won,
    a_deal_is_lost_for_a_reason,
    a_closed_deal_is_reopened_where_it_was,
    a_change_of_the_stage_is_a_move,
    what_is_left_out_of_a_replacement_moves_nothing,
    dates_that_are_sent_are_kept,
    two_changes_in_one_batch_are_one,
    of_many_wins_at_once_one_is_done,
    an_action_honours_if_match,
);

async fn a_deal_begins_in_the_first_stage(api: Api) {
    let made = api.post("/v1/deals", json!({"name": unique("Deal"), "amount": "1000"})).await.expect(201);
    let data = made.data();
    let stage = read(&api, &format!("/v1/stages/{}", data["stage_id"].as_str().unwrap())).await;
    assert_eq!((&stage["name"], &stage["kind"]), (&json!("Prospecting"), &json!("open")));
    assert_eq!(data["pipeline_id"], stage["pipeline_id"]);
    assert_eq!((&data["probability"], &data["forecast_category"]), (&json!(10), &json!("pipeline")));
    assert_eq!((&data["weighted_amount"], &data["stale_at"]), (&json!("100"), &json!(null)));
    assert_eq!(data["stage_entered_at"], data["created_at"]);
    // In a pipeline that is named, its own first one by position.
    let own = pipeline(&api).await;
    let id = deal(&api, &own, json!({})).await;
    assert_eq!(read(&api, &format!("/v1/deals/{id}")).await["stage_id"], json!(own.new));
    // A stage says which pipeline.
    let made = api.post("/v1/deals", json!({"name": unique("Deal"), "stage_id": own.offer})).await.expect(201);
    assert_eq!(made.data()["pipeline_id"], json!(own.id));
}

async fn a_stage_of_another_pipeline_is_refused(api: Api) {
    let (own, other) = (pipeline(&api).await, pipeline(&api).await);
    let id = deal(&api, &own, json!({})).await;
    let at = format!("/v1/deals/{id}");
    let create = json!({"name": unique("Deal"), "pipeline_id": own.id, "stage_id": other.new});
    for reply in [
        api.post("/v1/deals", create).await,
        api.patch(&at, json!({"stage_id": other.offer})).await,
        api.patch(&at, json!({"pipeline_id": other.id})).await,
        api.post(&format!("{at}/move"), json!({"stage_id": other.offer})).await,
        api.post(&format!("{at}/move"), json!({"stage_id": other.won})).await,
    ] {
        let reply = reply.refused(400_001);
        assert_eq!(reply.faults()[0]["field"], "stage_id", "{reply}");
    }
    let data = read(&api, &at).await;
    assert_eq!((&data["stage_id"], &data["version"]), (&json!(own.new), &json!(1)));
    let _ = api.post(&format!("{at}/move"), json!({"stage_id": NO_ID})).await.refused(404_001);
    let _ = api.post(&format!("{at}/move"), json!({})).await.refused(400_001);
    // Both together lead into the other pipeline.
    let _ = api.patch(&at, json!({"pipeline_id": other.id, "stage_id": other.offer})).await.expect(200);
}

async fn a_move_writes_what_the_stage_says_and_how_long_it_took(api: Api) {
    let own = pipeline(&api).await;
    let id = deal(&api, &own, json!({"amount": "250.50"})).await;
    let at = format!("/v1/deals/{id}");
    let before = read(&api, &at).await;
    let body = json!({"stage_id": own.offer, "reason": "They asked for a price"});
    let moved = api.post(&format!("{at}/move"), body).await.expect(200);
    let data = moved.data();
    assert_eq!((&data["stage_id"], &data["probability"]), (&json!(own.offer), &json!(50)));
    assert_eq!((&data["forecast_category"], &data["weighted_amount"]), (&json!("commit"), &json!("125.25")));
    assert_eq!(data["moved_reason"], "They asked for a price");
    assert!(data["stage_entered_at"].as_str() >= before["stage_entered_at"].as_str());
    let time = |name: &str| parse_datetime(data[name].as_str().unwrap()).unwrap();
    assert_eq!(time("stale_at") - time("updated_at"), 7 * DAY_MS);
    let visits = api.get(&format!("/v1/stage_visits?filter[deal_id]={id}")).await.expect(200);
    let [visit] = visits.rows() else { panic!("{visits}") };
    assert_eq!((&visit["stage_id"], &visit["next_stage_id"]), (&json!(own.new), &json!(own.offer)));
    assert_eq!((&visit["entered_at"], &visit["left_at"]), (&before["stage_entered_at"], &data["stage_entered_at"]));
    assert!(visit["seconds"].as_i64().unwrap() >= 0 && visit["moved_by_id"] == data["updated_by"], "{visit}");
    assert_eq!(visit["reason"], "They asked for a price");
    assert!(actions(&api, &at).await.contains(&"move".to_owned()));
    let same = api.post(&format!("{at}/move"), json!({"stage_id": own.offer})).await.refused(422_000);
    assert!(same.detail().starts_with("same_stage"), "{same}");
}

async fn what_is_set_by_hand_stays(api: Api) {
    let own = pipeline(&api).await;
    let id = deal(&api, &own, json!({"probability": 35, "forecast_category": "best_case", "amount": "10"})).await;
    let at = format!("/v1/deals/{id}");
    let data = api.post(&format!("{at}/move"), json!({"stage_id": own.offer})).await.expect(200).data().clone();
    assert_eq!((&data["probability"], &data["forecast_category"]), (&json!(35), &json!("best_case")));
    assert_eq!(data["weighted_amount"], "3.5");
    let won = api.post(&format!("{at}/win"), json!({})).await.expect(200).data().clone();
    assert_eq!((&won["probability"], &won["forecast_category"]), (&json!(100), &json!("closed")));
    assert_eq!(won["weighted_amount"], "10");
    let open = api.post(&format!("{at}/reopen"), json!({})).await.expect(200).data().clone();
    assert_eq!((&open["probability"], &open["forecast_category"]), (&json!(50), &json!("commit")));
    // With the move itself.
    let both = api.patch(&at, json!({"stage_id": own.new, "probability": 20})).await.expect(200).data().clone();
    assert_eq!((&both["probability"], &both["forecast_category"]), (&json!(20), &json!("pipeline")));
}

async fn a_deal_is_won_once(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({"amount": "5"})).await);
    let won = api.post(&format!("{at}/win"), json!({"close_date": "2026-03-31"})).await.expect(200);
    let data = won.data();
    assert_eq!((&data["stage_id"], &data["close_date"]), (&json!(own.won), &json!("2026-03-31")));
    assert_eq!(data["stale_at"], json!(null));
    for action in ["win", "move"] {
        let body = if action == "move" { json!({"stage_id": own.offer}) } else { json!({}) };
        let refused = api.post(&format!("{at}/{action}"), body).await.refused(422_000);
        assert!(refused.detail().starts_with("deal_closed") && refused.detail().contains("is won"), "{refused}");
    }
    let _ = api.post(&format!("{at}/lose"), json!({"reason": "Price"})).await.refused(422_000);
    assert_eq!(actions(&api, &at).await.iter().filter(|action| *action == "win").count(), 1);
    // Without a date it is today's.
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({})).await);
    let data = api.post(&format!("{at}/win"), json!({})).await.expect(200).data().clone();
    assert_eq!(data["close_date"], json!(&data["updated_at"].as_str().unwrap()[..10]));
}

async fn a_lost_deal_is_not_won(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({})).await);
    let lost = api.post(&format!("{at}/lose"), json!({"reason": "Too dear"})).await.expect(200);
    let data = lost.data().clone();
    assert_eq!((&data["stage_id"], &data["lost_reason"]), (&json!(own.lost), &json!("Too dear")));
    assert_eq!((&data["probability"], &data["forecast_category"]), (&json!(0), &json!("omitted")));
    let refused = api.post(&format!("{at}/win"), json!({})).await.refused(422_000);
    assert!(refused.detail().contains("is lost") && refused.detail().contains("reopen"), "{refused}");
    assert_eq!(read(&api, &at).await, data, "nothing has changed");
}

async fn a_deal_is_lost_for_a_reason(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({})).await);
    for body in [json!({}), json!({"reason": null}), json!({"reason": ""})] {
        let refused = api.post(&format!("{at}/lose"), body).await.refused(400_001);
        assert_eq!(refused.faults()[0]["field"], "reason");
    }
    let refused = api.post(&format!("{at}/move"), json!({"stage_id": own.lost})).await.refused(422_000);
    assert!(refused.detail().starts_with("lost_reason"), "{refused}");
    let refused = api.patch(&at, json!({"stage_id": own.lost})).await.refused(422_000);
    assert!(refused.detail().starts_with("lost_reason"), "{refused}");
    let moved = api.post(&format!("{at}/move"), json!({"stage_id": own.lost, "reason": "No budget"})).await.expect(200);
    assert_eq!((&moved.data()["lost_reason"], &moved.data()["probability"]), (&json!("No budget"), &json!(0)));
    assert!(actions(&api, &at).await.contains(&"lose".to_owned()));
}

async fn a_closed_deal_is_reopened_where_it_was(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({"stage_id": own.offer})).await);
    let refused = api.post(&format!("{at}/reopen"), json!({})).await.refused(422_000);
    assert!(refused.detail().starts_with("deal_open"), "{refused}");
    let _ = api.post(&format!("{at}/lose"), json!({"reason": "Price"})).await.expect(200);
    let open = api.post(&format!("{at}/reopen"), json!({})).await.expect(200).data().clone();
    assert_eq!(
        (&open["stage_id"], &open["close_date"], &open["lost_reason"]),
        (&json!(own.offer), &json!(null), &json!(null))
    );
    let _ = api.post(&format!("{at}/win"), json!({})).await.expect(200);
    let closed = api.post(&format!("{at}/reopen"), json!({"stage_id": own.lost})).await.refused(422_000);
    assert!(closed.detail().starts_with("closed_stage"), "{closed}");
    let open = api.post(&format!("{at}/reopen"), json!({"stage_id": own.new})).await.expect(200);
    assert_eq!(open.data()["stage_id"], json!(own.new));
    let done = actions(&api, &at).await;
    for (action, times) in [("reopen", 2), ("win", 1), ("lose", 1)] {
        assert_eq!(done.iter().filter(|one| *one == action).count(), times, "{action}: {done:?}");
    }
}

async fn a_change_of_the_stage_is_a_move(api: Api) {
    let own = pipeline(&api).await;
    let id = deal(&api, &own, json!({"amount": "80"})).await;
    let at = format!("/v1/deals/{id}");
    let won = api.patch(&at, json!({"stage_id": own.won})).await.expect(200);
    let data = won.data();
    assert_eq!((&data["probability"], &data["weighted_amount"]), (&json!(100), &json!("80")));
    assert_eq!(data["close_date"], json!(&data["updated_at"].as_str().unwrap()[..10]));
    assert_eq!(won.header("etag"), format!("\"{}\"", data["version"]));
    assert_eq!(read(&api, &at).await, *data, "the answer is what is there");
    assert!(actions(&api, &at).await.contains(&"win".to_owned()), "it is told as what it is");
    let refused = api.patch(&at, json!({"stage_id": own.offer})).await.refused(422_000);
    assert!(refused.detail().starts_with("deal_closed"), "{refused}");
    let visits = api.get(&format!("/v1/stage_visits?filter[deal_id]={id}")).await.expect(200);
    assert_eq!(visits.texts("next_stage_id"), [own.won.clone()]);
}

async fn what_is_left_out_of_a_replacement_moves_nothing(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({"stage_id": own.offer})).await);
    let data = api.put(&at, json!({"name": "Renamed"})).await.expect(200).data().clone();
    assert_eq!((&data["stage_id"], &data["pipeline_id"]), (&json!(own.offer), &json!(own.id)));
    assert!(!actions(&api, &at).await.contains(&"move".to_owned()));
    // A deal in the bin comes back as it was.
    let _ = api.delete(&at).await.expect(200);
    let back = api.post(&format!("{at}/restore"), json!({})).await.expect(200).data().clone();
    assert_eq!((&back["stage_id"], &back["stage_entered_at"]), (&data["stage_id"], &data["stage_entered_at"]));
}

async fn dates_that_are_sent_are_kept(api: Api) {
    let own = pipeline(&api).await;
    let id = deal(&api, &own, json!({"stage_id": own.won, "close_date": "2017-03-01", "amount": "1054"})).await;
    let data = read(&api, &format!("/v1/deals/{id}")).await;
    assert_eq!((&data["close_date"], &data["probability"]), (&json!("2017-03-01"), &json!(100)));
    // What comes from elsewhere as lost may have no reason.
    let id = deal(&api, &own, json!({"stage_id": own.lost, "close_date": "2017-03-02"})).await;
    let data = read(&api, &format!("/v1/deals/{id}")).await;
    assert_eq!((&data["close_date"], &data["probability"]), (&json!("2017-03-02"), &json!(0)));
}

async fn two_changes_in_one_batch_are_one(api: Api) {
    let own = pipeline(&api).await;
    let both = async |first: serde_json::Value, second: serde_json::Value| {
        let id = deal(&api, &own, json!({"amount": "10"})).await;
        let change = |data| json!({"op": "update", "id": id, "data": data});
        let body = json!({"atomic": true, "operations": [change(first), change(second)]});
        let _ = api.post("/v1/deals/batch", body).await.expect(200);
        let visits = api.get(&format!("/v1/stage_visits?filter[deal_id]={id}")).await.expect(200);
        (read(&api, &format!("/v1/deals/{id}")).await, visits.texts("next_stage_id"))
    };
    let to = |stage: &str| json!({"stage_id": stage});
    let (data, visits) = both(to(&own.offer), to(&own.won)).await;
    assert_eq!((&data["probability"], visits), (&json!(100), vec![own.won.clone()]));
    let (data, visits) = both(to(&own.offer), json!({"amount": "500"})).await;
    assert_eq!((&data["amount"], &data["weighted_amount"]), (&json!("500"), &json!("250")));
    assert_eq!(visits, [own.offer.clone()]);
    let (data, _) = both(to(&own.offer), json!({"probability": 35})).await;
    assert_eq!((&data["probability"], &data["weighted_amount"]), (&json!(35), &json!("3.5")));
    let (data, _) = both(to(&own.won), json!({"close_date": "2026-02-01"})).await;
    assert_eq!(data["close_date"], "2026-02-01");
    let (data, visits) = both(to(&own.offer), to(&own.new)).await;
    assert_eq!((&data["stage_id"], &data["probability"], visits.len()), (&json!(own.new), &json!(10), 0));
}

async fn of_many_wins_at_once_one_is_done(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({})).await);
    let path = format!("{at}/win");
    let all = futures::future::join_all((0..8).map(|_| api.post(&path, json!({})))).await;
    let done = all.iter().filter(|reply| reply.status == 200).count();
    let refused = all.iter().filter(|reply| reply.error_code() == 422_000).count();
    assert_eq!((done, refused), (1, 7), "{:?}", all.iter().map(|reply| reply.status).collect::<Vec<_>>());
    assert_eq!(actions(&api, &at).await.iter().filter(|action| *action == "win").count(), 1);
}

async fn an_action_honours_if_match(api: Api) {
    let own = pipeline(&api).await;
    let at = format!("/v1/deals/{}", deal(&api, &own, json!({})).await);
    let _ = api.patch(&at, json!({"next_step": "Call"})).await.expect(200);
    let win =
        |version: &str| api.request("POST", &format!("{at}/win")).header("if-match", version).json(&json!({})).send();
    let _ = win("\"1\"").await.refused(412_000);
    assert_eq!(read(&api, &at).await["stage_id"], json!(own.new));
    let _ = win("\"2\"").await.expect(200);
}
