//! Signing in and out.

use axum::body::Body;
use axum::http::Response;

use super::providers::offered;
use super::{Choice, alert, escape, hidden, page, scripted};

/// What every form carries.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// Hidden fields: the form's token, and where to go on.
    pub hidden: &'a [(&'a str, &'a str)],
    pub error: Option<&'a str>,
    /// Where a form may lead besides here.
    pub leads_to: &'a str,
}

impl Fields<'_> {
    pub(super) fn status(&self) -> u16 {
        if self.error.is_some() { 400 } else { 200 }
    }
}

/// What the script of passkeys needs: the form it sends, and a button that it shows; `site` is the domain that they are
/// made for.
fn passkey(site: Option<&str>, words: &str) -> (String, String) {
    let Some(site) = site else { return (String::new(), String::new()) };
    let form = format!(
        " data-passkey=\"get\" data-begin=\"/sign-in/passkey/begin\" data-finish=\"/sign-in/passkey\" data-site=\"{}\"",
        escape(site)
    );
    let button = format!(
        "<button type=\"button\" class=\"other\" data-passkey-button hidden>{words}</button>\n\
         <input type=\"hidden\" name=\"credential\" value=\"\">\n"
    );
    (form, button)
}

/// Where the script says what went wrong.
const SAID: &str = "<p class=\"error\" role=\"alert\" data-passkey-error hidden></p>\n";

/// With `choices` a person may come in without a password here, with `site` by passkey.
pub fn sign_in(fields: Fields<'_>, email: &str, choices: &[Choice], site: Option<&str>) -> Response<Body> {
    let (needs, without) = if choices.is_empty() {
        (" required", "")
    } else {
        let without =
            "<p class=\"soft\" id=\"without\">Your company has a sign-in of its own? Leave the password empty.</p>\n";
        (" aria-describedby=\"without\"", without)
    };
    let (about, button) = passkey(site, "Use a passkey");
    let said = if site.is_some() { SAID } else { "" };
    let body = format!(
        "{}{said}<form method=\"post\" action=\"/sign-in\"{about}>\n{}<label for=\"email\">E-mail</label>\n\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username webauthn\" required value=\"{}\"{}>\n\
         <label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\"{needs}{}>\n{without}\
         <div class=\"row\"><button type=\"submit\">Sign in</button>\n{button}</div>\n</form>{}",
        alert(fields.error),
        hidden(fields.hidden),
        escape(email),
        if email.is_empty() { " autofocus" } else { "" },
        if email.is_empty() { "" } else { " autofocus" },
        offered(choices),
    );
    let draw = if site.is_some() { scripted } else { page };
    draw(fields.status(), "Sign in", &body, fields.leads_to)
}

/// With `site`, and when it is among the methods, also by passkey.
pub fn second_factor(fields: Fields<'_>, methods: &[String], site: Option<&str>) -> Response<Body> {
    let has = |name: &str| methods.iter().any(|method| method == name);
    let site = site.filter(|_| has("passkey"));
    let (about, button) = passkey(site, "Use a passkey");
    let said = if site.is_some() { SAID } else { "" };
    // Without a word of how, it is a code.
    let how = match (has("totp"), has("recovery_code")) {
        (true, true) => "From your authenticator app, or one of your recovery codes.",
        (false, true) => "One of your recovery codes.",
        (true, false) => "From your authenticator app.",
        (false, false) if site.is_some() => "",
        (false, false) => "From your authenticator app, or one of your recovery codes.",
    };
    let code = if how.is_empty() {
        "<p class=\"soft\">Use your passkey to go on.</p>\n<noscript><p>Passkeys need script, which is off here.</p></noscript>\n"
            .to_owned()
    } else {
        let keys =
            if has("totp") { " inputmode=\"numeric\" autocomplete=\"one-time-code\"" } else { " autocomplete=\"off\"" };
        let keys = if has("totp") && has("recovery_code") { " autocomplete=\"one-time-code\"" } else { keys };
        format!(
            "<p class=\"soft\" id=\"how\">{how}</p>\n<label for=\"code\">Code</label>\n\
             <input id=\"code\" name=\"code\"{keys} required autofocus aria-describedby=\"how\">\n"
        )
    };
    let go_on = if how.is_empty() { "" } else { "<button type=\"submit\">Go on</button>\n" };
    let body = format!(
        "{}{said}<form method=\"post\" action=\"/sign-in/second-factor\"{about}>\n{}{code}<div class=\"row\">{go_on}{button}</div>\n</form>",
        alert(fields.error),
        hidden(fields.hidden),
    );
    let draw = if site.is_some() { scripted } else { page };
    draw(fields.status(), "One more step", &body, fields.leads_to)
}

/// With `email` the first owner's page, which asks for an address.
pub fn redeem(fields: Fields<'_>, email: Option<&str>) -> Response<Body> {
    let address = email.map(|email| {
        format!(
            "<label for=\"email\">E-mail</label>\n\
             <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus value=\"{}\">\n",
            escape(email)
        )
    });
    let focus = if address.is_some() { "" } else { " autofocus" };
    let body = format!(
        "{}<form method=\"post\" action=\"/sign-in/redeem\">\n{}{}<label for=\"password\">New password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" required{focus}>\n\
         <div class=\"row\"><button type=\"submit\">Set the password</button></div>\n</form>",
        alert(fields.error),
        hidden(fields.hidden),
        address.unwrap_or_default(),
    );
    page(fields.status(), "Choose a password", &body, fields.leads_to)
}

pub fn signed_in(name: &str, fields: Fields<'_>) -> Response<Body> {
    let body = format!(
        "<p>You are signed in as {}.</p>\n<p><a href=\"/app\">Open Kontor</a></p>\n<p><a href=\"/sign-in/passkeys\">Your passkeys</a></p>\n<form method=\"post\" action=\"/oauth/end_session\">\n{}\
         <div class=\"row\"><button type=\"submit\" class=\"other\">Sign out</button></div>\n</form>",
        escape(name),
        hidden(fields.hidden),
    );
    page(200, "Signed in", &body, fields.leads_to)
}

pub fn signed_out() -> Response<Body> {
    page(200, "Signed out", "<p>You are signed out. <a href=\"/sign-in\">Sign in again</a></p>", "")
}
