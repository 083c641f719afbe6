//! Who reaches which records and fields, by which way ever they ask.

mod fields;
mod matrix;
mod oracles;
mod reach;
mod roles;
mod shares;
mod table;

use kontor_testkit::{Api, serial};
use serde_json::{Value, json};

/// A role of the space's own with these permissions: object, action, reach, field mask.
pub async fn role(api: &Api, permissions: &[(&str, &str, &str, Value)]) -> String {
    let name = word("role");
    let role = api.post("/v1/roles", json!({"name": name})).await.expect(201).id();
    for (object, action, reach, mask) in permissions {
        let body =
            json!({"role_id": role, "target_object": object, "action": action, "reach": reach, "field_mask": mask});
        let _ = api.post("/v1/permissions", body).await.expect(201);
    }
    name
}

/// A user, in a team where one is named.
pub async fn user(api: &Api, team: Option<&str>) -> String {
    let name = word("User");
    api.post("/v1/users", json!({"name": name, "team_id": team})).await.expect(201).id()
}

async fn team(api: &Api) -> String {
    api.post("/v1/teams", json!({"name": word("Team")})).await.expect(201).id()
}

/// The server as a user with a role sees it.
pub fn acting(api: &Api, user: &str, role: &str) -> Api {
    api.as_role(role, &["--user", user])
}

/// A deal of an owner.
pub async fn deal(api: &Api, owner: &str, more: Value) -> String {
    let mut body = json!({"name": format!("Deal {}", serial()), "owner_id": owner});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.post("/v1/deals", body).await.expect(201).id()
}

/// A word that no other story has.
pub fn word(begins: &str) -> String {
    format!("{begins}{}", serial())
}

/// Full reach over everything that is not named otherwise.
pub fn reads_all() -> (&'static str, &'static str, &'static str, Value) {
    ("*", "read", "all", json!(null))
}
