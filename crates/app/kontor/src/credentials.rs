//! Which kind of credential came, and who knows its holder.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use kontor_http::{Authenticate, Presented, Source};
use kontor_identity::accounts::Accounts;
use kontor_identity::keys::Keys;
use kontor_identity::token::Prefix;
use kontor_model::{Error, ErrorCode, Result};
use kontor_records::Caller;
use kontor_store::Commits;

/// Records that give rights: after a change of one, nobody is let in as they were known before.
const RIGHTS: &[&str] = &["r_users", "r_teams", "r_roles", "r_permissions", "r_service_accounts"];

/// API keys by header, sessions by cookie, and access tokens where an authorization server has a place here.
pub struct Credentials {
    pub keys: Arc<Keys>,
    pub accounts: Arc<Accounts>,
    /// Whatever comes in a header and does not look like an API key.
    pub tokens: Option<Arc<dyn Authenticate>>,
    /// What this process has changed.
    pub commits: Arc<Commits>,
}

impl Authenticate for Credentials {
    fn authenticate<'a>(&'a self, presented: Presented<'a>) -> BoxFuture<'a, Result<Arc<Caller>>> {
        match (presented.source, &self.tokens) {
            (Source::Cookie, _) => Box::pin(self.accounts.caller(presented.token)),
            (Source::Header, Some(tokens)) if !presented.token.starts_with(Prefix::Key.text()) => {
                tokens.authenticate(presented)
            }
            (Source::Header, _) if presented.is_dpop() => Box::pin(async {
                Err(Error::new(ErrorCode::BadCredential, "an API key is bound to no proof; send it as Bearer"))
            }),
            (Source::Header, _) => Box::pin(self.keys.authenticate(presented.token, presented.client)),
        }
    }

    fn remembered(&self, presented: Presented<'_>, within: Duration) -> Option<(Arc<Caller>, Duration)> {
        let (caller, ago) = match (presented.source, &self.tokens) {
            (Source::Cookie, _) => self.accounts.remembered(presented.token, within),
            (Source::Header, Some(tokens)) if !presented.token.starts_with(Prefix::Key.text()) => {
                tokens.remembered(presented, within)
            }
            (Source::Header, _) if presented.is_dpop() => None,
            (Source::Header, _) => self.keys.remembered(presented.token, presented.client, within),
        }?;
        (!self.commits.any_within(caller.space, RIGHTS, ago)).then_some((caller, ago))
    }
}
