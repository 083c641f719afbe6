//! Public forms: what people and programs send, and what becomes of it.

use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, encode, serial, unique};
use serde_json::{Value, json};

both!(a_form_asks_for_what_there_is);
both_alone!(
    a_form_is_closed_until_it_is_opened,
    a_visitor_becomes_a_lead,
    programs_are_told_what_people_are_told,
    hostile_input_is_refused_or_kept_as_text,
    a_form_is_filled_in_at_a_pace
);

/// What most forms here ask for.
pub fn inputs() -> Value {
    json!([
        {"field": "first_name"},
        {"field": "last_name", "required": true},
        {"field": "email", "label": "E-mail", "required": true, "help": "We answer <there>."},
        {"field": "company_name"},
        {"field": "country"},
        {"field": "interest", "label": "What may we help with?"},
    ])
}

/// Lets forms be.
pub fn open(server: &Server) {
    let output = server.place().output(&["settings", "set", "public_forms", "on", "--space", "live"]);
    assert!(output.status.success(), "{output:?}");
}

/// A form that is open; its path under the server.
pub async fn form(api: &Api, more: Value) -> String {
    let mut body = json!({"name": unique("Contact us"), "inputs": inputs(), "active": true});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let id = api.create("/v1/forms", body).await;
    let embed = api.get(&format!("/v1/forms/{id}/embed")).await.expect(200);
    path(embed.data()["link"].as_str().unwrap())
}

/// The path of an address.
pub fn path(url: &str) -> String {
    url[url.find("/public/").unwrap()..].to_owned()
}

/// A visitor: no credential, and a browser.
async fn browse(api: &Api, path: &str, fields: &[(&str, &str)]) -> Reply {
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let request = api.anonymous().request("POST", path).header("accept", "text/html");
    request.body("application/x-www-form-urlencoded", body.join("&")).send().await
}

async fn leads(api: &Api) -> Vec<Value> {
    api.get("/v1/leads?sort=created_at&limit=100").await.expect(200).rows().to_vec()
}

async fn a_form_asks_for_what_there_is(api: Api) {
    let name = unique("Form");
    let bad = [
        json!({"field": "email"}),
        json!([]),
        json!([{"field": "emial"}]),
        json!([{"field": "email", "labl": "x"}]),
        json!([{"field": "email"}, {"field": "email"}]),
        json!([{"field": "company_name"}]),
        json!([{"field": "email"}, {"field": "status"}]),
        json!([{"field": "email"}, {"field": "score"}]),
        json!([{"field": "email"}, {"field": "owner_id"}]),
        json!([{"field": "email", "required": "yes"}]),
        json!(["email"]),
    ];
    for inputs in bad {
        let reply = api.post("/v1/forms", json!({"name": name, "inputs": inputs})).await;
        assert_eq!(reply.status, 400, "{inputs}: {reply}");
        assert!(reply.faults()[0]["field"].as_str().unwrap().starts_with("inputs"), "{inputs}: {reply}");
    }
    let refused = api.post("/v1/forms", json!({"name": name, "inputs": [{"field": "emial"}]})).await.refused(400_001);
    assert!(refused.detail().contains("did you mean \"email\""), "{refused}");
    let _ = api.post("/v1/forms", json!({"name": name, "active": true})).await.refused(400_001);
    let _ = api.post("/v1/forms", json!({"name": name, "consent_required": true})).await.refused(400_001);
    let wild = json!({"name": name, "redirect_url": "javascript:alert(1)"});
    assert_eq!(api.post("/v1/forms", wild).await.status, 400);
    let id = api.create("/v1/forms", json!({"name": name, "inputs": inputs()})).await;
    let _ = api.get(&format!("/v1/forms/{id}/embed")).await.expect(200);
}

async fn a_form_is_closed_until_it_is_opened(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let id = api.create("/v1/forms", json!({"name": "F", "inputs": inputs(), "active": true})).await;
    let embed = api.get(&format!("/v1/forms/{id}/embed")).await.expect(200).data().clone();
    assert_eq!(embed["open"], false);
    let path = path(embed["link"].as_str().unwrap());
    let visitor = api.anonymous();
    let _ = visitor.get(&path).await.refused(404_001);
    let _ = visitor.post(&path, json!({"last_name": "Roe", "email": "a@b.example"})).await.refused(404_001);
    open(&server);
    let shown = visitor.get(&path).await.expect(200);
    assert_eq!(
        shown.data()["inputs"][2],
        json!({"field": "email", "label": "E-mail", "type": "email", "required": true, "help": "We answer <there>."})
    );
    let _ = api.patch(&format!("/v1/forms/{id}"), json!({"active": false})).await.expect(200);
    let _ = visitor.get(&path).await.refused(404_001);
    // A link is a link of its page alone, to the letter.
    let token = path.rsplit('/').next().unwrap();
    let _ = visitor.get(&format!("/public/unsubscribe/{token}")).await.refused(404_001);
    let _ = visitor.get(&format!("/public/forms/{}", token.replace(&token[..2], "AA"))).await.refused(404_001);
    let _ = visitor.get(&format!("/public/nothing/{token}")).await.refused(404_001);
    assert!(leads(&api).await.is_empty());
}

