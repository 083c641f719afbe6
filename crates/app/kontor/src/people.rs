//! The people of an installation, as the authorization server knows them: their logins.

use std::sync::Arc;

use futures::future::BoxFuture;
use kontor_audit::{Credential, Who};
use kontor_identity::accounts::{self, Accounts, Identity};
use kontor_identity::audit::By;
use kontor_identity::providers::Provider;
use kontor_model::{ErrorCode, Id, Result, SpaceId};
use kontor_oauth::people::{NewSession, Origin, People, Person, Session, SignIn};

/// People with logins.
pub struct Logins(pub Arc<Accounts>);

fn session(of: accounts::Session) -> Session {
    Session { id: of.id, space: of.space, user: of.user, auth_time: of.auth_time, amr: of.amr }
}

fn new_session(of: accounts::NewSession) -> NewSession {
    NewSession { token: of.token, session: session(of.session) }
}

fn sign_in(of: accounts::SignIn) -> SignIn {
    match of {
        accounts::SignIn::Done(new) => SignIn::Done(new_session(new)),
        accounts::SignIn::SecondFactor { ticket, methods } => {
            SignIn::SecondFactor { ticket, methods: methods.iter().map(|method| method.name().to_owned()).collect() }
        }
    }
}

fn from(origin: &Origin) -> accounts::Origin<'_> {
    accounts::Origin { ip: origin.ip, user_agent: origin.user_agent.as_deref().unwrap_or_default() }
}

impl People for Logins {
    fn sign_in<'a>(&'a self, email: &'a str, password: &'a str, origin: Origin) -> BoxFuture<'a, Result<SignIn>> {
        Box::pin(async move { self.0.sign_in(email, password, from(&origin)).await.map(sign_in) })
    }

    fn second_factor<'a>(
        &'a self,
        ticket: &'a str,
        code: &'a str,
        origin: Origin,
    ) -> BoxFuture<'a, Result<NewSession>> {
        Box::pin(async move { self.0.second_factor(ticket, code, from(&origin)).await.map(new_session) })
    }

    fn asks_address<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.0.asks_address(token).await })
    }

    fn redeem<'a>(
        &'a self,
        token: &'a str,
        email: Option<&'a str>,
        password: &'a str,
        origin: Origin,
    ) -> BoxFuture<'a, Result<SignIn>> {
        Box::pin(async move { self.0.redeem_as(token, email, password, from(&origin)).await.map(sign_in) })
    }

    fn enter<'a>(
        &'a self,
        provider: &'a Provider,
        who: &'a Identity,
        origin: Origin,
        request_id: &'a str,
    ) -> BoxFuture<'a, Result<NewSession>> {
        Box::pin(async move { self.0.enter(provider, who, from(&origin), request_id).await.map(new_session) })
    }

    fn session<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>>> {
        Box::pin(async move { Ok(self.0.session(token).await?.map(session)) })
    }

    fn sign_out<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match self.0.session(token).await? {
                Some(session) => {
                    let who = Who {
                        user_id: Some(session.user),
                        key_id: Some(session.id),
                        credential: Credential::Session,
                        ..Who::default()
                    };
                    let by = By { space: session.space, who, request_id: "sign-out page" };
                    self.0.revoke_session(session.id, session.user, by).await
                }
                None => Ok(()),
            }
        })
    }

    fn person(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<Option<Person>>> {
        Box::pin(async move {
            let person = match self.0.person(space, user).await {
                Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
                other => other?,
            };
            // A user without a login acts only when an administrator acts for it, as a member.
            let role = self.0.role_of(space, user).await?.unwrap_or_else(|| "member".to_owned());
            Ok(Some(Person { name: person.name, email: person.email, active: person.active, role, locale: None }))
        })
    }
}
