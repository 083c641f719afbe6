//! Sessions and keys as they are shown: never a secret.

use kontor_identity::accounts::{Passkey, Session};
use kontor_identity::keys::KeyInfo;
use kontor_model::Id;
use kontor_model::time::datetime_text;
use serde_json::{Value as J, json};

fn id(id: Option<Id>) -> J {
    id.map_or(J::Null, |id| J::String(id.to_string()))
}

fn time(ms: Option<i64>) -> J {
    ms.map_or(J::Null, |ms| J::String(datetime_text(ms)))
}

/// `current` is the request's own.
pub fn session(session: &Session, current: bool) -> J {
    json!({
        "id": session.id.to_string(), "space_id": session.space.to_string(), "user_id": session.user.to_string(),
        "role": session.role, "created_at": datetime_text(session.created_at),
        "auth_time": datetime_text(session.auth_time), "last_seen_at": datetime_text(session.last_seen_at),
        "expires_at": datetime_text(session.expires_at), "amr": session.amr, "identity_provider_id": id(session.provider), "ip_address": session.ip,
        "user_agent": session.user_agent, "current": current,
    })
}

pub fn passkey(passkey: &Passkey) -> J {
    json!({
        "id": passkey.id.to_string(), "name": passkey.name, "created_at": datetime_text(passkey.created_at),
        "last_used_at": time(passkey.last_used_at), "synced": passkey.backup_eligible,
        "backed_up": passkey.backed_up, "aaguid": passkey.aaguid,
    })
}

pub fn key(key: &KeyInfo, now: i64) -> J {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked",
        (_, Some(at)) if at <= now => "expired",
        _ => "active",
    };
    json!({
        "id": key.id.to_string(), "name": key.name, "hint": key.hint, "state": state, "role": key.role,
        "scopes": key.scopes, "user_id": id(key.user_id), "service_account_id": id(key.service_account_id),
        "ip_ranges": key.ip_ranges, "created_at": datetime_text(key.created_at), "expires_at": time(key.expires_at),
        "revoked_at": time(key.revoked_at), "last_used_at": time(key.last_used_at), "use_count": key.use_count,
    })
}
