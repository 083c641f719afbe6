//! Which kind of credential came, and who knows its holder.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_http::{Authenticate, Presented, Source};
use kontor_identity::accounts::Accounts;
use kontor_identity::keys::Keys;
use kontor_identity::token::Prefix;
use kontor_model::Result;
use kontor_records::Caller;

/// API keys by header, sessions by cookie, and access tokens where an authorization server has a place here.
pub struct Credentials {
    pub keys: Arc<Keys>,
    pub accounts: Arc<Accounts>,
    /// Whatever comes in a header and does not look like an API key.
    pub tokens: Option<Arc<dyn Authenticate>>,
}

impl Authenticate for Credentials {
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, Result<Arc<Caller>>> {
        match (presented.source, &self.tokens) {
            (Source::Cookie, _) => Box::pin(self.accounts.caller(presented.token)),
            (Source::Header, Some(tokens)) if !presented.token.starts_with(Prefix::Key.text()) => {
                tokens.authenticate(presented)
            }
            (Source::Header, _) => Box::pin(self.keys.authenticate(presented.token, presented.client)),
        }
    }
}
