//! Files that came with mail: kept once, read by who may read what they came with, gone with it.

use kontor_testkit::{Api, Backend, Reply, Server, both, both_alone, serial, unique};
use serde_json::{Value, json};

use super::inbound::{address, hand_over, queue};
use crate::support::NO_ID;

both!(
    files_of_a_letter_are_kept_once,
    files_follow_their_ticket,
    hostile_letters_are_bounded,
    who_may_not_see_the_ticket_gets_no_file
);
both_alone!(an_erasure_takes_the_files, a_masked_copy_has_no_bytes);

/// A mail with files: name and content, which are ASCII.
pub fn letter(from: &str, to: &str, id: &str, more: &str, files: &[(&str, &str)]) -> String {
    let parts: String = files
        .iter()
        .map(|(name, content)| {
            format!("--b\nContent-Type: text/html\nContent-Disposition: attachment; filename=\"{name}\"\n\n{content}\n")
        })
        .collect();
    format!(
        "From: Maria Roe <{from}>\nTo: {to}\nMessage-ID: <{id}>\n{more}MIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee there\n{parts}--b--\n"
    )
}

fn id() -> String {
    format!("{}@x", serial())
}

async fn files(api: &Api, object: &str, of: &str, whole: &str) -> Vec<Value> {
    api.get(&format!("/v1/{object}?filter[{of}]={whole}&sort=name")).await.expect(200).rows().to_vec()
}

fn content(object: &str, file: &Value) -> String {
    format!("/v1/{object}/{}/content", file["id"].as_str().unwrap())
}

#[track_caller]
fn is_file(reply: Reply, text: &str) -> Reply {
    let reply = reply.expect(200);
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    assert!(reply.header("content-disposition").starts_with("attachment; "), "{reply}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.text(), text);
    reply
}

async fn files_of_a_letter_are_kept_once(api: Api) {
    let (from, user) = (address("maria"), address("ada"));
    let person = json!({"first_name": "Maria", "last_name": unique("Roe"), "email": from});
    let contact = api.create("/v1/contacts", person).await;
    let raw = letter(&from, &user, &id(), "Subject: x\n", &[("$a.html", "<b>1</b>"), ("../../b.txt", "two")]);
    // Twice at once, and once more.
    let (one, two) = futures::join!(hand_over(&api, &raw), hand_over(&api, &raw));
    let again = hand_over(&api, &raw).await.expect(200);
    let mut codes = [one.status, two.status];
    codes.sort_unstable();
    assert_eq!(codes, [200, 201], "{one} {two}");
    let email = again.data()["record_id"].as_str().unwrap().to_owned();
    let kept = files(&api, "email_files", "email_id", &email).await;
    let names: Vec<&str> = kept.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["$a.html", "b.txt"]);
    let first = &kept[0];
    assert_eq!(
        (&first["media_type"], &first["bytes"], &first["contact_id"]),
        (&json!("text/html"), &json!(8), &json!(contact))
    );
    let read = is_file(api.get(&content("email_files", first)).await, "<b>1</b>");
    assert_eq!(read.header("content-disposition"), "attachment; filename=\"_a.html\"");
    is_file(api.get(&content("email_files", &kept[1])).await, "two");
    // Nobody writes them, and there is nothing else to be read.
    let path = format!("/v1/email_files/{}", first["id"].as_str().unwrap());
    assert!(api.patch(&path, json!({"name": "x"})).await.status >= 400);
    assert!(api.post("/v1/email_files", json!({"email_id": email, "name": "x"})).await.status >= 400);
    let _ = api.get(&format!("{path}/pdf")).await.refused(404_000);
    let _ = api.get(&format!("/v1/email_files/{NO_ID}/content")).await.refused(404_001);
    let _ = api.anonymous().get(&content("email_files", first)).await.refused(401_000);
    let html = api.request("GET", &content("email_files", first)).header("accept", "text/html").send().await;
    let _ = html.refused(406_000);
    // In the bin nobody reads it; out of it, they do; and then it is gone for good.
    let at = format!("/v1/emails/{email}");
    let _ = api.delete(&at).await.expect(200);
    let _ = api.get(&content("email_files", first)).await.refused(404_001);
    let _ = api.post(&format!("{at}/restore"), json!({})).await.expect(200);
    is_file(api.get(&content("email_files", first)).await, "<b>1</b>");
    let _ = api.delete(&at).await.expect(200);
    let _ = api.post(&format!("{at}/purge"), json!({})).await.expect(200);
    let _ = api.get(&path).await.refused(404_001);
    assert!(files(&api, "email_files", "email_id", &email).await.is_empty());
}

