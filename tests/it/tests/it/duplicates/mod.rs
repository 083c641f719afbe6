//! Records that mean the same: refused when they are made, shown, merged, taken apart again.

mod check;
mod fill;
mod merges;
mod rights;
mod show;
mod unmerges;

use kontor_testkit::{Api, serial};
use serde_json::{Value, json};

/// A word of letters that no other story has, and that sounds like no other: what differs comes first.
fn word(ends: &str) -> String {
    let letters = |b: u8| match b {
        b'0'..=b'9' => format!("q{}", char::from(b"bdfgjklmpr"[usize::from(b - b'0')])),
        b'q' => "qq".to_owned(),
        b => char::from(b).to_string(),
    };
    let letters: String = serial().bytes().rev().map(letters).collect();
    format!("{}{}", letters.to_uppercase(), ends.to_lowercase())
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A person with an address that nobody else has.
fn person() -> Value {
    let name = word("Sand");
    json!({"first_name": "Ann", "last_name": name, "email": format!("{0}@{0}.example", name.to_lowercase())})
}

/// Makes a record whatever it looks like; its id.
async fn make(api: &Api, collection: &str, body: Value) -> String {
    api.post(&format!("/v1/{collection}?allow_duplicates=true"), body).await.expect(201).id()
}

async fn read(api: &Api, path: &str) -> Value {
    api.get(path).await.expect(200).data().clone()
}

/// The ids that `duplicates` shows.
async fn shown(api: &Api, path: &str) -> Vec<String> {
    api.get(&format!("{path}/duplicates")).await.expect(200).ids()
}
