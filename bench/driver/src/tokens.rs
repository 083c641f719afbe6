//! What the authorization server gives in a second: tokens to programs, renewed tokens, sign-ins with a password.

use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::Client;
use crate::load::{self, Caller, Plan};
use crate::options::Options;
use crate::process::Process;
use crate::wire;

const PASSWORD: &str = "Trompete-Regen-Ziegel-42";
const REDIRECT: &str = "https://client.example/callback";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FORM: &str = "application/x-www-form-urlencoded";
/// Sign-ins keep both cores for tens of milliseconds each.
const SIGN_INS: usize = 8;

/// One kind of token.
pub struct Given {
    pub name: &'static str,
    /// In a second, beside the load generator.
    pub per_second: f64,
    /// For a second of one core's time of the process.
    pub per_core: f64,
    /// Least per core that the project has promised itself.
    pub aim: f64,
    pub p99_us: u64,
    pub refused: usize,
}

/// Measures a running product. `headers` are those of an administrator's key.
///
/// # Errors
/// The product refuses to be set up.
pub fn measure(options: &Options, process: &Process, headers: &str) -> Result<Vec<Given>> {
    let mut admin = Client::connect(&process.address, headers)?;
    let secret = program(&mut admin)?;
    let app = Application::made(&mut admin)?;
    // One account is one attempt at a time: each connection has its own.
    let cookies = (0..SIGN_INS).map(|n| signed_in(&mut admin, process, &email(n))).collect::<Result<Vec<_>>>()?;
    let cookie = cookies.first().map_or("", String::as_str);
    let families = (0..options.connections)
        .map(|_| app.agreed(process, cookie))
        .collect::<Result<Vec<_>>>()
        .context("refresh tokens to begin with")?;

    let programs = |_: usize| -> Box<dyn Caller> {
        Box::new(Same(form_request("/oauth/token", &secret, "grant_type=client_credentials&scope=crm:read")))
    };
    let renewals = |n: usize| -> Box<dyn Caller> {
        Box::new(Renewal { basic: app.basic.clone(), token: families.get(n).cloned().unwrap_or_default() })
    };
    let sign_ins = |n: usize| -> Box<dyn Caller> {
        let body = json!({"email": email(n), "password": PASSWORD}).to_string();
        let mut bytes = Vec::new();
        wire::request(&mut bytes, "POST", "/v1/auth/sign_in", "", body.as_bytes());
        Box::new(Same(bytes))
    };
    let usual = options.connections;
    Ok(vec![
        given(options, process, ("client credentials", 1_200.0, usual), &programs)?,
        given(options, process, ("refresh", 1_200.0, usual), &renewals)?,
        given(options, process, ("sign-in, argon2id 19 MiB", 30.0, usual.min(SIGN_INS)), &sign_ins)?,
    ])
}

fn given(
    options: &Options,
    process: &Process,
    (name, aim, connections): (&'static str, f64, usize),
    caller: &dyn Fn(usize) -> Box<dyn Caller>,
) -> Result<Given> {
    let plan = Plan {
        connections,
        warm_up: Duration::from_secs(options.warm_up),
        length: Duration::from_secs(options.seconds),
    };
    let before = process.cpu_seconds();
    let report = load::run(&process.address, plan, caller)?;
    let spent = process.cpu_seconds() - before;
    // The processor's time is that of the warm-up too.
    let all = report.per_second * (plan.warm_up + plan.length).as_secs_f64();
    let per_core = if spent > 0.0 { all / spent } else { 0.0 };
    eprintln!("  {name:<26} {:>9.0}/s  {per_core:>9.0} per core  p99 {:>7} µs", report.per_second, report.p99_us);
    if let Some(refusal) = &report.refusal {
        eprintln!("    first refusal: {refusal}");
    }
    Ok(Given { name, per_second: report.per_second, per_core, aim, p99_us: report.p99_us, refused: report.refused })
}

/// The same request again and again.
struct Same(Vec<u8>);

impl Caller for Same {
    fn next(&mut self, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.0);
    }
}

/// One family of refresh tokens: each answer has the next one.
struct Renewal {
    basic: String,
    token: String,
}

impl Caller for Renewal {
    fn next(&mut self, out: &mut Vec<u8>) {
        *out = form_request(
            "/oauth/token",
            &self.basic,
            &format!("grant_type=refresh_token&refresh_token={}", self.token),
        );
    }

    fn heard(&mut self, status: u16, body: &[u8]) {
        if status == 200
            && let Ok(answer) = serde_json::from_slice::<Value>(body)
            && let Ok(token) = text(&answer, "/refresh_token")
        {
            token.clone_into(&mut self.token);
        }
    }
}

fn form_request(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let mut out = Vec::new();
    wire::request_of(&mut out, ("POST", path), headers, (FORM, body.as_bytes()));
    out
}

/// The text at a pointer (RFC 6901) into an answer.
fn text<'a>(answer: &'a Value, pointer: &str) -> Result<&'a str> {
    answer.pointer(pointer).and_then(Value::as_str).with_context(|| format!("an answer without {pointer}: {answer}"))
}

