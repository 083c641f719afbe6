//! What an application asks for.

use axum::body::Body;
use axum::http::Response;

use super::{Fields, alert, escape, hidden, page};
use crate::clients::{Client, Source};
use crate::scope::{self, Scope};

const BUTTONS: &str = "<div class=\"row\"><button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n\
    <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"other\">Do not allow</button></div>\n";

/// Consent: who asks, for what, in whose name, and where the answer goes.
pub fn consent(
    client: &Client,
    wanted: &Scope,
    person: &str,
    target: &str,
    action: &str,
    fields: Fields<'_>,
) -> Response<Body> {
    let scopes: String = wanted.names().map(|name| format!("<li>{}</li>\n", escape(&scope::words(name)))).collect();
    // The name is the application's own word: what can be trusted is where its answer goes.
    let vouched = match client.source {
        Source::Managed => "<p class=\"soft\">Set up by your administrator.</p>\n".to_owned(),
        Source::Dynamic => {
            "<p class=\"soft\">This application registered itself; nobody has checked its name.</p>\n".to_owned()
        }
        Source::BuiltIn => "<p class=\"soft\">Part of this installation.</p>\n".to_owned(),
        Source::Document => format!(
            "<p class=\"soft\">It calls itself by {}; nobody has checked its name.</p>\n",
            escape(&client.client_id)
        ),
    };
    let goes_to = if target.is_empty() {
        String::new()
    } else {
        format!("<p class=\"soft\">The answer goes to <strong>{}</strong>.</p>\n", escape(target))
    };
    let name = escape(&client.name);
    let body = format!(
        "<p><strong>{name}</strong> asks to:</p>\n<ul>\n{scopes}</ul>\n{vouched}<p class=\"soft\">You are signed in as {}.</p>\n{goes_to}\
         <form method=\"post\" action=\"{action}\">\n{}{BUTTONS}</form>",
        escape(person),
        hidden(fields.hidden),
    );
    page(200, "Allow access?", &body, fields.leads_to)
}

/// Where a person types the code that a device shows (RFC 8628, 3.3).
pub fn device_code(fields: Fields<'_>, code: &str) -> Response<Body> {
    let body = format!(
        "{}<p>Type the code that your device shows. Go on only when you have just started this yourself.</p>\n\
         <form method=\"post\" action=\"/oauth/device\">\n{}<label for=\"user_code\">Code</label>\n\
         <input id=\"user_code\" name=\"user_code\" class=\"code\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" required autofocus value=\"{}\">\n\
         <div class=\"row\"><button type=\"submit\">Go on</button></div>\n</form>",
        alert(fields.error),
        hidden(fields.hidden),
        escape(code),
    );
    page(if fields.error.is_some() { 400 } else { 200 }, "Connect a device", &body, fields.leads_to)
}

pub fn device_done(allowed: bool) -> Response<Body> {
    let text =
        if allowed { "The device is connected. You can close this page." } else { "The device was not connected." };
    page(200, if allowed { "Connected" } else { "Not connected" }, &format!("<p role=\"status\">{text}</p>"), "")
}

/// Signing out because an application asks for it (OpenID Connect RP-Initiated Logout, 2).
pub fn leaving(fields: Fields<'_>) -> Response<Body> {
    let body = format!(
        "<p>An application asks to sign you out of Kontor.</p>\n<form method=\"post\" action=\"/oauth/end_session\">\n{}\
         <div class=\"row\"><button type=\"submit\">Sign out</button></div>\n</form>",
        hidden(fields.hidden)
    );
    page(200, "Sign out?", &body, fields.leads_to)
}

/// A request that cannot be answered to the application: its address is not known to be its own.
pub fn failed(status: u16, text: &str) -> Response<Body> {
    let body = format!(
        "<p class=\"error\" role=\"alert\">{}</p>\n<p>Go back to the application and try again.</p>",
        escape(text)
    );
    page(status, "This did not work", &body, "")
}
