//! What is done to passkeys is in the audit of the space that its holder is in.

use kontor_audit::{Credential, Who};
use kontor_model::{Id, Result, SpaceId};
use kontor_store::{Batch, Write};
use serde_json::Value as J;

use super::super::{Membership, Session};
use super::{Asked, Passkey, Passkeys};
use crate::audit::By;
use crate::webauthn::Refusal;

impl Passkeys {
    /// What a person does, for the commit that does it.
    pub(super) fn told(&self, session: &Session, asked: Asked<'_>, action: &str, what: &J) -> Result<Write> {
        let who = Who {
            user_id: Some(session.user),
            key_id: Some(session.id),
            credential: Credential::Session,
            impersonator: None,
            ip: asked.origin.ip,
        };
        self.entry((session.space, session.user), who, asked, action, what)
    }

    /// A passkey that was refused although its key signed.
    pub(super) async fn note_refused(&self, passkey: &Passkey, home: &Membership, asked: Asked<'_>, why: Refusal) {
        let who = Who { ip: asked.origin.ip, ..Who::default() };
        let what = serde_json::json!({"id": passkey.id.to_string(), "name": passkey.name,
            "user_id": home.user.to_string(), "reason": why.text()});
        let entry = self.entry((home.space, home.user), who, asked, "refuse_passkey", &what);
        let outcome = match entry {
            Ok(write) => {
                let batch = Batch { space: home.space, writes: vec![write] };
                self.accounts.parts.store.commit(batch).await.map_err(Into::into)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::error!(request_id = asked.request_id, %error, "the refusal of a passkey was not written down");
        }
    }

    fn entry(&self, of: (SpaceId, Id), who: Who, asked: Asked<'_>, action: &str, what: &J) -> Result<Write> {
        let parts = &self.accounts.parts;
        let by = By { space: of.0, who, request_id: asked.request_id };
        by.entry(&*parts.clock, &parts.ids, "user", of.1, action, what)
    }
}
