//! Objects that a story makes for itself.

use std::sync::PoisonError;

use serde_json::{Value, json};

use crate::{Api, serial};

/// A custom object under a name of its own.
#[derive(Debug, Clone)]
pub struct Definition {
    pub name: String,
    /// `/v1/{plural}`
    pub path: String,
}

impl Definition {
    /// `/v1/{plural}/{rest}`
    pub fn at(&self, rest: &str) -> String {
        format!("{}/{rest}", self.path)
    }

    /// The address of its definition.
    pub fn metadata(&self) -> String {
        format!("/v1/metadata/objects/{}", self.name)
    }
}

impl Api {
    /// Makes an object called after `word`, with these fields (api.md 6, Bodies).
    ///
    /// # Panics
    /// It is refused.
    pub async fn object(&self, word: &str, fields: Value) -> Definition {
        let name = format!("{word}_{}", serial());
        let body = json!({"name": name, "plural": format!("{name}s"), "fields": fields});
        // Two changes of metadata at the same time are a conflict, and to be repeated (409000).
        for _ in 0..50 {
            let reply = self.post("/v1/metadata/objects", body.clone()).await;
            if reply.error_code() != 409_000 {
                let _ = reply.expect(201);
                self.made.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
                return Definition { path: format!("/v1/{name}s"), name };
            }
        }
        panic!("the metadata are changed by others all the time");
    }

    /// Retires the objects that were made: a space has room for 200.
    pub(crate) async fn retire_objects(&self) {
        let names = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for name in names.iter().rev() {
            let path = format!("/v1/metadata/objects/{name}");
            while self.delete(&path).await.error_code() == 409_000 {}
        }
    }

    /// A record of a collection; its id.
    ///
    /// # Panics
    /// It is refused.
    pub async fn create(&self, path: &str, data: Value) -> String {
        self.post(path, data).await.expect(201).id()
    }
}
