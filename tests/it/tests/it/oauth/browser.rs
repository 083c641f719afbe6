//! A person's browser: it keeps cookies, shows forms and sends them; it follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::Mutex;

use kontor_testkit::{Api, Reply, encode};

use crate::accounts::person::{PASSWORD, Person};

/// A browser with its cookies.
pub struct Browser {
    api: Api,
    jar: BTreeMap<String, String>,
}

/// `name=value&…`, encoded.
pub fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// The parameters of an address.
pub fn parameters(address: &str) -> BTreeMap<String, String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The hidden fields of a page's form.
pub fn hidden(page: &Reply) -> BTreeMap<String, String> {
    let text = page.text();
    let inputs = text.split("<input type=\"hidden\" name=\"").skip(1);
    let plain = |text: &str| {
        text.replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    inputs
        .map(|input| {
            let (name, rest) = input.split_once('"').unwrap();
            let value = rest.split_once("value=\"").unwrap().1.split_once('"').unwrap().0;
            (name.to_owned(), plain(value))
        })
        .collect()
}

/// A person who can sign in, an administrator.
#[derive(Debug, Clone)]
pub struct Human {
    /// The user's id.
    pub id: String,
    pub name: String,
    pub email: String,
    pub password: String,
}

/// The same person for all of a story; another one where the key is of another space.
pub async fn human(api: &Api) -> Human {
    static KNOWN: Mutex<BTreeMap<String, Human>> = Mutex::new(BTreeMap::new());
    let whose = format!("{} {}", api.address(), api.key().unwrap_or_default());
    if let Some(known) = KNOWN.lock().unwrap().get(&whose) {
        return known.clone();
    }
    let human = made(api).await;
    KNOWN.lock().unwrap().entry(whose).or_insert(human).clone()
}

/// A user with a login.
async fn made(api: &Api) -> Human {
    let person = Person::new(api, "admin").await;
    Human { id: person.user, name: "Ada Lovelace".into(), email: person.email, password: PASSWORD.into() }
}

impl Browser {
    pub fn new(api: &Api) -> Self {
        Self { api: api.anonymous(), jar: BTreeMap::new() }
    }

    fn keep(&mut self, reply: &Reply) {
        for cookie in reply.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax") && text.contains("Path=/"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn cookies(&self) -> String {
        self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.get(name).map(String::as_str)
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        let reply = self.api.request("GET", path).header("cookie", &self.cookies()).send().await;
        self.keep(&reply);
        reply
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.api.request("POST", path).header("cookie", &self.cookies());
        let reply = request.body("application/x-www-form-urlencoded", form(fields)).send().await;
        self.keep(&reply);
        reply
    }

    /// Sends the form of a page with what a person fills in.
    pub async fn submit(&mut self, path: &str, page: &Reply, filled: &[(&str, &str)]) -> Reply {
        let hidden = hidden(page);
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend(filled);
        self.post(path, &fields).await
    }

    /// Signs somebody in at the page that `location` leads to; the address that it goes on to.
    pub async fn sign_in(&mut self, human: &Human, location: &str) -> String {
        let page = self.get(location).await.expect(200);
        let filled = [("email", human.email.as_str()), ("password", human.password.as_str())];
        let reply = self.submit("/sign-in", &page, &filled).await.expect(303);
        reply.header("location").to_owned()
    }
}
