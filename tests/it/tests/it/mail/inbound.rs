//! Mail that comes in: tickets, answers, e-mails of contacts and deals, mail that came back, and what is no mail.

use kontor_testkit::{Api, Backend, Reply, both, both_alone, serial, unique};
use serde_json::{Value, json};

use super::start;

both!(
    mail_to_a_queue_is_a_ticket_once,
    an_answer_goes_to_its_ticket,
    what_nobody_wrote_opens_nothing,
    mail_is_filed_to_contact_and_deal,
    only_who_may_hands_mail_over,
    what_is_no_mail_is_refused
);
both_alone!(mail_that_came_back_is_told);

/// Hands a message over.
pub async fn hand_over(api: &Api, message: &str) -> Reply {
    let raw = message.replace("\r\n", "\n").replace('\n', "\r\n");
    api.request("POST", "/v1/inbound_emails").body("message/rfc822", raw.into_bytes()).send().await
}

/// An address that nobody else has.
pub fn address(name: &str) -> String {
    format!("{name}-{}@mail.example", serial().to_lowercase())
}

/// A queue with an address.
pub async fn queue(api: &Api, fields: Value) -> (String, String) {
    let address = address("support");
    let mut body = json!({"name": format!("Help {address}"), "email": address});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    (api.create("/v1/queues", body).await, address)
}