fn basic(made: &Value) -> Result<String> {
    let pair = format!("{}:{}", text(made, "/data/client_id")?, text(made, "/data/client_secret")?);
    Ok(format!(
        "authorization: Basic {}
",
        STANDARD.encode(pair)
    ))
}

/// An access token of a program that may read.
///
/// # Errors
/// The product refuses to give one.
pub fn of_program(process: &Process, headers: &str) -> Result<String> {
    let basic = program(&mut Client::connect(&process.address, headers)?)?;
    let request = form_request("/oauth/token", &basic, "grant_type=client_credentials&scope=crm:read");
    let answer = Client::connect(&process.address, "")?.exchange(&request)?;
    let given: Value = serde_json::from_slice(&answer.body).with_context(|| answer.text())?;
    Ok(text(&given, "/access_token")?.to_owned())
}

/// A client that acts for itself; its credential.
fn program(admin: &mut Client) -> Result<String> {
    let body = json!({"client_name": "bench", "grant_types": ["client_credentials"], "scope": "crm:read", "role": "read-only"});
    let made = admin.json("POST", "/v1/oauth_clients", body.to_string().as_bytes())?;
    basic(&made)
}

fn email(n: usize) -> String {
    format!("bench{n}@example.com")
}

/// A person with a password; the session's cookie.
fn signed_in(admin: &mut Client, process: &Process, email: &str) -> Result<String> {
    let user = admin.json("POST", "/v1/users", json!({"name": "Ada Bench", "email": email}).to_string().as_bytes())?;
    let id = text(&user, "/data/id")?;
    let invited = admin.json("POST", &format!("/v1/users/{id}/invite"), br#"{"role":"sales"}"#)?;
    let body = json!({"token": text(&invited, "/data/token")?, "password": PASSWORD}).to_string();
    let mut bytes = Vec::new();
    wire::request(&mut bytes, "POST", "/v1/auth/redeem", "", body.as_bytes());
    let answer = Client::connect(&process.address, "")?.exchange(&bytes)?;
    Ok(answer.cookies())
}

/// An application that people sign in to.
struct Application {
    id: String,
    basic: String,
}

impl Application {
    fn made(admin: &mut Client) -> Result<Self> {
        let body = json!({"client_name": "bench app", "redirect_uris": [REDIRECT], "scope": "openid crm:read",
            "grant_types": ["authorization_code", "refresh_token"]});
        let made = admin.json("POST", "/v1/oauth_clients", body.to_string().as_bytes())?;
        let id = text(&made, "/data/client_id")?.to_owned();
        Ok(Self { id, basic: basic(&made)? })
    }

    /// A person agrees; the first refresh token of a family.
    fn agreed(&self, process: &Process, cookie: &str) -> Result<String> {
        let mut client = Client::connect(&process.address, "")?;
        let ask = format!(
            "/oauth/authorize?response_type=code&client_id={}&redirect_uri={}&scope=openid%20crm:read&state=s&code_challenge={CHALLENGE}&code_challenge_method=S256",
            self.id,
            encoded(REDIRECT)
        );
        let mut bytes = Vec::new();
        wire::request(&mut bytes, "GET", &ask, &format!("cookie: {cookie}\r\n"), b"");
        let mut answer = client.exchange(&bytes)?;
        if answer.status == 200 {
            let mut fields = hidden(&answer.text());
            fields.push(("decision".to_owned(), "allow".to_owned()));
            let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let own = format!("cookie: {cookie}; {}\r\norigin: http://{}\r\n", answer.cookies(), process.address);
            answer = client.exchange(&form_request("/oauth/authorize", &own, &body.join("&")))?;
        }
        let location = answer.header("location").with_context(|| format!("no code: {}", answer.text()))?;
        let code = location.split(['?', '&']).find_map(|part| part.strip_prefix("code=")).context("no code")?;
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={}&code_verifier={VERIFIER}",
            encoded(REDIRECT)
        );
        let answer = client.exchange(&form_request("/oauth/token", &self.basic, &body))?;
        let tokens: Value = serde_json::from_slice(&answer.body)?;
        text(&tokens, "/refresh_token").map(str::to_owned)
    }
}

/// Everything but letters and digits as `%XX`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// The hidden fields of a page's form. Their values are tokens and need no unescaping but `&amp;`.
fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    let one = |input: &str| {
        let (name, rest) = input.split_once('"')?;
        let value = rest.split_once("value=\"")?.1.split_once('"')?.0;
        Some((name.to_owned(), value.replace("&amp;", "&")))
    };
    inputs.filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn hidden_fields_are_found() {
        let page = r#"<form><input type="hidden" name="a" value="1&amp;2"><input name="b"><input type="hidden" name="c" value="3"></form>"#;
        assert_eq!(super::hidden(page), [("a".into(), "1&2".into()), ("c".into(), "3".into())]);
    }

    #[test]
    fn an_address_is_encoded() {
        assert_eq!(super::encoded("https://a.b/c?d e"), "https%3A%2F%2Fa.b%2Fc%3Fd%20e");
    }
}
