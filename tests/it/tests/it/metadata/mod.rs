//! `/v1/metadata/objects`: custom objects and fields.

mod fields;
mod objects;

use kontor_testkit::{Api, Reply, serial};
use serde_json::Value;

/// Calls until no other change of metadata got in between (409000).
pub async fn settled(request: impl AsyncFn() -> Reply) -> Reply {
    for _ in 0..50 {
        let reply = request().await;
        if reply.error_code() != 409_000 {
            return reply;
        }
    }
    panic!("the metadata are changed by others all the time");
}

/// Adds a field with a name of its own; the name.
pub async fn custom_field(api: &Api, object: &str, mut definition: Value) -> String {
    let name = format!("f_{}", serial());
    definition["name"] = name.clone().into();
    let path = format!("/v1/metadata/objects/{object}/fields");
    let _ = settled(async || api.post(&path, definition.clone()).await).await.expect(201);
    name
}