async fn files_follow_their_ticket(api: Api) {
    let (_, to) = queue(&api, json!({})).await;
    let from = address("maria");
    let first = id();
    let made = letter(&from, &to, &first, "Subject: $Printer\n", &[("photo.jpg", "smoke")]);
    let made = hand_over(&api, &made).await.expect(201);
    let ticket = made.data()["record_id"].as_str().unwrap().to_owned();
    let more = format!("Subject: Re\nIn-Reply-To: <{first}>\n");
    let said = hand_over(&api, &letter(&from, &to, &id(), &more, &[("log.txt", "$5")])).await.expect(201);
    assert_eq!(said.data()["outcome"], "reply");
    let comment = said.data()["record_id"].as_str().unwrap().to_owned();
    let kept = files(&api, "ticket_files", "ticket_id", &ticket).await;
    let of: Vec<(&Value, &Value)> = kept.iter().map(|file| (&file["name"], &file["ticket_comment_id"])).collect();
    assert_eq!(of, [(&json!("log.txt"), &json!(comment)), (&json!("photo.jpg"), &Value::Null)]);
    assert!(kept.iter().all(|file| file["contact_id"].is_string()), "{kept:?}");
    is_file(api.get(&content("ticket_files", &kept[0])).await, "$5");
    is_file(api.get(&content("ticket_files", &kept[1])).await, "smoke");
    // A merge takes them along.
    let into = api.create("/v1/tickets", json!({"subject": "The same"})).await;
    let _ = api.post(&format!("/v1/tickets/{ticket}/merge"), json!({"into_id": into})).await.expect(200);
    assert_eq!(files(&api, "ticket_files", "ticket_id", &into).await.len(), 2);
    assert!(files(&api, "ticket_files", "ticket_id", &ticket).await.is_empty());
    // With a comment its own go, with the ticket the rest.
    let at = format!("/v1/ticket_comments/{comment}");
    let _ = api.delete(&at).await.expect(200);
    let _ = api.post(&format!("{at}/purge"), json!({})).await.expect(200);
    assert_eq!(files(&api, "ticket_files", "ticket_id", &into).await.len(), 1);
    let at = format!("/v1/tickets/{into}");
    let _ = api.delete(&at).await.expect(200);
    let _ = api.get(&content("ticket_files", &kept[1])).await.refused(404_001);
    let _ = api.post(&format!("{at}/purge"), json!({})).await.expect(200);
    assert!(files(&api, "ticket_files", "ticket_id", &into).await.is_empty());
}

