//! Leaving with one click (RFC 8058), and coming back.

use kontor_testkit::{Api, Backend, both_alone};
use serde_json::{Value, json};

use super::{becomes, contact, link, mailing, mails, members, template, willing};

both_alone!(one_click_is_enough, who_left_stays_away);

/// Sends a campaign to some contacts; its id when it is over.
async fn send(api: &Api, contacts: &[&str]) -> String {
    let template = template(api).await;
    let body = json!({"name": "Spring", "channel": "email", "template_id": template, "consent_required": false});
    let id = api.create("/v1/campaigns", body).await;
    let _ = api.post(&format!("/v1/campaigns/{id}/enrol"), json!({"contact_ids": contacts})).await.expect(200);
    let _ = api.post(&format!("/v1/campaigns/{id}/launch"), json!({})).await.expect(200);
    let _ = becomes(api, &format!("/v1/campaigns/{id}"), "status", "completed").await;
    id
}

async fn one_click_is_enough(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let ann = willing(&api, "ann@people.example").await;
    let id = send(&api, &[&ann]).await;
    let (_, mail) = mails(&inbox, 1).await.remove(0);
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    assert!(mail.replace("\n ", "").contains("List-Unsubscribe: <http"), "{mail}");
    let path = link(&mail, "unsubscribe");
    let visitor = api.anonymous();
    let page = visitor.request("GET", &path).header("accept", "text/html").send().await.expect(200);
    assert!(
        page.text().contains("<button>Unsubscribe</button>") && !page.text().contains("people.example"),
        "{}",
        page.text()
    );
    let shown = visitor.get(&path).await.expect(200);
    assert_eq!(shown.data(), &json!({"unsubscribed": false}), "to look changes nothing");
    let read = |path: String| {
        let api = api.clone();
        async move { api.get(&path).await.expect(200).data().clone() }
    };
    assert_eq!(read(format!("/v1/contacts/{ann}")).await["do_not_email"], false);
    // As RFC 8058, 3.2 has it.
    let click = || {
        visitor.request("POST", &path).body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click").send()
    };
    assert_eq!(click().await.expect(200).data(), &json!({"unsubscribed": true}));
    assert_eq!(click().await.expect(200).data(), &json!({"unsubscribed": true}), "once more is the same");
    assert_eq!(read(format!("/v1/contacts/{ann}")).await["do_not_email"], true);
    assert_eq!(members(&api, &id).await[0]["status"], "unsubscribed");
    let consents = api.get(&format!("/v1/consents?filter[contact_id]={ann}")).await.expect(200).rows().to_vec();
    assert!(consents.iter().all(|one| one["withdrawn_at"].is_string()), "{consents:?}");
    let suppressions = api.get("/v1/suppressions").await.expect(200).rows().to_vec();
    assert_eq!((suppressions.len(), &suppressions[0]["reason"]), (1, &json!("unsubscribed")));
    assert!(!suppressions[0].to_string().contains("ann@"), "{suppressions:?}");
    // Links that are not ours, or of another page.
    for forged in [format!("{path}A"), path.replace("/unsubscribe/", "/leave/"), "/public/unsubscribe/AAAA".to_owned()]
    {
        let _ = visitor.post(&forged, json!({})).await.refused(404_001);
    }
    let id = path.rsplit('/').next().unwrap();
    let flipped: String =
        id.chars().enumerate().map(|(i, c)| if i == 40 { if c == 'A' { 'B' } else { 'A' } } else { c }).collect();
    let _ = visitor.post(&format!("/public/unsubscribe/{flipped}"), json!({})).await.refused(404_001);
    // And back.
    let back = visitor.request("POST", &path).body("application/x-www-form-urlencoded", "subscribe=1").send().await;
    assert_eq!(back.expect(200).data(), &json!({"unsubscribed": false}));
    assert_eq!(read(format!("/v1/contacts/{ann}")).await["do_not_email"], false);
    let _ = send(&api, &[&ann]).await;
    let _ = mails(&inbox, 2).await;
}

async fn who_left_stays_away(backend: Backend) {
    let (server, inbox) = mailing(backend).await;
    let api = server.api();
    let ann = willing(&api, "ann@people.example").await;
    let _ = send(&api, &[&ann]).await;
    let path = link(&mails(&inbox, 1).await[0].1, "unsubscribe");
    let _ = api.delete(&format!("/v1/contacts/{ann}")).await.expect(200);
    // The link works when the person's record is gone.
    let _ = api.anonymous().post(&path, json!({})).await.expect(200);
    // Imported anew, with a consent and all: the address has left.
    let again = willing(&api, "Ann@People.example").await;
    let id = send(&api, &[&again]).await;
    let member: Value = members(&api, &id).await.remove(0);
    assert_eq!((&member["status"], &member["reason"]), (&json!("skipped"), &json!("unsubscribed")), "{member}");
    // Who has the address now is another person, for whom the old link does nothing but that.
    let other = contact(&api, json!({"email": "other@people.example"})).await;
    let _ = send(&api, &[&other]).await;
    let path = link(&mails(&inbox, 2).await[1].1, "unsubscribe");
    let _ = api.patch(&format!("/v1/contacts/{other}"), json!({"email": "new@people.example"})).await.expect(200);
    let _ = api.anonymous().post(&path, json!({})).await.expect(200);
    assert_eq!(api.get(&format!("/v1/contacts/{other}")).await.expect(200).data()["do_not_email"], false);
    let _ = send(&api, &[&other]).await;
    assert_eq!(mails(&inbox, 3).await[2].0, "new@people.example");
}