async fn a_visitor_becomes_a_lead(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    open(&server);
    let api = server.api();
    let owner = api.create("/v1/users", json!({"name": "Fay Former", "email": "fay@house.example"})).await;
    let campaign = api.create("/v1/campaigns", json!({"name": "Spring", "channel": "web"})).await;
    let form = form(
        &api,
        json!({"campaign_id": campaign, "owner_id": owner, "headline": "Talk <to> us", "button": "Go",
        "consent_text": "Write to me.\nOften.", "redirect_url": "https://www.house.example/thanks?a=1"}),
    )
    .await;
    let page = api
        .anonymous()
        .request("GET", &format!("{form}?utm_source=news&utm_campaign=%3Cb%3E"))
        .header("accept", "text/html");
    let page = page.send().await.expect(200);
    let html = page.text();
    assert!(html.contains("Talk &lt;to&gt; us") && html.contains("We answer &lt;there&gt;."), "{html}");
    assert!(html.contains("name=\"utm_campaign\" value=\"&lt;b&gt;\"") && !html.contains("<script"), "{html}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://www.house.example;"), "{policy}");
    let visitor = [
        ("first_name", "Maria"),
        ("last_name", "Anders"),
        ("email", "Maria@Futterkiste.example"),
        ("country", "de"),
        ("company_name", ""),
        ("interest", "line one\r\nline two"),
        ("consent", "yes"),
        ("utm_source", "news"),
        ("_website", ""),
        ("_wpnonce", "x"),
    ];
    let sent = browse(&api, &form, &visitor).await.expect(303);
    assert_eq!(sent.header("location"), "https://www.house.example/thanks?a=1");
    let all = leads(&api).await;
    let lead = &all[0];
    assert_eq!(all.len(), 1);
    assert_eq!(
        (&lead["name"], &lead["source"], &lead["country"]),
        (&json!("Maria Anders"), &json!("web"), &json!("DE"))
    );
    assert_eq!((&lead["owner_id"], &lead["campaign_id"]), (&json!(owner), &json!(campaign)));
    assert_eq!((&lead["utm_source"], &lead["company_name"]), (&json!("news"), &Value::Null));
    let lead_id = lead["id"].as_str().unwrap();
    let consents = api.get(&format!("/v1/consents?filter[lead_id]={lead_id}")).await.expect(200).rows().to_vec();
    assert_eq!((consents.len(), &consents[0]["purpose"]), (1, &json!("marketing")));
    assert!(consents[0]["source"].as_str().unwrap().contains("Write to me."), "{consents:?}");
    let members =
        api.get(&format!("/v1/campaign_members?filter[campaign_id]={campaign}")).await.expect(200).rows().to_vec();
    assert_eq!(
        (members.len(), &members[0]["lead_id"], &members[0]["status"]),
        (1, &json!(lead_id), &json!("responded"))
    );
    // The button pressed twice is one lead; the same person with another wish is another.
    let _ = browse(&api, &form, &visitor).await.expect(303);
    assert_eq!(leads(&api).await.len(), 1);
    let json = json!({"last_name": "Anders", "email": "maria@futterkiste.example", "interest": "chairs"});
    let reply = api.anonymous().post(&form, json).await.expect(200);
    assert_eq!(reply.data(), &json!({"received": true, "redirect_url": "https://www.house.example/thanks?a=1"}));
    assert_eq!(leads(&api).await.len(), 2);
    // What the lead agreed to is agreed to by the contact.
    let made = api.post(&format!("/v1/leads/{lead_id}/convert"), json!({})).await.expect(200);
    let contact = made.data()["contact"]["id"].clone();
    let consent = api.get(&format!("/v1/consents/{}", consents[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(consent.data()["contact_id"], contact);
    let member = api.get(&format!("/v1/campaign_members/{}", members[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&member.data()["status"], &member.data()["contact_id"]), (&json!("converted"), &contact));
}

async fn programs_are_told_what_people_are_told(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    open(&server);
    let api = server.api();
    let form = form(&api, json!({"consent_text": "I agree.", "consent_required": true})).await;
    let visitor = api.anonymous();
    let good = json!({"last_name": "Roe", "email": "a@b.example", "consent": true});
    let with = |more: Value| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let time = visitor.get(&form).await.expect(200).data()["send_along"]["_time"].as_str().unwrap().to_owned();
    // A program fills in every field; one that is quick; one that makes up a time; one with another form's time.
    let bots = [
        with(json!({"_website": "https://spam.example"})),
        with(json!({"_time": time})),
        with(json!({"_time": "forged"})),
        with(json!({"_time": form.rsplit('/').next().unwrap()})),
    ];
    let person = visitor.post(&form, with(json!({"email": "person@b.example"}))).await.expect(200);
    for bot in bots {
        let reply = visitor.post(&form, bot.clone()).await.expect(200);
        assert_eq!(reply.data(), person.data(), "{bot}");
    }
    assert_eq!(leads(&api).await.len(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let _ = visitor.post(&form, with(json!({"_time": time}))).await.expect(200);
    assert_eq!(leads(&api).await.len(), 2, "who takes two seconds is a person");
    let refused = visitor.post(&form, json!({"last_name": "Roe", "email": "c@b.example"})).await.refused(400_001);
    assert_eq!(refused.faults()[0]["field"], "consent");
    // A page elsewhere says no time; a form may ask for it.
    let strict = super::forms::form(&api, json!({"time_required": true})).await;
    let refused = visitor.post(&strict, json!({"last_name": "Roe", "email": "d@b.example"})).await.refused(422_000);
    assert!(refused.detail().starts_with("form_time"), "{refused}");
}

async fn hostile_input_is_refused_or_kept_as_text(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    open(&server);
    let api = server.api();
    let form = form(&api, json!({})).await;
    let visitor = api.anonymous();
    let good = || json!({"last_name": "Roe", "email": format!("{}@b.example", serial())});
    let with = |name: &str, value: Value| {
        let mut body = good();
        body[name] = value;
        body
    };
    for (bad, status) in [
        (with("email", json!("a@b.example\r\nBcc: everybody@b.example")), 400),
        (with("email", json!("a@b.example, c@d.example")), 400),
        (with("email", json!("not an address")), 400),
        (with("email", json!({"$ne": ""})), 400),
        (with("email", json!(["a@b.example"])), 400),
        (with("country", json!("Atlantis")), 400),
        (with("last_name", json!("x".repeat(300))), 400),
        (with("interest", json!("x".repeat(100_000))), 413),
        (with("status", json!("converted")), 400),
        (with("owner_id", json!("104512398120374272")), 400),
        (with("__proto__", json!({"a": 1})), 200),
        (json!({"first_name": "Ann"}), 400),
        (json!([]), 400),
    ] {
        let reply = visitor.post(&form, bad.clone()).await;
        assert_eq!(reply.status, status, "{}: {reply}", bad.to_string().chars().take(200).collect::<String>());
    }
    let unknown = visitor.post(&form, with("emial", json!("x"))).await.refused(400_002);
    assert!(unknown.detail().contains("did you mean \"email\""), "{unknown}");
    let huge = format!("last_name=Roe&email=a%40b.example&interest={}", "x".repeat(1_000_000));
    let post =
        |body: String| api.anonymous().request("POST", &form).body("application/x-www-form-urlencoded", body).send();
    assert_eq!(post(huge).await.status, 413);
    let many: String = (0..300).map(|i| format!("f{i}=x&")).collect();
    assert_eq!(post(many).await.status, 413);
    let odd = api.anonymous().request("POST", &form).body("text/xml", "<a/>").send().await;
    assert_eq!(odd.status, 415);
    // A person with a browser reads what is wrong.
    let page = browse(&api, &form, &[("last_name", "Roe"), ("email", "<b>")]).await;
    assert_eq!((page.status, page.header("content-type")), (400, "text/html; charset=utf-8"));
    assert!(page.text().contains("<li>email:") && !page.text().contains("<b>"), "{}", page.text());
    // What is text stays text: nothing in it means anything.
    for text in ["$lead.id", "$$x", "{{ 7 * 7 }}", "=1+1", "<script>alert(1)</script>", "'; DROP TABLE r_leads; --"] {
        let _ = visitor
            .post(&form, json!({"last_name": text, "email": good()["email"], "interest": text}))
            .await
            .expect(200);
        let all = leads(&api).await;
        let last = all.last().unwrap();
        assert_eq!((&last["last_name"], &last["interest"]), (&json!(text), &json!(text)));
    }
}

async fn a_form_is_filled_in_at_a_pace(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    open(&server);
    let api = server.api();
    let form = form(&api, json!({})).await;
    let visitor = api.anonymous();
    let mut statuses = Vec::new();
    for n in 0..14 {
        let reply = visitor.post(&form, json!({"last_name": "Roe", "email": format!("a{n}@b.example")})).await;
        if reply.status == 429 {
            let wait: u32 = reply.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{reply}");
        }
        statuses.push(reply.status);
    }
    assert!(statuses.starts_with(&[200; 10]) && statuses.contains(&429), "{statuses:?}");
    // Reading it is no filling in.
    let _ = visitor.get(&form).await.expect(200);
}
