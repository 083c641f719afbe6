//! Signing in through a company's own provider.

use axum::body::Body;
use axum::http::Response;

use super::{escape, page};

/// Buttons beyond this many are left out: the address leads to the right one.
const MOST: usize = 12;

/// A provider that a person may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub href: String,
}

fn links(choices: &[Choice], class: &str) -> String {
    let one = |choice: &Choice| {
        format!(
            "<li><a class=\"{class}\" href=\"{}\">Sign in with {}</a></li>\n",
            escape(&choice.href),
            escape(&choice.name)
        )
    };
    format!("<ul class=\"choices\">\n{}</ul>", choices.iter().map(one).collect::<String>())
}

/// Below the form for a password.
pub fn offered(choices: &[Choice]) -> String {
    if choices.is_empty() || choices.len() > MOST {
        return String::new();
    }
    format!("\n<h2>Or with your company’s own sign-in</h2>\n{}", links(choices, "button other"))
}

/// Where an address leads that a provider vouches for.
pub fn go_on(email: &str, choices: &[Choice]) -> Response<Body> {
    let body = format!(
        "<p>{} signs in here:</p>\n{}\n<p class=\"soft\"><a href=\"/sign-in\">Another address, or a password</a></p>",
        escape(email),
        links(choices, "button")
    );
    page(200, "Go on", &body, "")
}

/// The provider, or what it said, is not as it should be.
pub fn not_signed_in(name: &str, why: &str, request_id: &str, again: &str) -> Response<Body> {
    let body = format!(
        "<p class=\"error\" role=\"alert\">{} did not sign you in: {}.</p>\n\
         <p>Try again. If it stays so, tell your administrator this number: {}</p>\n\
         <p><a href=\"{}\">Back to the sign-in</a></p>",
        escape(name),
        escape(why),
        escape(request_id),
        escape(again)
    );
    page(400, "This did not work", &body, "")
}

/// The provider knows the person, and the person may not come in.
pub fn not_admitted(why: &str, again: &str) -> Response<Body> {
    let mut sentence: Vec<char> = why.chars().collect();
    if let Some(first) = sentence.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    let body = format!(
        "<p class=\"error\" role=\"alert\">{}.</p>\n<p><a href=\"{}\">Back to the sign-in</a></p>",
        escape(&sentence.into_iter().collect::<String>()),
        escape(again)
    );
    page(403, "You may not come in", &body, "")
}