async fn hostile_letters_are_bounded(api: Api) {
    let (_, to) = queue(&api, json!({})).await;
    let head = |from: &str, id: &str| format!("From: {from}\nTo: {to}\nSubject: deep\nMessage-ID: <{id}>\n");
    // Messages in messages, parts in parts, as deep as a few megabytes are: filed, and the server lives.
    for level in [
        "Content-Type: message/rfc822\n\n".to_owned(),
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n".to_owned(),
        "Content-Type: mess(age)age/(x)rfc822\n\n".to_owned(),
        "Content-Type: multipart/digest; boundary=d\n\n--d\n\n".to_owned(),
        "Content-Type: multipart/mixed; boundary=d\n\n--d\n".to_owned(),
    ] {
        let raw = format!("{}{}hello\n", head(&address("deep"), &id()), level.repeat(50_000));
        let entry = hand_over(&api, &raw).await.expect(201);
        assert_eq!(entry.data()["outcome"], "ticket", "{level}");
    }
    // A forwarded message is a file, as it was sent.
    let inner = "From: a@b.example\nSubject: inner\nContent-Type: message/rfc822\n\nSubject: innermost\n\nhi";
    let raw = format!(
        "{}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n",
        head(&address("fw"), &id())
    );
    let entry = hand_over(&api, &raw).await.expect(201);
    assert_eq!(entry.data()["attachments"][0]["media_type"], "message/rfc822", "{entry}");
    let kept = files(&api, "ticket_files", "ticket_id", entry.data()["record_id"].as_str().unwrap()).await;
    assert_eq!((kept.len(), &kept[0]["name"]), (1, &json!("message.eml")));
    is_file(api.get(&content("ticket_files", &kept[0])).await, &inner.replace('\n', "\r\n"));
    // Of many some are kept.
    let many: Vec<(String, &str)> = (0..60).map(|n| (format!("{n}.txt"), "x")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let entry = hand_over(&api, &letter(&address("many"), &to, &id(), "Subject: many\n", &many)).await.expect(201);
    assert_eq!(entry.data()["attachments"].as_array().unwrap().len(), 50);
    let kept = files(&api, "ticket_files", "ticket_id", entry.data()["record_id"].as_str().unwrap()).await;
    assert_eq!(kept.len(), 20);
    // A large one comes back whole, part by part.
    let large = "0123456789abcdef".repeat(200_000);
    let entry = hand_over(&api, &letter(&address("large"), &to, &id(), "Subject: large\n", &[("l.bin", &large)])).await;
    let kept = files(&api, "ticket_files", "ticket_id", entry.expect(201).data()["record_id"].as_str().unwrap()).await;
    assert_eq!(kept[0]["bytes"], json!(3_200_000));
    let read = api.get(&content("ticket_files", &kept[0])).await.expect(200);
    assert!(read.body == large.as_bytes());
}

async fn who_may_not_see_the_ticket_gets_no_file(api: Api) {
    let (_, to) = queue(&api, json!({})).await;
    let raw = letter(&address("maria"), &to, &id(), "Subject: x\n", &[("a.txt", "secret")]);
    let entry = hand_over(&api, &raw).await.expect(201);
    let kept = files(&api, "ticket_files", "ticket_id", entry.data()["record_id"].as_str().unwrap()).await;
    let path = content("ticket_files", &kept[0]);
    let role = unique("narrow");
    let narrow = api.create("/v1/roles", json!({"name": role})).await;
    let may = |object: &str, reach: &str| json!({"role_id": narrow, "target_object": object, "action": "read", "reach": reach});
    let _ = api.post("/v1/permissions", may("ticket_file", "all")).await.expect(201);
    let _ = api.post("/v1/permissions", may("ticket", "own")).await.expect(201);
    let _ = api.as_role(&role, &[]).get(&path).await.refused(404_001);
    is_file(api.as_role("read-only", &[]).get(&path).await, "secret");
    let _ = api.as_role("member", &["--scopes", "deals:read"]).get(&path).await.refused(403_001);
}

async fn an_erasure_takes_the_files(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let canary = format!("zqfile{}", serial().to_lowercase().replace('-', ""));
    let (from, user) = (format!("{canary}@mail.example"), address("ada"));
    // What names them and nobody else; a mere family name in the text of others stays.
    let name = format!("{from}.txt");
    let raw =
        |to: &str| letter(&from, to, &id(), &format!("Subject: x\nCc: {canary}@b.example\n"), &[(&name, &canary)]);
    // A letter of somebody who was nobody's contact yet.
    let early = hand_over(&api, &raw(&user)).await.expect(201).data()["record_id"].as_str().unwrap().to_owned();
    let earliest = files(&api, "email_files", "email_id", &early).await;
    assert!(earliest[0]["contact_id"].is_null(), "{earliest:?}");
    let contact = api.create("/v1/contacts", json!({"last_name": canary, "email": from})).await;
    let deal = api.create("/v1/deals", json!({"name": "Printers", "contact_id": contact})).await;
    let (_, to) = queue(&api, json!({})).await;
    // Filed to the deal, which is no person's, and as a ticket.
    let email = hand_over(&api, &raw(&user)).await.expect(201).data()["record_id"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&format!("/v1/emails/{email}")).await.expect(200).data()["related_to_id"], json!(deal));
    let ticket = hand_over(&api, &raw(&to)).await.expect(201).data()["record_id"].as_str().unwrap().to_owned();
    let mine = files(&api, "email_files", "email_id", &email).await;
    let theirs = files(&api, "ticket_files", "ticket_id", &ticket).await;
    is_file(api.get(&content("email_files", &mine[0])).await, &canary);
    let _ = crate::privacy::ask(&api, "erasure", "contact", &contact).await;
    let letter = api.get(&format!("/v1/emails/{early}")).await.expect(200);
    assert!(letter.data()["body"].is_null(), "{letter}");
    for (object, file) in [("email_files", &earliest[0]), ("email_files", &mine[0]), ("ticket_files", &theirs[0])] {
        let gone = api.get(&content(object, file)).await.refused(422_000);
        assert!(gone.detail().starts_with("file_gone: "), "{gone}");
        let record = api.get(&format!("/v1/{object}/{}", file["id"].as_str().unwrap())).await.expect(200);
        assert!(!record.text().contains(&canary), "{record}");
    }
    crate::privacy::left_behind(&server, backend, &canary);
}

async fn a_masked_copy_has_no_bytes(backend: Backend) {
    let server = Server::builder().backend(backend).start().await;
    let api = server.api();
    let (_, to) = queue(&api, json!({})).await;
    let raw = letter(&address("maria"), &to, &id(), "Subject: x\n", &[("Zwieselbach.txt", "Zwieselbach")]);
    let entry = hand_over(&api, &raw).await.expect(201);
    let ticket = entry.data()["record_id"].as_str().unwrap();
    let copy = crate::sandboxes::copied(&api).await;
    let kept = files(&copy, "ticket_files", "ticket_id", ticket).await;
    assert_eq!((kept.len(), &kept[0]["bytes"]), (1, &json!(11)));
    assert!(!kept[0]["name"].as_str().unwrap().contains("Zwieselbach"), "{kept:?}");
    let gone = copy.get(&content("ticket_files", &kept[0])).await.refused(422_000);
    assert!(gone.detail().starts_with("file_gone: "), "{gone}");
}
