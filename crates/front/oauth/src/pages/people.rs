//! Signing in and out.

use axum::body::Body;
use axum::http::Response;

use super::{alert, escape, hidden, page};

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
    fn status(&self) -> u16 {
        if self.error.is_some() { 400 } else { 200 }
    }
}

pub fn sign_in(fields: Fields<'_>, email: &str) -> Response<Body> {
    let body = format!(
        "{}<form method=\"post\" action=\"/sign-in\">\n{}<label for=\"email\">E-mail</label>\n\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required value=\"{}\"{}>\n\
         <label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required{}>\n\
         <div class=\"row\"><button type=\"submit\">Sign in</button></div>\n</form>",
        alert(fields.error),
        hidden(fields.hidden),
        escape(email),
        if email.is_empty() { " autofocus" } else { "" },
        if email.is_empty() { "" } else { " autofocus" },
    );
    page(fields.status(), "Sign in", &body, fields.leads_to)
}

pub fn second_factor(fields: Fields<'_>, methods: &[String]) -> Response<Body> {
    let body = format!(
        "{}<form method=\"post\" action=\"/sign-in/second-factor\">\n{}<p class=\"soft\" id=\"how\">{}</p>\n\
         <label for=\"code\">Code</label>\n\
         <input id=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" required autofocus aria-describedby=\"how\">\n\
         <div class=\"row\"><button type=\"submit\">Go on</button></div>\n</form>",
        alert(fields.error),
        hidden(fields.hidden),
        if methods.iter().any(|m| m.starts_with("recovery")) {
            "From your authenticator app, or one of your recovery codes."
        } else {
            "From your authenticator app."
        },
    );
    page(fields.status(), "One more step", &body, fields.leads_to)
}

/// With `email` the first owner's page, which asks for an address.
pub fn redeem(fields: Fields<'_>, email: Option<&str>) -> Response<Body> {
    let address = email.map(|email| {
        format!(
            "<label for=\"email\">E-mail</label>\n\
             <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required value=\"{}\">\n",
            escape(email)
        )
    });
    let body = format!(
        "{}<form method=\"post\" action=\"/sign-in/redeem\">\n{}{}<label for=\"password\">New password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" required autofocus>\n\
         <div class=\"row\"><button type=\"submit\">Set the password</button></div>\n</form>",
        alert(fields.error),
        hidden(fields.hidden),
        address.unwrap_or_default(),
    );
    page(fields.status(), "Choose a password", &body, fields.leads_to)
}

pub fn signed_in(name: &str, fields: Fields<'_>) -> Response<Body> {
    let body = format!(
        "<p>You are signed in as {}.</p>\n<form method=\"post\" action=\"/oauth/end_session\">\n{}\
         <div class=\"row\"><button type=\"submit\" class=\"other\">Sign out</button></div>\n</form>",
        escape(name),
        hidden(fields.hidden),
    );
    page(200, "Signed in", &body, fields.leads_to)
}

pub fn signed_out() -> Response<Body> {
    page(200, "Signed out", "<p>You are signed out. <a href=\"/sign-in\">Sign in again</a></p>", "")
}
