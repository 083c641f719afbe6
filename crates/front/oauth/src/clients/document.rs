//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-01): the client's name is the address
//! where its metadata lie.

use kontor_model::{Result, SpaceId};
use kontor_store::system::oauth::OAUTH_CLIENT;
use serde_json::Value as J;
use url::Url;

use super::{Client, Clients, Source, metadata, row};
use crate::db;

/// How long a document is believed, and how long beyond that when its address is away.
const BELIEVED_MS: i64 = 3_600_000;
const LONGEST_MS: i64 = 86_400_000;

impl Clients {
    /// The client that the document at `client_id` describes, kept for an hour.
    pub(super) async fn documented(&self, client_id: &str, known: Option<Client>) -> Result<Option<Client>> {
        let now = self.clock.now_ms();
        let age = known.as_ref().and_then(|k| k.fetched_at).map(|at| (now - at).max(0));
        if age.is_some_and(|age| age < BELIEVED_MS) {
            return Ok(known);
        }
        let Some(address) = self.address(client_id) else { return Ok(None) };
        if !self.fetches.count(address.host_str().unwrap_or_default(), now) {
            return Ok(known);
        }
        let described = match self.egress.json(&address).await {
            Ok(document) => described(&document, client_id),
            Err(_) if age.is_some_and(|age| age < LONGEST_MS) => return Ok(known),
            Err(why) => Err(why.to_string()),
        };
        let described = match described {
            Ok(described) => described,
            Err(why) => {
                tracing::info!(client_id, why, "a client's document was refused");
                return Ok(None);
            }
        };
        let client = Client {
            id: known.as_ref().map_or_else(|| self.ids.next(), |k| k.id),
            client_id: client_id.to_owned(),
            space: SpaceId(0),
            source: Source::Document,
            name: described.name,
            auth_method: described.auth_method,
            secret_hash: None,
            metadata: described.metadata,
            user: None,
            role: None,
            created_at: known.as_ref().map_or(now, |k| k.created_at),
            fetched_at: Some(now),
            revoked: known.as_ref().is_some_and(|k| k.revoked),
        };
        let mut batch = db::batch();
        batch.writes.push(db::replace(OAUTH_CLIENT, row(&client)?));
        match db::commit(&*self.store, batch).await? {
            db::Committed::Done => Ok(Some(client)),
            // Another request was quicker: its row is the one.
            _ => self.known(client_id).await,
        }
    }

    /// https with a path (3 of the draft); http only to an address that this installation was told to reach.
    fn address(&self, client_id: &str) -> Option<Url> {
        let url = Url::parse(client_id).ok()?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && self.egress.is_own(&url));
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        // Dot segments and the like are gone from the parsed form: the text must have been in it.
        (secure && plain && url.path() != "/" && url.as_str() == client_id).then_some(url)
    }
}

fn described(document: &J, client_id: &str) -> Result<metadata::Described, String> {
    if document.get("client_id").and_then(J::as_str) != Some(client_id) {
        return Err("the document's client_id is not its own address".into());
    }
    if document.get("client_secret").is_some() {
        return Err("the document holds a secret".into());
    }
    metadata::read(document, Source::Document).map_err(|error| error.description)
}