fn message(from: &str, to: &str, id: &str, more: &str, text: &str) -> String {
    format!(
        "From: Maria Roe <{from}>\nTo: {to}\nMessage-ID: <{id}>\n{more}Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

/// The `Message-ID` of a mail, with its brackets.
pub fn message_id(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned()
}

/// What a mail server says of a mail that did not get to somebody (RFC 3464).
pub fn came_back(receiver: &str, message_id: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: crm@example.com\nSubject: Undelivered\nMessage-ID: <{}@mx>\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\nContent-Type: text/plain\n\nSorry.\n\
         --r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {receiver}\n\
         Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; 550 no such user\n--r\nContent-Type: text/rfc822-headers\n\n\
         Message-ID: {message_id}\n--r--\n",
        serial()
    )
}

async fn record(api: &Api, entry: &Reply) -> Value {
    let object = entry.data()["record_object"].as_str().unwrap_or_else(|| panic!("{entry}"));
    let path = format!("/v1/{object}s/{}", entry.data()["record_id"].as_str().unwrap());
    api.get(&path).await.expect(200).data().clone()
}

async fn mail_to_a_queue_is_a_ticket_once(api: Api) {
    let (queue, to) = queue(&api, json!({})).await;
    let (from, id) = (address("maria"), format!("{}@mail.example", serial()));
    let raw = message(
        &from,
        &format!("Help <{}>", to.replace('@', "+q7@")),
        &id,
        "Subject: $Printer is broken\n",
        "It smokes.\n[x]",
    );
    let entry = hand_over(&api, &raw).await.expect(201);
    assert_eq!((&entry.data()["outcome"], &entry.data()["from"]), (&json!("ticket"), &json!(from)), "{entry}");
    let ticket = record(&api, &entry).await;
    for (field, value) in [
        ("subject", json!("$Printer is broken")),
        ("description", json!("It smokes.\n[x]")),
        ("channel", json!("email")),
        ("queue_id", json!(queue)),
        ("status", json!("open")),
        ("message_id", json!(id)),
    ] {
        assert_eq!(ticket[field], value, "{field}");
    }
    let contact = api.get(&format!("/v1/contacts/{}", ticket["contact_id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&contact.data()["name"], &contact.data()["email"]), (&json!("Maria Roe"), &json!(from)));
    // The same again is known.
    let again = hand_over(&api, &raw).await.expect(200);
    assert_eq!(again.data()["record_id"], entry.data()["record_id"]);
    let both = api.get(&format!("/v1/tickets?filter[message_id]={id}")).await.expect(200);
    assert_eq!(both.rows().len(), 1);
    // Another of the same asker finds the contact.
    let second = message(&from, &to, &format!("{}@mail.example", serial()), "Subject: $Again\n", "$5 are missing");
    let second = record(&api, &hand_over(&api, &second).await.expect(201)).await;
    assert_eq!(second["contact_id"], ticket["contact_id"]);
    assert_eq!((second["subject"].as_str(), second["description"].as_str()), (Some("$Again"), Some("$5 are missing")));
    let shown = api.get(&format!("/v1/inbound_emails/{}", entry.data()["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(shown.data(), entry.data());
    assert_eq!(entry.header("location"), format!("/v1/inbound_emails/{}", entry.data()["id"].as_str().unwrap()));
}

async fn an_answer_goes_to_its_ticket(api: Api) {
    let (_, to) = queue(&api, json!({})).await;
    let (from, id) = (address("maria"), format!("{}@mail.example", serial()));
    let first = hand_over(&api, &message(&from, &to, &id, "Subject: Printer\n", "It smokes.")).await.expect(201);
    let ticket = record(&api, &first).await;
    let at = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let reply = api.post(&format!("{at}/reply"), json!({"body": "Pull the plug.", "pending": true})).await.expect(201);
    assert_eq!(reply.data()["mail_status"], "queued", "{reply}");
    let letter = api.get("/v1/outbox?limit=500").await.expect(200);
    let letter = letter.rows().iter().find(|letter| letter["to"] == json!(from)).unwrap().clone();
    let letter = api.get(&format!("/v1/outbox/{}", letter["id"].as_str().unwrap())).await.expect(200).data().clone();
    assert_eq!((&letter["purpose"], &letter["reply_to"]), (&json!("ticket_reply"), &json!(to)));
    assert_eq!(letter["subject"], json!(format!("Re: Printer [{}]", ticket["number"].as_str().unwrap())));
    let text = letter["text"].as_str().unwrap();
    assert!(text.starts_with("Pull the plug.") && text.contains("> It smokes."), "{text}");
    let header = |name: &str| {
        let all = letter["headers"].as_array().unwrap();
        all.iter().find(|h| h["name"] == name).map(|h| h["value"].as_str().unwrap().to_owned()).unwrap()
    };
    assert_eq!(header("In-Reply-To"), format!("<{id}>"));
    let references = header("References");
    // By the name of the conversation, from another address: a colleague of the asker.
    let root = references.split(' ').next().unwrap();
    let colleague = address("colleague");
    let more = format!("Subject: AW: Printer\nReferences: {root}\n");
    let answer = format!("{}\nOn 1 Nov 2026, Help wrote:\n> Pull the plug.\n", "Done; what now?");
    let answered = message(&colleague, &to, &format!("{}@mail.example", serial()), &more, &answer);
    let entry = hand_over(&api, &answered).await.expect(201);
    assert_eq!(entry.data()["outcome"], "reply", "{entry}");
    let comment = record(&api, &entry).await;
    assert_eq!((&comment["ticket_id"], &comment["body"]), (&ticket["id"], &json!("Done; what now?")));
    assert_ne!(comment["contact_id"], ticket["contact_id"]);
    assert_eq!(api.get(&at).await.expect(200).data()["status"], "open", "it waited for the asker");
    // Solved, and taken up again by their own mail's name; a forged name leads nowhere.
    let _ = api.post(&format!("{at}/resolve"), json!({"resolution": "A new one."})).await.expect(200);
    let more = format!("Subject: Re: Printer\nIn-Reply-To: <{id}>\n");
    let entry = hand_over(&api, &message(&from, &to, &format!("{}@x", serial()), &more, "No!")).await.expect(201);
    assert_eq!(entry.data()["outcome"], "reply", "{entry}");
    assert_eq!(api.get(&at).await.expect(200).data()["status"], "open");
    let forged = format!("{}A@localhost", root.trim_matches(['<', '>']).split('@').next().unwrap());
    let stranger = address("eve");
    for reference in [forged, id.clone(), format!("{}.abc@localhost", letter["id"].as_str().unwrap())] {
        let more = format!("Subject: [{}] Let me in\nReferences: <{reference}>\n", ticket["number"].as_str().unwrap());
        let raw = message(&stranger, "nobody@mail.example", &format!("{}@x", serial()), &more, "Hi");
        let entry = hand_over(&api, &raw).await.expect(201);
        assert_eq!(entry.data()["outcome"], "email", "{reference}: {entry}");
    }
    // The asker is known by the number in the subject as well.
    let more = format!("Subject: Re: Printer [{}]\n", ticket["number"].as_str().unwrap());
    let entry = hand_over(&api, &message(&from, &to, &format!("{}@x", serial()), &more, "Still?")).await.expect(201);
    assert_eq!(record(&api, &entry).await["ticket_id"], ticket["id"]);
    // Nothing is said in a closed one: a new ticket begins in its queue.
    let _ = api.post(&format!("{at}/close"), json!({})).await.expect(200);
    let more = format!("Subject: Re: Printer\nReferences: {references}\n");
    let entry = hand_over(&api, &message(&from, "else@mail.example", &format!("{}@x", serial()), &more, "Again")).await;
    let entry = entry.expect(201);
    let new = record(&api, &entry).await;
    assert_eq!((entry.data()["outcome"].as_str(), &new["queue_id"]), (Some("ticket"), &ticket["queue_id"]));
}

async fn what_nobody_wrote_opens_nothing(api: Api) {
    let (_, to) = queue(&api, json!({})).await;
    let (from, id) = (address("maria"), format!("{}@mail.example", serial()));
    let first = hand_over(&api, &message(&from, &to, &id, "Subject: Printer\n", "It smokes.")).await.expect(201);
    let ticket = record(&api, &first).await;
    let at = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let _ = api.post(&format!("{at}/resolve"), json!({"resolution": "A new one."})).await.expect(200);
    let more = format!("Subject: Out of office\nAuto-Submitted: auto-replied\nIn-Reply-To: <{id}>\n");
    let note = hand_over(&api, &message(&from, &to, &format!("{}@x", serial()), &more, "Back on Monday.")).await;
    let comment = record(&api, &note.expect(201)).await;
    assert_eq!((&comment["public"], &comment["contact_id"]), (&json!(false), &json!(null)));
    assert_eq!(api.get(&at).await.expect(200).data()["status"], "solved");
    let more = "Subject: Out of office\nAuto-Submitted: auto-replied\n";
    let entry = hand_over(&api, &message(&from, &to, &format!("{}@x", serial()), more, "Back on Monday.")).await;
    let entry = entry.expect(201);
    assert_eq!((&entry.data()["outcome"], &entry.data()["record_id"]), (&json!("ignored"), &json!(null)));
    let more = "Subject: News\nPrecedence: bulk\nList-Id: <n.example>\n";
    let other = message(&from, "me@mail.example", &format!("{}@x", serial()), more, "Buy!");
    assert_eq!(hand_over(&api, &other).await.expect(201).data()["outcome"], "ignored");
}

async fn mail_is_filed_to_contact_and_deal(api: Api) {
    let (from, user) = (address("maria"), address("ada"));
    let person = json!({"first_name": "Maria", "last_name": unique("Roe"), "email": from});
    let contact = api.create("/v1/contacts", person).await;
    let owner = api.create("/v1/users", json!({"name": "Ada", "email": user})).await;
    let raw = |id: &str, subject: &str, from: &str, to: &str, more: &str| {
        message(
            from,
            to,
            id,
            &format!("Subject: {subject}\nDate: Fri, 20 Nov 2026 10:00:00 +0100\n{more}"),
            "Hello Ada",
        )
    };
    let (first, second, third) = (format!("{}@x", serial()), format!("{}@x", serial()), format!("{}@x", serial()));
    let entry = hand_over(&api, &raw(&first, "Offer", &from, &user, "")).await.expect(201);
    let email = record(&api, &entry).await;
    for (field, value) in [
        ("related_to_object", json!("contact")),
        ("related_to_id", json!(contact)),
        ("direction", json!("inbound")),
        ("status", json!("done")),
        ("body", json!("Hello Ada")),
        ("due_at", json!("2026-11-20T09:00:00.000Z")),
        ("owner_id", json!(owner)),
    ] {
        assert_eq!(email[field], value, "{field}");
    }
    // An open deal is what it is about; an answer stays where the first was.
    let deal = api.create("/v1/deals", json!({"name": "Printers", "contact_id": contact})).await;
    let entry = hand_over(&api, &raw(&second, "Order", &from, &user, "")).await.expect(201);
    assert_eq!(record(&api, &entry).await["related_to_id"], json!(deal));
    let more = format!("In-Reply-To: <{first}>\n");
    let entry = hand_over(&api, &raw(&third, "Re: Offer", &from, &user, &more)).await.expect(201);
    assert_eq!(record(&api, &entry).await["related_to_id"], json!(contact));
    // Copied here by who works with it: it went out.
    let entry = hand_over(&api, &raw(&format!("{}@x", serial()), "Offer", &user, &from, "")).await.expect(201);
    let email = record(&api, &entry).await;
    assert_eq!((&email["direction"], &email["related_to_id"]), (&json!("outbound"), &json!(deal)));
    // A lead, and nobody at all.
    let lead_address = address("lead");
    let lead = api.create("/v1/leads", json!({"last_name": unique("Lee"), "email": lead_address})).await;
    let entry = hand_over(&api, &raw(&format!("{}@x", serial()), "Hi", &lead_address, &user, "")).await.expect(201);
    assert_eq!(record(&api, &entry).await["related_to_id"], json!(lead));
    let entry = hand_over(&api, &raw(&format!("{}@x", serial()), "Hi", &address("no"), &user, "")).await.expect(201);
    assert!(entry.data()["reason"].is_string() && record(&api, &entry).await["related_to_id"].is_null(), "{entry}");
    // With files, of which the names are kept.
    let mixed = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee there\n--b\n\
        Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERg==\n--b--\n";
    let raw = format!("From: {from}\nTo: {user}\nSubject: x\nMessage-ID: <{}@x>\n{mixed}", serial());
    let entry = hand_over(&api, &raw).await.expect(201);
    assert_eq!(entry.data()["attachments"], json!([{"name": "a.pdf", "media_type": "application/pdf", "bytes": 4}]));
    assert_eq!(record(&api, &entry).await["body"], "See there\n[a.pdf, 4 bytes]");
}

async fn only_who_may_hands_mail_over(api: Api) {
    let raw = || message(&address("a"), "b@mail.example", &format!("{}@x", serial()), "Subject: x\n", "y");
    let gate = api.as_role("integration", &["--scopes", "inbound_emails:write"]);
    let _ = hand_over(&gate, &raw()).await.expect(201);
    let _ = gate.get("/v1/inbound_emails").await.refused(403_001);
    let _ = gate.get("/v1/contacts").await.refused(403_001);
    for (role, scope) in [("member", "crm:write"), ("read-only", "inbound_emails:write")] {
        let reply = hand_over(&api.as_role(role, &["--scopes", scope]), &raw()).await;
        assert_eq!(reply.status, 403, "{role} {scope}: {reply}");
    }
    let _ = hand_over(&api.anonymous(), &raw()).await.expect(401);
    let listed = api.get("/v1/inbound_emails?limit=1").await.expect(200);
    assert_eq!((listed.rows().len(), &listed.page()["has_more"]), (1, &json!(true)));
    let next = listed.page()["next_cursor"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/inbound_emails?limit=1&cursor={next}")).await.expect(200).rows().len(), 1);
    let _ = api.get("/v1/inbound_emails?cursor=x").await.refused(400_005);
    let _ = api.get("/v1/inbound_emails/4242").await.refused(404_001);
}

async fn what_is_no_mail_is_refused(api: Api) {
    let send = |media: &'static str, body: Vec<u8>| api.request("POST", "/v1/inbound_emails").body(media, body).send();
    let _ = send("message/rfc822", b"{\"a\": 1}".to_vec()).await.refused(400_000);
    let _ = send("message/rfc822", Vec::new()).await.refused(400_000);
    let _ = send("application/json", b"From: a@b.example\r\n\r\nx".to_vec()).await.refused(415_000);
    let _ = send("message/rfc822", vec![b'x'; (25 << 20) + 1]).await.refused(413_000);
    // What is strange is filed, and harms nothing.
    for more in [
        "Subject: =?utf-8?b?4pyT?= =?x-unknown?q?=ff?=\n",
        "Subject: a\0b\nContent-Transfer-Encoding: base64\n",
        "Subject: {{ contact.name }} <script>alert(1)</script>\n",
        "Subject: x\nReferences: <<<>>> <a\n b> <\n",
        "Subject: x\nDate: Fri, 99 Foo 2026 99:99:99 +9999\n",
    ] {
        let raw = message(&address("odd"), "b@mail.example", &format!("{}@x", serial()), more, "y");
        let entry = hand_over(&api, &raw).await.expect(201);
        assert_eq!(entry.data()["outcome"], "email", "{more}: {entry}");
    }
    let nobody = format!("Subject: x\nMessage-ID: <{}@x>\n\ny", serial());
    assert_eq!(hand_over(&api, &nobody).await.expect(201).data()["outcome"], "ignored");
}

async fn mail_that_came_back_is_told(backend: Backend) {
    let (server, inbox) = start(backend, &[]).await;
    let api = server.api();
    let (_, to) = queue(&api, json!({"asks_satisfaction": true})).await;
    let from = address("maria");
    let first = hand_over(&api, &message(&from, &to, "one@x", "Subject: Printer\n", "It smokes.")).await.expect(201);
    let ticket = record(&api, &first).await;
    let at = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let reply = api.post(&format!("{at}/reply"), json!({"body": "Pull the plug."})).await.expect(201);
    let comment = format!("/v1/ticket_comments/{}", reply.id());
    until(&api, &comment, |c| c["mail_status"] == "sent").await;
    let sent = inbox.lock().unwrap().iter().find(|(to, _)| *to == from).cloned().unwrap().1;
    assert!(sent.contains(&format!("Reply-To: {to}")) && sent.contains("In-Reply-To: <one@x>"), "{sent}");
    let report = |id: &str, status: &str| came_back(&from, id, status);
    // Of a mail that was never sent nothing follows.
    let entry = hand_over(&api, &report("<4242.abc@example.com>", "5.1.1")).await.expect(201);
    assert_eq!(entry.data()["outcome"], "ignored");
    let entry = hand_over(&api, &report(&message_id(&sent), "5.1.1")).await.expect(201);
    assert_eq!(
        (&entry.data()["outcome"], &entry.data()["record_object"]),
        (&json!("bounce"), &json!("ticket_comment"))
    );
    let shown = until(&api, &comment, |c| c["mail_status"] == "bounced").await;
    assert!(shown["mail_reason"].as_str().unwrap().contains("no such user"), "{shown}");
    let person = format!("/v1/contacts/{}", ticket["contact_id"].as_str().unwrap());
    until(&api, &person, |contact| contact["email_bounced_at"].is_string()).await;
    let listed = api.get("/v1/outbox?state=bounced").await.expect(200);
    assert_eq!(listed.rows()[0]["about_id"], json!(reply.id()));
    // Another address is not known to come back.
    let other = address("maria");
    let changed = api.patch(&person, json!({"email": other})).await.expect(200);
    assert!(changed.data()["email_bounced_at"].is_null(), "{changed}");
    Box::pin(satisfaction(&api, &at, &other, &inbox)).await;
}

/// The link of the letter that asks how it was.
async fn satisfaction(api: &Api, at: &str, asker: &str, inbox: &super::Inbox) {
    let _ = api.post(&format!("{at}/resolve"), json!({"resolution": "A new one."})).await.expect(200);
    let mut found = None;
    for _ in 0..600 {
        found = inbox.lock().unwrap().iter().find(|(to, text)| to == asker && text.contains("satisfied")).cloned();
        if found.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let text = found.expect("a letter").1.replace("=\n", "").replace("=3D", "=");
    let begin = text.find("/public/satisfaction/").expect("a link");
    let link = text[begin..].split_whitespace().next().unwrap().to_owned();
    let guest = api.anonymous();
    let page = guest.request("GET", &link).header("accept", "text/html").send().await.expect(200);
    assert!(page.text().contains("name=\"rating\"") && page.text().contains("Printer"), "{}", page.text());
    let _ = guest.post(&link, json!({"rating": 6})).await.refused(400_001);
    let _ = guest.post(&link, json!({})).await.refused(400_001);
    let form = "rating=4&comment=Quick+%26+kind";
    let thanks =
        guest.request("POST", &link).header("accept", "text/html").body("application/x-www-form-urlencoded", form);
    assert!(thanks.send().await.expect(200).text().contains("Thank you"));
    let ticket = api.get(at).await.expect(200);
    assert_eq!((&ticket.data()["csat"], &ticket.data()["csat_comment"]), (&json!(4), &json!("Quick & kind")));
    let _ = guest.get(&format!("{}x", &link[..link.len() - 2])).await.refused(404_001);
    // One that is open again is not rated.
    let _ = api.post(&format!("{at}/reopen"), json!({})).await.expect(200);
    let _ = guest.get(&link).await.refused(404_001);
}

async fn until(api: &Api, path: &str, so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        let record = api.get(path).await.expect(200).data().clone();
        if so(&record) {
            return record;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} does not come to it: {}", api.get(path).await);
}
