//! One's own passkeys.

use axum::body::Body;
use axum::http::Response;
use kontor_identity::accounts::Passkey;
use kontor_identity::webauthn::RelyingParty;
use kontor_model::time::datetime_text;

use super::{Fields, alert, escape, hidden, page, scripted};

/// The script of the pages with passkeys.
pub const SCRIPT: &str = include_str!("passkey.js");

fn day(ms: i64) -> String {
    let text = datetime_text(ms);
    let day = text.split('T').next().unwrap_or_default();
    format!("<time datetime=\"{text}\">{day}</time>")
}

fn one(passkey: &Passkey, fields: Fields<'_>) -> String {
    let used = passkey.last_used_at.map_or_else(|| "not used yet".to_owned(), |at| format!("last used {}", day(at)));
    let place = match (passkey.backup_eligible, passkey.backed_up) {
        (true, true) => "synced between your devices",
        (true, false) => "can be synced between your devices",
        (false, _) => "on one device only",
    };
    let name = escape(&passkey.name);
    let id = passkey.id;
    format!(
        "<li>\n<strong>{name}</strong>\n<p class=\"soft\">Added {}, {used}, {place}.</p>\n\
         <details>\n<summary>Remove<span class=\"unseen\"> {name}</span></summary>\n\
         <form method=\"post\" action=\"/sign-in/passkeys/remove\">\n{}<input type=\"hidden\" name=\"id\" value=\"{id}\">\n\
         <label for=\"password-{id}\">Your password</label>\n\
         <input id=\"password-{id}\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>\n\
         <div class=\"row\"><button type=\"submit\" class=\"other\">Remove it</button></div>\n</form>\n</details>\n</li>\n",
        day(passkey.created_at),
        hidden(fields.hidden),
    )
}

/// The list, with forms to add and to remove.
pub fn passkeys(all: &[Passkey], site: Option<&RelyingParty>, fields: Fields<'_>) -> Response<Body> {
    let list = if all.is_empty() {
        "<p>You have none yet. With a passkey you sign in by fingerprint, face or PIN, and nobody can phish it.</p>\n"
            .to_owned()
    } else {
        format!("<ul class=\"list\">\n{}</ul>\n", all.iter().map(|passkey| one(passkey, fields)).collect::<String>())
    };
    let back = "<p><a href=\"/sign-in\">Back</a></p>";
    let Some(site) = site else {
        let why =
            "<p class=\"soft\">Browsers have no passkeys for this address: it needs https and a domain name.</p>\n";
        let body = format!("{}{list}{why}{back}", alert(fields.error));
        return page(fields.status(), "Your passkeys", &body, fields.leads_to);
    };
    let body = format!(
        "{}{list}<h2>Add a passkey</h2>\n<noscript><p>Adding a passkey needs script, which is off here.</p></noscript>\n\
         <p data-passkey-missing hidden>This browser has no passkeys on this page: open <a href=\"{origin}/sign-in/passkeys\">{origin}</a> in a browser that has.</p>\n\
         <p class=\"error\" role=\"alert\" data-passkey-error hidden></p>\n\
         <form method=\"post\" action=\"/sign-in/passkeys\" data-passkey=\"create\" data-begin=\"/sign-in/passkeys/begin\" \
         data-finish=\"/sign-in/passkeys\" data-site=\"{}\" hidden>\n{}\
         <input type=\"hidden\" name=\"credential\" value=\"\">\n\
         <label for=\"name\">Name</label>\n<input id=\"name\" name=\"name\" maxlength=\"60\" autocomplete=\"off\" required placeholder=\"Office laptop\">\n\
         <label for=\"password\">Your password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>\n\
         <div class=\"row\"><button type=\"submit\">Add a passkey</button></div>\n</form>\n{back}",
        alert(fields.error),
        escape(&site.id),
        hidden(fields.hidden),
        origin = escape(&site.origin),
    );
    scripted(fields.status(), "Your passkeys", &body, fields.leads_to)
}

/// The codes that are handed out with the first second factor.
pub fn recovery_codes(codes: &[String]) -> Response<Body> {
    let codes: String = codes.iter().map(|code| format!("<li><code>{}</code></li>\n", escape(code))).collect();
    let body = format!(
        "<p role=\"status\">The passkey is kept. From now on signing in by password asks for it, too.</p>\n\
         <p>These recovery codes stand in for it when it is lost. Each works once. They are shown only now: keep them in a safe place.</p>\n\
         <ul class=\"codes\">\n{codes}</ul>\n<p><a href=\"/sign-in/passkeys\">I have kept them</a></p>"
    );
    page(200, "Recovery codes", &body, "")
}
