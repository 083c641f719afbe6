//! A request with holes for names of a space: `{{deal}}` is the id of its deal.

use kontor_testkit::{Api, Part, Reply, Request, serial};
use serde_json::Value;

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body {
    None,
    Json(String),
    /// `application/x-www-form-urlencoded`, as it stands.
    Form(String),
    /// Options and file of an import.
    Import(String, String),
}

/// Who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The administrator's key.
    Key,
    /// A person, by the cookie of a session.
    Person,
    /// Nobody, or what the headers say.
    Nobody,
}

/// A request that has been thought of and not been filled in.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The route's method and path.
    pub route: (&'static str, &'static str),
    pub who: Who,
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

impl Probe {
    pub fn new(route: (&'static str, &'static str), path: impl Into<String>) -> Self {
        let method = route.0.to_owned();
        Self { route, who: Who::Key, method, path: path.into(), headers: Vec::new(), body: Body::None }
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.body = Body::Json(body.to_string());
        self
    }

    pub fn form(mut self, body: &str) -> Self {
        self.body = Body::Form(body.to_owned());
        self
    }

    pub fn by(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same in version 2.
    pub fn newer(&self) -> Self {
        Self { path: self.path.replacen("/v1/", "/v2/", 1), ..self.clone() }
    }

    /// Everything that is sent, with its holes.
    pub fn text(&self) -> String {
        let headers: Vec<String> = self.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = match &self.body {
            Body::None => String::new(),
            Body::Json(text) | Body::Form(text) => text.clone(),
            Body::Import(options, file) => format!("{options} {file}"),
        };
        format!("{} {} [{}] {body}", self.method, self.path, headers.join(", "))
    }

    /// Sends it with the holes filled by `fill`, as somebody of the caller's space.
    pub async fn send(&self, caller: &Caller, fill: impl Fn(&str) -> String) -> Reply {
        let fresh = serial();
        let fill = |text: &str| fill(&text.replace("{{fresh}}", &fresh));
        let api = if self.who == Who::Key { caller.api.clone() } else { caller.api.anonymous() };
        let mut request: Request = api.request(&self.method, &sendable(&fill(&self.path)));
        if self.who == Who::Person {
            let own = format!("http://{}", api.address());
            request = request.header("cookie", &caller.cookie).header("origin", &own);
        }
        for (name, value) in &self.headers {
            request = request.header(name, &fill(value));
        }
        let request = match &self.body {
            Body::None => request,
            Body::Json(text) => request.body("application/json", fill(text)),
            Body::Form(text) => request.body("application/x-www-form-urlencoded", fill(text)),
            Body::Import(options, file) => {
                let options: Value = serde_json::from_str(&fill(options)).unwrap();
                request.form(&[Part::json("options", &options), Part::file("file", "rows.csv", fill(file))])
            }
        };
        request.send().await
    }
}

/// Somebody of the space that asks.
#[derive(Debug, Clone)]
pub struct Caller {
    pub api: Api,
    pub cookie: String,
}

/// An address with what may not stand in one percent-encoded (RFC 3986, 2.1).
fn sendable(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
